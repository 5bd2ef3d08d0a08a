"""A service is started with its streams closed, and something in it writes to descriptor 1: its children live on.

file codes.txt: 0 0
file own.txt: its own
only: spawn fork
under: sh -c 'exec "$@" <&- >&- 2>&-' -
"""

import contextlib
import os
import sys

from chosen import mp, run


def work(begun, gate):
    print("unheard")
    print("unheard", file=sys.stderr)
    os.system("echo unheard")
    begun.set()
    gate.wait()
    with open("own.txt", "w") as own:
        print("its own", file=own)


if __name__ == "__main__":
    codes = [run(int)]
    begun, gate = mp.Event(), mp.Event()
    child = mp.Process(target=work, args=(begun, gate))
    child.start()
    begun.wait()
    with contextlib.suppress(OSError):
        os.write(1, b"unheard")
    gate.set()
    child.join()
    with open("codes.txt", "w") as file:
        print(*codes, child.exitcode, file=file)
