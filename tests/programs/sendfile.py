"""A child has the system copy a file to its stdout.

out: a file's text
only: linux
also: jupyter nbval
"""

import os
import tempfile

from chosen import run


def work():
    with tempfile.TemporaryFile() as file:
        file.write(b"a file's text\n")
        file.flush()
        os.sendfile(1, file.fileno(), 0, 100)


if __name__ == "__main__":
    run(work)
