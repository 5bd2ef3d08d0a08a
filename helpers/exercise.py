"""`check`: the verdict on an exercise, whatever the learner wrote.

    notebook                         warden (Linux)        referee: main thread, and the judge's thread
    check("process", 1) -----------> starts the referee -> imports my_process_1.py, calls it as the judge says
      then waits 8 s at most* <--------------------------- records what it is trying
      ends all that is left          keeps what falls      records the verdict, if it comes to that
      prints one sentence            from its parent

* On a busy machine up to 24 s, see `fair`.

The learner's code may loop, exit, crash, print without end or ignore signals: that ends the referee, never the
notebook, and what it was trying then makes the sentence. Its last lines of output come below. The learner's folder is
searched last for modules, so that a random.py in it hides nothing here; the verdict names such a file, for it is in the
way of the learner's own programs.

What is left is found by a mark in its environment, and as a child of the referee. On Linux a process that has neither
(an empty environment, and a parent that has ended) falls to the warden, and is found too; elsewhere it stays, as does
on macOS an orphan that is one of Apple's own programs, whose environment cannot be read.

**How a judge is written.** It stands in helpers/exercises, a module for each lesson, and is a `Judge` (helpers/judge.py
has the words used here; helpers/exercises/process.py is the example to copy).

1. Read the task's words only, and write one `Case` for each thing they allow: values that are false, None or equal,
   both roles swapped, a slow partner, none, one and several. What you demand and they do not say, add to the task.
2. Write the partners: small functions at the top of the module that first call `must_be_in_a_child()`, then `note` what
   they get and that they are there, and then wait for a note of the judge. They never guess how long another one needs.
3. Let `meanwhile` conduct them: `run.reaches(condition)` waits for notes, `note` lets the next one go. A pause may only
   give a wrong answer the time to show that it is wrong; a right one must come through however slow the machine is.
   Where the task says "however long", `no_limit_is_enough`, `waits_are_short` and `pauses_are_short` cut the limits and
   pauses of the learner's code short, so that it must not count on them.
4. In `must`, list what has to hold of what was noted and what came back, most special first, each with the sentence for
   when it does not. What every call must do is in `Judge.common`: come back, not raise, give what the case says, and
   leave no process. Look at processes with `left()` and `is_gone(pid)`, never with is_alive() or exitcode.
5. Put the wrong answers, each with its hint, in tests/wrong_answers, and five right ones that differ in kind from the
   solution in tests/right_answers.
6. Measure: `python tests/answers.py mutants process --only 4` (it needs `pip install 'cosmic-ray>=8,<9'`) lists the
   changes of the solution that are still "Right": add a case, or put the change in tests/same_answers with the reason.
   `python tests/answers.py right process --only 4` tries each right answer five times under each start method; with
   `--busy` while all cores compute.
"""

import contextlib
import importlib
import json
import os
import pkgutil
import re
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

import helpers.judge
from helpers.judge import NOTES, REFEREE, Learner, Wrong, wait_until

LIMIT = 8.0  # seconds for the learner's code; where nothing else is going on, an answer comes within 10
START = 30.0  # seconds for the referee to start: on a busy machine that is not the learner's fault
QUICK = 0.25  # seconds that its start takes at most where nothing else is going on; 0.16 were measured
MARK = "HELPERS_CHECK"  # an environment variable, by which each process of a check is found again
ROOT = Path(__file__).parent.parent
START_REFEREE = f"""
import sys
sys.path.append({str(ROOT)!r})
from helpers.exercise import referee
referee(*sys.argv[1:])
"""
HIDES = (sys.stdlib_module_names - {"antigravity", "test", "this"}) | {"helpers", "psutil"}  # if a file is called so
LINES, WIDTH = 3, 80  # of the output, what comes with the verdict


def check(lesson: str, number: int) -> None:
    """Print the verdict on an exercise: `check("process", 1)` tries what stands in my_process_1.py."""
    print(verdict(lesson, number))


def verdict(lesson: str, number: int, folder: str | Path = ".", limit: float = LIMIT) -> str:
    """Return the verdict on an exercise.

    lesson, number  which exercise
    folder          where the learner's file is
    limit           seconds after which the learner's code is ended; more on a busy machine, see `fair`

    Raises ValueError if there is no such exercise.
    """
    judges = _judges(lesson)
    if number not in judges:
        raise ValueError(f"no exercise {number} in lesson {lesson}; there are 1 to {len(judges)}")
    mark = uuid.uuid4().hex
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as box:
        record, ended, notes = Path(box, "record"), Path(box, "ended"), Path(box, "notes")
        notes.mkdir()
        own = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), box)  # who is killed leaves its temporary files there
        own |= {MARK: mark, NOTES: str(notes), "PYTHONSAFEPATH": "1"}
        if os.name == "nt":  # where a pipe has a code page, which `printed` could not read
            own["PYTHONIOENCODING"] = "utf-8"
        own["PYTHONWARNINGS"] = ",".join(filter(None, [os.environ.get("PYTHONWARNINGS"), "ignore:resource_tracker"]))
        process = subprocess.Popen(
            [sys.executable, "-c", START_REFEREE, lesson, str(number), str(record), str(ended), str(time.time())],
            cwd=folder,
            env={**os.environ, **own},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        printed = _Printed(process.stdout)

        def code() -> int | None:
            """The referee's exit code, when it has ended."""
            warden = process.poll()  # first, because it ends last
            return int(ended.read_text()) if ended.exists() else warden

        began = time.monotonic()
        try:
            wait_until(lambda: record.exists() or code() is not None, START)
            started = time.monotonic()
            patience = fair(limit, started - began)
            if not wait_until(lambda: code() is not None, patience):  # perhaps the machine is busy only now
                patience = max(patience, fair(limit, _start_again(lesson)))
                wait_until(lambda: code() is not None, started + patience - time.monotonic())
            ended_with, now = code(), time.monotonic()
        finally:
            _end_all(mark, process.pid)
            process.kill()  # as a rule it has ended; waiting for it must not depend on that
            process.wait()
        recorded = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    said = recorded.get("said") or f"Not yet: {_why_ended(recorded.get('tried', []), ended_with, patience, now)}"
    return said + _in_the_way(Path(folder)) + printed.at_last()


def fair(limit: float, started: float) -> float:
    """The limit in seconds for a referee whose start took so many.

    A machine that is slow, or busy with other things, makes a right answer as slow as that: up to three times.
    """
    return round(limit * min(3.0, max(1.0, started / QUICK)), 1)


def _start_again(lesson: str) -> float:
    """How many seconds it takes now to start as the referee does."""
    began = time.monotonic()
    code = f"import sys; sys.path.append({str(ROOT)!r}); import helpers.exercise, helpers.exercises.{lesson}"
    subprocess.run([sys.executable, "-c", code], stdin=subprocess.DEVNULL, check=False)
    return time.monotonic() - began


def _why_ended(tried: list, code: int | None, limit: float, now: float) -> Wrong:
    """Why there is no verdict; when the time is up, the call that took most of it is to blame."""
    if not tried:
        return _too_long("the check", limit, "") if code is None else _died("the check", code, "")
    what, hint, _ = tried[-1]
    if code is not None:
        return _died(what, code, hint)
    ends = [*(began for *_, began in tried[1:]), now]
    took, blamed = max((end - began, number) for number, (end, (*_, began)) in enumerate(zip(ends, tried, strict=True)))
    if blamed < len(tried) - 1 and took > limit / 2:
        return Wrong(f"{tried[blamed][0]} took {took:.1f} of the {limit:g} seconds for all. {tried[blamed][1]}".strip())
    return _too_long(what, limit, hint)


def _too_long(said: str, seconds: float, hint: str) -> Wrong:
    """The verdict on a call that has taken too long."""
    return Wrong(f"{said} had not come to its end after {seconds:g} seconds, and was ended. {hint}".strip())


def _died(said: str, code: int, hint: str) -> Wrong:
    """The verdict on a call that has ended its process, with this exit code, negative for a signal."""
    how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
    return Wrong(f"{said} ended its whole process, with {how}. {hint}".strip())


def _judges(lesson: str) -> dict[int, Callable[[Learner], str]]:
    from helpers import exercises

    lessons = sorted(module.name for module in pkgutil.iter_modules(exercises.__path__))
    if lesson not in lessons:
        raise ValueError(f"no lesson {lesson!r}; there are: {', '.join(lessons)}")
    return importlib.import_module(f"helpers.exercises.{lesson}").JUDGES


def _in_the_way(folder: Path) -> str:
    """Names the files beside the notebook that hide a module from the learner's own programs."""
    names = {path.name.removesuffix(".py"): path.name for path in folder.glob("*.py")}
    names |= {path.parent.name: f"{path.parent.name}/" for path in folder.glob("*/__init__.py")}
    found = [name for module, name in sorted(names.items()) if module in HIDES]
    if not found:
        return ""
    return f"\nIn your way: {', '.join(found)}, which a program here imports instead of Python's own. Rename it."


class _Printed(threading.Thread):
    """Reads what is printed, so that it can't fill a pipe or the notebook, and keeps the end of it."""

    KEPT = 10_000  # bytes

    def __init__(self, stream):
        super().__init__(daemon=True)
        self.stream, self.end, self.cut = stream, b"", False
        self.start()

    def run(self) -> None:
        while chunk := self.stream.read1(1 << 16):
            self.cut |= len(self.end) + len(chunk) > self.KEPT
            self.end = (self.end + chunk)[-self.KEPT :]

    def at_last(self) -> str:
        """The last lines, to be put below a verdict; of a traceback only what it says. '' if nothing was printed."""
        self.join(1)
        text = self.end.decode(errors="replace").replace("\r\n", "\n")
        text = re.sub(r"^Traceback \(most recent call last\):\n(?:[ \t].*\n|\n)*", "", text, flags=re.MULTILINE)
        lines = [line.rstrip() for line in text.splitlines() if line.strip()]
        more = self.cut or len(lines) > LINES
        if not lines:
            return ""
        shown = ["".join(c if c.isprintable() else " " for c in line[:WIDTH]) for line in lines[-LINES:]]
        return "\n    ".join([f"\nWhat was printed{', at last' if more else ''}:", *shown])


def _end_all(mark: str, first: int | None = None) -> None:
    """Kill every process that carries the mark or descends from the first one, however it was started.

    Resource trackers are spared at first: when all others are gone, they unlink the semaphores and blocks of shared
    memory that are left, and end.
    """
    # One may start another while it is being found.
    wait_until(lambda: _killed(_left(mark, first, but="resource_tracker import")), 5)
    if not wait_until(lambda: not _left(mark, first), 1):
        wait_until(lambda: _killed(_left(mark, first)), 5)


def _left(mark: str, first: int | None, but: str | None = None) -> list:
    """The processes that carry the mark or descend from the first, without those with a word in their command.

    On Linux the first is the warden, which is spared: it ends by itself when all others have.
    """
    import psutil

    spared = first if sys.platform == "linux" else None
    descendants = []
    with contextlib.suppress(psutil.Error):
        descendants = psutil.Process(first).children(recursive=True) if first else []
    found = []
    for process in {*psutil.process_iter(), *descendants}:
        with contextlib.suppress(psutil.Error):
            if spared and process.pid == spared:
                continue
            if process not in descendants and process.environ().get(MARK) != mark:
                continue
            if process.status() == psutil.STATUS_ZOMBIE:  # asked last: on Windows it takes long
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


def referee(lesson: str, number: str, record: str, ended: str, began: str) -> None:
    """What the process does that tries the learner's code; it never returns."""
    _keep_a_warden(Path(ended))
    os.environ[REFEREE] = str(os.getpid())
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True, errors="replace")  # so that all is there if it is ended
    judge = _judges(lesson)[int(number)]
    sys.path.append(os.getcwd())  # behind all others
    learner = Learner(f"my_{lesson}_{number}", Path(record))
    helpers.judge.PATIENCE = fair(helpers.judge.PATIENCE, time.time() - float(began))
    threading.Thread(target=_decide, args=(judge, learner)).start()
    learner.serve()


def _decide(judge: Callable[[Learner], str], learner: Learner) -> None:
    try:
        said = f"Right: {judge(learner)}"
    except Wrong as wrong:
        said = f"Not yet: {wrong}"
    except Exception:
        said = f"The check itself failed, and does not know whether you are right: {traceback.format_exc()}"
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    learner.keep(said=said)
    os._exit(0)  # without waiting for what the learner's code may have left running


def _keep_a_warden(ended: Path) -> None:
    """Linux: go on in a child, and stay above it as a warden: the process to which its orphans fall.

    The warden writes down the child's exit code, and ends when nothing is left below it.
    """
    if sys.platform != "linux":
        return
    import ctypes

    set_child_subreaper = 36  # linux/prctl.h
    if ctypes.CDLL(None).prctl(set_child_subreaper, 1, 0, 0, 0):
        return
    child = os.fork()
    if child == 0:
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Jupyter interrupts the whole group; the notebook ends all then
    with contextlib.suppress(ChildProcessError):  # none is left
        while True:
            pid, status = os.wait()
            if pid == child:
                new = ended.with_suffix(".new")
                new.write_text(str(os.waitstatus_to_exitcode(status)))
                new.rename(ended)
    os._exit(0)
