"""C code in a child prints."""

import ctypes

from chosen import run


def work():
    c = ctypes.CDLL(None)
    c.puts(b"from C")
    c.fflush(None)


if __name__ == "__main__":
    run(work)
