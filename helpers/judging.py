"""What judges are made of. A judge is a function that calls the learner's code and asserts what must hold:

    def exit_code_of(my: Learner) -> None:
        '''exit_code_of gave the exit code of a child that returns, and of one that exits with 3.'''
        for function, code in ((succeed, 0), (exit_with_3, 3)):
            call = my("exit_code_of", function, gives=code, hint="Return the exitcode of the child.", faster=1000)
            assert call.value is not None, "Hint: exitcode is None until join() has seen the end."
            call.must_be_right()

The first assertion that fails makes the verdict: "Not yet: exit_code_of(succeed) gave None … Hint: …". Its sentence is
a predicate to the call ("left a child running."); if it begins with "Hint:", what came of the call stands before it. Of
a right answer the docstring is said. The learner's code runs in the main thread, as in any program, and the judge
beside it: it has its turn again when the call is back, or when nothing has moved for a while.

How to add an exercise stands in .github/CONTRIBUTING.md.
"""

# Children import this, too: what only the judge needs is imported where it is used.
import contextlib
import functools
import importlib
import io
import json
import multiprocessing.process
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from multiprocessing import connection
from pathlib import Path
from queue import SimpleQueue

from helpers.sentences import describe, say, short, translated

NOTES, JUDGE = "HELPERS_NOTES", "HELPERS_JUDGE"  # environment variables: the folder of the notes, the judge's process
QUICK = 0.25  # seconds in which that process starts where nothing else is going on; 0.16 were measured
PATIENCE = 1.5  # seconds for a call in which nothing moves, where nothing else is going on: no pause is longer
NOTHING, ANYTHING = object(), object()  # what a call gave that is not back, or raised; what a call may give
HERE = {
    "thread": "ran the function in a thread of the program itself, and not in a child. Hint: Process, not Thread.",
    "run": "ran the function here, in the program itself. Hint: start() runs it in a child; run() is what that child "
    "does.",
    "call": "ran the function here, in the program itself, and not in a child. Hint: target=function hands it over, "
    "target=function() calls it at once.",
}


# What runs in children.

pause = time.sleep  # of these functions: however fast time runs for the learner's code, it lasts as long as it says


class RanHere(BaseException):
    pass


def in_a_child(function: Callable | None = None, *, otherwise: str = "") -> Callable:
    """Decorates what must run in a child: there it notes "begun"; here it raises, and `otherwise` is the verdict."""
    if function is None:
        return functools.partial(in_a_child, otherwise=otherwise)

    @functools.wraps(function)
    def begin(*arguments: object, **named: object) -> object:
        if os.environ[JUDGE] == str(os.getpid()):
            callers = [frame.f_code for frame, _ in traceback.walk_stack(sys._getframe())]
            how = "call" if threading.current_thread() is threading.main_thread() else "thread"
            how = "run" if multiprocessing.process.BaseProcess.run.__code__ in callers else how
            note("here", otherwise or HERE[how])  # the learner's code may catch what is raised
            raise RanHere
        note("begun")
        return function(*arguments, **named)

    return begin


def no_traceback() -> None:
    """For a child that raises on purpose: its traceback would puzzle the learner."""
    sys.stderr = io.StringIO()


def note(what: str, text: str = "") -> None:
    """Leave a note, with a text if there is more to say; all processes of the check can see it."""
    new = Path(os.environ[NOTES], f".{os.urandom(8).hex()}")
    new.write_text(text, encoding="utf-8")
    new.rename(new.with_name(f"{what} {new.name}"))  # so nobody sees half a text


def told(what: str) -> list[str]:
    """The texts of all notes of this name, in no order."""
    return [path.read_text(encoding="utf-8") for path in Path(os.environ[NOTES]).glob(f"{what} .*")]


def noted(what: str) -> int:
    """How many notes of this name there are. Cheap: who waits for one must not seem to work."""
    return sum(name.startswith(f"{what} .") for name in os.listdir(os.environ[NOTES]))


def wait_until(condition: Callable[[], object], seconds: float = 60) -> bool:
    """Wait for a note, say; return whether it came. Looks ever more seldom."""
    began = time.monotonic()
    while not (holds := condition()) and (waited := time.monotonic() - began) < seconds:
        pause(min(0.1, 0.02 + waited / 20))
    return bool(holds)


# How time runs for the learner's code.


class Time:
    slowness = 1.0  # so many times as long this process needed to start as where nothing else is going on; 3 at most
    faster, process = 1.0, 0  # so many times as fast in this process, but for the judge
    limits: list[float] = []  # noqa: RUF012  seconds that the learner's code wanted to wait at most, since the call
    inside = threading.local()


def run_time(faster: float) -> None:
    """From now on in this process waits with a limit are over so many times as fast; clocks of the learner's agree."""
    Time.faster, Time.process, Time.limits = faster, os.getpid(), []


def _is_fast() -> bool:
    return Time.faster != 1 and Time.process == os.getpid() and threading.current_thread().name != "judge"


def _fast_wait(wait: Callable, place: int) -> Callable:
    """The same function, whose limit stands at this place or is called timeout, and is over sooner."""

    @functools.wraps(wait)  # with its names: so it can be pickled, as a target for example
    def fast_wait(*arguments, **named):
        limit = named.get("timeout", arguments[place] if len(arguments) > place else None)
        if not _is_fast() or not isinstance(limit, int | float) or limit <= 0 or hasattr(Time.inside, "wait"):
            return wait(*arguments, **named)
        if "_finalize_manager" in [frame.f_code.co_name for frame, _ in traceback.walk_stack(sys._getframe())]:
            return wait(*arguments, **named)  # that limit is multiprocessing's own
        Time.limits.append(limit)
        shorter = max(limit / Time.faster, 0.001)
        Time.inside.wait = True  # one may wait by another
        try:
            if "timeout" in named:
                return wait(*arguments, **{**named, "timeout": shorter})
            return wait(*arguments[:place], shorter, *arguments[place + 1 :], **named)
        finally:
            del Time.inside.wait

    return fast_wait


def _fast_clock(clock: Callable[[], float]) -> Callable[[], float]:
    start = clock()

    @functools.wraps(clock)
    def fast_clock() -> float:
        mine = sys._getframe(1).f_globals.get("__name__", "").startswith("my_")
        return start + (clock() - start) * Time.faster if mine and _is_fast() else clock()

    return fast_clock


def prepare_time() -> None:
    """To be called before the learner's file is imported, which may do `from time import sleep`."""
    import selectors
    from multiprocessing import synchronize

    process = multiprocessing.process.BaseProcess
    for owner, name, place in (
        (time, "sleep", 0),
        (connection, "wait", 1),
        (process, "join", 1),
        (threading.Thread, "join", 1),
        (selectors.DefaultSelector, "select", 1),
        (threading.Condition, "wait", 1),
        (synchronize.Condition, "wait", 1),
    ):
        setattr(owner, name, _fast_wait(getattr(owner, name), place))
    for name in ("monotonic", "perf_counter", "time"):
        setattr(time, name, _fast_clock(getattr(time, name)))


# What is there.


def left() -> list:
    """The processes that the learner's code has started and that are there, zombies too."""
    import psutil

    servers = ("resource_tracker", "_resource_tracker", "_pid"), ("forkserver", "_forkserver", "_forkserver_pid")
    own = [getattr(getattr(sys.modules.get(f"multiprocessing.{m}"), server, 0), pid, 0) for m, server, pid in servers]
    children = psutil.Process(int(os.environ[JUDGE])).children(recursive=True)
    return [child for child in children if child.pid not in own]


def is_gone(pid: int) -> bool:
    """Whether a process has ended, joined or not. (is_alive() would take its exit code away from who joins it.)"""
    import psutil

    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def moves() -> list:
    """What differs if something has moved: a note came, a process began, worked or ended."""
    import psutil

    found: list = [len(os.listdir(os.environ[NOTES]))]
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            found.append((child.pid, is_gone(child.pid), int(10 * sum(child.cpu_times()[:2]))))
    return found


def crowd() -> float:
    """How many times as long everything takes now: 1 if a core has been idle since the last call; else 3 to 6."""
    import psutil

    if psutil.cpu_percent() <= 90:
        return 1
    try:
        return min(6, max(3, psutil.getloadavg()[0] / os.cpu_count()))
    except RuntimeError:  # Windows, where performance counters are switched off
        return 6


def patience() -> float:
    """Seconds for a call in which nothing moves: on a busy machine a process that begins may not move for long."""
    busy = max(Time.slowness, crowd())
    return PATIENCE * (2 * busy if busy > 1.5 else 1) / min(1, Time.faster)


# The learner's file, and the calls of it.


class Call:
    """A call of the learner's code, and what came of it.

    value   what it gave; NOTHING if it raised, or is not back
    error   what it raised
    back    whether it has returned or raised
    stands  "line 7: child.join()", where it stood when nobody waited for it any longer
    limits  seconds that it wanted to wait at most, one for each wait, in a call with faster=
    """

    def __init__(self, function: Callable, arguments: tuple, file: str, said: str, hint: str = "", gives=ANYTHING):
        self.function, self.arguments, self.file = function, arguments, file
        self.said, self.hint, self.expected = said, hint, gives
        self.value, self.error, self.back, self.stands, self.limits = NOTHING, None, False, "", Time.limits
        self._back = threading.Event()

    def run(self) -> None:
        try:
            self.value = self.function(*self.arguments)
        except BaseException as error:
            self.error = error
        self._back.set()

    def wait(self, until: Callable[[], object] = lambda: False, seconds: float = float("inf")) -> bool:
        """Wait until it is back, the condition holds, or nothing has moved for long; for so many seconds at most.

        Returns whether the condition holds. Raises what is to be said if a function ran here that belongs in a child.
        """
        seen, since = moves(), time.monotonic()
        deadline, look = since + seconds, since
        while not (self._back.wait(0.01) or until() or noted("here")) and (now := time.monotonic()) < deadline:
            if now > look:
                seen, before, look = moves(), seen, now + 0.2
                since = now if seen != before else since
                if now - since > patience():
                    break
        self.back = self._back.is_set()
        self.stands = "" if self.back else self._line()
        for how in told("here"):
            raise AssertionError(how)
        return bool(until())

    def _line(self) -> str:
        for frame, line in traceback.walk_stack(sys._current_frames()[threading.main_thread().ident]):
            if frame.f_code.co_filename.endswith(self.file):
                code = Path(self.file).read_text("utf-8").splitlines()[line - 1].strip()
                return say("line {line}: {code}", line=line, code=code)
        return ""

    def raised(self, words: str) -> bool:
        """Whether it raised something whose type or text has these words."""
        return self.error is not None and words in describe(self.error)

    def is_right(self) -> bool:
        """Whether it is back with what was expected, types included."""
        fits = self.expected is ANYTHING or same(self.value, self.expected)
        return self.back and self.error is None and fits

    def must_be_right(self) -> None:
        """What every judge asks last: it is back, with what was expected, and no process is left."""
        assert self.is_right(), (self.outcome(), self.hint)
        deadline = time.monotonic() + 0.3 * Time.slowness
        while (there := left()) and time.monotonic() < deadline:  # one that was killed takes a moment to die
            pause(0.02)
        children = "a child" if len(there) == 1 else say("{count} children", count=len(there))
        running = say("left {children} running.", children=(children,))
        zombie = say("left a zombie: {children} not joined. Hint: join() comes last.", children=(children,))
        assert not there, (zombie if all(is_gone(each.pid) for each in there) else running, self.hint)

    def outcome(self) -> object:
        """What came of it, for a sentence."""
        if not self.back:
            where = say("did not come back; it stood in {line}.", line=self.stands)
            return where if self.stands else "did not come back."
        if self.error is not None:
            stack = traceback.walk_tb(self.error.__traceback__)
            lines = [line for frame, line in stack if frame.f_code.co_filename.endswith(self.file)]
            if not lines:
                return say("raised {error}.", error=describe(self.error))
            return say("raised {error} in line {line}.", error=describe(self.error), line=lines[-1])
        values = {"got": short(self.value), "expected": short(self.expected)}
        if self.is_right():
            return say("gave {got}.", **values)
        if self.value is None:
            return say("gave None, like a function without return; expected was {expected}.", **values)
        lists = type(self.value) is list and isinstance(self.expected, list)
        sizes = {"size": len(self.value), "right": len(self.expected)} if lists else {}
        if values["got"] == values["expected"] and len({*sizes.values()}) == 2:
            return say("gave {got} with {size} items; expected was one with {right}.", **values, **sizes)
        return say("gave {got}; expected was {expected}.", **values)


class Refused(Exception):
    """What is wrong with the file as a whole: a sentence, or several in a tuple."""


def refuse_unless(holds: object, sentence: str) -> None:
    if not holds:
        raise Refused(sentence)


class Learner:
    """The learner's file: `my("exit_code_of", succeed)` calls a function of it."""

    def __init__(self, name: str):
        self.file, self.name = f"{name}.py", name
        self.calls: SimpleQueue[Call] = SimpleQueue()
        self.now: Call | None = None  # the latest call

    def serve(self) -> None:
        """In the main thread: make the calls that the judge asks for."""
        while True:
            self.calls.get().run()

    def __call__(self, function: str | Callable, *arguments: object, **more) -> Call:
        """Like `begin`, and wait until the call is back, or nothing moves."""
        call = self.begin(function, *arguments, **more)
        call.wait()
        return call

    def begin(
        self, function: str | Callable, *arguments: object, said: str = "", faster: float = 1, forget=True, **more
    ) -> Call:
        """Call a function of the file, or another one in its place; return the call, which may still run.

        said    how to name the call in a sentence
        faster  how many times as fast time runs for the learner's code: with 1000, no limit is long enough
        forget  whether the notes so far are removed
        more    what it `gives`, and a `hint` for the sentence if it does not
        """
        self.source()
        name = function if isinstance(function, str) else function.__name__
        found = self.function(name, len(arguments)) if isinstance(function, str) else function
        for path in Path(os.environ[NOTES]).glob("[!.]*") if forget else ():
            path.unlink()
        said = said or f"{name}({', '.join(map(short, arguments))})"
        run_time(faster)
        return self._begin(Call(found, arguments, self.file, said, **more))

    def _begin(self, call: Call) -> Call:
        keep(trying=translated(call.said), hint=translated(call.hint))
        self.now = call
        self.calls.put(call)
        return call

    @functools.cache  # noqa: B019
    def source(self) -> str:
        import tokenize

        missing = "there is no {file} yet. Run the cell above that begins with %%writefile."
        refuse_unless(Path(self.file).exists(), say(missing, file=self.file))
        refuse_unless(Path(self.file).is_file(), say("{file} is a folder. Give it another name.", file=self.file))
        try:
            with tokenize.open(self.file) as lines:
                return lines.read()
        except (UnicodeDecodeError, SyntaxError) as error:
            sentence = "{file} is not text in UTF-8 ({error}). Hint: save it with that encoding."
            raise Refused(say(sentence, file=self.file, error=describe(error))) from None

    @functools.cache  # noqa: B019
    def _module(self):
        self.source()
        hint = "A module that is imported should only define functions."
        said = say("importing {file}", file=self.file)
        call = self._begin(Call(importlib.import_module, (self.name,), self.file, said, hint))
        call.wait(seconds=60)
        if isinstance(error := call.error, SyntaxError) and (error.filename or self.file).endswith(self.file):
            sentence = "{file} has a syntax error in line {line}: {error}."
            raise Refused(say(sentence, file=self.file, line=error.lineno, error=error.msg))
        assert call.is_right(), (call.outcome(), hint)
        return call.value

    @functools.cache  # noqa: B019
    def function(self, name: str, arguments: int) -> Callable:
        import ast
        import inspect

        function = getattr(self._module(), name, None)
        refuse_unless(callable(function), say("{file} has no function {name}.", file=self.file, name=name))
        sentence = "{name} is an async function. Hint: write def, without async."
        refuse_unless(not inspect.iscoroutinefunction(function), say(sentence, name=name))
        try:
            inspect.signature(function).bind(*[None] * arguments)
        except TypeError:
            sentence = "{name} is called with {count} arguments, but can't be."
            sentence = sentence if arguments != 1 else "{name} is called with 1 argument, but can't be."
            raise Refused(say(sentence, name=name, count=arguments)) from None
        bodies = [node.body for node in ast.parse(self.source()).body if getattr(node, "name", "") == name]
        body = map(ast.unparse, bodies[-1]) if bodies else ["made elsewhere"]
        written = [line for line in body if line not in ("...", "pass") and line[0] not in "'\""]
        empty = "{name} is still empty. Write it in the cell above, run that cell, then this one."
        refuse_unless(written, say(empty, name=name))
        return function


# Values.


class AnyOrder(list):
    """Expected is a list of these, in any order."""


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


# The process.


def keep(**record: object) -> None:
    """Put a record for the notebook in place of the one before, in one step."""
    new = Path(os.environ[NOTES]).with_name("new")
    new.write_text(json.dumps({**record, "slowness": Time.slowness}), encoding="utf-8")
    os.replace(new, new.with_name("record"))


def judged(judge: Callable[[Learner], None], my: Learner) -> str:
    """The verdict."""
    try:
        judge(my)
        return translated(say("Right: {what}", what=(" ".join(judge.__doc__.split()),)))
    except Refused as refused:
        return translated(say("Not yet: {what}", what=refused.args))
    except AssertionError as wrong:
        if not wrong.args or my.now is None:  # it is none of a judge's
            return _failed()
        first = wrong.args
        while isinstance(first, tuple):
            first = first[0]
        outcome = my.now.outcome() if first.startswith("Hint:") else ""
        return translated(say("Not yet: {what}", what=(my.now.said, outcome, wrong.args)))
    except Exception:
        return _failed()


def _failed() -> str:
    sentence = "The check itself failed, and does not know whether you are right: {traceback}"
    return translated(say(sentence, traceback=traceback.format_exc()))


def main(lesson: str, number: str, folder: str, began: str) -> None:
    """What the process does that `check` starts; it never returns."""
    Time.slowness = min(3.0, max(1.0, (time.time() - float(began)) / QUICK))
    os.environ |= {NOTES: str(Path(folder, "notes")), JUDGE: str(os.getpid())}
    os.mkdir(os.environ[NOTES])
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a kernel's parent may ignore it
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True, errors="replace")  # so that all is there if it is ended
    sys.path.append(os.getcwd())  # behind all others: a random.py of the learner's hides nothing here
    prepare_time()
    judge = importlib.import_module(f"helpers.judges.{lesson}").JUDGES[int(number)]
    my = Learner(f"my_{lesson}_{number}")
    keep(trying=translated("the check"), hint="")

    def decide() -> None:
        said = judged(judge, my)
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()
        keep(verdict=said)
        os._exit(0)  # without waiting for what the learner's code may have left running

    threading.Thread(target=decide, name="judge").start()
    my.serve()
