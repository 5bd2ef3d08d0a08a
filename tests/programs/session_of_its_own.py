"""A child starts a session of its own in another folder, and prints there.

out: / True
also: jupyter nbval
"""

import os

from chosen import run


def work():
    os.setsid()
    os.chdir("/")
    os.umask(0o077)
    print(os.getcwd(), os.getsid(0) == os.getpid())


if __name__ == "__main__":
    run(work)
