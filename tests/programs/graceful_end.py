"""A program's own handler of SIGTERM ends its workers: they finish, one ignores it and is killed in the end."""

import atexit
import os
import signal
import sys
import threading

from chosen import mp


def good(ready):
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    ready.wait()
    while not stop.wait(0.01):
        pass
    print("good cleans up")


def stubborn(ready):
    signal.signal(signal.SIGTERM, lambda number, _: print("stubborn ignores", number, file=sys.stderr, flush=True))
    ready.wait()
    while True:
        signal.pause()


def end(number, frame):
    print("parent got", number, flush=True)
    for child, patience in zip(children, (10, 0.5), strict=True):
        child.terminate()
        child.join(patience)
        if child.is_alive():
            print(child.name, "still there", flush=True)
            child.kill()
            child.join()
        print(child.name, child.exitcode, flush=True)
    sys.exit(0)


if __name__ == "__main__":
    atexit.register(print, "atexit of the parent")
    ready = mp.Barrier(3)
    children = [mp.Process(target=each, args=(ready,), name=each.__name__) for each in (good, stubborn)]
    signal.signal(signal.SIGTERM, end)
    for child in children:
        child.start()
    ready.wait()
    os.kill(os.getpid(), signal.SIGTERM)
    signal.pause()
