"""A service is started with its streams closed, and has strings in their place: its children get no pipe's end there.

file codes.txt: 0 0
only: spawn fork
under: sh -c 'exec "$@" <&- >&- 2>&-' -
"""

import io
import sys

from chosen import run


def work():
    print("in a string")
    print("in a string", file=sys.stderr)


if __name__ == "__main__":
    sys.stdout, sys.stderr = io.StringIO(), io.StringIO()
    codes = [run(work), run(work)]
    if "helpers" in sys.modules:
        from helpers import streams

        assert streams.events.fd > 2
        assert sys.stdout.getvalue() == sys.stderr.getvalue() == "in a string\n" * 2
    with open("codes.txt", "w") as file:
        print(*codes, file=file)
