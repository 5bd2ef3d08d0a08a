"""Runs the notebooks many times under stress, and counts failures.

    python tests/tools/stress.py             10 rounds: with three start methods, 30 runs of every notebook
    python tests/tools/stress.py --rounds 2 notebooks/01_process.ipynb

A round runs the notebooks under every start method at once, each in a copy of the tree, so that they take one another's
time. In every second round each has one core only (Linux). Prints what failed and how often; the exit code is 1 if
anything did.
"""

import argparse
import collections
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tree import copy_tree


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the notebooks many times under stress.")
    parser.add_argument("notebooks", nargs="*", default=["notebooks"])
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    failures, runs = collections.Counter(), 0
    with tempfile.TemporaryDirectory() as folder:
        places = {}
        for method in sorted(multiprocessing.get_all_start_methods()):
            tree = Path(folder, method)
            places[method] = tree, {**copy_tree(tree), "MP_START_METHOD": method}
        for number in range(options.rounds):
            one_core = number % 2 == 1 and hasattr(os, "sched_setaffinity")
            started = {}
            for core, (method, (tree, environment)) in enumerate(places.items()):
                command = [sys.executable, "-m", "pytest", "-q", "--tb=short", *options.notebooks]
                if one_core:
                    command = ["taskset", "-c", str(core % os.cpu_count()), *command]
                with open(tree / "output.txt", "w") as output:
                    started[method] = subprocess.Popen(command, cwd=tree, env=environment, stdout=output, stderr=output)
            for method, run in started.items():
                run.wait()
                runs += 1
                said = (places[method][0] / "output.txt").read_text()
                failed = re.findall(r"^(?:FAILED|ERROR) (.*)$", said, re.MULTILINE)
                if run.returncode and not failed:
                    failed = [said[-2000:]]
                if failed:
                    print(said, flush=True)
                how = "one core each" if one_core else "all cores"
                failures.update(f"{method}, {how}: {each}" for each in failed)
                print(f"round {number + 1} {method:10} {how}: {(said.strip().splitlines() or [''])[-1]}", flush=True)
    print(f"{runs} runs, {sum(failures.values())} failures")
    for failure, count in failures.most_common():
        print(f"{count:4} x {failure}")
    return 1 if failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
