"""Python's fault handler writes to descriptor 2 when a child crashes."""

import faulthandler
import os
import signal

from chosen import run


def work():
    faulthandler.enable()
    os.kill(os.getpid(), signal.SIGSEGV)


if __name__ == "__main__":
    print(run(work))
