"""Flushed text is at the end of the parent's own pipe at once, and there although the parent dies after `join()`."""

import os
import time

from chosen import run


def work():
    print("progress", flush=True)
    while not os.path.exists("go"):  # the test makes it when it has read the text
        time.sleep(0.01)
    print("the last line")


if __name__ == "__main__":
    run(work)
    os._exit(0)
