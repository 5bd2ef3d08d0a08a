"""The whole program of lesson 04, my_scale.py, as a user runs it. How it bears signals is tested with the others."""

import os
import sys

import numpy as np
import psutil
import pytest
from whole_programs import run as run_program
from whole_programs import running, wait_until, workers_of, write_program


@pytest.fixture
def program(tmp_path):
    """The program, as the lesson writes it, and two tables."""
    write_program("my_scale.py", "spawn", tmp_path)
    table = np.random.default_rng(1).normal(5, 2, (12, 1000))
    np.save(tmp_path / "good.npy", table)
    table[[2, 7]] = 1
    table[9, 0] = np.nan
    table[10] *= 1e199  # its spread is too large for a number
    np.save(tmp_path / "bad.npy", table)
    return tmp_path


def run(folder, *args, **options):
    return run_program(folder, "my_scale.py", *args, **options)


def files(folder):
    return {path.name for path in folder.iterdir() if path.suffix == ".npy"}


def test_good_input(program):
    ran = run(program, "good.npy", "scaled.npy")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == "12 rows\n"
    scaled = np.load(program / "scaled.npy")
    assert np.allclose(scaled.mean(axis=1), 0)
    assert np.allclose(scaled.std(axis=1), 1)
    assert files(program) == {"good.npy", "bad.npy", "scaled.npy"}


def test_bad_rows_are_named_and_become_nan(program):
    ran = run(program, "bad.npy", "scaled.npy")
    assert ran.returncode == 1
    assert ran.stderr.endswith("not scaled, but nan: rows [2, 7, 9, 10]\n")  # NumPy's own warning of row 10 is above
    scaled, bad = np.load(program / "scaled.npy"), [2, 7, 9, 10]
    assert np.isnan(scaled[bad]).all()
    assert np.allclose(np.delete(scaled, bad, 0).std(axis=1), 1)


@pytest.mark.parametrize("table", [np.arange(6), np.arange(24).reshape(2, 3, 4), np.array([[True, False]])])
def test_tables_of_other_shapes_and_types(program, table):
    np.save(program / "other.npy", table)
    ran = run(program, "other.npy", "scaled.npy")
    assert (ran.returncode, ran.stderr) == (0, "")
    scaled = np.load(program / "scaled.npy")
    assert np.allclose(scaled.reshape(len(scaled), -1).std(axis=1), 1)


@pytest.mark.skipif(os.name == "nt", reason="Windows replaces no file that is open, and the program says so")
def test_a_table_can_be_replaced_by_its_result(program):
    ran = run(program, "good.npy", "good.npy")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert np.allclose(np.load(program / "good.npy").mean(axis=1), 0)


def save_archive(source):
    with source.open("wb") as file:
        np.savez(file, a=[1.0])


@pytest.mark.parametrize(
    "write",
    [
        lambda source: None,
        lambda source: source.write_bytes(b""),
        lambda source: source.write_bytes(b"no table"),
        lambda source: source.write_bytes(b"PK\x03\x04 a damaged archive"),
        save_archive,
        lambda source: np.save(source, np.zeros((0, 3))),
        lambda source: np.save(source, np.array(["a", "b"])),
        lambda source: np.save(source, np.array([[1j, 2]])),
        lambda source: np.save(source, np.array([[None, {}]]), allow_pickle=True),
    ],
)
def test_no_table(program, write):
    write(program / "other.npy")
    before = files(program)
    ran = run(program, "other.npy", "scaled.npy")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("no result: ")
    assert "Traceback" not in ran.stderr
    assert files(program) == before


@pytest.mark.parametrize("args", [(), ("good.npy",)])
def test_without_arguments_it_says_how(program, args):
    ran = run(program, *args)
    assert ran.returncode == 1
    assert ran.stderr.strip().endswith("my_scale.py SOURCE TARGET")


@pytest.mark.parametrize("args", [("missing/scaled.npy",), ("scaled.npy", "soon")])
def test_what_cannot_be_is_said(program, args):
    ran = run(program, "good.npy", *args)
    assert ran.returncode == 1
    assert ran.stderr.startswith("no result: ")
    assert "Traceback" not in ran.stderr
    assert files(program) == {"good.npy", "bad.npy"}


@pytest.mark.skipif(sys.platform != "linux", reason="a limit on a file's size stands for a full disk")
def test_a_full_disk_is_noticed(program):
    import resource

    limit = (12 * 1000 * 8, resource.getrlimit(resource.RLIMIT_FSIZE)[1])
    ran = run(program, "good.npy", "scaled.npy", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit))
    assert ran.returncode == 1
    assert ran.stderr.startswith("no result: ")
    assert "Traceback" not in ran.stderr


@pytest.mark.slow  # 200 MB
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_table_is_in_memory_once(program):
    """Main's own memory, beside the shared block and the file, has no room for a second table."""
    np.save(program / "large.npy", np.random.default_rng(1).normal(size=(100, 250_000)))  # 200 MB
    own = 0
    with running(program, "my_scale.py", "large.npy", "scaled.npy") as scale:
        while scale.poll() is None:
            try:
                memory = psutil.Process(scale.pid).memory_info()
            except psutil.Error:
                break
            own = max(own, memory.rss - memory.shared)
    assert scale.returncode == 0
    assert own < 150e6


@pytest.mark.skipif(os.name == "nt", reason="kills")
@pytest.mark.parametrize("victim", ["worker", "program"])
def test_what_is_killed_leaves_nothing(program, victim):
    """The program takes seconds for its 12 rows; a worker that dies is named."""
    with running(program, "my_scale.py", "good.npy", "scaled.npy", "0.5") as scale:
        assert scale.stdout.readline() == "12 rows\n"
        wait_until(lambda: len(workers_of(scale)) == 2)
        (scale if victim == "program" else workers_of(scale)[1]).kill()
        _, err = scale.communicate(timeout=30)
    if victim == "worker":
        assert (scale.returncode, err) == (1, "no result: worker 1 died\n")
    assert files(program) == {"good.npy", "bad.npy"}
