"""A child detaches, wraps and reconfigures its stdout.

out: wrapped ü
out: by codecs ü
out: reconfigured ü
also: jupyter nbval
"""

import codecs
import io
import sys

from chosen import run


def work():
    sys.stdout = io.TextIOWrapper(sys.stdout.detach(), "utf-8", write_through=True)
    print("wrapped ü")
    codecs.getwriter("utf-8")(sys.stdout.buffer).write("by codecs ü\n")
    sys.stdout.reconfigure(encoding="utf-8", errors="replace", line_buffering=True)
    print("reconfigured ü")


if __name__ == "__main__":
    run(work)
