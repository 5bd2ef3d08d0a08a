"""Lesson 04, Pipe: the judges of its exercises, and the functions and messages that they hand to the learner.

What happens in the children is noted. From the notes a judge sees progress, so that it can tell a program that is stuck
from one that is slow, and say at what it is stuck.
"""

import gc
import multiprocessing
import threading
import time
from collections.abc import Callable
from functools import partial
from multiprocessing import connection, process

from helpers.judge import Learner, Wrong, expect, forget, frames, must_be_in_a_child, note, noted, short, wait_until

START = 4.5  # seconds for the first note; starting a process is what takes long on a busy machine
QUIET = 2.5  # seconds without a new note, after which a program is stuck
SILENCE = 1.2  # seconds in which a child sends nothing, so that a guess how long to wait for it goes wrong
WAITING = ("multiprocessing.connection", "multiprocessing.process", "threading")  # modules in which it waits


def double(end) -> None:
    """Answer each question with its double, until EOFError."""
    must_be_in_a_child()
    note("started")
    try:
        while True:
            question = end.recv()
            note("whole list" if isinstance(question, (list, tuple)) else "question")
            if end.poll(0.05):
                note("next question")
            end.send(question * 2)
    except EOFError:
        note("EOFError")


class Number(int):
    """A number that notes its arrival in a child, and then is a plain one."""

    def __reduce__(self):
        return arrive, (int(self),)


def arrive(number: int) -> int:
    if multiprocessing.parent_process():  # this is a child
        note("arrived")
        note_the_end()
    return number


def note_the_end() -> None:
    """From now on, note an EOFError that this process gets from `recv`."""
    recv = connection._ConnectionBase.recv
    if recv.__name__ == "noting":
        return

    def noting(self):
        try:
            return recv(self)
        except EOFError:
            note("EOFError")
            raise

    connection._ConnectionBase.recv = noting


def search(lines, found) -> None:
    """Send back each line that has "yes", the first one after a silence; end at EOFError."""
    try:
        while True:
            line = lines.recv()
            note("arrived")
            if "yes" in line:
                if noted("arrived") == 2:
                    time.sleep(SILENCE)
                found.send(line)
    except EOFError:
        note("EOFError")


class Message(str):
    """A message that notes that it was received, and then is a plain one."""

    def __reduce__(self):
        return receive, (str(self),)


def receive(message: str) -> str:
    note(f"received {message}")
    if message == "quick 3":  # and when it is there, the child has sent its fourth, and ended
        wait_until(lambda: all(child._popen.poll() is not None for child in list(process._children)), 2)
    return message


def wait_until_received(message: str) -> None:
    """Wait until the program has received another child's message; the judge ends this process if it never does."""
    wait_until(lambda: noted(f"received {message}"), 60)


def slow(writer) -> None:
    """Send one message, but only when quick's second has been received, and after a silence."""
    must_be_in_a_child()
    note("started")
    wait_until_received("quick 2")
    time.sleep(SILENCE)
    writer.send(Message("slow 1"))


def quick(writer) -> None:
    """When silent is done, send two messages, and two more when slow's message has been received."""
    must_be_in_a_child()
    note("started")
    wait_until(lambda: noted("silent is done"), 60)
    writer.send(Message("quick 1"))
    writer.send(Message("quick 2"))
    wait_until_received("slow 1")
    writer.send(Message("quick 3"))
    writer.send(Message("quick 4"))


def silent(writer) -> None:
    """Send nothing, and come to the end before any other child sends."""
    must_be_in_a_child()
    note("started")
    writer.close()
    note("silent is done")


def waits_in(thread: threading.Thread) -> str:
    """What a thread is waiting in: send, recv, join, wait or ''; the outermost if there are several."""
    for frame in reversed(frames(thread)):
        module, name = frame.f_globals.get("__name__"), frame.f_code.co_name.removesuffix("_bytes")
        if module in WAITING and name in ("send", "recv", "join", "wait"):
            return name
    return ""


CLOSED = (
    "Hint: a closed end can do nothing: close what you give away after start(), your own when you are done with it."
)


def watch(learner: Learner, name: str, arguments: tuple, why: Callable[[str], str], said: str, *hints: str) -> object:
    """Call a function of the learner's file, as `learner.call` does, and raise Wrong when it is stuck.

    why    says why it is stuck, given what it is waiting in
    hints  the hint if it raises, and another if it raises EOFError
    """
    forget()
    call = learner.begin(name, *arguments, hint=hints[0], said=said)
    notes, deadline = 0, time.monotonic() + START
    while not call.wait(0.02):
        if noted() > notes:
            notes, deadline = noted(), time.monotonic() + QUIET
        if time.monotonic() > deadline:
            raise Wrong(f"{said} got stuck. {why(waits_in(call))}")
    if "handle is closed" in str(call.error):
        return call.result(CLOSED)
    return call.result(hints[-1] if isinstance(call.error, EOFError) else hints[0])


def must_be_joined(said: str) -> None:
    if process._children:  # join() takes a child out of it
        raise Wrong(f"{said} came back without having joined every child. Hint: join() is the last thing to do.")


def is_forked() -> bool:
    return any(child._popen.method == "fork" for child in process._children)


PIPE = (
    "Hint: context.Pipe() has two ends that both send and receive; keep one, and give away the other as the only "
    "argument: args=(end,), a tuple, with its comma."
)
FORKED = "The child waits for more. Hint: a forked child has a copy of your end, and never sees it close; use context."


def why_ask_is_stuck(where: str, questions: list) -> str:
    if noted("whole list"):
        return "The worker got all the questions as one. Hint: send them one by one."
    if not noted("started"):
        return f"No child had begun with double. {PIPE}"
    if noted("question") < len(questions):
        waits = " and your program waits in recv()" if where == "recv" else ""
        return (
            f"The worker had got {noted('question')} of {len(questions)} questions{waits}. Hint: send through the end "
            "that you kept, and receive from it; each send() goes before its recv()."
        )
    if where == "recv":
        return "Your program waits in recv() for more answers than there are. Hint: one for each question."
    if is_forked():
        return FORKED
    return (
        "The worker waits for more. Hint: its recv() raises EOFError when you close your end; close it before you join."
    )


def judge_ask(learner: Learner) -> str:
    for questions in ([1, 2, "ab"], []):
        said = f"ask(double, {questions})"
        got = watch(learner, "ask", (double, questions), partial(why_ask_is_stuck, questions=questions), said, PIPE)
        if noted("whole list"):
            raise Wrong(f"{said} gave the worker all the questions as one. Hint: send them one by one.")
        if got is not None and noted("question") < len(questions):
            raise Wrong(
                f"{said} gave {short(got)}, but the worker got {noted('question')} of {len(questions)} questions. "
                "Hint: send through the end that you kept, and receive from it: what goes in comes out at the other."
            )
        if noted("next question"):
            raise Wrong(f"{said} sent a second question too early. Hint: send one, receive its answer, send the next.")
        expect(said, got, [question * 2 for question in questions], "It should return the answers, as a list.")
        must_be_joined(said)
        if not noted("EOFError"):
            raise Wrong(
                f"{said} gave the right answers, but its worker did not end by itself: it never saw EOFError. Hint: "
                "start it, even if there are no questions; close your end and join, and kill nobody."
            )
    return "the worker answered each question, saw EOFError and ended by itself."


def close_own_writers() -> None:
    """Close the writing ends that the learner's program has open here."""
    for thing in gc.get_objects():
        if issubclass(type(thing), connection._ConnectionBase) and not thing.closed and thing.writable:
            thing.close()


def why_total_is_stuck(where: str) -> str:
    if not noted("arrived"):
        return "No number reached a child. Hint: send each number through the writing end."
    if noted("EOFError"):
        return "The child saw EOFError, but its total did not come back. Hint: it sends it after that."
    if is_forked():
        return FORKED
    close_own_writers()
    if wait_until(lambda: noted("EOFError"), 1.2):
        return (
            "The child waits for more numbers, for your program still has the writing end open. Hint: close it "
            "after the last number, before you wait for the total."
        )
    return (
        "The child waits for more numbers. I closed all that your program had open, and it still waited: the child "
        "itself has the writing end open. Hint: what does it get as arguments?"
    )


def judge_total(learner: Learner) -> str:
    for numbers in ([4, 8, 15], []):
        said = f"total_of({numbers})"
        got = watch(learner, "total_of", ([Number(number) for number in numbers],), why_total_is_stuck, said, CLOSED)
        if got is not None and noted("arrived") < len(numbers):
            raise Wrong(f"{said} gave {got}, but a child got {noted('arrived')} of the numbers. Hint: it does the sum.")
        expect(said, got, sum(numbers), "Hint: it should return the total that the child sends back.")
        if numbers and not noted("EOFError"):
            raise Wrong(
                f"{said} gave {got}, which is right, but the child never saw EOFError. Hint: it needs no mark for the "
                "end, no number of numbers and no time limit, once all copies of the writing end are closed."
            )
        must_be_joined(said)
    return "the child saw EOFError after the last number, and its total came back."


LONG = "." * 1_000_000
LINES = [f"no 1{LONG}", f"yes 2{LONG}", f"no 3{LONG}", "yes 4", "yes 5"]


def why_matching_is_stuck(where: str) -> str:
    if where == "send":
        return (
            "Your program is in send(), and so is the child: nobody reads. Hint: let a thread send the lines, "
            "while your program receives what comes."
        )
    if "send" in map(waits_in, threading.enumerate()):
        return "Your thread is in send(), and so is the child. Hint: receive until EOFError first, then join it."
    if noted("EOFError"):
        return "The child has ended, and from_child raises EOFError. Hint: return then."
    if not noted("arrived"):
        return "No line had reached the child. Hint: send each line through to_child."
    if noted("arrived") < len(LINES):
        return "The child waits for a line. Hint: not every line has an answer; let a thread send while you receive."
    return "The child waits for more lines. Hint: whoever sends the lines closes to_child after the last one."


def judge_matching(learner: Learner) -> str:
    context = multiprocessing.get_context("spawn")
    lines, to_child = context.Pipe(duplex=False)
    from_child, found = context.Pipe(duplex=False)
    child = context.Process(target=search, args=(lines, found))
    child.start()
    lines.close()
    found.close()
    said = "matching(lines, to_child, from_child), with three lines of a million letters and two short ones,"
    at_end = "Hint: EOFError says that no more comes: catch it, and return what came."
    got = watch(learner, "matching", (LINES, to_child, from_child), why_matching_is_stuck, said, "", at_end)
    if wait_until(lambda: not child.is_alive(), 2) and noted("arrived") < len(LINES):
        hint = "Hint: send each by itself, and let the thread close to_child after the last line."
        raise Wrong(f"{said} sent the child only {noted('arrived')} of {len(LINES)} lines. {hint}")
    if isinstance(got, list) and len(got) != 3:
        raise Wrong(f"{said} gave {len(got)} lines, not 3. Hint: receive until EOFError; return when that is done.")
    expected = [line for line in LINES if "yes" in line]
    expect(said, got, expected, "It should return the lines that the child sent back, whole and in their order.")
    if not noted("EOFError"):
        raise Wrong(f"{said} gave the right lines, but the child still waits for more. Hint: close to_child.")
    return "long lines come through as short ones do, for somebody reads all the time."


MESSAGES = {"slow": ["slow 1"], "quick": ["quick 1", "quick 2", "quick 3", "quick 4"], "silent": []}


def why_gather_is_stuck(where: str) -> str:
    if noted("started") < len(MESSAGES):
        return f"Only {noted('started')} of 3 children had begun. Hint: start all before you read from one."
    if where == "join":
        return "Your program was already in join(). Hint: EOFError ends one child, a silence none; read all to the end."
    note_the_end()
    if wait_until(lambda: noted("EOFError"), 0.3):
        return "EOFError came, and you still wait for that reader. Hint: remove it."
    if all(noted(f"received {message}") for messages in MESSAGES.values() for message in messages):
        return (
            "All messages came, but EOFError did not. Hint: after start(), close the writing end that you gave away; "
            "otherwise your own copy keeps the pipe open."
        )
    if where == "recv":
        return "Your program waited in recv() for one child. Hint: connection.wait(readers) says which can be read now."
    return "A message was never received. Hint: receive from all that connection.wait(readers) returns, to the end."


def judge_gather(learner: Learner) -> str:
    said = 'gather({"slow": slow, "quick": quick, "silent": silent})'
    senders = {"slow": slow, "quick": quick, "silent": silent}
    hint = "Hint: a pipe of its own for each child, context.Pipe(duplex=False), whose first end receives."
    at_end = "Hint: EOFError is how a child's end shows: catch it, and leave that reader out."
    got = watch(learner, "gather", (senders,), why_gather_is_stuck, said, hint, at_end)
    if not isinstance(got, dict):
        raise Wrong(f"{said} gave {type(got).__name__}; expected was a dict, from each name to a list of messages.")
    if got == MESSAGES:
        must_be_joined(said)
    elif multiprocessing.active_children():
        raise Wrong(
            f"{said} came back while children were still running. Hint: EOFError is the end of one child only; read "
            "until all are at their end, then join."
        )
    for name, messages in MESSAGES.items():
        if name not in got:
            raise Wrong(f'{said} gave nothing for "{name}"; expected was {messages}. Hint: begin with an empty list.')
        hint = (
            "Hint: keep each reader with its name, and take all until EOFError, even if it is silent or its child gone."
        )
        expect(f'{said} for "{name}"', got[name], messages, hint)
    if set(got) != set(MESSAGES):
        raise Wrong(f"{said} gave the keys {list(got)}; expected were {list(MESSAGES)}.")
    return "each message was taken when it came, and each child was read until its end."


JUDGES = {1: judge_ask, 2: judge_total, 3: judge_matching, 4: judge_gather}
