"""The exit codes of all endings."""

import os
import signal
import sys

from chosen import run


def none():
    sys.exit()


def number():
    sys.exit(3)


def text():
    sys.exit("the message")


def raises():
    raise ValueError("raised")


def interrupted():
    raise KeyboardInterrupt


def killed():
    os.kill(os.getpid(), signal.SIGKILL)


def aborted():
    os.abort()


def alarm():
    signal.alarm(1)
    signal.pause()


if __name__ == "__main__":
    for target in (int, none, number, text, raises, interrupted, killed, aborted, alarm):
        print(target.__name__, run(target))
    print("exits at once", run(os._exit, 7))
