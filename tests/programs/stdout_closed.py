"""A child closes its stdout, but not descriptor 1, and opens a file: only its own text lands there.

out: by number
err: after closing
file own.txt: its own
also: jupyter nbval
"""

import os
import sys

from chosen import run

from helpers import span


def work():
    sys.stdout.close()
    with span("task"), open("own.txt", "w") as own:
        print("its own", file=own)
    os.write(1, b"by number\n")
    print("after closing", file=sys.stderr)


if __name__ == "__main__":
    run(work)
