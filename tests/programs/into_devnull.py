"""A child silences itself with `dup2`: nothing arrives, and it ends well.

out: 0
also: jupyter nbval
"""

import os

from chosen import run


def work():
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)
    print("unheard")
    os.write(2, b"unheard\n")


if __name__ == "__main__":
    print(run(work))
