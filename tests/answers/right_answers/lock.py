"""Right answers to the exercises of lesson 05 that differ from the solutions."""

PAIR = """
    with first.lock, second.lock:
        source.balance -= amount
        target.balance += amount
"""
END = """

def end(child, stop):
    stop.set()
    child.join()
"""
WORK = """def work(stop, lock, save, pause):
    while not stop.is_set():
        with lock:
            save()
        stop.wait(pause)


"""
IN_THREAD = """import threading


def work(stop, lock, save, pause):
    def saving():
        while not stop.is_set():
            with lock:
                save()
            stop.wait(pause)

    thread = threading.Thread(target=saving)
    thread.start()
"""

RIGHT = {
    ("lock", 1): {
        "acquire and release, type hints": '''from multiprocessing.synchronize import Lock
from typing import Any


def add(counter: Any, lock: Lock, times: int) -> None:
    """Add one ..."""
    for _ in range(times):
        lock.acquire()
        try:
            counter.value = counter.value + 1
        finally:
            lock.release()
''',
        "the lock around the loop": """def add(counter, lock, times):
    with lock:
        for _ in range(times):
            counter.value += 1
""",
        "a limit, again and again": """def add(counter, lock, times):
    left = times
    while left:
        if lock.acquire(timeout=0.1):
            counter.value += 1
            lock.release()
            left -= 1
""",
        "it does not wait": """import time


def add(counter, lock, times):
    for _ in range(times):
        while not lock.acquire(block=False):
            time.sleep(0.001)  # and again ...
        counter.value += 1
        lock.release()
""",
        "a class": """class Shared:
    def __init__(self, number, lock):
        self.number, self.lock = number, lock

    def __iadd__(self, more):
        with self.lock:
            self.number.value += more
        return self


def add(counter, lock, times):
    shared = Shared(counter, lock)
    for _ in range(times):
        shared += 1
""",
        "a context manager of its own, recursion": """from contextlib import contextmanager


@contextmanager
def locked(counter, lock):
    lock.acquire()
    try:
        yield counter
    finally:
        lock.release()


def add(counter, lock, times):
    if times > 0:
        with locked(counter, lock) as mine:
            mine.value += 1
        add(counter, lock, times - 1)
""",
        "it looks at the counter too": """def add(counter, lock, times):
    before = counter.value  # for curiosity ...
    for _ in range(times):
        with lock:
            assert counter.value >= before
            counter.value += 1
    ...
""",
        "a decorator, and more than one at a time": """def exclusive(function):
    def called(counter, lock, *arguments):
        with lock:
            return function(counter, *arguments)

    return called


@exclusive
def add(counter, times):
    counter.value += times
""",
    },
    ("lock", 2): {
        "sum": """def count(numbers, is_hit, total, lock):
    found = sum(1 for number in numbers if is_hit(number))
    with lock:
        total.value += found
""",
        "filter, acquire and release": """def count(numbers, is_hit, total, lock):
    found = len(list(filter(is_hit, numbers)))
    lock.acquire()
    try:
        total.value = total.value + found
    finally:
        lock.release()
""",
        "a sum of truths, and nothing to add for none": """def count(numbers, is_hit, total, lock):
    if found := sum(map(is_hit, numbers)):
        with lock:
            total.value += found
""",
        "threads": """from concurrent.futures import ThreadPoolExecutor


def count(numbers, is_hit, total, lock):
    with ThreadPoolExecutor(4) as threads:
        found = sum(threads.map(is_hit, numbers))
    with lock:
        total.value += found
""",
        "a class, a Counter": '''import collections


class Tally:
    """Counts ..."""

    def __call__(self, numbers, is_hit, total, lock):
        found = collections.Counter(is_hit(number) for number in numbers)
        with lock:
            total.value += found[True]


count = Tally()
''',
        "a limit, again and again": """def count(numbers, is_hit, total, lock):
    hits = [number for number in numbers if is_hit(number)]
    while not lock.acquire(timeout=0.5):
        pass  # somebody else has it
    total.value += len(hits)
    lock.release()
""",
        "reduce, type hints": """import functools
from collections.abc import Callable, Iterable


def count(numbers: Iterable[int], is_hit: Callable[[int], bool], total, lock) -> None:
    def add(found: int, number: int) -> int:
        return found + 1 if is_hit(number) is True else found

    found = functools.reduce(add, numbers, 0)
    with lock:
        total.value += found
""",
    },
    ("lock", 3): {
        "sorted": f"""def transfer(source, target, amount):
    first, second = sorted((source, target), key=lambda account: account.name){PAIR}""",
        "from last to first, an exit stack": """from contextlib import ExitStack
from operator import attrgetter


def transfer(source, target, amount):
    with ExitStack() as stack:
        for account in sorted([source, target], key=attrgetter("name"), reverse=True):
            stack.enter_context(account.lock)
        source.balance -= amount
        target.balance += amount
""",
        "it lets go and begins again": """import random
import time


def transfer(source, target, amount):
    while True:
        with source.lock:
            if target.lock.acquire(block=False):
                try:
                    source.balance -= amount
                    target.balance += amount
                    return
                finally:
                    target.lock.release()
        time.sleep(random.random() / 100)
""",
        "a limit for the second, in both orders": """def transfer(source, target, amount):
    first, second = source, target
    done = False
    while not done:
        first.lock.acquire()
        if second.lock.acquire(timeout=0.05):
            source.balance -= amount
            target.balance += amount
            done = True
            second.lock.release()
        first.lock.release()
        first, second = second, first
""",
        "in order, and it asks again and again for the second": """def transfer(source, target, amount):
    first, second = (source, target) if source.name > target.name else (target, source)
    with first.lock:
        while not second.lock.acquire(timeout=0.01):
            ...
        source.balance, target.balance = source.balance - amount, target.balance + amount
        second.lock.release()
""",
        "a checksum of the name, a class": '''import zlib


class Ordered:
    """Two accounts, in an order ..."""

    def __init__(self, *accounts):
        self.accounts = sorted(accounts, key=lambda account: (zlib.crc32(account.name.encode()), account.name))

    def __enter__(self):
        for account in self.accounts:
            account.lock.acquire()

    def __exit__(self, *error):
        for account in reversed(self.accounts):
            account.lock.release()


def transfer(source, target, amount):
    with Ordered(source, target):
        source.balance -= amount
        target.balance += amount
''',
        "min and max, type hints": f"""from typing import Protocol


class Account(Protocol):
    name: str
    balance: int


def name(account: Account) -> str:
    return account.name


def transfer(source: Account, target: Account, amount: int) -> None:
    first, second = min(source, target, key=name), max(source, target, key=name){PAIR}""",
        "recursion": """def transfer(source, target, amount):
    locks = {account.name: account.lock for account in (source, target)}

    def with_locks(names):
        if names:
            with locks[names[0]]:
                return with_locks(names[1:])
        source.balance -= amount
        target.balance += amount

    with_locks(sorted(locks))
""",
    },
    ("lock", 4): {
        "it ends when the wait says so": f"""def work(stop, lock, save, pause):
    if stop.is_set():
        return
    while True:
        with lock:
            save()
        if stop.wait(pause):
            break
{END}""",
        "it waits with a limit, again and again": f"""{WORK}def end(child, stop):
    stop.set()
    while child.is_alive():
        child.join(timeout=0.1)
""",
        "it waits for the sentinel": f"""from multiprocessing.connection import wait

{WORK}def end(child, stop):
    stop.set()
    wait([child.sentinel])  # and then ...
    child.join()
    child.close()
""",
        "it looks at the event in short pauses": f"""import time


def work(stop, lock, save, pause):
    while not stop.is_set():
        with lock:
            save()
        deadline = time.monotonic() + pause
        while not stop.is_set() and time.monotonic() < deadline:
            time.sleep(0.02)
{END}""",
        "acquire and release, and it exits": f"""import sys


def work(stop, lock, save, pause):
    for wait in iter(stop.is_set, True):
        lock.acquire()
        try:
            save()
        finally:
            lock.release()
        stop.wait(pause)
    sys.exit(0)
{END}""",
        "classes, type hints": '''from collections.abc import Callable
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event, Lock


class Worker:
    """Saves ..."""

    def __init__(self, stop: Event, lock: Lock, save: Callable[[], object]):
        self.stop, self.lock, self.save = stop, lock, save

    def step(self) -> None:
        with self.lock:
            self.save()

    def run(self, pause: float) -> None:
        stopped = self.stop.is_set()
        while not stopped:
            self.step()
            stopped = self.stop.wait(timeout=pause)


def work(stop: Event, lock: Lock, save: Callable[[], object], pause: float) -> None:
    Worker(stop, lock, save).run(pause)


def end(child: BaseProcess, stop: Event) -> None:
    stop.set()
    child.join()
''',
        "a limit for the lock, again and again": """def work(stop, lock, save, pause):
    while not stop.is_set():
        if not lock.acquire(timeout=0.1):
            continue
        save()
        lock.release()
        stop.wait(pause)


def end(child, stop):
    stop.set()
    try:
        child.join()
    finally:
        child.kill()  # it has ended
""",
        "it saves in a thread that is joined": f"{IN_THREAD}    thread.join()\n{END}",
        "it waits to be asked, while a thread saves": f"{IN_THREAD}    stop.wait()\n    thread.join()\n{END}",
    },
}
