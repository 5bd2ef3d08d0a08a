"""The fault handler was enabled in the parent, and dumps a child's threads when it is asked to.

err: (most recent call first)
only: fork
also: jupyter nbval
"""

import faulthandler
import sys

from chosen import run


def work():
    faulthandler.dump_traceback(file=sys.__stderr__)


if __name__ == "__main__":
    faulthandler.enable(sys.__stderr__)
    run(work)
