"""The parent's stdout is a tee: a child's text goes through it.

out: from the child
file tee.txt: from the child
plain: there, a spawned child's text passes by the tee
"""

import sys

from chosen import run


class Tee:
    def __init__(self, *streams):
        self.streams = streams

    def write(self, text):
        for stream in self.streams:
            stream.write(text)

    def flush(self):
        for stream in self.streams:
            stream.flush()


if __name__ == "__main__":
    sys.stdout = Tee(sys.stdout, open("tee.txt", "w"))
    run(print, "from the child")
