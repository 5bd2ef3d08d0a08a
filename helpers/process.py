"""The workers of lesson 01, Process, in the order in which the lesson meets them.

Each runs in a child process: what it prints arrives under the cell that started it, and what it returns is lost unless
a pool carries it back.
"""

import multiprocessing
import os
import sys
import time
from math import isqrt

from helpers import span

setting = "as imported"


def square(number: int) -> int:
    return number * number


def introduce(text: str) -> None:
    print(f"parent pid {os.getppid()}, child pid {os.getpid()}: {text}")


def count_primes(label: str, limit: int = 200_000) -> int:
    """Count the primes below `limit` by trial division: pure computing."""
    with span(label):
        return sum(all(n % d for d in range(2, isqrt(n) + 1)) for n in range(2, limit))


def download(label: str, seconds: float = 0.3) -> None:
    """Stand in for a slow server: nothing to compute, only time to wait."""
    with span(label, "waiting"):
        time.sleep(seconds)


def fail(text: str) -> None:
    raise ValueError(f"no number: {text}")


def add_item(items: list[str]) -> None:
    items.append("from the child")
    print("in the child:", items)


def get_setting() -> str:
    return setting


def what_print_writes_to() -> str:
    return type(sys.stdout).__module__


def nap(seconds: float) -> None:
    with span(f"{seconds} s"):
        time.sleep(seconds)


def parent_pid() -> int:
    """The id of the process that asked for this one."""
    return multiprocessing.parent_process().pid
