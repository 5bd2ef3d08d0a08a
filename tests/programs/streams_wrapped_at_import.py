"""A program wraps its streams anew when it is imported, as many do for UTF-8 or for lines at once.

part: imported
part: wrapped: ü
part: by descriptor: ü
part: code 0
err: on stderr: ü
order: any
place: pipe file
"""

import io
import os
import sys

from chosen import run

sys.stdout = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8")
sys.stderr = open(sys.stderr.fileno(), "w", encoding="utf-8", buffering=1)
print("imported")


def work():
    print("wrapped: ü")
    print("on stderr: ü", file=sys.stderr)
    os.write(1, "by descriptor: ü\n".encode())


if __name__ == "__main__":
    print("code", run(work))
