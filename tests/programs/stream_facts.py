"""What a child's streams say of themselves.

out: <stdout> w utf-8 1 True False False
out: <stderr> w utf-8 2 True False False
"""

import sys

from chosen import run


def work():
    for stream in (sys.stdout, sys.stderr):
        facts = stream.encoding, stream.fileno(), stream.writable(), stream.isatty(), stream.seekable()
        print(stream.name, stream.mode, *facts)


if __name__ == "__main__":
    run(work)
