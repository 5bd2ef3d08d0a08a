"""A child puts a tee in the place of its stdout.

out: twice
file tee.txt: twice
also: jupyter nbval
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


def work():
    sys.stdout = Tee(sys.stdout, open("tee.txt", "w"))
    print("twice")


if __name__ == "__main__":
    run(work)
