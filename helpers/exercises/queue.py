"""Lesson 03, Queue: the judges of its exercises, and the functions and the queue that they have the learner use."""

import functools
import linecache
import multiprocessing
import os
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from multiprocessing import queues
from pathlib import Path
from queue import Empty

from helpers.exercise import Learner, Wrong, expect, must_be_in_a_child

PATIENCE = 2.0  # seconds for a call to return, counted from when nobody but itself can hold it up
BIG = 1_000_000  # bytes; far more than a pipe holds


def put_bytes(folder: str, queue, size: int) -> None:
    """Put so many bytes, and end a little later."""
    must_be_in_a_child()
    queue.put(bytes(size))
    _mark(folder)
    time.sleep(0.3)


def put_when_asked(folder: str, results: list, queue) -> None:
    """Put the results and a sentinel, the first one when somebody has looked into the queue, and found nothing.

    A large first one is put at once, and the others when somebody looks.
    """
    must_be_in_a_child()
    if len(str(results)) > BIG:
        queue.put(results.pop(0))
        _mark(folder)
    _wait_for(lambda: Path(folder, "asked").exists(), 2)
    time.sleep(0.5)
    for result in results:
        queue.put(result)
    queue.put(None)
    _mark(folder)


def put_three(folder: str, tasks, number: int) -> None:
    """Put three tasks: 2, 1, 0 or 5, 4, 3 and so on; the first after a while, 0 when three consumers are at work."""
    must_be_in_a_child()
    _mark(folder, f"producer {number} ")
    time.sleep(0.5)
    for task in reversed(range(3 * number, 3 * number + 3)):
        if task == 0:
            _wait_for(lambda: len(_marks(folder, "consumer ")) >= 3, 1.5)
        tasks.put(task)


def square(folder: str, consumers: int, task: int) -> tuple[int, bytes]:
    """Square a task, and bring a large result along. Before that, wait until so many processes do the same."""
    must_be_in_a_child()
    Path(folder, f"consumer {os.getpid()}").touch()
    alone = Path(folder, "alone")
    if not _wait_for(lambda: alone.exists() or len(_marks(folder, "consumer ")) >= consumers, 3):
        alone.touch()
    _mark(folder, f"task {task} ")
    if task == 0:
        time.sleep(0.6)  # so that the other consumers end first
    return task * task, bytes(BIG // 5)


def put_and_stay(go, queue) -> None:
    """Put one item once `go` is set, then live on."""
    must_be_in_a_child()
    go.wait(1.5)
    queue.put("hello")
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


def _mark(folder: str, name: str = "done ") -> None:
    Path(folder, f"{name}{uuid.uuid4().hex}").touch()


def _marks(folder: str, name: str = "done ") -> list[str]:
    return [file for file in os.listdir(folder) if file.startswith(name)]


def _wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


class Stuck(Exception):
    """A call of the learner's function that can't come back: says so, and the line where it stands."""


def _call(learner: Learner, name: str, *arguments: object, said: str, hint: str, ready: Callable[[], bool]) -> object:
    """Call a function of the learner's file, as `Learner.call` does, but raise Stuck if it can't come back.

    ready  says when all that the function has to wait for has happened; from then on it has PATIENCE seconds
    """
    outcome = []

    def call():
        try:
            outcome.append((learner.call(name, *arguments, said=said, hint=hint), None))
        except Wrong as wrong:
            outcome.append((None, wrong))

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    while thread.is_alive() and not ready():
        thread.join(0.02)
    thread.join(PATIENCE)
    if not outcome:
        line = _line(thread, f"{learner.name}.py")
        raise Stuck(f"{said} did not come back{f'; it stood in the line {line}' if line else ''}.")
    got, wrong = outcome[0]
    if wrong:
        raise wrong
    return got


def _line(thread: threading.Thread, file: str) -> str:
    """The line of a file where a thread stands."""
    frame = sys._current_frames().get(thread.ident)
    while frame and os.path.basename(frame.f_code.co_filename) != file:
        frame = frame.f_back
    if not frame:
        return ""
    return linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()


def judge_results_of(learner: Learner) -> str:
    sizes = [10, BIG, BIG]
    said = f"results_of(put_bytes, {sizes})"
    hint = "Hint: get as many results as there are children, then join them."
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        put = functools.partial(put_bytes, folder)
        try:
            got = _call(
                learner, "results_of", put, sizes, said=said, hint=hint, ready=lambda: len(_marks(folder)) == len(sizes)
            )
        except Stuck as stuck:
            if "join" in str(stuck):
                why = (
                    "A child that has put a megabyte does not end before somebody takes it out. Hint: get first, once "
                    "for each child (empty() does not know of results that are still to come), then join."
                )
            else:
                why = f"All children have put their result. {hint}"
            raise Wrong(f"{stuck} {why}") from None
    left = multiprocessing.active_children()
    if not isinstance(got, list) or any(type(result) is not bytes for result in got):
        raise Wrong(f"{said} gave {_kind(got)}; expected was a list of what the children have put.")
    lengths = sorted(len(result) for result in got)
    if len(got) < len(sizes):
        hint = (
            f"Hint: each child puts one result, so call get {len(sizes)} times; empty() can't say whether more will "
            "come, and neither can a short timeout."
        )
    expect(f"{said}, in bytes for each result,", lengths, sorted(sizes), hint)
    if left:
        raise Wrong(f"{said} came back while a child was still running. Hint: join each child, behind the last get.")
    return "three results came back, two of them too large for a pipe, and all children had ended."


def _kind(value: object) -> str:
    return repr(value)[:60]


def _note_questions(folder: str) -> None:
    """From now on, who looks into a queue in this process leaves a mark: before it waits in get, after empty."""

    from multiprocessing import managers

    def noting(method, before):
        @functools.wraps(method)
        def noted(self, *args, **kwargs):
            if before:
                Path(folder, "asked").touch()
            result = method(self, *args, **kwargs)
            Path(folder, "asked").touch()
            return result

        return noted

    def noted_call(self, method, *args, **kwargs):  # a manager's queue
        if method == "get":
            Path(folder, "asked").touch()
        result = call(self, method, *args, **kwargs)
        if method == "empty":
            Path(folder, "asked").touch()
        return result

    call, managers.BaseProxy._callmethod = managers.BaseProxy._callmethod, noted_call
    for kind in (queues.Queue, queues.SimpleQueue):
        kind.get, kind.empty = noting(kind.get, True), noting(kind.empty, False)


def judge_collect(learner: Learner) -> str:
    hint = "Hint: get until the sentinel comes, then join."
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as top:
        for number, results in enumerate((["first", 0, "", "last"], ["x" * BIG, "y"])):
            folder = str(Path(top, str(number)))
            os.mkdir(folder)
            _note_questions(folder)
            short = str(results) if number == 0 else "[a megabyte of text, 'y']"
            said = f"collect(produce), with a produce that puts {short} and None,"
            produce = functools.partial(put_when_asked, folder, results)
            try:
                got = _call(
                    learner, "collect", produce, said=said, hint=hint, ready=lambda folder=folder: _marks(folder)
                )
            except Stuck as stuck:
                if "join" in str(stuck):
                    why = "The child does not end before somebody takes out what it has put."
                else:
                    why = "Nothing comes behind the sentinel: when None is there, leave the loop."
                raise Wrong(f"{stuck} {why} {hint}") from None
            if not isinstance(got, list):
                raise Wrong(f"{said} gave {_kind(got)}; expected was a list.")
            if None in got:
                raise Wrong(f"{said} gave a list with None in it. Hint: None is the sentinel, not a result.")
            if got == results[:1] and number == 0:
                hint = "Hint: 0 and '' are results like any other. Only None ends the loop: compare with `is not None`."
            elif len(got) < len(results):
                hint = (
                    "The producer is slow: it puts its first result half a second after you have looked. Hint: empty "
                    "means that nothing is there now, not that no more will come; go on until the sentinel comes."
                )
            if got != results and number == 1:
                raise Wrong(f"{said} gave {len(got)} results; expected were those 2. {hint}")
            expect(said, got, results, hint)
            if multiprocessing.active_children():
                time.sleep(0.5)
    return "all results came back from a slow producer, and nothing waited for more."


def judge_run_all(learner: Learner) -> str:
    producers, consumers, tasks = 2, 3, list(range(6))
    said = f"run_all(produce, square, {producers}, {consumers})"
    hint = "Hint: one sentinel for each consumer, behind the last task, and one from each consumer, behind its results."
    serial = (
        f"with {said}, there were never {consumers} consumers at work at the same time. "
        "Hint: start all processes before you join any."
    )
    learner.function("consume", 3)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        produce = functools.partial(put_three, folder)
        work = functools.partial(square, folder, consumers)

        def done() -> Counter:
            return Counter(int(mark.split()[1]) for mark in _marks(folder, "task "))

        def ready() -> bool:
            if Path(folder, "alone").exists():
                raise Wrong(serial)
            if len(done()) == len(tasks) or (not seen and time.monotonic() > began + 3):
                return True
            now = len(multiprocessing.active_children())  # 0 again: all children of the learner's function have ended
            if now:
                seen.append(now)
            return bool(seen) and not now

        seen, began = [], time.monotonic()
        try:
            got = _call(learner, "run_all", produce, work, producers, consumers, said=said, hint=hint, ready=ready)
        except Stuck as stuck:
            if not seen:
                raise Wrong(
                    f"{stuck} It had no child until then. Hint: target=consume, args=(...) hands the function over, "
                    "target=consume(...) calls it at once; and start() starts a process."
                ) from None
            if not Path(folder, "alone").exists():
                raise Wrong(_why_stuck(str(stuck), done(), len(tasks))) from None
            got = []
        left, count = multiprocessing.active_children(), done()
        alone, met = Path(folder, "alone").exists(), len(_marks(folder, "consumer "))
        numbers = sorted(int(mark.split()[1]) for mark in _marks(folder, "producer "))
    if alone or (met < consumers and len(count) == len(tasks)):
        raise Wrong(serial)
    if not isinstance(got, list) or any(type(result) is not tuple for result in got):
        if isinstance(got, list) and None in got:
            raise Wrong(f"{said} gave a list with None in it. Hint: a consumer's sentinel is not a result.")
        raise Wrong(f"{said} gave {_kind(got)}; expected was a list of what square returned for each task.")
    if numbers != list(range(producers)):
        raise Wrong(
            f"with {said}, produce ran with the numbers {numbers}; expected were {list(range(producers))}. Hint: each "
            "producer is a process with target=produce, args=(tasks, number)."
        )
    if set(tasks) - set(count):
        lost = [task for task in tasks if task not in count]
        if lost == [0]:
            hint = "Hint: 0 is a task like any other. Only None ends the loop: compare with `is not None`."
        else:
            hint = (
                "Hint: a consumer ends at a sentinel, so no sentinel may come before the last task of the last "
                "producer; and empty() says nothing about the end."
            )
        raise Wrong(f"with {said}, nobody worked on the tasks {lost}. {hint}")
    if max(count.values()) > 1:
        raise Wrong(f"with {said}, a task was worked on more than once. Hint: call work(task) once for each task.")
    squares = [task * task for task in tasks]
    if len(got) < len(squares):
        hint = (
            "All tasks were done, but not all results were waited for. Hint: each consumer puts a sentinel behind its "
            "results; get until you have one from each."
        )
    expect(f"{said}, sorted,", sorted(result[0] for result in got), squares, hint)
    if left:
        raise Wrong(f"{said} came back while a process was still running. Hint: join the consumers too.")
    return "three consumers worked at the same time, each task was done once, and all processes ended."


def _why_stuck(stuck: str, done: Counter, tasks: int) -> str:
    alive = len(multiprocessing.active_children())
    if len(done) < tasks:
        return (
            f"{stuck} All its processes have ended, but only {len(done)} of {tasks} tasks were done. Hint: did a "
            "consumer end before its sentinel came, or fail?"
        )
    if "join" in stuck:
        return (
            f"{stuck} All tasks were done, but {alive} of its processes had not ended. Hint: a consumer ends when it "
            "has got a sentinel of its own and all that it has put was taken out. So get the results first, up to a "
            "sentinel from each consumer, then join."
        )
    if alive:
        return (
            f"{stuck} All tasks were done, but {alive} of its processes waited for more. Hint: a sentinel ends one "
            "consumer only, so put one for each consumer."
        )
    return (
        f"{stuck} All tasks were done and all its processes had ended, so nobody will send any more. Hint: let each "
        "consumer put a sentinel behind its last result, and count them."
    )


class Watched:
    """A queue that shows the moments when a queue is hard to read.

    The first look into it finds nothing. The process puts its item, and ends if it is one that ends, after that look
    and before the learner's next line.
    """

    def __init__(self, context):
        self.real, self.go, self.process = context.Queue(), context.Event(), None
        self.ends = False  # the process ends by itself
        self.looks = 0  # since the process has ended and nothing is in the queue
        self.first, self.complaint = True, ""

    def __getattr__(self, name):
        if name == "_reader":  # to wait for it is a look too
            self.first = False
            self.go.set()
        return getattr(self.real, name)

    def get(self, block: bool = True, timeout: float | None = None):
        first = self._look()
        if not block or timeout is not None:
            if first:
                raise Empty
            if self.process.exitcode is None:
                return self.real.get(block, timeout)
            return self._last(timeout or 0)
        while True:
            try:
                return self.real.get(timeout=0.05)
            except Empty:
                if self.process.exitcode is not None and self.real.empty():
                    self._complain(
                        "It waits in get() without a timeout, so it will never see that the process is dead. "
                        "Hint: get with a timeout, again and again, and in between look at the process."
                    )

    def get_nowait(self):
        return self.get(False)

    def empty(self) -> bool:
        if self._look():
            return True
        empty = self.real.empty()
        if empty and self.process.exitcode is not None:
            self._count()
        return empty

    def _look(self) -> bool:
        """Whether this is the first look; it lets the process go on."""
        first, self.first = self.first, False
        self.go.set()
        if first and self.ends:
            self.process.join()
        return first

    def _last(self, timeout: float):
        try:
            return self.real.get(timeout=min(max(timeout, 0.01), 0.1))  # it comes now or never
        except Empty:
            self._count()
            raise

    def _count(self) -> None:
        self.looks += 1
        if self.looks > 10:
            self._complain(WENT_ON.format(self.process.exitcode))

    def _complain(self, sentence: str) -> None:
        self.complaint = sentence
        raise RuntimeError(sentence)


WENT_ON = (
    "The process had ended with exit code {}, and it went on waiting. Hint: exitcode is None while a process runs; 0 "
    "is an end too."
)
CASES = (
    ("a process that is slow to put 'hello', and then lives on", put_and_stay, None),
    ("a process that exits with 3 and puts nothing", functools.partial(die, 3), 3),
    ("a process that ends with exit code 0 and puts nothing", functools.partial(die, 0), 0),
    ("a process that puts 'hello' late and ends at once", put_and_end, None),
)


def judge_first_of(learner: Learner) -> str:
    learner.function("first_of", 2)
    context = multiprocessing.get_context("spawn")
    watched = []
    try:
        for _, function, _ in CASES:
            queue = Watched(context)
            queue.ends = function is not put_and_stay
            queue.process = context.Process(target=function, args=(queue.go, queue.real), daemon=True)
            queue.process.start()
            watched.append(queue)
        for (what, _, code), queue in zip(CASES, watched, strict=True):
            _judge_case(learner, f"first_of(queue, process), with {what},", queue, code)
    finally:
        for queue in watched:
            queue.process.kill()
    return "the item came back when there was one, and a dead process was noticed, whatever its exit code."


def _judge_case(learner: Learner, said: str, queue: Watched, code: int | None) -> None:
    hint = "Hint: get with a timeout, again and again; when nothing came, see whether the process has ended."
    process, began = queue.process, time.monotonic()
    error = None
    try:
        got = _call(
            learner,
            "first_of",
            queue,
            process,
            said=said,
            hint=hint,
            ready=lambda: time.monotonic() > began + 1 and (process.exitcode is not None or not queue.real.empty()),
        )
    except Stuck as stuck:
        why = "" if code is None else WENT_ON.format(code)
        if process.exitcode is None:
            why = "The item was there, but the process has more to do: do not wait for its end. " + hint
        raise Wrong(f"{stuck} {why or hint}") from None
    except Wrong as wrong:
        error = wrong.__context__
        if queue.complaint:
            raise Wrong(f"{said} did not come back. {queue.complaint}") from None
        if code is None and (isinstance(error, Empty) or (isinstance(error, RuntimeError) and not queue.ends)):
            raise Wrong(
                f"{said} raised {type(error).__name__}; expected was 'hello'. Hint: Empty says only that nothing has "
                "come yet. While the process is alive, try again."
            ) from None
        if code is None and queue.ends and isinstance(error, RuntimeError):
            raise Wrong(
                f"{said} raised RuntimeError; expected was 'hello'. It was put, and the process ended, between your "
                "look into the queue and your look at the process. Hint: look once more into the queue when you know "
                "that the process has ended."
            ) from None
        if isinstance(error, Empty):
            raise Wrong(
                f"{said} raised Empty; expected was RuntimeError with the exit code {code} in its text. Hint: catch "
                "Empty, and raise RuntimeError if the process has ended."
            ) from None
        if code is None or not isinstance(error, RuntimeError):
            raise
    if code is None:
        expect(said, got, "hello", "Return the item." if got is None else hint)
    elif error is None:
        raise Wrong(
            f"{said} gave {_kind(got)}; expected was RuntimeError. Hint: nothing will come any more, so raise "
            "RuntimeError with the exit code."
        )
    elif str(code) not in str(error):
        raise Wrong(f"{said} raised RuntimeError: {str(error)[:60]}; the exit code {code} is not in its text.")


JUDGES = {1: judge_results_of, 2: judge_collect, 3: judge_run_all, 4: judge_first_of}
