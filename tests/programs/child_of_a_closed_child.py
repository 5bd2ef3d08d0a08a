"""A child closes all its descriptors, opens files, and starts a child.

out: 0
file codes.txt: 0
only: fork
also: jupyter nbval
"""

import os

from chosen import run


def work():
    os.closerange(0, 256)
    files = [open(os.devnull, "r+") for _ in range(3)] + [open("empty", "w+") for _ in range(20)]
    with open("codes.txt", "w") as file:
        print(run(int), file=file)
    files.clear()


if __name__ == "__main__":
    print(run(work))
