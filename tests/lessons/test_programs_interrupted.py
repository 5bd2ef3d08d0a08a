"""The lessons' whole programs when they are interrupted while their children start, and when they are killed."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image
from test_program_process import none_left
from whole_programs import write_program

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals to send")

PROGRAMS = {
    "my_jobs.py": ["one.py", "two.py"],
    "my_thumbnails.py": ["photos"],
    "my_crawler.py": ["index.html"],
    "my_levels.py": ["app.log"],
    "my_scale.py": ["table.npy", "scaled.npy"],
    "my_tally.py": ["texts", "report"],
}
SLOW_TO_START = """
import sys, time
if "--multiprocessing-fork" in sys.orig_argv:
    time.sleep(0.5)
"""


@pytest.fixture
def folder(tmp_path):
    """A folder with a little work for each program, in which a spawned child takes half a second to start."""
    (tmp_path / "sitecustomize.py").write_text(SLOW_TO_START)
    for name in ("one.py", "two.py"):
        (tmp_path / name).write_text("print('done')")
    for name in ("photos", "texts"):
        (tmp_path / name).mkdir()
    Image.new("RGB", (400, 300)).save(tmp_path / "photos/one.png")
    (tmp_path / "texts/one.txt").write_text("two words")
    (tmp_path / "index.html").write_text('<a href="one.html">')
    (tmp_path / "app.log").write_text("12:00 INFO x\n" * 300)
    np.save(tmp_path / "table.npy", np.arange(100.0).reshape(4, 25))
    return tmp_path


def start(folder, program, method="spawn"):
    write_program(program, method, folder)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, program, *PROGRAMS[program]]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=pipe,
        stderr=pipe,
        text=True,
        start_new_session=True,
    )


def wait_for_a_child(running) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        for child in psutil.Process(running.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):  # it is just becoming another program, or ending
                if child.status() != psutil.STATUS_ZOMBIE and "--multiprocessing-fork" in child.cmdline():
                    return
        time.sleep(0.01)
    raise AssertionError("no child")


def wait_until_it_heeds_sigterm(running) -> None:
    """Which signals a process has handlers for, Linux tells; elsewhere this only waits."""
    status, until = Path(f"/proc/{running.pid}/status"), time.monotonic() + 30
    if not status.exists():
        return time.sleep(8)
    while not int(re.search(r"SigCgt:\s*(\w+)", status.read_text())[1], 16) & 1 << signal.SIGTERM - 1:
        assert time.monotonic() < until, "no handler"
        time.sleep(0.01)


@pytest.mark.parametrize("program", PROGRAMS)
def test_an_interrupt_while_children_start_prints_no_traceback(folder, program):
    with start(folder, program) as running:
        wait_for_a_child(running)
        time.sleep(0.1)  # it is in its half second
        os.killpg(running.pid, signal.SIGINT)
        _, err = running.communicate(timeout=30)
    assert not re.search("Traceback|KeyboardInterrupt", err)
    assert running.returncode in (0, 1, 130)  # main may have ignored it: then it ends when it is done
    assert none_left(running.pid)


@pytest.mark.parametrize("program", ["my_jobs.py", "my_crawler.py", "my_levels.py"])
def test_sigterm_ends_the_children_too(folder, method, program):
    """`kill` goes to the main process alone."""
    (folder / "one.py").write_text("import time\ntime.sleep(60)")
    for name in ("index.html", "app.log"):  # nobody writes to it
        (folder / name).unlink()
        os.mkfifo(folder / name)
    with start(folder, program, method) as running:
        wait_until_it_heeds_sigterm(running)
        time.sleep(1)  # as a rule its children are at work now
        running.terminate()
        _, err = running.communicate(timeout=30)
    assert (running.returncode, "Traceback" in err) == (143, False), err
    assert none_left(running.pid)
