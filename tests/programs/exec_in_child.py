"""A child becomes another program.

out: another program
out: 0
also: jupyter nbval
"""

import os

from chosen import run


def work():
    os.execvp("echo", ["echo", "another program"])


if __name__ == "__main__":
    print(run(work))
