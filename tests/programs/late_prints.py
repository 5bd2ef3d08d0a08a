"""What a child prints after its function has ended: from a thread, `atexit`, a finalizer."""

import atexit
import threading
import time
from multiprocessing import util

from chosen import run


def late():
    time.sleep(0.2)
    print("a late thread")


def work():
    atexit.register(print, "atexit")
    util.Finalize(None, print, ("a finalizer",), exitpriority=1)
    threading.Thread(target=late).start()
    print("the function ends")


if __name__ == "__main__":
    run(work)
