"""The parent's stdout is closed, has only `write`, raises, or is None: children end well, and the next one is heard.

out: 0 0 0 0 0 0
out: heard
plain: there, the children have their own stdout
"""

import io
import sys

from chosen import run


class OnlyWrite:
    def write(self, text):
        pass


class Raises:
    encoding = "utf-8"

    def write(self, text):
        raise ConnectionError("no longer there")

    def flush(self):
        pass


class Exits(Raises):
    def write(self, text):
        raise SystemExit("no longer there")


def chatter():
    for number in range(5000):
        print("line", number, "x" * 20)


if __name__ == "__main__":
    mine, codes = sys.stdout, []
    closed = io.StringIO()
    closed.close()
    for sys.stdout in (closed, OnlyWrite(), Raises(), Exits(), None, io.BytesIO()):
        codes.append(run(chatter))
    sys.stdout = mine
    print(*codes, flush=True)
    run(print, "heard")
