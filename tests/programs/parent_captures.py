"""The parent captures what it prints: a child's text is captured too.

out: CAPTURED
plain: there, only a forked child is captured, and its text lost
"""

import contextlib
import io

from chosen import run

if __name__ == "__main__":
    with contextlib.redirect_stdout(io.StringIO()) as captured:
        run(print, "captured")
    print(captured.getvalue().upper(), end="")
