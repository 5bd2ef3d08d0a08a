"""No process, semaphore, block or folder outlives what started it.

- The first parent dies, however: `Lifeline` ends its children, and theirs.
- A notebook's cell is interrupted: `end` ends what that cell started. Jupyter on Linux and macOS interrupts the
  children too, which then end by themselves, unless they ignore it or a pool replaces them; on Windows it interrupts
  only the kernel, and, as the sources say, not before a wait such as `join()` ends. What other cells started goes on.
- A kernel is asked to shut down or to restart: `end` ends all first, then its temporary folder goes.
- A kernel is killed: multiprocessing's resource tracker, in a session of its own, removes semaphores and blocks.
"""

import _thread
import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing import util

WINDOWS = sys.platform == "win32"
if not WINDOWS:
    import fcntl


class Lifeline:
    """A pipe that ends all children, and theirs, when the first parent (in a notebook, the kernel) is gone.

    Only the first parent holds the writing end and nothing is ever written, so the reading end, which all children
    have, comes to its end when that process does, however it died. On Windows, where processes that share a pipe's end
    hold one another up, a child waits for its parent instead, and so ends when that does.
    """

    end = writing_end = pipe = None

    def open(self) -> None:
        """In a parent, before it starts a child."""
        if not WINDOWS and (self.end is None or lost(self.end, self.pipe)):
            self.end, self.writing_end = pipe()
            self.pipe = identity(self.end)

    def hold(self, parent_sentinel: int | None) -> None:
        """In a child: end this process when the lifeline ends.

        parent_sentinel  what Windows gives to wait for its parent's end; `parent_process()` knows it only later
        """
        if self.writing_end is not None:  # forked
            os.close(self.writing_end)
            self.writing_end = None
        try:
            if not WINDOWS:
                self.pipe = identity(self.end)
            self.hold_by_signal()
        except (AttributeError, OSError):  # Windows; no /proc, as on macOS, or its rights were dropped
            _thread.start_new_thread(self.hold_by_thread, (parent_sentinel,))

    def hold_by_signal(self) -> None:
        """Linux: have the kernel send SIGIO, which ends a process. It costs a tenth of what a thread does."""
        # Signals belong to an open file, which processes share; opened again, it is this process's own.
        own = os.open(f"/proc/self/fd/{self.end}", os.O_RDONLY | os.O_NONBLOCK)
        fcntl.fcntl(own, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(own, fcntl.F_SETFL, os.O_NONBLOCK | os.O_ASYNC)
        with contextlib.suppress(BlockingIOError):
            if os.read(own, 1) == b"":  # it ended before
                os._exit(1)

    def hold_by_thread(self, parent_sentinel: int | None) -> None:
        if hasattr(signal, "pthread_sigmask"):  # signals are the main thread's
            signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        if WINDOWS:
            from multiprocessing.connection import wait

            wait([parent_sentinel])
        else:
            try:
                os.read(self.end, 1)
            except OSError:  # the program has closed it
                return
            if sys.platform == "darwin" and lost(self.end, self.pipe):  # where the read then returns as at the end
                return
        os._exit(1)


lifeline = Lifeline()


def identity(fd: int) -> tuple[int, int, int]:
    """What tells the file behind a descriptor from others."""
    found = os.fstat(fd)
    return found.st_dev, found.st_ino, found.st_mode


def pipe() -> tuple[int, int]:
    """A pipe's reading and writing end, neither of them where a stream belongs.

    A service may run without streams, and C code write to descriptor 1 anyway.
    """
    reading, writing = os.pipe()
    return above_the_streams(reading), above_the_streams(writing)


def above_the_streams(fd: int) -> int:
    if fd > 2 or WINDOWS:
        return fd
    above = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 3)
    os.close(fd)
    return above


def lost(fd: int, pipe: tuple) -> bool:
    """Whether the program has closed a descriptor of ours. Another file may have the number now."""
    try:
        return identity(fd) != pipe
    except OSError:
        return True


def end(pools: list, children: Callable[[], list]) -> None:
    """End pools, and processes with those that they started; `children` says which processes are left."""
    for pool in pools:
        # In a thread, because it may never return: it waits for a lock that a worker held when it was interrupted.
        ending = threading.Thread(target=pool.terminate, daemon=True)
        ending.start()
        ending.join(0.5)
    # Once more until none is left: a pool's thread may have been starting one meanwhile.
    deadline = time.monotonic() + 5
    while (left := children()) and time.monotonic() < deadline:
        descendants = [each for child in left for each in _descendants(child.pid)]
        for child in left:
            child.terminate()
        for child in left:
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


def watch(interrupted: Callable[[], None], shutting_down: Callable[[], None]) -> None:
    """In a kernel: call these when a cell was interrupted, and when the kernel is asked to end."""

    shell = sys.modules["IPython"].get_ipython()
    show, handlers, stops = shell.showtraceback, [], []

    def before_cell(_) -> None:
        # A cell with `await` gets no KeyboardInterrupt: ipykernel's handler cancels it, and puts back later what was
        # there before. A cell may also be cancelled by its own code, so the handler's call is noted.
        stops.clear()
        handler = signal.getsignal(signal.SIGINT)

        def stop(number: int, frame) -> None:
            stops.append(number)
            handler(number, frame)
            with contextlib.suppress(AttributeError):  # else the loop sees it when something else wakes it
                shell.kernel.io_loop.asyncio_loop.call_soon_threadsafe(int)

        if getattr(handler, "__module__", "").startswith("ipykernel.") and _in_main_thread():
            signal.signal(signal.SIGINT, stop)

    def was_stopped(error: BaseException | None) -> bool:
        cancelled = "asyncio" in sys.modules and isinstance(error, sys.modules["asyncio"].CancelledError)
        return isinstance(error, KeyboardInterrupt) or (cancelled and bool(stops))

    def showtraceback(*args, **kwargs) -> None:
        # A second Stop must not interrupt what follows: IPython would not come to `after_cell`. (With `%pdb on` the
        # debugger opens in here, and a second Stop is meant for it.)
        # It gives no arguments when the interrupt came between two statements; a slider's interrupt has others.
        in_cell = (kwargs.get("running_compiled_code") or not (args or kwargs)) and _in_main_thread()
        if in_cell and was_stopped(sys.exc_info()[1]) and not shell.call_pdb:
            handlers.append(signal.signal(signal.SIGINT, signal.SIG_IGN))
        show(*args, **kwargs)

    def after_cell(result) -> None:
        try:
            # "Before" is what IPython calls an interrupt between two statements too.
            if was_stopped(result.error_in_exec or result.error_before_exec):
                interrupted()
        finally:
            if handlers:
                signal.signal(signal.SIGINT, handlers.pop())

    def before_shutdown(_) -> None:
        import shutil

        shutting_down()
        if "multiprocessing.forkserver" in sys.modules:
            # ipykernel ends the server, but nobody waits for it, and a zombie is a child still.
            with contextlib.suppress(FileNotFoundError):  # the exit handlers may have removed its socket already
                sys.modules["multiprocessing.forkserver"]._forkserver._stop()
        # Not left to the exit handlers: if a child ignores SIGTERM, as joblib's tracker does, Jupyter ends the kernel
        # before they run.
        shutil.rmtree(util.get_temp_dir(), ignore_errors=True)

    shell.showtraceback = showtraceback
    shell.events.register("pre_run_cell", before_cell)
    shell.events.register("post_run_cell", after_cell)
    # Set at a request to shut down, before ipykernel kills the children. A pool would go on replacing its workers.
    shell.observe(before_shutdown, "exit_now")
    if not WINDOWS:
        keep_tracker()
        util.get_temp_dir()  # so children, which may be killed, have theirs in it, and it is removed at the end


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def keep_tracker() -> None:
    """Start the resource tracker in a session of its own.

    In the kernel's it is killed with the kernel, before it has removed anything; and a kernel that is asked to shut
    down waits for it, because it ignores SIGTERM, until Jupyter ends the kernel without its exit handlers.
    """
    import subprocess
    from multiprocessing import resource_tracker

    def start(path: str, arguments: list[str], fds: list[int]) -> int:
        started = subprocess.Popen(arguments, executable=path, pass_fds=fds, start_new_session=True)
        started.returncode = 0  # the tracker's own object waits for it
        return started.pid

    util.spawnv_passfds, original = start, util.spawnv_passfds
    try:
        resource_tracker.ensure_running()
    finally:
        util.spawnv_passfds = original
