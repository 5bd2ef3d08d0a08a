"""Runs the notebooks many times under stress, and counts failures.

    python tests/stress.py             10 rounds: each start method, both cores busy and on one core
    python tests/stress.py --rounds 2 notebooks/01_process.ipynb

A round runs every notebook under each start method, half of the rounds beside processes that keep all cores busy, the
other half on one core (Linux). Prints what failed and how often; the exit code is 1 if anything did.
"""

import argparse
import collections
import contextlib
import multiprocessing
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
BUSY = [sys.executable, "-c", "while True: pass"]


@contextlib.contextmanager
def busy_cores():
    """Keep every core busy."""
    burners = [subprocess.Popen(BUSY) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the notebooks many times under stress.")
    parser.add_argument("notebooks", nargs="*", default=["notebooks"])
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    failures, runs = collections.Counter(), 0
    for number in range(options.rounds):
        one_core = number % 2 == 1 and hasattr(os, "sched_setaffinity")
        for method in sorted(multiprocessing.get_all_start_methods()):
            command = [sys.executable, "-m", "pytest", "-q", "--tb=short", *options.notebooks]
            if one_core:
                command = ["taskset", "-c", "0", *command]
            with contextlib.nullcontext() if one_core else busy_cores():
                environment = {**os.environ, "MP_START_METHOD": method}
                done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
            runs += 1
            failed = re.findall(r"^(?:FAILED|ERROR) (.*)$", done.stdout, re.MULTILINE)
            if done.returncode and not failed:
                failed = [done.stdout[-2000:] + done.stderr[-2000:]]
            failures.update(f"{method}, {'one core' if one_core else 'busy cores'}: {each}" for each in failed)
            last = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""
            print(f"round {number + 1} {method:10} {'one core' if one_core else 'busy'}: {last}", flush=True)
    print(f"{runs} runs, {sum(failures.values())} failures")
    for failure, count in failures.most_common():
        print(f"{count:4} x {failure}")
    return 1 if failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
