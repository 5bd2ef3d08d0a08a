"""A program says what the fork server preloads, and asks for the context once more.

out: True
only: forkserver
"""

import sys

from chosen import chosen_context, mp


def work():
    print("decimal" in sys.modules)


if __name__ == "__main__":
    mp.set_forkserver_preload(["decimal"])
    child = chosen_context().Process(target=work)
    child.start()
    child.join()
