"""A child has no stdout, as under pythonw.

out: 0
err: still here
also: jupyter nbval
"""

import sys

from chosen import run


def work():
    sys.stdout = None
    print("unheard")
    print("still here", file=sys.stderr)


if __name__ == "__main__":
    print(run(work))
