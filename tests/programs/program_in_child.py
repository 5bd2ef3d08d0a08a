"""A child runs another program: its text arrives too.

out: from a program
out: from print
err: from ls
also: jupyter nbval file
"""

import subprocess

from chosen import run


def work():
    subprocess.run(["echo", "from a program"])
    subprocess.run("echo from ls >&2", shell=True)
    print("from print")


if __name__ == "__main__":
    run(work)
