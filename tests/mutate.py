"""Breaks `helpers` on purpose, one small change at a time, and lists the changes that no test and no lesson notices.

    pip install 'cosmic-ray>=8,<9' && python tests/mutate.py                 a sample of 240 changes
    python tests/mutate.py --sample 40 --seed 2 relay chart                  of some modules

Each change is made in a copy of the tree. First the module's own tests run, then, if they pass, the lessons that use
it. A change that runs for more than LIMIT seconds counts as noticed, and is counted: in CI it would be a red run.

Not changed: annotations (nobody evaluates them) and the numbers that are a matter of looks (line widths, sizes …).
"""

import argparse
import ast
import collections
import difflib
import os
import queue
import random
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

ROOT = Path(__file__).parent.parent
LIMIT = 240
NBVAL = "--nbval --nbval-current-env --nbval-cell-timeout=60 --nbval-sanitize-with=tests/sanitize.cfg"
PYTEST = [sys.executable, "-m", "pytest", "-q", "-x", "-n0", "-p", "no:cacheprovider", "-o"]
LESSONS = {path.stem[3:]: f"notebooks/{path.name}" for path in (ROOT / "notebooks").glob("*.ipynb")}
# What notices a change: for each module of helpers its tests and the lessons that use it.
TESTS = {
    **{lesson: ([f"tests/test_{lesson}.py"], [notebook]) for lesson, notebook in LESSONS.items()},
    **{
        f"exercises/{lesson}": (["-m", "slow or not slow", f"tests/test_exercises.py::Test{lesson.title()}"], [])
        for lesson in LESSONS
    },
    # The other lessons' exercises use the same referee, and take long.
    "exercise": (["-m", "not slow", "-k", "not (Pool or Queue or Pipe or Lock)", "tests/test_exercises.py"], []),
    "experiments": (["tests/test_experiments.py"], list(LESSONS.values())),
    "chart": (["tests/test_chart.py"], list(LESSONS.values())),
    "relay": (["tests/test_relay.py", "tests/test_kernel.py", "tests/test_process.py"], list(LESSONS.values())),
    "spans": (["tests/test_chart.py", "tests/test_relay.py"], [LESSONS["lock"]]),
    "source": (["tests/test_source.py"], [LESSONS["process"]]),
}
LOOKS = {"alpha", "figsize", "fontsize", "height", "linewidth", "markersize", "ncols", "pad", "shrinkA", "shrinkB", "x"}
LOOKS_NAMES = {"CROSS", "DPI", "MOST_LABELS", "WIDTH", "arrow", "box", "figure"}


def left_alone(source: str) -> set[int]:
    """The lines that are not changed."""
    lines = set()
    for node in ast.walk(ast.parse(source)):
        looks = isinstance(node, ast.keyword) and node.arg in LOOKS
        looks |= isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in LOOKS_NAMES
        annotations = [getattr(node, "annotation", None), getattr(node, "returns", None)]
        for one in [node if looks else None, *annotations]:
            if one is not None:
                lines.update(range(one.lineno, one.end_lineno + 1))
    return lines


def changes(module: str) -> list[tuple[str, int, int]]:
    """The changes that can be made to a module: an operator's name, which of its occurrences, and the line."""
    source = (ROOT / "helpers" / f"{module}.py").read_text(encoding="utf-8")
    tree, skipped, found = get_ast(source), left_alone(source), {}
    for name in operator_names():
        operator = get_operator(name)
        if operator.arguments():
            continue
        places = [place for node in ast_nodes(tree) for place in operator().mutation_positions(node)]
        for occurrence, (start, end) in enumerate(places):
            if start[0] not in skipped:
                # One of several operators that fit the same place will do.
                found.setdefault((start, end), []).append((name, occurrence, start[0]))
    return [random.choice(same) for _, same in sorted(found.items())]


def noticed(tree: Path, module: str, change: tuple[str, int, int]) -> tuple[bool, str]:
    """Make one change in a copy of the tree; returns whether it is noticed, and the change as a diff."""
    name, occurrence, _ = change
    path = tree / "helpers" / f"{module}.py"
    source = path.read_text(encoding="utf-8")
    changed = mutate_code(source, get_operator(name)(), occurrence)
    diff = "".join(difflib.unified_diff(source.splitlines(True), changed.splitlines(True), module, name, n=0))
    path.write_text(changed, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    own, lessons = TESTS[module]
    commands = [[*PYTEST, "addopts=", "-p", "no:nbval", *own]]
    commands += [[*PYTEST, f"addopts={NBVAL}", lesson] for lesson in lessons]
    try:
        for command in commands:
            if subprocess.run(command, cwd=tree, env=environment, capture_output=True, timeout=LIMIT).returncode:
                return True, diff
    except subprocess.TimeoutExpired:
        print(f"noticed by the time it takes: {module}, line {change[2]}", flush=True)
        return True, diff
    finally:
        path.write_text(source, encoding="utf-8")
    return False, diff


def main() -> int:
    parser = argparse.ArgumentParser(description="Break helpers on purpose, and list what nobody notices.")
    parser.add_argument("modules", nargs="*", default=list(TESTS), help=f"of: {', '.join(TESTS)}")
    parser.add_argument("--sample", type=int, default=240, help="how many changes, drawn from all that can be made")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    options = parser.parse_args()
    random.seed(options.seed)
    every = [(module, change) for module in options.modules for change in changes(module)]
    jobs, total = queue.Queue(), collections.Counter()
    for job in random.sample(every, min(options.sample, len(every))):
        jobs.put(job)
    print(f"{jobs.qsize()} of {len(every)} possible changes, seed {options.seed}", flush=True)

    def work() -> None:
        with tempfile.TemporaryDirectory() as folder:
            tree = Path(folder, "tree")
            shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(".venv", ".git", "__pycache__", "my_*"))
            while True:
                try:
                    module, change = jobs.get_nowait()
                except queue.Empty:
                    return
                found, diff = noticed(tree, module, change)
                total[module, found] += 1
                said = f"{total.total():4} {module}, line {change[2]}, {change[0].removeprefix('core/')}"
                print(said if found else f"{said}: NOT NOTICED\n{diff}", flush=True)

    threads = [threading.Thread(target=work) for _ in range(options.workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for module in options.modules:
        caught, missed = total[module, True], total[module, False]
        if caught + missed:
            print(f"{module:20} {caught:4} of {caught + missed:4} noticed")
    caught = sum(count for (_, found), count in total.items() if found)
    print(f"{'all':20} {caught:4} of {total.total():4} noticed, {caught / max(1, total.total()):.0%}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
