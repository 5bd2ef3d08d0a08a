"""Lesson 03, Queue: the judges of its exercises, and the functions that they have the learner run."""

import functools
import multiprocessing
import os
import sys
from collections import Counter
from multiprocessing import process, queues

from helpers import judging
from helpers.judging import AnyOrder, Learner, Time, in_a_child, is_gone, left, note, noted, pause, told, wait_until
from helpers.sentences import describe, say


class Large(bytes):
    """Far more than a pipe holds, with a short name for a sentence. It leaves a while after a queue was given it."""

    def __repr__(self) -> str:
        return "a megabyte"

    def __reduce__(self) -> tuple:
        pause(0.5)
        return Large, (bytes(self),)


LIMITS = "Hint: a result may take longer than any limit, so get() without one."
LARGE = Large(1_000_000)
looks: list[str] = []  # since the call: each look of the learner's code at whether a process has ended
KIND = process.BaseProcess
LOOKING = KIND.is_alive, KIND.exitcode.fget


def slow_looks(seconds: float) -> None:
    """The second look at a process lasts until it has ended, or so long: what its queue held before is out of date."""

    def slow(look):
        def looking(self):
            if os.environ[judging.JUDGE] == str(os.getpid()) and "Manager" not in self.name and self._popen is not None:
                looks.append(self.name)
                if len(looks) == 2:
                    wait_until(lambda: is_gone(self.pid), seconds)
            return look(self)

        return looking

    looks.clear()
    KIND.is_alive, KIND.exitcode = slow(LOOKING[0]), property(slow(LOOKING[1]))


RESULTS = {"large": LARGE, "late": None, "zero": 0}


@in_a_child
def put_result(queue, argument: str) -> None:
    """Put the result that the argument names, when the judge says so; who is late puts and ends late."""
    put, late = queue.put, argument == "late"
    note("there")
    wait_until(lambda: noted("go"))
    pause(1 if late else 0)  # who waits with a limit, or joins first, is back
    put(RESULTS[argument])
    pause(0.3 if late else 0)
    note("left")


def results_of(my: Learner) -> None:
    """all results came back, large, late and None, and all children had ended."""
    hint = (
        "A child that has put a megabyte does not end before somebody takes it out. Hint: get first, once for each "
        "child (neither None nor empty() nor a timeout says that no more will come), then join."
    )
    for arguments, seconds, faster in ((["late", "zero", "zero"], 20, 1000), (["large", "large"], 0, 1), ([], 0, 1)):
        gives, number = AnyOrder(RESULTS[argument] for argument in arguments), len(arguments)
        slow_looks(seconds)
        call = my.begin("results_of", put_result, arguments, gives=gives, hint=hint, faster=faster)
        call.wait(until=lambda number=number: noted("there") >= number)
        assert call.back or noted("there") >= number, (
            "never had all children at work at the same time. Hint: start all processes before you join any or wait "
            "for a result; and hand over args=(queue, argument)."
        )
        note("go")
        call.wait()
        assert not call.raised("Empty"), LIMITS
        assert not call.is_right() or noted("left") == number, (
            "came back while a child was still running. Hint: join each child, behind the last get, without a limit."
        )
        call.must_be_right()


WORDS = ["first", 0, "", "first"]
PRODUCED = [WORDS, [LARGE, "y"], []]


@in_a_child
def produce(queue) -> None:
    """Put nothing for a while, then what the judge says and a sentinel; all at once, but with a megabyte slowly."""
    if not isinstance(queue, queues.Queue):
        note("another")
    pause(0.6)  # who looks now finds nothing
    items = PRODUCED[int(told("number")[0])]
    for item in [*items, None]:
        note("put")
        queue.put(item)
        pause(0.4 if LARGE in items else 0)  # who does not wait for the end is back
    note("left")


def collect(my: Learner) -> None:
    """all results came back from a slow producer, large ones too, and nothing waited for more."""
    stuck = "The child does not end before somebody takes out what it has put."
    hint = "Hint: get until the sentinel comes, leave the loop then, for nothing comes behind it, and join at last."
    for number, gives in enumerate(PRODUCED):
        slow_looks(20 if gives is WORDS else 0)
        said = say("collect(produce), with a produce that puts {gives} and None,", gives=gives)
        call = my.begin("collect", produce, gives=gives, hint=hint, said=said, faster=1000)
        note("number", str(number))
        call.wait()
        assert not noted("another"), "got a queue of another kind. Hint: keep the queue a context.Queue."
        assert call.back or "join" not in call.stands, (call.outcome(), stuck, hint)
        assert not call.raised("Empty"), LIMITS
        results = call.value if type(call.value) is list else gives
        assert None not in results, "gave a list with None in it. Hint: None is the sentinel, not a result."
        assert results not in (WORDS[:1], WORDS[:2], WORDS[:3], [word for word in WORDS if word]), (
            "Hint: 0 and '' are results like any other, and two may be equal. Only None ends the loop: compare with "
            "`is not None`."
        )
        assert len(results) >= len(gives), (
            "Hint: the producer is slow: it puts its first result after you have looked. empty means that nothing is "
            "there now, not that no more will come; go on until the sentinel comes."
        )
        killed = "ended the child, which had more to do. Hint: only join() it, without terminate() or kill()."
        assert not call.is_right() or noted("left") or left(), killed
        call.must_be_right()


@in_a_child
def put_three(tasks, number: int) -> None:
    """Put 2, 1, 0 or 5, 4, 3: the last one late, and the 3 last of all."""
    note("producer", str(number))
    tasks.put(3 * number + 2)
    tasks.put(3 * number + 1)
    wait_until(lambda: noted("task") >= 4)  # nobody has anything to do
    pause(0.4 + 0.4 * number)
    tasks.put(3 * number)


@in_a_child
def put_many(tasks, number: int) -> None:
    """Put 450 tasks of a kilobyte, far more than a pipe holds."""
    note("producer", str(number))
    for task in range(450 * number, 450 * number + 450):
        tasks.put(task.to_bytes(1000, "big"))


@functools.cache
def begin_consumer() -> None:
    """What a consumer does before its first task; a limit with which it waits for the next is over at once."""
    judging.prepare_time()
    judging.run_time(1000)
    note("consumer")
    pause(0.3)  # if there are too many consumers, the others begin too


@in_a_child
def square(task: int) -> tuple[int, object]:
    """Square a task, and bring a large result along, when three consumers do the same."""
    begin_consumer()
    wait_until(lambda: noted("consumer") >= 3)
    note("task", str(task))
    return task * task, LARGE


def remainder(task: bytes) -> int:
    begin_consumer()
    return int.from_bytes(task, "big") % 7


def run_all(my: Learner) -> None:
    """three consumers worked at the same time, each task was done once, and all processes ended."""
    hint = (
        "Hint: a consumer ends when it has got a sentinel of its own and all that it has put was taken out. So put "
        "one for each consumer, behind the last task; get the results, up to a mark from each consumer, and join "
        "the consumers then. Leave out limits of the queues."
    )
    early = (
        "Hint: only None ends the loop, 0 is a task like any other; no sentinel may come before the last task of the "
        "last producer; and neither empty() nor a timeout says that no task will come."
    )
    idle = "never had all at work at once. Hint: start all first, with target=consume, args=(tasks, results, work)."
    my.function("consume", 3)
    squares, remainders = [(task * task, LARGE) for task in range(6)], [task % 7 for task in range(900)]
    for produce, work, consumers, gives in ((put_three, square, 3, squares), (put_many, remainder, 1, remainders)):
        slow_looks(1 if work is remainder else 0)
        call = my("run_all", produce, work, 2, consumers, gives=AnyOrder(gives), hint=hint, faster=1000)
        numbers, users, done = sorted(map(int, told("producer"))), noted("consumer"), Counter(told("task"))
        assert call.back or work is remainder or (numbers == [0, 1] and users >= 3), (idle, early)
        assert call.back and call.error is None, (call.outcome(), hint)
        # (A producer that begins when run_all is back finds no queue any more, and is not counted.)
        ran = say("ran produce with the numbers {numbers}, not [0, 1].", numbers=numbers)
        assert {*numbers} <= {0, 1}, ran
        assert users <= consumers, say("ran consume in {count} processes, not {right}.", count=users, right=consumers)
        lost = [task for task in range(6) if str(task) not in done]
        assert work is remainder or not lost, (say("did nothing for the tasks {lost}.", lost=lost), early)
        assert numbers == [0, 1], ran
        assert max(done.values(), default=1) == 1, "did a task more than once. Hint: call work(task) once for each."
        results = call.value if type(call.value) is list else gives
        assert None not in results, "gave a list with None in it. Hint: None is the sentinel, not a result."
        zero = work is square or not judging.same(results, AnyOrder(filter(None, gives)))
        assert zero, "gave no result that is 0. Hint: 0 is a result like any other."
        call.must_be_right()


def act(items: list, code: int | None, queue) -> None:
    """Put the items when the judge says so, and end with this exit code; if it is None, live on."""
    wait_until(lambda: noted("go"))
    for item in items:
        queue.put(item)
    queue.close()
    queue.join_thread()  # nothing is on its way any more
    note("put")
    if code is None:
        wait_until(lambda: noted("leave"))
        note("left")
    elif code < 0:
        os.kill(os.getpid(), -code)
    sys.exit(code)


def first_of(my: Learner) -> None:
    """the item came back when there was one, and a dead process was noticed, whatever its exit code."""
    poll = "Hint: get with a timeout, again and again; when nothing came, see whether the process has ended."
    ended = "It has ended, and nothing will come any more. exitcode is None while it runs, 0 is an end too."
    there = "An item counts, whatever it is. Hint: when the process has ended, look once more into the queue."
    alive = (
        "The process puts an item when you have found nothing, and then has more to do: do not wait for its end, nor "
        "pause for a second. While it is alive, try again, and return the first item at once, whatever it is."
    )
    my.function("first_of", 2)  # before a child is there: what is wrong with the file ends the check
    dies = -9 if os.name == "posix" else 37  # killed, or exits
    context, fast, slow = multiprocessing.get_context("spawn"), 1000, 0.2 / Time.slowness
    for what, items, code, faster, why in (
        ("ends after a while and puts nothing", [], dies, fast, ended),
        ("has ended with exit code 0 before the call, and has put nothing", [], 0, fast, ended),
        ("puts 0 and then 1, and then lives on", [0, 1], None, slow, alive),
        ("puts None between two looks and ends at once, with exit code 1", [None], 1, fast, there),
        ("has put '' and 'x' and ended before the call", ["", "x"], 0, fast, there),
    ):
        queue = context.Queue()
        child = context.Process(target=act, args=(items, code, queue), daemon=True)
        child.start()
        pid, gives = child.pid, items[0] if items else judging.ANYTHING
        if code == 0:
            note("go")
            wait_until(lambda pid=pid: is_gone(pid))
        slow_looks(20 if code == 1 else 0)
        said = say("first_of(queue, process), with a process that {what},", what=(what,))
        call = my.begin("first_of", queue, child, gives=gives, hint=(why, poll), said=said, faster=faster)
        call.wait(until=lambda code=code: code == 1 and len(looks) > 1, seconds=0.5)  # somebody looks, or gave up
        assert not call.back or code == 0 or noted("put"), (call.outcome(), alive, poll)
        note("go")
        call.wait(until=lambda: noted("put"))
        call.wait(seconds=0.5 / slow if code is None else float("inf"))  # half a second of the learner's, if it lives
        note("leave")
        assert call.back, (call.outcome(), call.hint)
        wait_until(lambda pid=pid: is_gone(pid))
        assert code is not None or noted("left"), "ended a process that was to live on. Hint: leave it alone."
        raises = "Hint: nothing will come any more. Catch Empty, and raise RuntimeError, with the exit code."
        assert items or isinstance(call.error, RuntimeError), raises
        text = say("The exit code {code} is not in its text.", code=code)
        assert items or str(code) in describe(call.error), (call.outcome(), text)
        assert not items or call.is_right(), (call.outcome(), call.hint)


JUDGES = {1: results_of, 2: collect, 3: run_all, 4: first_of}
