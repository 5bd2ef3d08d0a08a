"""A child closes its descriptors 1 and 2, and starts a child.

out: 0
file codes.txt: 0
also: jupyter nbval
"""

import os

from chosen import run


def work():
    os.close(1)
    os.close(2)
    with open("codes.txt", "w") as file:
        print(run(int), file=file)


if __name__ == "__main__":
    print(run(work))
