"""A parent gives up root's rights before it starts a child.

out: uid 65534
out: exit code 0
only: root fork
"""

import os

from chosen import run


def work():
    print("uid", os.geteuid())


if __name__ == "__main__":
    run(int)
    os.seteuid(65534)
    print("exit code", run(work))
