"""A child is terminated by the program, and a daemonic one at the program's end: what they flushed is there."""

import time

from chosen import mp


def work(ready):
    print("unfinished", flush=True)
    ready.set()
    time.sleep(60)


def start(**options):
    ready = mp.Event()
    child = mp.Process(target=work, args=(ready,), **options)
    child.start()
    ready.wait()
    return child


if __name__ == "__main__":
    child = start()
    child.terminate()
    child.join()
    print(child.exitcode)
    start(daemon=True)
