"""The workers of lesson 02."""

import builtins
import functools
import io
import multiprocessing.pool
import os
import pickle
import random
import re
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from multiprocessing.pool import MaybeEncodingError
from pathlib import Path

import nbformat
import numpy as np
import pytest

from helpers import pool as workers
from helpers import timeline


def test_square():
    assert workers.square(-3) == 9


def test_throw_darts_depends_on_the_seed_alone(mp):
    alone = [workers.throw_darts(seed, 1000) for seed in range(4)]
    assert len(set(alone)) > 1
    with timeline() as run, mp.Pool(2) as pool:
        assert pool.starmap(workers.throw_darts, [(seed, 1000) for seed in range(4)]) == alone
    assert sorted((bar.label, bar.kind) for bar in run.bars("working")) == [
        (f"task {seed}", "working") for seed in range(4)
    ]


def test_throw_darts_estimates_pi():
    assert workers.throw_darts(1, 0) == 0
    assert 3.1 < 4 * workers.throw_darts(1, 100_000) / 100_000 < 3.2


def test_work_takes_as_long_as_it_says(mp):
    with timeline() as run, mp.Pool(1) as pool:
        assert pool.map(workers.work, [("short", 0), ("long", 0.2)]) == ["short", "long"]
    short, long = run.bars("working")
    assert (short.label, long.label) == ("short", "long")
    assert long.end - long.start >= 0.19


def test_the_class_of_results_is_in_multiprocessing_pool(mp):
    with mp.Pool(1) as pool:
        for result in (pool.apply_async(int), pool.map_async(int, "12"), pool.starmap_async(int, [("1",)])):
            assert isinstance(result, multiprocessing.pool.AsyncResult)
    assert not hasattr(multiprocessing, "AsyncResult")
    assert not issubclass(mp.TimeoutError, TimeoutError)


def test_each_worker_reads_the_prices_once(mp, tmp_path, capsys):
    path = tmp_path / "prices.json"
    path.write_text('{"article 1": 3, "article 2": 5}')
    with mp.Pool(2, workers.load_prices, (path,)) as pool:
        assert pool.starmap(workers.cost, [("article 1", 2), ("article 2", 10)] * 20, chunksize=1) == [6, 50] * 20
        pool.close()
        pool.join()
    assert capsys.readouterr().out == 2 * "a worker has read 2 prices\n"


def test_each_worker_opens_the_database_once(mp, tmp_path, capsys):
    path = str(tmp_path / "weather.db")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE readings (station TEXT, degrees REAL)")
        connection.executemany("INSERT INTO readings VALUES (?, ?)", [("a", 1), ("a", 4), ("b", 8)])
    pool = mp.Pool(2, workers.open_database, (path,))
    assert pool.map(workers.mean_degrees, ["a", "b", "nowhere"], chunksize=1) == [2.5, 8, None]
    pool.close()
    pool.join()
    assert capsys.readouterr().out == 2 * "a worker has opened the database\n"


def test_the_modules_dice_begin_anew_in_each_process_and_go_on_in_one(mp):
    rolled = []
    for _ in range(2):
        with mp.Pool(1) as pool:
            rolled.append(pool.map(workers.roll_dice, range(2)))
    assert rolled[0] == rolled[1]
    assert rolled[0][0] != rolled[0][1]


def test_own_dice_depend_on_the_seed_alone(mp):
    with mp.Pool(1) as pool:
        first, second, again = pool.map(workers.roll_own_dice, [1, 2, 1])
    assert first == again != second


@pytest.mark.parametrize("roll", [workers.roll_dice, workers.roll_own_dice])
def test_dice_have_six_sides(roll):
    rolls = [roll(task) for task in range(20)]
    assert {len(each) for each in rolls} == {6}
    assert set().union(*rolls) == set(range(1, 7))


def test_worker_name(mp):
    with mp.Pool(1) as pool:
        assert pool.apply(workers.worker_name, (0,)) == pool._pool[0].name


def test_is_prime():
    assert [number for number in range(2, 30) if workers.is_prime(number)] == [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]


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


def test_usable_cores_are_among_the_machines():
    assert 1 <= workers.usable_cores() <= os.cpu_count()


def test_there_is_one_core_at_least(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert workers.usable_cores() == 1


def test_die_at_first_dies_once(mp, tmp_path):
    marker = str(tmp_path / "marker")
    child = mp.Process(target=workers.die_at_first, args=(marker,))
    child.start()
    child.join(60)
    assert child.exitcode == -getattr(signal, "SIGKILL", -signal.SIGTERM)
    assert os.listdir(tmp_path) == ["marker"]
    with mp.Pool(1) as pool:
        assert pool.apply_async(workers.die_at_first, (marker,)).get(60) == "done"


def test_bad_row_can_not_be_unpickled_and_bad_line_can():
    for error in (workers.BadRow, workers.BadLine):
        with pytest.raises(error) as raised:
            workers.refuse(error)
        pickled = pickle.dumps(raised.value)
        if error is workers.BadRow:
            with pytest.raises(TypeError):
                pickle.loads(pickled)
        else:
            assert pickle.loads(pickled).args == (3, "no number")


def test_bad_line_arrives(mp):
    with mp.Pool(1) as pool, pytest.raises(workers.BadLine):
        pool.apply_async(workers.refuse, (workers.BadLine,)).get(60)


def test_ignore_interrupts(mp):
    ask = (signal.getsignal, (signal.SIGINT,))
    with mp.Pool(1) as pool:
        assert pool.apply(*ask) is not signal.SIG_IGN
    with mp.Pool(1, workers.ignore_interrupts) as pool:
        assert pool.apply(*ask) is signal.SIG_IGN


def test_squares_can_be_sent_as_a_list_only(mp):
    assert list(workers.squares(4)) == [0, 1, 4, 9]
    with mp.Pool(1) as pool:
        with pytest.raises(MaybeEncodingError):
            pool.apply(workers.squares, (4,))
        assert pool.apply(workers.list_squares, (4,)) == [0, 1, 4, 9]


def test_a_pool_in_an_executor_works_and_in_a_pool_fails(mp):
    with ProcessPoolExecutor(1, mp_context=mp) as executor:
        assert executor.submit(workers.square_in_pool, [1, 2, 3]).result(60) == [1, 4, 9]
    with mp.Pool(1) as pool, pytest.raises(AssertionError, match="daemonic"):
        pool.apply_async(workers.square_in_pool, ([1, 2, 3],)).get(60)


def test_square_or_die_dies_at_five(mp):
    with ProcessPoolExecutor(1, mp_context=mp) as executor:
        futures = [executor.submit(workers.square_or_die, number) for number in (3, 5, 6)]
    assert futures[0].result() == 9
    for future in futures[1:]:
        with pytest.raises(BrokenProcessPool):
            future.result()


def test_throw_some_takes_a_tuple():
    assert workers.throw_some((3, 1000)) == workers.throw_darts(3, 1000)


def finish_all(function, items):
    """The solution of exercise 4, as the lesson has it."""
    path = Path(__file__).parents[2] / "notebooks" / "02_pool.ipynb"
    (solution,) = [
        re.search(r"```python\n(.*?)```", cell.source, re.DOTALL)[1]
        for cell in nbformat.read(path, as_version=4).cells
        if "def finish_all" in cell.source and cell.cell_type == "markdown"
    ]
    names = {}
    exec(solution, names)
    return names["finish_all"](function, items)


def test_the_solution_of_exercise_4_gives_up():
    """It names the item whose worker dies each time, and no other."""
    random.seed(1)  # 7 stands before 5 in some round, whatever the machine does
    with pytest.raises(RuntimeError, match=re.escape("no result for [5]")):
        finish_all(workers.square_or_die, [3, 5, 7])


def test_a_decorated_function_travels_under_the_name_that_wraps_gives_it(mp):
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


def test_a_pool_loses_the_result_of_sys_exit_and_an_executor_raises_it(mp):
    with mp.Pool(1) as pool, pytest.raises(mp.TimeoutError):
        pool.apply_async(sys.exit, (3,)).get(timeout=1)
    with ProcessPoolExecutor(1, mp_context=mp) as executor:
        with pytest.raises(SystemExit):
            executor.submit(sys.exit, 3).result(60)
        assert executor.submit(workers.square, 3).result(60) == 9


def test_a_time_limit_inside_with_is_heard_of_when_the_task_has_ended(mp):
    began = time.monotonic()
    with pytest.raises(TimeoutError), ProcessPoolExecutor(1, mp_context=mp) as executor:
        executor.submit(time.sleep, 1).result(timeout=0.1)
    assert time.monotonic() - began >= 1


@pytest.mark.skipif(sys.version_info < (3, 13), reason="3.13 has them")
@pytest.mark.parametrize("how", [["-X", "cpu_count=3"], []])
def test_the_number_of_cores_can_be_said_from_outside(how):
    code = "import os; print(os.cpu_count(), os.process_cpu_count())"
    environment = {**os.environ, "PYTHON_CPU_COUNT": "5" if not how else ""}
    done = subprocess.run([sys.executable, *how, "-c", code], env=environment, capture_output=True, text=True)
    assert done.stdout == ("3 3\n" if how else "5 5\n")


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="mended in a later version")
def test_an_executor_with_two_tasks_a_child_stops_after_two():
    executor = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), max_tasks_per_child=2)
    try:
        futures = [executor.submit(workers.square, number) for number in range(10)]
        assert len(wait(futures, timeout=5).done) <= 2
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
        for child in multiprocessing.active_children():
            child.kill()


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
