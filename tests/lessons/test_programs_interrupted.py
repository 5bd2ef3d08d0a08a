"""The lessons' whole programs end in order on Ctrl-C and SIGTERM, whenever these come after their first own lines."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from whole_programs import running, write_program

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals to send")

# With these arguments, in `folder`, none of them ends by itself.
PROGRAMS = {
    "my_jobs.py": ["one.py", "two.py", "three.py"],
    "my_thumbnails.py": ["photos"],
    "my_crawler.py": ["index.html"],
    "my_levels.py": ["app.log"],
    "my_scale.py": ["table.npy", "scaled.npy", "0.5"],
    "my_tally.py": ["texts", "report"],
}
SIGNALS = {
    "Ctrl-C": (signal.SIGINT, getattr(os, "killpg", None), 130),
    "kill": (signal.SIGTERM, os.kill, 143),
    "timeout": (signal.SIGTERM, getattr(os, "killpg", None), 143),  # it signals the whole group
}
SLOW_TO_START = """
import sys, time
if "--multiprocessing-fork" in sys.orig_argv:
    time.sleep(0.2)
"""


@pytest.fixture
def folder(tmp_path):
    """A folder with much work for each program, in which a spawned child takes long to start."""
    (tmp_path / "sitecustomize.py").write_text(SLOW_TO_START)
    for name in ("one.py", "two.py", "three.py"):
        (tmp_path / name).write_text("import time\ntime.sleep(60)")
    for name in ("photos", "texts"):
        (tmp_path / name).mkdir()
    (tmp_path / "long.txt").write_text("two words " * 400_000)
    for number in range(100):
        os.link(tmp_path / "long.txt", tmp_path / f"texts/{number}.txt")
    Image.new("RGB", (400, 300)).save(tmp_path / "photos/good.png")
    for name in ("photos/silent.png", "index.html", "app.log"):  # nobody writes to it, so a reader waits
        os.mkfifo(tmp_path / name)
    np.save(tmp_path / "table.npy", np.arange(1000.0).reshape(100, 10))
    return tmp_path


def wait_until_it_heeds_sigterm(running: subprocess.Popen) -> None:
    """Which signals a process has handlers for, Linux tells; elsewhere this only waits."""
    status, until = Path(f"/proc/{running.pid}/status"), time.monotonic() + 60
    if not status.exists():
        return time.sleep(8)
    while not int(re.search(r"SigCgt:\s*(\w+)", status.read_text())[1], 16) & 1 << signal.SIGTERM - 1:
        assert time.monotonic() < until, "no handler"
        time.sleep(0.001)


def without_what_is_gone(err: str) -> str:
    """Without the resource tracker's warning of a semaphore that is not there any more: nothing is left.

    It comes when the semaphore was unlinked and the signal kept that from the tracker.
    """
    gone = r"[^\n]*be 1 leaked semaphore [^\n]*\n[^\n]*\n[^\n]*'/mp-\w+': \[Errno 2\] No such file[^\n]*\n[^\n]*\n"
    return re.sub(gone, "", err)


def check_that_it_ends_in_order(folder: Path, program: str, how: str, moment: float) -> None:
    number, send, code = SIGNALS[how]
    write_program(program, "spawn", folder)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])}
    with running(folder, program, *PROGRAMS[program], env=environment) as started:
        wait_until_it_heeds_sigterm(started)
        time.sleep(moment)
        send(started.pid, number)
        out, err = started.communicate(timeout=30)
    said = f"{how} after {moment} s: exit code {started.returncode}\n{out}\n{err}"
    assert started.returncode == code, said
    assert not re.search("Traceback|KeyboardInterrupt|leaked", without_what_is_gone(err)), said


@pytest.mark.parametrize("how", SIGNALS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_it_ends_in_order_while_its_children_start(folder, program, how):
    check_that_it_ends_in_order(folder, program, how, 0.2)


@pytest.mark.slow
@pytest.mark.parametrize("how", SIGNALS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_it_ends_in_order_whenever_the_signal_comes(folder, program, how):
    for tenth in range(20):
        check_that_it_ends_in_order(folder, program, how, 0.06 * tenth)
