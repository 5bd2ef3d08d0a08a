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

from helpers import judging
from helpers.judging import Call, Learner, Time, is_gone, note, noted, pause, told, wait_until
from helpers.sentences import say, translated

START = 7  # where a number starts, so that what is overwritten shows
IN_VAIN = 100  # so many attempts to take a lock with a limit are in vain, at first
FREE = "ended and had not given the lock back. Hint: with lock: never forgets it."


def must(hold: object, sentence: str) -> None:
    """If it does not, the first such sentence is the verdict. Nothing is raised: the learner's code might catch it."""
    if not hold and not noted("fault"):
        note("fault", sentence)


def check_faults(my: Learner, call: Call) -> None:
    for fault in told("fault"):
        my.now = call
        raise AssertionError(fault)


class Lock:
    """A lock that another process uses too. `inner` is what the two have in common."""

    def __init__(self, inner: threading.Lock):
        self.inner = inner
        self.held = self.taken = self.refused = 0  # `held` is another number each time that this process holds it
        self.waits = False

    def acquire(self, block: bool = True, timeout: float | None = None) -> bool:
        limited = not block or timeout is not None
        if limited and self.refused < IN_VAIN:
            self.refused += 1
            return False
        self.waits = True
        got = self.inner.acquire(block, max(timeout, 0) if block and limited else -1)
        self.waits = False
        if got:
            self.held = self.taken = self.taken + 1
        return got

    def release(self) -> None:
        must(self.held, "gave back a lock that it did not hold. Hint: acquire() with a limit says whether it got it.")
        if self.held:
            self.held = 0
            self.inner.release()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


def check_locks(my: Learner, call: Call, *locks: Lock) -> None:
    """What must hold in the exercises 1 to 3 of the locks that were handed over."""
    manager = "Hint: lock.acquire() gives True or False. with lock: takes the lock, and gives it back at its end."
    assert not call.raised("context manager"), manager
    check_faults(my, call)
    twice = "stood still: a process waits for a lock that it held already. Hint: with lock: gives it back."
    assert not any(lock.waits and lock.held for lock in locks), twice


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
    check_locks(my, call, lock)
    assert call.back and call.error is None, (call.outcome(), call.hint)
    was = "brought {name}.value from 7 to {after}; expected was {expected}."
    was = say(was, name=name, after=after, expected=expected)
    own = "A lock made in your file is another one in each process." if "Lock(" in my.source() else ""
    never = "Hint: the lock was never taken. += reads and writes, and the other process can come in between."
    for why, hint in (
        (lock.refused, "Hint: a lock with a limit was not taken in time. Look at what acquire() gives, and try again."),
        (not number.writes, "Hint: the value was never written. A name that holds it is a copy; += changes it."),
        (not number.reads, "Hint: the value was never read, so nothing was added to it; += does both."),
        (not lock.taken, (never, own)),
        ("unlocked" in number.lost, "Hint: the value was read without the lock. Take the lock before you read."),
        ("split" in number.lost, "Hint: the lock was given back between reading and writing. Hold it around both."),
        (True, "Hint: the lock is held where it should be, so look at what is added, and how often."),
    ):
        assert after == expected or not why, (was, hint)
    assert not lock.held, FREE


def add(my: Learner) -> None:
    """nothing was lost, though another process added too, and came in wherever it could; the lock is free."""
    for times in (50, 1, 0):
        counter = Number(lock := Lock(threading.Lock()), times)
        said = say("add(counter, lock, {times}), beside a process that does the same,", times=times)
        hint = "Hint: counter.value += 1, with the lock held."
        call = my("add", counter, lock, times, said=said, hint=hint, faster=1000)
        check_number(my, call, counter, "counter", START + 2 * times)
        call.must_be_right()


def count(my: Learner) -> None:
    """all hits are in the total, the lock was taken once, and not while is_hit computed."""
    hint = "Hint: count in a variable of your own, then add it to total.value once."
    for numbers, hits in ((range(1, 1001), 143), ([3], 1), ([1, 10, 10, 2], 2), ([1], 0), ([], 0)):
        total, missing = Number(lock := Lock(threading.Lock()), hits), set(numbers)

        def is_hit(number: int, lock: Lock = lock, missing: set = missing) -> bool:
            missing.discard(number)
            must(not lock.held, "called is_hit while it held the lock. Hint: count first, and take it to add.")
            return number % 7 == 3

        said = say("count({numbers}, is_hit, total, lock), beside a process that does the same,", numbers=numbers)
        call = my("count", numbers, is_hit, total, lock, said=said, hint=hint, faster=1000)
        asked = "did not call is_hit for {count} of the numbers. Hint: ask it about every number."
        assert noted("fault") or call.error or not call.back or not missing, say(asked, count=len(missing))
        check_number(my, call, total, "total", START + 2 * hits)
        times = say("took the lock {count} times; expected was once.", count=lock.taken)
        assert lock.taken < 2, (times, hint)
        call.must_be_right()


class Name(str):
    """A name whose hash differs from process to process, as that of every str does."""

    def __hash__(self) -> int:
        return str.__hash__(self) * (1 if threading.current_thread() is threading.main_thread() else -1)


class AccountLock(Lock):
    """Who has taken one for the first time goes on when the other process holds or wants one, or is back."""

    name: str
    side: "Side"

    def acquire(self, block: bool = True, timeout: float | None = None) -> bool:
        got, others = super().acquire(block, timeout), self.side.other.locks
        if got and self.taken == 1:
            wait_until(lambda: any(lock.held or lock.waits for lock in others) or noted("back"), 1)
        return got

    def release(self) -> None:
        between = "gave back a lock between the two changes. Hint: change both balances, then give back the locks."
        must(not self.held or sum(self.side.balances.values()) == 200, between)
        super().release()


class Account:
    """A balance that may be read only by who holds its lock, and changed only by who holds both."""

    name: Name
    lock: AccountLock
    read_under = 0

    @property
    def balance(self) -> int:
        touched = "touched a balance without holding that account's lock; no other lock helps, reading needs it too."
        must(self.lock.held, touched)
        self.read_under = self.lock.held
        return self.lock.side.balances[self.lock.name]

    @balance.setter
    def balance(self, new: int) -> None:
        changed = "changed a balance without holding both locks. Hint: take both locks before the first change."
        must(all(lock.held for lock in self.lock.side.locks), changed)
        between = "gave the lock back between reading and changing a balance. Hint: hold it around both."
        must(self.read_under == self.lock.held, between)
        self.lock.side.balances[self.lock.name] = new


class Side:
    """What one of the two processes has: the source first, with the smaller ids, so that an order by id is theirs."""

    other: "Side"

    def __init__(self, names: list[str], inner: dict[str, threading.Lock], balances: dict[str, int]):
        self.balances, self.accounts = balances, sorted((Account(), Account()), key=id)
        self.locks = sorted((AccountLock(inner[names[0]]), AccountLock(inner[names[1]])), key=id)
        for account, lock, name in zip(self.accounts, self.locks, names, strict=True):
            account.name, account.lock = Name(name), lock
            lock.name, lock.inner, lock.side = name, inner[name], self


def transfer(my: Learner) -> None:
    """both transfers were made, under both locks, whoever came first."""
    hint = "Hint: take both accounts' locks, always in the same order, and no other."
    my.function("transfer", 3)
    for one, two, there, back in (("ann", "bob", 30, 10), ("eve", "eva", 5, 5), ("Joe", "joe", 3, 4)):
        balances, inner = {one: 100, two: 100}, {one: threading.Lock(), two: threading.Lock()}
        ours, theirs = (Side(names, inner, balances) for names in ([one, two], [two, one]))
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
        check_locks(my, call, *ours.locks, *theirs.locks)
        for done, side in ((call, ours), (other, theirs)):
            assert not done.back or not any(lock.held for lock in side.locks), FREE
        assert call.back or other.back, (
            "stood still: each process holds one account's lock and waits for the other's. Hint: take the two locks in "
            "an order that is the same in every process and whichever account is the source. The order of the "
            "arguments is not, and neither is that of the ids."
        )
        for each in (call, other):
            assert each.back and not each.error, (each.outcome(), hint)
        right = [100 - there + back, 100 + there - back]
        got = "left {one} and {two} with {got}, not {right}."
        got = say(got, one=one, two=two, got=[*balances.values()], right=right)
        swapped = "Hint: the order is for the locks only; the money still goes from source to target."
        gave_up = any(lock.refused for lock in ours.locks + theirs.locks)
        why = "Hint: if acquire gave up, let go and begin again." if gave_up else swapped
        assert [*balances.values()] == right, (got, why)
        call.must_be_right()


CONTEXT = multiprocessing.get_context("spawn")  # the exercises' start method, whatever the lesson's is


FASTER = 4  # than it seems to the child's code


def in_child(module: str, stop, lock, wait: float) -> None:
    """Do the learner's work in this process."""
    judging.prepare_time()
    acquire = lock.acquire
    lock.acquire = lambda block=True, timeout=None: acquire(block, timeout and 0.02)  # somebody has it for longer
    call = Call(
        lambda: importlib.import_module(module).work(stop, lock, Save(stop, lock), wait), (), f"{module}.py", ""
    )
    judging.run_time(FASTER)
    note("ready")
    call.run()
    call.back = True
    if call.error and (type(call.error) is not SystemExit or call.error.code):
        note("fault", translated(call.outcome()))


class Save:
    """What the work must call, again and again; the second time it takes as long as the judge says."""

    def __init__(self, stop, lock):
        self.stop, self.lock, self.end = stop, lock, 0.0

    def __call__(self) -> None:
        must(self.lock._semlock._is_mine(), "called save() without holding the lock. Hint: with lock: around save().")
        after = "called save() after stop was set. Hint: while not stop.is_set(): looks at it before each save()."
        must(not self.stop.is_set(), after)
        if noted("fault"):
            os._exit(9)  # the learner's code can't catch that
        if noted("done"):
            note("paused", str((time.monotonic() - self.end) * FASTER))
        note("begun")
        if noted("begun") == 2:
            wait_until(lambda: noted("go on"))
        pause(0.01)
        note("done")
        self.end = time.monotonic()


def start(child, lock, what: str, count: int) -> None:
    """Start the child while somebody else has the lock, and wait until it is where it will be asked to stop."""
    with lock:
        child.start()
        wait_until(lambda: noted("ready") or is_gone(child.pid))
        pause(0.1)
    wait_until(lambda: noted(what) >= count or is_gone(child.pid))


def stop_in_order(my: Learner) -> None:
    """asked while it saved, the child saved to the end; asked in a pause, it ended at once; the lock is free."""
    my.function("work", 4)
    my.function("end", 2)
    ask = "Hint: set stop, then wait for the child's end."
    wake = (
        "Hint: nobody wakes time.sleep(). Look at stop in short pauses, or use stop.wait(seconds), which waits as "
        "long, but returns when stop is set."
    )
    for when, wait, what, count, hint in (
        ("while it saves", 1.9, "begun", 2, ask),
        ("in its pause", 60.5, "done", 1, wake),
        ("when stop was set before the child began", 0, "begun", 0, ask),
    ):
        stop, lock = CONTEXT.Event(), CONTEXT.Lock()
        if not count:
            stop.set()
        child = CONTEXT.Process(target=in_child, args=(my.name, stop, lock, wait))
        work = my(start, child, lock, what, count, said=say("work(stop, lock, save, {pause})", pause=wait))
        pid, begun = child.pid, noted("begun")
        check_faults(my, work)
        again = "called save() again, and did not pause for {pause} seconds before. Hint: stop.wait(pause)."
        assert min(map(float, told("paused")), default=wait) >= 0.9 * wait, say(again, pause=wait)
        assert not is_gone(pid) or stop.is_set(), "did not go on until stop was set. Hint: while not stop.is_set()."
        few = "called save() {begun} times, and then no more. Hint: until stop is set, save and then pause, in turn."
        assert noted(what) >= count, say(few, begun=begun)
        kept = "held the lock in its pause. Hint: pause after the with block, not in it."
        assert what == "begun" or lock.acquire(timeout=2 * Time.slowness), kept
        if what == "done":
            lock.release()

        said = say("end(child, stop), called {when},", when=(when,))
        call = my.begin("end", child, stop, said=said, hint=hint, faster=1000, forget=False)
        call.wait(until=stop.is_set)
        call.wait(seconds=0.4)
        asks = "Hint: nobody has asked the child to stop: set stop, and leave it set until the child has ended."
        assert call.back or stop.is_set(), ("did not come back.", asks)
        early = call.back and not is_gone(pid)  # who does not wait for its end has shown it
        note("go on")
        call.wait()
        check_faults(my, work)
        gone = wait_until(lambda pid=pid: is_gone(pid), 0.3)
        signals = {-signal.SIGTERM: "terminate()", -9: "kill()"}
        how = signals.get(child.exitcode, "") if gone and call.back and not child._closed else ""
        ended = say("ended it with {how}.", how=how) if how else "ended the child while it was in save()."
        cut = (
            "A save() was in its middle, and never came to its end. Hint: set stop, let work look at it between two "
            "saves, and join. A join() with a limit can come back before."
        )
        assert not gone or noted("done") == begun, (ended, cut)
        assert not how, (ended, hint)
        assert call.is_right(), (call.outcome(), hint)
        assert not early, "returned while the child was there. Hint: join() waits for its end, if it has no limit."
        assert lock.acquire(block=False), "left the lock taken. Hint: with lock: around save()."
        call.must_be_right()


JUDGES = {1: add, 2: count, 3: transfer, 4: stop_in_order}
