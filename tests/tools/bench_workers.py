"""What the benchmark runs in child processes."""

import sys
from math import isqrt


def nothing(*_: object) -> None:
    pass


def megabyte(_: int) -> bytes:
    return bytes(1_000_000)


def print_lines(count: int) -> None:
    for line in range(count):
        print("line", line)


def print_lines_to_a_file(path: str, count: int) -> None:
    """What a plain child does when its output is not a terminal."""
    with open(path, "w") as sys.stdout:
        print_lines(count)


def count_primes(limits: tuple[int, int]) -> int:
    """Count the primes in a range by trial division."""
    return sum(all(n % d for d in range(2, isqrt(n) + 1)) for n in range(max(limits[0], 2), limits[1]))
