"""A child asks whether its stdout can take text, and prints without blocking.

out: True
out: unblocked
also: jupyter nbval
"""

import os
import select
import sys

from chosen import run


def work():
    print(select.select([], [sys.stdout], [], 10)[1] == [sys.stdout])
    sys.stdout.flush()
    os.set_blocking(1, False)
    print("unblocked", flush=True)
    os.set_blocking(1, True)


if __name__ == "__main__":
    run(work)
