"""The workers of lesson 05, Lock, in the order in which the lesson meets them.

Those whose turns a timeline shows take them in `with holding(lock, …):`: it draws who waits, who holds, and how long.
"""

from __future__ import annotations

import faulthandler
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from helpers import mp, span

TYPE_CHECKING = False  # typing's name for it; a child need not import these
if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.managers import DictProxy, ListProxy
    from multiprocessing.sharedctypes import Synchronized
    from multiprocessing.synchronize import (
        Barrier,
        Condition,
        Event,
        Lock,
        RLock,
        Semaphore,
    )
    from pathlib import Path

    Cutlery = tuple[str, Lock]

kept: Synchronized | None = None


def greet_at_once(number: int, terminal: Path, all_halfway: Barrier) -> None:
    with open(terminal, "a") as screen, span("line"):
        print("hello", end=" ", file=screen, flush=True)
        all_halfway.wait()
        time.sleep(number / 50)
        print("world", number, file=screen, flush=True)


def greet(number: int, terminal: Path, lock: Lock) -> None:
    with span("lock", "waiting"):
        lock.acquire()
    try:
        with open(terminal, "a") as screen, span("line", "holding"):
            print("hello", end=" ", file=screen, flush=True)
            time.sleep(0.1)
            print("world", number, file=screen, flush=True)
    finally:
        lock.release()


def careless(lock: Lock) -> None:
    lock.acquire()
    int("not a number")
    lock.release()


def careful(lock: Lock) -> None:
    with lock:
        int("not a number")


def add_one(counter: Synchronized, both_have_read: Barrier) -> None:
    """The steps of `counter.value += 1`, with a stop between them."""
    seen = counter.value
    both_have_read.wait()
    counter.value = seen + 1


def add_in_turn(counter: Synchronized, times: int) -> None:
    for _ in range(times):
        with counter.get_lock():
            counter.value += 1


def count_into(total: Synchronized, numbers: range, batch: int) -> None:
    """Count those that 7 divides; add to the total after each full `batch`."""
    found = 0
    with span("count"):
        for done, number in enumerate(numbers, start=1):
            found += number % 7 == 0
            if done % batch == 0:
                with total.get_lock():
                    total.value += found
                found = 0


@contextmanager
def holding(lock: Lock | Semaphore, label: str) -> Iterator[None]:
    """What `with lock:` does, with marks for the timeline."""
    with span(label, "waiting"):
        lock.acquire()
    try:
        with span(label, "holding"):
            yield
    finally:
        lock.release()


def query(connections: Semaphore) -> None:
    with holding(connections, "query"):
        time.sleep(0.1)


def run_a_race(gun: Event) -> None:
    with span("gun", "waiting"):
        gun.wait()
    with span("run"):
        time.sleep(0.1)


def dine(first: Cutlery, second: Cutlery, meet: Barrier, limit=None) -> None:
    (name, lock), (other_name, other_lock) = first, second
    with holding(lock, ""):
        meet.wait()
        with span(f"has the {name}, wants the {other_name}", "waiting"):
            got_it = other_lock.acquire(timeout=limit)
        if got_it:
            with span("eats"):
                time.sleep(0.1)
            other_lock.release()


def dine_or_tell(first: Cutlery, second: Cutlery, meet: Barrier, file: str) -> None:
    meet.wait()
    with open(file, "w") as log:
        faulthandler.dump_traceback_later(1, exit=True, file=log)
        dine(first, second, meet)


def add_everywhere(value, array, plain: list, managed: ListProxy) -> None:
    value.value += 1
    array[0] += 1
    plain[0] += 1
    managed[0] += 1


def count_sevens(numbers: range) -> int:
    """Count the numbers that 7 divides."""
    return sum(number % 7 == 0 for number in numbers)


def hold_for_all(lock: Lock) -> None:
    with holding(lock, "compute, save"):
        time.sleep(0.15)  # compute
        time.sleep(0.03)  # save


def hold_for_saving(lock: Lock) -> None:
    with span("compute"):
        time.sleep(0.15)
    with holding(lock, "save"):
        time.sleep(0.03)


def let_go(lock: Lock) -> None:
    lock.release()


def two_phases(barrier: Barrier, seconds: float) -> None:
    with span("phase 1"):
        time.sleep(seconds)
    with span("barrier", "waiting"):
        barrier.wait()
    with span("phase 2"):
        time.sleep(0.1)


def bake(
    shelf: Synchronized,
    changed: Condition,
    loaves: int,
    room: int,
) -> None:
    for _ in range(loaves):
        with changed:
            with span("room", "waiting"):
                changed.wait_for(lambda: shelf.value < room)
            shelf.value += 1
            with span(shelf.value, "holding"):
                time.sleep(0.02)
            changed.notify_all()


def eat(shelf: Synchronized, changed: Condition, loaves: int) -> None:
    for _ in range(loaves):
        with changed:
            with span("bread", "waiting"):
                changed.wait_for(lambda: shelf.value > 0)
            shelf.value -= 1
            with span(shelf.value, "holding"):
                time.sleep(0.02)
            changed.notify_all()
        time.sleep(0.08)


def change(lock: RLock, account: Synchronized, amount: int) -> None:
    with lock, span(f"{amount:+}"):
        account.value += amount
        time.sleep(0.05)


def transfer(
    lock: RLock,
    source: Synchronized,
    target: Synchronized,
    amount: int,
) -> None:
    with holding(lock, ""):
        time.sleep(0.05)  # look at both accounts
        change(lock, source, -amount)
        change(lock, target, amount)


def attempt(said: Connection, lines: list[str], things: dict) -> None:
    """Run each line in a thread; 0.4 s later, say what came of it."""
    outcome = dict.fromkeys(lines, "waits")

    def run(line: str) -> None:
        try:
            exec(line, things)
            outcome[line] = "works"
        except Exception as error:
            text = f"raises {type(error).__name__}: {error}"
            outcome[line] = text.rstrip(": ")

    for line in lines:
        threading.Thread(target=run, args=(line,), daemon=True).start()
    time.sleep(0.4)
    said.send(outcome)
    time.sleep(60)


may_be_read = threading.Event()
parent: Connection | None = None


def read_later() -> None:
    may_be_read.wait(30)


class ReadLater:
    """The process that receives it calls `read_later` to rebuild it."""

    def __reduce__(self) -> tuple:
        return read_later, ()


def report_to(end: Connection) -> None:
    """A pool's initializer: say that the worker has started."""
    global parent
    parent = end
    parent.send("started")


def hold_up() -> ReadLater:
    """When the parent says so, give it a result that it can't read yet."""
    parent.recv()
    return ReadLater()


def be_in_task(task: str, things: dict) -> object:
    """Do the task; 0.3 s after it began, a thread says so."""
    threading.Timer(0.3, parent.send, ["I am in it"]).start()
    return eval(task, things)


def outcome(get: Callable) -> str:
    try:
        get(timeout=0.4)
        return "works"
    except Exception as error:
        return type(error).__name__


def lose_from_pool(task: str, things: dict) -> str:
    """Kill the only worker; what comes of its task, and of another?"""
    here, there = mp.Pipe()
    pool = mp.Pool(1, report_to, (there,))
    pool.apply_async(hold_up)
    result = pool.apply_async(be_in_task, (task, things))
    here.send("go")
    assert [here.recv(), here.recv()] == ["started", "I am in it"]
    mp.active_children()[0].kill()
    may_be_read.set()
    assert here.recv() == "started"  # the worker in its place
    another = pool.apply_async(abs, (-1,))
    return f"{outcome(result.get)}; another: {outcome(another.get)}"


def lose_from_executor(task: str, things: dict) -> str:
    """The same with an executor, which starts no worker in its place."""
    from concurrent.futures import ProcessPoolExecutor

    here, there = mp.Pipe()
    pool = ProcessPoolExecutor(1, mp, report_to, (there,))
    pool.submit(hold_up)
    future = pool.submit(be_in_task, task, things)
    while not future.running():  # that is, on its way to the worker
        time.sleep(0.01)
    here.send("go")
    assert [here.recv(), here.recv()] == ["started", "I am in it"]
    mp.active_children()[0].kill()
    may_be_read.set()
    first = outcome(future.result)
    another = outcome(lambda timeout: pool.submit(abs, -1).result(timeout))
    return f"{first}; another: {another}"


def tell(said: Connection, calls: list[str], things: dict) -> None:
    """Send what the call returns, and stay."""
    said.send(eval(calls[0], things))
    time.sleep(60)


def keep(counter: Synchronized) -> None:
    """A pool's initializer: keep the counter for this worker's tasks."""
    global kept
    kept = counter


def count_sevens_into_kept(numbers: range) -> None:
    found = count_sevens(numbers)
    with kept.get_lock():
        kept.value += found


def work_until(stop: Event, lock: Lock, seconds: float) -> None:
    while not stop.is_set():
        with holding(lock, "task"):
            time.sleep(seconds)


def look_now_and_then(event: Event) -> None:
    with span("event", "waiting"):
        while not event.is_set():
            time.sleep(0.02)


def score(points: DictProxy) -> None:
    points["ann"].append(3)
    points["bob"] = [*points["bob"], 3]
