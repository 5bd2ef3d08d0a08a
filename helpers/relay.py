"""`mp`: multiprocessing, with children whose output arrives in the notebook. This is what the parent does.

    child (helpers/streams.py)                         parent
    print, traceback, C, programs -> 1 -- pipe --+
                                  -> 2 -- pipe --+--> Reader -> sys.stdout, sys.stderr, for the cell that started it
    span -> spans.send -------- one pipe for all +--> spans.record -> timeline

A child's descriptors 1 and 2 *are* pipes to its parent, put there when it begins, and its `sys.stdout` and `sys.stderr`
are ordinary text streams on them. So all that it writes arrives, also from C code or another program, and whatever it
does with its descriptors has the usual effect.

A parent reads all pipes in one thread. When a child has ended, `join()`, `is_alive()`, `exitcode`, `close()` and
`active_children()` read what is left themselves, so its output is complete whatever that thread does. A program that
learns of the end in another way, from the sentinel or a message, may print before the child's last line is there.

- In a script, where nothing stands in for `sys.stdout`, children inherit it as from plain multiprocessing: no pipe, no
  thread, unless `timeline` was imported.
- A child of a child has its descriptors. Under forkserver, whose server has others, they are handed on.
- A child's lines come whole and in its order. stdout and stderr are two pipes: which comes first is not kept.
- What a spawned child prints while it imports the main module, before it has its pipes, goes where it goes elsewhere.
- A pool's workers belong to the cell that made the pool, those that it starts later too.
- On Windows, asking for a pipe waits as long as another thread reads it. So the reader does not wait in a read there:
  it asks every 10 ms what has come.

What this file and helpers/streams.py rely on beyond the documented interface (unchanged in Python 3.11 to 3.15):
`_bootstrap`, which every start method calls first in the child, `_start_method`, `_popen` and its `returncode`,
`_parent_pid` and a context's `_name`; `reduction.DupFd` and Windows' `duplicate_for_child`, by which a descriptor
travels; `util.Finalize`; and `forkserver._forkserver`, asked what it preloads.
"""

import _thread
import codecs
import contextlib
import multiprocessing
import os
import pickle
import sys
import threading
import time
import weakref
from collections.abc import Callable
from multiprocessing import context, util

from helpers import cleanup, spans, streams
from helpers.cleanup import WINDOWS
from helpers.streams import ATOMIC, NAMES, Handle

CHUNK = 1 << 16  # bytes; a pipe holds as many, as a rule
PAUSE = 0.002  # seconds between reads while a child writes a lot
PATIENCE = 0.5  # seconds for the rest of a long line


class Cell:
    """Where a child's output belongs: the notebook's cell that runs when the child is started."""

    def __init__(self):
        import contextvars  # a child has no use for it

        kernel, self.message = _kernel(), {}
        with contextlib.suppress(Exception):  # another kernel than ipykernel: the text goes to the cell that runs then
            self.message = kernel.get_parent("shell") if kernel else {}
        # A later cell may capture its own output (`%%capture`), and must not get this one's.
        self.streams = {name: getattr(sys, name) for name in NAMES.values()}
        self.id = self.message.get("header", {}).get("msg_id")
        # ipykernel 7.0 to 7.3 keep the cell in a context variable, which only the main thread has by itself.
        self.context = contextvars.copy_context()
        for stream in (sys.stdout, sys.stderr):
            variable = getattr(stream, "_parent_header", None)
            if isinstance(variable, contextvars.ContextVar):
                self.context.run(variable.set, stream.parent_header)

    def __reduce__(self):
        return type(None), ()  # it means nothing to a child

    def write(self, stream, text: str) -> None:
        """Write to one of the parent's streams, as this cell."""
        if self.id and hasattr(stream, "set_thread_parent"):  # ipykernel 7.4
            token = stream.set_thread_parent(self.message)
            try:
                stream.write(text)
            finally:
                stream.reset_thread_parent(token)
        else:
            self.context.copy().run(stream.write, text)


def _kernel():
    """The kernel of the notebook that this process belongs to, if it does to one."""
    shell = sys.modules["IPython"].get_ipython() if hasattr(sys.modules.get("IPython"), "get_ipython") else None
    return getattr(shell, "kernel", None)


class Source:
    """The reading end of a pipe: the reader's thread, and a thread that joins the child, take out what is there."""

    def __init__(self, fd: int):
        self.fd: int | None = fd
        self.reader = reader
        self.ended: float | None = None  # when it was closed
        self.unread = bytearray()
        self.lock = threading.RLock()  # a signal handler may join while its thread is joining
        if not self.reader.waiting:
            os.set_blocking(fd, False)
        self.reader.add(self)

    def take(self) -> bool:
        """Read once, without waiting, and hand it on; returns False at the end or if nothing is there."""
        with self.lock:
            if self.fd is None:
                return False
            try:
                size = min(self.reader.waiting(self.fd), CHUNK) if self.reader.waiting else CHUNK
                if not size:
                    return False
                data = os.read(self.fd, size)
            except BlockingIOError:
                return False
            except OSError:  # Windows: the other end is closed everywhere
                data = b""
            self.unread += data
            if not data:
                self.close()
            self.hand_on(more=len(data) >= ATOMIC)
            return bool(data)

    def finish(self) -> None:
        """Hand on all that a child which has ended wrote: no more than a pipe can hold, 1 MiB at most."""
        for _ in range(64):  # another process may hold the other end, and never stop writing
            if not self.take():
                break
        self.hand_on(more=False)

    def hand_on(self, more: bool) -> None:
        """Do with `unread` what is to be done; `more`: its end probably comes with the next read."""
        raise NotImplementedError

    def close(self) -> None:
        with self.lock:
            if self.fd is not None:
                self.reader.remove(self)
                os.close(self.fd)
                self.fd, self.ended = None, spans.clock()


class Text(Source):
    """What a child writes to its descriptor 1 or 2, on its way to the parent's stream of that name."""

    def __init__(self, fd: int, name: str, cell: Cell):
        self.name, self.cell = name, cell
        self.decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
        self.held_since: float | None = None
        super().__init__(fd)

    def hand_on(self, more: bool) -> None:
        # A piece that is shorter than what a pipe takes in one go was flushed, and is shown. A longer one is of a line
        # whose rest is still being written: shown now, other children's text could come between.
        with self.lock:
            end = self.unread.rfind(b"\n") + 1 if more and self.fd is not None else len(self.unread)
            text = self.decoder.decode(self.unread[:end], final=self.fd is None)
            if text:
                self.show(text if not WINDOWS else text.replace("\r\n", "\n"))
            del self.unread[:end]
            self.held_since = time.monotonic() if self.unread else None

    def show(self, text: str) -> None:
        stream = self.cell.streams[self.name]
        if stream is None or getattr(stream, "closed", False):
            stream = getattr(sys, self.name)
        try:
            with showing:
                try:
                    self.cell.write(stream, text)
                except UnicodeEncodeError:  # a terminal that has no such character
                    self.cell.write(stream, text.encode(stream.encoding, "backslashreplace").decode(stream.encoding))
                if not hasattr(stream, "set_parent"):  # a kernel's stream sees to that itself, for many texts at once
                    stream.flush()
        except BrokenPipeError:  # the parent's output is read no longer: let the child find out, as it would there
            self.close()
        except (Exception, SystemExit):  # the stream is closed or can't do it; the child must be able to go on writing
            pass


class Events(Source):
    """What all children, and theirs, report to the timelines: for each event its length in two bytes, and a pickle."""

    def hand_on(self, more: bool) -> None:
        with self.lock:
            while len(self.unread) >= 2 and len(self.unread) >= (end := 2 + int.from_bytes(self.unread[:2], "big")):
                event = pickle.loads(self.unread[2:end])
                del self.unread[:end]
                spans.record(event)


class Reader:
    """One thread that reads all pipes of this process. It begins with the first.

    waiting     says how many bytes a pipe has; it is asked every 10 ms, because nothing can wait for pipes on Windows
    """

    def __init__(self, waiting: Callable[[int], int] | None = None):
        self.waiting = waiting or (_waiting if WINDOWS else None)
        self.sources: set[Source] = set()
        self.selector = None
        self.lock = threading.RLock()  # held while what all children share is made: threads may start children at once

    def add(self, source: Source) -> None:
        self.sources.add(source)
        with self.lock:
            if self.selector is None:
                import selectors  # a child has no use for it

                self.selector = selectors.DefaultSelector()
                # Not threading.Thread: that waits until the thread runs, so that a child would start that much later.
                _thread.start_new_thread(self.run, ())
                util.Finalize(None, self.finish, exitpriority=-10)  # after multiprocessing has joined the children
        if not self.waiting:
            self.selector.register(source.fd, 1, source)

    def remove(self, source: Source) -> None:
        self.sources.discard(source)
        if not self.waiting:
            self.selector.unregister(source.fd)

    def run(self) -> None:
        while True:
            came = False
            for source in self.wait():
                came |= source.take()
            for source in self.held():
                if time.monotonic() - source.held_since > PATIENCE:
                    source.hand_on(more=False)
            if came:
                # A child that prints a lot is faster when the reader does not take each line at once.
                time.sleep(PAUSE)

    def wait(self) -> list[Source]:
        """Those in which something may be, or whose end has come."""
        if self.waiting:
            time.sleep(0.01)
            return list(self.sources)
        return [key.data for key, _ in self.selector.select(PATIENCE / 5 if self.held() else None)]

    def held(self) -> list[Source]:
        return [source for source in list(self.sources) if getattr(source, "held_since", None)]

    def finish(self, kind: type[Source] = Source) -> None:
        for source in list(self.sources):
            if isinstance(source, kind):
                source.finish()

    def forget(self) -> None:
        """In a forked child: the pipes are its parent's, and the thread did not come with it."""
        for source in self.sources:
            os.close(source.fd)
        if hasattr(self.selector, "fileno"):
            with contextlib.suppress(OSError, ValueError):  # macOS: a kqueue does not come to a forked child
                os.close(self.selector.fileno())


def _waiting(fd: int) -> int:
    """Windows: how many bytes can be read without waiting. Raises OSError at the end."""
    import _winapi
    import msvcrt

    return _winapi.PeekNamedPipe(msvcrt.get_osfhandle(fd), 0)[0]


reader = Reader()
showing = threading.RLock()  # held while a stream of the program's is written to, and while any thread forks


def _before_fork() -> None:
    showing.acquire(timeout=1)  # no longer: the forking thread may hold what the writing thread waits for


def _after_fork_in_parent() -> None:
    with contextlib.suppress(RuntimeError):  # it was not to be had
        showing.release()


def _after_fork_in_child() -> None:
    global reader, showing
    inherited, reader, showing = reader, Reader(), threading.RLock()
    inherited.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)


class Outlet:
    """What a child is given when it starts: writing ends of pipes, and the lifeline.

    Unpickled in a spawned or forkserver child, it puts them in place; a forked one calls `install`.
    """

    def __init__(self, cell: Cell, hand_on: bool):
        """`cell`: where the child's output belongs; `hand_on`: give it the descriptors that this process has itself."""
        self.ends: dict[int, int] = {}
        self.sources: list[Source] = []
        try:
            for number, name in NAMES.items():
                if getattr(sys, name) is not getattr(sys, f"__{name}__"):
                    with contextlib.suppress(Exception):  # so that a forked child has no text of its parent's to write
                        getattr(sys, f"__{name}__").flush()
                    read_end, self.ends[number] = cleanup.pipe()
                    self.sources.append(Text(read_end, name, cell))
                elif hand_on and spans.send is not None:
                    with contextlib.suppress(OSError):  # the program has closed it
                        self.ends[number] = os.dup(number)
            with reader.lock:
                # A script that draws has imported `timeline` when it starts children.
                if streams.events is None and (self.sources or "helpers.chart" in sys.modules):
                    read_end, writing_end = cleanup.pipe()
                    streams.events = streams.Sender(writing_end)
                    Events(read_end)
                cleanup.lifeline.open()
        except BaseException:
            self.abandon()
            raise

    def __reduce__(self):
        ends = {number: Handle(end) for number, end in self.ends.items()}
        events = None if streams.events is None or streams.events.lost() else Handle(streams.events.fd)
        lifeline = None if WINDOWS else Handle(cleanup.lifeline.end)
        return streams.install_unpickled, (ends, events, lifeline, spans.recording)

    def install(self) -> None:
        """In a forked child."""
        streams.install(self.ends, streams.events, cleanup.lifeline.end, spans.recording)

    def close(self) -> None:
        """In the parent, when the child has them."""
        for end in self.ends.values():
            os.close(end)
        self.ends = {}

    def abandon(self) -> None:
        self.close()
        for source in self.sources:
            source.close()


class RelayedProcess:
    """What `mp` adds to a start method's Process class."""

    _mp_cell = _mp_outlet = _mp_sources = None  # no names that a program's own class would have

    def start(self) -> None:
        began = spans.clock()
        self._mp_cell = self._mp_cell or Cell()
        outlet = self._mp_outlet = Outlet(self._mp_cell, hand_on=self._start_method == "forkserver")
        try:
            super().start()
        except BaseException:
            outlet.abandon()
            raise
        finally:
            self._mp_outlet = None
            outlet.close()
        self._mp_sources = outlet.sources
        _started.add(weakref.ref(self, _started.discard))
        spans.record(spans.Event("start", began, self.pid, self.name))

    def __reduce_ex__(self, protocol):
        # The outlet comes first, so that it is in place when the child looks for the target: if the child can't find
        # it, that traceback arrives too.
        rebuild, args, *rest = super().__reduce_ex__(protocol)
        return _rebuild, (self._mp_outlet, rebuild, args), *rest

    def _bootstrap(self, parent_sentinel=None):
        if self._start_method == "fork":  # nothing was unpickled
            self._mp_outlet.install()
        cleanup.lifeline.hold(parent_sentinel)
        if spans.recording:
            spans.report("ready", self.name)
        return super()._bootstrap(parent_sentinel)

    def join(self, timeout: float | None = None) -> None:
        super().join(timeout)
        self._mp_settle(self._popen, ended=timeout is None)  # the system, or a handler, may have reaped it

    def is_alive(self) -> bool:
        alive = super().is_alive()
        self._mp_settle(self._popen)
        return alive

    @property
    def exitcode(self) -> int | None:
        code = super().exitcode
        self._mp_settle(self._popen)
        return code

    def close(self) -> None:
        popen = self._popen
        super().close()
        self._mp_settle(popen)

    def _mp_settle(self, popen, ended: bool = False) -> None:
        """If the child has ended, hand on what is left of its output and of its events."""
        sources = self._mp_sources  # another thread may set it to None meanwhile
        if sources is None or popen is None or self._parent_pid != os.getpid():  # a forked child has not its pipes
            return
        if ended or popen.returncode is not None:
            for source in sources:
                source.finish()
            reader.finish(Events)
            self._mp_sources = None
            # When its pipes ended, which the reader sees at once; not when somebody asked.
            time_of_end = max((source.ended or spans.clock() for source in sources), default=spans.clock())
            spans.record(spans.Event("exit", time_of_end, popen.pid, id=popen.returncode or 0))


def _rebuild(outlet, rebuild, args):
    return rebuild(*args)


class RelayedContext:
    """What `mp` adds to a start method's context."""

    def get_context(self, method: str | None = None):
        return self if method is None else context_for(method)

    def active_children(self) -> list:
        started = [each() for each in list(_started)]  # now, because nothing else may hold one that has ended
        children = super().active_children()  # which joins those that have ended
        for child in started:
            if child is not None:
                child._mp_settle(child._popen)
        return children

    def Pool(self, processes=None, initializer=None, initargs=(), maxtasksperchild=None):
        from multiprocessing.pool import Pool

        own, cell = type(self)(), Cell()

        def Process(*args, **kwargs):
            child = self.Process(*args, **kwargs)
            child._mp_cell = cell  # also of those that the pool's own thread starts later
            return child

        own.Process = Process
        pool = Pool(processes, initializer, initargs, maxtasksperchild, context=own)
        _pools[pool] = cell
        return pool


class SpawnProcess(RelayedProcess, context.SpawnProcess):
    pass


class SpawnContext(RelayedContext, context.SpawnContext):
    Process = SpawnProcess


if not WINDOWS:

    class ForkProcess(RelayedProcess, context.ForkProcess):
        pass

    class ForkContext(RelayedContext, context.ForkContext):
        Process = ForkProcess

    class ForkServerProcess(RelayedProcess, context.ForkServerProcess):
        pass

    class ForkServerContext(RelayedContext, context.ForkServerContext):
        Process = ForkServerProcess


_CONTEXTS = {kind._name: kind() for kind in RelayedContext.__subclasses__()}
_pools = weakref.WeakKeyDictionary()
_started: set = set()  # weak references to children; no WeakSet, because a pool's thread may add to it at any time


def context_for(method: str) -> context.BaseContext:
    """Return the relaying context of a start method.

    Raises ValueError, with the valid names, if this system has no such method.
    """
    try:
        if method not in _CONTEXTS:  # joblib adds one of its own
            raise ValueError
        multiprocessing.get_context(method)  # asked for all methods, Python 3.14.10 writes a file
    except ValueError:
        available = ", ".join(sorted({*multiprocessing.get_all_start_methods()} & {*_CONTEXTS}))
        raise ValueError(f"no start method {method!r} on this system; it has: {available}") from None
    if method == "forkserver":
        from multiprocessing import forkserver

        if forkserver._forkserver._preload_modules == ["__main__"]:  # else the program has said what it wants
            # The server imports this once, instead of each child.
            multiprocessing.set_forkserver_preload(["__main__", "helpers"])
    return _CONTEXTS[method]


mp = context_for(os.environ.get("MP_START_METHOD") or "spawn")


def end_children(cell: Cell | None = None) -> None:
    """End every pool and process that `mp` started here, with the processes that those started.

    cell  only what this cell started
    """

    def is_meant(started_in: Cell) -> bool:
        return cell is None or started_in.id == cell.id

    def children() -> list:
        ours = (child for child in mp.active_children() if isinstance(child, RelayedProcess))
        return [child for child in ours if is_meant(child._mp_cell)]

    cleanup.end([pool for pool, made_in in list(_pools.items()) if is_meant(made_in)], children)


if _kernel() is not None:
    if not os.access(".", os.W_OK):
        print(
            "This folder is read-only, and cells that begin with %%writefile fail here, as do the programs and "
            "exercises that need their files. Copy the whole collection into a folder of your own, and open it there."
        )
    cleanup.watch(interrupted=lambda: end_children(Cell()), shutting_down=end_children)
