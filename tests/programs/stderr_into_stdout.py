"""A child sends its stderr where its stdout goes.

out: on stderr
out: on stdout
out: echo
order: any
also: jupyter nbval
"""

import os
import sys

from chosen import run


def work():
    os.dup2(1, 2)
    print("on stderr", file=sys.stderr)
    print("on stdout")
    os.system("echo echo >&2")


if __name__ == "__main__":
    run(work)
