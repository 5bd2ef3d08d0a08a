"""A child closes its stdout and opens a file, which takes the free descriptor: only its own text lands there.

err: after closing
file own.txt: its own
also: jupyter nbval
"""

import sys

from chosen import run

from helpers import span


def work():
    sys.stdout.close()
    with span("task"), open("own.txt", "w") as own:
        print("its own", file=own)
    print("after closing", file=sys.stderr)


if __name__ == "__main__":
    run(work)
