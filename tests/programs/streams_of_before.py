"""A default argument and a log's handlers keep the streams that there were when the module was imported."""

import logging
import sys

from chosen import run

log = logging.Logger("program")
log.addHandler(logging.StreamHandler())
log.addHandler(logging.StreamHandler(sys.stdout))


def write(text, out=sys.stdout):
    print(text, file=out)


def work():
    log.error("by a handler")
    write("by default argument")
    print("by print")
    print("by __stdout__", file=sys.__stdout__)


if __name__ == "__main__":
    run(work)
