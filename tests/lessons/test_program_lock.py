"""The whole program of lesson 05, my_tally.py, as a user runs it."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time

import psutil
import pytest
from whole_programs import write_program


@pytest.fixture
def program(tmp_path):
    """The program, as the lesson writes it, and a folder with 20 files."""
    write_program("my_tally.py", "spawn", tmp_path)
    (tmp_path / "texts").mkdir()
    for number in range(20):
        (tmp_path / "texts" / f"{number:02}.txt").write_text("two words " * number)
    return tmp_path


@pytest.fixture
def stuck(program):
    """The same with a file that never ends, and a function that starts the program and waits until one worker is stuck.

    The other worker has done its ten files then, and has ended.
    """
    if os.name == "nt":
        pytest.skip("no named pipes in a folder, no such signals")
    started = []

    def start(done: int = 14, name: str = "09.txt"):
        (program / "texts" / name).unlink()
        os.mkfifo(program / "texts" / name)
        command = [sys.executable, "my_tally.py", "texts", "report"]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = subprocess.Popen(command, cwd=program, start_new_session=True, text=True, **pipes)
        started.append(process)
        report, until = program / "report", time.monotonic() + 30
        while not (report.exists() and len(report.read_text().splitlines()) == done):
            assert time.monotonic() < until
            time.sleep(0.01)
        while len(workers_of(process)) > 1:
            assert time.monotonic() < until
            time.sleep(0.01)
        return process

    yield start
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=30)


def run(folder, *args):
    command = [sys.executable, "my_tally.py", *args]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)


def last_line(out):
    return out.splitlines()[-1]


def workers_of(process):
    """Those that are still there."""
    found = []
    for child in psutil.Process(process.pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):  # it is just ending
            if child.status() != psutil.STATUS_ZOMBIE and "--multiprocessing-fork" in child.cmdline():
                found.append(child)
    return found


def test_good_files(program):
    ran = run(program, "texts", "report")
    assert (ran.returncode, last_line(ran.stdout), ran.stderr) == (0, "done: 20 of 20 files, 0 bad, 380 words", "")
    lines = (program / "report").read_text().splitlines()
    assert sorted(lines) == [f"{number:02}.txt: {2 * number}" for number in range(20)]


def test_a_bad_file_is_named_and_the_others_count(program):
    (program / "texts" / "03.txt").write_bytes(b"\xff")
    (program / "texts" / "04.txt").unlink()
    (program / "texts" / "04.txt").mkdir()
    ran = run(program, "texts", "report")
    assert (ran.returncode, last_line(ran.stdout)) == (1, "done: 20 of 20 files, 2 bad, 366 words")
    assert "03.txt: UnicodeDecodeError\n" in (program / "report").read_text()


def test_a_report_in_the_folder_is_no_input(program):
    for _ in range(2):
        ran = run(program, "texts", "texts/../texts/report.txt")
        assert (ran.returncode, last_line(ran.stdout)) == (0, "done: 20 of 20 files, 0 bad, 380 words")


@pytest.mark.skipif(sys.platform != "linux", reason="such names are refused")
def test_a_name_that_is_not_utf_8(program):
    (program / "texts" / os.fsdecode(b"\xff.txt")).write_text("one more")
    ran = run(program, "texts", "report")
    assert (ran.returncode, last_line(ran.stdout)) == (0, "done: 21 of 21 files, 0 bad, 382 words")
    assert "?.txt: 2\n" in (program / "report").read_text()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no full disk to be had")
def test_what_is_not_in_the_report_is_not_counted(program):
    ran = run(program, "texts", "/dev/full")
    assert ran.returncode == 1
    assert re.fullmatch(r"(SpawnProcess-\d died \(1\)(, )?)+: 0 of 20 files, 0 bad, 0 words", last_line(ran.stdout))


def test_no_files_and_wrong_arguments(program):
    ran = run(program, "elsewhere", "report")
    assert (ran.returncode, last_line(ran.stderr)) == (2, "my_tally.py: error: no text files in elsewhere")
    assert not (program / "report").exists()
    for args in [], ["texts"], ["texts", "report", "more"]:
        assert run(program, *args).returncode == 2


@pytest.mark.parametrize(
    ("number", "to_all", "code"),
    [(signal.SIGINT, True, 130), (signal.SIGTERM, False, 143), (signal.SIGTERM, True, 143)],
)
def test_a_signal_ends_it_though_a_worker_is_stuck(stuck, program, number, to_all, code):
    process = stuck()
    children = workers_of(process)
    assert len(children) == 1
    began = time.monotonic()
    (os.killpg if to_all else os.kill)(process.pid, number)
    out, err = process.communicate(timeout=30)
    assert time.monotonic() - began < 4
    assert (process.returncode, err) == (code, "")
    assert last_line(out) == "stopped: 14 of 20 files, 0 bad, 212 words"
    assert len((program / "report").read_text().splitlines()) == 14
    assert psutil.wait_procs(children, timeout=10)[1] == []


def test_it_says_which_worker_died_and_ends(stuck):
    process = stuck()
    (child,) = workers_of(process)
    child.kill()
    out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (1, "")
    assert last_line(out) == "SpawnProcess-2 died (-9): 14 of 20 files, 0 bad, 212 words"


def test_a_worker_that_died_with_the_lock_delays_the_end_by_five_seconds(program):
    text = (program / "my_tally.py").read_text()
    under_the_lock = '            print(f"{path.name}'
    assert under_the_lock in text
    die = under_the_lock.replace("print(", "import os; os.kill(os.getpid(), 9); print(")
    (program / "my_tally.py").write_text(text.replace(under_the_lock, die))
    began = time.monotonic()
    ran = run(program, "texts", "report")
    assert 5 < time.monotonic() - began < 20
    assert (ran.returncode, ran.stderr) == (1, "")
    assert re.fullmatch(r"SpawnProcess-\d died \(-9\): 0 of 20 files, 0 bad, 0 words", last_line(ran.stdout))
