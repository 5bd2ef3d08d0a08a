"""`mp`: multiprocessing, with children whose prints arrive in the notebook.

    child                                             parent
    print, traceback -> text stream -> messages --+   +-> sys.stdout, sys.stderr
                                                  pipe
    span ----------------------------> events ----+   +-> spans.record -> timeline

Each child gets a pipe of its own before it starts. In the child, `sys.stdout` and `sys.stderr` write to that pipe, a
message for each finished line; in the parent, a thread reads it until its end and writes what comes under the cell that
started the child. `join()` waits for that thread. Nothing else of multiprocessing is changed: the contexts and Process
classes below subclass the standard ones.

- A child of a child prints through it, under the same cell. So does a thread of a child.
- A pool's workers print under the cell that made the pool; one that the pool starts later, to replace another, under
  the cell that runs when it prints.
- What C code, or another program that a child runs, writes to file descriptors 1 and 2 goes where it went before.
- No process outlives the kernel, however that ends (`Lifeline`), nor an interrupted cell (`watch_interrupts`).

What this file relies on beyond the documented interface (unchanged in Python 3.11 to 3.14): `_bootstrap`, which every
start method calls first in the child, `_start_method` and a context's `_name`; `reduction.DupFd` and Windows'
`duplicate_for_child`, by which a file descriptor travels; `util._logger`; and `_at_fork_reinit` of a lock.
"""

import _thread
import contextlib
import contextvars
import io
import multiprocessing
import os
import pickle
import select
import signal
import sys
import threading
import time
import weakref
from multiprocessing import context, reduction, util

from helpers import spans

if sys.platform == "linux":
    import fcntl

STDOUT, STDERR, SPAN = b"o", b"e", b"s"
# POSIX writes up to PIPE_BUF bytes in one go, even when several processes share the pipe: a killed child leaves no half
# piece behind.
HEADER = 3
PIECE = getattr(select, "PIPE_BUF", 4096) - HEADER


class Outlet:
    """The child's end of the pipe. `send` takes whole messages; `install` points print, tracebacks and spans at it."""

    def __init__(self, fd: int):
        self.fd = fd
        self.lock = threading.RLock()  # a signal handler may print while its thread is printing
        # Made here and not in `install`, so that a forked child, where each new object is slow, finds them ready.
        self.stdout, self.stderr = _stream(self, STDOUT, sys.__stdout__), _stream(self, STDERR, sys.__stderr__)

    def __reduce__(self):
        # Unpickled in a spawned or forkserver child, it installs itself: see RelayedProcess.__reduce_ex__.
        return _installed, (Handle(self.fd), Handle(lifeline.end), spans.recording)

    def send(self, channel: bytes, message: bytes) -> None:
        """Write one message, in pieces; all but the last carry the channel's letter in upper case."""
        view = memoryview(message)
        with self.lock:
            try:
                while len(view) > PIECE:
                    os.write(self.fd, channel.upper() + PIECE.to_bytes(2, "big") + view[:PIECE])
                    view = view[PIECE:]
                os.write(self.fd, channel + len(view).to_bytes(2, "big") + view)
            except OSError:
                pass  # nobody reads any more: a print must not fail for that

    def install(self) -> None:
        if util._logger:  # log_to_stderr() was called in the parent
            for handler in util._logger.handlers:
                if getattr(handler, "stream", None) is sys.stderr:
                    handler.setStream(self.stderr)
        sys.stdout, sys.stderr = self.stdout, self.stderr
        spans.send = self.send_event
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.lock._at_fork_reinit)

    def send_event(self, event: tuple) -> None:
        self.send(SPAN, pickle.dumps(event))


def _installed(fd: int, lifeline_end: int, recording: bool) -> Outlet:
    lifeline.end, spans.recording = lifeline_end, recording
    outlet = Outlet(fd)
    outlet.install()
    return outlet


class Handle:
    """A file descriptor that arrives in a spawned or forkserver child as the number it has there."""

    def __init__(self, fd: int):
        self.fd = fd

    def __reduce__(self):
        if sys.platform == "win32":
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


class Lifeline:
    """A pipe that ends all children, and theirs, when the first parent (in a notebook, the kernel) is gone.

    Only the first parent holds the writing end and nothing is ever written, so the reading end, which all children
    have, comes to its end when that process does, however it died.
    """

    end = writing_end = None

    def open(self) -> None:
        """In a parent, before it starts a child."""
        if self.end is None:
            self.end, self.writing_end = os.pipe()

    def hold(self) -> None:
        """In a child: end this process when the lifeline ends."""
        if self.writing_end is not None:  # forked
            os.close(self.writing_end)
            self.writing_end = None
        if sys.platform == "linux":
            self.hold_by_signal()
        else:
            _thread.start_new_thread(self.hold_by_thread, ())

    def hold_by_signal(self) -> None:
        """Linux: have the kernel send SIGIO, which ends a process. It costs a tenth of what a thread does."""
        # Signals belong to an open file, which processes share; opened again, it is this process's own.
        own = os.open(f"/proc/self/fd/{self.end}", os.O_RDONLY | os.O_NONBLOCK)
        fcntl.fcntl(own, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(own, fcntl.F_SETFL, os.O_NONBLOCK | os.O_ASYNC)
        if _readable(self.end, 0):  # it ended before
            os._exit(1)

    def hold_by_thread(self) -> None:
        if hasattr(signal, "pthread_sigmask"):  # signals are the main thread's
            signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        os.read(self.end, 1)
        os._exit(1)


lifeline = Lifeline()


class _Lines(io.BufferedIOBase):
    """What lies under a child's text stream: it sends each finished line, and on `flush` an unfinished one."""

    def __init__(self, outlet: Outlet, channel: bytes, original):
        self.outlet, self.channel, self.original = outlet, channel, original
        self.pending = bytearray()

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        if self.original is None:
            raise io.UnsupportedOperation("fileno")
        return self.original.fileno()

    def write(self, data) -> int:
        with self.outlet.lock:
            self.pending += data
            end = self.pending.rfind(b"\n") + 1
            if end:
                self.outlet.send(self.channel, bytes(self.pending[:end]))
                del self.pending[:end]
        return len(data)

    def flush(self) -> None:
        with self.outlet.lock:
            if self.pending:
                self.outlet.send(self.channel, bytes(self.pending))
                self.pending.clear()


def _readable(fd: int, milliseconds: int | None = None) -> bool:
    """Whether there is something to read, or the end, within some time (None: wait for it)."""
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(milliseconds))


def _stream(outlet: Outlet, channel: bytes, original) -> io.TextIOWrapper:
    # backslashreplace: a lone surrogate is shown as its escape, it can't be sent as UTF-8.
    lines = _Lines(outlet, channel, original)
    return io.TextIOWrapper(lines, encoding="utf-8", errors="backslashreplace", newline="\n", line_buffering=True)


class Reader:
    """Reads one child's pipe, in a thread, until every copy of its other end is closed, and shows what comes."""

    def __init__(self, fd: int):
        self.fd = fd
        self.unread, self.unfinished = bytearray(), {}
        self.busy = threading.Lock()  # held while what was taken out of the pipe is not shown yet
        self.done = threading.Lock()
        self.done.acquire()
        # ipykernel keeps the cell that output belongs to in a context variable; a new thread starts without it.
        cell = contextvars.copy_context()
        # Not threading.Thread: that waits until the thread runs, and a child's start would take that much longer.
        _thread.start_new_thread(cell.run, (self.run,))

    def run(self) -> None:
        try:
            more = True
            while more:
                self.wait()
                with self.busy:
                    more = self.read()
        finally:
            os.close(self.fd)
            self.done.release()

    def wait(self) -> None:
        """Until there is something to read, or the end."""
        if sys.platform != "win32":
            _readable(self.fd)

    def read(self) -> bool:
        """Read once, and show each message that is whole now; returns False at the end."""
        data = os.read(self.fd, 1 << 16)
        self.unread += data
        unread, unfinished, start, texts = self.unread, self.unfinished, 0, []
        while len(unread) - start >= HEADER:
            end = start + HEADER + int.from_bytes(unread[start + 1 : start + HEADER], "big")
            if len(unread) < end:
                break
            letter, piece = bytes(unread[start : start + 1]), bytes(unread[start + HEADER : end])
            start, channel = end, letter.lower()
            if letter != channel:
                unfinished.setdefault(channel, bytearray()).extend(piece)
                continue
            message = bytes(unfinished.pop(channel, b"")) + piece
            if channel == SPAN:
                spans.record(pickle.loads(message))
            else:
                texts.append((channel, message))
        del unread[:start]
        self.show(texts)
        return bool(data)

    def show(self, texts: list) -> None:
        while texts:
            channel, several = texts[0][0], []
            while texts and texts[0][0] == channel:
                several.append(texts.pop(0)[1])
            text = b"".join(several).decode("utf-8", "backslashreplace")
            stream = sys.stdout if channel == STDOUT else sys.stderr
            try:
                stream.write(text)
            except UnicodeEncodeError:  # a terminal that has no such character
                stream.write(text.encode(stream.encoding, "backslashreplace").decode(stream.encoding))
            except Exception:  # the stream is closed or gone; the child must be able to go on writing
                pass

    def finish(self) -> None:
        """Wait until all that the ended child wrote is shown.

        As a rule that is the end of the pipe. A process that the child forked by itself can outlive it and keep the
        pipe open: then it is when the pipe is empty, and what came out of it shown. On Windows nothing else can keep
        it open, and whether it is empty can't be asked while a thread reads it.
        """
        patience = 5 if sys.platform == "win32" else 0.2
        while not self.done.acquire(timeout=patience):
            if sys.platform == "win32":
                return
            with self.busy:
                if not _readable(self.fd, 0):
                    return
        self.done.release()  # another thread may wait too: a pool's own thread joins its workers


class RelayedProcess:
    """What `mp` adds to a start method's Process class."""

    _outlet = _reader = None

    def start(self) -> None:
        began = time.monotonic()
        lifeline.open()
        read_fd, write_fd = os.pipe()
        self._outlet = Outlet(write_fd)
        reader = Reader(read_fd)  # before the fork: each page that the parent writes to afterwards has to be copied
        try:
            super().start()
        finally:
            self._outlet = None
            os.close(write_fd)
        self._reader = reader
        spans.record(spans.Event("start", began, self.pid, self.name))

    def __reduce_ex__(self, protocol):
        # The outlet comes first, so that it is in place when the child looks for the target: if the child can't find
        # it, that traceback arrives too.
        rebuild, args, *rest = super().__reduce_ex__(protocol)
        return _rebuild, (self._outlet, rebuild, args), *rest

    def _bootstrap(self, *args, **kwargs):
        if self._start_method == "fork":  # nothing was unpickled
            self._outlet.install()
        lifeline.hold()
        if spans.recording:
            spans.report("ready", self.name)
        return super()._bootstrap(*args, **kwargs)

    def join(self, timeout: float | None = None) -> None:
        super().join(timeout)
        self.is_alive()

    def is_alive(self) -> bool:
        alive = super().is_alive()
        reader = self._reader  # another thread may set it to None meanwhile
        if not alive and reader is not None:
            reader.finish()
            self._reader = None
            spans.record(spans.Event("exit", time.monotonic(), self.pid))
        return alive


def _rebuild(outlet, rebuild, args):
    return rebuild(*args)


class RelayedContext:
    """What `mp` adds to a start method's context."""

    def get_context(self, method: str | None = None):
        return self if method is None else context_for(method)

    def Pool(self, processes=None, initializer=None, initargs=(), maxtasksperchild=None):
        pool = super().Pool(processes, initializer, initargs, maxtasksperchild)
        _pools.add(pool)
        return pool


class SpawnProcess(RelayedProcess, context.SpawnProcess):
    pass


class SpawnContext(RelayedContext, context.SpawnContext):
    Process = SpawnProcess


if sys.platform != "win32":

    class ForkProcess(RelayedProcess, context.ForkProcess):
        pass

    class ForkContext(RelayedContext, context.ForkContext):
        Process = ForkProcess

    class ForkServerProcess(RelayedProcess, context.ForkServerProcess):
        pass

    class ForkServerContext(RelayedContext, context.ForkServerContext):
        Process = ForkServerProcess


_CONTEXTS = {kind._name: kind() for kind in RelayedContext.__subclasses__()}
_pools = weakref.WeakSet()


def context_for(method: str) -> context.BaseContext:
    """Return the relaying context of a start method.

    Raises ValueError, with the valid names, if this system has no such method.
    """
    try:
        multiprocessing.get_context(method)  # asked for all methods, Python 3.14.10 writes a file
    except ValueError:
        available = ", ".join(sorted(multiprocessing.get_all_start_methods()))
        raise ValueError(f"no start method {method!r} on this system; it has: {available}") from None
    if method == "forkserver":
        # The server imports this once, instead of each child.
        multiprocessing.set_forkserver_preload(["__main__", "helpers"])
    return _CONTEXTS[method]


mp = context_for(os.environ.get("MP_START_METHOD") or "spawn")


def end_children() -> None:
    """End every pool and process that `mp` started here, with the processes that those started."""
    for pool in list(_pools):
        # In a thread, because it can wait for ever: for a lock that a worker held when it was interrupted.
        ending = threading.Thread(target=pool.terminate, daemon=True)
        ending.start()
        ending.join(0.5)
    children = [child for child in mp.active_children() if isinstance(child, RelayedProcess)]
    descendants = [each for child in children for each in _descendants(child.pid)]
    for child in children:
        child.terminate()
    for child in children:
        child.join(0.5)
        if child.exitcode is None:
            child.kill()
            child.join()
    for each in descendants:
        with contextlib.suppress(Exception):  # it has ended in the meantime
            each.kill()


def _descendants(pid: int) -> list:
    import psutil  # ipykernel needs it too

    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _after_cell(result) -> None:
    if isinstance(result.error_in_exec, KeyboardInterrupt):
        end_children()


def watch_interrupts() -> None:
    """In a notebook: let an interrupted cell leave no process behind.

    Jupyter on Linux and macOS interrupts the children too, which then end by themselves, unless they ignore it or a
    pool replaces them; on Windows it interrupts only the kernel.
    """
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is not None:
        shell.events.register("post_run_cell", _after_cell)


watch_interrupts()
