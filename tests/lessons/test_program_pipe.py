"""The whole program of lesson 04, my_scale.py, as a user runs it."""

import multiprocessing
import os
import signal
import subprocess
import sys

import numpy as np
import psutil
import pytest
from whole_programs import write_program

POSIX = "fork" in multiprocessing.get_all_start_methods()


@pytest.fixture
def program(method, tmp_path):
    """The program, as the lesson writes it, under each start method."""
    write_program("my_scale.py", method, tmp_path)
    table = np.random.default_rng(1).normal(5, 2, (12, 1000))
    np.save(tmp_path / "good.npy", table)
    table[[2, 7]] = 1
    table[9, 0] = np.nan
    np.save(tmp_path / "bad.npy", table)
    return tmp_path


def run(folder, *args):
    command = [sys.executable, "my_scale.py", *args]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)


def test_good_input(program):
    ran = run(program, "good.npy", "scaled.npy")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == "12 rows\n12 rows scaled, 0 failed\n"
    scaled = np.load(program / "scaled.npy")
    assert np.allclose(scaled.mean(axis=1), 0)
    assert np.allclose(scaled.std(axis=1), 1)


def test_bad_rows_are_named_and_the_others_kept(program):
    ran = run(program, "bad.npy", "scaled.npy")
    assert ran.returncode == 1
    assert ran.stderr == "".join(
        f"row {row}: its spread is {spread}\n" for row, spread in ((2, 0.0), (7, 0.0), (9, "nan"))
    )
    assert ran.stdout.endswith("9 rows scaled, 3 failed\n")
    scaled, before = np.load(program / "scaled.npy"), np.load(program / "bad.npy")
    bad = [2, 7, 9]
    assert np.array_equal(scaled[bad], before[bad], equal_nan=True)
    assert np.allclose(np.delete(scaled, bad, 0).std(axis=1), 1)


@pytest.mark.parametrize("content", [None, b"", b"no table", "npz", "empty", "text"])
def test_no_table(program, content):
    source = program / "other.npy"
    if content == "npz":
        with source.open("wb") as file:
            np.savez(file, a=[1.0])
    elif content == "empty":
        np.save(source, np.zeros((0, 3)))
    elif content == "text":
        np.save(source, np.array(["a", "b"]))
    elif content is not None:
        source.write_bytes(content)
    ran = run(program, "other.npy", "scaled.npy")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("no table: ")
    assert not (program / "scaled.npy").exists()


def test_without_arguments_it_says_how(program):
    ran = run(program)
    assert ran.returncode == 1
    assert ran.stderr.strip().endswith("my_scale.py SOURCE TARGET")


@pytest.mark.skipif(not POSIX, reason="no process groups")
def test_an_interrupt_ends_all_at_once(program):
    command = [sys.executable, "my_scale.py", "good.npy", "scaled.npy", "0.3"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    blocks = set(os.listdir("/dev/shm")) if os.path.isdir("/dev/shm") else set()
    process = subprocess.Popen(command, cwd=program, start_new_session=True, **pipes)
    try:
        assert process.stdout.readline() == "12 rows\n"
        children = psutil.Process(process.pid).children(recursive=True)
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=30)
        assert process.returncode == 130
        assert err.endswith("interrupted, no scaled.npy\n")
        assert "leaked" not in err
        assert psutil.wait_procs(children, timeout=10)[1] == []
        assert not (program / "scaled.npy").exists()
    finally:
        process.kill()
        process.communicate()
    if blocks:
        assert [name for name in set(os.listdir("/dev/shm")) - blocks if name.startswith("psm_") and owned(name)] == []


def owned(name: str) -> bool:
    """Whether a block has the size of the program's table: others' blocks come and go."""
    try:
        return os.stat(f"/dev/shm/{name}").st_size == 12 * 1000 * 8
    except FileNotFoundError:
        return False
