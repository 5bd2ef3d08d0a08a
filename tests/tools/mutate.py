"""Breaks `helpers` on purpose, one small change at a time, and lists the changes that no test and no lesson notices.

    pip install 'cosmic-ray>=8,<9' && python tests/tools/mutate.py > log           a sample of 240 changes
    python tests/tools/mutate.py --sample 40 --seed 2 relay chart                  of some modules
    python tests/tools/mutate.py --again log                                       those of a log that nobody noticed

Each change is made in a copy of the tree. First the module's own tests run, then, if they pass, the lessons that use
it (not with --tests-only). Before the first change of a module all that must pass; a change with which it takes three
times as long, and a minute, counts as noticed: in CI it would be a red run.

Not changed: annotations (nothing evaluates them), what is a matter of looks (line widths, sizes …), and the
line by which `check` finds the processes that it kills: changed, it kills all of the user's.

About one change in twelve survives, and may:
- a longer or shorter wait with the same end (a limit of 7 s instead of 8, how often a loop looks);
- the same result in another way (`is` for `==` with the same object, `[-1]` in a list of one, 3 workers instead of 2,
  a larger buffer, a seed), or a value that nobody looks at (an orphan's exit code, a default that is always given,
  the length at which a text is cut);
- what a child does to its own copy, which is lost in any case: that is what the lesson shows;
- a second way to end what the first has ended (`kill` after `terminate`);
- what only another system runs: Windows, or macOS' way to notice that the parent is gone.
"""

import argparse
import ast
import collections
import difflib
import os
import queue
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names
from tree import ROOT, copy_tree

LIMIT = 1800.0  # seconds that the tests of a module take at most, before it is changed
OUTPUT = "output.txt"
NBVAL = "--nbval --nbval-current-env --nbval-cell-timeout=60 --nbval-sanitize-with=tests/sanitize.cfg"
PYTEST = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-o"]
LESSONS = {path.stem[3:]: f"notebooks/{path.name}" for path in (ROOT / "notebooks").glob("*.ipynb")}
RULES = [
    "tests/lessons/test_notebooks.py::test_workers_do_not_take_long",
    "tests/instruments/test_relay.py::test_a_child_imports_little",
]
# What notices a change: for each module of helpers its tests and the lessons that use it.
TESTS = {
    **{lesson: ([f"tests/lessons/test_{lesson}.py", *RULES], [notebook]) for lesson, notebook in LESSONS.items()},
    **{
        f"judges/{lesson}": (
            ["-m", "not thorough", f"tests/answers/test_exercises.py::Test{lesson.title()}"],
            [],
        )
        for lesson in LESSONS
    },
    "checking": (["tests/answers/test_exercises.py"], []),
    "judging": (["tests/answers/test_exercises.py"], []),
    "sentences": (["tests/instruments/test_sentences.py", "tests/answers/test_exercises.py"], []),
    "experiments": (["tests/instruments/test_experiments.py", *RULES], list(LESSONS.values())),
    "chart": (["tests/instruments/test_chart.py"], list(LESSONS.values())),
    **dict.fromkeys(
        ("relay", "streams"),
        (["tests/instruments", "tests/lessons/test_process.py", "tests/programs"], list(LESSONS.values())),
    ),
    "cleanup": ([f"tests/instruments/test_{each}.py" for each in ("cleanup", "relay_in_a_kernel")], []),
    "spans": (["tests/instruments/test_chart.py", "tests/instruments/test_relay.py"], [LESSONS["lock"]]),
    "showing": (["tests/instruments/test_showing.py"], list(LESSONS.values())),
}
LOOKS = {"alpha", "figsize", "fontsize", "height", "linewidth", "markersize", "ncols", "x", "zorder"}
LOOKS_NAMES = {"ARROW", "DPI", "GROUND", "MARK", "figure"}
KILLS = "process.environ()"


def left_alone(source: str) -> set[int]:
    """The lines that are not changed."""
    lines = {number for number, line in enumerate(source.splitlines(), 1) if KILLS in line}
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


def is_green(tree: Path, environment: dict[str, str], module: str, tests_only: bool, limit: float = LIMIT) -> bool:
    """Run a module's own tests in a tree and, if they pass, its lessons; returns whether all pass within `limit`."""
    own, lessons = TESTS[module]
    until = time.monotonic() + limit
    # The tests need no plugin, and those that are installed take seconds to import.
    without_plugins = {**environment, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    commands = [([*PYTEST, "addopts=-m 'not slow and not thorough'", *own], without_plugins)]
    if not tests_only:
        commands += [([*PYTEST, f"addopts={NBVAL} -n0", lesson], environment) for lesson in lessons]
    for command, variables in commands:
        try:
            # No pipe for its output: a process that a broken helper leaves behind would hold it open.
            with open(tree / OUTPUT, "w") as output:
                done = subprocess.run(
                    command, cwd=tree, env=variables, stdout=output, stderr=output, timeout=until - time.monotonic()
                )
            if done.returncode:
                return False
        except subprocess.TimeoutExpired:
            print(f"{module}: its tests ran for more than {limit:.0f} s", flush=True)
            return False
    return True


def noticed(
    tree: Path, environment: dict[str, str], module: str, change: tuple[str, int, int], tests_only: bool, limit: float
) -> tuple[bool, str]:
    """Make one change in a copy of the tree; returns whether it is noticed, and the change as a diff."""
    name, occurrence, _ = change
    path = tree / "helpers" / f"{module}.py"
    source = path.read_text(encoding="utf-8")
    changed = mutate_code(source, get_operator(name)(), occurrence)
    diff = "".join(difflib.unified_diff(source.splitlines(True), changed.splitlines(True), module, name, n=0))
    path.write_text(changed, encoding="utf-8")
    try:
        return not is_green(tree, environment, module, tests_only, limit), diff
    finally:
        path.write_text(source, encoding="utf-8")


def survivors(log: str) -> list[tuple[str, tuple[str, int, int]]]:
    """The changes that an earlier run's output calls not noticed."""
    found = re.findall(r"^ *\d+ (\S+), line (\d+), (\S+) (\d+): NOT NOTICED$", log, re.MULTILINE)
    return [(module, (f"core/{name}", int(occurrence), int(line))) for module, line, name, occurrence in found]


def main() -> int:
    parser = argparse.ArgumentParser(description="Break helpers on purpose, and list what nobody notices.")
    parser.add_argument("modules", nargs="*", default=list(TESTS), help=f"of: {', '.join(TESTS)}")
    parser.add_argument("--sample", type=int, default=240, help="how many changes, drawn from all that can be made")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--tests-only", action="store_true", help="do not run the lessons")
    parser.add_argument("--again", type=Path, help="a run's output: try only the changes that nobody noticed then")
    options = parser.parse_args()
    random.seed(options.seed)
    every = [(module, change) for module in options.modules for change in changes(module)]
    chosen = random.sample(every, min(options.sample, len(every)))
    if options.again:
        chosen = survivors(options.again.read_text(encoding="utf-8"))
    print(f"{len(chosen)} of {len(every)} possible changes, seed {options.seed}", flush=True)
    jobs, total = queue.Queue(), collections.Counter()
    for job in chosen:
        jobs.put(job)
    first = {module: threading.Lock() for module, _ in chosen}
    took: dict[str, float] = {}  # seconds for all of a module's tests, or 0 if they fail

    def work() -> None:
        with tempfile.TemporaryDirectory() as folder:
            tree = Path(folder, "tree")
            environment = {**copy_tree(tree), "PYTHONDONTWRITEBYTECODE": "1"}
            while True:
                try:
                    module, change = jobs.get_nowait()
                except queue.Empty:
                    return
                with first[module]:
                    if module not in took:
                        began = time.monotonic()
                        passed = is_green(tree, environment, module, options.tests_only)
                        took[module] = passed and time.monotonic() - began
                        if not passed:
                            said = (tree / OUTPUT).read_text()[-3000:]
                            print(f"{said}\n{module} is skipped: its tests fail on the unchanged tree", flush=True)
                if not took[module]:
                    continue
                limit = 3 * took[module] + 60
                found, diff = noticed(tree, environment, module, change, options.tests_only, limit)
                total[module, found] += 1
                said = f"{total.total():4} {module}, line {change[2]}, {change[0].removeprefix('core/')} {change[1]}"
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
    return 0 if all(took.values()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
