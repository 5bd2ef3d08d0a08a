"""What judges are made of; helpers/exercise.py says how one is written.

A judge runs in a thread of the referee, and the learner's function in its main thread: so the judge can watch a call,
let the partners go on, and tell where it stands, while signals and alarms work as in any program.
"""

# Partners run in children, which import this: what only the referee needs is imported where it is used.
import contextlib
import importlib
import json
import linecache
import multiprocessing.process
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from operator import attrgetter
from pathlib import Path
from queue import SimpleQueue
from types import FrameType, ModuleType

# Environment variables, which every process of a check inherits:
REFEREE = "HELPERS_REFEREE"  # the referee's process id
NOTES = "HELPERS_NOTES"  # the folder of the notes

PATIENCE = 3.0  # seconds for a call to come back, counted from when it has all that it waits for; see `fair`
SERVANTS = {  # of multiprocessing itself, which stay: where their process ids stand
    "multiprocessing.resource_tracker": "_resource_tracker._pid",
    "multiprocessing.forkserver": "_forkserver._forkserver_pid",
}
RUN_HERE = (
    "ran the function here, in the program itself, and not in a child. "
    "Hint: target=function hands it over, target=function() calls it at once."
)
RUN = "ran the function here, in the program itself. Hint: start() runs it in a child; run() is what that child does."
THREAD = "ran the function in a thread of the program itself, and not in a child. Hint: Process, not Thread."


class Wrong(Exception):
    """The learner's answer is not right: the sentences that say so, and a hint."""


class Stuck(Exception):
    """The call that a judge conducts goes on no more: `meanwhile` is at its end."""


class RanHere(BaseException):
    """A partner was called in the referee, not in a child: says what the learner's function did."""


class _Nothing:
    def __repr__(self) -> str:
        return "nothing"


NOTHING = _Nothing()  # what a call has given that raised or is not back
ANYTHING = _Nothing()  # what a call may give whose judge looks at it by itself


class AnyOrder(list):
    """Expected is a list of these, in any order."""


# What a judge is made of.


class Case:
    """One call of the learner's function.

    arguments  what it is called with, the partners among them
    instead    what is called in its place, if the exercise is a program and not a function
    gives      what must come back, types included; an exception must be raised
    hint       for the verdict if something else comes back, or an exception, or nothing
    said       how to name the call; by default the function with its arguments
    before     called in the referee's main thread directly before
    meanwhile  called while the call runs: it lets the partners go on, step by step, with run.reaches(…), and returns
               when the call has all that it waits for, which then has PATIENCE seconds. Without it, it has the limit.
    """

    def __init__(
        self,
        arguments: tuple,
        gives: object = ANYTHING,
        hint: str = "",
        said: str = "",
        instead: Callable | None = None,
        before: Callable[[], object] | None = None,
        meanwhile: Callable[["Call"], object] | None = None,
    ):
        self.arguments, self.gives, self.hint, self.said = arguments, gives, hint, said
        self.instead, self.before, self.meanwhile = instead, before, meanwhile


class Judge:
    """The judge of an exercise: its members stand in this order, in each.

    function  the learner's function, as the task names it: "both(function, argument)"
    right     what is said of a right answer: what was tried
    cases     the calls, one by one, with the partners that are handed over
    must      what must hold of a call, of what it gave and of what the partners have noted: pairs of what holds and
              the sentence for when it does not. The first that does not hold makes the verdict. The sentence is a
              predicate to the call ("left a child running"); if it begins with "Hint:", what the call gave comes first.
    common    the same for every judge; it comes behind `must`, so that a judge can have a better hint for a mistake
    """

    function: str
    right: str

    def cases(self) -> Iterator[Case]:
        raise NotImplementedError

    def must(self, run: "Call") -> Iterator[tuple[object, str]]:
        return iter(())

    def common(self, run: "Call") -> Iterator[tuple[object, str]]:
        yield run.is_right(), run.hint
        running, ended = left()
        if running:  # perhaps it is dying
            wait_until(lambda: not left()[0], 0.3)
        yield not left()[0], f"left {_children(running)} running. {run.hint}".strip()
        yield not running + ended, f"left a zombie: {_children(running + ended)} not joined. Hint: join() comes last."

    def __call__(self, learner: "Learner") -> str:
        for case in self.cases():
            forget()
            cut.clear()
            run = learner.run(self.function, case)
            for how in told("ran here"):
                raise Wrong(f"{run.said} {how}")
            for rows in (self.must(run), self.common(run)):
                for holds, sentence in rows:
                    if not holds:
                        raise run.wrong(sentence)
        return self.right


def _children(processes: list) -> str:
    return "a child" if len(processes) == 1 else f"{len(processes)} children"


def left() -> tuple[list, list]:
    """The processes that the learner's code has started: those that run, and those that have ended unnoticed.

    Only looks: who asks a Process whether it is alive takes its exit code away from a join() that waits.
    """
    import psutil

    own, running, ended = [], [], []
    for module, pid in SERVANTS.items():
        with contextlib.suppress(KeyError, AttributeError):  # not imported, or being imported at this moment
            own.append(attrgetter(pid)(sys.modules[module]))
    for process in psutil.Process(int(os.environ[REFEREE])).children(recursive=True):
        if process.pid not in own:
            (ended if is_gone(process.pid) else running).append(process)
    # A forkserver's children are the server's, which takes them away; the program has not asked for their end.
    known = {process.pid for process in ended}
    for child in list(multiprocessing.process._children):
        popen = child._popen
        if popen is not None and popen.returncode is None and popen.pid not in known and is_gone(popen.pid):
            ended.append(child)
    return running, ended


def is_gone(pid: int) -> bool:
    """Whether a process has ended, joined or not."""
    import psutil

    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _all_moves() -> tuple[int, ...]:
    """What is different if something has moved: the notes, the processes, and the time that they have computed."""
    import psutil

    times, running = 0.0, left()[0]
    for process in running:
        with contextlib.suppress(psutil.Error):
            times += sum(process.cpu_times()[:2])
    return noted(), len(running), int(times * 5)  # who waits in vain computes less than a fifth of a second


# What the partners do: they note what happens, and wait for each other.


def must_be_in_a_child(otherwise: str = "") -> None:
    """To be called first by a partner that the learner has to run in another process."""
    if os.environ.get(REFEREE) == str(os.getpid()):
        otherwise = otherwise or _how_it_ran_here()
        note("ran here", otherwise)  # the learner's code may catch what is raised
        raise RanHere(otherwise)


def _how_it_ran_here() -> str:
    callers = [frame.f_code for frame, _ in traceback.walk_stack(None)]
    if multiprocessing.process.BaseProcess.run.__code__ in callers:
        return RUN
    return RUN_HERE if threading.current_thread() is threading.main_thread() else THREAD


def no_limit_is_enough() -> None:
    """In the referee, from now on: join(limit) is back at once, as if the child took longer than any limit."""
    join = multiprocessing.process.BaseProcess.join
    if join.__name__ == "join":

        def hasty_join(self, timeout: float | None = None) -> None:
            join(self, timeout and min(timeout, 0.01))

        multiprocessing.process.BaseProcess.join = hasty_join


def pauses_are_short() -> None:
    """In the referee's main thread, from now on: time.sleep() is over at once, as if all others took longer.

    To be called before the learner's file is imported, which may do `from time import sleep`.
    """
    sleep, referee = time.sleep, os.getpid()

    def nap(seconds: float) -> None:
        mine = os.getpid() == referee and threading.current_thread() is threading.main_thread()
        sleep(min(seconds, 0.01) if mine else seconds)

    time.sleep = nap


cut: list[float] = []  # the limits, in seconds, that were cut short in this case


def waits_are_short() -> None:
    """In this process, but not in the judge's thread, from now on: waiting with a limit is over soon.

    Whoever waits for the end of a pipe, a thread, a future, an event or a result does it by one of these four. To be
    called as early as `pauses_are_short`.
    """
    import selectors
    from multiprocessing import connection

    here = os.getpid()
    judge = threading.current_thread() if os.environ[REFEREE] == str(here) else None

    def shortened(wait: Callable) -> Callable:
        def hasty(what: object, timeout: float | None = None) -> object:
            if timeout and timeout > 0.1 and threading.current_thread() is not judge and os.getpid() == here:
                cut.append(timeout)
                timeout = 0.02
            return wait(what, timeout)

        return hasty

    connection.wait = shortened(connection.wait)
    selectors.DefaultSelector.select = shortened(selectors.DefaultSelector.select)
    threading.Condition.wait = shortened(threading.Condition.wait)
    threading.Thread.join = shortened(threading.Thread.join)


def kill_is_quick() -> None:
    """In the referee, from now on: kill() is back when the child is dead, as it may be."""
    kill = multiprocessing.process.BaseProcess.kill

    def quick_kill(self) -> None:
        kill(self)
        wait_until(lambda: is_gone(self.pid), 2)

    multiprocessing.process.BaseProcess.kill = quick_kill


def no_traceback() -> None:
    """From now on this child prints no traceback: what it raises is the judge's doing, and would puzzle the learner."""
    sys.stderr = open(os.devnull, "w")  # noqa: SIM115


def note(what: str, text: str = "") -> None:
    """Leave a note, with a text if there is more to say; all processes of the check can see it."""
    folder, unique = Path(os.environ[NOTES]), os.urandom(16).hex()
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


def wait_for(what: str, times: int = 1) -> None:
    """Wait until the judge has noted this, so many times; for a minute at most.

    Seldom looked for: who waits must not seem to work, see `Call.reaches`.
    """
    wait_until(lambda: noted(what) >= times, 60, 0.05)


def wait_until(condition: Callable[[], object], seconds: float, pause: float = 0.005) -> bool:
    """Wait until the condition is true, for so many seconds at most; return whether it is.

    pause  seconds between two looks
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


# What a judge sees of the learner's file.


class Learner:
    """What a judge sees of the learner's file."""

    def __init__(self, module: str, record: Path):
        self.name, self.record = module, record
        self.tried: list[tuple[str, str, float]] = []  # what, the hint, and when it began
        self.calls: SimpleQueue[Call] = SimpleQueue()

    def serve(self) -> None:
        """In the main thread: run each call of the learner's code that the judge asks for."""
        while True:
            self.calls.get().run()

    def trying(self, what: str, hint: str = "") -> None:
        """Record what comes now, for the verdict in case that it never comes back."""
        self.tried.append((what, hint, time.monotonic()))
        self.keep(tried=self.tried)

    def keep(self, **record: object) -> None:
        """Put a record in place of the one before, in one step."""
        new = self.record.with_suffix(".new")
        new.write_text(json.dumps(record), encoding="utf-8")
        os.replace(new, self.record)

    def source(self) -> str:
        """The text of the learner's file. Raises Wrong if it is missing or not text."""
        import tokenize

        file = Path(f"{self.name}.py")
        if not file.exists():
            raise Wrong(f"there is no {file} yet. Run the cell above that begins with %%writefile.")
        try:
            with tokenize.open(file) as lines:
                return lines.read()
        except (UnicodeDecodeError, SyntaxError) as error:
            raise Wrong(f"{file} is not text in UTF-8 ({describe(error)}). Hint: save it with that encoding.") from None

    def module(self) -> ModuleType:
        """Import the learner's file. Raises Wrong if it is missing or can't be imported."""
        file, _ = f"{self.name}.py", self.source()
        if self.name in sys.modules:
            return sys.modules[self.name]
        self.trying(f"importing {file}", "A module that is imported should only define functions.")
        call = self.begin_call(Call(importlib.import_module, (self.name,), f"importing {file}", "", file))
        call.wait()
        if isinstance(call.error, SyntaxError) and (call.error.filename or file).endswith(file):
            raise Wrong(f"{file} has a syntax error in line {call.error.lineno}: {call.error.msg}.")
        return call.result()

    def function(self, name: str, arguments: int) -> Callable:
        """Return a function of the learner's file. Raises Wrong unless it takes so many arguments and is not empty."""
        import inspect

        function = getattr(self.module(), name, None)
        if not callable(function):
            raise Wrong(f"{self.name}.py has no function {name}.")
        try:
            inspect.signature(function).bind(*[None] * arguments)
        except TypeError:
            raise Wrong(f"{name} is called with {arguments} argument{'s' * (arguments != 1)}, but can't be.") from None
        if is_empty(self.source(), name):
            raise Wrong(f"{name} is still empty. Write it in the cell above, run that cell, then this one.")
        return function

    def run(self, function: str, case: Case) -> "Call":
        """Call a function, named as in the task, as a case says; return the call, back or beyond its time."""
        name = function.partition("(")[0]
        self.source()
        found = case.instead or self.function(name, len(case.arguments))
        said = case.said or _called(name, case.arguments)
        if case.before:
            before = self.begin_call(Call(case.before, (), "", "", ""))
            before.wait()
            if before.error:  # it is the judge's own
                raise before.error
        self.trying(said, case.hint)
        call = self.begin_call(Call(found, case.arguments, said, case.hint, f"{self.name}.py", case))
        try:
            if case.meanwhile:
                case.meanwhile(call)
            call.wait(PATIENCE if case.meanwhile else None)
        except Stuck:
            pass
        call.stands = "" if call.back else call.where()
        return call

    def begin_call(self, call: "Call") -> "Call":
        self.calls.put(call)
        return call


def _called(name: str, arguments: tuple) -> str:
    return f"{name}({', '.join(short(argument) for argument in arguments)})"


class Call:
    """A call of the learner's code, and what came of it."""

    def __init__(self, function: Callable, arguments: tuple, said: str, hint: str, file: str, case: Case | None = None):
        self.function, self.arguments, self.said, self.hint, self.file = function, arguments, said, hint, file
        self.case = case or Case(arguments)
        self.value: object = NOTHING
        self.error: BaseException | None = None
        self.ident: int | None = None  # of the thread in which it runs
        self.stands = ""  # where it stood when nobody waited for it any longer
        self._back = threading.Event()

    def run(self) -> None:
        self.ident = threading.get_ident()
        try:
            self.value = self.function(*self.arguments)
        except BaseException as error:
            self.error = error
        self._back.set()

    @property
    def back(self) -> bool:
        """Whether it has returned or raised."""
        return self._back.is_set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it is back, for so many seconds at most; return whether it is."""
        return self._back.wait(seconds)

    def rests(self, seconds: float) -> bool:
        """Wait until it is back, or has not computed for so many seconds; five times as many at most. Return whether
        it waits for something.

        On a busy machine a program that waits for nothing may need longer than a pause, but is not at rest meanwhile.
        """
        for _ in range(5):
            worked = self._worked()
            if self.wait(seconds) or self._worked() == worked:
                break
        return not self.back

    def _worked(self) -> float:
        """Seconds for which its thread has computed; on macOS and Windows, which do not say, this process."""
        if self.ident is None:
            return 0
        if not hasattr(time, "pthread_getcpuclockid"):
            return round(time.process_time(), 1)  # the judge's own looks take less
        return time.clock_gettime(time.pthread_getcpuclockid(self.ident))

    def until(self, condition: Callable[[], object], seconds: float = float("inf")) -> bool:
        """Wait until the condition is true, but not when the call is back, nor longer; return whether it is."""
        wait_until(lambda: self.back or condition(), seconds, 0.02)
        return bool(condition())

    def reaches(self, condition: Callable[[], object]) -> bool:
        """Like `until`, but not for ever. Raises Stuck when nothing has moved for PATIENCE seconds.

        What moves: a new note, a process that begins, works or ends, and the program while it is starting one.
        """
        seen, since = None, 0.0
        while not wait_until(lambda: self.back or condition(), 0.3, 0.02):
            if seen != (now := _all_moves()) or is_starting_one():
                seen, since = now, time.monotonic()
            elif time.monotonic() - since > PATIENCE:
                raise Stuck
        return bool(condition())

    def is_right(self) -> bool:
        """Whether it gave, or raised, what its case expects."""
        gives = self.case.gives
        if isinstance(gives, Exception):
            return type(self.error) is type(gives) and same(self.error.args, gives.args)
        return self.value is not NOTHING and (gives is ANYTHING or same(self.value, gives))

    def outcome(self) -> str:
        """What came of it, for a sentence."""
        if not self.back:
            return f"did not come back{self.stands and f'; it stood in {self.stands}'}."
        if self.error is not None:
            return f"raised {describe(self.error)}{_in_line(self.error, self.file)}."
        if self.is_right():
            return f"gave {short(self.value)}."
        why = ", like a function without return" if self.value is None else ""
        return f"gave {short(self.value)}{why}; expected was {short(self.case.gives)}."

    def wrong(self, sentence: str) -> Wrong:
        """What to raise, with the sentence of a judge's row."""
        if sentence == self.hint or sentence.startswith("Hint:"):
            sentence = f"{self.outcome()} {sentence}"
        return Wrong(f"{self.said} {sentence}".strip())

    def result(self) -> object:
        """Return what the learner's function gave. Raises Wrong if it raised."""
        if isinstance(self.error, RanHere):
            raise Wrong(f"{self.said} {self.error}")
        if self.error is not None:
            raise Wrong(f"{self.said} {self.outcome()} {self.hint}".strip())
        return None if self.value is NOTHING else self.value

    def _frame(self) -> FrameType | None:
        """Of the learner's file, the innermost function that it is in now."""
        return next((frame for frame in frames(self) if frame.f_code.co_filename.endswith(self.file)), None)

    def where(self) -> str:
        """Where it stands now: "line 7: child.join()", or ""."""
        frame = self._frame()
        return f"line {frame.f_lineno}: {self.line()}" if frame else ""

    def line(self) -> str:
        """The line of the learner's file where it stands now, or ''."""
        frame = self._frame()
        return linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip() if frame else ""


def frames(thread: threading.Thread | Call) -> list[FrameType]:
    """What a thread is in now, the innermost function first."""
    innermost = sys._current_frames().get(thread.ident)
    return [frame for frame, _ in traceback.walk_stack(innermost)] if innermost else []


def is_starting_one() -> bool:
    """Whether a thread is in Process.start(), which waits for the forkserver to begin, too."""
    return any(
        (frame.f_globals.get("__name__"), frame.f_code.co_name) == ("multiprocessing.process", "start")
        for thread in threading.enumerate()
        for frame in frames(thread)
    )


def is_empty(source: str, name: str) -> bool:
    """Whether a function's body is nothing but `...` or `pass`, a docstring and comments."""
    import ast

    functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and node.name == name]
    return bool(functions) and all(
        isinstance(statement, ast.Pass)
        or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
        for statement in functions[-1].body
    )


# Values and exceptions in sentences.


def same(got: object, expected: object) -> bool:
    """Whether they are equal, types included: False is not 0 here, nor [False] [0]. Asks nothing of strange objects."""
    if isinstance(expected, AnyOrder):
        return type(got) is list and same(sorted(got, key=short), sorted(expected, key=short))
    if type(got) is not type(expected):
        return False
    if isinstance(expected, list | tuple):
        return len(got) == len(expected) and all(map(same, got, expected))
    if isinstance(expected, dict):
        return got.keys() == expected.keys() and all(same(got[key], expected[key]) for key in expected)
    return got == expected


def short(value: object) -> str:
    """A value for a sentence: a name or at most 60 characters."""
    try:
        text = getattr(value, "__name__", None) or repr(value)
        return _cut(text, 60)
    except BaseException as error:
        return f"an object of class {type(value).__name__}, whose repr raises {type(error).__name__}"


def describe(error: BaseException) -> str:
    """An exception for a sentence: its type, and its text in one line."""
    try:
        text = " ".join(str(error).split()).rstrip(".")
    except BaseException as another:
        text = f"its text raises {type(another).__name__}"
    return f"{type(error).__name__}: {_cut(text, 120)}" if text else type(error).__name__


def _in_line(error: BaseException, file: str) -> str:
    """Which line of the learner's file an exception has come from."""
    lines = [line for frame, line in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename.endswith(file)]
    return f" in line {lines[-1]}" if file and lines else ""


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 3]}..."
