"""Prints how `mp` and the lessons' validation compare, as ratios measured side by side in one run.

    python tests/tools/benchmark.py              all of it (25 minutes, most for validation)
    python tests/tools/benchmark.py start pool   some of it: start, pool, results, print, import, speedup, validation

A ratio above 1 means slower than what it is compared with. It is the median over pairs that ran one after the other, so
that a change of the machine's speed meets both. It is no test: machines differ.
"""

import contextlib
import io
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import bench_workers as workers

ROOT = Path(__file__).parents[2]
METHODS = sorted(multiprocessing.get_all_start_methods())


def seconds(call: Callable, *args: object) -> float:
    """How long a call takes."""
    began = time.perf_counter()
    call(*args)
    return time.perf_counter() - began


def compare(name: str, run: Callable, ours: object, other: object, pairs: int) -> None:
    """Print the median times of `run(ours)` and `run(other)` and their median ratio; a first pair does not count."""
    times = [(seconds(run, ours), seconds(run, other)) for _ in range(pairs + 1)][1:]
    mine, its = (statistics.median(column) for column in zip(*times, strict=True))
    ratio = statistics.median(a / b for a, b in times)
    print(f"{name:58} {1000 * mine:9.2f} ms {1000 * its:9.2f} ms {ratio:7.3f}", flush=True)


def contexts(method: str):
    """The relaying and the plain context of a start method."""
    from helpers import mp

    return mp.get_context(method), multiprocessing.get_context(method)


def start() -> None:
    def run(context):
        child = context.Process(target=workers.nothing)
        child.start()
        child.join()

    for method in METHODS:
        # Something stands in for both streams, as in a notebook: else there is no pipe and nothing to compare.
        table = io.StringIO()
        with contextlib.redirect_stdout(table), contextlib.redirect_stderr(io.StringIO()):
            compare(f"start and join an idle child, {method}", run, *contexts(method), 100)
        print(table.getvalue(), end="", flush=True)


def pool() -> None:
    compare_pools("1,000 tiny tasks, chunksize 1", lambda pool: pool.map(workers.nothing, range(1_000), 1))


def results() -> None:
    compare_pools("20 results of 1 MB", lambda pool: pool.map(workers.megabyte, range(20)))


def compare_pools(name: str, run: Callable) -> None:
    for method in METHODS:
        with contextlib.ExitStack() as stack:
            pools = [stack.enter_context(context.Pool(2)) for context in contexts(method)]
            compare(f"Pool(2).map, {name}, {method}", run, *pools, 9)


def print_() -> None:
    def run(started):
        context, target, *args = started
        child = context.Process(target=target, args=args)
        child.start()
        child.join()

    for method in METHODS:
        ours, plain = contexts(method)
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as table:
            to_file = (plain, workers.print_lines_to_a_file, os.path.join(folder, "lines"), 100_000)
            compare(
                f"100,000 lines relayed, to a file, {method}", run, (ours, workers.print_lines, 100_000), to_file, 5
            )
        print(table.getvalue().splitlines()[-1], flush=True)


def import_() -> None:
    def run(code):
        subprocess.run([sys.executable, "-c", code], check=True)

    ours, plain = "import multiprocessing.spawn, helpers.process", "import multiprocessing.spawn"
    compare("import multiprocessing and helpers.process, without it", run, ours, plain, 41)


def speedup() -> None:
    from concurrent.futures import ProcessPoolExecutor

    import distributed
    import joblib

    from helpers import mp

    plain = multiprocessing.get_context("spawn")
    parts = [(edge, edge + 20_000) for edge in range(0, 400_000, 20_000)]
    with (
        mp.Pool(2) as ours,
        plain.Pool(2) as other,
        ProcessPoolExecutor(2, mp_context=plain) as executor,
        joblib.Parallel(2) as parallel,
    ):
        ways = {
            "mp.Pool(2)": lambda: ours.map(workers.count_primes, parts, 1),
            "multiprocessing.Pool(2)": lambda: other.map(workers.count_primes, parts, 1),
            "ProcessPoolExecutor(2)": lambda: list(executor.map(workers.count_primes, parts)),
            "joblib.Parallel(2)": lambda: parallel(joblib.delayed(workers.count_primes)(part) for part in parts),
        }
        local = distributed.LocalCluster(2, threads_per_worker=1, dashboard_address=":0", silence_logs=40)
        client = distributed.Client(local)
        ways["distributed, 2 workers"] = lambda: client.gather(client.map(workers.count_primes, parts, pure=False))
        for way in ways.values():
            way()
        rounds = []
        for _ in range(7):
            alone = seconds(lambda: [workers.count_primes(part) for part in parts])
            rounds.append({name: alone / seconds(way) for name, way in ways.items()})
        for name in ways:
            speed = statistics.median(each[name] for each in rounds)
            best = statistics.median(each["mp.Pool(2)"] / each[name] for each in rounds)
            print(f"speed-up of {name:30} {speed:6.2f} of 2      mp.Pool's is {best:.3f} of it", flush=True)
        client.close()
        local.close()


def validation() -> None:
    lessons = sorted((ROOT / "notebooks").glob("*.ipynb"))
    nbclient = (
        "import sys, nbformat, tempfile; from nbclient import NotebookClient\n"
        "for path in sys.argv[1:]:\n"
        "    with tempfile.TemporaryDirectory() as folder:\n"
        "        client = NotebookClient(nbformat.read(path, 4), kernel_name='python3')\n"
        "        client.resources['metadata'] = {'path': folder}\n"
        "        client.execute()"
    )
    pytest = [sys.executable, "-m", "pytest", "-q", "-n0"]
    nbval = ["--nbval", "--nbval-current-env", "--nbval-sanitize-with=tests/sanitize.cfg"]
    nbmake = ["-p", "no:nbval", "-o", "addopts=", "--nbmake"]
    ways = {
        "nbclient": [sys.executable, "-c", nbclient, *lessons],
        "nbval": [*pytest, "-o", "addopts=", *nbval, *lessons],
    }
    if subprocess.run([sys.executable, "-c", "import nbmake"], capture_output=True).returncode == 0:
        ways["nbmake"] = [*pytest, *nbmake, *lessons]
    times = {name: [] for name in ways}
    for _ in range(3):
        for name, command in ways.items():
            took = seconds(lambda command=command: subprocess.run(command, cwd=ROOT, capture_output=True, check=True))
            times[name].append(took)
            print(f"all lessons once with {name:14} {took:7.1f} s", flush=True)
    for name, measured in times.items():
        ratio = statistics.median(a / b for a, b in zip(measured, times["nbclient"], strict=True))
        print(f"all lessons with {name:12} {statistics.median(measured):7.1f} s      {ratio:.3f} of nbclient")


PARTS = {
    "start": start,
    "pool": pool,
    "results": results,
    "print": print_,
    "import": import_,
    "speedup": speedup,
    "validation": validation,
}


def main() -> None:
    chosen = sys.argv[1:] or list(PARTS)
    if unknown := set(chosen) - set(PARTS):
        sys.exit(f"no part {', '.join(sorted(unknown))}; there are: {', '.join(PARTS)}")
    # As large a parent as a notebook's kernel is.
    import IPython  # noqa: F401
    import matplotlib.figure  # noqa: F401

    print(f"{'':58} {'mp':>12} {'other':>12} {'ratio':>7}")
    for part in chosen:
        PARTS[part]()


if __name__ == "__main__":
    main()
