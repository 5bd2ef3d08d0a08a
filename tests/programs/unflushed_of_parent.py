"""What the parent has printed and not flushed appears once, and before what its child prints.

out: from the parent
out: from the child
out: the end
"""

import sys

from chosen import run

if __name__ == "__main__":
    sys.stdout.write("from the parent\n")
    run(print, "from the child")
    print("the end")
