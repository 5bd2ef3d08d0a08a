"""Lesson 04, Pipe: the judges of its exercises, and the functions and messages that they hand to the learner.

What happens in the children is noted as empty files in a folder. From the notes a judge sees progress, so that it can
tell a program that is stuck from one that is slow, and say at what it is stuck.
"""

import gc
import multiprocessing
import os
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from multiprocessing import connection, process

from helpers.exercise import REFEREE, Learner, Wrong, _short, expect, must_be_in_a_child

FOLDER = "HELPERS_PIPE_NOTES"  # an environment variable: where the notes go
START = 4.5  # seconds for the first note; starting a process is what takes long on a busy machine
QUIET = 2.0  # seconds without a new note, after which a program is stuck


def note(what: str) -> None:
    open(os.path.join(os.environ[FOLDER], f"{what}-{uuid.uuid4().hex}"), "x").close()


def noted(what: str) -> int:
    """How often this has been noted."""
    return sum(name.rpartition("-")[0] == what for name in os.listdir(os.environ[FOLDER]))


def forget_notes() -> None:
    for name in os.listdir(os.environ[FOLDER]):
        os.remove(os.path.join(os.environ[FOLDER], name))


def _double(end) -> None:
    note("started")
    try:
        while True:
            question = end.recv()
            note("whole list" if isinstance(question, (list, tuple)) else "question")
            end.send(question * 2)
    except EOFError:
        note("EOFError")


def double(end) -> None:
    """Answer each question with its double, until EOFError."""
    must_be_in_a_child()
    _double(end)


class Number(int):
    """A number that notes its arrival in a child, and then is a plain one."""

    def __reduce__(self):
        return arrive, (int(self),)


class Line(str):
    """A line that notes its arrival in a child, and then is a plain one."""

    __slots__ = ()

    def __reduce__(self):
        return arrive, (str(self),)


def arrive(value):
    if os.environ.get(REFEREE) != str(os.getpid()):
        note("arrived")
        _note_the_end()
    return value


def _note_the_end() -> None:
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

    __slots__ = ()

    def __reduce__(self):
        return receive, (str(self),)


def receive(message: str) -> str:
    note(f"received {message}")
    return message


SENDERS = 3


def _wait_until_received(message: str) -> None:
    """Wait until the program has received another child's message; give up 2 seconds after all have started."""
    while noted("started") < SENDERS:
        time.sleep(0.02)
    deadline = time.monotonic() + 2
    while not noted(f"received {message}"):
        if time.monotonic() > deadline:
            note("gave up")
            time.sleep(60)  # the judge ends this process
        time.sleep(0.01)


def slow(writer) -> None:
    """Send one message, but only when quick's second has been received."""
    must_be_in_a_child()
    note("started")
    _wait_until_received("quick 2")
    writer.send(Message("slow 1"))


def quick(writer) -> None:
    """When silent is done, send two messages, and a third when slow's message has been received."""
    must_be_in_a_child()
    note("started")
    while not noted("silent is done"):
        time.sleep(0.01)
    writer.send(Message("quick 1"))
    writer.send(Message("quick 2"))
    _wait_until_received("slow 1")
    writer.send(Message("quick 3"))


def silent(writer) -> None:
    """Send nothing, and come to the end before any other child sends."""
    must_be_in_a_child()
    note("started")
    writer.close()
    note("silent is done")


def _where(thread: threading.Thread) -> str:
    """What a thread is waiting in: send, recv, join, wait or ''."""
    found, frame = "", sys._current_frames().get(thread.ident)
    while frame:
        if frame.f_globals.get("__name__") in ("multiprocessing.connection", "multiprocessing.process", "threading"):
            for name in ("send", "recv", "join", "wait"):
                if frame.f_code.co_name in (name, f"{name}_bytes"):
                    found = name
        frame = frame.f_back
    return found


def _watch(
    learner: Learner,
    name: str,
    *arguments: object,
    stuck: Callable[[threading.Thread], str],
    said: str,
    hint: str = "",
    quiet: float = QUIET,
    alarm: str = "",
) -> object:
    """Call a function of the learner's file, as `learner.call` does, and raise Wrong when it is stuck.

    stuck  says why, given the thread that is in the learner's function
    quiet  seconds without a new note, after which it is stuck
    alarm  a note that says that it is stuck, without waiting longer
    """
    forget_notes()
    came = {}

    def run() -> None:
        try:
            came["back"] = learner.call(name, *arguments, hint=hint, said=said)
        except Wrong as wrong:
            came["wrong"] = wrong

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    notes, changed = 0, time.monotonic()
    while thread.is_alive():
        thread.join(0.02)
        now, count = time.monotonic(), len(os.listdir(os.environ[FOLDER]))
        if count != notes:
            notes, changed = count, now
        if thread.is_alive() and (now > changed + (quiet if notes else START) or (alarm and noted(alarm))):
            raise Wrong(f"{said} got stuck. {stuck(thread)}")
    if "wrong" in came:
        raise came["wrong"]
    return came["back"]


def _with_notes(judge: Callable[[Learner], str]) -> Callable[[Learner], str]:
    def judge_with_notes(learner: Learner) -> str:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            os.environ[FOLDER] = folder
            return judge(learner)

    return judge_with_notes


def _must_be_joined(said: str) -> None:
    if process._children:  # join() takes a child out of it
        raise Wrong(f"{said} came back without having joined every child. Hint: join() is the last thing to do.")


def judge_ask(learner: Learner) -> str:
    hint = (
        "Hint: context.Pipe() has two ends that both send and receive. Keep one, and give the worker the other: "
        "args=(end,)."
    )
    for questions in ([1, 2, "ab"], []):

        def stuck(thread: threading.Thread, questions=questions) -> str:
            if noted("whole list"):
                return "The worker got all the questions as one. Hint: send them one by one."
            if not noted("started"):
                return f"No child had begun with double. {hint}"
            if noted("question") < len(questions):
                where = " and your program waits in recv()" if _where(thread) == "recv" else ""
                return (
                    f"The worker had got {noted('question')} of {len(questions)} questions{where}. Hint: send through "
                    "the end that you kept, and receive from it; each send() goes before its recv()."
                )
            if _where(thread) == "recv":
                return "Your program waits in recv() for more answers than there are. Hint: one for each question."
            return (
                "The worker has answered everything and waits for the next question. Hint: its recv() raises EOFError "
                "when your end is closed, so close it before you join."
            )

        said = f"ask(double, {questions})"
        got = _watch(learner, "ask", double, questions, stuck=stuck, said=said, hint=hint)
        if noted("whole list"):
            raise Wrong(f"{said} gave the worker all the questions as one. Hint: send them one by one.")
        if got is not None and noted("question") < len(questions):
            raise Wrong(
                f"{said} gave {_short(got)}, but the worker got {noted('question')} of {len(questions)} questions. "
                "Hint: send through the end that you kept, and receive from it: what goes in comes out at the other."
            )
        expect(said, got, [question * 2 for question in questions], "It should return the answers, as a list.")
        _must_be_joined(said)
        if not noted("EOFError"):
            raise Wrong(
                f"{said} gave the right answers, but its worker did not end by itself: it never saw EOFError. Hint: "
                "start it, even if there are no questions; close your end and join, and kill nobody."
            )
    return "the worker answered each question, saw EOFError and ended by itself."


def _close_own_writers() -> None:
    """Close the writing ends that the learner's program has open here."""
    for thing in gc.get_objects():
        if issubclass(type(thing), connection._ConnectionBase) and not thing.closed and thing.writable:
            thing.close()


def judge_total(learner: Learner) -> str:
    def stuck(thread: threading.Thread) -> str:
        if not noted("arrived"):
            return "No number reached a child. Hint: send each number through the writing end."
        if noted("EOFError"):
            return "The child saw EOFError, but its total did not come back. Hint: it sends it after that."
        _close_own_writers()
        deadline = time.monotonic() + 1.2
        while not noted("EOFError") and time.monotonic() < deadline:
            time.sleep(0.02)
        if noted("EOFError"):
            return (
                "The child waits for more numbers, for your program still has the writing end open. Hint: close it "
                "after the last number, before you wait for the total."
            )
        return (
            "The child waits for more numbers. I closed all that your program had open, and it still waited: the child "
            "itself has the writing end open. Hint: what does it get as arguments?"
        )

    for numbers in ([4, 8, 15], []):
        said = f"total_of({numbers})"
        hint = "Hint: an end that is closed can do nothing any more; close each when you are done with it, not before."
        got = _watch(learner, "total_of", [Number(number) for number in numbers], stuck=stuck, said=said, hint=hint)
        if got is not None and numbers and not noted("arrived"):
            raise Wrong(f"{said} gave {_short(got)}, but no number reached a child. Hint: the child has to do the sum.")
        expect(said, got, sum(numbers), "Hint: it should return the total that the child sends back.")
        if numbers and not noted("EOFError"):
            raise Wrong(
                f"{said} gave {got}, which is right, but the child never saw EOFError. Hint: it needs no mark for the "
                "end, no number of numbers and no time limit, once all copies of the writing end are closed."
            )
        _must_be_joined(said)
    return "the child saw EOFError after the last number, and its total came back."


def judge_matching(learner: Learner) -> str:
    long = "." * 1_000_000
    words = ["no 1", "yes 2", "no 3", "yes 4", "yes 5"]
    for lines, what in (
        (words, f"{words}"),
        ([word + long for word in words], "5 lines of a million letters"),
    ):

        def stuck(thread: threading.Thread) -> str:
            where = _where(thread)
            others = [_where(other) for other in threading.enumerate() if other is not thread]
            if where == "send":
                return (
                    "Your program is in send(), and so is the child: nobody reads. Hint: let a thread send the lines, "
                    "while your program receives what comes."
                )
            if "send" in others:
                return (
                    "Your thread is in send(), and so is the child, for your program does not receive. Hint: "
                    "receive until EOFError first, and join afterwards, the thread as well as the child."
                )
            if noted("EOFError"):
                if where == "join":
                    return (
                        "Your program is in join() and the child in send(): nobody reads. Hint: receive until EOFError "
                        "before you join."
                    )
                return (
                    "The child has come to its end, and your program waits for more in recv(). Hint: a copy of the "
                    "child's writing end is still open in your program."
                )
            if not noted("arrived"):
                return "No line had reached a child. Hint: send each line through the writing end."
            if noted("arrived") < len(words):
                if where == "join":
                    return "Your program is in join(), and nobody receives. Hint: receive until EOFError, then join."
                return (
                    "Your program waits for an answer, and the child for the next line. Hint: not every line has an "
                    "answer, so no order can be fixed; a thread can send while your program receives."
                )
            return (
                "The child has all lines and waits for more. Hint: whoever sends the lines closes the writing end "
                "after the last one."
            )

        said = f'matching({what}, "yes")'
        got = _watch(learner, "matching", [Line(line) for line in lines], "yes", stuck=stuck, said=said)
        if isinstance(got, list) and any(type(line) is Line for line in got):
            raise Wrong(f"{said} gave lines that your program found itself. Hint: return what the child sends back.")
        expected = [line for line in lines if "yes" in line]
        if isinstance(got, list) and len(got) != len(expected):
            raise Wrong(
                f"{said} gave {len(got)} lines; expected were {len(expected)}. Hint: receive until EOFError, and "
                "return when whoever receives is done."
            )
        if 0 < noted("arrived") < len(words):  # 0 if it sends them in another form
            raise Wrong(
                f"{said} came back when {noted('arrived')} of {len(words)} lines had reached the child. Hint: it is "
                "the child that has to search all of them."
            )
        expect(said, got, expected, "It should return the lines that the child found, whole and in their order.")
        _must_be_joined(said)
    return "long lines come through as short ones do, for somebody reads all the time."


def judge_gather(learner: Learner) -> str:
    expected = {"slow": ["slow 1"], "quick": ["quick 1", "quick 2", "quick 3"], "silent": []}

    def stuck(thread: threading.Thread) -> str:
        where = _where(thread)
        if noted("started") < SENDERS:
            return f"Only {noted('started')} of {SENDERS} children had begun. Hint: start all before you read from one."
        if all(noted(f"received {message}") for messages in expected.values() for message in messages):
            if where == "join":
                return "Your program is in join(), and a child has not ended. Hint: read until EOFError, then join."
            return (
                "All messages came, but EOFError did not. Hint: after start(), close the writing end that you gave "
                "away; otherwise your own copy keeps the pipe open."
            )
        if where == "join":
            return (
                "Your program was already in join(), with messages still to come. Hint: EOFError is the end of one "
                "child only; read until all are at their end, then join."
            )
        if where == "recv":
            return (
                "Your program waited in recv() for one child, while another had sent something or would have. Hint: "
                "connection.wait(readers) says which can be read now."
            )
        return (
            "A child waited until another's message had been received, and it never was. Hint: go on with "
            "connection.wait(readers) as long as one reader is left, and receive from all that it returns."
        )

    said = 'gather({"slow": slow, "quick": quick, "silent": silent})'
    senders = {"slow": slow, "quick": quick, "silent": silent}
    hint = "Hint: a pipe of its own for each child, context.Pipe(duplex=False), whose first end receives."
    got = _watch(learner, "gather", senders, stuck=stuck, said=said, hint=hint, quiet=3.0, alarm="gave up")
    if not isinstance(got, dict):
        raise Wrong(f"{said} gave {type(got).__name__}; expected was a dict, from each name to a list of messages.")
    if got == expected:
        _must_be_joined(said)
    elif multiprocessing.active_children():
        raise Wrong(
            f"{said} came back while children were still running. Hint: EOFError is the end of one child only; read "
            "until all are at their end, then join."
        )
    for name, messages in expected.items():
        if name not in got:
            raise Wrong(f'{said} gave nothing for "{name}"; expected was {messages}. Hint: begin with an empty list.')
        why = "Hint: keep each reader together with its name, and take every message until EOFError."
        expect(f'{said} for "{name}"', got[name], messages, why)
    if set(got) != set(expected):
        raise Wrong(f"{said} gave the keys {list(got)}; expected were {list(expected)}.")
    return "each message was taken when it came, and each child was read until its end."


JUDGES = {
    1: _with_notes(judge_ask),
    2: _with_notes(judge_total),
    3: _with_notes(judge_matching),
    4: _with_notes(judge_gather),
}
