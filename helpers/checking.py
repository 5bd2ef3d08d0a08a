"""`check`: the verdict on an exercise, whatever the learner wrote.

    notebook                              a process of its own: helpers/judging.py
    check("process", 1) ----------------> a judge calls what stands in my_process_1.py
      waits for the verdict, 8 s at most* <- writes down what is being tried, and at last the verdict
      kills all that is left
      prints one sentence

* On a busy machine up to 48 s: as many times longer as that process needed to start (3 at most); and while no core is
idle, three to six times as long, by the load.

The learner's code may loop, exit, crash, print without end or ignore signals: that ends its process, never the
notebook, and what was being tried then makes the sentence. Its last lines of output come below. What is left is found
by a mark in its environment.
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
import uuid
from pathlib import Path

from helpers import judges
from helpers.judging import crowd
from helpers.sentences import say, translated

LIMIT = 8.0  # seconds for the learner's code; where nothing else is going on, an answer comes within 10
START = 30.0  # seconds for the process to start: on a busy machine that is not the learner's fault
MARK = "HELPERS_CHECK"  # an environment variable, by which each process of a check is found again
ROOT = Path(__file__).parent.parent
HIDES = (sys.stdlib_module_names - {"antigravity", "test", "this"}) | {"helpers", "psutil"}  # if a file is called so
LINES, WIDTH = 3, 80  # of the output, what comes with the verdict


def check(lesson: str, number: int) -> None:
    """Print the verdict on an exercise: `check("process", 1)` tries what stands in my_process_1.py."""
    print(verdict(lesson, number))


def verdict(lesson: str, number: int, folder: str | Path = ".", limit: float = LIMIT) -> str:
    """Return the verdict on an exercise.

    lesson, number  which exercise
    folder          where the learner's file is
    limit           seconds after which the learner's code is ended; more on a busy machine

    Raises ValueError if there is no such exercise.
    """
    lessons = sorted(module.name for module in pkgutil.iter_modules(judges.__path__))
    if lesson not in lessons:
        raise ValueError(f"no lesson {lesson!r}; there are: {', '.join(lessons)}")
    numbers = importlib.import_module(f"helpers.judges.{lesson}").JUDGES
    if number not in numbers:
        raise ValueError(f"no exercise {number} in lesson {lesson}; there are 1 to {len(numbers)}")
    mark = uuid.uuid4().hex
    with tempfile.TemporaryDirectory(dir=_short(tempfile.gettempdir()), ignore_cleanup_errors=True) as own:
        code = "import sys; from helpers import judging; judging.main(*sys.argv[1:])"
        reading, writing = os.pipe()
        printed = _Printed(reading)
        try:
            process = subprocess.Popen(
                [sys.executable, "-c", code, lesson, str(number), own, str(time.time())],
                cwd=folder,
                env=_environment(mark, own),
                stdin=subprocess.DEVNULL,
                stdout=writing,
                stderr=subprocess.STDOUT,
            )
        finally:
            os.close(writing)
        record, deadline = Path(own, "record"), time.monotonic() + START
        try:
            while not record.exists() and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.005)
            slowness = json.loads(record.read_text("utf-8"))["slowness"] if record.exists() else 1
            took = _wait(process, limit, slowness)
        finally:
            code = process.poll()
            _kill_all(mark)
            process.kill()  # as a rule it has ended
            process.wait()
        found = json.loads(record.read_text("utf-8")) if record.exists() else {"trying": "the check", "hint": ""}
    said = found.get("verdict") or _without_a_verdict(found["trying"], found["hint"], code, took)
    return "\n".join([said, *_in_the_way(Path(folder)), *printed.at_last(Path(folder))])


def _wait(process: subprocess.Popen, limit: float, slowness: float) -> float:
    """Wait for its end, and return the seconds; they count less if it was slow to start, or while no core is idle."""
    began = seen = time.monotonic()
    crowd()
    while process.poll() is None and limit > 0:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(min(0.2, limit))
        before, seen = seen, time.monotonic()
        limit -= (seen - before) / max(crowd(), slowness)
    return seen - began


def _short(folder: str) -> str:
    """Where the check has its temporary folder: a Manager's address is at most 107 bytes long, 45 of them behind it."""
    return "/tmp" if len(os.fsencode(folder)) > 60 and os.access("/tmp", os.W_OK | os.X_OK) else folder


def _environment(mark: str, own: str) -> dict[str, str]:
    """What all processes of a check inherit."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    ours = {MARK: mark, "PYTHONPATH": path, "PYTHONSAFEPATH": "1", "PYTHONIOENCODING": "utf-8", "PYTHONOPTIMIZE": ""}
    ours |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), own)  # who is killed leaves its temporary files there
    quiet = [os.environ.get("PYTHONWARNINGS"), "ignore:resource_tracker", "ignore:This process"]  # has threads: ours
    return {**os.environ, **ours, "PYTHONWARNINGS": ",".join(filter(None, quiet))}


def _without_a_verdict(trying: str, hint: str, code: int | None, took: float) -> str:
    if code is None:
        how = say("had not come to its end after {seconds} seconds, and was ended.", seconds=round(took))
    elif code < 0:
        how = say("ended its whole process, with signal {signal}.", signal=signal.Signals(-code).name)
    else:
        how = say("ended its whole process, with exit code {code}.", code=code)
    return translated(say("Not yet: {what}", what=(trying, how, hint)))


def _kill_all(mark: str) -> None:
    """Kill what carries the mark, until nothing does: one may start another while it is being found.

    Resource trackers are spared for a second: when all others are gone, they unlink the semaphores and blocks of shared
    memory that are left, and end.
    """
    import psutil

    spared, began = "resource_tracker import", time.monotonic()
    while time.monotonic() < began + 5:
        found = False
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                    found = True
                    if spared not in " ".join(process.cmdline()) or time.monotonic() > began + 1:
                        process.kill()
        if not found:
            break
        time.sleep(0.01)


def _in_the_way(folder: Path) -> list[str]:
    """Names the files beside the notebook that hide a module from the learner's own programs."""
    names = {path.stem: path.name for path in folder.glob("*.py")}
    names |= {path.parent.name: f"{path.parent.name}/" for path in folder.glob("*/__init__.py")}
    found = ", ".join(name for module, name in sorted(names.items()) if module in HIDES)
    sentence = "In your way: {files}, which a program here imports instead of Python's own. Rename it."
    return [translated(say(sentence, files=found))] if found else []


class _Printed(threading.Thread):
    """Reads what is printed, so that it can't fill a pipe or the notebook, and keeps the end of it."""

    KEPT = 10_000  # bytes

    def __init__(self, descriptor: int):
        super().__init__(daemon=True)
        self.descriptor, self.end, self.cut = descriptor, b"", False
        self.start()

    def run(self) -> None:
        with open(self.descriptor, "rb", buffering=0) as stream:
            while chunk := stream.read(1 << 16):
                self.cut |= len(self.end) + len(chunk) > self.KEPT
                self.end = (self.end + chunk)[-self.KEPT :]

    def at_last(self, folder: Path) -> list[str]:
        """The last lines, to be put below a verdict, without this folder's name; of a traceback only what it says."""
        self.join(1)
        text = self.end.decode(errors="replace").replace("\r\n", "\n").replace(f"{folder.resolve()}{os.sep}", "")
        text = re.sub(r"^Traceback \(most recent call last\):\n(?:[ \t].*\n|\n)*", "", text, flags=re.MULTILINE)
        lines = [line.rstrip() for line in text.splitlines() if line.strip()]
        if not lines:
            return []
        head = "What was printed, at last:" if self.cut or len(lines) > LINES else "What was printed:"
        shown = ["".join(c if c.isprintable() else " " for c in line[:WIDTH]) for line in lines[-LINES:]]
        return [translated(head), *(f"    {line}" for line in shown)]
