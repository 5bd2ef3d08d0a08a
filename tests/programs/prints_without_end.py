"""Two children print until their output is read no longer; the parent says on stderr how they ended."""

import sys

from chosen import mp


def work():
    while True:
        print("line")


if __name__ == "__main__":
    children = [mp.Process(target=work) for _ in range(2)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    print([child.exitcode for child in children], file=sys.stderr)
