"""`check`: the verdict on an exercise, whatever the learner wrote.

    notebook                         referee: a process of its own
    check("process", 1) -----------> imports my_process_1.py, calls it as the exercise's judge says
      then waits 8 s at most <------ records what it is trying
      ends all that is left <------- records the verdict, if it comes to that
      prints one sentence

The judges stand in helpers/exercises, a module for each lesson. A judge is a function that takes a `Learner`, and
returns what is right or raises `Wrong`. The learner's code may loop, exit, crash, print without end or ignore signals:
that ends the referee, never the notebook, and what it was trying then makes the sentence.

What happens in the children a judge learns from notes: each process of a check can leave some with `note`, and count
them with `noted`.
"""

import contextlib
import importlib
import inspect
import json
import linecache
import os
import pkgutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import uuid
from collections.abc import Callable
from pathlib import Path
from types import FrameType

LIMIT = 8.0  # seconds for the learner's code; with what starting and cleaning up take, an answer comes within 10
START = 30.0  # seconds for the referee to start: on a busy machine that is not the learner's fault
# Environment variables, which every process of a check inherits:
MARK = "HELPERS_CHECK"  # by this one it is found again
REFEREE = "HELPERS_REFEREE"  # the referee's process id
NOTES = "HELPERS_NOTES"  # the folder of the notes


class Wrong(Exception):
    """The learner's answer is not right: the sentences that say so, and a hint."""


class RanHere(BaseException):
    """A judge's function was called in the referee, not in a child: says what the learner's function did."""


RAN_HERE = (
    "ran the function here, in the program itself, and not in a child. "
    "Hint: target=function hands it over, target=function() calls it at once."
)


def must_be_in_a_child(otherwise: str = RAN_HERE) -> None:
    """To be called by a judge's functions that the learner has to run in another process."""
    if os.environ.get(REFEREE) == str(os.getpid()):
        raise RanHere(otherwise)


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
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as box:
        record, notes = Path(box, "record"), Path(box, "notes")
        notes.mkdir()
        command = [sys.executable, "-m", "helpers.exercise", lesson, str(number), str(record)]
        own = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), box)  # who is killed leaves its temporary files there
        referee = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **own, MARK: mark, NOTES: str(notes)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        # Whatever the learner's code prints is read and dropped, so that it can't fill a pipe or the notebook.
        threading.Thread(target=_drain, args=(referee.stdout,), daemon=True).start()
        try:
            wait_until(lambda: record.exists() or referee.poll() is not None, START)
            code = referee.wait(limit)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            _end_all(mark)
            referee.kill()  # as a rule it has ended; waiting for it must not depend on that
            referee.wait()
        recorded = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    if "verdict" in recorded:
        return recorded["verdict"]
    if "failure" in recorded:
        return f"The check itself failed, and does not know whether you are right: {recorded['failure']}"
    trying, hint = recorded.get("trying", "the check"), recorded.get("hint", "")
    wrong = too_long(trying, limit, hint) if code is None else died(trying, code, hint)
    return f"Not yet: {wrong}"


def _judges(lesson: str) -> dict[int, Callable[["Learner"], str]]:
    from helpers import exercises

    lessons = sorted(module.name for module in pkgutil.iter_modules(exercises.__path__))
    if lesson not in lessons:
        raise ValueError(f"no lesson {lesson!r}; there are: {', '.join(lessons)}")
    return importlib.import_module(f"helpers.exercises.{lesson}").JUDGES


def _drain(stream) -> None:
    while stream.read(1 << 16):
        pass


def _end_all(mark: str) -> None:
    """Kill every process that carries the mark, however it was started.

    Resource trackers are spared at first: when all others are gone, they unlink the semaphores and blocks of shared
    memory that are left, and end.
    """
    wait_until(lambda: _killed(_left(mark, but="resource_tracker")), 5)  # one may start another while it is being found
    if not wait_until(lambda: not _left(mark), 1):
        wait_until(lambda: _killed(_left(mark)), 5)


def _left(mark: str, but: str | None = None) -> list:
    """The processes that carry the mark, without those that have a word in their command."""
    import psutil

    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(MARK) != mark or process.status() == psutil.STATUS_ZOMBIE:
                continue
            if but is None or but not in " ".join(process.cmdline()):
                found.append(process)
    return found


def _killed(processes: list) -> bool:
    """Kill them; return whether there were none."""
    import psutil

    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.kill()
    return not processes


def note(what: str, text: str = "") -> None:
    """Leave a note, with a text if there is more to say; all processes of the check can see it."""
    folder, unique = Path(os.environ[NOTES]), uuid.uuid4().hex
    new = folder.with_name(unique)
    new.write_text(text, encoding="utf-8")
    new.rename(folder / f"{what} {unique}")  # so nobody sees half a text


def noted(what: str = "") -> int:
    """How often this has been noted; how many notes there are, if nothing is asked for."""
    return len(_notes(what))


def told(what: str) -> list[str]:
    """The texts of all notes with this name, in no order."""
    return [path.read_text(encoding="utf-8") for path in _notes(what)]


def _notes(what: str) -> list[Path]:
    return [path for path in Path(os.environ[NOTES]).iterdir() if path.name.rpartition(" ")[0] == what or not what]


def forget() -> None:
    """Remove all notes; a process that still runs can leave new ones."""
    for path in Path(os.environ[NOTES]).iterdir():
        path.unlink()


def wait_until(condition: Callable[[], object], seconds: float) -> bool:
    """Wait until the condition is true, for so many seconds at most; return whether it is."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def frames(thread: threading.Thread) -> list[FrameType]:
    """What a thread is in now, the innermost function first."""
    innermost = sys._current_frames().get(thread.ident)
    return [frame for frame, _ in traceback.walk_stack(innermost)] if innermost else []


class Learner:
    """What a judge sees of the learner's file."""

    def __init__(self, module: str, record: Path):
        self.name, self.record = module, record

    def trying(self, what: str, hint: str = "") -> None:
        """Record what comes now, for the verdict in case that it never comes back."""
        self.record.write_text(json.dumps({"trying": what, "hint": hint}), encoding="utf-8")

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
            raise Wrong(f"importing {self.name}.py raised {describe(error)}.") from None

    def function(self, name: str, arguments: int) -> Callable:
        """Return a function of the learner's file. Raises Wrong unless it takes so many arguments and is not empty."""
        function = getattr(self.module(), name, None)
        if not inspect.isfunction(function):
            raise Wrong(f"{self.name}.py has no function {name}.")
        try:
            inspect.signature(function).bind(*[None] * arguments)
        except TypeError:
            raise Wrong(f"{name} is called with {arguments} argument{'s' * (arguments != 1)}, but can't be.") from None
        if inspect.getsource(function).rstrip().endswith("..."):
            raise Wrong(f"{name} is still empty. Write it in the cell above, run that cell, then this one.")
        return function

    def call(self, name: str, *arguments: object, hint: str = "", said: str = "") -> object:
        """Call a function of the learner's file in the referee's main thread, and return what it returns.

        hint  for the verdict if the call never returns or raises
        said  how to name the call; by default the function with its arguments
        """
        call = self._prepare(name, arguments, said, hint)
        call.run()
        return call.result()

    def begin(self, name: str, *arguments: object, hint: str = "", said: str = "") -> "Call":
        """Begin a call of a function of the learner's file in a thread, so that the judge can watch it."""
        call = self._prepare(name, arguments, said, hint)
        call.start()
        return call

    def _prepare(self, name: str, arguments: tuple, said: str, hint: str) -> "Call":
        function = self.function(name, len(arguments))
        said = said or f"{name}({', '.join(short(argument) for argument in arguments)})"
        self.trying(said, hint)
        return Call(function, arguments, said, hint)


class Call(threading.Thread):
    """A call of a function of the learner's file, and what came of it."""

    def __init__(self, function: Callable, arguments: tuple, said: str, hint: str):
        super().__init__(daemon=True)
        self.function, self.arguments, self.said, self.hint = function, arguments, said, hint
        self.value: object = None
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self.value = self.function(*self.arguments)
        except BaseException as error:
            self.error = error

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it is back, for so many seconds at most; return whether it is."""
        self.join(seconds)
        return not self.is_alive()

    def result(self, hint: str | None = None) -> object:
        """Return what the learner's function gave. Raises Wrong if it raised, with this hint instead of the call's."""
        if isinstance(self.error, RanHere):
            raise Wrong(f"{self.said} {self.error}")
        if self.error is not None:
            raise Wrong(f"{self.said} raised {describe(self.error)}. {self.hint if hint is None else hint}".strip())
        return self.value

    def line(self) -> str:
        """The line of the learner's file where it stands now, or ''."""
        file = self.function.__code__.co_filename
        lines = [frame.f_lineno for frame in frames(self) if frame.f_code.co_filename == file]
        return linecache.getline(file, lines[0]).strip() if lines else ""


def short(value: object) -> str:
    """A value for a sentence: a name or at most 60 characters."""
    return _cut(getattr(value, "__name__", None) or repr(value), 60)


def describe(error: BaseException) -> str:
    """An exception for a sentence: its type, and its text in one line."""
    text = " ".join(str(error).split()).rstrip(".")
    return f"{type(error).__name__}: {_cut(text, 120)}" if text else type(error).__name__


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 3]}..."


def too_long(said: str, seconds: float, hint: str) -> Wrong:
    """What to raise when a call has taken too long, with a hint."""
    return Wrong(f"{said} had not come to its end after {seconds:g} seconds, and was ended. {hint}".strip())


def died(said: str, code: int, hint: str) -> Wrong:
    """What to raise when a call has ended its process with this exit code, negative for a signal."""
    how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
    return Wrong(f"{said} ended its whole process, with {how}. {hint}".strip())


def expect(said: str, got: object, expected: object, hint: str) -> None:
    """Raise Wrong, with all four in its sentences, unless `got` is `expected`, types included."""
    if repr(got) != repr(expected):  # False is not 0 here, nor [False] [0]
        raise Wrong(f"{said} gave {short(got)}; expected was {short(expected)}. {hint}")


def _referee(lesson: str, number: str, record: str) -> None:
    os.environ[REFEREE] = str(os.getpid())
    learner, how = Learner(f"my_{lesson}_{number}", Path(record)), "verdict"
    try:
        said = f"Right: {_judges(lesson)[int(number)](learner)}"
    except Wrong as wrong:
        said = f"Not yet: {wrong}"
    except Exception:
        how, said = "failure", traceback.format_exc()
    Path(f"{record}.new").write_text(json.dumps({how: said}), encoding="utf-8")
    os.replace(f"{record}.new", record)
    os._exit(0)  # without waiting for what the learner's code may have left running


if __name__ == "__main__":
    # Under its importable name, so that a judge's Wrong is the same class as the one caught here.
    from helpers.exercise import _referee as referee

    referee(*sys.argv[1:])
