"""Lesson 04, Pipe: the judges of its exercises, and the partners that they have the learner run."""

import gc
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from multiprocessing import connection, process, queues

from helpers.judge import (
    Call,
    Case,
    Judge,
    cut,
    describe,
    frames,
    is_gone,
    left,
    must_be_in_a_child,
    no_limit_is_enough,
    no_traceback,
    note,
    noted,
    pauses_are_short,
    same,
    short,
    told,
    wait_for,
    wait_until,
    waits_are_short,
)

CLOSED = (
    "Hint: a closed end can do nothing: close what you give away after start(), your own when you are done with it."
)
FORKED = "The child waits for more. Hint: a forked child has a copy of your end, and never sees it close; use context."


def be_hasty() -> None:
    """In the referee, before the learner's file is imported: whoever waits with a limit gives up soon."""
    no_limit_is_enough()
    waits_are_short()


def begin(given: tuple) -> connection.Connection:
    """What each partner does first; return the end of a pipe, which has to be all that it was given."""
    must_be_in_a_child()
    note("begun", str(os.getpid()))
    no_traceback()
    if len(given) != 1 or not hasattr(given[0], "recv"):
        note("misled", ", ".join(type(each).__name__ for each in given) or "no argument")
    return given[0]


def leave() -> None:
    """What a partner does last: its end comes when it is waited for, and not sooner."""
    wait_for("leave")
    note("left")


def later(run: Call, what: str) -> None:
    """Note this after a while, in which a program that guesses goes on, or is back: then it finds all as it was."""
    if not run.wait(0.2):
        note(what)


def stands_in(thread: threading.Thread | Call) -> str:
    """What a thread waits in, "connection.recv" or "process.join", the outermost if there are several; or ''."""
    for frame in reversed(frames(thread)):
        module, name = frame.f_globals.get("__name__", ""), frame.f_code.co_name.removesuffix("_bytes")
        if module.startswith(("multiprocessing.", "threading")) and name in ("send", "recv", "join"):
            return f"{module.rpartition('.')[2]}.{name}"
    return ""


def senders() -> int:
    """How many threads of the program wait in send."""
    return sum(stands_in(thread) == "connection.send" for thread in threading.enumerate())


def is_forked() -> bool:
    return any(child._popen.method == "fork" for child in list(process._children))


PIPE = (
    "Hint: context.Pipe() has two ends that both send and receive; keep one, and give away the other as the only "
    "argument: args=(end,), a tuple, with its comma."
)


def double(*given: object) -> None:
    """Answer each question with its double, when the judge says so, until EOFError."""
    end = begin(given)
    try:
        while True:
            question = end.recv()
            note("question", repr(question))
            wait_for("answer", noted("question"))
            if end.poll():
                end.recv()  # raises EOFError if it is no question
                note("too early")
            end.send(question and question * 2)
            note("answered")
    except EOFError:
        note("EOFError")
    leave()


class Ask(Judge):
    function = "ask(worker, questions)"
    right = "the worker answered each question, saw EOFError and ended by itself."

    def cases(self) -> Iterator[Case]:
        be_hasty()
        pauses_are_short()
        hint = "Hint: recv() waits for an answer, however long that takes. Return all, as a list, and join the worker."
        for questions in ([1, 2, "ab"], [None, 0, 0, ""], []):
            answers = [question and question * 2 for question in questions]
            yield Case((double, questions), answers, hint, meanwhile=self.lead)

    def lead(self, run: Call) -> None:
        """Let the worker answer, well after each question, and leave."""
        done = "answered", "too early", "EOFError"
        for _ in run.case.gives:
            run.reaches(lambda: noted("question") > noted("answer"))
            run.wait(0.1)
            note("answer")
            wait_until(lambda: sum(map(noted, done)) >= min(noted("answer"), noted("question")), 3)
        run.reaches(lambda: noted("EOFError"))
        if run.rests(0.2):
            note("leave")

    def must(self, run: Call) -> Iterator[tuple[object, str]]:
        questions, asked, workers = run.case.arguments[1], noted("question"), noted("begun")
        as_one = repr(questions) in told("question")
        yield not noted("misled"), f"called double with {' and '.join(told('misled'))}. {PIPE}"
        yield not as_one, "gave the worker all questions as one. Hint: send them one by one."
        yield "handle is closed" not in str(run.error), CLOSED
        hint = "had no child run double. Hint: target=worker, and start(), even if there is nothing to ask."
        yield workers or (run.error and type(run.error) is not BrokenPipeError), hint
        yield not (cut and run.error), "Hint: an answer may take longer than any limit of time, so wait without one."
        yield not run.error, PIPE
        yield workers == 1, f"had {workers} children run double, not one, whatever there is to ask. {PIPE}"
        yield not noted("too early"), "sent a question too early. Hint: send one, receive its answer, send the next."
        yield (
            asked <= len(questions),
            f"sent {asked} messages for {len(questions)} questions. Hint: close() is the end; no mark is needed.",
        )
        yield (
            run.back or stands_in(run) != "process.join" or noted("EOFError") or asked == len(questions),
            (
                f"got stuck. Your program was already in join(), and the worker had got {asked} of {len(questions)} "
                "questions. Hint: join comes last."
            ),
        )
        which = f"The worker had got {asked} of {len(questions)} questions."
        hint = "Hint: send through the end that you kept, and receive from it; each send() goes before its recv()."
        yield run.back or asked == len(questions), f"got stuck. {which} {hint}"
        yield run.back or noted("EOFError") or not is_forked(), f"got stuck. {FORKED}"
        hint = "Hint: its recv() raises EOFError when you close your end; close it before you join."
        yield run.back or noted("EOFError"), f"got stuck. The worker waits for more. {hint}"
        hint = "Hint: close your end and join, and kill nobody."
        yield not run.is_right() or noted("left") or left()[0], f"had a worker that did not end by itself. {hint}"


class Number(int):
    """A number that notes if the program itself adds it, and arrives as a plain one."""

    def __reduce__(self) -> tuple:
        wait_until(lambda: noted("begun"), 3)  # a child that waits with a limit has given up by then
        time.sleep(0.05)
        return int, (int(self),)

    def __add__(self, other: int) -> int:
        note("added here")
        return int(self) + other

    __radd__ = __add__


def watch_children() -> None:
    """In the referee, from now on: a child, of whatever class, runs under `watched`."""
    start = process.BaseProcess.start

    def start_watched(child: process.BaseProcess) -> None:
        child.run = partial(watched, child.run)
        start(child)

    process.BaseProcess.start = start_watched


def watched(run: Callable[[], None]) -> None:
    """In a child: note what it receives and sends."""
    note("begun", str(os.getpid()))
    be_hasty()
    for name in (*RECEIVE, "send", "send_bytes"):
        note_calls(name)
    for queue in (queues.Queue, queues.JoinableQueue):
        note_calls("put", queue)
    try:
        run()
    except BaseException as error:
        note("raised", describe(error))
        raise
    note("done")
    leave()


RECEIVE = "recv", "recv_bytes", "recv_bytes_into"


def note_calls(name: str, of: type = connection._ConnectionBase) -> None:
    """From now on, note here the calls of a connection's method; the judge says when EOFError comes."""
    method = getattr(of, name)

    def noting(end: connection.Connection, *arguments: object) -> object:
        note(name, repr(arguments))
        try:
            got = method(end, *arguments)
        except EOFError:
            note("EOFError")
            wait_for("answer")
            raise
        note(f"{name} is back")
        return got

    setattr(of, name, noting)


def close_own_writers() -> None:
    """Close the writing ends that the learner's program has open."""
    for thing in gc.get_objects():
        if issubclass(type(thing), connection._ConnectionBase) and not thing.closed and thing.writable:
            thing.close()


class TotalOf(Judge):
    function = "total_of(numbers)"
    right = "the child saw EOFError after the last number, and its total came back."

    def cases(self) -> Iterator[Case]:
        be_hasty()
        watch_children()
        hint = "Hint: return the total that the child sends back, however long that takes, and join the child before."
        for numbers in ([4, 8, 15], [0, -3, -3, 0.5], []):
            given = [Number(number) if type(number) is int else number for number in numbers]
            yield Case((given,), sum(numbers), hint, meanwhile=self.lead)

    def lead(self, run: Call) -> None:
        """Let the child send its total well after the end, and leave."""
        run.reaches(lambda: noted("EOFError") or noted("done"))
        later(run, "answer")
        run.reaches(lambda: noted("done"))
        if run.rests(0.2):
            note("leave")

    def must(self, run: Call) -> Iterator[tuple[object, str]]:
        arrived = not run.case.gives or any(noted(f"{name} is back") for name in RECEIVE)
        for raised in told("raised"):
            yield False, f"had a child that raised {raised}. Hint: then nobody sends a total."
        unstarted = not noted("begun") and (not run.back or type(run.error) is BrokenPipeError)
        yield not unstarted, "had no child begin. Hint: is it started?"
        if not run.back:
            more = "got stuck. The child waits for more numbers"
            yield arrived, "got stuck. No number reached a child. Hint: send each number through the writing end."
            yield not noted("EOFError"), "got stuck. The child saw EOFError, but no total came. Hint: it sends it then."
            yield not is_forked(), f"got stuck. {FORKED}"
            close_own_writers()
            hint = "Hint: close it after the last number, before you wait for the total."
            saw_it = wait_until(lambda: noted("EOFError"), 1.5)
            yield not saw_it, f"{more}, for your program still has the writing end open. {hint}"
            hint = "the child itself has the writing end open. Hint: what does it get as arguments?"
            yield False, f"{more}. I closed all that your program had open, and it still waited: {hint}"
        yield "handle is closed" not in str(run.error), CLOSED
        yield not noted("added here"), "added the numbers in your program. Hint: the child does that, not you."
        hint = "Hint: it needs no mark for the end and no limit of time, once all copies of the writing end are closed."
        yield noted("EOFError") or not noted("done"), f"had a child that never saw EOFError. {hint}"
        yield run.error or arrived, "sent the child no number. Hint: the child does the sum."
        yield not run.is_right() or noted("EOFError"), f"had a child that never saw EOFError. {hint}"
        sent = noted("send_bytes") or noted("put") or any(str(run.value) in what for what in told("send"))
        yield not run.is_right() or sent, "gave a total that the child did not send. Hint: the child does the sum."


LONG = "." * 1_000_000
LINES = [f"no 1{LONG}", f"yes 2{LONG}", f"no 3{LONG}", "yes 4", "yes 5"]


def search(lines: connection.Connection, found: connection.Connection) -> None:
    """Send back each line that has "yes", when the judge says so; end at EOFError."""
    begin((lines,))
    wait_for("read")
    try:
        while True:
            line = lines.recv()
            note("arrived")
            if "yes" in line:
                note("found")
                wait_for("send", noted("found"))
                found.send(line)
    except EOFError:
        note("EOFError")


class Matching(Judge):
    function = "matching(lines, to_child, from_child)"
    right = "long lines come through as short ones do, for somebody reads all the time."

    def cases(self) -> Iterator[Case]:
        be_hasty()
        context = multiprocessing.get_context("spawn")
        hint = "Hint: return the lines that the child sent back, as a list, whole and in their order."
        for lines in (LINES, ["yes", "", "yes"], []):
            what = "with three lines of a million letters and two short ones," if lines is LINES else f"lines {lines},"
            (reader, to_child), (from_child, writer) = context.Pipe(duplex=False), context.Pipe(duplex=False)
            self.child = context.Process(target=search, args=(reader, writer))
            self.child.start()
            reader.close()
            writer.close()
            found = [line for line in lines if "yes" in line]
            self.count = len(lines)
            yield Case(
                (list(lines), to_child, from_child), found, hint, f"{self.function}, {what}", meanwhile=self.lead
            )

    def lead(self, run: Call) -> None:
        """Let the child read when the program fills the pipe, and send each line that it has found after a while."""
        run.until(senders, 0.3)
        run.wait(0.1)
        if senders() > 1:
            note("several")
        note("read")
        for _ in run.case.gives:
            run.reaches(lambda: noted("found") > noted("send"))
            later(run, "send")
        run.reaches(lambda: noted("EOFError"))

    def must(self, run: Call) -> Iterator[tuple[object, str]]:
        count, arrived, most = self.count, noted("arrived"), len(run.case.gives)
        yield not noted("several"), "sent from several threads at once, which mixes lines. Hint: one thread sends all."
        if not run.back:
            hint = "Hint: let a thread send the lines, while your program receives what comes."
            sends = stands_in(run) == "connection.send"
            yield not sends, f"got stuck. Your program is in send(), and so is the child: nobody reads. {hint}"
            hint = "Hint: receive until EOFError first, then join it."
            yield not senders(), f"got stuck. Your thread is in send(), and so is the child. {hint}"
            yield not noted("EOFError"), "got stuck. The child has ended: from_child raises EOFError. Hint: return."
            hint = "Hint: not every line has an answer; let a thread send while you receive."
            yield arrived == count, f"got stuck. The child had got {arrived} of {count} lines. {hint}"
            hint = "Hint: whoever sends the lines closes to_child after the last one."
            yield False, f"got stuck. The child waits for more lines. {hint}"
        ended, arrived = wait_until(lambda: is_gone(self.child.pid), 2), noted("arrived")
        self.child.kill()
        self.child.join()
        hint = "Hint: a function in a function can't be sent to a process; a thread of yours can run it."
        yield "<locals>" not in str(run.error), hint
        yield not run.error, "Hint: EOFError says that no more comes: catch it, and return what came."
        hint = "Hint: send each once, by itself, and let the thread close to_child after the last one."
        yield not ended or arrived == count, f"sent {arrived} of {count} lines. {hint}"
        came = len(run.value) if type(run.value) is list else most
        yield came == most, f"gave {came} lines, not {most}. Hint: receive until EOFError; return when that is done."
        yield not run.is_right() or ended, "left the child waiting for more lines. Hint: close to_child."


FALSE = [None, 0, "", False, None]
MESSAGES = {"slow": ["slow 1", "slow 2"], "quick": ["quick 1", "quick 2"], "silent": []}
free = threading.Event()  # while it is not set, the program is held in recv


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
    with begin(given) as writer:
        for message in MESSAGES[name]:
            wait_for(message)
            writer.send(Message(message))


def slow(*given: object) -> None:
    send_all("slow", given)
    leave()


def quick(*given: object) -> None:
    send_all("quick", given)


def silent(*given: object) -> None:
    begin(given)
    wait_for("silent")


def fail(*given: object) -> None:
    """Send what counts as false, and end with an error."""
    writer = begin(given)
    for value in FALSE:
        writer.send(Message(value))
    raise ValueError("raised on purpose")


polled: set[tuple[int, int]] = set()  # by thread: each single end for which it has waited with a limit, in vain


def note_polls() -> None:
    """In the referee, from now on: note in `polled` who waits for which end. Its limit is cut short by `be_hasty`."""
    poll = connection._ConnectionBase.poll

    def noting(end: connection.Connection, timeout: float | None = 0.0) -> bool:
        ready = poll(end, timeout)
        if not ready and timeout and timeout >= 0.5:
            polled.add((threading.get_ident(), id(end)))
        return ready

    connection._ConnectionBase.poll = noting


class Gather(Judge):
    function = "gather(senders)"
    right = "each message was taken when it came, and each child was read until its end."

    def cases(self) -> Iterator[Case]:
        be_hasty()
        hint = "Hint: each child has a pipe of its own, whose first end receives. Take all until EOFError, then join."
        note_polls()
        senders = {"slow": slow, "quick": quick, "silent": silent}
        said = 'gather({"slow": slow, "quick": quick, "silent": silent})'
        yield Case((senders,), MESSAGES, hint, said, before=free.set, meanwhile=self.lead)
        senders, said = {"": fail, "b": fail}, 'gather({"": fail, "b": fail})'
        yield Case((senders,), dict.fromkeys(senders, FALSE), hint, said, before=free.clear, meanwhile=self.hold)
        yield Case(({},), {}, hint)

    def lead(self, run: Call) -> None:
        """Let one child after the other send, see that each message is taken, and let them end one by one."""
        run.reaches(lambda: noted("begun") == 3)
        for message in ("quick 1", "slow 1", "quick 2", "silent", "slow 2"):
            later(run, message)
            run.reaches(lambda: noted("received") >= sum(noted(each) for some in MESSAGES.values() for each in some))
        # The two that have nothing more to do may take long to end; who does not join them must be told of one child.
        wait_until(lambda: sum(is_gone(int(pid)) for pid in told("begun")) > 1, 3)
        if run.rests(0.2):
            note("leave")

    def hold(self, run: Call) -> None:
        """Let the program go on when all messages are in the pipes, and the children gone."""
        run.reaches(lambda: noted("begun") == 2 and all(is_gone(int(pid)) for pid in told("begun")))
        free.set()

    def must(self, run: Call) -> Iterator[tuple[object, str]]:
        threads = [thread for thread, _ in polled]
        yield (
            len(threads) == len(set(threads)),
            "waited for one child after the other, each for a while. Hint: connection.wait(readers) waits for all.",
        )
        every, begun, count = len(run.case.gives), noted("begun"), noted("received")
        yield not noted("misled"), f"called a function with {' and '.join(told('misled'))}. Hint: args=(writer,)."
        yield "handle is closed" not in str(run.error), CLOSED
        hint = "Hint: EOFError is how a child's end shows: catch it, and leave that reader out."
        yield not isinstance(run.error, EOFError), hint
        hint = "Hint: a child may be silent for longer than any limit of time, so wait without one."
        yield not (cut and run.error), hint
        yield not run.error, run.hint
        yield begun == every, f"had {begun} of {every} children begin. Hint: start all before you read from one."
        if not run.back:
            stands = stands_in(run)
            hint = "Hint: EOFError ends one child, a silence none; read all to the end."
            yield stands != "process.join", f"got stuck. Your program was already in join(). {hint}"
            note_calls("recv")
            note("answer")
            again = wait_until(lambda: noted("EOFError"), 0.5)
            yield not again, "got stuck. EOFError came, and you still wait for that reader. Hint: remove it."
            hint = "Hint: after start(), close the writing end that you gave away; your own copy keeps the pipe open."
            all_came = count == sum(map(len, run.case.gives.values()))
            yield not all_came, f"got stuck. All messages came, but EOFError did not. {hint}"
            hint = "Hint: connection.wait(readers) says which can be read now."
            yield stands != "connection.recv", f"got stuck. Your program waited in recv() for one child. {hint}"
            hint = "Hint: receive from all that connection.wait(readers) returns, to the end."
            yield False, f"got stuck. A message was never received. {hint}"
        run.value = dict(run.value) if isinstance(run.value, dict) else run.value  # a defaultdict is one, too
        hint = "Expected was a dict, from each name to a list of messages."
        yield type(run.value) is dict, f"gave {short(run.value)}. {hint}"
        hint = "Hint: EOFError is the end of one child only; read until all are at their end, then join."
        yield run.is_right() or not left()[0], f"came back while children were still running. {hint}"
        hint = "Hint: begin with an empty list for each; EOFError ends one child, a silence none, a dead child neither."
        for name, messages in run.case.gives.items():
            got = short(run.value[name]) if name in run.value else "nothing"
            yield same(run.value.get(name), messages), f'gave {got} for "{name}"; expected was {messages}. {hint}'
        hint = "Hint: join() waits for that, so kill nobody."
        yield (
            left()[0] or noted("left") or run.case.gives is not MESSAGES,
            f"had a child that did not come to its own end. {hint}",
        )


JUDGES = {1: Ask(), 2: TotalOf(), 3: Matching(), 4: Gather()}
