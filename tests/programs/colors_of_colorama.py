"""colorama replaces the streams.

out: green
only: colorama
"""

import colorama
from chosen import run


def work():
    colorama.init()
    print(colorama.Fore.GREEN + "green" + colorama.Fore.RESET)


if __name__ == "__main__":
    run(work)
