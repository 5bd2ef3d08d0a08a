"""A character whose bytes are written one at a time arrives as one.

out: 进程
out: by copyfileobj
also: jupyter nbval
"""

import io
import shutil
import sys

from chosen import run


def work():
    for byte in "进程\n".encode():
        sys.stdout.buffer.write(bytes([byte]))
        sys.stdout.buffer.flush()
    shutil.copyfileobj(io.BytesIO(b"by copyfileobj\n"), sys.stdout.buffer)


if __name__ == "__main__":
    run(work)
