"""What a child has printed is out when `join()` returns, although the parent then ends by `os._exit`."""

import os

from chosen import run


def work():
    print("the last words")


if __name__ == "__main__":
    run(work)
    os._exit(3)
