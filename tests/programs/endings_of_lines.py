"""Carriage returns, empty lines and a last line without an end arrive unchanged."""

import sys

from chosen import run


def work():
    for number in range(3):
        print(f"\r{number} of 2", end="", flush=True)
    sys.stdout.write("\n\ndos\r\n\x0c\x1b[1mbold\x1b[0m\n")
    print("the end", end="")


if __name__ == "__main__":
    run(work)
