"""`check`: each published solution is right, plausible wrong answers are not, and learners' code does no harm."""

import importlib
import itertools
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import threading
import time
from multiprocessing import get_all_start_methods
from pathlib import Path
from unittest.mock import Mock

import psutil
import pytest
from answers import SOLUTIONS, busy, is_right, mutants, wrong
from right_answers import RIGHT
from wrong_answers import WRONG

from helpers import check, judging
from helpers.checking import LIMIT, MARK, _kill_all, verdict
from helpers.judging import JUDGE, NOTES, AnyOrder, Call, note, noted, same, told, wait_until
from helpers.sentences import short

OURS = "TEST_EXERCISES"  # an environment variable that all processes of a test inherit
MUST_BE_RIGHT = "If the task's words allow this answer, mend the judge in helpers/judges; if not, the answer."
ROUNDS = 5  # how often each right answer is tried under each start method, with and without other work on every core


def judged(folder: Path, exercise: tuple[str, int], code: str | bytes, limit: float = LIMIT) -> str:
    """The verdict on some code, once it is sure that it came in time and that no process is left."""
    lesson, number = exercise
    (folder / f"my_{lesson}_{number}.py").write_bytes(code if isinstance(code, bytes) else code.encode())
    os.environ[OURS] = str(folder)
    began = time.monotonic()
    said = verdict(lesson, number, folder, limit)
    # Two seconds for starting and cleaning up: 10 in all, and on a busy machine six times as many.
    assert time.monotonic() - began < 6 * (limit + 2)
    assert left_behind(folder) == []
    return said


def left_behind(folder: Path) -> list[str]:
    """The command lines of processes that a check in this folder started and that are still there."""
    left = []
    for process in psutil.process_iter():
        try:
            # (On Windows this process's own environment has the mark too.)
            ours = process.pid != os.getpid() and process.environ().get(OURS) == str(folder)
            if ours and process.status() != psutil.STATUS_ZOMBIE:
                left.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return left


def test_every_exercise_has_wrong_answers():
    assert set(SOLUTIONS) == set(WRONG), "an exercise without entry in tests/answers/wrong_answers, or the reverse"
    assert min(len(answers) for answers in WRONG.values()) >= 3


def test_every_exercise_has_right_answers_that_differ_from_the_solution():
    assert set(SOLUTIONS) == set(RIGHT), "an exercise without entry in tests/answers/right_answers, or the reverse"
    for exercise, answers in RIGHT.items():
        assert len({*answers.values()} - {SOLUTIONS[exercise]}) >= 3, f"{exercise}: three that differ are wanted"


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

    @pytest.mark.slow
    def test_a_small_change_of_the_solution_is_wrong(self, exercise):
        """One of them: a line with `start` or `return` is missing, or else the block of a `with`."""
        changes = mutants(SOLUTIONS[exercise], operators=False)
        lines = ("return|.*start", "with ")
        name = next(name for line in lines for name in changes if re.match(f"without: ({line})", name))
        assert not is_right(exercise, changes[name])

    def test_a_wrong_answer_gets_its_hint(self, exercise, number, tmp_path):
        code, hint = wrong(exercise, number)
        said = judged(tmp_path, exercise, code)
        assert said.startswith("Not yet: "), f"{said}\nMend the judge: it takes this for right:\n{code}"
        assert hint in said, (
            f"{said}\nExpected was the hint {hint!r}, for this answer:\n{code}"
            "Is that the better hint? Then mend the judge, or the order of what it asks; if not, wrong_answers."
        )


def pytest_generate_tests(metafunc):
    """Each test of `Exercises` with all that its lesson has, with -m slow; what takes hours, with -m thorough.

    CI tries every second of the wrong answers (-m slow), the weekly job all (-m thorough).
    """
    if metafunc.cls is None or not issubclass(metafunc.cls, Exercises):
        return
    written = importlib.import_module(f"helpers.judges.{metafunc.cls.lesson}").JUDGES  # without any it is skipped
    mine = [exercise for exercise in WRONG if exercise[0] == metafunc.cls.lesson and exercise[1] in written]
    names = [name for name in ("exercise", "number", "name", "cores", "start_method") if name in metafunc.fixturenames]
    cases = []
    for exercise in mine:
        values = {
            "exercise": [exercise],
            "number": range(len(WRONG[exercise])),
            "name": list(RIGHT.get(exercise, ())),
            "cores": [0, os.cpu_count()],
            "start_method": ["spawn", *(method for method in get_all_start_methods() if method != "spawn")],
        }
        for number, case in enumerate(itertools.product(*(values[name] for name in names))):
            mark = () if number == 0 and "name" not in names else pytest.mark.slow
            if "number" in names and number % 2:
                mark = pytest.mark.thorough
            if "cores" in names or ("name" in names and number > 0):
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


# What does not come back is noticed by the judge, or by the limit, here half a second: whichever is first here.
STANDS = "had not come to its end|did not come back"
HOSTILE = {
    "an empty file": ("", "has no function exit_code_of"),
    "a syntax error": ("def exit_code_of(function)\n", "syntax error in line 1"),
    "not even text": ("\0", "my_process_1.py"),
    "an import error": (hostile("pass", "import no_such"), "ModuleNotFoundError: No module named 'no_such'"),
    "an error at import": (hostile("pass", "1 / 0"), "importing my_process_1.py raised ZeroDivisionError"),
    "exit at import": (hostile("pass", "sys.exit()"), "importing my_process_1.py raised SystemExit"),
    "a loop at import": (hostile("pass", "while True: pass"), STANDS),
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
    "an endless loop": (hostile("while True: pass"), STANDS),
    "output without end": (hostile("while True: print('x' * 100)"), STANDS),
    "a lock acquired twice": (
        hostile("lock.acquire(); lock.acquire()", "import threading; lock = threading.Lock()"),
        STANDS,
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
            STANDS,
        ),
        "a daemon of its own": (
            hostile("os.fork() or (os.setsid(), os.fork(), time.sleep(60))\n    signal.pause()"),
            STANDS,
        ),
    }


HOSTILE |= {
    "an async function": ("async def exit_code_of(function):\n    return 0\n", "is an async function. Hint: write def"),
    "an assertion": (hostile("assert 0"), "raised AssertionError"),
    "an assertion at import": (hostile("pass", "assert 0"), "importing my_process_1.py raised AssertionError"),
    "a tuple for an assertion": (hostile("raise AssertionError(('a', 2))"), "raised AssertionError: ('a', 2)"),
    "braces": (hostile("raise KeyError('{what}')"), "raised KeyError: '{what}'"),
}


class TestHostile:
    @pytest.mark.parametrize("kind", HOSTILE)
    def test_it_gets_an_answer_and_leaves_nothing(self, kind, tmp_path):
        code, words = HOSTILE[kind]
        said = judged(tmp_path, ("process", 1), code, limit=0.5 if words == STANDS else 1)
        assert said.startswith("Not yet: ")
        assert any(each in said for each in words.split("|"))
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


def test_a_program_that_never_ends_is_not_the_checks_fault(tmp_path):
    said = judged(tmp_path, ("process", 2), "import time\n\ntime.sleep(600)\n")
    assert said.startswith("Not yet: running my_process_2.py did not come back. Hint: a program ends behind its last")


def test_a_slow_start_stretches_the_limit(tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text("import time; time.sleep(1)", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    said = judged(tmp_path, ("process", 1), hostile("while True: pass"), 1)
    assert re.search("not come to its end after [3-6] seconds", said), said


def test_a_fault_of_the_check_is_not_blamed_on_the_learner(tmp_path):
    code = "import helpers.judging\nhelpers.judging.short = None\n" + DOES_NOTHING
    said = judged(tmp_path, ("process", 1), code.replace("pass", "return 3"))
    assert said.startswith("The check itself failed, and does not know whether you are right: Traceback")
    assert "TypeError" in said


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

    @pytest.mark.parametrize("exercise", [("process", 1), ("process", 2), ("queue", 3), ("lock", 3)])
    def test_a_missing_file(self, exercise, tmp_path):
        file = "my_{}_{}.py".format(*exercise)
        said = f"Not yet: there is no {file} yet. Run the cell above that begins with %%writefile."
        assert verdict(*exercise, tmp_path) == said

    def test_a_folder_in_place_of_the_file(self, tmp_path):
        (tmp_path / "my_process_1.py").mkdir()
        assert verdict("process", 1, tmp_path) == "Not yet: my_process_1.py is a folder. Give it another name."

    @pytest.mark.skipif(os.name == "nt", reason="there a Manager has a named pipe")
    def test_a_long_temporary_folder_leaves_room_for_a_managers_address(self, tmp_path, monkeypatch):
        long = tmp_path / ("x" * max(5, 80 - len(str(tmp_path))))
        long.mkdir(exist_ok=True)
        monkeypatch.setattr("tempfile.tempdir", str(long))
        code = SOLUTIONS["process", 1].replace("    child =", "    context.Manager().shutdown()\n    child =")
        assert judged(tmp_path, ("process", 1), code).startswith("Right: ")
        assert list(long.iterdir()) == []

    def test_with_all_warnings_there_is_none_of_ours(self, tmp_path):
        (tmp_path / "my_process_1.py").write_text(SOLUTIONS["process", 1])
        code = "import helpers.checking, gc; helpers.checking.check('process', 1); gc.collect()"
        done = subprocess.run(
            [sys.executable, "-Wdefault", "-c", code],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONWARNINGS": "default"},
        )
        assert done.stdout.startswith("Right: ")
        assert (done.stdout.count("\n"), done.stderr) == (1, "")

    def test_an_interrupt_that_is_ignored_here_is_not_there(self, tmp_path):
        body = "return signal.getsignal(signal.SIGINT).__name__"
        (tmp_path / "my_process_1.py").write_text(hostile(body))
        code = (
            "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); import helpers; helpers.check('process', 1)"
        )
        done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
        assert "gave 'default_int_handler'" in done.stdout

    def test_a_target_from_a_module_whose_waits_are_shorter(self, tmp_path):
        code = SOLUTIONS["process", 1].replace("    child =", SLEEPER)
        assert judged(tmp_path, ("process", 1), "import time\n" + code).startswith("Right: ")


SLEEPER = """    sleeper = context.Process(target=time.sleep, args=(0.01,))
    sleeper.start()
    sleeper.join()
    if sleeper.exitcode:
        return "not pickled"
    child ="""


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

    def test_a_warning_shows_no_path_of_this_machine(self, tmp_path):
        body = "import warnings; warnings.warn('old', stacklevel=1); return 9"
        said = judged(tmp_path, ("process", 1), hostile(body))
        assert "my_process_1.py:4: UserWarning: old" in said
        assert str(tmp_path) not in said

    def test_a_call_that_does_not_come_back_names_the_line_where_it_stands(self, tmp_path):
        before = "import threading\nlock = threading.Lock()\nlock.acquire()\ndef wait():\n    lock.acquire()"
        said = judged(tmp_path, ("process", 1), hostile("wait()", before))
        assert "did not come back; it stood in line 6: lock.acquire()." in said


class TestACall:
    """How a judge waits for a call: as long as something moves."""

    @pytest.fixture(autouse=True)
    def judge(self, tmp_path, monkeypatch):
        (tmp_path / "notes").mkdir()
        monkeypatch.setenv(NOTES, str(tmp_path / "notes"))
        monkeypatch.setenv(JUDGE, str(os.getpid()))
        monkeypatch.setattr("helpers.judging.PATIENCE", 2.0)
        monkeypatch.setattr("helpers.judging.crowd", lambda: 1)

    @pytest.fixture
    def call(self):
        return Call(lambda: 3, (), "my_file.py", "call()", gives=3)

    def test_nothing_moves(self, call):
        began = time.monotonic()
        assert not call.wait()
        assert 2 < time.monotonic() - began < 10
        assert not call.back

    def test_it_is_back_or_the_condition_holds(self, call):
        assert call.wait(until=lambda: True)
        assert not call.back
        call.run()
        assert not call.wait(until=lambda: False)
        assert call.is_right()

    def test_for_so_many_seconds_at_most(self, call):
        began = time.monotonic()
        call.wait(seconds=0.3)
        assert 0.3 <= time.monotonic() - began < 2

    def test_notes_come_slowly(self, call):
        def write():
            for _ in range(3):
                time.sleep(1.2)
                note("more")

        threading.Thread(target=write).start()
        assert call.wait(until=lambda: noted("more") == 3)

    @pytest.mark.parametrize("does", ["while time.process_time() < 3: pass", "time.sleep(0.5)"])
    def test_a_child_works_or_ends(self, call, does, tmp_path):
        code = f"import time\n{does}\nopen({str(tmp_path / 'done')!r}, 'w').close()"
        with subprocess.Popen([sys.executable, "-c", code]) as child:
            assert call.wait(until=(tmp_path / "done").exists)
            child.wait()

    def test_a_function_that_ran_here_is_told_of_though_its_exception_was_caught(self, call):
        function = judging.in_a_child(lambda: 1)
        with pytest.raises(judging.RanHere):
            function()
        call.run()
        with pytest.raises(AssertionError, match="target=function hands it over"):
            call.wait()

    def test_lists_that_are_cut_differ_in_their_sizes(self):
        call = Call(lambda: list(range(40)), (), "my_file.py", "call()", gives=list(range(41)))
        call.run()
        call.wait()
        assert re.search(r"gave \[0, .*\.\.\. with 40 items; expected was one with 41\.", call.outcome())


@pytest.fixture
def fast_time(monkeypatch):
    for owner, name in (
        (time, "sleep"),
        (time, "monotonic"),
        (time, "time"),
        (time, "perf_counter"),
        (threading.Thread, "join"),
        (threading.Condition, "wait"),
        (multiprocessing.process.BaseProcess, "join"),
        (multiprocessing.connection, "wait"),
    ):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    judging.prepare_time()
    yield
    judging.run_time(1)


def test_limits_are_over_sooner_and_the_learners_clock_agrees(fast_time):
    my = {"__name__": "my_file", "time": time}
    judging.run_time(1000)
    exec("began = time.monotonic()\ntime.sleep(60)\ntook = time.monotonic() - began", my)
    assert my["took"] >= 60
    began = judging.time.monotonic()
    assert not threading.Event().wait(60)
    reader, _writer = multiprocessing.Pipe()
    assert not reader.poll(timeout=60)
    threading.Thread(target=judging.pause, args=(0.5,)).start()
    assert time.monotonic() - began < 10
    assert judging.Time.limits == [60, 60, 60]
    judging.run_time(1)
    began = time.monotonic()
    time.sleep(0.2)
    assert time.monotonic() - began >= 0.2


@pytest.mark.parametrize(
    ("body", "empty"),
    [("...", True), ("pass", True), ("'Says ...'", True), ("return 1  # ...", False), ("'...'\n    return", False)],
)
def test_a_function_is_empty_if_it_does_nothing(body, empty, tmp_path):
    code = f"def exit_code_of(function):\n    return 1\n\n\ndef exit_code_of(function):\n    {body}\n"
    assert ("is still empty" in judged(tmp_path, ("process", 1), code)) == empty


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
    rounds = iter([["ours", "resource_tracker import"], ["its child", "not ours"], ["not ours"]])
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
    _kill_all("ours")
    assert killed == ["ours", "its child"]
    assert list(rounds) == []


def test_a_resource_tracker_that_stays_is_killed(monkeypatch):
    tracker = Mock(**{"environ.return_value": {MARK: "ours"}, "cmdline.return_value": ["resource_tracker"]})
    monkeypatch.setattr(psutil, "process_iter", lambda: [] if tracker.kill.called else [tracker])
    _kill_all("ours")
    assert tracker.kill.called


def test_waiting_ends_with_its_time():
    assert wait_until(lambda: True, 60)
    assert not wait_until(lambda: False, 0.1)


def test_who_keeps_the_output_open_keeps_no_check():
    code = """
import os
from pathlib import Path
from helpers.checking import _Printed
reading, writing = os.pipe()
os.write(writing, b"the last line")
print(_Printed(reading).at_last(Path()))"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert "the last line" in done.stdout
    assert done.returncode == 0


def test_all_processes_see_a_note(tmp_path, monkeypatch):
    monkeypatch.setenv(NOTES, str(tmp_path))
    for text in ("1", "2"):
        note("task", text)
    note("end")
    assert (noted("task"), noted("end"), noted("ta")) == (2, 1, 0)
    assert sorted(told("task")) == ["1", "2"]


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
