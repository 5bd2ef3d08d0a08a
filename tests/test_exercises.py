"""`check`: each published solution is right, plausible wrong answers are not, and learners' code does no harm."""

import itertools
import multiprocessing
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
from unittest.mock import Mock, patch

import psutil
import pytest
from answers import SOLUTIONS, busy, is_right, mutants, survivors, wrong
from right_answers import RIGHT
from same_answers import SAME
from wrong_answers import WRONG

from helpers import check
from helpers.exercise import LIMIT, MARK, QUICK, _end_all, fair, verdict
from helpers.judge import (
    NOTES,
    REFEREE,
    AnyOrder,
    Call,
    Stuck,
    forget,
    is_empty,
    note,
    noted,
    same,
    short,
    told,
    wait_until,
)

OURS = "TEST_EXERCISES"  # an environment variable that all processes of a test inherit
MUST_BE_RIGHT = "If the task's words allow this answer, mend the judge in helpers/exercises; if not, the answer."
ROUNDS = 5  # how often each right answer is tried under each start method, with and without other work on every core


def judged(folder: Path, exercise: tuple[str, int], code: str | bytes, limit: float = LIMIT) -> str:
    """The verdict on some code, once it is sure that it came in time and that no process is left."""
    lesson, number = exercise
    (folder / f"my_{lesson}_{number}.py").write_bytes(code if isinstance(code, bytes) else code.encode())
    os.environ[OURS] = str(folder)
    began = time.monotonic()
    with patch("helpers.exercise.fair", wraps=fair) as stretched:
        said = verdict(lesson, number, folder, limit)
    most = max(fair(*call.args) for call in stretched.call_args_list)
    # Two seconds more for starting and cleaning up: 10 in all, where the machine is not busy with other things.
    assert time.monotonic() - began < most + 2 * most / limit
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
    assert set(SOLUTIONS) == set(WRONG), "an exercise without entry in tests/wrong_answers, or the reverse"
    assert min(len(answers) for answers in WRONG.values()) >= 3


def test_every_exercise_has_right_answers_that_differ_from_the_solution():
    assert set(SOLUTIONS) == set(RIGHT), "an exercise without entry in tests/right_answers, or the reverse"
    for exercise, answers in RIGHT.items():
        assert len({*answers.values(), SOLUTIONS[exercise]}) > 5, f"{exercise}: five that differ are wanted"


def test_of_every_exercise_the_small_changes_were_tried():
    lacking = sorted(set(SOLUTIONS) ^ set(SAME))
    assert lacking == [], "what goes into tests/same_answers: python tests/answers.py mutants LESSON --only NUMBER"


class Exercises:
    """The tests of one lesson's exercises: a class each, so that pytest-xdist runs lessons beside each other."""

    lesson: str

    def test_the_published_solution_is_right(self, exercise, start_method, tmp_path, monkeypatch):
        monkeypatch.setenv("MP_START_METHOD", start_method)
        said = judged(tmp_path, exercise, SOLUTIONS[exercise])
        assert said.startswith("Right: "), f"{said}\n{MUST_BE_RIGHT}"
        assert "\n" not in said  # nothing was printed

    def test_a_right_answer_that_differs_is_right(self, exercise, name, start_method, tmp_path, monkeypatch):
        monkeypatch.setenv("MP_START_METHOD", start_method)
        said = judged(tmp_path, exercise, RIGHT[exercise][name])
        assert said.startswith("Right: "), f"{said}\n{MUST_BE_RIGHT}"

    def test_a_right_answer_is_right_each_time(self, exercise, name, cores, start_method, tmp_path, monkeypatch):
        monkeypatch.setenv("MP_START_METHOD", start_method)
        with busy(cores):
            said = [judged(tmp_path, exercise, RIGHT[exercise][name]) for _ in range(ROUNDS)]
        assert [each for each in said if not each.startswith("Right: ")] == []

    def test_a_small_change_of_the_solution_is_wrong(self, exercise):
        """One of them: a line with `start` or `return` is missing, or else the block of a `with`."""
        changes = mutants(SOLUTIONS[exercise], operators=False)
        lines = ("return|.*start", "with ")
        name = next(name for line in lines for name in changes if re.match(f"without: ({line})", name))
        assert not is_right(exercise, changes[name])

    def test_only_small_changes_that_do_the_same_are_right(self, measured):
        """All that cosmic-ray knows, and more; the others stand in tests/same_answers, with the reason."""
        pytest.importorskip("cosmic_ray", reason="pip install 'cosmic-ray>=8,<9'")
        right, _ = survivors(measured, workers=1)
        assert sorted(right) == sorted(SAME[measured])

    def test_a_wrong_answer_gets_its_hint(self, exercise, number, tmp_path):
        code, hint = wrong(exercise, number)
        said = judged(tmp_path, exercise, code)
        assert said.startswith("Not yet: "), f"{said}\nMend the judge: it takes this for right:\n{code}"
        assert hint in said, (
            f"{said}\nExpected was the hint {hint!r}, for this answer:\n{code}"
            "Is that the better hint? Then mend the judge, or the order in its `must`; if not, tests/wrong_answers."
        )


def pytest_generate_tests(metafunc):
    """Each test of `Exercises` with all that its lesson has, with -m slow; what takes hours, with -m thorough.

    CI tries every second of the wrong answers (-m "slow and not weekly"), the weekly job all.
    """
    if metafunc.cls is None or not issubclass(metafunc.cls, Exercises):
        return
    mine = [exercise for exercise in WRONG if exercise[0] == metafunc.cls.lesson]
    names = [
        name
        for name in ("exercise", "measured", "number", "name", "cores", "start_method")
        if name in metafunc.fixturenames
    ]
    cases = []
    for exercise in mine:
        values = {
            "exercise": [exercise],
            "measured": [exercise] if exercise in SAME else [],
            "number": range(len(WRONG[exercise])),
            "name": list(RIGHT.get(exercise, ())),
            "cores": [0, os.cpu_count()],
            "start_method": ["spawn", *(method for method in get_all_start_methods() if method != "spawn")],
        }
        for number, case in enumerate(itertools.product(*(values[name] for name in names))):
            mark = () if number == 0 else pytest.mark.slow
            if "number" in names and number % 2:
                mark = pytest.mark.slow, pytest.mark.weekly
            if names == ["measured"] or "cores" in names or ("name" in names and number > 0):
                mark = pytest.mark.thorough
            name = "-".join(map(str, [exercise[1], *case[1:]]))
            cases.append(pytest.param(*case, marks=mark, id=name))
    metafunc.parametrize(names, cases)


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
    "None": (hostile("return None"), "gave None, like a function without return; expected was 0"),
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
    "not UTF-8": (b"# caf\xe9\ndef exit_code_of(function):\n    return 0\n", "is not text in UTF-8"),
    "an object whose repr raises": (
        hostile("return Strange()", "class Strange:\n    def __repr__(self): return 1 / 0"),
        "gave an object of class Strange, whose repr raises ZeroDivisionError; expected was 0",
    ),
    "an object that raises at everything": (
        hostile("return Strange()", "class Strange:\n    def __getattribute__(self, name): 1 / 0\n    __eq__ = None"),
        "gave ",
    ),
    "an exception whose text raises": (
        hostile("raise Strange()", "class Strange(Exception):\n    def __str__(self): return 1 / 0"),
        "raised Strange: its text raises ZeroDivisionError",
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
            hostile("signal.signal(signal.SIGTERM, signal.SIG_IGN)\n    signal.pause()"),
            "had not come to its end",
        ),
        "a daemon of its own": (
            hostile("os.fork() or (os.setsid(), os.fork(), time.sleep(60))\n    signal.pause()"),
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


def test_a_machine_that_becomes_busy_later_is_not_the_learners_fault(tmp_path, monkeypatch):
    slow = SOLUTIONS["process", 1].replace(
        "    child.join()", "    import threading; threading.Event().wait(0.8)\n    child.join()"
    )
    monkeypatch.setattr("helpers.exercise._start_again", lambda lesson: 0.1)  # seconds
    assert judged(tmp_path, ("process", 1), slow, limit=1).startswith("Not yet: ")
    monkeypatch.setattr("helpers.exercise._start_again", lambda lesson: 60.0)
    assert judged(tmp_path, ("process", 1), slow, limit=3).startswith("Right: ")


@pytest.mark.parametrize(("slower", "limit"), [(0.5, 8), (1, 8), (1.07, 8.6), (2, 16), (99, 24)])
def test_a_slow_start_stretches_the_limit_up_to_three_times(slower, limit):
    assert fair(8, slower * QUICK) == limit


def test_a_fault_of_the_check_is_not_blamed_on_the_learner(tmp_path):
    said = judged(tmp_path, ("process", 1), "import helpers.judge\nhelpers.judge.is_empty = None\n" + DOES_NOTHING)
    assert said.startswith("The check itself failed, and does not know whether you are right: Traceback")
    assert "TypeError" in said


def test_a_fault_of_what_a_case_does_before_is_not_blamed_either(tmp_path):
    said = judged(
        tmp_path, ("pool", 1), "import helpers.exercises.pool as judges\njudges.sent = None\n" + SOLUTIONS["pool", 1]
    )
    assert said.startswith("The check itself failed, and does not know whether you are right: Traceback")
    assert "AttributeError" in said


DOES_NOTHING = "def exit_code_of(function):\n    pass\n"


class TestAnyEnvironment:
    @pytest.mark.parametrize("exercise", [("process", 1), ("process", 2)])
    def test_files_that_hide_modules_are_named_and_hide_nothing_here(self, exercise, tmp_path, monkeypatch):
        monkeypatch.setenv("PYTHONSAFEPATH", "1")
        for name in ("helpers", "json", "queue", "random", "types"):
            (tmp_path / f"{name}.py").write_text("raise ImportError('this one is the learner's')")
        said = judged(tmp_path, exercise, SOLUTIONS[exercise])
        assert said.startswith("Right: "), f"{said}\n{MUST_BE_RIGHT}"
        assert "In your way: helpers.py, json.py, queue.py, random.py, types.py, which" in said

    def test_a_module_of_the_learners_own_is_found(self, tmp_path):
        (tmp_path / "my_tools.py").write_text(SOLUTIONS["process", 1])
        assert judged(tmp_path, ("process", 1), "from my_tools import exit_code_of").startswith("Right: ")

    @pytest.mark.skipif(
        sys.platform != "linux", reason="elsewhere a process without the mark and a parent is not found"
    )
    def test_a_process_without_an_environment_and_a_parent_is_ended(self, tmp_path):
        (tmp_path / "stays.py").write_text(
            "import os, time\nopen('new', 'w').write(str(os.getpid()))\nos.rename('new', 'pid')\ntime.sleep(60)\n"
        )
        (tmp_path / "starts.py").write_text(
            "import subprocess, sys\nsubprocess.Popen([sys.executable, 'stays.py'], env={}, start_new_session=True)\n"
        )
        body = "subprocess.run([sys.executable, 'starts.py'], env={})\n    "
        wait = "while not os.path.exists('pid'): time.sleep(0.01)\n    return 9"
        assert "gave 9; expected was 0" in judged(tmp_path, ("process", 1), hostile(body + wait))
        assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))


class TestWhatTheLearnerSees:
    def test_the_last_lines_that_were_printed_come_with_the_verdict(self, tmp_path):
        body = "print('one'); print('two'); print('three', file=sys.stderr)\n    return 9"
        said = judged(tmp_path, ("process", 1), hostile(body))
        assert said.endswith("\nWhat was printed:\n    one\n    two\n    three")
        body = "[print(i) for i in range(99)]\n    os._exit(3)"
        said = judged(tmp_path, ("process", 1), hostile(body))
        assert said.endswith("\nWhat was printed, at last:\n    96\n    97\n    98")

    def test_of_a_traceback_comes_what_it_says(self, tmp_path):
        code = SOLUTIONS["process", 1].replace("target=function", "target=print, args=(function.no,)")
        assert "raised AttributeError: 'function' object has no attribute 'no' in line 7." in judged(
            tmp_path, ("process", 1), code
        )
        code = SOLUTIONS["process", 1].replace("target=function", "target=function, args=(1,)")
        said = judged(tmp_path, ("process", 1), code)
        assert "\nWhat was printed:\n    Process SpawnProcess-1:\n    TypeError: succeed() takes 0" in said

    def test_an_error_names_the_line_of_the_learners_file(self, tmp_path):
        said = judged(tmp_path, ("process", 1), hostile("return int(\n        'x')"))
        assert "raised ValueError: invalid literal for int() with base 10: 'x' in line 4." in said
        assert "ZeroDivisionError: division by zero in line 2." in judged(tmp_path, ("process", 1), "\n1 / 0\n")

    def test_a_limit_names_the_call_that_took_the_time(self, tmp_path, monkeypatch):
        monkeypatch.setattr("helpers.exercise.fair", lambda limit, started: limit)
        late = (
            "    child.join()\n    import threading\n"
            "    threading.Event().wait(5 if function.__name__ == 'succeed' else 60)"
        )
        (tmp_path / "my_process_1.py").write_text(SOLUTIONS["process", 1].replace("    child.join()", late))
        said = verdict("process", 1, tmp_path, limit=9)
        assert re.search(r"exit_code_of\(succeed\) took [5-8]\.\d of the 9 seconds for all", said)


def test_a_call_knows_the_line_where_it_stands(tmp_path):
    file = tmp_path / "stand.py"
    file.write_text("def stand(gate):\n    wait(gate)\n    return 1\n\n\ndef wait(gate):\n    gate.acquire()\n")
    stand, gate = runpy.run_path(str(file))["stand"], threading.Lock()
    gate.acquire()
    call = Call(stand, (gate,), "stand()", "", "stand.py")
    threading.Thread(target=call.run, daemon=True).start()
    assert wait_until(lambda: call.line() == "gate.acquire()", 30)
    assert call.where() == "line 7: gate.acquire()"
    assert not call.back
    assert call.outcome() == "did not come back."
    call.stands = call.where()
    assert call.outcome() == "did not come back; it stood in line 7: gate.acquire()."
    gate.release()
    assert call.wait(30)
    assert (call.line(), call.result()) == ("", 1)


class TestReaches:
    """How a judge waits for what a partner notes: as long as something moves."""

    @pytest.fixture(autouse=True)
    def referee(self, tmp_path, monkeypatch):
        (tmp_path / "notes").mkdir()
        monkeypatch.setenv(NOTES, str(tmp_path / "notes"))
        monkeypatch.setenv(REFEREE, str(os.getpid()))
        monkeypatch.setattr("helpers.judge.PATIENCE", 2.0)

    @pytest.fixture
    def call(self):
        return Call(lambda: None, (), "", "", "")

    def test_nothing_moves(self, call):
        with pytest.raises(Stuck):
            call.reaches(lambda: False)

    def test_it_is_so_already_or_the_call_is_back(self, call):
        assert call.reaches(lambda: True)
        call.run()
        assert not call.reaches(lambda: False)
        assert call.reaches(lambda: True)

    def test_a_call_rests_when_it_does_not_compute(self):
        gate = threading.Event()

        def compute():
            until = time.thread_time() + 0.45
            while time.thread_time() < until:
                pass

        for function, rests in ((compute, False), (gate.wait, True)):
            call = Call(function, (), "", "", "")
            threading.Thread(target=call.run, daemon=True).start()
            if not hasattr(time, "pthread_getcpuclockid") and not rests:
                continue  # this system does not say what a thread has computed
            assert call.rests(0.4) == rests
        gate.set()

    def test_notes_come_slowly(self, call):
        def write():
            for _ in range(3):
                time.sleep(1.2)
                note("one more")

        threading.Thread(target=write).start()
        assert call.reaches(lambda: noted("one more") == 3)

    @pytest.mark.parametrize("does", ["while time.process_time() < 3: pass", "time.sleep(0.5)"])
    def test_a_child_works_or_ends(self, call, does, tmp_path):
        code = f"import time\n{does}\nopen({str(tmp_path / 'done')!r}, 'w').close()"
        with subprocess.Popen([sys.executable, "-c", code]) as child:
            assert call.reaches((tmp_path / "done").exists)
            child.wait()

    def test_a_child_only_waits(self, call):
        with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as child:
            with pytest.raises(Stuck):
                call.reaches(lambda: False)
            child.kill()

    def test_a_child_is_being_started(self, call, monkeypatch):
        started = threading.Event()

        def start(self):
            time.sleep(4)
            started.set()
            return Mock()

        child = multiprocessing.get_context("spawn").Process()
        monkeypatch.setattr(type(child), "_Popen", staticmethod(start))
        threading.Thread(target=child.start).start()
        assert call.reaches(started.is_set)


@pytest.mark.parametrize(
    ("body", "empty"),
    [("...", True), ("pass", True), ("'Says ...'", True), ("return 1  # ...", False), ("'...'\n    return", False)],
)
def test_a_function_is_empty_if_it_does_nothing(body, empty):
    assert is_empty(f"def f():\n    {body}\n", "f") == empty
    assert not is_empty(f"def f():\n    {body}\n", "g")
    assert is_empty(f"def f():\n    return 1\n\ndef f():\n    {body}\n", "f") == empty  # the last one counts


def test_values_are_the_same_if_their_types_are():
    for got, expected in (
        (0, 0),
        ([1, "a"], [1, "a"]),
        ({"a": [0]}, {"a": [0]}),
        ([2, 1], AnyOrder([1, 2])),
        (None, None),
    ):
        assert same(got, expected)
    for got, expected in (
        (False, 0),
        ([False], [0]),
        ((1,), [1]),
        ([1], [1, 1]),
        ({}, []),
        ([1, 1], AnyOrder([1, 2])),
        (0, None),
    ):
        assert not same(got, expected)
    assert short("x" * 100) == f"'{'x' * 56}..."


def test_processes_are_looked_for_until_none_is_left(monkeypatch):
    """One may have started another while it was being found; a resource tracker may end by itself."""
    rounds = iter(
        [["ours", "resource_tracker import"], ["its child", "not ours"], ["not ours"], ["resource_tracker"], []]
    )
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


def test_who_keeps_the_output_open_keeps_no_check():
    code = """
import os
from helpers.exercise import _Printed
reading, writing = os.pipe()
os.write(writing, b"the last line")
print(_Printed(open(reading, "rb")).at_last())"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert "the last line" in done.stdout
    assert done.returncode == 0


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


def test_when_pool_2_has_its_error_no_worker_sends_a_result(tmp_path):
    """Leaving `with` would end that worker, and then may hang: python/cpython 73945."""
    code = f"""import time
from helpers.judge import noted
{SOLUTIONS["pool", 2].replace("def save_all(function, items):", "def save_each(function, items):")}

def slow(function, item):
    time.sleep(0.5 * (item == 6))
    function(item)


def save_all(function, items):
    try:
        save_each(partial(slow, function), items)
    except BufferError:
        if noted("saved") < 3:
            raise RuntimeError("another task was running") from None
        raise
"""
    said = judged(tmp_path, ("pool", 2), "from functools import partial\n" + code)
    assert said.startswith("Right: "), said


def test_check_prints_the_verdict(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    check("process", 1)
    assert capsys.readouterr().out.startswith("Not yet: there is no my_process_1.py yet.")


@pytest.mark.skipif(os.name == "nt", reason="a test can't send Ctrl-C on Windows")
def test_an_interrupted_check_leaves_nothing(tmp_path):
    (tmp_path / "my_process_1.py").write_text(hostile("open('running', 'w').close()\n    while True: time.sleep(1)"))
    command = [sys.executable, "-c", "from helpers import check; check('process', 1)"]
    environment = {**os.environ, OURS: str(tmp_path)}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE) as run:
        while not (tmp_path / "running").exists():
            time.sleep(0.02)
        run.send_signal(signal.SIGINT)
        run.wait(10)
    assert left_behind(tmp_path) == []
