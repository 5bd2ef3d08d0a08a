"""The exit codes of all endings.

out: int 0
out: none 0
out: number 3
out: text 1
out: raises 1
out: interrupted 1
out: killed -9
out: aborted -6
out: alarm -14
out: exits at once 7
err: the message
err: ValueError: raised
err: KeyboardInterrupt
"""

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
