"""`span`: who did what, and when.

    with span("task 3"):  -> report -> in the parent:  record -> every open timeline
                                    -> in a child:     send -> relay -> the parent's record

Times are `spans.clock()`, which all processes of a machine share: `time.perf_counter`, the finest clock that they do
share on Linux, macOS and Windows. (On Linux and macOS `time.monotonic` is the same one; on Windows, before Python 3.13,
it moves in steps of 15.6 ms.) Every child imports this module: it takes only the standard library, and little of it.
"""

import itertools
import os
import threading
import time
from collections import namedtuple

KINDS = ("starting", "working", "waiting", "holding")

clock = time.perf_counter
# In a child, relay puts a function here that sends an event to the parent.
send = None
timelines: list = []
main_pid = os.getpid()
recording = False  # whether a timeline is open; in a child, whether one was when it was started
_ids = itertools.count()


class Event(namedtuple("Event", "what time pid label kind id thread", defaults=("", "", 0, ""))):
    """One fact on its way to a timeline. (Not a typing.NamedTuple: importing typing takes longer than this whole file.)

    what    "start" and "exit" of a process (from its parent), "ready" (its first), "begin" and "end" of a span,
            "sent" and "received" of a message
    time    seconds, `clock()`
    pid     the process
    label   the process's name, the span's or the message's label
    kind    of a span: one of KINDS
    id      of a span: the same in its "begin" and "end"; of an "exit": the exit code
    thread  the thread's name; "" is a process's main thread
    """

    __slots__ = ()


def record(event: Event) -> None:
    """Hand an event to every open timeline; in a child, send it to the parent."""
    if send is not None:
        send(event)
    for timeline in timelines:
        timeline.events.append(event)


def report(what: str, label: str, kind: str = "", id: int = 0) -> None:
    """Record an event of this process and thread, now."""
    thread = threading.current_thread()
    name = "" if thread is threading.main_thread() else thread.name
    record(Event(what, clock(), os.getpid(), label, kind, id, name))


class span:
    """Mark a piece of work, so that a timeline shows it: `with span("task 3"):`.

    label   what the bar says
    kind    "working", "waiting" (for a lock, a message …), "holding" (a lock, a slot …) or "starting"
    """

    def __init__(self, label: str, kind: str = "working"):
        if kind not in KINDS:
            raise ValueError(f"no kind of span {kind!r}; there are: {', '.join(KINDS)}")
        self.label, self.kind = str(label), kind

    def __enter__(self) -> "span":
        self.id = next(_ids)
        report("begin", self.label, self.kind, self.id)
        return self

    def __exit__(self, *exception) -> None:
        report("end", self.label, self.kind, self.id)


def sent(label: str) -> None:
    """Mark that a message leaves here: a timeline draws an arrow to where `received` has the same label."""
    report("sent", str(label))


def received(label: str) -> None:
    """Mark that a message has arrived here."""
    report("received", str(label))
