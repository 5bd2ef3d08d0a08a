"""The workers of lesson 02, Pool, in the order in which the lesson meets them.

A pool carries the tasks to them and what they return back. What an
initializer keeps in a global is there for all later tasks of its process.
"""

import json
import multiprocessing
import os
import random
import signal
import sqlite3
import time
from collections.abc import Iterator
from math import isqrt

from helpers import span


def square(number: int) -> int:
    return number * number


def throw_darts(seed: int, darts: int = 200_000) -> int:
    """Throw darts at a square; count those in its quarter circle."""
    rng = random.Random(seed)
    with span(f"task {seed}"):
        throws = ((rng.random(), rng.random()) for _ in range(darts))
        return sum(x * x + y * y < 1 for x, y in throws)


def work(task: tuple[str, float]) -> str:
    """Sleep as long as the task says; in a figure it has its name."""
    name, seconds = task
    with span(name):
        time.sleep(seconds)
    return name


def load_prices(path: str) -> None:
    """Initializer: read the table into a global of this worker."""
    global prices
    with open(path) as file:
        prices = json.load(file)
    print("a worker has read", len(prices), "prices")


def cost(article: str, pieces: int) -> int:
    return prices[article] * pieces


def die_at_first(marker: str) -> str:
    """Kill this process the first time; when the marker is there, return."""
    if not os.path.exists(marker):
        open(marker, "x").close()
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
    return "done"


def open_database(path: str) -> None:
    """Initializer: this worker opens a connection of its own."""
    global database
    database = sqlite3.connect(path)
    print("a worker has opened the database")


def mean_degrees(station: str) -> float:
    query = "SELECT avg(degrees) FROM readings WHERE station = ?"
    return database.execute(query, (station,)).fetchone()[0]


def is_prime(number: int) -> bool:
    """Try all divisors; `number` is 2 or more."""
    return all(number % d for d in range(2, isqrt(number) + 1))


def usable_cores() -> int:
    """Count the cores that this process may use."""
    cores = os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):  # Linux
        cores = len(os.sched_getaffinity(0))
    # A container's limit in Linux: "200000 100000" is 200,000 of each
    # 100,000 µs, so 2 cores.
    try:
        with open("/sys/fs/cgroup/cpu.max") as file:
            quota, period = map(float, file.read().split())
        return min(cores, max(1, int(quota / period)))
    except (OSError, ValueError):  # none
        return cores


def throw_some(task: tuple[int, int]) -> int:
    """Take both arguments of `throw_darts` as one."""
    return throw_darts(*task)


def square_or_die(number: int) -> int:
    """Square it; at 5, end this process, as when memory runs out."""
    if number == 5:
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
    return square(number)


class BadRow(Exception):
    """Pickle makes it again as `BadRow(text)`: one argument too few."""

    def __init__(self, row: int, reason: str):
        super().__init__(f"row {row}: {reason}")


class BadLine(Exception):
    """Pickle makes it again as `BadLine(line, reason)`, and that works."""

    def __init__(self, line: int, reason: str):
        super().__init__(line, reason)


def refuse(error: type[Exception]) -> None:
    raise error(3, "no number")


def squares(count: int) -> Iterator[int]:
    """A generator; a generator can't be pickled."""
    for number in range(count):
        yield square(number)


def list_squares(count: int) -> list[int]:
    return list(squares(count))


def square_in_pool(numbers: list[int]) -> list[int]:
    """Start a pool of its own, in this process."""
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        return pool.map(square, numbers)


def ignore_interrupts() -> None:
    """Initializer: an interrupt is for the parent alone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def worker_name(task: int) -> str:
    """Name the process that does this task."""
    return multiprocessing.current_process().name


rng = random.Random(2024)


def roll_dice(task: int) -> list[int]:
    """Roll with this module's generator, whichever task it is."""
    return [rng.randint(1, 6) for _ in range(6)]


def roll_own_dice(seed: int) -> list[int]:
    """Roll with a generator of the task's own."""
    own = random.Random(seed)
    return [own.randint(1, 6) for _ in range(6)]
