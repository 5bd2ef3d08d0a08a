"""Lesson 03, Queue: the judges of its exercises, and the functions and the queue that they have the learner use."""

import functools
import multiprocessing
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from multiprocessing import queues
from queue import Empty

from helpers.judge import Call, Learner, Wrong, expect, must_be_in_a_child, note, noted, short, told, wait_until

PATIENCE = 2.0  # seconds for a call to return, counted from when nobody but itself can hold it up
BIG = 1_000_000  # bytes; far more than a pipe holds
SIZES = [10, BIG, BIG]
WORDS = ["first", 0, "", "last"]
LARGE = ["x" * BIG, "y"]
PRODUCERS, CONSUMERS = 2, 3
TASKS = list(range(6))
LATE = 3  # the task whose result comes last


def put_bytes(queue, size: int) -> None:
    """Put so many bytes when the other children have begun too, few well after many; end a little later."""
    must_be_in_a_child()
    note("begun")
    if not wait_until(lambda: noted("alone") or noted("begun") == len(SIZES), 3):
        note("alone")
    if size < BIG:
        time.sleep(1.5)
    queue.put(bytes(size))
    note("put")
    time.sleep(0.3)


def put_number(queue, number: int) -> None:
    must_be_in_a_child()
    queue.put(number)
    note("number")


def put_words(queue) -> None:
    """Put words and a sentinel, half a second after somebody has looked into the queue and found nothing."""
    must_be_in_a_child()
    if not isinstance(queue, queues.Queue):
        note("another queue")
    wait_until(lambda: noted("asked"), 2)
    time.sleep(0.5)
    for item in [*WORDS, None]:
        queue.put(item)
    note("words put")


def put_large(queue) -> None:
    """Put a large text at once, and a small one and a sentinel half a second later; end a little later."""
    must_be_in_a_child()
    queue.put(LARGE[0])
    note("large put")
    time.sleep(0.5)
    queue.put(LARGE[1])
    queue.put(None)
    time.sleep(0.3)


def put_three(tasks, number: int) -> None:
    """Put 2, 1, 0 or 5, 4, 3 and so on: the first a while after all are started, the last when all consumers work."""
    must_be_in_a_child()
    note("producer", str(number))
    if not wait_until(lambda: noted("all started"), 3):
        note("alone")
    time.sleep(0.5)
    for task in reversed(range(3 * number, 3 * number + 3)):
        if task % 3 == 0:
            wait_until(all_consumers_work, 1.5)
        tasks.put(task)


def square(task: int) -> tuple[int, object]:
    """Square a task, and bring a large result along. Before that, wait until all consumers do the same."""
    must_be_in_a_child()
    note("consumer", str(os.getpid()))
    if not wait_until(lambda: noted("alone") or all_consumers_work(), 3):
        note("alone")
    if task == LATE:
        time.sleep(0.8)  # so that the other consumers end first
    note("task", str(task))
    return task * task, Slow() if task == LATE else bytes(BIG // 5)


class Slow:
    """Large bytes, which leave a while after they were put: a queue makes them in its thread."""

    def __reduce__(self):
        time.sleep(0.7)
        return bytes, (BIG // 5,)


def all_consumers_work() -> bool:
    return len(set(told("consumer"))) >= CONSUMERS


def put_and_stay(go, queue) -> None:
    """Put 0, more than a second after `go` is set, then live on."""
    must_be_in_a_child()
    go.wait()
    time.sleep(1.3)
    queue.put(0)
    time.sleep(60)


def put_and_end(go, queue) -> None:
    """Put None once `go` is set, then end."""
    must_be_in_a_child()
    go.wait()
    queue.put(None)


def die(code: int, go, queue) -> None:
    """End without putting anything, with this exit code."""
    must_be_in_a_child()
    sys.exit(code)


def stuck(call: Call, ready: Callable[[], object]) -> str:
    """Wait for a call; '' when it is back, and if it can't come back a sentence with the line where it stands.

    ready  says when all that the call has to wait for has happened; from then on it has PATIENCE seconds
    """
    while not call.wait(0.02) and not ready():
        pass
    if call.wait(PATIENCE):
        return ""
    line = call.line()
    return f"{call.said} did not come back{f'; it stood in the line {line}' if line else ''}."


def must_be_parallel(said: str) -> None:
    if noted("alone"):
        raise Wrong(
            f"with {said}, there was never a time when all processes were at work. "
            "Hint: start all processes before you join any or wait for a result."
        )


def judge_results_of(learner: Learner) -> str:
    must_bring_bytes(learner)
    hint = "Hint: as many arguments as there are, so many children and results."
    for numbers in ([4, 4], []):
        call = learner.begin("results_of", put_number, numbers, hint=hint)
        if sentence := stuck(call, lambda numbers=numbers: noted("number") >= len(numbers)):
            raise Wrong(f"{sentence} {hint}")
        expect(call.said, call.result(), numbers, hint)
    return "three results came back, two of them too large for a pipe, and all children had ended."


def must_bring_bytes(learner: Learner) -> None:
    hint = "Hint: get as many results as there are children, then join them."
    call = learner.begin("results_of", put_bytes, SIZES, hint=hint)
    said = call.said

    def ready() -> bool:
        must_be_parallel(said)
        return noted("put") == len(SIZES)

    if sentence := stuck(call, ready):
        why = f"All children have put their result. {hint}"
        if "join" in sentence:
            why = (
                "A child that has put a megabyte does not end before somebody takes it out. Hint: get first, once "
                "for each child (empty() does not know of results that are still to come), then join."
            )
        raise Wrong(f"{sentence} {why}")
    got, left = call.result(), multiprocessing.active_children()
    if not isinstance(got, list) or any(type(result) is not bytes for result in got):
        raise Wrong(f"{said} gave {short(got)}; expected was a list of what the children have put.")
    if len(got) < len(SIZES):
        hint = "Hint: each child puts one result. Neither empty() nor a short timeout says that no more will come."
    lengths = sorted(len(result) for result in got)
    expect(f"{said}, in bytes for each result,", lengths, sorted(SIZES), hint)
    if left:
        raise Wrong(f"{said} came back while a child was still running. Hint: join each child, behind the last get.")


def watch_questions() -> None:
    """From now on, note the first look into a queue; it is back when the child has ended, and so is out of date."""

    def watching(method):
        def look(self, *args, **kwargs):
            if noted("asked"):
                return method(self, *args, **kwargs)
            note("asked")
            try:
                return method(self, *args, **kwargs)
            finally:
                wait_until(lambda: not multiprocessing.active_children(), 3)

        return look

    queues.Queue.get, queues.Queue.empty = watching(queues.Queue.get), watching(queues.Queue.empty)


def judge_collect(learner: Learner) -> str:
    watch_questions()
    must_collect(learner, put_words, WORDS, f"{WORDS}", lambda: noted("words put"))
    must_collect(learner, put_large, LARGE, "[a megabyte of text, 'y']", lambda: noted("large put"))
    return "all results came back from a slow producer, and nothing waited for more."


def must_collect(learner: Learner, produce: Callable, results: list, what: str, ready: Callable[[], object]) -> None:
    said = f"collect(produce), with a produce that puts {what} and None,"
    hint = "Hint: get until the sentinel comes, then join."
    call = learner.begin("collect", produce, said=said, hint=hint)
    sentence = stuck(call, ready)
    if noted("another queue"):
        raise Wrong(f"{said} got a queue of another kind. Hint: keep the queue a context.Queue.")
    if sentence:
        why = "Nothing comes behind the sentinel: when None is there, leave the loop."
        if "join" in sentence:
            why = "The child does not end before somebody takes out what it has put."
        raise Wrong(f"{sentence} {why} {hint}")
    got, left = call.result(), multiprocessing.active_children()
    if not isinstance(got, list):
        raise Wrong(f"{said} gave {short(got)}; expected was a list.")
    if None in got:
        raise Wrong(f"{said} gave a list with None in it. Hint: None is the sentinel, not a result.")
    if got == WORDS[:1]:
        hint = "Hint: 0 and '' are results like any other. Only None ends the loop: compare with `is not None`."
    elif len(got) < len(results):
        hint = (
            "The producer is slow: it puts its first result half a second after you have looked. Hint: empty "
            "means that nothing is there now, not that no more will come; go on until the sentinel comes."
        )
    if results is LARGE and got != results:
        raise Wrong(f"{said} gave {len(got)} results; expected were those 2. {hint}")
    expect(said, got, results, hint)
    if left:
        raise Wrong(f"{said} came back while the child was still running. Hint: join it when the sentinel is there.")


def judge_run_all(learner: Learner) -> str:
    hint = "Hint: one sentinel for each consumer, behind the last task, and one from each consumer, behind its results."
    learner.function("consume", 3)
    said = f"run_all(produce, square, {PRODUCERS}, {CONSUMERS})"
    call = learner.begin("run_all", put_three, square, PRODUCERS, CONSUMERS, said=said, hint=hint)
    began, had_children, notes, noted_at = time.monotonic(), False, 0, 0.0

    def ready() -> bool:
        """All tasks are done, or no child is left, or even comes, that could do one."""
        nonlocal had_children, notes, noted_at
        must_be_parallel(said)
        if noted() > notes:
            notes, noted_at = noted(), time.monotonic()
        alive = len(multiprocessing.active_children())
        if alive == 0:
            return had_children or time.monotonic() > began + 3
        had_children = True
        if alive >= PRODUCERS + CONSUMERS and not noted("all started"):
            note("all started")
        tasks = len(done())
        if tasks < len(TASKS) and noted("consumer") and time.monotonic() > noted_at + 2.5:
            raise Wrong(
                f"with {said}, nothing moved after {tasks} of {len(TASKS)} tasks. Hint: with limits, producers wait "
                "for room in tasks, and consumers for room in results. So get results before you put a sentinel or "
                "join a producer, or leave out the limit."
            )
        return tasks == len(TASKS)

    sentence = stuck(call, ready)
    must_be_parallel(said)
    if sentence and not had_children:
        raise Wrong(
            f"{sentence} It had no child until then. Hint: target=consume, args=(...) hands the function over, "
            "target=consume(...) calls it at once; and start() starts a process."
        )
    if sentence:
        raise Wrong(f"{sentence} {why_stuck(sentence)}")
    got, left = call.result(), multiprocessing.active_children()
    if isinstance(got, list) and None in got:
        raise Wrong(f"{said} gave a list with None in it. Hint: a consumer's sentinel is not a result.")
    if not isinstance(got, list) or any(type(result) is not tuple for result in got):
        raise Wrong(f"{said} gave {short(got)}; expected was a list of what square returned for each task.")
    numbers = sorted(map(int, told("producer")))
    if numbers != list(range(PRODUCERS)):
        raise Wrong(f"with {said}, produce ran with the numbers {numbers}. Hint: target=produce, args=(tasks, number).")
    if lost := [task for task in TASKS if task not in done()]:
        hint = (
            "Hint: no sentinel may come before the last task of the last producer, for it ends a consumer; and "
            "neither empty() nor a timeout says that no more will come."
        )
        if lost == [0]:
            hint = "Hint: 0 is a task like any other. Only None ends the loop: compare with `is not None`."
        raise Wrong(f"with {said}, nobody worked on the tasks {lost}. {hint}")
    if max(done().values()) > 1:
        raise Wrong(f"with {said}, a task was worked on more than once. Hint: call work(task) once for each task.")
    if len(got) < len(TASKS):
        hint = "All tasks were done. Hint: get results up to a sentinel from each consumer, then join."
    expect(f"{said}, sorted,", sorted(result[0] for result in got), [task * task for task in TASKS], hint)
    if left:
        raise Wrong(f"{said} came back while a process was still running. Hint: join the consumers too.")
    return "three consumers worked at the same time, each task was done once, and all processes ended."


def done() -> Counter:
    """How often each task was done."""
    return Counter(map(int, told("task")))


def why_stuck(sentence: str) -> str:
    tasks, alive = len(done()), len(multiprocessing.active_children())
    if tasks < len(TASKS):
        return f"Its processes ended with {tasks} of {len(TASKS)} tasks done. Hint: did a consumer end early, or fail?"
    if "join" in sentence:
        return (
            f"All tasks were done, but {alive} of its processes had not ended. Hint: a consumer ends when it has got a "
            "sentinel of its own and all that it has put was taken out. So get the results first, up to a sentinel "
            "from each consumer, then join."
        )
    if alive:
        return (
            f"{alive} of its processes waited for more. Hint: a sentinel ends only one, so put one for each consumer."
        )
    return "Nobody will send any more. Hint: let each consumer put a sentinel behind its last result, and count them."


class Watched:
    """A queue that shows the moments when a queue is hard to read, and the process that puts into it.

    The first look into it finds nothing. The process puts its item after that look; one that ends has put it, and
    ended, before the learner's next line.
    """

    def __init__(self, function: Callable):
        context = multiprocessing.get_context("spawn")
        self.real, self.go = context.Queue(), context.Event()
        self.process = context.Process(target=function, args=(self.go, self.real), daemon=True)
        self.process.start()
        self.ends = function is not put_and_stay  # the process ends by itself
        self.first = True  # nobody has looked yet
        self.taken = False  # somebody got the item
        self.no_limit: threading.Thread | None = None  # who waits in get() without a timeout

    def __getattr__(self, name):
        if name in ("_reader", "qsize"):  # to wait for it, or to count, is a look too
            self.first = False
            self.go.set()
        return getattr(self.real, name)

    def get(self, block: bool = True, timeout: float | None = None):
        first, no_limit = self._look(), block and timeout is None
        self.no_limit = threading.current_thread() if no_limit else None
        if first and not no_limit:
            raise Empty
        if timeout and self.process.exitcode is not None:
            timeout = min(timeout, 0.1)  # it comes now or never
        item = self.real.get(block, timeout)
        self.taken = True
        return item

    def get_nowait(self):
        return self.get(False)

    def empty(self) -> bool:
        return self._look() or self.real.empty()

    def _look(self) -> bool:
        """Whether this is the first look; it lets the process go on."""
        first, self.first = self.first, False
        self.go.set()
        if first and self.ends:
            self.process.join()
        return first


CASES = (  # what the process does, and the exit code if it puts nothing, or what it puts
    ("a process that exits with 3 and puts nothing", functools.partial(die, 3), 3, None),
    ("a process that ends with exit code 0 and puts nothing", functools.partial(die, 0), 0, None),
    ("a process that is slow to put 0, and then lives on", put_and_stay, None, 0),
    ("a process that puts None late and ends at once", put_and_end, None, None),
)
POLL = "Hint: get with a timeout, again and again; when nothing came, see whether the process has ended."
NO_WAIT = f"The item can be there, and the process has more to do: do not wait for its end. {POLL}"
ANY_ITEM = "It had got the item. Hint: return it at once, whatever it is; only Empty says that none was there."


def judge_first_of(learner: Learner) -> str:
    learner.function("first_of", 2)
    watched = [Watched(case[1]) for case in CASES]
    for (what, _, code, item), queue in zip(CASES, watched, strict=True):
        call = call_first_of(learner, f"first_of(queue, process), with {what},", queue, code)
        if code is None:
            must_give(call, item, queue)
        else:
            must_raise(call, code)
    if any(queue.process.exitcode is not None for queue in watched if not queue.ends):
        raise Wrong("first_of(queue, process) ended a process that was to live on. Hint: leave it alone.")
    return "the item came back when there was one, and a dead process was noticed, whatever its exit code."


def call_first_of(learner: Learner, said: str, queue: Watched, code: int | None) -> Call:
    """Return the call when it is back. Raises Wrong if it has waited for what it should not wait for."""
    began = time.monotonic()

    def ready() -> bool:
        if queue.first and time.monotonic() > began + 0.8:
            raise Wrong(f"{said} did not look into the queue; it stood in the line {call.line()}. {NO_WAIT}")
        there = queue.taken or not queue.real.empty()
        return time.monotonic() > began + 1 and (there or queue.process.exitcode is not None)

    call = learner.begin("first_of", queue, queue.process, said=said, hint=POLL)
    if sentence := stuck(call, ready):
        hint = POLL
        if queue.taken and "join" not in sentence:
            hint = ANY_ITEM
        elif queue.process.exitcode is None:
            hint = NO_WAIT
        elif queue.no_limit is threading.main_thread():
            hint = f"It waits in get() without a timeout, so it will never see that the process is dead. {POLL}"
        elif code is not None:
            hint = f"The exit code was {code}. Hint: exitcode is None while a process runs; 0 is an end too."
        raise Wrong(f"{sentence} {hint}")
    return call


def must_give(call: Call, item: object, queue: Watched) -> None:
    hint = "Hint: Empty says only that nothing has come yet. While the process is alive, try again."
    if queue.taken:
        hint = ANY_ITEM
    elif queue.ends and isinstance(call.error, RuntimeError):
        hint = (
            "It was put, and the process ended, between your look into the queue and your look at the process. Hint: "
            "look once more into the queue when you know that the process has ended."
        )
    if isinstance(call.error, Empty | RuntimeError):
        call.result(f"Expected was {item}. {hint}")
    expect(call.said, call.result(), item, hint)


def must_raise(call: Call, code: int) -> None:
    if isinstance(call.error, Empty):
        call.result("Hint: catch Empty, and raise RuntimeError if the process has ended, with the exit code.")
    if not isinstance(call.error, RuntimeError):
        said = f"{call.said} gave {short(call.result())}; expected was RuntimeError with the exit code."
        raise Wrong(f"{said} Hint: nothing will come any more.")
    if str(code) not in str(call.error):
        call.result(f"The exit code {code} is not in its text.")


JUDGES = {1: judge_results_of, 2: judge_collect, 3: judge_run_all, 4: judge_first_of}
