"""A target that can't be pickled raises in the parent."""

from chosen import mp

if __name__ == "__main__":
    mp.Process(target=lambda: None).start()
