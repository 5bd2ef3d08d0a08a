"""What the parent has printed and not flushed appears once, and before what its child prints.

What the child has printed is out when `join()` returns, although the parent then ends by `os._exit`.
"""

import os
import sys

from chosen import run

if __name__ == "__main__":
    sys.stdout.write("from the parent\n")
    run(print, "from the child")
    print("the end", flush=True)
    os._exit(3)
