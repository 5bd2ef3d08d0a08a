"""In a child: its streams lead into pipes to its parent, and its events to the timelines.

`install` runs before anything else of the child does: in a forked one it is called, in a spawned or forkserver one
`install_unpickled` runs when the child unpickles its process. The parent's side is helpers/relay.py.
"""

import contextlib
import io
import os
import pickle
import select
import sys
from multiprocessing import context, reduction

from helpers import cleanup, spans
from helpers.cleanup import WINDOWS

ATOMIC = getattr(select, "PIPE_BUF", 512)  # bytes that are written in one go, even when several processes share a pipe
NAMES = {1: "stdout", 2: "stderr"}

events: "Sender | None" = None  # where this process, a child or not, sends events for the first parent
_replaced: list = []  # streams of a child, kept from being closed


def install_unpickled(ends: dict, events: int | None, *rest) -> None:
    """In a child that was started anew, when it unpickles its process."""
    for number in ends:
        with contextlib.suppress(Exception):  # what the main module has printed, on a stream that it has made
            getattr(sys, NAMES[number]).flush()
    install(ends, None if events is None else Sender(events), *rest)


def install(ends: dict, sender: "Sender | None", lifeline_end: int | None, recording: bool) -> None:
    """In a child, before anything else of it runs: put the pipes where its streams were.

    ends          the pipes' writing ends, by the number of the descriptor whose place each takes
    sender        sends events to the timelines; None if no timeline is open
    lifeline_end  what tells the child that the first parent is gone
    recording     whether a timeline is open
    """
    global events
    for number, end in ends.items():
        name = NAMES[number]
        before, original = getattr(sys, name), getattr(sys, f"__{name}__")
        keep = _can_be_kept(original)
        if keep:
            original.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n", line_buffering=True)
        os.dup2(end, number)
        os.close(end)
        stream = original if keep else _stream(number)
        for other in (before, original):  # a default argument or a log handler may have it
            if other not in (stream, None):
                with contextlib.suppress(Exception):
                    other.write, other.flush = stream.write, stream.flush
                _replaced.append(other)  # dropped, it could close the descriptor, or the buffer of both
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    cleanup.lifeline.end, spans.recording = lifeline_end, recording
    events = sender
    if sender is not None:
        spans.send = sender.send


def _can_be_kept(stream) -> bool:
    """Whether a stream on descriptor 1 or 2 also works when a pipe is put there.

    One that was on a file would go on trying to seek, one on Windows' console to write to the console.
    """
    try:
        return type(stream.buffer.raw) is io.FileIO and not stream.seekable()
    except (AttributeError, ValueError):  # there is none, or it is closed
        return False


def _stream(number: int) -> io.TextIOWrapper:
    """A text stream on descriptor 1 or 2 like the one that Python makes when it starts."""
    raw = io.FileIO(number, "w", closefd=False)
    raw.name = f"<{NAMES[number]}>"
    stream = io.TextIOWrapper(io.BufferedWriter(raw), "utf-8", "backslashreplace", "\n", line_buffering=True)
    stream.mode = "w"
    return stream


class Sender:
    """Sends a child's events, as long as the descriptor for them is still what it was."""

    def __init__(self, fd: int):
        self.fd, self.pipe = fd, cleanup.identity(fd)

    def lost(self) -> bool:
        return cleanup.lost(self.fd, self.pipe)

    def send(self, event: tuple) -> None:
        message = pickle.dumps(event)
        if len(message) > ATOMIC - 2:  # in one go, or other children's could come between
            message = pickle.dumps(event._replace(**{key: getattr(event, key)[:30] for key in ("label", "thread")}))
        with contextlib.suppress(OSError):  # it is read no longer
            if not self.lost():
                os.write(self.fd, len(message).to_bytes(2, "big") + message)


class Handle:
    """A file descriptor that arrives in a spawned or forkserver child as the number it has there."""

    def __init__(self, fd: int):
        self.fd = fd

    def __reduce__(self):
        if WINDOWS:
            import msvcrt

            handle = msvcrt.get_osfhandle(self.fd)
            return _received_handle, (context.get_spawning_popen().duplicate_for_child(handle),)
        return _received_fd, (reduction.DupFd(self.fd),)


def _received_fd(dup) -> int:
    fd = dup.detach()
    os.set_inheritable(fd, False)
    return fd


def _received_handle(handle: int) -> int:
    import msvcrt

    return msvcrt.open_osfhandle(handle, 0)
