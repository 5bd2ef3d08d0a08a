"""Lesson 05, Lock: the judges of its exercises, and the locks, numbers and accounts that they hand over.

Exercises 1 and 2: the learner's function runs beside a process that is played: it adds to the number whenever that does
harm, that is between a read and the write that follows, unless the lock is held from one to the other. Exercise 3: the
two processes are two threads with a copy of the learner's file each, and all that differs between processes differs:
ids and hashes. Exercise 4 has a child.
"""

import importlib
import multiprocessing
import os
import runpy
import signal
import threading
import time

from helpers.judging import (
    Call,
    Learner,
    Time,
    is_gone,
    note,
    noted,
    pause,
    prepare_time,
    run_time,
    told,
    wait_until,
)
from helpers.sentences import say, translated

START = 7  # where a number starts, so that what is overwritten shows
IN_VAIN = 100  # so many attempts to take a lock with a limit are in vain, at first
FREE = "ended and had not given the lock back. Hint: with lock: never forgets it."
MANAGER = "Hint: lock.acquire() gives True or False. with lock: takes the lock, and gives it back at its end."
OWN = "A lock made in your file is another one in each process."
TWICE = "stood still: a process waits for a lock that it held already. Hint: with lock: gives it back."


class Lock:
    """A lock that another process uses too. What the two have in common is `inner`, and what was done wrongly."""

    def __init__(self, inner: threading.Lock, faults: list[str]):
        self.inner, self.faults = inner, faults
        self.held = self.taken = self.refused = 0  # `held` is another number each time that this process holds it
        self.tried = self.waits = False

    def acquire(self, block: bool = True, timeout: float | None = None) -> bool:
        limited, self.tried = not block or timeout is not None, True
        if limited and self.refused < IN_VAIN:
            self.refused += 1
            return False
        self.waits = not limited
        got = self.inner.acquire(block, max(timeout, 0) if block and limited else -1)
        self.waits = False
        if got:
            self.taken += 1
            self.held = self.taken
        return got

    def release(self) -> None:
        if not self.held:
            self.faults.append(
                "gave back a lock that it did not hold. Hint: acquire() with a limit says whether it got the lock."
            )
            return
        self.held = 0
        self.inner.release()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class Number:
    """A shared number, to which another process adds so many times."""

    def __init__(self, lock: Lock, others: int):
        self.lock, self.number, self.others = lock, START, others
        self.read_under, self.reads, self.writes, self.lost = 0, 0, 0, set()

    @property
    def value(self) -> int:
        self.reads, self.read_under = self.reads + 1, self.lock.held
        return self.number

    @value.setter
    def value(self, new: int) -> None:
        held = self.read_under if self.reads else self.lock.held
        if not held or held != self.lock.held:  # the other adds in between, and that is overwritten
            self.others -= self.others > 0
            self.lost.add("split" if held else "unlocked")
        self.number, self.writes = new, self.writes + 1

    def get_lock(self) -> None:
        raise AttributeError("this number has no lock of its own; take the lock that comes as an argument")


def check_number(my: Learner, call: Call, number: Number, name: str, expected: int) -> None:
    """The number must be exact. If it is not, what was seen of the lock says how an update was lost."""
    lock, after = number.lock, number.number + number.others
    own = OWN if "Lock(" in my.source() else ""
    assert not call.raised("context manager"), MANAGER
    for fault in lock.faults:
        raise AssertionError(fault)
    assert call.back or not lock.waits or not lock.held, (TWICE, own)
    assert call.back and call.error is None, (call.outcome(), call.hint)
    was = "brought {name}.value from 7 to {after}; expected was {expected}."
    was = say(was, name=name, after=after, expected=expected)
    refused = "Hint: a lock with a limit was not taken in time. Look at what acquire() returns, and try again."
    never = "Hint: the lock was never taken. += reads and writes, and the other process can come in between."
    unlocked = "Hint: the value was read without the lock. Take the lock before you read."
    split = "Hint: the lock was given back between reading and writing. Hold it around both."
    for why, hint in (
        (lock.refused, refused),
        (not number.writes, "Hint: the value was never written. A name that holds it is a copy; += changes it."),
        (not number.reads, "Hint: the value was never read, so nothing was added to it; += does both."),
        (not lock.taken, never),
        ("unlocked" in number.lost, unlocked),
        ("split" in number.lost, split),
        (True, "Hint: the lock is held where it should be, so look at what is added, and how often."),
    ):
        assert after == expected or not why, (was, hint, own if hint == never else "")
    assert not lock.held, FREE


def add(my: Learner) -> None:
    """nothing was lost, though another process added too, and came in wherever it could; the lock is free."""
    for times in (50, 1, 0):
        lock = Lock(threading.Lock(), [])
        counter = Number(lock, times)
        said = say("add(counter, lock, {times}), beside a process that does the same,", times=times)
        hint = "Hint: counter.value += 1, with the lock held."
        call = my("add", counter, lock, times, said=said, hint=hint, faster=1000)
        check_number(my, call, counter, "counter", START + 2 * times)
        call.must_be_right()


def count(my: Learner) -> None:
    """all hits are in the total, the lock was taken once, and not while is_hit computed."""
    hint = "Hint: count in a variable of your own, then add it to total.value once."
    for numbers, hits in ((range(1, 1001), 143), ([3], 1), ([1, 10, 10, 2], 2), ([1], 0), ([], 0)):
        lock, missing = Lock(threading.Lock(), []), set(numbers)
        total = Number(lock, hits)

        def is_hit(number: int, lock: Lock = lock, missing: set = missing) -> bool:
            missing.discard(number)
            if lock.held:
                lock.faults.append(
                    "called is_hit while it held the lock. Hint: count first, without the lock, and take it to add."
                )
            return number % 7 == 3

        said = say("count({numbers}, is_hit, total, lock), beside a process that does the same,", numbers=numbers)
        call = my("count", numbers, is_hit, total, lock, said=said, hint=hint, faster=1000)
        asked = "did not call is_hit for {count} of the numbers. Hint: ask it about every number."
        assert lock.faults or call.error or not call.back or not missing, say(asked, count=len(missing))
        check_number(my, call, total, "total", START + 2 * hits)
        times = say("took the lock {count} times; expected was once.", count=lock.taken)
        assert lock.taken < 2, (times, hint)
        call.must_be_right()


class Name(str):
    """A name whose hash differs from process to process, as that of every str does."""

    sign = 1

    def __hash__(self) -> int:
        return str.__hash__(self) * self.sign


class AccountLock(Lock):
    """Who has taken a first one goes on when the other process holds one, or has tried this one, or is back."""

    name: str
    side: "Side"

    def acquire(self, block: bool = True, timeout: float | None = None) -> bool:
        got, side = super().acquire(block, timeout), self.side
        if got and sum(lock.held > 0 for lock in side.locks) == 1:
            twin = next(lock for lock in side.other.locks if lock.name == self.name)
            wait_until(lambda: twin.tried or side.other.holds() or noted("back"), 1)
        return got

    def release(self) -> None:
        if self.held and sum(self.side.balances.values()) != 200:
            self.faults.append(
                "gave back a lock when the money was gone from one account and not arrived in the other. Hint: change "
                "both balances before you give back a lock."
            )
        super().release()


class Account:
    """A balance that may be read only by who holds its lock, and changed only by who holds both."""

    name: Name
    lock: AccountLock
    read_under = 0

    @property
    def balance(self) -> int:
        if not self.lock.held:
            self.lock.faults.append(
                "touched a balance without holding that account's lock; no other lock helps, reading needs it too."
            )
        self.read_under = self.lock.held
        return self.lock.side.balances[self.lock.name]

    @balance.setter
    def balance(self, new: int) -> None:
        if not all(lock.held for lock in self.lock.side.locks):
            self.lock.faults.append(
                "changed a balance without holding both locks, so that others can see the money gone from one account "
                "and not arrived in the other. Hint: take both locks before the first change."
            )
        if self.read_under != self.lock.held:
            self.lock.faults.append(
                "gave the lock back between reading and changing a balance. Hint: hold it around both."
            )
        self.lock.side.balances[self.lock.name] = new


class Side:
    """What one of the two processes has: the source first, with the smaller ids, so that an order by id is theirs."""

    other: "Side"

    def __init__(self, names: list[str], inner: dict[str, threading.Lock], balances: dict[str, int], faults: list[str]):
        self.balances, self.accounts = balances, sorted((Account(), Account()), key=id)
        self.locks = sorted((AccountLock(inner[names[0]], faults), AccountLock(inner[names[0]], faults)), key=id)
        for account, lock, name in zip(self.accounts, self.locks, names, strict=True):
            account.name, account.lock = Name(name), lock
            account.name.sign = 1 if names == list(inner) else -1
            lock.name, lock.inner, lock.side = name, inner[name], self

    def holds(self) -> bool:
        return any(lock.held for lock in self.locks)


def transfer(my: Learner) -> None:
    """both transfers were made, under both locks, whoever came first."""
    hint = "Hint: take both accounts' locks, always in the same order, and no other."
    my.function("transfer", 3)
    for one, two, there, back in (
        ("ann", "bob", 30, 10),
        ("dan", "and", 40, 60),
        ("eve", "eva", 5, 5),
        ("Joe", "joe", 3, 4),
        ("ida", "adaa", 1, 2),
    ):
        balances, faults = {one: 100, two: 100}, []
        inner = {one: threading.Lock(), two: threading.Lock()}
        ours, theirs = (Side(names, inner, balances, faults) for names in ([one, two], [two, one]))
        ours.other, theirs.other = theirs, ours
        said = "transfer({one}, {two}, {there}) in one process and transfer({two}, {one}, {back}) in another"
        said = say(said, one=one, two=two, there=there, back=back)
        copy = runpy.run_path(my.file, run_name=my.name)["transfer"]
        other = Call(copy, (*theirs.accounts, back), my.file, said, hint)
        call = my.begin("transfer", *ours.accounts, there, said=said, hint=hint, faster=1000)
        threading.Thread(target=lambda other=other: (other.run(), note("back")), daemon=True).start()
        call.wait()
        note("back")
        other.wait(seconds=float("inf") if call.back else 0.1)  # nothing has moved for long
        own = OWN if "Lock(" in my.source() else ""
        assert not call.raised("context manager"), MANAGER
        for fault in faults:
            raise AssertionError(fault)
        assert not any(lock.waits and lock.held for lock in (*ours.locks, *theirs.locks)), (TWICE, own)
        for done, side in ((call, ours), (other, theirs)):
            assert not done.back or not side.holds(), FREE
        order = (
            "stood still: each process holds one account's lock and waits for the other's. Hint: take the two locks in "
            "an order that is the same in every process and whichever account is the source. The order of the "
            "arguments is not, and neither is that of the ids."
        )
        assert call.back or other.back, (order, own)
        for each in (call, other):
            assert each.back and not each.error, (each.outcome(), hint)
        after = [100 - there + back, 100 + there - back]
        got = "left {one} and {two} with {got}, not {right}."
        got = say(got, one=one, two=two, got=[*balances.values()], right=after)
        refused = any(lock.refused for lock in (*ours.locks, *theirs.locks))
        exact = [*balances.values()] == after
        assert exact or not refused, (got, "Hint: if acquire gave up, let go and begin again.")
        assert exact, (got, "Hint: the order is for the locks only; the money still goes from source to target.")
        call.must_be_right()


CONTEXT = multiprocessing.get_context("spawn")  # the exercises' start method, whatever the lesson's is


def in_child(module: str, stop, lock, wait: float, last: int, faster: float) -> None:
    """Do the learner's work in this process."""
    prepare_time()
    acquire = lock.acquire

    def hasty(block: bool = True, timeout: float | None = None) -> bool:
        return acquire(block, timeout and min(timeout, 0.02))  # somebody else has it for longer

    lock.acquire = hasty
    arguments = stop, lock, Save(stop, lock, last, faster), wait
    call = Call(lambda: importlib.import_module(module).work(*arguments), (), f"{module}.py", "")
    run_time(faster)
    note("ready")
    call.run()
    call.back = True
    in_order = call.error is None or (type(call.error) is SystemExit and not call.error.code)
    note("in order" if in_order else "fault", translated(call.outcome()))


class Save:
    """What the work must call, again and again; the last time it takes as long as the judge says."""

    def __init__(self, stop, lock, last: int, faster: float):
        self.stop, self.lock, self.last, self.faster, self.done, self.end = stop, lock, last, faster, 0, 0.0

    def __call__(self) -> None:
        if not self.lock._semlock._is_mine():
            self.refuse("called save() without holding the lock. Hint: with lock: around save().")
        if self.stop.is_set():
            self.refuse(
                "called save() after stop was set. Hint: while not stop.is_set(): looks at it before the first save() "
                "and after each pause."
            )
        if self.done:
            note("paused", str((clock() - self.end) * self.faster))
        note("begun")
        if self.done + 1 == self.last:
            wait_until(lambda: noted("go on"))
        pause(0.01)
        note("done")
        self.done, self.end = self.done + 1, clock()

    def refuse(self, fault: str) -> None:
        note("fault", fault)
        os._exit(9)  # the learner's code can't catch that


def start(child, lock, there) -> None:
    """Start the child while somebody else has the lock, and wait until it is where it will be asked to stop."""
    with lock:
        child.start()
        wait_until(lambda: noted("ready") or is_gone(child.pid))
        pause(0.1)
    wait_until(lambda: there() or is_gone(child.pid))


def stop_in_order(my: Learner) -> None:
    """asked while it saved, the child saved to the end; asked in a pause, it ended at once; the lock is free."""
    ask = "Hint: set stop, then wait for the child's end."
    wake = (
        "Hint: nobody wakes time.sleep(). Look at stop in short pauses, or use stop.wait(seconds), which waits as "
        "long, but returns when stop is set."
    )
    for wait, last, faster, when, hint in (
        (1.9, 2, 4, "while it saves", ask),
        (60.5, 0, 1, "in its pause", wake),
        (0, 2, 1, "while it saves", ask),
        (0, 0, 1, "when stop was set before the child began", ask),
    ):
        stop, lock, asleep = CONTEXT.Event(), CONTEXT.Lock(), when == "in its pause"
        if not last and not asleep:
            stop.set()
        child = CONTEXT.Process(target=in_child, args=(my.name, stop, lock, wait, last, faster))
        said = say("work(stop, lock, save, {pause})", pause=wait)
        work = my.begin(
            start, child, lock, lambda n=last, a=asleep: noted("done") >= a and noted("begun") >= n, said=said
        )
        work.wait()
        pid, begun = child.pid, noted("begun")
        for fault in told("fault"):
            raise AssertionError(fault)
        after = say("Hint: stop.wait({pause}), that is stop.wait(pause), after each save.", pause=wait)
        again = say("called save() again, and did not pause for {pause} seconds before.", pause=wait)
        assert min(map(float, told("paused")), default=wait) >= 0.9 * wait, (again, after)
        none = "did not call save(). Hint: until stop is set, save and then pause, in turn."
        assert begun or stop.is_set(), none
        assert not is_gone(pid) or stop.is_set(), "did not go on until stop was set. Hint: while not stop.is_set()."
        assert begun >= last, ("did not save again after its pause.", after)
        kept = asleep and not lock.acquire(timeout=2 * Time.slowness)
        assert not kept, "held the lock in its pause. Hint: pause after the with block, not in it."
        if asleep:
            lock.release()
            pause(0.2)

        said = say("end(child, stop), called {when},", when=(when,))
        call = my.begin("end", child, stop, said=said, hint=hint, faster=1000, forget=False)
        call.wait(until=stop.is_set)
        call.wait(seconds=0.4)
        early = call.back and not is_gone(pid)  # who does not wait for its end has shown it
        note("go on")
        if stop.is_set() or call.back:
            call.wait()
        for fault in told("fault"):
            my.now = work
            raise AssertionError(fault)
        gone = wait_until(lambda pid=pid: is_gone(pid), 0.3)
        signals = {-signal.SIGTERM: "terminate()", -9: "kill()"}
        how = signals.get(child.exitcode, "") if gone and call.back and not child._closed else ""
        killed = say("ended it with {how}.", how=how)
        cut = (
            "A save() was in its middle, and never came to its end. Hint: set stop, let work look at it between two "
            "saves, and join. A join() with a limit can come back before."
        )
        ended = "ended the child while it was in save()."
        assert not gone or noted("done") == begun, (killed if how else ended, cut)
        assert not how, (killed, hint)
        asks = "Hint: nobody has asked the child to stop: set stop, and leave it set until the child has ended."
        assert call.back or stop.is_set(), ("did not come back.", asks)
        assert call.back and not call.error, (call.outcome(), hint)
        assert not early, (
            "returned while the child was still there. Hint: join() waits for its end, if it has no limit."
        )
        assert noted("in order"), ("ended the child, but not in order.", hint)
        assert lock.acquire(block=False), "left the lock taken. Hint: with lock: around save()."
        call.must_be_right()


clock = time.monotonic
JUDGES = {1: add, 2: count, 3: transfer, 4: stop_in_order}
