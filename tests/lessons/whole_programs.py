"""The programs that the lessons write, as files that are run, and watched, as a user would."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import psutil

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def write_program(name: str, method: str, folder: Path) -> None:
    """Write a lesson's program, as its cell has it, into a folder, with another start method than `spawn`."""
    cells = [cell.source for path in NOTEBOOKS.glob("*.ipynb") for cell in nbformat.read(path, as_version=4).cells]
    first = f"%%writefile {name}\n"
    (text,) = [source.removeprefix(first) for source in cells if source.startswith(first)]
    assert text.count('get_context("spawn")') == 1
    text = text.replace('get_context("spawn")', f'get_context("{method}")')
    (folder / name).write_text(text, encoding="utf-8")


def run(folder: Path, *arguments: str, **options) -> subprocess.CompletedProcess:
    """Run a program until it ends; its output is text."""
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, **options)


@contextlib.contextmanager
def running(folder: Path, *arguments: str, **options) -> Iterator[subprocess.Popen]:
    """A program that runs, in a session of its own, of which no process is left at the end."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    options |= {"cwd": folder, "start_new_session": os.name == "posix"}
    with subprocess.Popen([sys.executable, *arguments], **pipes, **options) as program:
        try:
            yield program
        finally:
            if program.poll() is None:  # the test has failed
                for process in psutil.Process(program.pid).children(recursive=True):
                    process.kill()
                program.kill()
    if os.name == "posix":
        wait_until(lambda: not session(program.pid), 5)


def session(leader: int) -> list[psutil.Process]:
    """The processes of a session that have not ended."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(OSError, psutil.Error):  # it is another user's, or has just ended
            if os.getsid(process.pid) == leader and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def workers_of(program: subprocess.Popen) -> list[psutil.Process]:
    """The processes that a program has started by `spawn` and that have not ended, the oldest first."""
    found = []
    for child in psutil.Process(program.pid).children():
        with contextlib.suppress(psutil.Error):  # it is just becoming another program, or ending
            if "--multiprocessing-fork" in child.cmdline() and child.status() != psutil.STATUS_ZOMBIE:
                found.append(child)
    return sorted(found, key=lambda child: child.pid)


def wait_until(condition: Callable[[], object], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "not in time"
        time.sleep(0.01)
