"""Lesson 02, Pool: the judges of its exercises, and the functions that they have the learner run."""

import os
import time
from collections import Counter
from collections.abc import Callable
from multiprocessing import connection, pool, process

from helpers.judging import (
    ANYTHING,
    JUDGE,
    AnyOrder,
    Call,
    Learner,
    Time,
    in_a_child,
    is_gone,
    left,
    note,
    noted,
    pause,
    same,
    told,
    wait_until,
)
from helpers.sentences import say, short

HERE = "ran a task here, not in a worker. Hint: function(item) calls it at once, map and apply_async hand it over."
NONE = "Hint: there may be no items at all."
LIMITS = "Hint: a call may take longer than any time limit, so wait without one."
ORDER = "Hint: the results stand in the order in which they came, not in that of the items."
ONE = (
    "did one task after the other; expected were two workers at the same time. Hint: Pool(2), and not apply(), which "
    "waits for each result, nor get() directly after each apply_async, nor one chunk that holds all."
)
LOCAL = "Hint: a worker finds a function by its name. Put it at the top level of the file."
ERRORS = (
    ("Pool not running", "Hint: close() and terminate() let no new task in, so hand over all tasks before."),
    ("Pool is still running", "Hint: join() is allowed after close() or terminate() only."),
    ("not ready", "asked successful() of a task that had not ended. Hint: wait() for it."),
    ("<locals>", LOCAL),
    ("<lambda>", LOCAL),
)


def begin(item: object) -> None:
    """What each task does first: wait until two are there."""
    note("item", f"{time.monotonic_ns():020} {os.getpid()} {item!r}")
    wait_until(lambda: noted("item") > 1)


def runs() -> list[list[str]]:
    """The worker and the item of each task, in the order in which they began."""
    return [text.split(" ", 2)[1:] for text in sorted(told("item"))]


def begun() -> list[str]:
    return [item for _, item in runs()]


def watch() -> None:
    """From now on a pool is made when its workers are there: nobody's limit is for their start."""
    init = pool.Pool.__init__

    def patient(self, processes=None, initializer=None, initargs=(), *others, **more) -> None:
        before = noted("up")
        init(self, processes, up, (initializer, initargs), *others, **more)
        wait_until(lambda: noted("up") - before >= self._processes, 20)

    pool.Pool.__init__ = patient
    os.cpu_count = os.process_cpu_count = lambda: 4  # who does not say how many workers gets more than two


def up(initializer: Callable | None, arguments: tuple) -> None:
    note("up")
    if initializer:
        initializer(*arguments)


def in_two(my: Learner, name: str, function: Callable, items: list, again: bool = False, **more) -> Call:
    """Make a call, and ask what must hold in every exercise of this lesson.

    again  whether a task may be done again
    """
    call = my.begin(name, function, items, **more)
    call.wait(until=lambda: noted("item") > 1)
    call.wait(seconds=0.1)
    assert call.back or noted("item") != 1 or not left(), ONE  # with nobody left, the pool was ended too soon
    there = [child for child in list(process._children) if "Manager" not in child.name and not is_gone(child.pid)]
    many = say("had {count} worker processes at the same time; expected were two. Hint: Pool(2).", count=len(there))
    assert len(there) < 3, many
    if "long" in items:
        call.wait(until=lambda: noted("item") >= len(items))
        note("waiting", "" if call.back else "x" * (len(items) - noted("item")))  # what has not begun, and does not
        call.wait(seconds=0.3)  # who waits with a limit is back
        note("go")
    call.wait()
    nothing = "sent nothing to any worker. Hint: context.Pool(2) makes a pool of two."
    assert call.error or noted("item") or noted("up") or not items or not call.back, nothing
    twice = [*(Counter(begun()) - Counter(map(repr, items)))]
    often = "called {name}({item}) more than once. Hint: once for each item."
    assert again or not twice, say(often, name=function.__name__, item="".join(twice[:1]))
    for words, hint in ERRORS:
        assert not call.raised(words), hint
    results = call.value[0] if type(call.value) is tuple and call.value else call.value
    right = call.expected[0] if type(call.expected) is tuple else call.expected
    assert type(right) is not list or same(results, right) or not same(results, AnyOrder(right)), ORDER
    return call


class Returned(Exception):
    """A result that is an exception."""

    def __eq__(self, other: object) -> bool:
        return type(other) is Returned

    __hash__ = None


TABLE = {0: None, 1: 0, 2: 7, 3: [], 4: Returned()}


@in_a_child(otherwise=HERE)
def look_up(item: object) -> object:
    """Give what stands for the item, or raise it, if it is an exception. Item 0 takes long."""
    begin(item)
    if isinstance(item, Exception):
        raise item
    if item == 0:
        pause(1)  # who waits with a limit, or not at all, is back
    return TABLE[item]


def good_results(my: Learner) -> None:
    """the good results came in the order of the items, and the errors of each kind were counted."""
    watch()
    hint = "Hint: get() of each result object, inside the with block, gives its value or raises its error; count those."
    raises = (
        "Hint: a call may raise any exception, and except Exception catches them. map raises a task's error and gives "
        "no result; apply_async gives a result object for each, whose get() raises that task's error only."
    )
    good = [None, 0, 7, [], 0, Returned()]
    for items, right, bad in (
        ([0, ValueError("no"), 1, 2, BufferError("no"), 3, 1, 4], good, 2),
        ([OSError(1), StopIteration(2), KeyError(3)], [], 3),
        ([], [], 0),
    ):
        why = hint if items else NONE
        call = in_two(my, "good_results", look_up, items, gives=(right, bad), hint=why, faster=1000)
        assert not call.error or short(call.error) not in map(short, items), raises
        comma = "Hint: no task began. (item,) with a comma is a tuple; a task stands at the top level of a file."
        assert call.error or noted("item") or call.is_right() or not call.back, comma
        assert not call.raised("TimeoutError"), LIMITS
        pair = type(call.value) is tuple and [*map(type, call.value)] == [list, int]
        kind = "Hint: return good, bad: first the list of the results, no generator, then the number of the errors."
        assert call.error or not call.back or pair, kind
        results = call.value[0] if pair else []
        waited = len(results) > 1 and all(result is None for result in results)
        assert not waited, "Hint: wait() returns None, get() the value."
        assert not same(call.value, ([], 1)) or items[0] != 0, raises
        ends = (
            "Hint: the first error ended the loop. Each get() needs a try of its own, inside the loop; of imap's "
            "results, ask next() for one in a try, once for each item."
        )
        assert not same(call.value, ([None], 1)), ends
        stop = (
            "Hint: one of the tasks raises StopIteration. That is an error like any others, not the end of the "
            "results: call next() once for each item."
        )
        assert not pair or right or results or call.value[1] not in (1, 2), stop
        equal = "Hint: an item may be there twice, and each has its result. A dict by item keeps one of them."
        assert not same(results, [*good[:4], good[5]]), equal
        fewer = 0 < len(results) < len(right)
        like = "Hint: None, 0, [], and an exception that is returned, are results like any others."
        assert not fewer or call.limits, like
        assert not call.limits or call.is_right(), LIMITS
        call.must_be_right()


@in_a_child(otherwise=HERE)
def save(item: object) -> None:
    """Save the item, or raise it when the other three are saved. One takes long.

    Leaving `with` ends a worker that still sends its result, and then may hang: CPython issues 73945 and 78178.
    """
    begin(item)
    if isinstance(item, Exception):
        wait_until(lambda: noted("saved") == 3, 2)  # in the same chunk behind this one, they never are
        pause(0.1)  # the last result is on its way
        raise item
    if item == "slow":
        pause(1)
    note("saved", repr(item))


def save_all(my: Learner) -> None:
    """all items were saved before save_all came back, and an error in a worker is an error of save_all."""
    watch()
    early = (
        "came back when not all of the four items were saved. Hint: leaving with calls terminate(), which drops what "
        "is not finished, and close() alone does not wait. Wait for all tasks inside the block, without a limit."
    )
    hint = "Hint: nobody may wait for a result that can't come any more: get() inside the with block."
    call = in_two(my, "save_all", save, [1, 2, 2, "slow"], hint=hint, faster=1000)
    equal = "called save(2) only once, for two equal items. Hint: once for each item, and a set keeps one of each."
    dropped = len(told("saved")) == 3 == len(set(told("saved"))) == noted("item")
    assert call.error or not call.back or not dropped, equal
    assert call.error or not call.back or noted("saved") == 4, early
    call.must_be_right()

    error = BufferError("no")
    hint = "Hint: an exception in a callback ends the thread that receives the results; keep it and raise it later."
    call = in_two(my, "save_all", save, [5, 5, error, 6], hint=hint, faster=1000)
    well = (
        "came back as if all were well, but save raised {error!r}; expected was that error. Hint: an exception waits "
        "in the result object until somebody calls its get()."
    )
    assert not call.back or call.error, say(well, error=error)
    other = say("Hint: expected was the error of save, {error!r}.", error=error)
    assert not call.back or short(call.error) == short(error), (call.outcome(), other)
    assert call.back, (call.outcome(), hint)

    my("save_all", save, [], gives=ANYTHING, hint=NONE).must_be_right()


@in_a_child(otherwise=HERE)
def give(item: object) -> object:
    """Give back the item; the long one when the judge says so."""
    begin(item)
    if item == "long":
        wait_until(lambda: noted("go"))
    return item


@in_a_child(otherwise=HERE)
def square(number: int) -> int:
    """Quick; only a worker's first one begins as others do."""
    if not squared:
        squared.append(number)
        begin(number)
    return number * number


squared: list[int] = []  # in a worker
sent: list[int] = []  # in the program: the length of each message since the call


def count_messages() -> None:
    """From now on what the program sends to its workers is counted."""
    for kind in connection._ConnectionBase.__subclasses__():

        def counting(self, data, send=kind._send_bytes) -> None:
            if os.environ[JUDGE] == str(os.getpid()):
                sent.append(len(data))
            send(self, data)

        kind._send_bytes = counting


def check_list(call: Call) -> None:
    lists = "Hint: map gives the list of the results, imap and map_async do not; ask for them in the with block."
    assert not call.back or call.error or type(call.value) is list, lists
    results = call.value if type(call.value) is list else []
    objects = "Hint: these are result objects, and get() of each gives its result."
    assert not any(issubclass(type(result), pool.ApplyResult) for result in results), objects
    short_one = "Hint: the items at the end are missing. The last chunk may be shorter than the others."
    assert not 0 < len(results) < len(call.expected) or not same(results, call.expected[: len(results)]), short_one


def chunks(my: Learner) -> None:
    """nothing waited behind the long task, and 2000 short ones took 20 to 100 messages."""
    watch()
    count_messages()
    hint = "Hint: map comes back by itself, if its chunksize is an integer: / makes a float, // an integer."
    idle = (
        "had another task wait behind the long one in the same chunk, while the other worker sat idle. Hint: your "
        "chunks hold more than one task; without a chunksize map makes chunks of 2."
    )
    items = ["long", None, 0, False, *range(8)]
    call = in_two(my, "few_long", give, items, gives=items, hint=hint, faster=1000)
    check_list(call)
    assert not told("waiting")[0], idle
    assert not call.limits or call.is_right(), LIMITS
    call.must_be_right()

    numbers = [number * 7 % 2000 for number in range(2000)]
    squares, said = [number * number for number in numbers], "many_short(square, [0, 7, ..., 1993])"
    sent.clear()
    call = in_two(my, "many_short", square, numbers, gives=squares, hint=hint, said=said)
    check_list(call)
    messages = sum(length > 4 for length in sent)  # without None and nothing, which end and wake a worker
    many = (
        "sent {messages} messages to the workers; expected were 20 to 100. Hint: a message carries one chunk, so put "
        "more items into each."
    )
    few = (
        "sent {messages} messages to the workers; expected were 20 to 100. Hint: a message carries one chunk, so put "
        "fewer items into each. Without a chunksize map makes about 4 for each worker."
    )
    assert not call.is_right() or messages <= 100, say(many, messages=messages)
    assert not call.is_right() or messages >= 20, say(few, messages=messages)
    call.must_be_right()


FRAGILE = {4: 40, 3: 0, 1: None, 2: False}


@in_a_child(otherwise=HERE)
def fragile(item: int) -> object:
    """Item 3 ends its worker the first two times, when the other worker has begun all others."""
    begin(item)
    if item == 3 and begun().count("3") < 3:
        wait_until(lambda: noted("item") >= 4)
        os._exit(1)
    pause(0.15)  # longer than a limit that is too short
    return FRAGILE[item]


def finish_all(my: Learner) -> None:
    """each item has its result, though one ended its worker twice, and nothing was done again without need."""
    watch()
    hint = (
        "Hint: item 3 ended its worker, and a Pool waits for that result forever. A ProcessPoolExecutor says "
        "BrokenProcessPool; with a Pool you need get(timeout=1), longer than a call, and a new pool. And 0, None and "
        "False are results like any others."
    )
    slower = 1 / Time.slowness  # a second is long enough here, too
    items, gives = list(FRAGILE), list(FRAGILE.values())
    call = in_two(my, "finish_all", fragile, items, again=True, gives=gives, hint=hint, faster=slower)
    tries, broken = begun().count("3"), call.error and "Broken" in type(call.error).__name__
    late = "Hint: this multiprocessing.TimeoutError is not the built-in TimeoutError: name it in full."
    assert not isinstance(call.error, pool.TimeoutError), late
    assert not call.error or tries < 2, (
        "Hint: a worker may die again in the new pool, so go on until each item has its result."
    )
    assert not broken, "Hint: a broken pool stays broken. Make a new one, for the items that have no result yet."
    whole = "Hint: item 3 was tried {tries} times. Go on until each item has its result, and return a list of them."
    assert call.error or not call.back or call.is_right(), say(whole, tries=tries)
    keep = (
        "called fragile({item}) again, though the first call had given its result. Hint: keep all the results that "
        "are there (executor.map loses them, submit does not), and do only the others again."
    )
    for number, (worker, item) in enumerate(runs(), 1):
        later = [text for run in runs()[number:] for text in run]
        had_its_result = worker in later  # for it went on to another item
        assert not had_its_result or item not in later, say(keep, item=item)
    call.must_be_right()

    my("finish_all", fragile, [], gives=[], hint=NONE).must_be_right()


JUDGES = {1: good_results, 2: save_all, 3: chunks, 4: finish_all}
