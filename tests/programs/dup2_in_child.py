"""A child sends its descriptor 1 to a file: what it prints, and what a program prints for it, is in the file."""

import os
import sys

from chosen import run


def work():
    os.dup2(os.open("log.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), sys.stdout.fileno())
    print("by print", flush=True)
    os.system("echo by echo")


if __name__ == "__main__":
    run(work)
