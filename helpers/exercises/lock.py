"""Lesson 05, Lock: the judges of its exercises, and the locks, counters and accounts that they hand to the learner.

Two processes call the learner's function. They see on a `Board`, in shared memory, what the other one does, and the
judge's objects wait for the worst moment: a number that is read without the lock comes back when the other process has
read it too, and the first of two locks is taken when the other process is there as well. So an update is lost, and two
locks in opposite order stand still, in every run. A stand-still is found by looking at who holds and wants what.
Whoever waits with a limit finds out that the limit can be over: the first time it is at once.
"""

import importlib
import inspect
import math
import multiprocessing
import os
import time
from collections.abc import Callable
from multiprocessing.context import SpawnProcess
from multiprocessing.synchronize import Event

from helpers.judge import Learner, Wrong, describe, died, note, told, too_long, wait_until

CONTEXT = multiprocessing.get_context("spawn")  # the exercises' start method, whatever the lesson's is
PATIENCE = 3.0  # seconds for a pair of processes, once both have begun
START = 7  # where counters start, so that what is overwritten shows
SEEDS = 2, 3  # the hash of "ann" is smaller in one process, that of "bob" in the other

board: "Board"  # in a child, what it shares with the others …
me = 0  # … and its number, 1 or 2; the judge itself is 0


class WatchedEvent(Event):
    """An event that knows the longest limit of a wait for it, and whether it was cleared."""

    def __init__(self):
        super().__init__(ctx=CONTEXT)
        self.longest, self.cleared = CONTEXT.RawValue("d", 0), CONTEXT.RawValue("i", 0)

    def wait(self, timeout: float | None = None) -> bool:
        self.longest.value = max(self.longest.value, math.inf if timeout is None else timeout)
        return super().wait(timeout)

    def clear(self) -> None:
        self.cleared.value = 1
        super().clear()


class Board:
    """What two processes and the judge see of each other."""

    def __init__(self, first: int = 0, second: int = 0):
        self.values = CONTEXT.RawArray("i", [first, second])  # a counter or two balances
        self.locks = [CONTEXT.Lock(), CONTEXT.Lock()]
        self.holder = CONTEXT.RawArray("i", 2)  # by lock: who holds it, 0 for nobody
        self.wants = CONTEXT.RawArray("i", [-1] * 3)  # by process: the lock for which it waits, -1 for none
        self.for_ever = CONTEXT.RawArray("i", 3)  # by process: it waits without a limit
        self.begun = CONTEXT.RawArray("i", 3)
        self.ended = CONTEXT.RawArray("i", 3)
        self.taken = CONTEXT.RawArray("i", 3)  # by process: how often it took a lock
        self.refused = CONTEXT.RawArray("i", 3)  # by process: its first wait with a limit was in vain
        self.asked = CONTEXT.RawArray("i", 3)  # by process: how often it called is_hit
        self.reads = CONTEXT.RawArray("i", 3)  # by process: how often it read the counter
        self.unlocked = CONTEXT.RawArray("i", 3)  # … without the lock
        self.split = CONTEXT.RawArray("i", 3)  # by process: it gave the lock back between reading and writing
        self.stop = WatchedEvent()
        self.saves_begun, self.saves_done, self.joined = (CONTEXT.RawValue("i", 0) for _ in range(3))
        self.long_save = False  # the second save takes until the parent has asked for the end
        self.makes_a_lock = False  # the learner's file does
        self.names, self.amounts = ("ann", "bob"), (30, 10)


def fault(text: str) -> None:
    """End this process with a sentence for the verdict; the learner's code can't catch it."""
    note("fault", text)
    os._exit(9)


class JudgedLock:
    """A lock that knows its holder, and finds out when a wait can never end."""

    first = True  # the first lock that this process takes

    def __init__(self, number: int = 0, meet: bool = False):
        self.number, self.meet = number, meet

    def mine(self) -> bool:
        return board.holder[self.number] == me

    def acquire(self, block: bool = True, timeout: float | None = None) -> bool:
        for_ever = block and timeout is None
        if not for_ever and not board.refused[me]:
            board.refused[me] = 1
            return False
        board.wants[me], board.for_ever[me] = self.number, for_ever
        if for_ever and self.mine():
            fault("stood still: a process waits for a lock that it held already. Hint: with lock: gives it back.")
        while not (got := board.locks[self.number].acquire(block, 0.02 if for_ever else timeout)) and for_ever:
            self._look_for_a_standstill()
        board.wants[me] = -1
        if got:
            board.holder[self.number] = me
            board.taken[me] += 1
            if self.meet and JudgedLock.first:
                JudgedLock.first = False
                wait_until(self._other_is_there, 2)
        return got

    def release(self) -> None:
        if not self.mine():
            fault("gave back a lock that it did not hold. Hint: acquire() with a limit says whether it got the lock.")
        board.holder[self.number] = 0
        board.locks[self.number].release()
        if JudgedCounter.pending:
            board.split[me] = 1
            JudgedCounter.let_the_other_read()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    def _look_for_a_standstill(self) -> None:
        other = 3 - me
        if board.holder[self.number] != other:
            return
        if board.ended[other]:
            fault("stood still: a process ended and had not given the lock back. Hint: with lock: never forgets it.")
        wanted = board.wants[other]
        if wanted >= 0 and board.for_ever[other] and board.holder[wanted] == me:
            fault(
                "stood still: each process holds one account's lock and waits for the other's. Hint: take the two "
                "locks in an order that is the same in every process and whichever account is the source. The order "
                "of the arguments is not, and neither is that of the ids."
                + board.makes_a_lock
                * " And a lock made in your file is another one in each process."
            )

    def _other_is_there(self) -> object:
        other = 3 - me
        holds = other in list(board.holder)
        waits = board.wants[other] >= 0 and board.holder[board.wants[other]] == me
        return holds or waits or board.ended[other]


class JudgedCounter:
    """A shared integer; without the lock, a process that has read it goes on when the other has read it too."""

    pending = False  # this process has read the counter and not written it since
    others_reads = 0

    @property
    def value(self) -> int:
        JudgedCounter.others_reads = board.reads[3 - me]
        seen = board.values[0]
        board.reads[me] += 1
        JudgedCounter.pending = True
        if board.holder[0] != me:
            board.unlocked[me] += 1
            self.let_the_other_read()
        return seen

    @value.setter
    def value(self, new: int) -> None:
        board.values[0] = new
        JudgedCounter.pending = False

    @staticmethod
    def let_the_other_read() -> None:
        other = 3 - me
        wait_until(lambda: board.reads[other] > JudgedCounter.others_reads or board.ended[other], 2)

    def get_lock(self) -> None:
        raise AttributeError("this number has no lock of its own; take the lock that comes as an argument")


class Account:
    """A balance that may be touched only by who holds its lock, and changed only by who holds both."""

    def __init__(self):
        self.name, self.lock = "", None

    def become(self, number: int) -> "Account":
        self.name, self.lock = board.names[number], JudgedLock(number, meet=True)
        return self

    @property
    def balance(self) -> int:
        self._must_be_held()
        return board.values[self.lock.number]

    @balance.setter
    def balance(self, new: int) -> None:
        self._must_be_held()
        if list(board.holder) != [me, me]:
            fault(
                "changed one balance without holding the other's lock, so that others can see the money gone from one "
                "account and not arrived in the other. Hint: take both locks before the first change."
            )
        board.values[self.lock.number] = new

    def _must_be_held(self) -> None:
        if not self.lock.mine():
            fault("touched a balance without holding that account's lock; no other lock helps, reading needs it too.")


def seventh(number: int) -> bool:
    board.asked[me] += 1
    if board.holder[0] == me:
        fault("called is_hit while it held the lock. Hint: count first, without the lock, and take it to add.")
    return number % 7 == 3


def arguments_1() -> tuple:
    return JudgedCounter(), JudgedLock(), 50


def arguments_2() -> tuple:
    return range(1, 1001) if me == 1 else range(1001, 2001), seventh, JudgedCounter(), JudgedLock()


def arguments_3() -> tuple:
    # In each process the source has the smaller id, so that an order by id is the order of the arguments.
    source, target = sorted((Account(), Account()), key=id)
    if me == 1:
        return source.become(0), target.become(1), board.amounts[0]
    return source.become(1), target.become(0), board.amounts[1]


class Child(SpawnProcess):
    """A process that calls the learner's function, and notes how it is waited for and how it is ended."""

    def __init__(self, module: str, name: str, arguments: Callable[[], tuple], shared: Board, number: int):
        super().__init__(target=in_child, args=(module, name, arguments, shared, number))
        self.shared, self.number, self.ended_by, self.limited = shared, number, "", False

    def join(self, timeout: float | None = None) -> None:
        self.shared.joined.value = 1
        if timeout is not None and not self.limited:
            self.limited, timeout = True, min(timeout, 0.1)  # as if the save took longer than the limit
        super().join(timeout)

    def is_alive(self) -> bool:
        self.shared.joined.value = 1
        return super().is_alive()

    def close(self) -> None:
        if self.runs():
            raise ValueError("Cannot close a process while it is still running.")

    def terminate(self) -> None:
        self._note("terminate()")
        super().terminate()

    def kill(self) -> None:
        self._note("kill()")
        super().kill()

    def _note(self, how: str) -> None:
        if self.runs():  # afterwards it does no harm
            self.ended_by = self.ended_by or how

    def runs(self) -> bool:
        """Whether it is alive, asked by the judge."""
        return super().is_alive()

    def must_be_well(self, said: str, hint: str = "") -> None:
        """Raise Wrong if a process has noted an error or a fault, or this one has died of itself."""
        if errors := told("error"):
            raise Wrong(f"{said} {errors[0]}. {hint}".strip())
        if faults := told("fault"):
            raise Wrong(f"{said} {faults[0]}")
        if not self.runs() and not self.shared.ended[self.number] and not self.ended_by:
            raise died(said, self.exitcode, hint)


def in_child(module: str, name: str, arguments: Callable[[], tuple], shared: Board, number: int) -> None:
    """Call the learner's function in this process, when both have begun; stay for a second, until somebody joins."""
    global board, me
    board, me = shared, number
    board.begun[me] = 1
    wait_until(lambda: all(board.begun[1:]), 8)
    try:
        getattr(importlib.import_module(module), name)(*arguments())
    except BaseException as error:
        # Who has been asked to end may call sys.exit().
        if not (isinstance(error, SystemExit) and not error.code and board.stop.is_set()):
            note("error", f"raised {describe(error)}")
    board.ended[me] = 1
    wait_until(lambda: board.joined.value, 1)


def run_two(learner: Learner, name: str, arguments: Callable[[], tuple], shared: Board, said: str, hint: str) -> None:
    """Have two processes call the learner's function. Raises Wrong unless both return."""
    global board
    board = shared
    learner.function(name, len(arguments()))
    learner.trying(said, hint)
    shared.joined.value = 1  # nobody looks for who joins
    shared.makes_a_lock = "Lock(" in inspect.getsource(learner.module())
    children = [Child(learner.name, name, arguments, shared, number) for number in (1, 2)]

    def over() -> bool:
        return any(child.exitcode for child in children) or not any(child.runs() for child in children)

    for child in children:
        os.environ["PYTHONHASHSEED"] = str(SEEDS[child.number - 1])
        child.start()
    wait_until(lambda: all(shared.begun[1:]) or not all(child.runs() for child in children), 8)
    wait_until(over, PATIENCE)
    for child in children:
        child.must_be_well(said, hint)
    if not over():
        raise too_long(said, PATIENCE, hint)


def why_lost(shared: Board, number: str) -> str:
    """Say how an update could be lost, from what was seen of the lock."""
    if not any(shared.reads) and shared.values[0] == START:
        return f"Hint: nothing was ever added to {number}.value."
    if not any(shared.reads):
        return f"Hint: {number}.value was overwritten and never read; += adds to what the other process has written."
    if any(shared.refused):
        return "Hint: a lock with a limit was not taken in time. Look at what acquire() returns, and try again."
    if not any(shared.taken) and shared.makes_a_lock:
        return "Hint: the lock that comes as an argument was never taken; another lock keeps nobody out."
    if not any(shared.taken):
        return "Hint: the lock was never taken. += reads and writes, and the other process can come in between."
    if any(shared.unlocked):
        return f"Hint: {number}.value was read without the lock. Take the lock before you read."
    if any(shared.split):
        return "Hint: the lock was given back between reading and writing. Hold it around both."
    return "Hint: the lock is held where it should be, so look at what is added, and how often."


def must_be_at(shared: Board, expected: int, said: str, number: str) -> None:
    if shared.values[0] != expected:
        made = f"brought {number}.value from {START} to {shared.values[0]}; expected was {expected}"
        raise Wrong(f"{said} {made}. {why_lost(shared, number)}")


def judge_exact(learner: Learner) -> str:
    said, hint = "add(counter, lock, 50), called by two processes,", "Hint: counter.value += 1, with the lock held."
    shared = Board(START)
    run_two(learner, "add", arguments_1, shared, said, hint)
    must_be_at(shared, START + 100, said, "counter")
    if min(shared.taken[1:]) < 1:
        raise Wrong(f"{said} added 100, but did not take the lock that it was given. {hint}")
    return "two processes added 50 each and none was lost, though each tried to come between the other's steps."


def judge_fast(learner: Learner) -> str:
    said = "count(numbers, is_hit, total, lock), called by two processes with 1000 numbers each,"
    hint = "Hint: count in a variable of your own, then add it to total.value once."
    shared = Board(START)
    run_two(learner, "count", arguments_2, shared, said, hint)
    if (asked := min(shared.asked[1:])) < 1000:
        raise Wrong(f"{said} called is_hit only {asked} times in one process. Hint: ask it about every number.")
    must_be_at(shared, START + 286, said, "total")
    for times in shared.taken[1:]:
        if times != 1:
            raise Wrong(f"{said} added 286, but one process took the lock {times} times; expected was once. {hint}")
    return "all 286 hits are in the total, each process took the lock once, and neither held it while it computed."


def judge_transfer(learner: Learner) -> str:
    hint = "Hint: take both accounts' locks, always in the same order, and no other."
    for one, other, there, back in (("ann", "bob", 30, 10), ("dan", "cid", 40, 60)):
        shared = Board(100, 100)
        shared.names, shared.amounts = (one, other), (there, back)
        said = f"transfer({one}, {other}, {there}) in one process and transfer({other}, {one}, {back}) in another"
        run_two(learner, "transfer", arguments_3, shared, said, hint)
        expected = [100 - there + back, 100 + there - back]
        if list(shared.values) != expected:
            why = "the order is for the locks only; the money still goes from source to target."
            if any(shared.refused):
                why = "a transfer was not made: if acquire gave up, let go and begin again."
            raise Wrong(f"{said} left {one} and {other} with {list(shared.values)}, not {expected}. Hint: {why}")
    return "both transfers were made, under both locks, whoever came first."


def save() -> None:
    """What the learner's work has to call, again and again; it ends its process if that is done wrongly."""
    if board.holder[0] != me:
        fault("called save() without holding the lock. Hint: with lock: around save().")
    if board.stop.is_set():
        fault("called save() again after stop was set. Hint: look after the pause, too: while not stop.is_set().")
    board.saves_begun.value += 1
    if board.long_save and board.saves_begun.value == 2:  # until the parent has asked, and has gone to wait
        wait_until(board.stop.is_set, 4)
        wait_until(lambda: board.joined.value, 0.5)
        time.sleep(0.3)  # longer than who joins with a tiny limit, and kills
    board.saves_done.value += 1


def arguments_4() -> tuple:
    return board.stop, JudgedLock(), save, 0 if board.long_save else 60


def judge_stop(learner: Learner) -> str:
    learner.function("work", 4)
    learner.function("end", 2)
    learner.trying("work(stop, lock, save, pause)")
    saving, pausing = Board(), Board()
    saving.long_save, pausing.refused[1] = True, 1  # who gives up one save goes on to the next, but not in 60 s
    children = [Child(learner.name, "work", arguments_4, shared, 1) for shared in (saving, pausing)]
    for child in children:
        child.shared.begun[2] = 1  # there is no second one
        child.start()
    hint = "Hint: set stop, then wait for the child's end."
    stop_while(learner, children[0], "while it saves", 0, hint)
    hint = "Hint: nobody wakes time.sleep(). stop.wait(seconds) waits as long, but returns when stop is set."
    stop_while(learner, children[1], "in a pause of 60 seconds", 60, hint)
    return "asked while it saved, the child saved to the end; asked in a pause, it ended at once; the lock is free."


def stop_while(learner: Learner, child: Child, when: str, pause: float, hint: str) -> None:
    """Have the learner's function end a child that works. Raises Wrong if one of them does something wrong."""
    shared, saves = child.shared, 1 if pause else 2
    said, ending = f"work(stop, lock, save, {pause})", f"end(child, stop), called {when},"
    learner.trying(said)
    wait_until(lambda: shared.begun[1] or not child.runs(), 6)
    wait_until(lambda: shared.saves_begun.value >= saves or shared.ended[1] or not child.runs(), 3)
    child.must_be_well(said)
    if not shared.saves_begun.value:
        raise Wrong(f"{said} did not call save(). Hint: until stop is set, save and then pause, in turn.")
    if pause and shared.saves_begun.value > 1:
        raise Wrong(f"{said} called save() again, and did not pause so long. Hint: stop.wait(pause) after each save.")
    if shared.stop.longest.value > pause + 0.5:
        raise Wrong(f"{said} waited longer than {pause} seconds. Hint: stop.wait(pause) after each save.")
    if pause and not wait_until(lambda: not shared.holder[0], 2):
        raise Wrong(f"{said} held the lock in its pause. Hint: pause after the with block, not in it.")
    if shared.ended[1] or shared.saves_begun.value < saves:
        raise Wrong(f"{said} did not go on until stop was set. Hint: while not stop.is_set().")
    call = learner.begin("end", child, shared.stop, said=ending, hint=hint)
    back, left = call.wait(PATIENCE), child.runs()
    call.result()
    begun, done = shared.saves_begun.value, shared.saves_done.value
    if child.ended_by and done < begun:
        raise Wrong(
            f"{ending} ended it with {child.ended_by}, in the middle of save(): {begun} begun, {done} done, and the "
            "lock is never given back. Hint: set stop, let work look at it between two saves, and join."
            + child.limited
            * " join() with a limit can come back before."
        )
    child.must_be_well(said)
    if child.ended_by:
        raise Wrong(f"{ending} ended it with {child.ended_by}. {hint}")
    if not back:
        asked = shared.stop.is_set()
        never = "Hint: it waits for a child that nobody has asked to stop: set stop first."
        if shared.stop.cleared.value:
            never = "Hint: leave stop set until the child has ended."
        raise too_long(ending, PATIENCE, hint if asked else never)
    if left:
        raise Wrong(
            f"{ending} returned while the child was still there. Hint: join() waits for its end, if it has no limit."
        )
    if shared.holder[0]:
        raise Wrong(f"{said} ended and had not given the lock back. Hint: with lock: around save().")


JUDGES = {1: judge_exact, 2: judge_fast, 3: judge_transfer, 4: judge_stop}
