"""Python's own reports: of a warning, an exception in `__del__` and in a thread, and a group of exceptions."""

import threading
import warnings

from chosen import run


class Fragile:
    def __del__(self):
        raise KeyError("in __del__")


def fail():
    raise IndexError("in a thread")


def work():
    warnings.warn("a warning", stacklevel=1)
    Fragile()
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    raise ExceptionGroup("several", [ValueError("the first"), TypeError("the second")])


if __name__ == "__main__":
    print(run(work))
