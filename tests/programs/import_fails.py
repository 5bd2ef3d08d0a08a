"""A module prints, and then can't be imported by the child."""

from chosen import run

print("imported as", __name__)
if __name__ != "__main__":
    raise RuntimeError("not in a child")

if __name__ == "__main__":
    print(run(print))
