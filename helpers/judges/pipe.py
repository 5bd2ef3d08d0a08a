"""Lesson 04, Pipe: the judges of its exercises, and the functions that they have the learner run."""

import multiprocessing
import sys
import threading
import traceback
from collections.abc import Callable
from functools import partial
from multiprocessing import connection, process

from helpers import judging
from helpers.judging import Call, Learner, Time, in_a_child, is_gone, left, note, noted, pause, told, wait_until
from helpers.sentences import describe, say, short

END = connection._ConnectionBase
LIMITS = "Hint: an answer, and the end of a child, may take longer than any limit of time, so wait without one."
FORKED = "got stuck. The child waits for more. Hint: a forked child has a copy of your end; use context."
PIPE = "Hint: keep one end of the pipe; the other is the only argument: args=(end,), a tuple, with its comma."
LONG = "." * 1_000_000
KILLED = "had a child that did not end by itself. Hint: close your end and join, and kill nobody."


def given_end(given: tuple) -> connection.Connection:
    """The end of a pipe, which must be all that a function of ours is given."""
    judging.no_traceback()
    if len(given) != 1 or not hasattr(given[0], "recv"):
        note("misled", ", ".join(type(each).__name__ for each in given) or "no argument")
    return given[0]


def check_ends(call: Call) -> None:
    """What must hold in each of these exercises of the ends that were given away."""
    for wrong in told("misled"):
        raise AssertionError(say("called your child's function with {arguments}.", arguments=wrong), PIPE)
    closed = "Hint: a closed end can do nothing: close what you give away after start(), your own when you are done."
    assert not call.raised("handle is closed"), closed


def check_forked() -> None:
    assert not any(child._popen.method == "fork" for child in list(process._children)), FORKED


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
        asked, workers, count = noted("question"), noted("begun"), len(questions)
        check_ends(call)
        none = "had no child run double. Hint: target=worker, and start(); there is a worker for an empty list, too."
        assert workers or (call.error and type(call.error) is not BrokenPipeError), none
        assert not call.error, LIMITS if call.limits else PIPE
        several = "had {count} children run double, not one. Hint: one worker answers all; start it before the loop."
        assert workers == 1, say(several, count=workers)
        turns = "Hint: send one, receive its answer, send the next."
        assert not noted("too early"), ("sent a question too early.", LIMITS if call.limits else turns)
        sent = "sent {asked} messages for {count} questions. Hint: one for each; close() is the end, no mark is needed."
        assert asked == count, say(sent, asked=asked, count=count)
        if not call.back and not noted("EOFError"):
            check_forked()
            raise AssertionError("got stuck. The worker waits for EOFError. Hint: close your end before you join it.")
        assert not call.is_right() or noted("left") or left(), KILLED
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
    """In a child: note what it receives. Without numbers it ends late, with some it sees EOFError late."""
    receive = END.recv

    def noting_receive(end: connection.Connection) -> object:
        try:
            got = receive(end)
        except EOFError:
            note("EOFError")
            pause(1 if noted("arrived") else 0)
            raise
        note("arrived")
        return got

    note("begun")
    judging.prepare_time()
    judging.run_time(1000)
    END.recv = noting_receive
    try:
        run()
    except BaseException as error:
        note("raised", describe(error))
        raise
    note("done")
    pause(0 if noted("arrived") else 1)


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
        check_ends(call)
        assert not noted("added here"), "added the numbers in your program. Hint: the child does that, not you."
        never = "had a child that never saw EOFError. Hint: it needs no mark for the end and no limit of time."
        assert noted("EOFError") or not (noted("done") or call.is_right()), never
        if not call.back:
            assert not noted("EOFError"), "got stuck. The child saw EOFError. Hint: then it sends the total."
            check_forked()
            raise AssertionError(
                "got stuck. The child waits for more numbers, for a writing end is still open. Hint: close yours after "
                "the last number, before you wait for the total. And does the child get one as an argument?"
            )
        call.must_be_right()


def search(lines: connection.Connection, found: connection.Connection) -> None:
    """Send back each line that has "yes", a while after it came; the first takes long. End at EOFError."""
    judging.no_traceback()
    wait_until(lambda: noted("read"))
    while True:
        line = lines.recv()
        note("arrived")
        if "yes" in line:
            pause(0.2 if noted("found") else 1)  # who waits with a limit goes on
            note("found")
            found.send(line)


def sending() -> list[int]:
    """The threads of the program that are in send()."""
    codes = {END.send.__code__, END.send_bytes.__code__}
    stacks = sys._current_frames().items()
    return [ident for ident, top in stacks if codes & {frame.f_code for frame, _ in traceback.walk_stack(top)}]


def matching(my: Learner) -> None:
    """long lines come through as short ones do, for somebody reads all the time."""
    my.function("matching", 3)  # before a child is there: what is wrong with the file ends the check
    context = multiprocessing.get_context("spawn")
    hint = "Hint: receive until EOFError; return the lines that the child sent back, whole and in their order."
    long = [f"no 1{LONG}", f"yes 2{LONG}", f"no 3{LONG}", "yes", "yes"]
    for lines, name in ((long, "three lines of a million letters"), ([], "[]")):
        (reader, to_child), (from_child, writer) = context.Pipe(duplex=False), context.Pipe(duplex=False)
        child = context.Process(target=search, args=(reader, writer))
        child.start()
        reader.close()
        writer.close()
        more = {"gives": [line for line in lines if "yes" in line], "hint": hint, "faster": 1000}
        said = say("matching(lines, to_child, from_child), with {lines},", lines=(name,))
        call = my.begin("matching", list(lines), to_child, from_child, said=said, **more)
        call.wait(until=sending, seconds=0.3)
        call.wait(seconds=0.1)
        several = len(sending()) > 1
        note("read")
        call.wait()
        call.value = [*call.value] if type(call.value) is list else call.value  # a thread may fill it later
        call.hint = LIMITS if call.limits else hint
        assert not several, "sent from several threads at once, which mixes lines. Hint: one thread sends all."
        gone = call.back and wait_until(lambda pid=child.pid: is_gone(pid), 2 * Time.slowness)
        arrived = say("The child had got {arrived} of {count} lines.", arrived=noted("arrived"), count=len(lines))
        if not call.back:
            assert threading.main_thread().ident not in sending(), (
                "got stuck. Your program is in send(), and so is the child: nobody reads. Hint: let a thread send the "
                "lines, while your program receives what comes."
            )
            thread = "got stuck. Your thread is in send(), and so is the child."
            assert not sending(), (thread, "Hint: receive until EOFError first, then join it.")
            each = "Hint: not every line has an answer; let a thread send while you receive, until EOFError."
            assert noted("arrived") == len(lines) and not is_gone(child.pid), ("got stuck.", arrived, each)
            close = "Hint: whoever sends the lines closes to_child after the last one."
            raise AssertionError("got stuck. The child waits for more lines.", close)
        child.kill()
        child.join()
        local = "Hint: a function in a function can't be sent to a process; a thread of yours can run it."
        assert not call.raised("<locals>"), local
        assert not call.error, "Hint: EOFError says that no more comes: catch it, and return what came."
        once = "Hint: send each once, by itself, and let the thread close to_child after the last one."
        assert not gone or noted("arrived") == len(lines), ("came back.", arrived, once)
        assert not call.is_right() or gone, "left the child waiting for more lines. Hint: close to_child."
        call.must_be_right()


FALSE = [None, 0, "", False, None]
MESSAGES = {"slow": ["slow 1", "slow 2"], "quick": ["quick 1", "quick 2"], "silent": []}
polled: set[tuple[int, int]] = set()  # by thread: each single end for which it has waited for a while, in vain


class Message:
    """A message that notes that the program has received it, and then is what it holds."""

    def __init__(self, value: object):
        self.value = value

    def __reduce__(self) -> tuple:
        return received, (self.value,)


def received(value: object) -> object:
    """In the program, which is held for what counts as false, until all children have ended."""
    note("received")
    if value in FALSE:
        wait_until(lambda: noted("begun") > 1 and all(is_gone(child.pid) for child in left()), 5)
    return value


class Sender:
    """Sends one message after the other, each when the judge says so; or at once what counts as false, and fails."""

    def __init__(self, name: str):
        self.__name__ = name

    @in_a_child
    def __call__(self, *given: object) -> None:
        writer = given_end(given)
        for message in MESSAGES.get(self.__name__, FALSE):
            wait_until(lambda message=message: message in FALSE or noted(message))
            writer.send(Message(message))
        if self.__name__ not in MESSAGES:
            raise ValueError("raised on purpose")
        wait_until(lambda: noted("quick 2"))  # who is silent ends now
        writer.close()
        pause(1 if self.__name__ == "slow" else 0)
        note("left")


def watch_polls() -> None:
    """From now on see who waits for which end."""
    poll = END.poll

    def noting_poll(end: connection.Connection, timeout: float | None = 0.0) -> bool:
        ready = poll(end, timeout)
        if not ready and timeout and timeout >= 0.5:
            polled.add((threading.get_ident(), id(end)))
        return ready

    END.poll = noting_poll


def gather(my: Learner) -> None:
    """each message was taken when it came, and each child was read until its end."""
    watch_polls()
    hint = "Hint: each child has a pipe of its own, whose first end receives. Take all until EOFError, then join."
    functions = {name: Sender(name) for name in MESSAGES}
    said = 'gather({"slow": slow, "quick": quick, "silent": silent})'
    call = my.begin("gather", functions, gives=MESSAGES, hint=hint, said=said, faster=1000)
    call.wait(until=lambda: noted("begun") == 3)
    for count, message in enumerate(("quick 1", "slow 1", "quick 2", "slow 2"), 1):
        call.wait(seconds=1 if count == 1 else 0.2)  # who waits with a limit, or looks once, goes on
        note(message)
        if not call.wait(until=lambda count=count: noted("received") >= count):
            check_gathered(call)
    call.wait()
    check_gathered(call)
    assert noted("left") == 3, KILLED

    functions, right = dict.fromkeys(("", "b"), Sender("fail")), {"": FALSE, "b": FALSE}
    said = 'gather({"": fail, "b": fail})'
    check_gathered(my("gather", functions, gives=right, hint=hint, said=said, faster=1000))
    check_gathered(my("gather", {}, gives={}, hint=hint))


def check_gathered(call: Call) -> None:
    turns = "waited for one child after the other, each for a while. Hint: connection.wait(readers) waits for all."
    assert len(polled) == len({thread for thread, _ in polled}), turns
    check_ends(call)
    assert not isinstance(call.error, EOFError), "Hint: EOFError is a child's end: catch it, leave that reader out."
    assert not call.error, LIMITS if call.limits else call.hint
    begun, every = noted("begun"), len(call.expected)
    first = "had {begun} of {every} children begin. Hint: start all before you read from one."
    assert begun == every, say(first, begun=begun, every=every)
    ends = "Hint: EOFError ends one child, a silence none, a dead child neither; read all to the end, then join."
    if not call.back:
        assert "join" not in call.stands, ("got stuck. Your program was already in join().", ends)
        assert noted("received") < sum(map(len, call.expected.values())), (
            "got stuck, after all messages had come. Hint: after start(), close the writing end that you gave away: "
            "your own copy keeps the pipe open; and wait no more for a reader that has raised EOFError."
        )
        ready = "Hint: connection.wait(readers) says which can be read now; receive from each of these, to the end."
        raise AssertionError("got stuck. A message was never received.", ready)
    call.value = dict(call.value) if isinstance(call.value, dict) else call.value  # a defaultdict is one, too
    for name, right in call.expected.items() if type(call.value) is dict else ():
        got = short(call.value[name]) if name in call.value else "nothing"
        gave = say('gave {got} for "{name}"; expected was {right}.', got=got, name=name, right=right)
        assert judging.same(call.value.get(name), right), (gave, ends)
    call.must_be_right()


JUDGES = {1: ask, 2: total_of, 3: matching, 4: gather}
