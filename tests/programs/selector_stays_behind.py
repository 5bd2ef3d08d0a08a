"""As on macOS: a kqueue does not come to a forked child, which gets an error when it asks for its number.

out: the grandchild
out: 0
only: fork
"""

import os
import selectors
import sys

from chosen import run


class Selector(selectors.DefaultSelector):
    def __init__(self):
        super().__init__()
        self.made_in = os.getpid()

    def fileno(self):
        if os.getpid() != self.made_in:
            raise ValueError("I/O operation on closed kqueue object")
        return super().fileno()


class Stream:
    def write(self, text):
        return sys.__stdout__.write(text)

    def flush(self):
        sys.__stdout__.flush()


def work():
    sys.exit(run(print, "the grandchild"))


if __name__ == "__main__":
    selectors.DefaultSelector = Selector
    sys.stdout = Stream()  # so that there is a reader
    print(run(work))
