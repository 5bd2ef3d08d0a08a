"""A child's argument parser ends it.

out: 2
err: usage: tool
err: unrecognized arguments: --no
"""

import argparse

from chosen import run


def work():
    argparse.ArgumentParser("tool").parse_args(["--no"])


if __name__ == "__main__":
    print(run(work))
