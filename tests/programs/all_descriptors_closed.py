"""A child closes all descriptors and opens files: a span is lost in silence and lands in none of them.

out: 0
file own.txt: its own
also: jupyter nbval
"""

import os

from chosen import run

from helpers import span


def work():
    os.closerange(0, 256)
    files = [open("own.txt", "a") for _ in range(40)]
    with span("task"):
        files[-1].write("its own\n")


if __name__ == "__main__":
    import helpers.spans

    helpers.spans.recording = True  # as while a timeline is open
    print(run(work))
