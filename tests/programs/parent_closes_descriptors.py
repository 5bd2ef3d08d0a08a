"""A parent becomes a daemon after its first child: it closes all descriptors, and opens files of its own.

file codes.txt: 0 0
file log.txt: first
file log.txt: second
only: fork
"""

import os

from chosen import run


def work(text):
    with open("log.txt", "a") as log:
        print(text, file=log)


if __name__ == "__main__":
    codes = [run(work, "first")]
    os.closerange(3, 256)
    files = [open(os.devnull, "w") for _ in range(3)] + [open("empty", "w+") for _ in range(20)]
    codes.append(run(work, "second"))
    with open("codes.txt", "w") as file:
        print(*codes, file=file)
