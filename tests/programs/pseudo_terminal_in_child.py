"""A child runs a program in a pseudo-terminal, whose output the standard library copies to descriptor 1.

out: in a pseudo-terminal
also: jupyter nbval
"""

import pty

from chosen import run


def work():
    pty.spawn(["sh", "-c", "stty -onlcr; echo in a pseudo-terminal; sleep 0.2"])


if __name__ == "__main__":
    run(work)
