"""Right answers to the exercises of lesson 05. The first of each is what its wrong answers are made of."""

END = """

def end(child, stop):
    stop.set()
    child.join()
"""

RIGHT = {
    ("lock", 1): {
        "with": """def add(counter, lock, times):
    for _ in range(times):
        with lock:
            counter.value += 1
""",
        "acquire and release": """def add(counter, lock, times):
    for _ in range(times):
        lock.acquire()
        try:
            counter.value = counter.value + 1
        finally:
            lock.release()
""",
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
    },
    ("lock", 2): {
        "a loop": """def count(numbers, is_hit, total, lock):
    found = 0
    for number in numbers:
        if is_hit(number):
            found += 1
    with lock:
        total.value += found
""",
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
        "nothing to add for none": """def count(numbers, is_hit, total, lock):
    if found := sum(map(is_hit, numbers)):
        with lock:
            total.value += found
""",
    },
    ("lock", 3): {
        "by name": """def transfer(source, target, amount):
    if source.name < target.name:
        first, second = source, target
    else:
        first, second = target, source
    with first.lock:
        with second.lock:
            source.balance -= amount
            target.balance += amount
""",
        "sorted": """def transfer(source, target, amount):
    first, second = sorted((source, target), key=lambda account: account.name)
    with first.lock, second.lock:
        source.balance -= amount
        target.balance += amount
""",
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
    },
    ("lock", 4): {
        "stop.wait": f"""def work(stop, lock, save, pause):
    while not stop.is_set():
        with lock:
            save()
        stop.wait(pause)
{END}""",
        "it looks in short pauses": f"""import time


def work(stop, lock, save, pause):
    while not stop.is_set():
        with lock:
            save()
        until = time.monotonic() + pause
        while time.monotonic() < until and not stop.is_set():
            time.sleep(0.02)
{END}""",
        "a limit for the lock and for join, again and again": """def work(stop, lock, save, pause):
    while not stop.is_set():
        if not lock.acquire(timeout=0.1):
            continue
        save()
        lock.release()
        if stop.wait(pause):
            return


def end(child, stop):
    stop.set()
    while child.is_alive():
        child.join(timeout=0.1)
""",
        "a thread saves": f"""import threading


def work(stop, lock, save, pause):
    def saving():
        while not stop.is_set():
            with lock:
                save()
            stop.wait(pause)

    thread = threading.Thread(target=saving)
    thread.start()
    stop.wait()
    thread.join()
{END}""",
    },
}
