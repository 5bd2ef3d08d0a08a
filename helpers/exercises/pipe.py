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

from helpers.exercise import Learner, Wrong, expect, forget, frames, must_be_in_a_child, note, noted, short, wait_until

START = 4.5  # seconds for the first note; starting a process is what takes long on a busy machine
QUIET = 2.5  # seconds without a new note, after which a program is stuck
WAITING = ("multiprocessing.connection", "multiprocessing.process", "threading")  # modules in which it waits


def double(end) -> None:
    """Answer each question with its double, until EOFError."""
    must_be_in_a_child()
    note("started")
    try:
        while True:
            question = end.recv()
            note("whole list" if isinstance(question, (list, tuple)) else "question")
            end.send(question * 2)
    except EOFError:
        note("EOFError")


class Number(int):
    """A number that notes its arrival in a child, and then is a plain one."""

    def __reduce__(self):
        return arrive, (int(self),)


class Line(str):
    """A line that does the same."""

    def __reduce__(self):
        return arrive, (str(self),)


def arrive(value):
    if multiprocessing.parent_process():  # this is a child
        note("arrived")
        note_the_end()
    return value


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


class Message(str):
    """A message that notes that it was received, and then is a plain one."""

    def __reduce__(self):
        return receive, (str(self),)


def receive(message: str) -> str:
    note(f"received {message}")
    return message


def wait_until_received(message: str) -> None:
    """Wait until the program has received another child's message; the judge ends this process if it never does."""
    wait_until(lambda: noted(f"received {message}"), 60)


def slow(writer) -> None:
    """Send one message, but only when quick's second has been received."""
    must_be_in_a_child()
    note("started")
    wait_until_received("quick 2")
    writer.send(Message("slow 1"))


def quick(writer) -> None:
    """When silent is done, send two messages, and a third when slow's message has been received."""
    must_be_in_a_child()
    note("started")
    wait_until(lambda: noted("silent is done"), 60)
    writer.send(Message("quick 1"))
    writer.send(Message("quick 2"))
    wait_until_received("slow 1")
    writer.send(Message("quick 3"))


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


def watch(learner: Learner, name: str, arguments: tuple, why: Callable[[str], str], said: str, hint: str) -> object:
    """Call a function of the learner's file, as `learner.call` does, and raise Wrong when it is stuck.

    why  says why it is stuck, given what it is waiting in
    """
    forget()
    call = learner.begin(name, *arguments, hint=hint, said=said)
    notes, deadline = 0, time.monotonic() + START
    while not call.wait(0.02):
        if noted() > notes:
            notes, deadline = noted(), time.monotonic() + QUIET
        if time.monotonic() > deadline:
            raise Wrong(f"{said} got stuck. {why(waits_in(call))}")
    return call.result()


def must_be_joined(said: str) -> None:
    if process._children:  # join() takes a child out of it
        raise Wrong(f"{said} came back without having joined every child. Hint: join() is the last thing to do.")


PIPE = "Hint: context.Pipe() has two ends that both send and receive; keep one, and give away the other: args=(end,)."


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
    hint = "Hint: an end that is closed can do nothing any more; close each when you are done with it, not before."
    for numbers in ([4, 8, 15], []):
        said = f"total_of({numbers})"
        got = watch(learner, "total_of", ([Number(number) for number in numbers],), why_total_is_stuck, said, hint)
        if got is not None and numbers and not noted("arrived"):
            raise Wrong(f"{said} gave {short(got)}, but no number reached a child. Hint: the child has to do the sum.")
        expect(said, got, sum(numbers), "Hint: it should return the total that the child sends back.")
        if numbers and not noted("EOFError"):
            raise Wrong(
                f"{said} gave {got}, which is right, but the child never saw EOFError. Hint: it needs no mark for the "
                "end, no number of numbers and no time limit, once all copies of the writing end are closed."
            )
        must_be_joined(said)
    return "the child saw EOFError after the last number, and its total came back."


LINES = ["no 1", "yes 2", "no 3", "yes 4", "yes 5"]


def why_matching_is_stuck(where: str) -> str:
    if where == "send":
        return (
            "Your program is in send(), and so is the child: nobody reads. Hint: let a thread send the lines, "
            "while your program receives what comes."
        )
    if "send" in map(waits_in, threading.enumerate()):
        return "Your thread is in send(), and so is the child. Hint: receive until EOFError first, then join both."
    if where == "join" and (noted("EOFError") or noted("arrived") < len(LINES)):
        return "Your program is in join(), and nobody receives. Hint: receive until EOFError before you join."
    if noted("EOFError"):
        return "The child has ended. Hint: a copy of the child's writing end is still open in your program."
    if not noted("arrived"):
        return "No line had reached a child. Hint: send each line through the writing end."
    if noted("arrived") < len(LINES):
        return "The child waits for a line. Hint: not every line has an answer; let a thread send while you receive."
    return "The child waits for more lines. Hint: whoever sends the lines closes the writing end after the last one."


def judge_matching(learner: Learner) -> str:
    for lines, what in (
        (LINES, f"{LINES}"),
        ([line + "." * 1_000_000 for line in LINES], "5 lines of a million letters"),
    ):
        said = f'matching({what}, "yes")'
        got = watch(learner, "matching", ([Line(line) for line in lines], "yes"), why_matching_is_stuck, said, "")
        if isinstance(got, list) and any(type(line) is Line for line in got):
            raise Wrong(f"{said} gave lines that your program found itself. Hint: return what the child sends back.")
        if isinstance(got, list) and len(got) != 3:
            raise Wrong(
                f"{said} gave {len(got)} lines; expected were 3. Hint: receive until EOFError, and return when whoever "
                "receives is done."
            )
        if 0 < noted("arrived") < len(LINES):  # 0 if it sends them in another form
            raise Wrong(
                f"{said} came back when {noted('arrived')} of {len(LINES)} lines had reached the child. Hint: it is "
                "the child that has to search all of them."
            )
        expected = [line for line in lines if "yes" in line]
        expect(said, got, expected, "It should return the lines that the child found, whole and in their order.")
        must_be_joined(said)
    return "long lines come through as short ones do, for somebody reads all the time."


MESSAGES = {"slow": ["slow 1"], "quick": ["quick 1", "quick 2", "quick 3"], "silent": []}


def why_gather_is_stuck(where: str) -> str:
    if noted("started") < len(MESSAGES):
        return f"Only {noted('started')} of 3 children had begun. Hint: start all before you read from one."
    if where == "join":
        return "Your program was already in join(). Hint: EOFError is the end of one child only; read all to their end."
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
    got = watch(learner, "gather", (senders,), why_gather_is_stuck, said, hint)
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
        hint = "Hint: keep each reader together with its name, and take every message until EOFError."
        expect(f'{said} for "{name}"', got[name], messages, hint)
    if set(got) != set(MESSAGES):
        raise Wrong(f"{said} gave the keys {list(got)}; expected were {list(MESSAGES)}.")
    return "each message was taken when it came, and each child was read until its end."


JUDGES = {1: judge_ask, 2: judge_total, 3: judge_matching, 4: judge_gather}
