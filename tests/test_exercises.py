"""`check`: each published solution is right, plausible wrong answers are not, and learners' code does no harm."""

import os
import re
import runpy
import signal
import subprocess
import sys
import threading
import time
from multiprocessing import get_all_start_methods
from pathlib import Path
from unittest.mock import Mock

import nbformat
import psutil
import pytest
from wrong_answers import WRONG

from helpers import check
from helpers.exercise import (
    LIMIT,
    MARK,
    NOTES,
    Call,
    _end_all,
    forget,
    note,
    noted,
    told,
    verdict,
    wait_until,
)

OURS = "TEST_EXERCISES"  # an environment variable that all processes of a test inherit
LESSONS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))


def solutions() -> dict[tuple[str, int], str]:
    """The solutions as they stand in the notebooks, by lesson and number."""
    found = {}
    for path in LESSONS:
        lesson = path.stem.split("_")[1]
        cells = nbformat.read(path, as_version=4).cells
        text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        pattern = r"<summary>Solution</summary>\s+```python\n(.*?)```\s+</details>\s+To think about: "
        for number, code in enumerate(re.findall(pattern, text, re.DOTALL), 1):
            found[lesson, number] = code
    return found


SOLUTIONS = solutions()


def judged(folder: Path, exercise: tuple[str, int], code: str, limit: float = LIMIT) -> str:
    """The verdict on some code, once it is sure that it came in time and that no process is left."""
    lesson, number = exercise
    (folder / f"my_{lesson}_{number}.py").write_text(code, encoding="utf-8")
    os.environ[OURS] = str(folder)
    began = time.monotonic()
    said = verdict(lesson, number, folder, limit)
    assert time.monotonic() - began < 10
    assert left_behind(folder) == []
    return said


def left_behind(folder: Path) -> list[str]:
    """The command lines of processes that a check in this folder started and that are still there."""
    left = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(OURS) == str(folder) and process.status() != psutil.STATUS_ZOMBIE:
                left.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return left


def test_every_exercise_has_wrong_answers():
    assert set(SOLUTIONS) == set(WRONG)
    assert min(len(answers) for answers in WRONG.values()) >= 3


class Exercises:
    """The tests of one lesson's exercises: a class each, so that pytest-xdist runs lessons beside each other."""

    lesson: str

    def test_the_published_solution_is_right(self, exercise, start_method, tmp_path, monkeypatch):
        monkeypatch.setenv("MP_START_METHOD", start_method)
        assert judged(tmp_path, exercise, SOLUTIONS[exercise]).startswith("Right: ")

    def test_a_wrong_answer_gets_its_hint(self, exercise, number, tmp_path):
        changes, hint = WRONG[exercise][number]
        code = SOLUTIONS[exercise]
        for old, new in changes:
            assert old in code
            code = code.replace(old, new)
        said = judged(tmp_path, exercise, code)
        assert said.startswith("Not yet: ")
        assert hint in said


def pytest_generate_tests(metafunc):
    """Each test of `Exercises` with all that its lesson has; what takes long runs in CI only, with -m slow."""
    if metafunc.cls is None or not issubclass(metafunc.cls, Exercises):
        return
    mine = [exercise for exercise in WRONG if exercise[0] == metafunc.cls.lesson]
    if "number" in metafunc.fixturenames:
        names, quick = ("exercise", "number"), lambda number: number == 0
        cases = [(exercise, number) for exercise in mine for number in range(len(WRONG[exercise]))]
    else:
        names, quick = ("exercise", "start_method"), lambda start_method: start_method == "spawn"
        cases = [(exercise, start_method) for exercise in mine for start_method in get_all_start_methods()]
    marked = [
        pytest.param(*case, marks=() if quick(case[1]) else pytest.mark.slow, id=f"{case[0][1]}-{case[1]}")
        for case in cases
    ]
    metafunc.parametrize(names, marked)


class TestProcess(Exercises):
    lesson = "process"


class TestPool(Exercises):
    lesson = "pool"


class TestQueue(Exercises):
    lesson = "queue"


class TestPipe(Exercises):
    lesson = "pipe"


class TestLock(Exercises):
    lesson = "lock"


def hostile(body: str, before: str = "") -> str:
    return f"import os, signal, subprocess, sys, time\n{before}\ndef exit_code_of(function):\n    {body}\n"


HOSTILE = {
    "a missing file": (None, "there is no my_process_1.py yet"),
    "an empty file": ("", "has no function exit_code_of"),
    "a syntax error": ("def exit_code_of(function)\n", "syntax error in line 1"),
    "not even text": ("\0", "my_process_1.py"),
    "an import error": (hostile("pass", "import no_such"), "ModuleNotFoundError: No module named 'no_such'"),
    "an error at import": (hostile("pass", "1 / 0"), "importing my_process_1.py raised ZeroDivisionError"),
    "exit at import": (hostile("pass", "sys.exit()"), "importing my_process_1.py raised SystemExit"),
    "a loop at import": (hostile("pass", "while True: pass"), "importing my_process_1.py had not come to its end"),
    "no function": ("exit_code_of = 3\n", "has no function exit_code_of"),
    "too few arguments": ("def exit_code_of():\n    return 0\n", "called with 1 argument, but"),
    "nothing written": ("def exit_code_of(function):\n    ...\n", "is still empty"),
    "None": (hostile("return None"), "gave None; expected was 0"),
    "a wrong type": (hostile("return '0'"), "gave '0'; expected was 0"),
    "a type that equals": (hostile("return False"), "gave False; expected was 0"),
    "an enormous value": (hostile("return 'x' * 10_000_000"), "gave 'xxx"),
    "an exception": (hostile("raise KeyError('lost')"), "raised KeyError: 'lost'"),
    "a strange exception": (
        hostile("raise Strange()", "class Strange(BaseException):\n    def __str__(self): return ''"),
        "raised Strange",
    ),
    "sys.exit": (hostile("sys.exit(5)"), "raised SystemExit: 5"),
    "os._exit": (hostile("os._exit(7)"), "ended its whole process, with exit code 7"),
    "os._exit without an error": (hostile("os._exit(0)"), "ended its whole process, with exit code 0"),
    "an endless loop": (hostile("while True: pass"), "exit_code_of(succeed) had not come to its end"),
    "output without end": (hostile("while True: print('x' * 100)"), "had not come to its end"),
    "a lock acquired twice": (
        hostile("lock.acquire(); lock.acquire()", "import threading; lock = threading.Lock()"),
        "had not come to its end",
    ),
    "a process left behind": (
        hostile("subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); return 9"),
        "gave 9; expected was 0",
    ),
}
if os.name != "nt":
    HOSTILE |= {
        "a crash": (hostile("os.kill(os.getpid(), signal.SIGSEGV)"), "with signal SIGSEGV"),
        "SIGTERM ignored": (
            hostile("signal.signal(signal.SIGTERM, signal.SIG_IGN)\n    time.sleep(60)"),
            "had not come to its end",
        ),
        "a daemon of its own": (
            hostile("os.fork() or (os.setsid(), os.fork(), time.sleep(60))\n    time.sleep(60)"),
            "had not come to its end",
        ),
    }


class TestHostile:
    @pytest.mark.parametrize("kind", HOSTILE)
    def test_it_gets_an_answer_and_leaves_nothing(self, kind, tmp_path):
        code, words = HOSTILE[kind]
        said = verdict("process", 1, tmp_path) if code is None else judged(tmp_path, ("process", 1), code, limit=2)
        assert said.startswith("Not yet: ")
        assert words in said
        assert len(said) < 500


def test_an_unknown_exercise_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="no exercise 99 in lesson process; there are 1 to 4"):
        verdict("process", 99, tmp_path)
    with pytest.raises(ValueError, match=r"no lesson 'proces'; there are: .*process"):
        verdict("proces", 1, tmp_path)


def test_the_time_that_the_check_takes_to_start_is_not_the_learners(tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text("import time; time.sleep(2)", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    assert "has a syntax error in line 1" in judged(tmp_path, ("process", 1), "def", limit=1)


def test_a_fault_of_the_check_is_not_blamed_on_the_learner(tmp_path):
    code = (
        "class Strange:\n    def __repr__(self): return 1 / 0\n\n\ndef exit_code_of(function):\n    return Strange()\n"
    )
    said = judged(tmp_path, ("process", 1), code)
    assert said.startswith("The check itself failed, and does not know whether you are right: Traceback")
    assert "ZeroDivisionError" in said


def test_a_call_knows_the_line_where_it_stands(tmp_path):
    (tmp_path / "stand.py").write_text(
        "def stand(gate):\n    wait(gate)\n    return 1\n\n\ndef wait(gate):\n    gate.acquire()\n"
    )
    stand, gate = runpy.run_path(str(tmp_path / "stand.py"))["stand"], threading.Lock()
    gate.acquire()
    call = Call(stand, (gate,), "stand()", "")
    call.start()
    assert not call.wait(0.3)
    assert call.line() == "gate.acquire()"
    gate.release()
    assert call.wait(30)
    assert (call.line(), call.result()) == ("", 1)


def test_processes_are_looked_for_until_none_is_left(monkeypatch):
    """One may have started another while it was being found; a resource tracker may end by itself."""
    rounds = iter([["ours", "resource_tracker"], ["its child", "not ours"], ["not ours"], ["resource_tracker"], []])
    killed = []

    class Process:
        def __init__(self, name):
            self.name = name

        def environ(self):
            return {MARK: "other" if self.name == "not ours" else "ours"}

        def status(self):
            return psutil.STATUS_RUNNING

        def cmdline(self):
            return ["python", self.name]

        def kill(self):
            killed.append(self.name)

    monkeypatch.setattr(psutil, "process_iter", lambda: map(Process, next(rounds)))
    _end_all("ours")
    assert killed == ["ours", "its child"]
    assert list(rounds) == []


def test_a_resource_tracker_that_stays_is_killed(monkeypatch):
    tracker = Mock(**{"environ.return_value": {MARK: "ours"}, "cmdline.return_value": ["resource_tracker"]})
    monkeypatch.setattr(psutil, "process_iter", lambda: [] if tracker.kill.called else [tracker])
    _end_all("ours")
    assert tracker.kill.called


def test_waiting_ends_with_its_time():
    assert wait_until(lambda: True, 60)
    assert not wait_until(lambda: False, 1.1)


def test_notes_are_kept_until_they_are_forgotten(tmp_path, monkeypatch):
    (tmp_path / "notes").mkdir()
    monkeypatch.setenv(NOTES, str(tmp_path / "notes"))
    for text in ("1", "2"):
        note("a task", text)
    note("end")
    assert (noted("a task"), noted("end"), noted("a"), noted()) == (2, 1, 0, 3)
    assert sorted(told("a task")) == ["1", "2"]
    forget()
    assert noted() == 0


def test_check_prints_the_verdict(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    check("process", 1)
    assert capsys.readouterr().out.startswith("Not yet: there is no my_process_1.py yet.")


@pytest.mark.skipif(os.name == "nt", reason="a test can't send Ctrl-C on Windows")
def test_an_interrupted_check_leaves_nothing(tmp_path):
    (tmp_path / "my_process_1.py").write_text(hostile("open('running', 'w').close(); time.sleep(60)"))
    command = [sys.executable, "-c", "from helpers import check; check('process', 1)"]
    environment = {**os.environ, OURS: str(tmp_path)}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE) as run:
        while not (tmp_path / "running").exists():
            time.sleep(0.02)
        run.send_signal(signal.SIGINT)
        run.wait(10)
    assert left_behind(tmp_path) == []
