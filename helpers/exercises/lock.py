"""Lesson 05, Lock: the judges of its exercises, and the locks, counters and accounts that they hand to the learner.

Exercises 1 and 2: the learner's function runs beside a process that is played: whenever the lock lets it, it comes
between a read and the write that follows. Exercise 3: the two processes are played by two threads with a copy of the
learner's file each, and all that differs between processes differs: ids and hashes. Exercise 4 has a child.
"""

import collections
import importlib
import math
import multiprocessing
import os
import runpy
import signal
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from multiprocessing.synchronize import Event
from pathlib import Path

from helpers.judge import (
    Call,
    Case,
    Judge,
    describe,
    is_gone,
    no_limit_is_enough,
    note,
    noted,
    pauses_are_short,
    told,
    wait_for,
    wait_until,
    waits_are_short,
)

CONTEXT = multiprocessing.get_context("spawn")  # the exercises' start method, whatever the lesson's is
LONG = 60.5  # seconds
IN_VAIN = 20  # so many attempts of a process to take a lock with a limit are in vain, at first
START = 7  # where counters start, so that what is overwritten shows


class Locks:
    """The locks of a case: what everybody sees of them, and what was done wrongly."""

    def __init__(self, *names: str):
        self.inner = {name: threading.Lock() for name in names}
        self.holder: dict[str, int | None] = dict.fromkeys(names)  # a process, by its number
        self.wants: dict[int, str] = {}  # by process: the lock for which it waits without a limit
        self.tried: set[tuple[int, str]] = set()
        self.refused: dict[int, int] = collections.Counter()  # by process: attempts with a limit, in vain at first
        self.over: set[int] = set()  # the processes that have come to their end
        self.taken = 0
        self.faults: list[str] = []

    def stand_still(self) -> str:
        """Why somebody waits for ever, or ''. Only looks."""
        for me, lock in list(self.wants.items()):
            holder = self.holder[lock]
            if holder == me:
                return "a process waits for a lock that it held already. Hint: with lock: gives it back."
            if holder in self.over:
                return "a process ended and had not given the lock back. Hint: with lock: never forgets it."
            if self.holder.get(self.wants.get(holder)) == me:
                return (
                    "each process holds one account's lock and waits for the other's. Hint: take the two locks in an "
                    "order that is the same in every process and whichever account is the source. The order of the "
                    "arguments is not, and neither is that of the ids."
                )
        return ""


class Lock:
    """A lock as one process has it. Who asks with a limit finds out that it can be over: the first time it is."""

    def __init__(self, locks: Locks, name: str = "lock", me: int = 1):
        self.locks, self.name, self.me, self.comes_in = locks, name, me, lambda: None

    def mine(self) -> bool:
        return self.locks.holder[self.name] == self.me

    def acquire(self, block: bool = True, timeout: float | None = None) -> bool:
        locks, limited = self.locks, not block or timeout is not None
        locks.tried.add((self.me, self.name))
        if limited and locks.refused[self.me] < IN_VAIN:
            locks.refused[self.me] += 1
            return False
        if not limited:
            locks.wants[self.me] = self.name
        if not self.mine():
            self.comes_in()
        got = locks.inner[self.name].acquire(block, max(timeout, 0) if block and limited else -1)
        locks.wants.pop(self.me, None)
        if got:
            locks.holder[self.name] = self.me
            locks.taken += 1
        return got

    def release(self) -> None:
        if not self.mine():
            self.locks.faults.append(
                "gave back a lock that it did not hold. Hint: acquire() with a limit says whether it got the lock."
            )
            return
        self.locks.holder[self.name] = None
        self.locks.inner[self.name].release()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class Counter:
    """A shared number. Another process adds to it, too, whenever the lock is free and it does harm."""

    def __init__(self, lock: Lock, others: int):
        self.lock, self.number, self.others = lock, START, others
        self.reads = self.unlocked = 0
        self.seen = False  # it has been read, and not written since …
        self.split = False  # … and then the other has come
        lock.comes_in = self.other_adds

    def other_adds(self) -> None:
        self.split |= self.seen
        if self.others:
            self.others, self.number = self.others - 1, self.number + 1

    @property
    def value(self) -> int:
        number, self.seen = self.number, True
        self.reads += 1
        if not self.lock.mine():
            self.unlocked += 1
            self.other_adds()
        return number

    @value.setter
    def value(self, new: int) -> None:
        if self.seen and not self.lock.mine():
            self.other_adds()
        self.number, self.seen = new, False

    def get_lock(self) -> None:
        raise AttributeError("this number has no lock of its own; take the lock that comes as an argument")


class Locked(Judge):
    """What the judges of the exercises 1 to 3 share: how they watch a call, and what must hold of locks."""

    locks: Locks
    still = ""  # why the call stands still

    def watch(self, *calls: Call) -> None:
        """Return when all calls are back or stand still, seen twice in the same state."""

        def settled() -> bool:
            self.locks.over |= {number for number, call in enumerate(calls, 1) if call.back}
            taken, self.still = self.locks.taken, self.locks.stand_still()
            if self.still:
                time.sleep(0.1)
                return (taken, self.still) == (self.locks.taken, self.locks.stand_still())
            return all(call.back for call in calls)

        wait_until(settled, math.inf)

    def must(self, run: Call) -> Iterator[tuple[object, str]]:
        yield (
            "context manager" not in describe(run.error),
            "Hint: lock.acquire() gives True or False. with lock: takes the lock, and gives it back at its end.",
        )
        for fault in self.locks.faults:
            yield False, fault
        yield not self.still, f"stood still: {self.still}{own_lock(run)}"
        yield run.back and run.error is None, run.hint

    def common(self, run: Call) -> Iterator[tuple[object, str]]:
        free = not any(self.locks.holder.values())
        yield free, "ended and had not given the lock back. Hint: with lock: never forgets it."
        yield from super().common(run)


def own_lock(run: Call) -> str:
    makes_one = "Lock(" in Path(run.file).read_text(encoding="utf-8")
    return " And a lock made in your file is another one in each process." * makes_one


def exact(run: Call, counter: Counter, name: str, expected: int) -> Iterator[tuple[object, str]]:
    """Rows for a number that must be exact; they say how an update could be lost, from what was seen of the lock."""
    number, locks = counter.number + counter.others, counter.lock.locks
    came = f"brought {name}.value from {START} to {number}; expected was {START + expected}. Hint:"
    never = "the lock was never taken. += reads and writes, and the other process can come in between."
    for why, hint in (
        (locks.refused, "a lock with a limit was not taken in time. Look at what acquire() returns, and try again."),
        (not counter.reads, f"{name}.value was never read, so nothing was added to it; += does both."),
        (not locks.taken, never + own_lock(run)),
        (counter.unlocked, f"{name}.value was read without the lock. Take the lock before you read."),
        (counter.split, "the lock was given back between reading and writing. Hold it around both."),
        (True, "the lock is held where it should be, so look at what is added, and how often."),
    ):
        yield number == START + expected or not why, f"{came} {hint}"


class Exact(Locked):
    function = "add(counter, lock, times)"
    right = "nothing was lost, though another process added too, and came in wherever it could; the lock is free."

    def cases(self) -> Iterator[Case]:
        for self.times in (50, 1, 0):
            self.locks = Locks("lock")
            lock = Lock(self.locks)
            self.counter = Counter(lock, self.times)
            said = f"add(counter, lock, {self.times}), beside a process that does the same,"
            hint = "Hint: counter.value += 1, with the lock held."
            yield Case((self.counter, lock, self.times), hint=hint, said=said, meanwhile=self.watch)

    def must(self, run: Call) -> Iterator[tuple[object, str]]:
        yield from super().must(run)
        yield from exact(run, self.counter, "counter", 2 * self.times)


class Fast(Locked):
    function = "count(numbers, is_hit, total, lock)"
    right = "all hits are in the total, the lock was taken once, and not while is_hit computed."

    def cases(self) -> Iterator[Case]:
        for self.numbers, self.hits in ((range(1, 1001), 143), ([3], 1), ([1, 10, 10, 2], 2), ([1], 0), ([], 0)):
            self.locks, self.asked = Locks("lock"), set()
            lock = Lock(self.locks)
            self.total = Counter(lock, self.hits)
            said = f"count({self.numbers}, is_hit, total, lock), beside a process that does the same,"
            arguments = self.numbers, self.is_hit, self.total, lock
            hint = "Hint: count in a variable of your own, then add it to total.value once."
            yield Case(arguments, hint=hint, said=said, meanwhile=self.watch)

    def is_hit(self, number: int) -> bool:
        self.asked.add(number)
        if self.locks.holder["lock"]:
            self.locks.faults.append(
                "called is_hit while it held the lock. Hint: count first, without the lock, and take it to add."
            )
        return number % 7 == 3

    def must(self, run: Call) -> Iterator[tuple[object, str]]:
        yield from super().must(run)
        missing = len(set(self.numbers) - self.asked)
        yield not missing, f"did not call is_hit for {missing} of the numbers. Hint: ask it about every number."
        yield from exact(run, self.total, "total", 2 * self.hits)
        yield self.locks.taken < 2, f"took the lock {self.locks.taken} times; expected was once. {run.hint}"


class Name(str):
    """A name, whose hash differs from process to process, as that of every str does."""

    sign = 1

    def __hash__(self) -> int:
        return str.__hash__(self) * self.sign


class AccountLock(Lock):
    """Who has taken a first one goes on when the other process holds one too, or has tried this one, or has ended."""

    held = 0  # how often it was taken

    def acquire(self, block: bool = True, timeout: float | None = None) -> bool:
        got = super().acquire(block, timeout)
        self.held += got
        if got and list(self.locks.holder.values()).count(self.me) == 1:
            wait_until(self.other_is_there, 1)
        return got

    def release(self) -> None:
        if self.mine() and sum(self.balances.values()) != 200:
            self.locks.faults.append(
                "gave back a lock when the money was gone from one account and not arrived in the other. "
                "Hint: change both balances before you give back a lock."
            )
        super().release()

    def other_is_there(self) -> bool:
        locks, other = self.locks, 3 - self.me
        met = any((other, name) in locks.tried for name, holder in locks.holder.items() if holder == self.me)
        return met or other in {*locks.holder.values(), *locks.over}


class Account:
    """A balance that may be touched only by who holds its lock, and changed only by who holds both."""

    def become(self, name: str, lock: AccountLock, balances: dict[str, int]) -> "Account":
        self.name, self.lock, self._balances = Name(name), lock, balances
        self.name.sign = 3 - 2 * lock.me
        lock.name, lock.balances, self._read = name, balances, None
        return self

    @property
    def balance(self) -> int:
        if not self.lock.mine():
            self.lock.locks.faults.append(
                "touched a balance without holding that account's lock; no other lock helps, reading needs it too."
            )
        self._read = self.lock.held
        return self._balances[self.lock.name]

    @balance.setter
    def balance(self, new: int) -> None:
        if set(self.lock.locks.holder.values()) != {self.lock.me}:
            self.lock.locks.faults.append(
                "changed a balance without holding both locks, so that others can see the money gone from one account "
                "and not arrived in the other. Hint: take both locks before the first change."
            )
        if self._read != self.lock.held:
            self.lock.locks.faults.append(
                "gave the lock back between reading and changing a balance. Hint: hold it around both."
            )
        self._balances[self.lock.name] = new


class Transfer(Locked):
    function = "transfer(source, target, amount)"
    right = "both transfers were made, under both locks, whoever came first."

    def cases(self) -> Iterator[Case]:
        for one, other, there, back in (
            ("ann", "bob", 30, 10),
            ("dan", "and", 40, 60),
            ("eve", "eva", 5, 5),
            ("Joe", "joe", 3, 4),
            ("ida", "adaa", 1, 2),
        ):
            self.locks, self.balances = Locks(one, other), {one: 100, other: 100}
            self.after = {one: 100 - there + back, other: 100 + there - back}
            said = f"transfer({one}, {other}, {there}) in one process and transfer({other}, {one}, {back}) in another"
            yield Case(
                self.arguments(1, one, other, there),
                hint="Hint: take both accounts' locks, always in the same order, and no other.",
                said=said,
                meanwhile=partial(self.lead, arguments=self.arguments(2, other, one, back)),
            )

    def arguments(self, me: int, source: str, target: str, amount: int) -> tuple:
        # In each process the source has the smaller ids, so that an order by id is the order of the arguments.
        accounts = sorted((Account(), Account()), key=id)
        locks = sorted((AccountLock(self.locks, me=me), AccountLock(self.locks, me=me)), key=id)
        each = zip(accounts, (source, target), locks, strict=True)
        return *(account.become(name, lock, self.balances) for account, name, lock in each), amount

    def lead(self, run: Call, arguments: tuple) -> None:
        """Have the other process make its transfer meanwhile: a thread, with a copy of the learner's file."""
        self.other = Call(runpy.run_path(run.file)["transfer"], arguments, run.said, run.hint, run.file)
        threading.Thread(target=self.other.run, daemon=True).start()
        self.watch(run, self.other)

    def must(self, run: Call) -> Iterator[tuple[object, str]]:
        yield from super().must(run)
        yield self.other.error is None, f"{self.other.outcome()} {run.hint}"
        left = f"left {' and '.join(self.balances)} with {list(self.balances.values())}"
        wrong = f"{left}, not {list(self.after.values())}. Hint:"
        exact = self.balances == self.after
        yield exact or not self.locks.refused, f"{wrong} if acquire gave up, let go and begin again."
        yield exact, f"{wrong} the order is for the locks only; the money still goes from source to target."


class Stop(Event):
    """An event that notes how long a wait for it would be."""

    def __init__(self):
        super().__init__(ctx=CONTEXT)

    def wait(self, timeout: float | None = None) -> bool:
        note(f"waits in {threading.get_ident()}", str(math.inf if timeout is None else timeout))
        return super().wait(timeout if timeout is None or timeout >= LONG else min(timeout, 1.5))


def in_child(module: str, *arguments: object) -> None:
    """Do the learner's work in this process."""
    global stop, lock
    stop, lock, *_ = arguments
    sleep = time.sleep

    def noting_sleep(seconds: float) -> None:
        if sys._getframe(1).f_globals.get("__name__") == module:
            note(f"waits in {threading.get_ident()}", str(seconds))
        sleep(seconds)

    def hasty(block: bool = True, timeout: float | None = None) -> bool:
        return acquire(block, timeout and min(timeout, 0.02))  # somebody else has it for longer

    time.sleep, acquire, lock.acquire = noting_sleep, lock.acquire, hasty
    call = Call(lambda *given: importlib.import_module(module).work(*given), arguments, "", "", f"{module}.py")
    note("ready")
    call.run()
    in_order = call.error is None or (isinstance(call.error, SystemExit) and not call.error.code)
    note("in order" if in_order else "fault", call.outcome())


def save() -> None:
    """What the work has to call, again and again; the second time it takes as long as the judge says."""
    look = "Hint: while not stop.is_set(): looks at it before the first save() and after each pause."
    for holds, fault in (
        (lock._semlock._is_mine(), "called save() without holding the lock. Hint: with lock: around save()."),
        (not stop.is_set(), f"called save() {'again ' * (noted('begun') > 0)}after stop was set. {look}"),
    ):
        if not holds:
            note("fault", fault)
            os._exit(9)  # the learner's code can't catch that
    note("saves in", str(threading.get_ident()))
    for end in map(float, told("done")):
        note("paused", str(time.monotonic() - end))
    note("begun")
    if noted("begun") == 2:
        wait_for("go on")
    time.sleep(0.01)
    note("done", str(time.monotonic()))


def pauses() -> list[float]:
    """How long each wait of the thread that saves would be, in seconds; another thread may wait as long as it likes."""
    return [float(wait) for thread in set(told("saves in")) for wait in told(f"waits in {thread}")]


class StopInOrder(Judge):
    function = "end(child, stop)"
    right = "asked while it saved, the child saved to the end; asked in a pause, it ended at once; the lock is free."

    def cases(self) -> Iterator[Case]:
        pauses_are_short()
        waits_are_short()
        sleep = "Hint: nobody wakes time.sleep(). stop.wait(seconds) waits as long, but returns when stop is set."
        for when, self.saves, self.pause, hint in (
            ("while it saves", 2, 0, "Hint: set stop, then wait for the child's end."),
            (f"in a pause of {LONG} seconds", 1, LONG, sleep),
            ("while it saves", 2, 0.5, "Hint: set stop, then wait for the child's end."),
            ("when stop was set before the child began", 0, 0, "Hint: wait for the child's end."),
        ):
            self.stop, self.lock = Stop(), CONTEXT.Lock()
            self.child = CONTEXT.Process(target=in_child, args=("my_lock_4", self.stop, self.lock, save, self.pause))
            said = f"end(child, stop), called {when},"
            yield Case((self.child, self.stop), hint=hint, said=said, before=self.lead, meanwhile=self.let_it_save)

    def lead(self) -> None:
        """Have the child work until it is where it will be asked to stop."""
        no_limit_is_enough()
        if not self.saves:
            self.stop.set()
        if self.saves < 2:
            note("go on")
        with self.lock:  # somebody else has it at first
            self.child.start()
            self.pid = self.child.pid  # who closes it takes that away
            wait_until(lambda: noted("ready") or self.gone(), 60)
            wait_until(lambda: noted("begun"), 0.3 if self.saves == 2 else 0)
        wait_until(lambda: 0 < self.saves <= noted("begun") or self.gone(), 3)
        self.kept = self.saves == 1 and not self.lock.acquire(timeout=2)
        if self.saves == 1 and not self.kept:
            self.lock.release()
            wait_until(pauses, 0.3)
            first = min(pauses(), default=0)  # of the pause, if it is not waited for as a whole
            wait_until(lambda: noted("begun") > 1, 0.3 + min(first, 2) * (first < self.pause))

    def gone(self) -> bool:
        return is_gone(self.pid)

    def let_it_save(self, run: Call) -> None:
        """Let the save come to its end when it has been asked to stop, and who does not wait for that has shown it."""
        run.until(self.stop.is_set, 1)
        run.wait(0.4)
        self.early = run.back and not self.gone()
        note("go on")

    def must(self, run: Call) -> Iterator[tuple[object, str]]:
        begun, done, ending = noted("begun"), noted("done"), run.said
        pause = f"Hint: stop.wait({self.pause}), that is stop.wait(pause), after each save."
        run.said = f"work(stop, lock, save, {self.pause})"
        for fault in told("fault"):
            yield False, fault
        waits = sum(pauses())
        yield waits <= 1.1 * self.pause * max(begun, 1), f"waited longer than {self.pause} seconds. {pause}"
        yield begun or not self.saves, "did not call save(). Hint: until stop is set, save and then pause, in turn."
        again = f"called save() again, and did not pause for {self.pause} seconds before. {pause}"
        yield begun <= self.saves or not self.pause, again
        yield min(map(float, told("paused")), default=self.pause) >= 0.9 * self.pause, again
        yield not self.kept, "held the lock in its pause. Hint: pause after the with block, not in it."
        yield begun >= self.saves, "did not go on until stop was set. Hint: while not stop.is_set()."
        run.said = ending
        wait_until(self.gone, 0.3)
        signals = {-signal.SIGTERM: "terminate()", -9: "kill()"}
        how = "" if noted("in order") or self.child._closed else signals.get(self.child.exitcode, "")
        yield (
            not how or done == begun,
            f"ended it with {how}, in the middle of save(): {begun} begun, {done} done, and the lock is never given "
            "back. Hint: set stop, let work look at it between two saves, and join."
            + " A join() with a limit can come back before."
            * self.stop.is_set(),
        )
        yield not how, f"ended it with {how}. {run.hint}"
        asks = "nobody has asked the child to stop: set stop, and leave it set until the child has ended."
        yield run.back or self.stop.is_set(), f"did not come back. Hint: {asks}"
        yield run.back and run.error is None, run.hint
        yield (
            not self.early,
            "returned while the child was still there. Hint: join() waits for its end, if it has no limit.",
        )
        yield noted("in order"), f"ended the child, but not in order. {run.hint}"
        yield self.lock.acquire(block=False), "left the lock taken. Hint: with lock: around save()."


JUDGES = {1: Exact(), 2: Fast(), 3: Transfer(), 4: StopInOrder()}
