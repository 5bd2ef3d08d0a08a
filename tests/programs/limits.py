"""A child limits its descriptors and the size of files, and prints.

out: with limits
out: x
also: jupyter nbval
"""

import resource
import sys

from chosen import run


def work():
    resource.setrlimit(resource.RLIMIT_NOFILE, (8, 8))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    print("with limits")
    sys.stdout.writelines(["x", "\n"])


if __name__ == "__main__":
    run(work)
