"""The context that a program is to use, named on its command line: `python NAME.py METHOD plain|mp`."""

import multiprocessing
import os
import sys

if len(sys.argv) > 2:  # not so in a forkserver
    os.environ["METHOD"], os.environ["KIND"] = sys.argv[1:3]
METHOD, KIND = os.environ["METHOD"], os.environ["KIND"]


def chosen_context():
    if KIND == "plain":
        return multiprocessing.get_context(METHOD)
    import helpers

    return helpers.mp.get_context(METHOD)


mp = chosen_context()


def run(target, *args) -> int:
    """Run a function in a child to its end; returns the exit code."""
    child = mp.Process(target=target, args=args)
    child.start()
    child.join()
    return child.exitcode
