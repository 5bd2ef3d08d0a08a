"""A program says what the fork server preloads: it is kept, whether said before or after the context was made.

out: True
only: forkserver
"""

import multiprocessing
import sys

from chosen import chosen_context


def work():
    print("decimal" in sys.modules)


if __name__ == "__main__":
    multiprocessing.set_forkserver_preload(["decimal"])
    child = chosen_context().Process(target=work)
    child.start()
    child.join()
