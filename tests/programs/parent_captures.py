"""The parent captures what it prints: a child's text is captured too."""

import contextlib
import io

from chosen import run

if __name__ == "__main__":
    with contextlib.redirect_stdout(io.StringIO()) as captured:
        run(print, "captured")
    print(captured.getvalue().upper(), end="")
