"""A child asks how wide the terminal is, and there is none.

out: OSError
out: 80 24
"""

import os
import shutil

from chosen import run


def work():
    try:
        os.get_terminal_size()
    except OSError as error:
        print(type(error).__name__)
    print(*shutil.get_terminal_size())


if __name__ == "__main__":
    run(work)
