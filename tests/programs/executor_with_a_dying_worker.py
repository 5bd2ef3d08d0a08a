"""A worker of an executor dies: the executor says so, and what the worker has printed is there."""

import os
from concurrent.futures import ProcessPoolExecutor

from chosen import mp


def die():
    print("about to die", flush=True)
    os._exit(1)


if __name__ == "__main__":
    with ProcessPoolExecutor(1, mp_context=mp) as executor:
        error = executor.submit(die).exception()
    print(type(error).__name__)
