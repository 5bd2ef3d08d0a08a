"""Lesson 03, Queue: the judges of its exercises, and the functions and the queue that they have the learner use."""

import functools
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from multiprocessing import queues
from queue import Empty

from helpers.exercise import Call, Learner, Wrong, expect, must_be_in_a_child, note, noted, short, told, wait_until

PATIENCE = 2.0  # seconds for a call to return, counted from when nobody but itself can hold it up
BIG = 1_000_000  # bytes; far more than a pipe holds
WORDS = ["first", 0, "", "last"]
LARGE = ["x" * BIG, "y"]
PRODUCERS, CONSUMERS = 2, 3
TASKS = list(range(6))


def put_bytes(queue, size: int) -> None:
    """Put so many bytes, and end a little later."""
    must_be_in_a_child()
    queue.put(bytes(size))
    note("put")
    time.sleep(0.3)


def put_words(queue) -> None:
    """Put words and a sentinel, half a second after somebody has looked into the queue and found nothing."""
    must_be_in_a_child()
    wait_until(lambda: noted("asked"), 2)
    time.sleep(0.5)
    for item in [*WORDS, None]:
        queue.put(item)
    note("words put")


def put_large(queue) -> None:
    """Put a large text at once, and a small one and a sentinel half a second later."""
    must_be_in_a_child()
    queue.put(LARGE[0])
    note("large put")
    time.sleep(0.5)
    queue.put(LARGE[1])
    queue.put(None)


def put_three(tasks, number: int) -> None:
    """Put three tasks: 2, 1, 0 or 5, 4, 3 and so on; the first after a while, 0 when all consumers are at work."""
    must_be_in_a_child()
    note("producer", str(number))
    time.sleep(0.5)
    for task in reversed(range(3 * number, 3 * number + 3)):
        if task == 0:
            wait_until(all_consumers_work, 1.5)
        tasks.put(task)


def square(task: int) -> tuple[int, bytes]:
    """Square a task, and bring a large result along. Before that, wait until all consumers do the same."""
    must_be_in_a_child()
    note("consumer", str(os.getpid()))
    if not wait_until(lambda: noted("alone") or all_consumers_work(), 3):
        note("alone")
    note("task", str(task))
    if task == 0:
        time.sleep(0.6)  # so that the other consumers end first
    return task * task, bytes(BIG // 5)


def all_consumers_work() -> bool:
    return len(set(told("consumer"))) >= CONSUMERS


def put_and_stay(go, queue) -> None:
    """Put one item once `go` is set, then live on."""
    put_and_end(go, queue)
    time.sleep(60)


def put_and_end(go, queue) -> None:
    """Put one item once `go` is set, then end."""
    must_be_in_a_child()
    go.wait(1.5)
    queue.put("hello")


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


def judge_results_of(learner: Learner) -> str:
    sizes = [10, BIG, BIG]
    hint = "Hint: get as many results as there are children, then join them."
    call = learner.begin("results_of", put_bytes, sizes, hint=hint)
    if sentence := stuck(call, lambda: noted("put") == len(sizes)):
        why = f"All children have put their result. {hint}"
        if "join" in sentence:
            why = (
                "A child that has put a megabyte does not end before somebody takes it out. Hint: get first, once "
                "for each child (empty() does not know of results that are still to come), then join."
            )
        raise Wrong(f"{sentence} {why}")
    said, got = call.said, call.result()
    left = multiprocessing.active_children()
    if not isinstance(got, list) or any(type(result) is not bytes for result in got):
        raise Wrong(f"{said} gave {short(got)}; expected was a list of what the children have put.")
    if len(got) < len(sizes):
        hint = "Hint: each child puts one result. Neither empty() nor a short timeout says that no more will come."
    lengths = sorted(len(result) for result in got)
    expect(f"{said}, in bytes for each result,", lengths, sorted(sizes), hint)
    if left:
        raise Wrong(f"{said} came back while a child was still running. Hint: join each child, behind the last get.")
    return "three results came back, two of them too large for a pipe, and all children had ended."


def note_questions() -> None:
    """From now on, note when this process looks into a queue."""

    def noting(method):
        def look(self, *args, **kwargs):
            if not noted("asked"):
                note("asked")
            return method(self, *args, **kwargs)

        return look

    for kind in (queues.Queue, queues.SimpleQueue):
        kind.get, kind.empty = noting(kind.get), noting(kind.empty)


def judge_collect(learner: Learner) -> str:
    note_questions()
    must_collect(learner, put_words, WORDS, f"{WORDS}", lambda: noted("words put"))
    must_collect(learner, put_large, LARGE, "[a megabyte of text, 'y']", lambda: noted("large put"))
    return "all results came back from a slow producer, and nothing waited for more."


def must_collect(learner: Learner, produce: Callable, results: list, what: str, ready: Callable[[], object]) -> None:
    said = f"collect(produce), with a produce that puts {what} and None,"
    hint = "Hint: get until the sentinel comes, then join."
    call = learner.begin("collect", produce, said=said, hint=hint)
    if sentence := stuck(call, ready):
        why = "Nothing comes behind the sentinel: when None is there, leave the loop."
        if "join" in sentence:
            why = "The child does not end before somebody takes out what it has put."
        raise Wrong(f"{sentence} {why} {hint}")
    got = call.result()
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


def judge_run_all(learner: Learner) -> str:
    hint = "Hint: one sentinel for each consumer, behind the last task, and one from each consumer, behind its results."
    learner.function("consume", 3)
    said = f"run_all(produce, square, {PRODUCERS}, {CONSUMERS})"
    call = learner.begin("run_all", put_three, square, PRODUCERS, CONSUMERS, said=said, hint=hint)
    began, had_children = time.monotonic(), False

    def ready() -> bool:
        """All tasks are done, or no child is left, or even comes, that could do one."""
        nonlocal had_children
        must_be_parallel(said)
        if multiprocessing.active_children():
            had_children = True
            return set(TASKS) <= set(done())
        return had_children or time.monotonic() > began + 3

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
            "empty() says nothing about the end."
        )
        if lost == [0]:
            hint = "Hint: 0 is a task like any other. Only None ends the loop: compare with `is not None`."
        raise Wrong(f"with {said}, nobody worked on the tasks {lost}. {hint}")
    if max(done().values()) > 1:
        raise Wrong(f"with {said}, a task was worked on more than once. Hint: call work(task) once for each task.")
    if len(got) < len(TASKS):
        hint = "All tasks were done. Hint: get until you have a sentinel from each consumer, behind its results."
    expect(f"{said}, sorted,", sorted(result[0] for result in got), [task * task for task in TASKS], hint)
    if left:
        raise Wrong(f"{said} came back while a process was still running. Hint: join the consumers too.")
    return "three consumers worked at the same time, each task was done once, and all processes ended."


def done() -> Counter:
    """How often each task was done."""
    return Counter(map(int, told("task")))


def must_be_parallel(said: str) -> None:
    if noted("alone") or (set(TASKS) <= set(done()) and not all_consumers_work()):
        raise Wrong(
            f"with {said}, there were never {CONSUMERS} consumers at work at the same time. "
            "Hint: start all processes before you join any."
        )


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

    The first look into it finds nothing. The process puts its item, and ends if it is one that ends, after that look
    and before the learner's next line.
    """

    def __init__(self, function: Callable):
        context = multiprocessing.get_context("spawn")
        self.real, self.go = context.Queue(), context.Event()
        self.process = context.Process(target=function, args=(self.go, self.real), daemon=True)
        self.process.start()
        self.ends = function is not put_and_stay  # the process ends by itself
        self.first = True
        self.no_limit = False  # somebody waits in get() without a timeout

    def __getattr__(self, name):
        if name == "_reader":  # to wait for it is a look too
            self.first = False
            self.go.set()
        return getattr(self.real, name)

    def get(self, block: bool = True, timeout: float | None = None):
        first, self.no_limit = self._look(), block and timeout is None
        if first and not self.no_limit:
            raise Empty
        if timeout and self.process.exitcode is not None:
            timeout = min(timeout, 0.1)  # it comes now or never
        return self.real.get(block, timeout)

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


CASES = (  # what the process does, and the exit code if it puts nothing
    ("a process that is slow to put 'hello', and then lives on", put_and_stay, None),
    ("a process that exits with 3 and puts nothing", functools.partial(die, 3), 3),
    ("a process that ends with exit code 0 and puts nothing", functools.partial(die, 0), 0),
    ("a process that puts 'hello' late and ends at once", put_and_end, None),
)


def judge_first_of(learner: Learner) -> str:
    learner.function("first_of", 2)
    watched = [Watched(function) for _, function, _ in CASES]
    for (what, _, code), queue in zip(CASES, watched, strict=True):
        call = call_first_of(learner, f"first_of(queue, process), with {what},", queue, code)
        if code is None:
            must_give_hello(call, queue.ends)
        else:
            must_raise(call, code)
    return "the item came back when there was one, and a dead process was noticed, whatever its exit code."


def call_first_of(learner: Learner, said: str, queue: Watched, code: int | None) -> Call:
    """Return the call when it is back. Raises Wrong if it has waited for what can't come."""
    hint = "Hint: get with a timeout, again and again; when nothing came, see whether the process has ended."
    began = time.monotonic()

    def ready() -> bool:
        return time.monotonic() > began + 1 and (queue.process.exitcode is not None or not queue.real.empty())

    call = learner.begin("first_of", queue, queue.process, said=said, hint=hint)
    if sentence := stuck(call, ready):
        if queue.process.exitcode is None:
            hint = f"The item was there, but the process has more to do: do not wait for its end. {hint}"
        elif queue.no_limit:
            hint = f"It waits in get() without a timeout, so it will never see that the process is dead. {hint}"
        elif code is not None:
            hint = f"The exit code was {code}. Hint: exitcode is None while a process runs; 0 is an end too."
        raise Wrong(f"{sentence} {hint}")
    return call


def must_give_hello(call: Call, ends: bool) -> None:
    hint = "Hint: Empty says only that nothing has come yet. While the process is alive, try again."
    if ends and isinstance(call.error, RuntimeError):
        hint = (
            "It was put, and the process ended, between your look into the queue and your look at the process. Hint: "
            "look once more into the queue when you know that the process has ended."
        )
    if isinstance(call.error, Empty | RuntimeError):
        call.result(f"Expected was 'hello'. {hint}")
    expect(call.said, call.result(), "hello", "Hint: return the item that get() gives.")


def must_raise(call: Call, code: int) -> None:
    if isinstance(call.error, Empty):
        call.result("Hint: catch Empty, and raise RuntimeError if the process has ended, with the exit code.")
    if not isinstance(call.error, RuntimeError):
        said = f"{call.said} gave {short(call.result())}; expected was RuntimeError with the exit code."
        raise Wrong(f"{said} Hint: nothing will come any more.")
    if str(code) not in str(call.error):
        call.result(f"The exit code {code} is not in its text.")


JUDGES = {1: judge_results_of, 2: judge_collect, 3: judge_run_all, 4: judge_first_of}
