"""A child closes all descriptors but the first three, as daemons do, and prints.

out: still heard
file own.txt: its own
also: jupyter nbval
"""

import os

from chosen import run

from helpers import span


def work():
    os.closerange(3, 256)
    files = [open("own.txt", "a") for _ in range(40)]
    with span("task"):
        print("its own", file=files[-1])
    print("still heard")


if __name__ == "__main__":
    run(work)
