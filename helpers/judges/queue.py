"""Lesson 03, Queue: the judges of its exercises, and the functions that they have the learner run."""

import contextlib
import functools
import multiprocessing
import os
import re
import sys
import time
import traceback
from collections import Counter
from multiprocessing import process, queues

from helpers.judging import (
    ANYTHING,
    JUDGE,
    AnyOrder,
    Learner,
    Time,
    in_a_child,
    is_gone,
    left,
    no_traceback,
    note,
    noted,
    pause,
    prepare_time,
    run_time,
    told,
    wait_until,
)
from helpers.sentences import describe, say


class Large(bytes):
    """Far more than a pipe holds, with a short name for a sentence."""

    def __repr__(self) -> str:
        return "a megabyte"


LARGE = Large(1_000_000)


class Look:
    """How the learner's code looks at whether a process has ended, since the call."""

    seconds, number = 0.0, 0  # how long the second look may last; how many there were

    @classmethod
    def begin(cls, seconds: float) -> None:
        cls.seconds, cls.number = seconds, 0


def ends_while_looked_at() -> None:
    """From now on the second look at a process lasts until it has ended: what its queue held before is out of date."""

    def slow(look):
        def looking(self):
            if os.environ[JUDGE] == str(os.getpid()) and "Manager" not in self.name and self._popen is not None:
                Look.number += 1
                if Look.number == 2:
                    wait_until(lambda: is_gone(self.pid), Look.seconds)
            return look(self)

        return looking

    kind = process.BaseProcess
    kind.is_alive, kind.exitcode = slow(kind.is_alive), property(slow(kind.exitcode.fget))


RESULTS = {"large": LARGE, "late": None, "zero": 0}


@in_a_child
def put_result(queue, argument: str) -> None:
    """Put the result that the argument names, when the judge says so; who is late puts and ends late."""
    if not hasattr(queue, "put"):
        note("swapped")
    note("there")
    wait_until(lambda: noted("go"))
    if argument == "late":
        pause(1)  # who waits with a limit, or joins first, is back
    queue.put(RESULTS[argument])
    if argument == "late":
        pause(0.3)
        note("left")


def results_of(my: Learner) -> None:
    """all results came back, large, late and None, and all children had ended."""
    ends_while_looked_at()
    hint = "Hint: get as many results as there are children, without a limit, then join them."
    for arguments, seconds, faster in (
        (["late", "zero", "zero"], 20, 1000),
        (["large", "large"], 0, 1),
        ([], 0, 1),
    ):
        gives, number = AnyOrder(RESULTS[argument] for argument in arguments), len(arguments)
        Look.begin(seconds)
        call = my.begin("results_of", put_result, arguments, gives=gives, hint=hint, faster=faster)
        call.wait(until=lambda number=number: noted("there") >= number)
        assert not noted("swapped"), "handed over the two arguments in the other order. Hint: args=(queue, argument)."
        assert call.back or noted("there") >= number, (
            "never had all children at work at the same time. Hint: start all processes before you join any or wait "
            "for a result; and hand over args=(queue, argument)."
        )
        note("go")
        call.wait()
        assert call.back or "join" not in call.stands, (
            call.outcome(),
            "A child that has put a megabyte does not end before somebody takes it out. Hint: get first, once for each "
            "child (neither None nor empty() nor a timeout says that no more will come), then join.",
        )
        assert not call.raised("Empty"), "Hint: a result may take longer than any limit, so get() without one."
        assert type(call.value) is not list or len(call.value) >= number, (
            "Hint: each child puts one result, and two may be equal; neither None nor empty() nor a timeout says that "
            "no more will come."
        )
        late = "late" in arguments
        assert not call.is_right() or not late or noted("left"), (
            "came back while a child was still running. Hint: join each child, behind the last get, without a limit."
        )
        call.must_be_right()


WORDS = ["first", 0, "", "first"]


def check_kind(queue) -> None:
    if not isinstance(queue, queues.Queue):
        note("another-queue")


@in_a_child
def put_words(queue) -> None:
    """Put nothing for a while, then all at once, and end."""
    check_kind(queue)
    pause(0.6)  # who looks now finds nothing
    for item in [*WORDS, None]:
        queue.put(item)
    note("left")


@in_a_child
def put_large(queue) -> None:
    """Put a megabyte; a small text later, and a sentinel; and end still later."""
    check_kind(queue)
    queue.put(LARGE)
    pause(0.3)
    queue.put("y")
    queue.put(None)
    pause(0.5)  # who does not wait for the end is back
    note("left")


@in_a_child
def put_nothing(queue) -> None:
    check_kind(queue)
    queue.put(None)
    note("left")


def collect(my: Learner) -> None:
    """all results came back from a slow producer, large ones too, and nothing waited for more."""
    ends_while_looked_at()
    hint = "Hint: get until the sentinel comes, leave the loop then, for nothing comes behind it, and join at last."
    for produce, gives, seconds in ((put_words, WORDS, 20), (put_large, [LARGE, "y"], 0), (put_nothing, [], 0)):
        said = say("collect(produce), with a produce that puts {gives} and None,", gives=gives)
        Look.begin(seconds)
        call = my("collect", produce, gives=gives, hint=hint, said=said, faster=1000)
        assert not noted("another-queue"), "got a queue of another kind. Hint: keep the queue a context.Queue."
        assert call.back or "join" not in call.stands, (
            call.outcome(),
            "The child does not end before somebody takes out what it has put.",
            hint,
        )
        assert not call.raised("Empty"), (
            "Hint: the producer may take longer than any limit, so get() without a limit, or try again."
        )
        results = call.value if type(call.value) is list else gives
        assert None not in results, "gave a list with None in it. Hint: None is the sentinel, not a result."
        assert results not in (WORDS[:1], WORDS[:2], [word for word in WORDS if word]), (
            "Hint: 0 and '' are results like any other. Only None ends the loop: compare with `is not None`."
        )
        assert results != WORDS[:-1], "Hint: two results may be equal, and both count."
        assert len(results) >= len(gives), (
            "Hint: the producer is slow: it puts its first result after you have looked. empty means that nothing is "
            "there now, not that no more will come; go on until the sentinel comes."
        )
        running = bool(left())
        assert not call.is_right() or not running or noted("left"), (
            "came back before the child had ended and was joined. Hint: join it, without a limit, when the sentinel is "
            "there."
        )
        assert not call.is_right() or noted("left"), (
            "ended the child, which had more to do. Hint: only join() it, without terminate() or kill()."
        )
        call.must_be_right()


class Slow:
    """A megabyte that leaves a while after it was put: a queue makes it in its thread."""

    def __reduce__(self):
        pause(0.5)
        return Large, (bytes(LARGE),)


@in_a_child
def put_three(tasks, number: int) -> None:
    """Put 2, 1, 0 or 5, 4, 3: the last one late, and the 3 last of all."""
    note("producer", str(number))
    tasks.put(3 * number + 2)
    tasks.put(3 * number + 1)
    wait_until(lambda: noted("task") >= 4)  # nobody has anything to do
    pause(0.4 + 0.4 * number)
    tasks.put(3 * number)


@functools.cache
def begin_consumer() -> None:
    """What a consumer does before its first task; a limit with which it waits for the next is over at once."""
    if not hasattr(time.sleep, "__wrapped__"):
        prepare_time()
    run_time(1000)
    note("consumer", str(os.getpid()))
    stacks = map(traceback.walk_stack, sys._current_frames().values())  # of all threads: consume may have some
    if "consume" not in [frame.f_code.co_name for stack in stacks for frame, _ in stack]:
        note("not-in-consume")


@in_a_child
def square(task: int) -> tuple[int, object]:
    """Square a task, and bring a large result along, when three consumers do the same."""
    begin_consumer()
    wait_until(lambda: noted("consumer") >= 3)
    note("task", str(task))
    return task * task, Slow() if task == 3 else LARGE


@in_a_child
def put_many(tasks, number: int) -> None:
    """Number 0 puts 900 tasks of a kilobyte, when number 1 has ended, which puts none."""
    note("producer", str(number))
    if number == 0:
        wait_until(lambda: noted("ended-1"))
        pause(0.3)
        for task in range(900):
            tasks.put(task.to_bytes(1000, "big"))
    note(f"ended-{number}")


def remainder(task: bytes) -> int:
    if not noted("consumer"):
        pause(0.3)  # if there are too many consumers, the others begin too
    begin_consumer()
    return int.from_bytes(task, "big") % 7


@in_a_child
def put_none(tasks, number: int) -> None:
    note("producer", str(number))


def run_all(my: Learner) -> None:
    """three consumers worked at the same time, each task was done once, and all processes ended."""
    ends_while_looked_at()
    hint = (
        "Hint: a consumer ends when it has got a sentinel of its own and all that it has put was taken out. So put "
        "one for each consumer, behind the last task; get the results, up to a mark from each consumer, and join "
        "the consumers then. Leave out limits of the queues."
    )
    early = (
        "Hint: only None ends the loop, 0 is a task like any other; no sentinel may come before the last task of the "
        "last producer; and neither empty() nor a timeout says that no task will come."
    )
    is_function = getattr(getattr(my.function("consume", 3), "__code__", None), "co_name", "") == "consume"
    for produce, work, producers, consumers, gives in (
        (put_three, square, 2, 3, [(task * task, LARGE) for task in range(6)]),
        (put_many, remainder, 2, 1, [task % 7 for task in range(900)]),
        (put_none, remainder, 1, 1, []),
    ):
        why = hint if gives else ("There are no tasks.", hint)
        Look.begin(1 if produce is put_many else 0)
        call = my("run_all", produce, work, producers, consumers, gives=AnyOrder(gives), hint=why, faster=1000)
        numbers, users, done = sorted(map(int, told("producer"))), noted("consumer"), Counter(told("task"))
        assert call.back or work is not square or (numbers == [0, 1] and users >= 3), (
            "never had all processes at work at once. Hint: start all before you join any or wait for a result, with "
            "target=produce, args=(tasks, number), and target=consume, args=(tasks, results, work).",
            early,
        )
        assert call.back and call.error is None, (call.outcome(), why)
        ran = say(
            "ran produce with the numbers {numbers}; expected were {right}.", numbers=numbers, right=[*range(producers)]
        )
        assert numbers == [*range(producers)], ran
        ran = say("ran consume in {count} processes, not in {right}.", count=users, right=consumers)
        assert users <= consumers, ran
        results = call.value if type(call.value) is list else gives
        assert None not in results, "gave a list with None in it. Hint: a consumer's sentinel is not a result."
        lost = [task for task in range(6) if str(task) not in done]
        assert not lost or work is not square, (say("did nothing for the tasks {lost}.", lost=lost), early)
        often = "did a task more than once. Hint: call work(task) once for each task."
        assert max(done.values(), default=1) == 1, often
        assert 0 in results or 0 not in gives, "gave no result that is 0. Hint: 0 is a result like any other."
        fewer = say("gave {count} results; expected were {right}.", count=len(results), right=len(gives))
        assert len(results) >= len(gives), (
            fewer,
            "Hint: all tasks were done. Get results up to a mark from each consumer, then join.",
        )
        assert not call.is_right() or not left(), (
            "came back before all had ended and were joined. Hint: join each, the consumers too."
        )
        assert not (is_function and noted("not-in-consume")), (
            "called work, but not in consume. Hint: consume is what each consumer runs: target=consume, "
            "args=(tasks, results, work)."
        )
        call.must_be_right()


def act(items: list, code: int | None, queue) -> None:
    """Put the items when the judge says so, and end with this exit code; if it is None, live on."""
    no_traceback()
    me = os.getpid()
    note("ready", str(me))
    wait_until(lambda: noted(f"go-{me}"))
    for item in items:
        queue.put(item)
    queue.close()
    queue.join_thread()  # nothing is on its way any more
    note(f"put-{me}")
    if code is None:
        wait_until(lambda: noted("leave"))
        note("left")
    elif code < 0:
        os.kill(me, -code)
    else:
        sys.exit(code)


def first_of(my: Learner) -> None:
    """the item came back when there was one, and a dead process was noticed, whatever its exit code."""
    ends_while_looked_at()
    poll = "Hint: get with a timeout, again and again; when nothing came, see whether the process has ended."
    ended = "It has ended, and nothing will come any more. exitcode is None while it runs, 0 is an end too."
    there = (
        "An item counts, whatever it is, and also if the process has ended since. Hint: return at once what get gives; "
        "and look once more into the queue when you know that the process has ended."
    )
    alive = (
        "The process puts an item when you have found nothing, and then has more to do: do not wait for its end, nor "
        "pause for a second. While it is alive, try again, and return the first item at once, whatever it is."
    )
    dies = -9 if os.name == "posix" else 37  # killed, or exits
    context, fast, slow, partners = multiprocessing.get_context("spawn"), 1000, 0.2 / Time.slowness, []
    for what, items, code, faster, hint in (
        ("ends after a while and puts nothing", [], dies, fast, (ended, poll)),
        ("has ended with exit code 0 before the call, and has put nothing", [], 0, fast, (ended, poll)),
        ("puts 0 and then 1, and then lives on", [0, 1], None, slow, (alive, poll)),
        ("puts None between two looks and ends at once, with exit code 1", [None], 1, fast, there),
        ("has put '' and 'x' and ended before the call", ["", "x"], 0, fast, there),
    ):
        queue = context.Queue()
        child = context.Process(target=act, args=(items, code, queue), daemon=True)
        child.start()
        partners.append((what, items, code, faster, hint, queue, child, child.pid))
    wait_until(lambda: noted("ready") == len(partners))
    for what, items, code, faster, hint, queue, child, pid in partners:
        if code == 0:
            note(f"go-{pid}")
            wait_until(lambda pid=pid: is_gone(pid))
        said = say("first_of(queue, process), with a process that {what},", what=(what,))
        gives = items[0] if items else ANYTHING
        Look.begin(20 if code == 1 else 0)
        call = my.begin("first_of", queue, child, gives=gives, hint=hint, said=said, faster=faster)
        call.wait(until=lambda code=code: code == 1 and Look.number > 1, seconds=0.5)  # somebody looks, or gave up
        assert not call.back or code == 0 or noted(f"put-{pid}"), (call.outcome(), alive, poll)
        note(f"go-{pid}")
        call.wait()
        note("leave")
        assert call.back, (call.outcome(), hint)
        with contextlib.suppress(ValueError):  # closed, so it had been joined
            child.join()
        assert code is not None or noted("left"), "ended a process that was to live on. Hint: leave it alone."
        raises = "Hint: nothing will come any more. Catch Empty, and raise RuntimeError, with the exit code."
        assert items or issubclass(type(call.error), RuntimeError), raises
        text = say("The exit code {code} is not in its text.", code=code)
        found = re.search(rf"(?<!\d){code}(?!\d)", describe(call.error)) if call.error else None
        assert items or found, (call.outcome(), text)
        assert not items or call.is_right(), (call.outcome(), hint)


JUDGES = {1: results_of, 2: collect, 3: run_all, 4: first_of}
