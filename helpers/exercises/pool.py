"""Lesson 02, Pool: the judges of its exercises, and the functions that they have the learner run.

Tasks leave their number in a folder when they begin. A first task that goes on until the last one has begun shows, in
every run, whether two workers were at it, and makes its result come after others.
"""

import os
import tempfile
import threading
import time
from functools import partial
from pathlib import Path

from helpers.exercise import Learner, RanHere, Wrong, _plural, _said, _short, expect, must_be_in_a_child

NUMBERS = [8, 3, 6, 5, 4, 2]
TASKS = list(range(1, 13))
MANY = list(range(2000))
FRAGILE = [1, 2, 3, 4, 5, 6]


def begin(folder: str, task: int) -> None:
    must_be_in_a_child()
    Path(folder, f"{task} {os.getpid()} {time.monotonic_ns()}").touch()


def begun(folder: str) -> list[int]:
    """The tasks that have begun; a task that began twice is there twice."""
    return [int(name.split()[0]) for name in os.listdir(folder) if name[0].isdigit()]


def wait_for(folder: str, others: list[int], seconds: float = 2.5) -> None:
    """Go on until the others have begun; if they don't, leave a file that says how many had."""
    deadline = time.monotonic() + seconds
    while not set(others) <= set(begun(folder)):
        if time.monotonic() > deadline:
            Path(folder, "alone").write_text(str(len(begun(folder))), encoding="utf-8")
            return
        time.sleep(0.01)


def half(folder: str, number: int) -> int:
    """Halve an even number; the first one takes until the last one has begun."""
    begin(folder, number)
    if number % 2:
        raise ValueError(f"{number} is odd")
    if number == NUMBERS[0]:
        wait_for(folder, NUMBERS[-1:])
    return number // 2


def save(folder: str, item: int) -> None:
    begin(folder, item)
    if item == 0:
        raise ValueError("0 can't be saved")
    if item == 1:
        wait_for(folder, [4])
    if not Path(folder, "alone").exists():
        time.sleep(0.3)  # long enough to be cut off
    Path(folder, f"saved {item}").touch()


def work(folder: str, task: int) -> int:
    """The first task takes until all the others have begun."""
    begin(folder, task)
    if task == TASKS[0]:
        wait_for(folder, TASKS)
    return 10 * task


class Square:
    """A function that counts how often it is sent: a pool sends it once in each message of tasks."""

    __name__ = "square"

    def __init__(self, folder: str):
        self.folder, self.messages = folder, 0

    def __call__(self, number: int) -> int:
        must_be_in_a_child()
        if number in (MANY[0], MANY[-1]):
            begin(self.folder, number)
        if number == MANY[0]:
            wait_for(self.folder, MANY[-1:])
        return number * number

    def __reduce__(self):
        self.messages += 1
        return Square, (self.folder,)


def fragile(folder: str, item: int) -> int:
    """Item 3 ends its worker process twice, the first time once all the others have begun."""
    begin(folder, item)
    if item == 3:
        tries = begun(folder).count(3)
        if tries == 1:
            wait_for(folder, FRAGILE, seconds=1.5)
        if tries <= 2:
            os._exit(1)
    return 10 * item


def attempt(learner: Learner, name: str, *arguments: object, said: str, hint: str, seconds: float = 5.0):
    """Call a function of the learner's file; return what it gave and the exception that it raised.

    Raises Wrong if it runs a task in the program itself, or has not come to its end after so many seconds.
    """
    function = learner.function(name, len(arguments))
    learner.trying(said, hint)
    outcome = []

    def run() -> None:
        try:
            outcome.append((function(*arguments), None))
        except BaseException as error:
            outcome.append((None, error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if not outcome:
        raise Wrong(f"{said} had not come to its end after {seconds:g} seconds. {hint}")
    got, error = outcome[0]
    if isinstance(error, RanHere):
        raise Wrong(
            f"{said} ran a task here, in the program itself, and not in a worker. Hint: apply_async(function, (item,)) "
            "or map(function, items) hands the function over; function(item) calls it at once."
        )
    if isinstance(error, ValueError) and "Pool is still running" in str(error):
        raise Wrong(f"{said} raised {_said(error)}. Hint: join() is allowed after close() or terminate() only.")
    return got, error


def make_folder(learner: Learner) -> str:
    """Make a folder that goes when the check ends."""
    return tempfile.mkdtemp(dir=learner.notes.parent)


def must_share(said: str, folder: str, otherwise: str) -> None:
    """Raise Wrong if a task waited in vain for one that another worker should have begun."""
    alone = Path(folder, "alone")
    if not alone.exists():
        return
    if alone.read_text(encoding="utf-8") == "1":
        raise Wrong(
            f"{said} did one task after the other; expected were two workers at the same time. Hint: Pool(2), and not "
            "apply(), which waits for each result, nor one chunk that holds all the tasks."
        )
    raise Wrong(otherwise)


def must_be_list(said: str, got: object) -> None:
    if not isinstance(got, list):
        raise Wrong(
            f"{said} gave {_short(got)}; expected was the list of the results. Hint: map gives it, imap and map_async "
            "do not, and what is to come after the with block never comes."
        )


def judge_good_results(learner: Learner) -> str:
    folder, said, expected = make_folder(learner), f"good_results(half, {NUMBERS})", ([4, 3, 2, 1], 2)
    inside = "Hint: the end of with drops what is not finished, so ask for the results inside the block."
    got, error = attempt(learner, "good_results", partial(half, folder), NUMBERS, said=said, hint=inside)
    if error and "is odd" in str(error):
        raise Wrong(
            f"{said} raised {_said(error)}; expected was {expected}. Hint: map raises a task's error and gives none of "
            "the results. apply_async gives a result object for each task, and the error comes from its get()."
        )
    if error and "not ready" in str(error):
        raise Wrong(f"{said} asked successful() of a task that had not ended. Hint: wait() for it first.")
    if error:
        raise Wrong(f"{said} raised {_said(error)}; expected was {expected}.")
    if got == ([], len(NUMBERS)):
        raise Wrong(
            f"{said} gave {got}: no task gave a result; expected was {expected}. Hint: the arguments of apply_async "
            "are a tuple, (item,) with a comma, and results are asked for inside the with block."
        )
    must_share(said, folder, f"{said} did not do the first task and the last at the same time. Hint: use chunks of 1.")
    if isinstance(got, tuple) and got and isinstance(got[0], list) and got[0] != expected[0]:
        if sorted(got[0], key=repr) == sorted(expected[0]):
            raise Wrong(
                f"{said} gave {got}; expected was {expected}. The results stand in the order in which they came. Hint: "
                "keep the result objects in a list, and get() them in its order."
            )
        if None in got[0]:
            raise Wrong(f"{said} gave {got}; expected was {expected}. Hint: wait() returns None, get() the value.")
    if isinstance(got, list) and tuple(got) == expected:
        raise Wrong(f"{said} gave the list {got}; expected was the tuple {expected}.")
    hint = "Hint: get() of each result object gives its value or raises its error; count the errors."
    expect(said, got, expected, hint)
    return "the four good results came in the order of the items, and the two errors were counted."


def judge_save_all(learner: Learner) -> str:
    hint = "Hint: nobody may wait for a result that can't come any more: get() inside the with block."
    folder, items = make_folder(learner), [1, 2, 3, 4]
    said = f"save_all(save, {items})"
    _, error = attempt(learner, "save_all", partial(save, folder), items, said=said, hint=hint)
    if error:
        raise Wrong(f"{said} raised {_said(error)}; expected was that it saves the four items.")
    must_share(said, folder, f"{said} did not do tasks 1 and 4 at the same time. Hint: a smaller chunksize.")
    if not all(Path(folder, f"saved {item}").exists() for item in items):
        raise Wrong(
            f"{said} came back when not all of the four items were saved. Hint: leaving with calls terminate(), which "
            "drops what is not finished, and close() alone does not wait. Wait for all tasks inside the block."
        )
    folder, items = make_folder(learner), [0, 5]
    said = f"save_all(save, {items})"
    _, error = attempt(learner, "save_all", partial(save, folder), items, said=said, hint=hint)
    if error is None:
        raise Wrong(
            f"{said} came back as if all were well, but save(0) raised ValueError; expected was that error. Hint: an "
            "exception waits in the result object until somebody calls its get()."
        )
    if not (isinstance(error, ValueError) and str(error) == "0 can't be saved"):
        raise Wrong(f"{said} raised {_said(error)}; expected was the error of save(0), ValueError: 0 can't be saved.")
    return "all items were saved before save_all came back, and an error in a worker is an error of save_all."


def judge_chunks(learner: Learner) -> str:
    hint = "Hint: pool.map(function, items, chunksize) inside with comes back by itself."
    order = "The results stand in the order in which they came. Hint: imap_unordered does that; map does not."

    folder, said, expected = make_folder(learner), "few_long(work, [1, 2, ..., 12])", [10 * task for task in TASKS]
    got, error = attempt(learner, "few_long", partial(work, folder), TASKS, said=said, hint=hint)
    if error:
        raise Wrong(f"{said} raised {_said(error)}. {hint}")
    must_be_list(said, got)
    must_share(
        said,
        folder,
        f"{said}: while task 1, a long one, was running, another task waited behind it in the same chunk, and the "
        "other worker sat idle. Hint: for 12 tasks and 2 workers map makes chunks of 2, unless you give a chunksize.",
    )
    if got != expected and sorted(got, key=repr) == sorted(expected, key=repr):
        raise Wrong(f"{said} gave {got}. {order}")
    expect(said, got, expected, "Hint: one result for each item.")

    folder, said = make_folder(learner), "many_short(square, [0, 1, ..., 1999])"
    square = Square(folder)
    got, error = attempt(learner, "many_short", square, MANY, said=said, hint=hint)
    if error:
        raise Wrong(f"{said} raised {_said(error)}. {hint}")
    must_be_list(said, got)
    if square.messages > 100:
        raise Wrong(
            f"{said} sent {square.messages} messages to the workers; expected were at most 100. "
            "Hint: a message carries one chunk, so its tasks must be more."
        )
    if square.messages < 20:
        raise Wrong(
            f"{said} sent {square.messages} messages to the workers; expected were at least 20. Hint: a message "
            "carries one chunk, so its tasks must be fewer. Without a chunksize map makes about 4 for each worker."
        )
    must_share(said, folder, f"{said} did not share its tasks between two workers. Hint: Pool(2).")
    expected = [number * number for number in MANY]
    if got != expected and sorted(got, key=repr) == sorted(expected, key=repr):
        raise Wrong(f"{said} gave {str(got[:3])[:-1]}, ...]. {order}")
    expect(said, got, expected, "Hint: one result for each item.")
    return f"nothing waited behind the long task, and 2000 short ones took {square.messages} messages."


def judge_finish_all(learner: Learner) -> str:
    folder, said, expected = make_folder(learner), f"finish_all(fragile, {FRAGILE})", [10 * item for item in FRAGILE]
    hint = (
        "Hint: item 3 ended its worker, and a Pool waits for that result for ever. A ProcessPoolExecutor says "
        "BrokenProcessPool; with a Pool you need get(timeout=1) and a new pool."
    )
    got, error = attempt(learner, "finish_all", partial(fragile, folder), FRAGILE, said=said, hint=hint, seconds=6.0)
    tries = begun(folder)
    if error and tries.count(3) <= 1:
        raise Wrong(
            f"{said} raised {type(error).__name__} when item 3 ended its worker. Hint: a broken pool stays broken. "
            "Make a new one, and give it the items that have no result yet."
        )
    if error:
        raise Wrong(
            f"{said} raised {type(error).__name__}, when item 3 had been tried {_plural(tries.count(3), 'time')}. "
            "Hint: a worker may die again in the new pool, so go on until each item has its result."
        )
    if isinstance(got, list) and got != expected and set(map(repr, got)) - {"None"} < set(map(repr, expected)):
        raise Wrong(
            f"{said} gave {got}; expected was {expected}. Some items have no result, and item 3 was tried "
            f"{_plural(tries.count(3), 'time')}. Hint: go on with a new pool until each item has its result."
        )
    if isinstance(got, list) and got != expected and sorted(got, key=repr) == expected:
        raise Wrong(f"{said} gave {got}; expected was {expected}. Hint: put the results in the order of the items.")
    expect(said, got, expected, "It should return the list of the results, in the order of the items.")
    if tries.count(1) > 1 and not Path(folder, "alone").exists():
        raise Wrong(
            f"{said} called fragile(1) {tries.count(1)} times, though the first call had given its result. Hint: keep "
            "the results that are there (executor.map loses them, submit does not), and do only the others again."
        )
    return "each item has its result, though one ended its worker twice, and nothing was done again without need."


JUDGES = {1: judge_good_results, 2: judge_save_all, 3: judge_chunks, 4: judge_finish_all}
