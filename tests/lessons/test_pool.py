"""What lesson 02 says and no stored output of it shows."""

import builtins
import functools
import io
import multiprocessing.pool
import os
import random
import re
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest
from answers import SOLUTIONS

from helpers import mp
from helpers import pool as workers


def test_the_class_of_results_is_in_multiprocessing_pool():
    with mp.Pool(1) as pool:
        for result in (pool.apply_async(int), pool.map_async(int, "12"), pool.starmap_async(int, [("1",)])):
            assert isinstance(result, multiprocessing.pool.AsyncResult)
    assert not hasattr(multiprocessing, "AsyncResult")
    assert not issubclass(mp.TimeoutError, TimeoutError)


@pytest.mark.parametrize(
    ("affinity", "limit", "cores"),
    [
        (8, "max 100000", 8),
        (8, "200000 100000", 2),
        (8, "250000 100000", 2),
        (8, "50000 100000", 1),
        (1, "200000 100000", 1),
        (8, None, 8),
        (None, None, 16),
    ],
)
def test_usable_cores(affinity, limit, cores, monkeypatch):
    def open_limit(path):
        assert path == "/sys/fs/cgroup/cpu.max"
        if limit is None:
            raise FileNotFoundError(path)
        return io.StringIO(limit)

    monkeypatch.setattr(os, "cpu_count", lambda: 16)
    if affinity is None:
        monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    else:
        ours = {0: set(range(affinity))}  # 0 is the process that asks
        monkeypatch.setattr(os, "sched_getaffinity", ours.__getitem__, raising=False)
    monkeypatch.setattr(builtins, "open", open_limit)
    assert workers.usable_cores() == cores


def test_there_is_one_core_at_least(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert workers.usable_cores() == 1


def test_the_solution_of_exercise_4_gives_up():
    """It names the item whose worker dies each time, and no other."""
    random.seed(1)  # 7 stands before 5 in some round, whatever the machine does
    names = {}
    exec(SOLUTIONS["pool", 4], names)
    with pytest.raises(RuntimeError, match=re.escape("no result for [5]")):
        names["finish_all"](workers.square_or_die, [3, 5, 7])


def test_a_decorated_function_travels_under_the_name_that_wraps_gives_it():
    with mp.Pool(1) as pool:
        assert pool.map(triple, [1, 2]) == [3, 6]


def wrapped(function):
    @functools.wraps(function)
    def inner(number):
        return function(number)

    return inner


@wrapped
def triple(number):
    return 3 * number


@pytest.mark.skipif(sys.version_info < (3, 13), reason="3.13 has them")
@pytest.mark.parametrize("how", [["-X", "cpu_count=3"], []])
def test_the_number_of_cores_can_be_said_from_outside(how):
    code = "import os; print(os.cpu_count(), os.process_cpu_count())"
    environment = {**os.environ, "PYTHON_CPU_COUNT": "5" if not how else ""}
    done = subprocess.run([sys.executable, *how, "-c", code], env=environment, capture_output=True, text=True)
    assert done.stdout == ("3 3\n" if how else "5 5\n")


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="mended in a later version")
def test_an_executor_with_two_tasks_a_child_stops_after_two():
    # In a program of its own, which ends without waiting: its executor would hold up the end of pytest.
    code = """
import concurrent.futures, multiprocessing, os
executor = concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), max_tasks_per_child=2)
futures = [executor.submit(abs, number) for number in range(10)]
print(len(concurrent.futures.wait(futures, timeout=2).done), flush=True)
for child in multiprocessing.active_children():
    child.kill()
os._exit(0)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert int(done.stdout) <= 2, done.stderr


def test_an_executor_that_recycles_its_workers_spawns_them():
    with ProcessPoolExecutor(1, max_tasks_per_child=1) as executor:
        assert executor._mp_context.get_start_method() == "spawn"


def test_threadpoolctl_limits_a_library_that_is_loaded():
    threadpoolctl = pytest.importorskip("threadpoolctl")
    np.ones((200, 200)) @ np.ones((200, 200))
    with threadpoolctl.threadpool_limits(1):
        assert {library["num_threads"] for library in threadpoolctl.threadpool_info()} == {1}


COUNTED = """
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

def work(number):
    doubled = 2 * number
    return doubled

if __name__ == "__main__":
    with multiprocessing.get_context({method!r}).Pool(1) as pool:
        pool.map(work, [1, 2])
        pool.close()
        pool.join()
"""


def test_coverage_counts_what_workers_do(method, tmp_path):
    pytest.importorskip("coverage")
    (tmp_path / "counted.py").write_text(COUNTED.format(method=method))
    settings = 'concurrency = ["multiprocessing"]\nparallel = true\nsigterm = true\n'
    (tmp_path / "pyproject.toml").write_text(f"[tool.coverage.run]\n{settings}")
    command = [sys.executable, "-m", "coverage"]
    options = {"cwd": tmp_path, "capture_output": True, "text": True, "timeout": 60}
    for arguments in (["run", "counted.py"], ["combine"]):
        done = subprocess.run([*command, *arguments], **options)
        assert done.returncode == 0, done.stdout + done.stderr
    said = subprocess.run([*command, "report", "--format=total"], **options)
    assert said.stdout.strip() == "100", said.stdout + said.stderr
