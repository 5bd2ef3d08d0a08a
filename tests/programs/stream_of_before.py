"""A default argument keeps the stream that `sys.stdout` was when the function was defined."""

import sys

from chosen import run


def log(text, out=sys.stdout):
    print(text, file=out)


def work():
    log("by default argument")
    print("by print")
    print("by __stdout__", file=sys.__stdout__)


if __name__ == "__main__":
    run(work)
