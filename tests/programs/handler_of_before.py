"""Logging was set up, with the streams of that time, when the module was imported."""

import logging
import sys

from chosen import run

log = logging.Logger("program")
log.addHandler(logging.StreamHandler())
log_out = logging.Logger("program")
log_out.addHandler(logging.StreamHandler(sys.stdout))


def work():
    log.error("to stderr")
    log_out.error("to stdout")


if __name__ == "__main__":
    run(work)
