"""Lesson 02, Pool: the judges of its exercises, and the functions that they have the learner run."""

import collections
import json
import os
import time
from collections.abc import Callable, Iterator
from multiprocessing import TimeoutError as PoolTimeoutError
from multiprocessing import connection, pool, process

from helpers.judge import (
    ANYTHING,
    REFEREE,
    Call,
    Case,
    Judge,
    Learner,
    cut,
    frames,
    is_gone,
    must_be_in_a_child,
    note,
    noted,
    pauses_are_short,
    same,
    told,
    wait_until,
    waits_are_short,
)

HERE = "ran a task here, not in a worker. Hint: function(item) calls it at once, map and apply_async hand it over."
NONE = "Hint: there may be no items at all."
FRAGILE = {4: 40, 3: 0, 1: None, 2: False}
sent: list[int] = []  # the length of each message that the referee has sent


def give(item: object) -> object:
    """Give back the item, or raise it, if it is an exception."""
    begin(item)
    if isinstance(item, Exception):
        raise item
    return item


class Returned(Exception):
    """A result that is an exception."""

    def __eq__(self, other: object) -> bool:
        return type(other) is Returned

    __hash__ = None


TABLE = {0: None, 1: 0, 2: 7, 3: [], 4: Returned()}


def look_up(item: object) -> object:
    """Give what stands for the item, or raise it, if it is an exception."""
    return TABLE[give(item)]


def save(item: object) -> None:
    """Save the item, or raise it when the other three are saved.

    Leaving `with` ends a worker that still sends its result, and then may hang: CPython issues 73945 and 78178.
    """
    begin(item)
    if isinstance(item, Exception):
        wait_until(lambda: noted("saved") == 3, 2)  # in the same chunk behind this one, they never are
        time.sleep(0.05)  # the last result is on its way
        raise item
    note("saved")


def square(number: int) -> int:
    """Quick; only a worker's first one begins as others do."""
    if not noted(f"at work {os.getpid()}"):
        note(f"at work {os.getpid()}")
        begin(number)
    return number * number


def fragile(item: int) -> object:
    """Item 3 ends its worker, the first two times."""
    begin(item)
    if item == 3 and begun().count("3") < 3:
        os._exit(1)
    time.sleep(0.15)  # longer than a limit that is too short
    return FRAGILE[item]


def begin(item: object) -> None:
    """Wait until two tasks are there; with the item that is held, until the judge lets it go."""
    must_be_in_a_child(HERE)
    note("begun", json.dumps([time.time_ns(), os.getpid(), repr(item)]))
    sign = "go" if told("held") == [repr(item)] else "meet"
    wait_until(lambda: noted(sign), 60, 0.01)


def runs() -> list[tuple[int, str]]:
    """Each run of a task, in the order in which they began: the worker's process id, and the item."""
    return [(worker, item) for _, worker, item in sorted(map(json.loads, told("begun")))]


def begun() -> list[str]:
    return [item for _, item in runs()]


def done_again() -> list[str]:
    """The items that began again though their worker had gone on to another, so that their result was there."""
    rest = [(worker, item, runs()[number:]) for number, (worker, item) in enumerate(runs(), 1)]
    return [item for worker, item, later in rest if worker in dict(later) and item in dict(map(reversed, later))]


def watch() -> None:
    """In the referee, from now on: messages are counted, and a pool is made when its workers are there.

    On a busy machine they need longer than a learner's time limit of a second.
    """
    init = pool.Pool.__init__
    # Who does not say how many workers gets another number than two.
    os.cpu_count = os.process_cpu_count = lambda: 4

    def patient(self, processes=None, initializer=None, initargs=(), *others, **more) -> None:
        before = noted("up")
        init(self, processes, up, (initializer, initargs), *others, **more)
        wait_until(lambda: noted("up") - before >= self._processes, 10)

    pool.Pool.__init__ = patient
    for kind in connection._ConnectionBase.__subclasses__():

        def counting(self, data, send=kind._send_bytes) -> None:
            if os.environ[REFEREE] == str(os.getpid()):
                sent.append(len(data))
            send(self, data)

        kind._send_bytes = counting


def up(initializer: Callable | None, arguments: tuple) -> None:
    note("up")
    if initializer:
        initializer(*arguments)


def workers() -> int:
    """How many children of the program run now, without the servers of a Manager."""
    return sum("Manager" not in child.name and not is_gone(child.pid) for child in list(process._children))


class InTwoWorkers(Judge):
    """What the judges share: a case has a function and items, one of which may be held."""

    limits = False  # whether the task allows time limits
    tasks = 0  # how many will begin, if not one for each item

    def __call__(self, learner: Learner) -> str:
        watch()
        if not self.limits:
            pauses_are_short()
            waits_are_short()  # before the learner's file is imported, which may do `from time import sleep`
        return super().__call__(learner)

    def case(
        self, function: Callable, items: list, gives: object, hint: str, held: object = ..., said: str = ""
    ) -> Case:
        def before() -> None:
            note("held", repr(held))
            sent.clear()

        return Case((function, items), gives, hint, said, before=before, meanwhile=self.lead)

    def lead(self, run: Call) -> None:
        """Let two tasks meet; and let the one that is held go when all the others have begun, or no more come."""
        tasks, seen = self.tasks or len(run.case.arguments[1]), 0
        run.until(lambda: noted("begun"))
        seconds = 2 if noted("up") else 3  # a pool's workers are there already
        if not run.until(lambda: noted("begun") >= min(2, tasks), seconds) and workers() and not run.back:
            note("alone")
        note("meet")
        while not noted("alone") and seen < tasks and run.until(lambda seen=seen: noted("begun") > seen, 2):
            seen = noted("begun")
        note("workers", str(workers()))
        note("kept waiting", str(max(0, tasks - seen)))
        # On a busy machine the program may still be handing over its tasks, and has not begun to wait for them:
        # in a function of waits_are_short or pauses_are_short.
        run.until(lambda: {"hasty", "nap"} & {frame.f_code.co_name for frame in frames(run)}, 2 * (not self.limits))
        # Who does not wait for the one that is held is back; and who waits with a limit, when that is over.
        run.wait(0.3 * (run.case.gives is ANYTHING or bool(cut)))
        note("go")
        if not noted("alone"):
            run.wait()

    def must(self, run: Call) -> Iterator[tuple[object, str]]:
        (function, items), got, gives, error = run.case.arguments, run.value, run.case.gives, str(run.error)
        yield (
            not noted("alone"),
            "did one task after the other; expected were two workers at the same time. Hint: Pool(2), and not apply(), "
            "which waits for each result, nor get() directly after each apply_async, nor one chunk that holds all.",
        )
        count = int(told("workers")[0])
        yield count < 3, f"had {count} worker processes at the same time; expected were two. Hint: Pool(2)."
        there = run.error or sent or begun() or not items
        yield there, "sent nothing to any worker. Hint: context.Pool(2) makes a pool of two."
        for item in collections.Counter(begun()) - collections.Counter(map(repr, items)):
            yield self.limits, f"called {function.__name__}({item}) more than once for one item. Hint: once for each."
        closed = "Hint: close() and terminate() let no new task in, so hand over all tasks before."
        yield "Pool not running" not in error, closed
        yield "Pool is still running" not in error, "Hint: join() is allowed after close() or terminate() only."
        local = "<locals>" in error or "<lambda>" in error
        yield not local, "Hint: a worker finds a function by its name. Put it at the top level of the file."
        yield not cut or run.is_right(), "Hint: a call may take longer than any time limit, so wait without one."
        if isinstance(got, tuple) and isinstance(gives, tuple) and got:
            got, gives = got[0], gives[0]
        if isinstance(got, list) and isinstance(gives, list) and sorted(map(repr, got)) == sorted(map(repr, gives)):
            yield same(got, gives), "Hint: the results stand in the order in which they came, not in that of the items."


class GoodResults(InTwoWorkers):
    function = "good_results(function, items)"
    right = "the good results came in the order of the items, and the errors of each kind were counted."

    def cases(self) -> Iterator[Case]:
        hint = (
            "Hint: get() of each result object, inside the with block and without a time limit, gives its value or "
            "raises its error; count those."
        )
        items = [0, ValueError("no"), 1, 2, BufferError("no"), 3, 1, 4]
        yield self.case(look_up, items, ([None, 0, 7, [], 0, Returned()], 2), hint, held=0)
        yield self.case(look_up, [OSError(1), StopIteration(2), KeyError(3)], ([], 3), hint)
        yield self.case(look_up, [], ([], 0), NONE)

    def must(self, run: Call) -> Iterator[tuple[object, str]]:
        yield from super().must(run)
        good, bad = run.case.gives
        results = run.value[0] if isinstance(run.value, tuple) and run.value else None
        raised = run.error and repr(run.error) in map(repr, run.case.arguments[1])
        yield (
            not raised and not same(run.value, ([], 1)),
            "Hint: a call may raise any exception, and except Exception catches them. map raises a task's error and "
            "gives no result; apply_async gives a result object for each, whose get() raises that task's error only.",
        )
        yield "not ready" not in str(run.error), "asked successful() of a task that had not ended. Hint: wait() for it."
        began = run.error or begun() or run.is_right()
        yield began, "Hint: no task began. (item,) with a comma is a tuple; a task stands at the top level of a file."
        yield not same(run.value, [good, bad]), "Hint: a tuple is written good, bad or (good, bad)."
        yield not results or results != [None] * len(results), "Hint: wait() returns None, get() the value."
        fewer = isinstance(results, list) and 0 < len(results) < len(good)
        yield not fewer, "Hint: None, 0, [], and an exception that is returned, are results like any others."


class SaveAll(InTwoWorkers):
    function = "save_all(function, items)"
    right = "all items were saved before save_all came back, and an error in a worker is an error of save_all."

    def cases(self) -> Iterator[Case]:
        hint = "Hint: nobody may wait for a result that can't come any more: get() inside the with block."
        for slow in (1, 4):  # each result is waited for
            yield self.case(save, [1, 2, 2, 4], ANYTHING, hint, held=slow)
        hint = "Hint: an exception in a callback ends the thread that receives the results; keep it and raise it later."
        yield self.case(save, [5, 5, BufferError("no"), 6], BufferError("no"), hint)
        yield self.case(save, [], ANYTHING, NONE)

    def must(self, run: Call) -> Iterator[tuple[object, str]]:
        yield from super().must(run)
        items, gives = run.case.arguments[1], run.case.gives
        if gives is ANYTHING:
            yield (
                run.error or noted("saved") == len(items),
                "came back when not all of the four items were saved. Hint: leaving with calls terminate(), which "
                "drops what is not finished, and close() alone does not wait. Wait for all tasks inside the block.",
            )
            return
        yield (
            run.error,
            f"came back as if all were well, but save raised {gives!r}; expected was that error. Hint: an exception "
            "waits in the result object until somebody calls its get().",
        )
        yield run.is_right(), f"Hint: expected was the error of save, {gives!r}."


class Chunks(InTwoWorkers):
    function = "few_long(function, items)"

    def cases(self) -> Iterator[Case]:
        hint = "Hint: map comes back by itself, if its chunksize is an integer: / makes a float, // an integer."
        for place in (0, 10):
            items = [None, 0, False, *range(8)]
            items.insert(place, "long")
            yield self.case(give, items, items, hint, held="long")
        self.function, self.tasks = "many_short(function, items)", 2
        numbers, said = [number * 7 % 2000 for number in range(2000)], "many_short(square, [0, 7, ..., 1993])"
        squares = [number * number for number in numbers]
        yield self.case(square, numbers, squares, hint, held=0, said=said)

    def must(self, run: Call) -> Iterator[tuple[object, str]]:
        yield from super().must(run)
        no_list = "Hint: map gives the list of the results, imap and map_async do not; ask for them in the with block."
        yield run.error or isinstance(run.value, list), no_list
        objects = not run.error and any(isinstance(each, pool.ApplyResult) for each in run.value)
        yield not objects, "Hint: these are result objects, and get() of each gives its result."
        yield (
            run.error or self.tasks or told("kept waiting") == ["0"],
            "had another task wait behind the long one in the same chunk, while the other worker sat idle. Hint: your "
            "chunks hold more than one task; without a chunksize map makes chunks of 2.",
        )
        messages = sum(length > 4 for length in sent)  # without None and nothing, which end and wake a worker
        self.right = f"nothing waited behind the long task, and 2000 short ones took {messages} messages."
        yield (
            not self.tasks or run.error or 20 <= messages <= 100,
            f"sent {messages} messages to the workers; expected were 20 to 100. Hint: a message carries one chunk, so "
            f"put {'more' if messages > 100 else 'fewer'} items into each. Without a chunksize map makes about 4 for "
            "each worker.",
        )


class FinishAll(InTwoWorkers):
    function = "finish_all(function, items)"
    right = "each item has its result, though one ended its worker twice, and nothing was done again without need."
    limits = True

    def cases(self) -> Iterator[Case]:
        hint = (
            "Hint: item 3 ended its worker, and a Pool waits for that result for ever. A ProcessPoolExecutor says "
            "BrokenProcessPool; with a Pool you need get(timeout=1), longer than a call, and a new pool. And 0, None "
            "and False are results like any others."
        )
        yield self.case(fragile, list(FRAGILE), list(FRAGILE.values()), hint, held=3)
        yield self.case(fragile, [], [], NONE)

    def must(self, run: Call) -> Iterator[tuple[object, str]]:
        yield from super().must(run)
        tries, error, again = begun().count("3"), run.error, "".join(done_again()[:1])
        late = isinstance(error, PoolTimeoutError)
        yield not late, "Hint: this multiprocessing.TimeoutError is not the built-in TimeoutError: name it in full."
        died = error and tries > 1
        yield not died, "Hint: a worker may die again in the new pool, so go on until each item has its result."
        broken = error and "Broken" in type(error).__name__
        yield not broken, "Hint: a broken pool stays broken. Make a new one, for the items that have no result yet."
        yield error or run.is_right() or tries < 3, "Hint: return a list of all results, in the order of the items."
        yield error or run.is_right(), f"Hint: item 3 was tried {tries} times; go on until each item has its result."
        yield (
            not again,
            f"called fragile({again}) again, though the first call had given its result. Hint: keep all the "
            "results that are there (executor.map loses them, submit does not), and do only the others again.",
        )


JUDGES = {1: GoodResults(), 2: SaveAll(), 3: Chunks(), 4: FinishAll()}
