"""Measures the judges of the exercises, lesson by lesson: what they accept, and what they must not.

    python tests/answers/answers.py mutants process        every small change of the solutions: which is still "Right"?
    python tests/answers/answers.py right process          each right answer, five times under each start method
    python tests/answers/answers.py right process --busy   the same while every core computes
    python tests/answers/answers.py wrong process --busy   each wrong answer: does it always get its hint?
    python tests/answers/answers.py mutants process --only 3 --workers 1

The small changes are those that cosmic-ray's operators know (pip install 'cosmic-ray>=8,<9'), and dropping, repeating
and swapping statements; at the top of a file only dropping, for the order there is of no interest. What is still
"Right" is printed: many do the same as the solution; for one that does not, the judge wants another call.
"""

import argparse
import ast
import contextlib
import copy
import difflib
import importlib.util
import itertools
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_all_start_methods
from pathlib import Path

import nbformat
from right_answers import RIGHT
from wrong_answers import WRONG

from helpers.checking import LIMIT, verdict

LESSONS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
ROUNDS = 5
Exercise = tuple[str, int]


def solutions() -> dict[Exercise, str]:
    """The solutions as they stand in the notebooks, by lesson and number."""
    found = {}
    for path in LESSONS:
        lesson = path.stem.split("_")[1]
        cells = nbformat.read(path, as_version=4).cells
        text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        pattern = r"<summary>Solution</summary>\s+```python\n(.*?)```(?:(?!<details>).)*?To think about: "
        for number, code in enumerate(re.findall(pattern, text, re.DOTALL), 1):
            found[lesson, number] = code
    return found


SOLUTIONS = solutions()


def said_of(exercise: Exercise, code: str, limit: float = LIMIT) -> str:
    """The verdict on some code."""
    lesson, number = exercise
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, f"my_{lesson}_{number}.py").write_text(code, encoding="utf-8")
        return verdict(lesson, number, folder, limit)


def is_right(exercise: Exercise, code: str) -> bool:
    return said_of(exercise, code).startswith("Right: ")


def with_other_statements(source: str) -> Iterator[tuple[str, str]]:
    """The source without a statement, with one twice, and with two in the other order; each with its name."""
    tree = ast.parse(source)
    for place, node in enumerate(ast.walk(tree)):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if not isinstance(block, list):
                continue

            def with_block(new: list, place: int = place, field: str = field) -> str:
                other = copy.deepcopy(tree)
                must_not_be_empty = field == "body" and place > 0
                setattr(
                    next(itertools.islice(ast.walk(other), place, None)), field, new or [ast.Pass()] * must_not_be_empty
                )
                return ast.unparse(ast.fix_missing_locations(other))

            first_lines = [ast.unparse(statement).splitlines()[0] for statement in block]
            for i, statement in enumerate(block):
                yield f"without: {first_lines[i]}", with_block(block[:i] + block[i + 1 :])
                if place == 0 or isinstance(statement, ast.Return | ast.Raise | ast.Break | ast.Continue):
                    continue  # what stands at the top of the file; and what nobody comes past
                yield f"twice: {first_lines[i]}", with_block([*block[: i + 1], *block[i:]])
                if i + 1 < len(block):
                    swapped = [*block[:i], block[i + 1], statement, *block[i + 2 :]]
                    yield f"swapped: {first_lines[i]} | {first_lines[i + 1]}", with_block(swapped)


def with_other_operators(source: str) -> Iterator[tuple[str, str]]:
    """The source with each small change that cosmic-ray's operators know; each with the lines that change."""
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator, operator_names

    tree = get_ast(source)
    for operator in map(get_operator, operator_names()):
        if not operator.arguments():
            places = [place for node in ast_nodes(tree) for place in operator().mutation_positions(node)]
            for occurrence in range(len(places)):
                with contextlib.suppress(SyntaxError):  # that does not even begin
                    changed = ast.unparse(ast.parse(mutate_code(source, operator(), occurrence)))
                    lines = list(difflib.ndiff(source.splitlines(), changed.splitlines()))
                    sides = [[line[2:].strip() for line in lines if line.startswith(sign)] for sign in "-+"]
                    yield " => ".join(map("; ".join, sides)), changed


def mutants(source: str, operators: bool = True) -> dict[str, str]:
    """Each small change of a source: its name, and the changed source."""
    plain = ast.unparse(ast.parse(source))
    found: dict[str, str] = {}
    for name, changed in itertools.chain(
        with_other_statements(plain), with_other_operators(plain) if operators else ()
    ):
        if changed not in (plain, *found.values()):
            times = sum(known.partition(" (place ")[0] == name for known in found)
            found[f"{name} (place {times + 1})" if times else name] = changed
    return found


def survivors(exercise: Exercise, workers: int = 2) -> tuple[list[str], int]:
    """The names of the changes that are still "Right", and how many changes there are."""
    every = mutants(SOLUTIONS[exercise])
    with ThreadPoolExecutor(workers) as threads:
        right = list(threads.map(lambda code: is_right(exercise, code), every.values()))
    return [name for name, survives in zip(every, right, strict=True) if survives], len(every)


@contextlib.contextmanager
def busy(cores: int) -> Iterator[None]:
    """So many processes compute meanwhile."""
    spinning = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(cores)]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.wait()


def measure_mutants(exercises: list[Exercise], workers: int) -> bool:
    for exercise in exercises:
        right, every = survivors(exercise, workers)
        for name in right:
            print(f"{exercise}: RIGHT {name}")
        print(f"{exercise}: {every - len(right)} of {every} changes rejected", flush=True)
    return True


def wrong(exercise: Exercise, number: int) -> tuple[str, str]:
    """The wrong answer of this number in tests/answers/wrong_answers: its code, and the hint that it gets."""
    changes, hint = WRONG[exercise][number]
    if isinstance(changes, str):
        return changes, hint
    code = SOLUTIONS[exercise]
    for old, new in changes:
        assert old in code, "the solution has changed: change tests/answers/wrong_answers too"
        code = code.replace(old, new)
    return code, hint


def measure_verdicts(what: str, exercises: list[Exercise], workers: int, rounds: int, methods: list[str]) -> bool:
    """Whether each right (or wrong) answer gets its verdict in every round; each that does not is printed."""
    fine = True
    for exercise in exercises:
        if what == "right":
            answers = {name: (code, "Right: ") for name, code in RIGHT[exercise].items()}
        else:
            answers = {number: wrong(exercise, number) for number in range(len(WRONG[exercise]))}
        counts = []
        for method in methods:
            os.environ["MP_START_METHOD"] = method
            names = list(answers) * rounds
            with ThreadPoolExecutor(workers) as threads:
                verdicts = list(threads.map(said_of, [exercise] * len(names), [answers[name][0] for name in names]))
            bad = [
                (name, said)
                for name, said in zip(names, verdicts, strict=True)
                if said.startswith("Right: ") != (what == "right") or answers[name][1] not in said
            ]
            for name, said in bad:
                print(f"{exercise}, {name}, {method}: {said}")
            fine &= not bad
            counts.append(f"{method} {len(names) - len(bad)} of {len(names)}")
        print(f"{exercise}: {len(answers)} {what} answers, judged as expected: {', '.join(counts)}", flush=True)
    return fine


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure the judges of the exercises.")
    parser.add_argument("what", choices=["mutants", "right", "wrong"])
    parser.add_argument("lesson", choices=sorted({lesson for lesson, _ in SOLUTIONS}))
    parser.add_argument("--only", type=int, help="the number of one exercise")
    parser.add_argument("--workers", type=int, default=2, help="how many verdicts at the same time")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--methods", nargs="+", default=get_all_start_methods())
    parser.add_argument("--busy", action="store_true", help="while every core computes")
    options = parser.parse_args()
    if options.what == "mutants" and not importlib.util.find_spec("cosmic_ray"):
        parser.error("that needs: pip install 'cosmic-ray>=8,<9'")
    exercises = [each for each in SOLUTIONS if each[0] == options.lesson and options.only in (None, each[1])]
    with busy(os.cpu_count() if options.busy else 0):
        if options.what == "mutants":
            return 0 if measure_mutants(exercises, options.workers) else 1
        return 0 if measure_verdicts(options.what, exercises, options.workers, options.rounds, options.methods) else 1


if __name__ == "__main__":
    raise SystemExit(main())
