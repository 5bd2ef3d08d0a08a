"""The whole program of lesson 05, my_tally.py, as a user runs it."""

import os
import re
import signal
import sys
import time

import pytest
from whole_programs import run as run_program
from whole_programs import running, wait_until, workers_of, write_program


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
    """The program at work on a file that never ends. The worker without it has done its ten files, and has ended."""
    if os.name == "nt":
        pytest.skip("no named pipes in a folder, no such signals")
    (program / "texts/09.txt").unlink()
    os.mkfifo(program / "texts/09.txt")
    report = program / "report"
    with running(program, "my_tally.py", "texts", "report") as tally:
        wait_until(lambda: report.exists() and len(report.read_text().splitlines()) == 14)
        wait_until(lambda: len(workers_of(tally)) == 1)
        yield tally


def run(folder, *args):
    return run_program(folder, "my_tally.py", *args)


def last_line(out):
    return out.splitlines()[-1]


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


@pytest.mark.skipif(sys.platform != "linux", reason="no file that is always full")
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
    [(signal.SIGINT, True, 130), (signal.SIGTERM, False, 143)],
)
def test_a_signal_ends_it_though_a_worker_is_stuck(stuck, program, number, to_all, code):
    began = time.monotonic()
    (os.killpg if to_all else os.kill)(stuck.pid, number)
    out, err = stuck.communicate(timeout=30)
    assert time.monotonic() - began < 4
    assert (stuck.returncode, err) == (code, "")
    assert last_line(out) == "stopped: 14 of 20 files, 0 bad, 212 words"
    assert len((program / "report").read_text().splitlines()) == 14


def test_it_says_which_worker_died_and_ends(stuck):
    (child,) = workers_of(stuck)
    child.kill()
    out, err = stuck.communicate(timeout=30)
    assert (stuck.returncode, err) == (1, "")
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
    assert re.fullmatch(r"SpawnProcess-\d died \(-?9\): 0 of 20 files, 0 bad, 0 words", last_line(ran.stdout))
