"""Four threads of a child print 500 lines each, in turn: without a lock of their own, plain loses some."""

import sys
import threading

from chosen import run

turn = threading.Lock()


def write(thread):
    for number in range(500):
        with turn:
            sys.stdout.write(f"thread {thread} line {number}\n")


def work():
    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    run(work)
