"""A child sends descriptor 1 elsewhere for a while, as one does to catch what C code prints."""

import os

from chosen import run


def work():
    print("before", flush=True)
    saved, caught = os.dup(1), os.open("caught.txt", os.O_WRONLY | os.O_CREAT)
    os.dup2(caught, 1)
    print("print caught", flush=True)
    os.system("echo echo caught")
    os.dup2(saved, 1)
    print("after")


if __name__ == "__main__":
    run(work)
