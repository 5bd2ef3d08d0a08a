"""A child's `sys.stdout` is a file, which nobody closes."""

import sys

from chosen import run


def work():
    sys.stdout = open("log.txt", "w")
    print("in the file")


if __name__ == "__main__":
    run(work)
