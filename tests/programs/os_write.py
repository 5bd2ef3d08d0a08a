"""A child writes to descriptors 1 and 2.

out: to descriptor 1
out: to fileno
err: to descriptor 2
also: jupyter nbval
"""

import os
import sys

from chosen import run


def work():
    os.write(1, b"to descriptor 1\n")
    os.write(sys.stdout.fileno(), b"to fileno\n")
    os.write(2, b"to descriptor 2\n")


if __name__ == "__main__":
    run(work)
