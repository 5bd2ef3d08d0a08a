"""`check`: the verdict on an exercise, whatever the learner wrote.

    notebook                         referee: a process of its own
    check("process", 1) -----------> imports my_process_1.py, calls it as the exercise's judge says
      waits 8 s at most              notes what it is trying
      ends all that is left <------- writes the verdict, if it comes to that
      prints one sentence

The judges stand in helpers/exercises, a module for each lesson. A judge is a function that takes a `Learner`, and
returns what is right or raises `Wrong`. The learner's code may loop, exit, crash, print without end or ignore signals:
that ends the referee, never the notebook, and what it was trying then makes the sentence.
"""

import importlib
import inspect
import json
import os
import pkgutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

LIMIT = 8.0  # seconds for a verdict; with what starting and cleaning up take, an answer comes within 10
MARK = "HELPERS_CHECK"  # an environment variable, by which every process of a check is found again


REFEREE = "HELPERS_REFEREE"  # an environment variable: the referee's process id


class Wrong(Exception):
    """The learner's answer is not right: the sentences that say so, and a hint."""


class RanHere(BaseException):
    """A judge's function was called in the referee, not in a child."""


def must_be_in_a_child() -> None:
    """To be called by a judge's functions that the learner has to run in another process."""
    if os.environ.get(REFEREE) == str(os.getpid()):
        raise RanHere


def check(lesson: str, number: int) -> None:
    """Print the verdict on an exercise: `check("process", 1)` tries what stands in my_process_1.py."""
    print(verdict(lesson, number))


def verdict(lesson: str, number: int, folder: str | Path = ".", limit: float = LIMIT) -> str:
    """Return the verdict on an exercise.

    lesson, number  which exercise
    folder          where the learner's file is
    limit           seconds after which the learner's code is ended

    Raises ValueError if there is no such exercise.
    """
    judges = _judges(lesson)
    if number not in judges:
        raise ValueError(f"no exercise {number} in lesson {lesson}; there are 1 to {len(judges)}")
    mark = uuid.uuid4().hex
    with tempfile.TemporaryDirectory() as box:
        notes = Path(box, "notes")
        command = [sys.executable, "-m", "helpers.exercise", lesson, str(number), str(notes)]
        referee = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, MARK: mark},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        # Whatever the learner's code prints is read and dropped, so that it can't fill a pipe or the notebook.
        threading.Thread(target=_drain, args=(referee.stdout,), daemon=True).start()
        try:
            code = referee.wait(limit)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            _end_all(mark)
            referee.wait()
        noted = json.loads(notes.read_text(encoding="utf-8")) if notes.exists() else {}
    if "verdict" in noted:
        return noted["verdict"]
    trying, hint = noted.get("trying", "the check"), noted.get("hint", "")
    if code is None:
        said = f"{trying} had not come to its end after {limit:g} seconds, and was ended."
    else:
        said = f"{trying} ended its whole process, with {_how(code)}."
    return f"Not yet: {said} {hint}".strip()


def _judges(lesson: str) -> dict[int, Callable[["Learner"], str]]:
    from helpers import exercises

    lessons = sorted(module.name for module in pkgutil.iter_modules(exercises.__path__))
    if lesson not in lessons:
        raise ValueError(f"no lesson {lesson!r}; there are: {', '.join(lessons)}")
    return importlib.import_module(f"helpers.exercises.{lesson}").JUDGES


def _how(code: int) -> str:
    if code < 0:
        return f"signal {signal.Signals(-code).name}"
    return f"exit code {code}"


def _drain(stream) -> None:
    while stream.read(1 << 16):
        pass


def _end_all(mark: str) -> None:
    """Kill every process that carries the mark, however it was started."""
    import psutil

    def none_is_left() -> bool:
        left = 0
        for process in psutil.process_iter():
            try:
                if process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                    left += 1
                    process.kill()
            except psutil.Error:
                continue
        return left == 0

    wait_until(none_is_left, 5)  # one may start another while it is being found


def wait_until(condition: Callable[[], object], seconds: float) -> bool:
    """Wait until the condition is true, for so many seconds at most; return whether it is."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


class Learner:
    """What a judge sees of the learner's file."""

    def __init__(self, module: str, notes: Path):
        self.name, self.notes = module, notes

    def trying(self, what: str, hint: str = "") -> None:
        """Note what comes now, for the verdict in case that it never comes back."""
        self.notes.write_text(json.dumps({"trying": what, "hint": hint}), encoding="utf-8")

    def module(self):
        """Import the learner's file. Raises Wrong if it is missing or can't be imported."""
        if not Path(f"{self.name}.py").exists():
            raise Wrong(f"there is no {self.name}.py yet. Run the cell above that begins with %%writefile.")
        self.trying(f"importing {self.name}.py", "A module that is imported should only define functions.")
        try:
            return importlib.import_module(self.name)
        except SyntaxError as error:
            raise Wrong(f"{self.name}.py has a syntax error in line {error.lineno}: {error.msg}.") from None
        except BaseException as error:
            raise Wrong(f"importing {self.name}.py raised {_said(error)}.") from None

    def function(self, name: str, arguments: int) -> Callable:
        """Return a function of the learner's file. Raises Wrong unless it takes so many arguments and is not empty."""
        function = getattr(self.module(), name, None)
        if not inspect.isfunction(function):
            raise Wrong(f"{self.name}.py has no function {name}.")
        try:
            inspect.signature(function).bind(*[None] * arguments)
        except TypeError:
            raise Wrong(f"{name} is called with {_plural(arguments, 'argument')}, but can't be.") from None
        if inspect.getsource(function).rstrip().endswith("..."):
            raise Wrong(f"{name} is still empty. Write it in the cell above, run that cell, then this one.")
        return function

    def call(self, name: str, *arguments: object, hint: str = "", said: str = "") -> object:
        """Call a function of the learner's file in the referee, and return what it returns.

        hint  for the verdict if the call never returns or raises
        said  how to name the call; by default the function with its arguments
        """
        function = self.function(name, len(arguments))
        said = said or f"{name}({', '.join(_short(argument) for argument in arguments)})"
        self.trying(said, hint)
        try:
            return function(*arguments)
        except RanHere:
            raise Wrong(
                f"{said} ran the function here, in the program itself, and not in a child. "
                "Hint: target=function hands it over, target=function() calls it at once."
            ) from None
        except BaseException as error:
            raise Wrong(f"{said} raised {_said(error)}. {hint}".strip()) from None


def _short(value: object) -> str:
    text = getattr(value, "__name__", None) or repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _said(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {_short_text(text)}" if text else type(error).__name__


def _short_text(text: str) -> str:
    return text if len(text) <= 120 else f"{text[:117]}..."


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def expect(said: str, got: object, expected: object, hint: str) -> None:
    """Raise Wrong, with all four in its sentences, unless `got` is `expected`, types included."""
    if repr(got) != repr(expected):  # False is not 0 here, nor [False] [0]
        raise Wrong(f"{said} gave {_short(got)}; expected was {_short(expected)}. {hint}")


def _referee(lesson: str, number: str, notes: str) -> None:
    os.environ[REFEREE] = str(os.getpid())
    learner = Learner(f"my_{lesson}_{number}", Path(notes))
    try:
        said = f"Right: {_judges(lesson)[int(number)](learner)}"
    except Wrong as wrong:
        said = f"Not yet: {wrong}"
    Path(f"{notes}.new").write_text(json.dumps({"verdict": said}), encoding="utf-8")
    os.replace(f"{notes}.new", notes)
    os._exit(0)  # without waiting for what the learner's code may have left running


if __name__ == "__main__":
    # Under its importable name, so that a judge's Wrong is the same class as the one caught here.
    from helpers.exercise import _referee as referee

    referee(*sys.argv[1:])
