"""A line of 3 MB, and small ones around it."""

from chosen import run


def work():
    print("before")
    print("x" * 3_000_000)
    print("after")


if __name__ == "__main__":
    run(work)
