"""On a terminal and in one file, what a child prints on both streams keeps its order.

out: 1 on stdout
out: 2 on stderr
out: 3 on stdout
out: 4 on stderr
place: terminal
"""

import sys

from chosen import run


def work():
    for number in range(1, 5, 2):
        print(number, "on stdout", flush=True)
        print(number + 1, "on stderr", file=sys.stderr, flush=True)


if __name__ == "__main__":
    run(work)
