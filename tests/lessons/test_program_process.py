"""The whole program of lesson 01, `my_jobs.py`, as a user runs it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from whole_programs import write_program

SCRIPTS = {
    "count": "print('total', sum(range(1_000_000)))",
    "exits": "import sys; sys.exit(3)",
    "fails": "import os\nos.system('echo from a program')\nprint('said before')\nprint(int('twelve'))",
    "endless": "print('at work')\nwhile True:\n    pass",
    "stubborn": "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('deaf')\ntime.sleep(60)",
    "arguments": "import sys; print(sys.argv)",
}
posix = pytest.mark.skipif(os.name != "posix", reason="Windows sends no SIGINT to one process")


@pytest.fixture
def program(method, tmp_path) -> list[str]:
    """The command that runs the lesson's program, with a start method, in a folder with scripts."""
    write_program("my_jobs.py", method, tmp_path)
    for name, code in SCRIPTS.items():
        (tmp_path / f"{name}.py").write_text(code)
    return [sys.executable, "my_jobs.py"]


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)


def log(folder: Path, name: str) -> list[str]:
    return (folder / f"{name}.py.log").read_text().splitlines()


def test_scripts_that_go_well(program, tmp_path):
    done = run([*program, "count.py", "arguments.py"], tmp_path)
    assert done.stdout.splitlines() == ["count.py: exit 0", "arguments.py: exit 0"]
    assert done.stderr.splitlines() == ["1 of 2", "2 of 2"]
    assert done.returncode == 0
    assert log(tmp_path, "count") == ["total 499999500000"]
    assert log(tmp_path, "arguments") == ["['arguments.py']"]


def test_what_fails_is_named_and_the_rest_is_kept(program, tmp_path):
    names = ["fails.py", "exits.py", "missing.py", "count.py", "endless.py"]
    done = run([*program, *names, "--limit", "5"], tmp_path)
    codes = [line.partition(": ")[2] for line in done.stdout.splitlines()]
    assert codes == ["exit 1", "exit 3", "exit 1", "exit 0", "too slow"]
    assert done.returncode == 1
    assert log(tmp_path, "fails")[:2] == ["from a program", "said before"]
    assert log(tmp_path, "fails")[-1] == "ValueError: invalid literal for int() with base 10: 'twelve'"
    assert log(tmp_path, "missing")[-1].startswith("FileNotFoundError")
    assert log(tmp_path, "endless") == ["at work"]


@pytest.mark.parametrize("arguments", [[], ["count.py", "--limit", "soon"]])
def test_wrong_arguments(program, tmp_path, arguments):
    done = run([*program, *arguments], tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: my_jobs.py")


@posix
@pytest.mark.parametrize("to_all", [False, True], ids=["to the program", "to all, as Ctrl-C"])
def test_an_interrupt_ends_it_at_once(program, tmp_path, to_all):
    command = [*program, "count.py", "endless.py"]
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "start_new_session": True}
    with subprocess.Popen(command, cwd=tmp_path, text=True, **options) as running:
        assert running.stderr.readline() == "1 of 2\n"
        until = time.monotonic() + 30
        while log_of_endless(tmp_path) != "at work\n" and time.monotonic() < until:
            time.sleep(0.01)
        began = time.monotonic()
        (os.killpg if to_all else os.kill)(running.pid, signal.SIGINT)
        out, _ = running.communicate(timeout=30)
    assert time.monotonic() - began < 5
    assert out.splitlines() == ["count.py: exit 0", "endless.py: not done"]
    assert running.returncode == 130
    assert none_left(running.pid)


@posix
def test_a_second_interrupt_changes_nothing(program, tmp_path):
    """A handler that raised an exception would break off what the first one began, and leave the child."""
    command = [*program, "count.py", "stubborn.py"]  # which takes a second to end
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=tmp_path, text=True, start_new_session=True, **options) as running:
        assert running.stderr.readline() == "1 of 2\n"
        path, until = tmp_path / "stubborn.py.log", time.monotonic() + 30
        while not (path.exists() and path.read_text()) and time.monotonic() < until:
            time.sleep(0.01)
        for _ in range(3):
            running.send_signal(signal.SIGINT)
            time.sleep(0.2)
        out, _ = running.communicate(timeout=30)
    assert out.splitlines() == ["count.py: exit 0", "stubborn.py: not done"]
    assert running.returncode == 130
    assert none_left(running.pid)


@posix
def test_a_script_that_ignores_sigterm_is_ended(program, tmp_path):
    done = run([*program, "stubborn.py", "--limit", "2"], tmp_path)
    assert done.stdout == "stubborn.py: too slow\n"
    assert log(tmp_path, "stubborn") == ["deaf"]


def log_of_endless(folder: Path) -> str:
    path = folder / "endless.py.log"
    return path.read_text() if path.exists() else ""


def none_left(session: int) -> bool:
    """Whether all processes of the session end soon; a resource tracker needs a moment."""
    until = time.monotonic() + 5
    while time.monotonic() < until:
        left = []
        for process in psutil.process_iter():
            try:
                if os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE:
                    left.append(process)
            except (OSError, psutil.Error):
                continue
        if not left:
            return True
        time.sleep(0.05)
    return False
