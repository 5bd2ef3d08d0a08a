"""The whole program of lesson 05, my_tally.py, as a user runs it."""

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
def program(method, tmp_path):
    """The program, as the lesson writes it, under each start method, and a folder with 20 files."""
    write_program("my_tally.py", method, tmp_path)
    (tmp_path / "texts").mkdir()
    for number in range(20):
        (tmp_path / "texts" / f"{number:02}.txt").write_text("two words " * number)
    return tmp_path


def run(folder, *args):
    command = [sys.executable, "my_tally.py", *args]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)


def test_good_files(program):
    ran = run(program, "texts", "report")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "done: 20 of 20 files, 0 bad, 380 words\n", "")
    lines = (program / "report").read_text().splitlines()
    assert sorted(lines) == [f"{number:02}.txt: {2 * number}" for number in range(20)]


def test_a_bad_file_is_named_and_the_others_count(program):
    (program / "texts" / "03.txt").write_bytes(b"\xff")
    (program / "texts" / "04.txt").unlink()
    (program / "texts" / "04.txt").mkdir()
    ran = run(program, "texts", "report")
    assert (ran.returncode, ran.stdout) == (1, "done: 20 of 20 files, 2 bad, 366 words\n")
    assert "03.txt: UnicodeDecodeError\n" in (program / "report").read_text()


def test_no_files_and_no_arguments(program):
    ran = run(program, "elsewhere", "report")
    assert (ran.returncode, ran.stderr) == (2, "no text files in elsewhere\n")
    ran = run(program)
    assert ran.returncode == 1
    assert ran.stderr.strip().endswith("my_tally.py FOLDER REPORT")


@pytest.mark.skipif(os.name == "nt", reason="no process groups")
def test_an_interrupt_loses_no_line_and_leaves_no_process(program):
    command = [sys.executable, "my_tally.py", "texts", "report", "0.5"]
    report = program / "report"
    with subprocess.Popen(command, cwd=program, start_new_session=True, stdout=-1, stderr=-1, text=True) as process:
        try:
            deadline = time.monotonic() + 30
            while not (report.exists() and report.read_text()) and time.monotonic() < deadline:
                time.sleep(0.01)
            children = psutil.Process(process.pid).children(recursive=True)
            os.killpg(process.pid, signal.SIGINT)
            out, err = process.communicate(timeout=30)
        finally:
            process.kill()
    assert (process.returncode, err) == (130, "")
    done = int(re.fullmatch(r"stopped: (\d+) of 20 files, 0 bad, \d+ words\n", out)[1])
    assert 0 < done < 20
    assert len(report.read_text().splitlines()) == done
    assert psutil.wait_procs(children, timeout=10)[1] == []
