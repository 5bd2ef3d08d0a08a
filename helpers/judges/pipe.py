"""Lesson 04, Pipe: the judges of its exercises, and the functions that they have the learner run."""

import gc
import multiprocessing
import sys
import threading
import traceback
from collections.abc import Callable
from functools import partial
from multiprocessing import connection, process

from helpers.judging import (
    Call,
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
    same,
    told,
    wait_until,
)
from helpers.sentences import describe, say, short

CLOSED = (
    "Hint: a closed end can do nothing: close what you give away after start(), your own when you are done with it."
)
FORKED = (
    "got stuck. The child waits for more. Hint: a forked child has a copy of your end, and never sees it close; use "
    "context."
)
LIMITS = "Hint: an answer, and the end of a child, may take longer than any limit of time, so wait without one."
END = connection._ConnectionBase


def given_end(given: tuple) -> connection.Connection:
    """The end of a pipe, which must be all that a function of ours is given."""
    no_traceback()
    if len(given) != 1 or not hasattr(given[0], "recv"):
        note("misled", ", ".join(type(each).__name__ for each in given) or "no argument")
    return given[0]


def check_arguments(call: Call, name: str) -> None:
    for wrong in told("misled"):
        raise AssertionError(say("called {name} with {arguments}.", name=name, arguments=wrong), PIPE)
    assert not call.raised("handle is closed"), CLOSED


def is_forked() -> bool:
    return any(child._popen.method == "fork" for child in list(process._children))


PIPE = (
    "Hint: context.Pipe() has two ends that both send and receive; keep one, and give away the other as the only "
    "argument: args=(end,), a tuple, with its comma."
)


@in_a_child
def double(*given: object) -> None:
    """Answer each question with its double, until EOFError. The first takes long, and an end without questions."""
    end = given_end(given)
    try:
        while True:
            question = end.recv()
            note("question", repr(question))
            pause(1 if question == 1 else 0.1)  # who waits with a limit, or not at all, goes on
            if end.poll():
                end.recv()  # raises EOFError if it is no question
                note("too early")
            end.send(question and question * 2)
    except EOFError:
        note("EOFError")
    pause(0 if noted("question") else 1)
    note("left")


def ask(my: Learner) -> None:
    """the worker answered each question, saw EOFError and ended by itself."""
    hint = "Hint: recv() waits for an answer, however long that takes. Return all, as a list, and join the worker."
    for questions in ([1, 2, "ab"], [None, 0, 0, ""], []):
        answers = [question and question * 2 for question in questions]
        call = my("ask", double, questions, gives=answers, hint=hint, faster=1000)
        call.hint = LIMITS if call.limits else hint
        asked, workers = noted("question"), noted("begun")
        check_arguments(call, "double")
        one = "gave the worker all questions as one. Hint: send them one by one."
        assert repr(questions) not in told("question"), one
        none = (
            "had no child run double. Hint: target=worker, and start(); there is a worker for an empty list, too, and "
            "it sees EOFError."
        )
        assert workers or (call.error and type(call.error) is not BrokenPipeError), none
        assert not call.error or not call.limits, LIMITS
        assert not call.error, PIPE
        several = (
            "had {count} children run double, not one. Hint: the same worker answers all questions, so start it "
            "before the loop."
        )
        assert workers == 1, say(several, count=workers)
        early = "sent a question too early."
        turns = "Hint: send one, receive its answer, send the next."
        assert not noted("too early"), (early, LIMITS if call.limits else turns)
        more = "sent {sent} messages for {count} questions. Hint: close() is the end; no mark is needed."
        assert asked <= len(questions), say(more, sent=asked, count=len(questions))
        which = say("had sent the worker {sent} of {count} questions.", sent=asked, count=len(questions))
        waits = asked == len(questions)
        assert call.back or waits or "join" not in call.stands, (which, "Hint: join comes last.")
        ends = "Hint: send through the end that you kept, and receive from it; each send() goes before its recv()."
        assert waits, (which, ends)
        assert call.back or noted("EOFError") or not is_forked(), FORKED
        close = (
            "got stuck. The worker waits for more. Hint: its recv() raises EOFError when you close your end; close it "
            "before you join."
        )
        assert call.back or noted("EOFError"), close
        killed = "had a worker that did not end by itself. Hint: close your end and join, and kill nobody."
        assert not call.is_right() or noted("left") or left(), killed
        call.must_be_right()


class Number(int):
    """A number that notes if the program itself adds it, and arrives as a plain one."""

    def __reduce__(self) -> tuple:
        wait_until(lambda: noted("begun"), 3)  # a child that waits with a limit has given up by then
        pause(0.1)
        return int, (int(self),)

    def __add__(self, other: int) -> int:
        note("added here")
        return int(self) + other

    __radd__ = __add__


def watch_children() -> None:
    """From now on a child, of whatever class, runs under `watched`."""
    start = process.BaseProcess.start

    def start_watched(child: process.BaseProcess) -> None:
        child.run = partial(watched, child.run)
        start(child)

    process.BaseProcess.start = start_watched


def watched(run: Callable[[], None]) -> None:
    """In a child: note what it receives and sends. Without numbers it ends late, with some it sees EOFError late."""
    note("begun")
    prepare_time()
    run_time(1000)
    for name in ("recv", "recv_bytes", "send", "send_bytes"):
        note_calls(name)
    try:
        run()
    except BaseException as error:
        note("raised", describe(error))
        raise
    note("done")
    pause(0 if noted("arrived") else 1)


def note_calls(name: str) -> None:
    method = getattr(END, name)

    def noting(end: connection.Connection, *arguments: object) -> object:
        note(name, short(arguments))
        try:
            got = method(end, *arguments)
        except EOFError:
            note("EOFError")
            pause(1 if noted("arrived") else 0)
            raise
        note("arrived" if name.startswith("recv") else "sent")
        return got

    setattr(END, name, noting)


def close_own_writers() -> None:
    """Close the writing ends that the learner's program has open."""
    for thing in gc.get_objects():
        if issubclass(type(thing), END) and not thing.closed and thing.writable:
            thing.close()


def total_of(my: Learner) -> None:
    """the child saw EOFError after the last number, and its total came back."""
    watch_children()
    hint = "Hint: return the total that the child sends back, however long that takes, and join the child before."
    for numbers in ([4, 0, -3, -3, 8.5], []):
        given = [Number(number) if type(number) is int else number for number in numbers]
        call = my("total_of", given, gives=sum(numbers), hint=hint, faster=1000)
        call.hint = LIMITS if call.limits else hint
        for error in told("raised"):
            raise AssertionError(say("had a child that raised {error}. Hint: then nobody sends a total.", error=error))
        begun = noted("begun") or (call.back and type(call.error) is not BrokenPipeError)
        assert begun, "had no child begin. Hint: is it started?"
        shared = any(issubclass(type(value), END) for value in vars(sys.modules[my.name]).values())
        own = (
            "makes pipes at the top of the file. Hint: a spawned child imports the file, and makes pipes of its own. "
            "Make them in total_of, and give the child its ends as arguments."
        )
        assert call.is_right() or not shared, own
        if not call.back:
            lost = "got stuck. No number reached a child. Hint: send each number through the writing end."
            assert noted("arrived") or not numbers, lost
            silent = "got stuck. The child saw EOFError, but no total came. Hint: it sends it then."
            assert not noted("EOFError"), silent
            assert not is_forked(), FORKED
            close_own_writers()
            mine = (
                "got stuck. The child waits for more numbers, for your program still has the writing end open. Hint: "
                "close it after the last number, before you wait for the total."
            )
            assert not wait_until(lambda: noted("EOFError"), 1.5 * Time.slowness), mine
            raise AssertionError(
                "got stuck. The child waits for more numbers, though the check closed all that your program had open: "
                "the child itself has the writing end open. Hint: what does it get as arguments?"
            )
        assert not call.raised("handle is closed"), CLOSED
        here = "added the numbers in your program. Hint: the child does that, not you."
        assert not noted("added here"), here
        never = (
            "had a child that never saw EOFError. Hint: it needs no mark for the end and no limit of time, once all "
            "copies of the writing end are closed."
        )
        assert noted("EOFError") or not noted("done"), never
        nothing = "sent the child no number. Hint: the child does the sum."
        assert call.error or noted("arrived") or not numbers, nothing
        assert not call.is_right() or noted("EOFError"), never
        sent = noted("send_bytes") or any(repr(sum(numbers)) in what for what in told("send"))
        assert not call.is_right() or sent, "gave a total that the child did not send. Hint: the child does the sum."
        call.must_be_right()


LONG = "." * 1_000_000
LINES = [f"no 1{LONG}", f"yes 2{LONG}", f"no 3{LONG}", "yes 4", "yes 5"]


def search(lines: connection.Connection, found: connection.Connection) -> None:
    """Send back each line that has "yes", a while after it came; the first takes long. End at EOFError."""
    no_traceback()
    wait_until(lambda: noted("read"))
    try:
        while True:
            line = lines.recv()
            note("arrived")
            if "yes" in line:
                pause(0.2 if noted("found") else 1)  # who waits with a limit goes on
                note("found")
                found.send(line)
    except EOFError:
        note("EOFError")
    except Exception as error:
        note("broken", describe(error))


def sending() -> list[int]:
    """The threads of the program that are in send()."""
    codes = {END.send.__code__, END.send_bytes.__code__}
    stacks = sys._current_frames().items()
    return [ident for ident, top in stacks if codes & {frame.f_code for frame, _ in traceback.walk_stack(top)}]


def matching(my: Learner) -> None:
    """long lines come through as short ones do, for somebody reads all the time."""
    context = multiprocessing.get_context("spawn")
    whole = "Hint: return the lines that the child sent back, as a list, whole and in their order."
    for lines, said in (
        (LINES, "matching(lines, to_child, from_child), with three lines of a million letters and two short ones,"),
        (["yes", "", "yes"], 'matching(["yes", "", "yes"], to_child, from_child)'),
        ([], "matching([], to_child, from_child)"),
    ):
        (reader, to_child), (from_child, writer) = context.Pipe(duplex=False), context.Pipe(duplex=False)
        child = context.Process(target=search, args=(reader, writer))
        child.start()
        reader.close()
        writer.close()
        right = [line for line in lines if "yes" in line]
        call = my.begin("matching", list(lines), to_child, from_child, gives=right, hint=whole, said=said, faster=1000)
        call.wait(until=sending, seconds=0.3)
        call.wait(seconds=0.1)
        several = len(sending()) > 1
        note("read")
        call.wait()
        call.value = [*call.value] if type(call.value) is list else call.value  # a thread may fill it later
        call.hint = LIMITS if call.limits else whole
        count, threads, main = len(lines), sending(), threading.main_thread().ident
        assert not several, "sent from several threads at once, which mixes lines. Hint: one thread sends all."
        for error in told("broken"):
            bytes_ = "sent what recv() in the child can't read: {error}. Hint: it receives what send() sends."
            raise AssertionError(say(bytes_, error=error))
        if not call.back:
            reads = (
                "got stuck. Your program is in send(), and so is the child: nobody reads. Hint: let a thread send the "
                "lines, while your program receives what comes."
            )
            assert main not in threads, reads
            first = (
                "got stuck. Your thread is in send(), and so is the child. Hint: receive until EOFError first, then "
                "join it."
            )
            assert not threads, first
            ended = "got stuck. The child has ended: from_child raises EOFError. Hint: return."
            assert not noted("EOFError"), ended
            arrived = say("got stuck. The child had got {sent} of {count} lines.", sent=noted("arrived"), count=count)
            each = "Hint: not every line has an answer; let a thread send while you receive."
            assert noted("arrived") == count, (arrived, each)
            raise AssertionError(
                "got stuck. The child waits for more lines. Hint: whoever sends the lines closes to_child after the "
                "last one."
            )
        ended = wait_until(lambda pid=child.pid: is_gone(pid), 2 * Time.slowness)
        child.kill()
        child.join()
        local = "Hint: a function in a function can't be sent to a process; a thread of yours can run it."
        assert not call.raised("<locals>"), local
        assert not call.error, "Hint: EOFError says that no more comes: catch it, and return what came."
        once = say("sent {sent} of {count} lines.", sent=noted("arrived"), count=count)
        each = "Hint: send each once, by itself, and let the thread close to_child after the last one."
        assert not ended or noted("arrived") == count, (once, each)
        came = len(call.value) if type(call.value) is list else len(right)
        until = "gave {came} lines, not {count}. Hint: receive until EOFError; return when that is done."
        assert came == len(right), say(until, came=came, count=len(right))
        assert not call.is_right() or ended, "left the child waiting for more lines. Hint: close to_child."
        call.must_be_right()


FALSE = [None, 0, "", False, None]
MESSAGES = {"slow": ["slow 1", "slow 2"], "quick": ["quick 1", "quick 2"], "silent": []}
free = threading.Event()  # while it is not set, the program is held in recv
polled: set[tuple[int, int]] = set()  # by thread: each single end for which it has waited for a while, in vain
ends: list[int] = []  # one for each EOFError in the program


class Message:
    """A message that notes that the program has received it, and then is what it holds."""

    def __init__(self, value: object):
        self.value = value

    def __reduce__(self) -> tuple:
        return received, (self.value,)


def received(value: object) -> object:
    note("received")
    free.wait()
    return value


def send_all(name: str, given: tuple) -> None:
    """Send one message after the other, each when the judge says so."""
    with given_end(given) as writer:
        for message in MESSAGES[name]:
            wait_until(lambda message=message: noted(message))
            writer.send(Message(message))


@in_a_child
def slow(*given: object) -> None:
    send_all("slow", given)
    pause(1)
    note("left")


@in_a_child
def quick(*given: object) -> None:
    send_all("quick", given)


@in_a_child
def silent(*given: object) -> None:
    given_end(given)
    wait_until(lambda: noted("silent"))


@in_a_child
def fail(*given: object) -> None:
    """Send what counts as false, and end with an error."""
    writer = given_end(given)
    for value in FALSE:
        writer.send(Message(value))
    raise ValueError("raised on purpose")


def watch_ends() -> None:
    """From now on see who waits for which end, and each EOFError."""
    poll, recv = END.poll, END.recv

    def noting_poll(end: connection.Connection, timeout: float | None = 0.0) -> bool:
        ready = poll(end, timeout)
        if not ready and timeout and timeout >= 0.5:
            polled.add((threading.get_ident(), id(end)))
        return ready

    def noting_recv(end: connection.Connection) -> object:
        try:
            return recv(end)
        except EOFError:
            ends.append(id(end))
            raise

    END.poll, END.recv = noting_poll, noting_recv


def gather(my: Learner) -> None:
    """each message was taken when it came, and each child was read until its end."""
    watch_ends()
    free.set()
    functions = {"slow": slow, "quick": quick, "silent": silent}
    said = 'gather({"slow": slow, "quick": quick, "silent": silent})'
    call = my.begin("gather", functions, gives=MESSAGES, hint=GATHER, said=said, faster=1000)
    call.wait(until=lambda: noted("begun") == 3)
    for count, message in enumerate(("quick 1", "slow 1", "quick 2", "slow 2"), 1):
        call.wait(seconds=1 if count == 1 else 0.2)  # who waits with a limit, or looks once, goes on
        note(message)
        if not call.wait(until=lambda count=count: noted("received") >= count):
            check_gathered(call)
        if message == "quick 2":
            note("silent")
    call.wait()
    check_gathered(call)
    killed = "had a child that did not come to its own end. Hint: join() waits for that, so kill nobody."
    assert left() or noted("left"), killed
    call.must_be_right()

    free.clear()
    functions, right = {"": fail, "b": fail}, {"": FALSE, "b": FALSE}
    call = my.begin("gather", functions, gives=right, hint=GATHER, said='gather({"": fail, "b": fail})', faster=1000)
    call.wait(until=lambda: noted("begun") == 2 and not [child for child in left() if not is_gone(child.pid)])
    free.set()  # when all messages are in the pipes, and the children gone
    call.wait()
    check_gathered(call)
    call.must_be_right()

    my("gather", {}, gives={}, hint=GATHER).must_be_right()


GATHER = "Hint: each child has a pipe of its own, whose first end receives. Take all until EOFError, then join."


def check_gathered(call: Call) -> None:
    threads = [thread for thread, _ in polled]
    turns = "waited for one child after the other, each for a while. Hint: connection.wait(readers) waits for all."
    assert len(threads) == len(set(threads)), turns
    for wrong in told("misled"):
        raise AssertionError(say("called a function with {arguments}. Hint: args=(writer,).", arguments=wrong))
    assert not call.raised("handle is closed"), CLOSED
    catch = "Hint: EOFError is how a child's end shows: catch it, and leave that reader out."
    assert not issubclass(type(call.error), EOFError), catch
    assert not call.error or not call.limits, LIMITS
    assert not call.error, GATHER
    begun, every = noted("begun"), len(call.expected)
    first = "had {begun} of {every} children begin. Hint: start all before you read from one."
    assert begun == every, say(first, begun=begun, every=every)
    if not call.back:
        join = (
            "got stuck. Your program was already in join(). Hint: EOFError ends one child, a silence none; read all "
            "to the end."
        )
        assert "join" not in call.stands, join
        assert len(ends) < 99, "got stuck. EOFError came, and you still wait for that reader. Hint: remove it."
        copies = (
            "got stuck. All messages came, but EOFError did not. Hint: after start(), close the writing end that you "
            "gave away; your own copy keeps the pipe open."
        )
        assert noted("received") < sum(map(len, call.expected.values())), copies
        one = (
            "got stuck. Your program waited in recv() for one child. Hint: connection.wait(readers) says which can be "
            "read now."
        )
        assert "recv" not in call.stands, one
        raise AssertionError(
            "got stuck. A message was never received. Hint: receive from all that connection.wait(readers) returns, "
            "to the end."
        )
    kind = "Expected was a dict, from each name to a list of messages."
    assert issubclass(type(call.value), dict), (say("gave {got}.", got=short(call.value)), kind)
    call.value = dict(call.value)  # a defaultdict is one, too
    early = (
        "came back while children were still running. Hint: EOFError is the end of one child only; read until all are "
        "at their end, then join."
    )
    assert call.is_right() or not left(), early
    for name, right in call.expected.items():
        got = call.value.get(name)
        gave = say(
            'gave {got} for "{name}"; expected was {right}.',
            got=short(got) if name in call.value else "nothing",
            name=name,
            right=right,
        )
        each = "Hint: begin with an empty list for each; EOFError ends one child, a silence none, a dead child neither."
        assert same(got, right), (gave, each)


JUDGES = {1: ask, 2: total_of, 3: matching, 4: gather}
