"""A handler prints while the program prints.

out: handled
out: at last
also: jupyter nbval
"""

import signal

from chosen import run


def handle(number, frame):
    print("handled")


def work():
    signal.signal(signal.SIGUSR1, handle)
    signal.raise_signal(signal.SIGUSR1)
    print("at last")


if __name__ == "__main__":
    run(work)
