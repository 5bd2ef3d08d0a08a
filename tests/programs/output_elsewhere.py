"""Children send their output elsewhere: into a string, and into files by `sys.stdout` and by descriptor 1."""

import contextlib
import io
import os
import sys

from chosen import run


def into_a_string():
    with contextlib.redirect_stdout(io.StringIO()) as captured:
        print("captured", end="")
    print(captured.getvalue().upper())
    print("after the string")


def stdout_a_file():
    sys.stdout = open("stdout.txt", "w")
    print("in the file")


def by_descriptor():
    os.dup2(os.open("log.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), sys.stdout.fileno())
    print("by print", flush=True)
    os.system("echo by echo")


def for_a_while():
    """As one does to catch what C code prints."""
    print("before", flush=True)
    saved, caught = os.dup(1), os.open("caught.txt", os.O_WRONLY | os.O_CREAT)
    os.dup2(caught, 1)
    print("print caught", flush=True)
    os.system("echo echo caught")
    os.dup2(saved, 1)
    print("after")


if __name__ == "__main__":
    for target in (into_a_string, stdout_a_file, by_descriptor, for_a_while):
        run(target)
