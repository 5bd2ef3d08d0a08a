"""Lesson 02, Pool: the judges of its exercises, and the functions that they have the learner run.

Tasks note that they begin. A first task that goes on until the last one has begun shows, in every run, whether two
workers were at it, and makes its result come after others.
"""

import multiprocessing
import os
import time
from collections.abc import Callable

from helpers.judge import (
    Call,
    Learner,
    RanHere,
    Wrong,
    expect,
    forget,
    must_be_in_a_child,
    note,
    noted,
    short,
    told,
    wait_until,
)

NUMBERS = [8, 3, 0, 5, 4, 2]
TASKS = list(range(1, 13))
TURNED = TASKS[6:] + TASKS[:6]  # the long task, 1, in the middle
MANY = list(range(2000))
FRAGILE = [1, 2, 3, 4, 5, 6]
MAP_RAISES = (
    "Hint: map raises a task's error and gives no result. apply_async gives a result object for each, whose get() "
    "raises that task's error only."
)


def begin(task: int) -> None:
    """To be called first by each task."""
    must_be_in_a_child(
        "ran a task here, not in a worker. Hint: function(item) calls it at once, map and apply_async hand it over."
    )
    note("begun", f"{time.time_ns()} {os.getpid()} {task}")


def begun() -> list[int]:
    """The tasks that have begun, in that order; a task that began twice is there twice."""
    return [task for _, task in runs()]


def runs() -> list[tuple[str, int]]:
    """Each run of a task, in the order in which they began: the worker's process id, and the task."""
    return [(worker, int(task)) for _, worker, task in map(str.split, sorted(told("begun")))]


def done_again() -> list[int]:
    """The tasks that began again though their worker had gone on to another, so that their result was there."""
    return [
        task
        for number, (worker, task) in enumerate(runs(), 1)
        if worker in dict(runs()[number:]) and task in begun()[number:]
    ]


def wait_for(others: list[int], seconds: float = 2.5) -> None:
    """Go on until the others have begun; if they don't, note how many had."""
    if not wait_until(lambda: set(others) <= set(begun()), seconds):
        note("in vain", str(noted("begun")))


def half(number: int) -> int:
    """Halve an even number; the first one takes until the last one has begun."""
    begin(number)
    if number % 2:
        raise (ValueError if number == 3 else TypeError)(f"{number} is odd")
    if number == NUMBERS[0]:
        wait_for(NUMBERS[-1:])
    return number // 2


def save(item: int) -> None:
    begin(item)
    if item == 0:
        raise ValueError("0 can't be saved")
    if item == 1:
        wait_for([4])
    time.sleep(0.3)  # long enough to be cut off
    note(f"saved {item}")


def work(task: int) -> int:
    """The first task takes until all the others have begun."""
    begin(task)
    if task == TASKS[0]:
        wait_for(TASKS)
    return 10 * task


class Square:
    """A function that counts how often it is sent: a pool sends it once in each message of tasks."""

    __name__ = "square"
    messages = 0

    def __call__(self, number: int) -> int:
        if number in (MANY[0], MANY[-1]):
            begin(number)
        if number == MANY[0]:
            wait_for(MANY[-1:])
        return number * number

    def __reduce__(self):
        self.messages += 1
        return Square, ()


def fragile(item: int) -> int:
    """Item 3 ends its worker process twice, the first time once all the others have begun."""
    begin(item)
    tries = begun().count(3)
    if item == 3 and tries == 1 and wait_until(lambda: set(begun()) - {1, 2, 3}, 1.5):
        note("two at once")
        wait_until(lambda: set(begun()) == set(FRAGILE), 1.5)
    if item == 3 and tries <= 2:
        os._exit(1)
    return 10 * item


def attempt(learner: Learner, name: str, task: Callable, items: list, hint: str, said: str = "") -> Call:
    """Return the call name(task, items) when it is back. Raises Wrong for mistakes that any exercise can have."""
    forget()
    call = learner.begin(name, task, items, hint=hint, said=said)
    call.wait()
    if isinstance(call.error, RanHere):
        call.result()
    if "Pool is still running" in str(call.error):
        call.result("Hint: join() is allowed after close() or terminate() only.")
    if "<locals>" in str(call.error) or "<lambda>" in str(call.error):
        call.result("Hint: a worker finds a function by its name in its file. Put it at the top level of the file.")
    if isinstance(call.error, multiprocessing.TimeoutError):
        call.result("Hint: this multiprocessing.TimeoutError is not the built-in TimeoutError: name it in full.")
    if call.error is None and call.value is None and task is not save:
        raise Wrong(f"{call.said} gave None: your function returns nothing.")
    return call


def one_by_one(said: str) -> Wrong:
    return Wrong(
        f"{said} did one task after the other; expected were two workers at the same time. Hint: Pool(2), and not "
        "apply(), which waits for each result, nor get() directly after each apply_async, nor one chunk that holds "
        "all the tasks."
    )


def must_share(said: str, otherwise: str) -> None:
    """Raise Wrong if a task waited in vain for one that another worker should have begun."""
    if told("in vain") == ["1"]:
        raise one_by_one(said)
    if noted("in vain"):
        raise Wrong(f"{said}{otherwise}")


def in_another_order(got: object, expected: list) -> bool:
    return isinstance(got, list) and got != expected and sorted(got, key=repr) == sorted(expected, key=repr)


def judge_good_results(learner: Learner) -> str:
    expected = ([4, 0, 2, 1], 2)
    inside = "Hint: the end of with drops what is not finished, so ask for the results inside the block."
    call = attempt(learner, "good_results", half, NUMBERS, inside)
    if "not ready" in str(call.error):
        raise Wrong(f"{call.said} asked successful() of a task that had not ended. Hint: wait() for it first.")
    if isinstance(call.error, TypeError) and "is odd" in str(call.error):
        call.result("Hint: a call may raise any exception, not just a ValueError; except Exception catches them.")
    if "is odd" in str(call.error):
        call.result(MAP_RAISES)
    call.result(f"Expected was {expected}.")
    must_share(call.said, " did not do the first task and the last at the same time. Hint: use chunks of 1.")
    expect(call.said, call.value, expected, why_not(call.value, *expected))
    return "the four good results came in the order of the items, and the two errors were counted."


def why_not(got: object, good: list, bad: int) -> str:
    """The hint for what good_results gave instead."""
    if got == ([], len(NUMBERS)) and not begun():
        return "No task began. Hint: (item,) with a comma is a tuple; and a task stands at the top level of a file."
    if got == ([], len(NUMBERS)):
        return "No task gave a result. Hint: ask for the results in the with block."
    if got == ([], 1):
        return MAP_RAISES
    if got == [good, bad]:
        return "Hint: a tuple is written good, bad or (good, bad)."
    values = got[0] if isinstance(got, tuple) and got else None
    if in_another_order(values, good):
        return "The results stand in the order in which they came. Hint: get() them in the order of the items."
    if isinstance(values, list) and None in values:
        return "Hint: wait() returns None, get() the value."
    if values == [value for value in good if value]:
        return "Hint: 0 is a result like any other, though it counts as false."
    return "Hint: get() of each result object gives its value or raises its error; count the errors."


def judge_save_all(learner: Learner) -> str:
    hint = "Hint: nobody may wait for a result that can't come any more: get() inside the with block."
    sleep = time.sleep
    time.sleep = lambda seconds: sleep(min(seconds, 0.01))  # in this process: to sleep is not to wait for the tasks
    call = attempt(learner, "save_all", save, [1, 2, 3, 4], hint)
    call.result("Expected was that it saves the four items.")
    must_share(call.said, " did not do tasks 1 and 4 at the same time. Hint: a smaller chunksize.")
    if not all(noted(f"saved {item}") for item in [1, 2, 3, 4]):
        raise Wrong(
            f"{call.said} came back when not all of the four items were saved. Hint: leaving with calls terminate(), "
            "which drops what is not finished, and close() alone does not wait. Wait for all tasks inside the block."
        )
    hint = "Hint: an exception in a callback ends the thread that receives the results; keep it and raise it later."
    call = attempt(learner, "save_all", save, [5, 0, 6], hint)
    if call.error is None:
        raise Wrong(
            f"{call.said} came back as if all were well, but save(0) raised ValueError; expected was that error. Hint: "
            "an exception waits in the result object until somebody calls its get()."
        )
    if not isinstance(call.error, ValueError) or str(call.error) != "0 can't be saved":
        call.result("Expected was the error of save(0), ValueError: 0 can't be saved.")
    return "all items were saved before save_all came back, and an error in a worker is an error of save_all."


def must_give(call: Call, expected: list) -> None:
    """Raise Wrong unless a call gave these results, in the order of the items."""
    said, got = call.said, call.result()
    if not isinstance(got, list):
        raise Wrong(
            f"{said} gave {short(got)}; expected was the list of the results. Hint: map gives it, imap and map_async "
            "do not, and what is to come after the with block never comes."
        )
    hint = "Hint: one result for each item."
    if in_another_order(got, expected):
        hint = "The results stand in the order in which they came. Hint: imap_unordered does that; map does not."
    expect(said, got, expected, hint)


def judge_chunks(learner: Learner) -> str:
    hint = "Hint: pool.map(function, items, chunksize) inside with comes back by itself."
    for tasks in (TASKS, TURNED):
        call = attempt(learner, "few_long", work, tasks, hint)
        must_give(call, [10 * task for task in tasks])
        must_share(
            call.said,
            ": while task 1, a long one, was running, another task waited behind it in the same chunk, and the other "
            "worker sat idle. Hint: your chunks hold more than one task; without a chunksize map makes chunks of 2.",
        )
    square, said = Square(), "many_short(square, [0, 1, ..., 1999])"
    must_give(attempt(learner, "many_short", square, MANY, hint, said), [number * number for number in MANY])
    if not 20 <= square.messages <= 100:
        change = "more" if square.messages > 100 else "fewer"
        raise Wrong(
            f"{said} sent {square.messages} messages to the workers; expected were 20 to 100. Hint: a message carries "
            f"one chunk, so put {change} items into each. Without a chunksize map makes about 4 for each worker."
        )
    must_share(said, " did not share its tasks between two workers. Hint: Pool(2).")
    return f"nothing waited behind the long task, and 2000 short ones took {square.messages} messages."


def judge_finish_all(learner: Learner) -> str:
    expected = [10 * item for item in FRAGILE]
    never = (
        "Hint: item 3 ended its worker, and a Pool waits for that result for ever. A ProcessPoolExecutor says "
        "BrokenProcessPool; with a Pool you need get(timeout=1), longer than a worker's start, and a new pool."
    )
    call = attempt(learner, "finish_all", fragile, FRAGILE, never)
    said, got, tries = call.said, call.value, begun().count(3)
    if call.error and tries > 1:
        call.result("Hint: a worker may die again in the new pool, so go on until each item has its result.")
    call.result("Hint: a broken pool stays broken. Make a new one, for the items that have no result yet.")
    hint = "It should return the list of the results, in the order of the items."
    if isinstance(got, list) and set(map(repr, got)) - {"None"} < set(map(repr, expected)):
        hint = f"Tries of item 3: {tries}. Hint: go on with a new pool until each item has its result."
    elif in_another_order(got, expected):
        hint = "Hint: put the results in the order of the items."
    expect(said, got, expected, hint)
    if not noted("two at once"):
        raise one_by_one(said)
    if again := done_again():
        raise Wrong(
            f"{said} called fragile({again[0]}) again, though the first call had given its result. Hint: keep all the "
            "results that are there (executor.map loses them, submit does not), and do only the others again. A time "
            "limit must be longer than a worker's start."
        )
    return "each item has its result, though one ended its worker twice, and nothing was done again without need."


JUDGES = {1: judge_good_results, 2: judge_save_all, 3: judge_chunks, 4: judge_finish_all}
