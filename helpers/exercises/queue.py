"""Lesson 03, Queue: the judges of its exercises, and the functions, the queue and the process that they hand over."""

import contextlib
import functools
import itertools
import multiprocessing
import os
import re
import signal
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from multiprocessing import queues
from multiprocessing.process import BaseProcess
from queue import Empty

from helpers.judge import (
    ANYTHING,
    REFEREE,
    AnyOrder,
    Call,
    Case,
    Judge,
    Learner,
    Stuck,
    is_gone,
    left,
    must_be_in_a_child,
    no_limit_is_enough,
    no_traceback,
    note,
    noted,
    told,
    wait_for,
    wait_until,
)


class Large(bytes):
    """Far more than a pipe holds, with a short name for a sentence."""

    def __repr__(self) -> str:
        return "a megabyte"


LARGE = Large(1_000_000)
LOOKING = threading.Lock()  # held while the learner looks into a queue, or by a judge who lets nobody look meanwhile


def begin(what: str = "", text: str = "") -> None:
    """What each partner does first; with another note, if there is more to say."""
    must_be_in_a_child()
    note("begun", str(os.getpid()))
    note(what or "partner", text)
    no_traceback()


def wait_longer_for(word: str) -> None:
    """Wait for a note of the judge, and then a while, in which a wrong answer can show that it is wrong."""
    wait_for(word)
    time.sleep(0.3)


def conduct(run: Call, *steps: tuple[Callable[[], object], str]) -> None:
    """Wait for each condition, then note the word for the partners; or "stuck", if nothing moves any more."""
    for condition, word in [*steps, (lambda: noted("begun") and not left()[0], "all have ended")]:
        try:
            reached = run.reaches(condition)
        except Stuck:
            note("stuck", word)
            raise
        if reached:
            note(word)


def hold_a_look(run: Call, word: str, children: int, seconds: float = 5) -> None:
    """Let so many children put and end, at this word, while somebody looks, whose look has found nothing.

    seconds  how long to wait for their end; some programs look before they have put what the children wait for
    """
    run.reaches(lambda: noted("begun") >= children)
    run.until(lambda: noted("looked"), 1.5)  # who looks in another way is not seen
    note(word)
    run.until(lambda: all(is_gone(int(pid)) for pid in told("begun")), seconds)
    note("late")
    conduct(run)


def no_wait_is_enough() -> None:
    """In the referee, from now on: a limit of get(), or a pause, ends at once, as if all others took longer.

    The first look into a queue is noted. If it finds nothing and the judge has noted "hold", it comes back when the
    judge has noted "late": what it says is then no longer true.
    """
    get, empty, qsize = queues.Queue.get, queues.Queue.empty, queues.Queue.qsize
    sleep, referee = time.sleep, os.getpid()

    def look(in_vain: bool) -> None:
        if not noted("looked"):
            note("looked")
            wait_until(lambda: noted("late") or not (in_vain and noted("hold")), 20)

    def hasty_get(self, block: bool = True, timeout: float | None = None):
        if os.getpid() != referee:
            return get(self, block, timeout)
        try:
            if block and timeout is None:
                look(in_vain=False)
                return get(self)
            with LOOKING:
                return get(self, block, timeout and min(timeout, 0.02))
        except Empty:
            look(in_vain=True)
            raise

    def watched_empty(self) -> bool:
        if os.getpid() != referee:
            return empty(self)
        with LOOKING:
            nothing = empty(self)
        look(in_vain=nothing)
        return nothing

    def watched_qsize(self) -> int:
        if os.getpid() != referee:
            return qsize(self)
        with LOOKING:
            size = qsize(self)
        look(in_vain=not size)
        return size

    queues.Queue.get, queues.Queue.empty, queues.Queue.qsize = hasty_get, watched_empty, watched_qsize
    time.sleep = lambda seconds: sleep(min(seconds, 0.1) if os.getpid() == referee else seconds)


def no_limit_is_enough_here() -> None:
    """In a child: a get() with a limit finds nothing at once, as if all others took longer."""
    get = queues.Queue.get

    def hasty_get(self, block: bool = True, timeout: float | None = None):
        return get(self, block, timeout and min(timeout, 0.02))

    queues.Queue.get = hasty_get


if os.environ.get(REFEREE, str(os.getpid())) != str(os.getpid()):
    no_limit_is_enough_here()


class OfQueues(Judge):
    """The judge of an exercise in which no limit and no pause is long enough."""

    def __call__(self, learner: Learner) -> str:
        no_wait_is_enough()  # before the learner's file is imported, which may do `from time import sleep`
        return super().__call__(learner)


RESULTS = {"large": LARGE, "late": None, "late and large": LARGE, "zero": 0}


def put_result(queue, argument: str) -> None:
    """Put the result that the argument names when all are there; who is late puts it last, and ends when waited for."""
    begin()
    wait_for("all are there")
    late = "late" in argument
    if late:
        wait_longer_for("others put")
    else:
        note("puts")  # not behind put(): who has a SimpleQueue for each child lets a large result wait
    queue.put(RESULTS[argument])
    if late:
        note("puts")
        wait_for("all put")
        note("left")


class Results(OfQueues):
    function = "results_of(function, arguments)"
    right = "all results came back, large, late and None, and all children had ended."

    def cases(self) -> Iterator[Case]:
        hint = "Hint: get as many results as there are children, then join them."
        for arguments, before, lead in (
            (["late", "zero", "zero"], no_limit_is_enough, self.lead),
            (["late and large", "large", "large"], None, self.lead),
            (["zero", "zero"], lambda: note("hold"), functools.partial(hold_a_look, word="all are there", children=2)),
            ([], None, None),
        ):
            gives = AnyOrder(RESULTS[argument] for argument in arguments)
            yield Case((put_result, arguments), gives, hint, before=before, meanwhile=lead)

    def lead(self, run: Call) -> None:
        number = len(run.case.gives)
        conduct(
            run,
            (lambda: noted("begun") >= number, "all are there"),
            (lambda: noted("puts") >= number - 1, "others put"),
            (lambda: noted("puts") >= number and run.rests(0.2), "all put"),
        )

    def must(self, run: Call) -> Iterator[tuple[object, str]]:
        number, what = len(run.case.gives), run.outcome()
        hint = "Hint: start all processes before you join any or wait for a result."
        yield "all are there" not in told("stuck"), f"never had all children at work at the same time. {hint}"
        hint = (
            "A child that has put a megabyte does not end before somebody takes it out. Hint: get first, once for each "
            "child (neither None nor empty() nor a timeout says that no more will come), then join."
        )
        yield run.back or "join" not in run.stands, f"{what} {hint}"
        hint = "Hint: each child puts one result: neither None nor empty() nor a timeout says that no more will come."
        yield type(run.value) is not list or len(run.value) >= number, f"{what} {hint}"
        hint = "Hint: join each child, behind the last get."
        late = any("late" in argument for argument in run.case.arguments[1])
        yield not run.is_right() or not late or noted("left"), f"came back while a child was still running. {hint}"
        yield not run.is_right() or len(set(told("begun"))) == number, f"did not use {number} processes."


WORDS = ["first", 0, "", "last"]


def produce(queue) -> None:
    """What each `produce` does first."""
    begin()
    if not isinstance(queue, queues.Queue):
        note("another queue")


def put_words(queue) -> None:
    """Put words and a sentinel when the judge says so, and end."""
    produce(queue)
    wait_for("go")
    for item in [*WORDS, None]:
        queue.put(item)


def put_large(queue) -> None:
    """Put a megabyte; a small text later, and a sentinel; and end still later."""
    produce(queue)
    queue.put(LARGE)
    time.sleep(0.3)
    queue.put("y")
    queue.put(None)
    time.sleep(0.5)  # who does not wait for the end is back
    note("left")


def put_nothing(queue) -> None:
    produce(queue)
    note("left")
    queue.put(None)


class Collect(OfQueues):
    function = "collect(produce)"
    right = "all results came back from a slow producer, large ones too, and nothing waited for more."

    def cases(self) -> Iterator[Case]:
        hint = "Hint: get until the sentinel comes, leave the loop then, for nothing comes behind it, and join at last."
        for function, gives, before, lead in (
            (put_words, WORDS, lambda: note("hold"), functools.partial(hold_a_look, word="go", children=1)),
            (put_large, [LARGE, "y"], no_limit_is_enough, conduct),
            (put_nothing, [], None, conduct),
        ):
            said = f"collect(produce), with a produce that puts {gives} and None,"
            yield Case((function,), gives, hint, said, before=before, meanwhile=lead)

    def must(self, run: Call) -> Iterator[tuple[object, str]]:
        results = run.value if type(run.value) is list else run.case.gives
        yield not noted("another queue"), "got a queue of another kind. Hint: keep the queue a context.Queue."
        joins = "The child does not end before somebody takes out what it has put."
        yield run.back or "join" not in run.stands, f"{run.outcome()} {joins} {run.hint}"
        yield None not in results, "gave a list with None in it. Hint: None is the sentinel, not a result."
        hint = "Hint: 0 and '' are results like any other. Only None ends the loop: compare with `is not None`."
        false = results in (WORDS[:1], WORDS[:2], [word for word in WORDS if word])
        yield not false, f"{run.outcome()} {hint}"
        hint = (
            "The producer is slow: it puts its first result after you have looked. Hint: empty means that nothing is "
            "there now, not that no more will come; go on until the sentinel comes."
        )
        yield len(results) >= len(run.case.gives), f"{run.outcome()} {hint}"
        hint = "Hint: join it when the sentinel is there."
        ended = not any(left()) and (noted("left") or results == WORDS)
        yield not run.is_right() or ended, f"came back before the child had ended and was joined. {hint}"


class Slow:
    """A megabyte that leaves a while after it was put: a queue makes it in its thread."""

    def __reduce__(self):
        time.sleep(0.5)
        return Large, (bytes(LARGE),)


def put_three(tasks, number: int) -> None:
    """Put 2, 1, 0 or 5, 4, 3: the first two when all processes are there, the last when those are done, the 3 last."""
    begin("producer", str(number))
    wait_for("all are there")
    tasks.put(3 * number + 2)
    tasks.put(3 * number + 1)
    wait_longer_for("0 has ended" if number else "first tasks done")
    tasks.put(3 * number)
    if isinstance(tasks, queues.Queue):  # others have no thread
        tasks.close()
        tasks.join_thread()
    note(f"{number} has ended")


def begin_work() -> None:
    """What `work` does first."""
    begin("consumer", str(os.getpid()))
    stacks = map(traceback.walk_stack, sys._current_frames().values())  # of all threads: consume may have some
    if "consume" not in [frame.f_code.co_name for stack in stacks for frame, _ in stack]:
        note("not in consume")


def square(task: int) -> tuple[int, object]:
    """Square a task, and bring a large result along, when all consumers do the same."""
    begin_work()
    wait_for("all consumers work")
    note("task", str(task))
    return task * task, Slow() if task == 3 else LARGE


def put_many(tasks, number: int) -> None:
    """Number 0 puts 900 tasks, when number 1 has ended, which puts none."""
    begin("producer", str(number))
    if number == 0:
        wait_longer_for("1 has ended")
        for task in range(900):
            tasks.put(task)
    note(f"{number} has ended")


@functools.cache
def begin_consumer() -> None:
    begin_work()
    time.sleep(0.3)  # if there are too many consumers, the others begin too
    wait_for("go")


def remainder(task: int) -> int:
    begin_consumer()
    return task % 7


def put_none(tasks, number: int) -> None:
    begin("producer", str(number))


class RunAll(OfQueues):
    function = "run_all(produce, work, producers, consumers)"
    right = "three consumers worked at the same time, each task was done once, and all processes ended."

    def __call__(self, learner: Learner) -> str:
        code = getattr(learner.function("consume", 3), "__code__", None)
        self.is_seen = code is not None and code.co_name == "consume"  # not when it is a partial, say
        return super().__call__(learner)

    def cases(self) -> Iterator[Case]:
        hint = (
            "Hint: a consumer ends when it has got a sentinel of its own and all that it has put was taken out. So put "
            "one for each consumer, behind the last task; get the results, up to a mark from each consumer, and join "
            "the consumers then. Leave out limits of the queues."
        )
        squares = AnyOrder((task * task, LARGE) for task in range(6))
        yield Case((put_three, square, 2, 3), squares, hint, before=no_limit_is_enough, meanwhile=self.lead)
        rest = AnyOrder(task % 7 for task in range(900))
        lead = functools.partial(hold_a_look, word="go", children=3, seconds=1.5)
        yield Case((put_many, remainder, 2, 1), rest, hint, before=lambda: note("hold"), meanwhile=lead)
        yield Case((put_none, remainder, 1, 1), [], f"There are no tasks. {hint}", meanwhile=conduct)

    def lead(self, run: Call) -> None:
        """Have all work at the same time; hold the last tasks back until nobody has anything to do."""
        conduct(
            run,
            (lambda: noted("producer") >= 2 and len(left()[0]) >= 5, "all are there"),
            (lambda: len(set(told("consumer"))) >= 3, "all consumers work"),
            (lambda: noted("task") >= 4, "first tasks done"),
            (lambda: noted("task") >= 6, "all tasks done"),
        )

    def must(self, run: Call) -> Iterator[tuple[object, str]]:
        _, work, producers, consumers = run.case.arguments
        done, stuck, number = Counter(map(int, told("task"))), told("stuck"), len(run.case.gives)
        numbers = sorted(map(int, told("producer")))
        which = "Hint: target=produce, args=(tasks, number)."
        yield (
            numbers == [n for n in range(producers) if n in numbers],
            f"ran produce with the numbers {numbers}. {which}",
        )
        hint = (
            "Hint: start all, with target=consume, args=(...), before you join any or wait for a result; no sentinel "
            "may come before the last task of the last producer; and neither empty() nor a timeout says that no task "
            "will come."
        )
        yield not {"all are there", "all consumers work"} & {*stuck}, f"never had all processes at work at once. {hint}"
        hint = f"Nothing moved any more; {len(done)} of 6 tasks were done. {run.hint}"
        yield not stuck or work is not square, f"{run.outcome()} {hint}"
        yield run.back and run.error is None, run.hint
        users = len(set(told("consumer")))
        yield len(numbers) == producers, f"ran produce in {len(numbers)} processes, not in {producers}. {which}"
        yield users <= consumers, f"ran consume in {users} processes, not in {consumers}."
        results = run.value if type(run.value) is list else run.case.gives
        yield None not in results, "gave a list with None in it. Hint: a consumer's sentinel is not a result."
        lost = [task for task in range(6) if task not in done]
        hint = (
            "Hint: only None ends the loop, 0 is a task like any other; no sentinel may come before the last task of "
            "the last producer; and neither empty() nor a timeout says that no task will come."
        )
        yield not lost or work is not square, f"did nothing for the tasks {lost}. {hint}"
        hint = "Hint: call work(task) once for each task."
        yield max(done.values(), default=1) == 1, f"did a task more than once. {hint}"
        hint = "Hint: all tasks were done. Get results up to a mark from each consumer, then join."
        yield len(results) >= number, f"gave {len(results)} results; expected were {number}. {hint}"
        hint = "Hint: join each, the consumers too."
        yield not run.is_right() or not any(left()), f"came back before all had ended and were joined. {hint}"
        hint = "Hint: consume is what each consumer runs: target=consume, args=(tasks, results, work)."
        yield not (self.is_seen and noted("not in consume")), f"called work, but not in consume. {hint}"


def act(what: str, items: list, code: int | None, queue) -> None:
    """Put the items when the judge says so, and end with this exit code; if it is None, live on."""
    begin()
    wait_for(what)
    for item in items:
        queue.put(item)
        time.sleep(0.05)  # who looks now would find the first item and not the second
    queue.close()
    queue.join_thread()  # nothing is on its way any more
    if code is None:
        note("put")
        wait_for("leave")
        note("left")
    elif code < 0:
        os.kill(os.getpid(), -code)
    else:
        sys.exit(code)


def join_is_long() -> None:
    """In the referee, from now on: join(limit), unless it is short, takes as long as the process."""
    join = BaseProcess.join

    def long_join(self, timeout: float | None = None) -> None:
        join(self, timeout if timeout is None or timeout < 0.5 else None)

    BaseProcess.join = long_join


class FirstOf(OfQueues):
    function = "first_of(queue, process)"
    right = "the item came back when there was one, and a dead process was noticed, whatever its exit code."

    def cases(self) -> Iterator[Case]:
        poll = "Hint: get with a timeout, again and again; when nothing came, see whether the process has ended"
        ended = (
            f"It has ended, and nothing will come any more. {poll}: exitcode is None while it runs, 0 is an end too."
        )
        there = (
            "An item counts, whatever it is, and also if the process has ended since. Hint: return at once what get "
            "gives; and look once more into the queue when you know that the process has ended."
        )
        alive = (
            "The process puts an item when you have found nothing, and then has more to do: do not wait for its end. "
            f"{poll}. While it is alive, try again, and return the first item at once, whatever it is."
        )
        context, self.partners = multiprocessing.get_context("spawn"), (partners := [])
        for what, items, code, early, hint in (
            ("exits with 37 and puts nothing", [], 37, False, ended),
            ("has ended with exit code 0 before the call, and has put nothing", [], 0, True, ended),
            ("is slow to put 0 and then 1, and then lives on", [0, 1], None, False, alive),
            ("puts None between two looks and ends at once, with exit code 1", [None], 1, False, there),
            ("has put '' and ended before the call", [""], 0, True, there),
            *([("is killed", [], -signal.SIGKILL, False, ended)] if os.name == "posix" else []),
        ):
            queue = context.Queue()
            process = context.Process(target=act, args=(what, items, code, queue), daemon=True)
            partners.append((what, items, code, early, hint, queue, process))
        for self.what, self.items, self.code, self.early, hint, queue, self.process in partners:
            said = f"first_of(queue, process), with a process that {self.what},"
            arguments, gives = (queue, self.process), self.items[0] if self.items else ANYTHING
            yield Case(arguments, gives, hint, said, before=self.begin, meanwhile=self.lead)

    def begin(self) -> None:
        """Start all processes, at first; end this one, if it is to end before the call."""
        if self.process.pid is None:
            join_is_long()
            for *_, process in self.partners:
                process.start()
            wait_until(lambda: noted("begun") == len(self.partners), 60, 0.05)
        self.pid = self.process.pid  # the learner's code may close the process
        note("hold")
        if self.early:
            note(self.what)
            wait_until(lambda: is_gone(self.pid), 60)

    def lead(self, run: Call) -> None:
        """Let the process go on while somebody looks into the queue, whose look has found nothing."""
        run.until(lambda: noted("looked"), 1.0)  # who looks in another way is not seen
        if self.code is None:
            note("late")
            run.wait(0.5)  # who does not look again is back
            with LOOKING:  # until all items are there
                note(self.what)
                run.until(lambda: noted("put") or is_gone(self.pid))
        else:
            note(self.what)
            run.until(lambda: is_gone(self.pid))
            note("late")

    def must(self, run: Call) -> Iterator[tuple[object, str]]:
        yield run.back, run.hint
        for word in (self.what, "leave"):
            note(word)
        with contextlib.suppress(ValueError):  # closed, so it had been joined
            self.process.join()
        yield self.code is not None or noted("left"), "ended a process that was to live on. Hint: leave it alone."
        if not self.items:
            hint = "Hint: nothing will come any more. Catch Empty, and raise RuntimeError, with the exit code."
            yield isinstance(run.error, RuntimeError), hint
            hint = f"{run.outcome()} The exit code {self.code} is not in its text."
            yield re.search(rf"(?<!\d){self.code}(?!\d)", str(run.error)), hint

    def common(self, run: Call) -> Iterator[tuple[object, str]]:
        """Nothing of processes, for only the judge starts some."""
        return itertools.islice(super().common(run), 1 if self.items else 0)


JUDGES = {1: Results(), 2: Collect(), 3: RunAll(), 4: FirstOf()}
