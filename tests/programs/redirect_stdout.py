"""A child captures its own prints, and the stream is back afterwards."""

import contextlib
import io

from chosen import run


def work():
    with contextlib.redirect_stdout(io.StringIO()) as captured:
        print("captured", end="")
    print(captured.getvalue().upper())
    print("after")


if __name__ == "__main__":
    run(work)
