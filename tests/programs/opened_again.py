"""A child opens its descriptor 1 once more, by number and by name.

out: by number
out: by fdopen
out: by name
only: linux
also: jupyter nbval
"""

import os
import sys

from chosen import run


def work():
    with open(1, "w", closefd=False) as by_number:
        print("by number", file=by_number)
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb", 0) as by_fdopen:
        by_fdopen.write(b"by fdopen\n")
    with open("/dev/stdout", "w") as by_name:
        print("by name", file=by_name)


if __name__ == "__main__":
    run(work)
