"""What the parent has printed and not flushed appears once, and before what its child prints."""

import sys

from chosen import run

if __name__ == "__main__":
    sys.stdout.write("from the parent\n")
    run(print, "from the child")
    print("the end")
