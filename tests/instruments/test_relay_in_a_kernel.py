"""`mp` in a real kernel, as JupyterLab starts it: output under the right cell, and nothing left behind."""

import contextlib
import os
import queue
import tempfile
import time
from pathlib import Path

import pytest
from jupyter_client.manager import start_new_kernel
from test_cleanup import wait_until_gone

TESTS = Path(__file__).parent
waits_can_be_interrupted = pytest.mark.skipif(os.name == "nt", reason="an interrupt comes when the wait is over")


STUBBORN = """receiver, sender = mp.Pipe(duplex=False)
mp.Process(target=workers.sleep_stubbornly, args=(sender,)).start()"""


class Kernel:
    """A kernel, and what each of its cells has printed so far."""

    def __init__(self, method: str):
        environment = {**os.environ, "MP_START_METHOD": method}
        del environment["PYTEST_CURRENT_TEST"]  # with it, ipykernel captures less
        self.begin(environment, TESTS)
        self.run("import os, time, workers; from helpers import mp")

    def begin(self, environment: dict[str, str], folder: Path) -> None:
        # It is killed, and so can't remove its temporary folder itself.
        self.temporary = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        environment = {**environment, "TMPDIR": self.temporary.name}
        self.manager, self.client = start_new_kernel(kernel_name="python3", env=environment, cwd=str(folder))
        self.printed: dict[str, str] = {}

    def start(self, code: str) -> str:
        """Send a cell; returns its id."""
        cell = self.client.execute(code)
        self.printed[cell] = ""
        return cell

    def wait(self, until, seconds: float = 30):
        """Read messages until `until(message)` is true."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            message = self.client.get_iopub_msg(timeout=deadline - time.monotonic())
            cell, content = message["parent_header"].get("msg_id"), message["content"]
            if message["msg_type"] == "stream":
                self.printed[cell] = self.printed.get(cell, "") + content["text"]
            if message["msg_type"] == "error":
                self.printed[cell] = self.printed.get(cell, "") + content["ename"]
            if until(message):
                return
        raise AssertionError(f"nothing came in {seconds} s; so far: {self.printed}")

    def ended(self, cell: str):
        def is_idle(message):
            ours = message["parent_header"].get("msg_id") == cell
            return ours and message["content"].get("execution_state") == "idle"

        return is_idle

    def run(self, code: str) -> str:
        """Run a cell to its end; returns what it printed."""
        cell = self.start(code)
        self.wait(self.ended(cell))
        return self.printed[cell]

    def interrupt(self, cell: str) -> None:
        """Interrupt a cell, and once more if it goes on, as a person does: in the moment before a long wait Python only
        sets a flag."""
        for _ in range(4):
            self.manager.interrupt_kernel()
            with contextlib.suppress(queue.Empty):
                return self.wait(self.ended(cell), 8)
        raise AssertionError(f"interrupted four times, and it goes on; it printed {self.printed[cell]}")

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.temporary.cleanup()


@pytest.fixture
def kernel(method):
    kernel = Kernel(method)
    yield kernel
    kernel.close()


def test_output_comes_under_the_cell_that_started_the_child(kernel):
    assert kernel.run("p = mp.Process(target=workers.print_text, args=('hello',)); p.start(); p.join()") == "hello\n"

    late = kernel.start("late = mp.Process(target=workers.print_late, args=('late', 0.8)); late.start()")
    kernel.wait(kernel.ended(late))
    assert kernel.run("print('next cell'); late.join(); print('joined')") == "next cell\njoined\n"
    assert kernel.printed[late] == "late\n"

    pool = kernel.start("pool = mp.Pool(1)")
    kernel.wait(kernel.ended(pool))
    assert kernel.run("print(pool.map(workers.square, [2, 3])); pool.close(); pool.join()") == "[4, 9]\n"
    assert kernel.printed[pool] == "square 2\nsquare 3\n"


@waits_can_be_interrupted
def test_an_interrupted_cell_leaves_no_process(kernel):
    cell = kernel.start(
        f"{STUBBORN}\n"
        "pool = mp.Pool(2)\n"
        "print(*receiver.recv(), *(worker.pid for worker in pool._pool), flush=True)\n"
        "pool.map(workers.sleep, [60, 60, 60])"
    )
    kernel.wait(lambda message: "\n" in kernel.printed[cell])
    pids = [int(pid) for pid in kernel.printed[cell].split()]
    assert len(pids) == 4
    kernel.interrupt(cell)
    assert "KeyboardInterrupt" in kernel.printed[cell]
    wait_until_gone(pids)
    assert kernel.run("print(mp.active_children())") == "[]\n"


@waits_can_be_interrupted
def test_a_stop_at_await_leaves_no_process(kernel):
    kernel.run("import asyncio; loop = asyncio.get_running_loop()")
    cell = kernel.start(
        "pool = mp.Pool(2)\n"
        "print(*(worker.pid for worker in pool._pool), flush=True)\n"
        "await loop.run_in_executor(None, pool.map, workers.sleep, [60, 60, 60])"
    )
    kernel.wait(lambda message: "\n" in kernel.printed[cell])
    pids = [int(pid) for pid in kernel.printed[cell].split()]
    kernel.interrupt(cell)
    wait_until_gone(pids)


def test_a_cell_that_cancels_a_task_of_its_own_keeps_its_children(kernel):
    kernel.run("import asyncio; pool = mp.Pool(1)")
    said = kernel.run("task = asyncio.create_task(asyncio.sleep(60)); task.cancel(); await task")
    assert "CancelledError" in said
    assert kernel.run("print(pool.apply(workers.square, (3,))); pool.terminate()") == "9\n"


def test_a_later_cell_that_captures_its_output_gets_its_own_only(kernel):
    late = kernel.start("late = mp.Process(target=workers.print_late, args=('late', 0.5)); late.start()")
    kernel.wait(kernel.ended(late))
    own = "mp.Process(target=workers.print_text, args=('own',))"
    kernel.run(f"%%capture captured\np = {own}; p.start(); p.join(); late.join()")
    assert kernel.run("print(repr(captured.stdout))") == "'own\\n'\n"
    assert kernel.printed[late] == "late\n"


def test_an_interrupt_between_two_statements_leaves_no_process(kernel):
    kernel.run(
        "compiler = get_ipython().compile; flags = compiler.extra_flags\n"
        "def interrupted(_):\n"
        "    compiler.extra_flags = flags\n"
        "    raise KeyboardInterrupt"
    )
    cell = kernel.start(
        f"{STUBBORN}\nprint(*receiver.recv(), flush=True)\ncompiler.extra_flags = interrupted\nprint('not reached')"
    )
    kernel.wait(kernel.ended(cell))
    *pids, error = kernel.printed[cell].split()
    assert error == "KeyboardInterrupt"
    wait_until_gone([int(pid) for pid in pids])
    assert kernel.run("import signal; print(signal.getsignal(signal.SIGINT))") != "Handlers.SIG_IGN\n"


@waits_can_be_interrupted
@pytest.mark.parametrize("seconds", [0, 1])
def test_a_second_interrupt_does_not_stop_the_first_one_from_ending_children(kernel, seconds):
    kernel.run(  # a busy machine takes time between the traceback and what is done after each cell
        "shell = get_ipython(); run = shell._run_cell\n"
        f"shell._run_cell = lambda *args, **kwargs: (run(*args, **kwargs), time.sleep({seconds}))[0]"
    )
    cell = kernel.start(
        f"{STUBBORN}\n"
        "print(*receiver.recv(), flush=True)\n"
        # One long sleep would miss a signal that comes in the moment before it begins, when Python only sets a flag.
        "for _ in range(600): time.sleep(0.1)"
    )
    kernel.wait(lambda message: "\n" in kernel.printed[cell])
    pids = [int(pid) for pid in kernel.printed[cell].split()]
    kernel.manager.interrupt_kernel()
    kernel.wait(lambda message: message["msg_type"] == "error")  # the child, which ignores SIGTERM, is being ended
    kernel.manager.interrupt_kernel()
    kernel.wait(kernel.ended(cell))
    wait_until_gone(pids)


def test_an_interrupt_of_a_cell_in_another_thread_is_shown(kernel):
    """As in a subshell of Jupyter's: only the main thread may change what SIGINT does."""
    printed = kernel.run(
        "import threading; code = 'raise KeyboardInterrupt'\n"
        "thread = threading.Thread(target=get_ipython().run_cell, args=(code,)); thread.start(); thread.join()"
    )
    assert "KeyboardInterrupt" in printed
    assert "ValueError" not in printed


OLDER = """
from ipykernel.iostream import OutStream
if hasattr(OutStream, "set_thread_parent"):
    del OutStream.set_thread_parent
"""


def test_an_ipykernel_before_7_4_knows_the_cell_too(kernel):
    """Simulated, by changing the one that is installed."""
    kernel.run(OLDER)
    late = kernel.start(
        "import threading\n"
        "tell, told = mp.Pipe()\n"
        "child = mp.Process(target=workers.print_when_told, args=(told, 'late')); child.start()"
    )
    kernel.wait(kernel.ended(late))
    begun = kernel.start(
        "tell_second, told_second = mp.Pipe()\n"
        "def begin():\n"
        "    global second\n"
        "    second = mp.Process(target=workers.print_when_told, args=(told_second, 'by a thread')); second.start()\n"
        "thread = threading.Thread(target=begin); thread.start(); thread.join()"
    )
    kernel.wait(kernel.ended(begun))
    told = "tell.send(1); tell_second.send(1); child.join(); second.join(); print('joined')"
    assert kernel.run(told) == "joined\n"
    assert (kernel.printed[late], kernel.printed[begun]) == ("late\n", "by a thread\n")


def test_a_folder_that_can_not_be_written_to_is_told_at_the_first_import(kernel):
    assert kernel.run("from helpers import mp") == ""
    kernel.run("os.access = lambda *_: False; import sys")
    kernel.run("for name in [name for name in sys.modules if name.startswith('helpers')]: del sys.modules[name]")
    assert kernel.run("from helpers import mp").startswith("This folder is read-only, and cells that begin with ")
