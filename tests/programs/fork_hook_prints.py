"""What the program has Python do after a fork prints in the child.

out: after the fork
out: work
only: fork
"""

import os

from chosen import run


def work():
    print("work")


if __name__ == "__main__":
    os.register_at_fork(after_in_child=lambda: print("after the fork"))
    run(work)
