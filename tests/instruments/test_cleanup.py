"""What ends leaves nothing: no process, no named semaphore, no block of shared memory, no folder.

A test of what a kernel, a command or a check leaves marks what belongs to it, so that tests beside it do not count: an
environment variable, which all processes of a run inherit; the names of semaphores and blocks; and a temporary folder.
"""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable
from multiprocessing import get_all_start_methods
from pathlib import Path

import nbformat
import psutil
import pytest
import workers
from jupyter_client.manager import start_new_kernel
from store import METADATA
from tree import copy_settings

from helpers import cleanup, relay
from helpers.checking import verdict

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no signals, and other pipes")
ROOT = Path(__file__).parents[2]
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MARK = "TEST_NOTHING_LEFT"
SHARED = Path("/dev/shm")  # Linux; elsewhere semaphores and blocks can't be listed

# Leaves open all that there is; its processes would go on for a minute.
CODE = """
import multiprocessing, os, time
from multiprocessing.shared_memory import SharedMemory
from helpers import mp

mark = os.environ["TEST_NOTHING_LEFT"]
multiprocessing.current_process()._config["semprefix"] = "/" + mark
block = SharedMemory(mark, create=True, size=10)
manager, pool, queue, locks = mp.Manager(), mp.Pool(2), mp.Queue(), [mp.Lock() for _ in range(9)]
shared = manager.dict()
queue.put("nobody gets it")
child = mp.Process(target=time.sleep, args=(60,))
child.start()
"""
# As a learner would write it, and one that kills its own process.
ANSWER = """
import multiprocessing, os, tempfile, time
from multiprocessing.shared_memory import SharedMemory

context = multiprocessing.get_context("spawn")


def exit_code_of(function):
    mark = os.environ["TEST_NOTHING_LEFT"]
    multiprocessing.current_process()._config["semprefix"] = "/" + mark
    block = SharedMemory(mark, create=True, size=10)
    manager, pool, locks = context.Manager(), context.Pool(2), [context.Lock() for _ in range(9)]
    folder = tempfile.mkdtemp()
    context.Process(target=time.sleep, args=(60,)).start()
    {ending}
"""


def soon_nothing_of(left: Callable[[], list]) -> None:
    """Assert that soon nothing is left."""
    deadline = time.monotonic() + 20
    while there := left():
        assert time.monotonic() < deadline, there
        time.sleep(0.05)


class Run:
    """What a test starts, and what is left of it."""

    def __init__(self, folder: str):
        self.mark, self.folder = f"left-{secrets.token_hex(4)}", folder
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        self.environment |= {MARK: self.mark, **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), folder)}

    def left(self) -> list[str]:
        return [*map(str, self.processes()), *self.shared(), *os.listdir(self.folder)]

    def shared(self) -> list[str]:
        return [path.name for path in SHARED.glob(f"*{self.mark}*")]

    def processes(self) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(MARK) == self.mark and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def leaves_nothing(self) -> None:
        soon_nothing_of(self.left)

    def command(self, *command: str, cwd: Path) -> str:
        """Run a command, which must succeed; returns what it writes to stderr."""
        done = subprocess.run(command, cwd=cwd, env=self.environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stderr


def wait_until_gone(pids: list[int]) -> None:
    soon_nothing_of(lambda: [pid for pid in pids if is_running(pid)])


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


# What a parent that ends leaves.


def test_end_children_ends_stubborn_children_grandchildren_and_pools(mp):
    receiver, sender = mp.Pipe(duplex=False)
    child = mp.Process(target=workers.sleep_stubbornly, args=(sender,))
    child.start()
    pool = mp.Pool(2)
    pids = [*receiver.recv(), *(worker.pid for worker in pool._pool)]
    relay.end_children(relay.Cell())
    wait_until_gone(pids)


@pytest.mark.parametrize("how", ["killed", "os._exit"])
def test_no_process_outlives_the_first_parent(method, how, tmp_path):
    end_first_parent(method, how, tmp_path)


def end_first_parent(method: str, how: str, folder: Path, without_signals: bool = False) -> None:
    """End a program that has children, a grandchild and a pool, which must all end."""
    script = folder / "parent.py"
    script.write_text(
        textwrap.dedent(f"""
            import os, signal, sys, time
            sys.path.insert(0, {os.path.dirname(__file__)!r})
            import workers
            from helpers import cleanup, mp

            if {without_signals}:
                def hold_by_signal(self): raise PermissionError
                cleanup.Lifeline.hold_by_signal = hold_by_signal
            if __name__ == "__main__":
                context = mp.get_context({method!r})
                receiver, sender = context.Pipe(duplex=False)
                context.Process(target=workers.start_and_sleep, args=(sender, {method!r})).start()
                pool = context.Pool(2)
                pids = receiver.recv() + [worker.pid for worker in pool._pool]
                print(*pids, flush=True)
                if {how!r} == "os._exit":
                    os._exit(0)
                time.sleep(60)
            """)
    )
    with tempfile.TemporaryDirectory() as short:  # it can't remove its own; `folder` is too long for a socket's name
        environment = {**os.environ, "TMPDIR": short}
        with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True, env=environment) as parent:
            pids = [int(pid) for pid in parent.stdout.readline().split()]
            assert len(pids) == 4
            if how == "killed":
                parent.kill()
        wait_until_gone(pids)


@posix
def test_the_lifeline_can_do_without_signals(method, tmp_path):
    """Simulated: as on macOS, and on Linux where /proc can't be read."""
    end_first_parent(method, "killed", tmp_path, without_signals=True)


@posix
def test_as_on_windows_where_the_lifeline_is_the_parents_end(monkeypatch):
    """Simulated: what Windows gives a child to wait for its parent. `parent_process()` is not there yet."""
    ended, (sentinel, parents_end) = [], os.pipe()
    monkeypatch.setattr(cleanup, "WINDOWS", True)
    monkeypatch.setattr(os, "_exit", ended.append)
    monkeypatch.setattr(signal, "pthread_sigmask", lambda *_: None)  # this thread is the tests'
    cleanup.Lifeline().hold(sentinel)
    time.sleep(0.1)
    assert ended == []
    os.close(parents_end)
    soon_nothing_of(lambda: [] if ended == [1] else [ended])
    os.close(sentinel)


@posix
def test_as_on_macos_where_a_read_returns_when_the_lifeline_is_closed(monkeypatch):
    """Simulated: a program that closes all descriptors does not end by it; a parent that ends does end it."""
    ended, lifeline = [], cleanup.Lifeline()
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(os, "_exit", ended.append)
    monkeypatch.setattr(signal, "pthread_sigmask", lambda *_: None)  # this thread is the tests'
    lifeline.open()
    os.close(lifeline.writing_end)
    lifeline.hold_by_thread(None)
    assert ended == [1]
    other, writing_end = os.pipe()
    os.close(writing_end)
    os.dup2(other, lifeline.end)  # at its end, and no longer the lifeline
    lifeline.hold_by_thread(None)
    assert ended == [1]
    os.close(other)
    os.close(lifeline.end)


# What a kernel, a command or a check leaves.


@pytest.fixture
def run():
    # Not tmp_path, nor macOS' own place: with them, a socket's name is too long.
    place = "/tmp" if sys.platform == "darwin" else None
    with tempfile.TemporaryDirectory(prefix="left-", dir=place, ignore_cleanup_errors=True) as folder:
        run = Run(folder)
        yield run
        for process in run.processes():
            process.kill()
        for name in run.shared():
            (SHARED / name).unlink(missing_ok=True)


@pytest.fixture
def started(run, method):
    """A run of CODE in a kernel, with its manager and client."""
    environment = {**run.environment, "MP_START_METHOD": method}
    run.manager, run.client = start_new_kernel(kernel_name="python3", env=environment)
    reply = run.client.execute_interactive(CODE, timeout=60)
    assert reply["content"]["status"] == "ok", reply["content"]
    assert len(run.processes()) > 4
    assert len(run.shared()) > (0 if method == "fork" else 9) or not SHARED.exists()
    yield run
    run.client.stop_channels()
    run.manager.shutdown_kernel(now=True)


def write_notebook(path: Path, code: str) -> None:
    cell = nbformat.v4.new_code_cell(code, execution_count=1)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata=METADATA), path)


PYTEST = [sys.executable, "-m", "pytest", "-n0", "-p", "no:cacheprovider"]
EXECUTE = [sys.executable, "-m", "jupyter", "execute"]


@pytest.mark.parametrize("command", [PYTEST, EXECUTE], ids=["the test command", "jupyter execute"])
def test_after_a_command_that_runs_a_notebook(run, method, tmp_path, command):
    copy_settings(tmp_path)
    write_notebook(tmp_path / "notebooks" / "09_left.ipynb", CODE)
    run.environment["MP_START_METHOD"] = method
    run.command(*command, "notebooks/09_left.ipynb", cwd=tmp_path)
    run.leaves_nothing()


def test_after_restart(started):
    first = started.processes()
    started.manager.restart_kernel()
    soon_nothing_of(lambda: [*filter(psutil.Process.is_running, first), *started.shared(), *os.listdir(started.folder)])


@pytest.mark.skipif(os.name == "nt", reason="an interrupt comes when the wait is over")
def test_after_stop_and_shutdown(started):
    cell = started.client.execute("pool.map(time.sleep, [60] * 4)")
    time.sleep(0.5)
    started.manager.interrupt_kernel()
    while (reply := started.client.get_shell_msg(timeout=30))["parent_header"].get("msg_id") != cell:
        pass
    assert reply["content"]["status"] == "error"
    started.client.stop_channels()
    started.manager.shutdown_kernel()
    started.leaves_nothing()


def test_after_shutdown_while_all_is_open(started):
    started.client.stop_channels()
    started.manager.shutdown_kernel()
    started.leaves_nothing()


def test_after_shutdown_with_a_child_that_ignores_sigterm(started):
    """As joblib's resource tracker does: Jupyter ends such a kernel before its exit handlers run."""
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
    )
    code = f"""import subprocess, sys
subprocess.Popen([sys.executable, "-c", {stubborn!r}], stdout=subprocess.PIPE).stdout.readline()"""
    reply = started.client.execute_interactive(code, timeout=60)
    assert reply["content"]["status"] == "ok"
    started.client.stop_channels()
    started.manager.shutdown_kernel()
    started.leaves_nothing()


def test_a_killed_kernel_leaves_no_process_semaphore_or_block(started):
    psutil.Process(started.manager.provisioner.pid).kill()
    soon_nothing_of(lambda: [*started.processes(), *started.shared()])


@pytest.mark.parametrize("ending", ["return 1", "os._exit(1)", "os.kill(os.getpid(), 9)", "time.sleep(60)"])
def test_after_a_check(run, tmp_path, ending, monkeypatch):
    (tmp_path / "my_process_1.py").write_text(ANSWER.format(ending=ending))
    for name in (MARK, "TMPDIR", "TEMP", "TMP"):
        monkeypatch.setenv(name, run.environment[name])
    monkeypatch.setattr(tempfile, "tempdir", run.folder)
    said = verdict("process", 1, tmp_path, limit=4)
    assert said.startswith("Not yet: exit_code_of")
    monkeypatch.undo()
    run.leaves_nothing()


@pytest.mark.skipif("forkserver" not in get_all_start_methods(), reason="a forkserver")
def test_a_forkserver_whose_folder_is_removed_first_ends_without_a_message(run, tmp_path):
    """The kernel's exit handlers remove the folder with the server's socket, sometimes before the server is stopped."""
    code = """
import multiprocessing, shutil
from helpers import mp

child = mp.Process(target=print)
child.start()
child.join()
shutil.rmtree(multiprocessing.util.get_temp_dir())
"""
    write_notebook(tmp_path / "left.ipynb", code)
    run.environment["MP_START_METHOD"] = "forkserver"
    assert "Error" not in run.command(*EXECUTE, "left.ipynb", cwd=tmp_path)
    run.leaves_nothing()


NAMED = """import multiprocessing, os
multiprocessing.current_process()._config["semprefix"] = "/" + os.environ["TEST_NOTHING_LEFT"]
"""


@pytest.mark.thorough
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_after_the_test_command_on_a_lesson(run, method, tmp_path, lesson):
    copy_settings(tmp_path)
    shutil.copy(lesson, tmp_path / "notebooks")
    (tmp_path / "sitecustomize.py").write_text(NAMED)  # so that the lesson's scripts have the name, too
    path = os.pathsep.join(filter(None, [str(tmp_path), run.environment.get("PYTHONPATH")]))
    run.environment |= {"MP_START_METHOD": method, "PYTHONPATH": path}
    run.command(*PYTEST, f"notebooks/{lesson.name}", cwd=tmp_path)
    run.leaves_nothing()
