"""Lesson 01, Process: the judges of its exercises, and the partners that they have the learner run."""

import contextlib
import json
import multiprocessing
import multiprocessing.process
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from helpers.judge import (
    AnyOrder,
    Call,
    Case,
    Judge,
    Learner,
    is_gone,
    kill_is_quick,
    left,
    must_be_in_a_child,
    no_limit_is_enough,
    no_traceback,
    note,
    noted,
    pauses_are_short,
    told,
    wait_for,
)

GUARD = 'only the program itself may do that, so put it under if __name__ == "__main__":.'
POSIX = os.name == "posix"


def begin() -> None:
    """What each partner does first."""
    must_be_in_a_child()
    note("begun")
    no_traceback()


def succeed() -> int:
    begin()
    return 5


def exit_with_3() -> None:
    begin()
    time.sleep(0.4)  # longer than who guesses waits
    sys.exit(3)


def raise_an_error() -> None:
    begin()
    raise ValueError("raised on purpose")


def be_killed() -> None:
    begin()
    os.kill(os.getpid(), signal.SIGKILL)


def sleep_for_a_minute() -> None:
    begin()
    time.sleep(60)


def stay() -> None:
    """End when the judge says so."""
    begin()
    wait_for("leave")


def ignore_sigterm() -> None:
    begin()
    refuse_sigterm()
    time.sleep(60)


def refuse_sigterm() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


class ExitCode(Judge):
    function = "exit_code_of(function)"
    right = "exit_code_of gave the exit code of a child that returns, exits with 3, raises, and is killed."

    def cases(self) -> Iterator[Case]:
        pauses_are_short()
        hint = "Make a Process with target=function, start it, join it, and return its exitcode."
        for function, code in ((succeed, 0), (exit_with_3, 3), (raise_an_error, 1)):
            yield Case((function,), code, hint, before=no_limit_is_enough)
        if POSIX:
            yield Case((be_killed,), -signal.SIGKILL, "Hint: exitcode is the negative number of a signal that kills.")

    def must(self, run: Call) -> Iterator[tuple[object, str]]:
        yield (
            run.value is not None,
            "Hint: exitcode is None before start() and until join() has seen the end, and join() itself returns None.",
        )
        yield run.error or noted("begun"), "Hint: the function never ran. Is it the target, and is the child started?"
        yield noted("begun") < 2, "ran the function more than once. Hint: one child is enough."


class Greeting(Judge):
    function = "my_process_2.py"
    right = "the script starts one child, and that greets."

    def cases(self) -> Iterator[Case]:
        yield Case((self.function,), said=f"running {self.function}", instead=run_program)

    def must(self, run: Call) -> Iterator[tuple[object, str]]:
        error, printed, started = run.value.stderr, run.value.stdout.splitlines(), told("started")
        last = (error.splitlines() or ["no message"])[-1]
        yield (
            "bootstrapping phase" not in error,
            "raised RuntimeError, about the bootstrapping phase: the child imports the script, and starts a child. "
            f"Hint: {GUARD}",
        )
        yield "SyntaxError" not in error and "IndentationError" not in error, f"failed with a syntax error: {last}."
        yield (
            "module '__mp_main__'" not in error,
            "failed: the child did not find greet. Hint: it must stand outside the guard, where an import sees it.",
        )
        yield (
            "_fixup_main_from_path" not in error,
            f"failed: the child imports it too, which raised {last}. Hint: that import runs every line outside the "
            "guard, so all that handles the child must stand under the guard.",
        )
        yield not run.value.returncode and "Traceback" not in error, f"failed: {last}"
        yield (
            all(start.startswith("spawn ") for start in started),
            "started a child that is no longer spawned. Hint: the start method stays spawn, so use "
            'get_context("spawn").Process.',
        )
        names = [start.partition(" ")[2] for start in started]
        named = [line for line in printed for name in names if name in line]
        here = any(name in text for name in names for text in told("printed here"))
        yield len(started) < 2 and len(named) < 2, f"printed {printed}; expected was one line from one child."
        yield named or "MainProcess" not in run.value.stdout, "called greet in the program itself. Hint: target=greet."
        yield (
            not here,
            f"printed {''.join(named[:1])!r} in the program itself. Hint: greet prints; it is the child's target.",
        )
        yield printed, "printed nothing. Hint: is greet the child's target, is it started, and is it waited for?"
        yield named, f"printed {printed[0]!r}, not the child's name. Hint: leave greet as it is."
        imports = told("started at import")
        hides = "__mp_main__" in imports
        yield not hides, f"hides the error only: the child, too, tries to start one. Hint: {GUARD}"
        yield not imports, f"starts a child, but so does who only imports the script. Hint: {GUARD}"


def run_program(file: str):
    """Run a script as a program, and then see what it does when a child imports it."""
    import subprocess  # here, because each partner's child imports this module

    code = (
        f"import sys; sys.path[:] = {sys.path!r}; from helpers.exercises import process; process.run_script({file!r})"
    )
    options = {"capture_output": True, "encoding": "utf-8", "errors": "replace"}
    done = subprocess.run([sys.executable, "-c", code], check=False, **options)
    child = multiprocessing.get_context("spawn").Process(target=import_script, args=(file,))
    child.start()
    child.join()
    return done


def run_script(file: str) -> None:
    """Run a script, and note which children it starts, and what is printed by the script itself."""
    import runpy

    start = multiprocessing.process.BaseProcess.start

    def noting(process: multiprocessing.process.BaseProcess) -> None:
        start(process)
        note("started", f"{process._popen.method} {process.name}")

    multiprocessing.process.BaseProcess.start = noting
    write = sys.stdout.write

    def noting_write(text: str) -> int:
        if sys._getframe(1).f_code.co_filename == file:
            note("printed here", text)
        return write(text)

    sys.stdout.write = noting_write
    runpy.run_path(file, run_name="__main__")


def import_script(file: str) -> None:
    """Import a script, as each spawned child does and as others may, and note if it would start another one."""
    import runpy

    def start(process: multiprocessing.process.BaseProcess) -> None:
        note("started at import", name)
        raise RuntimeError

    no_traceback()
    multiprocessing.process.BaseProcess.start = start
    with contextlib.redirect_stdout(None):
        for name in ("__mp_main__", Path(file).stem):
            with contextlib.suppress(Exception):
                runpy.run_path(file, run_name=name)


class RunFor(Judge):
    function = "run_for(function, seconds)"
    right = "run_for says who ended by itself, and leaves no process, not even one that ignores SIGTERM."

    def cases(self) -> Iterator[Case]:
        ask = (
            "Hint: join(seconds) returns after that time, or as soon as the child ends, and gives None anyway. Exit "
            "code 0 counts as false, so ask is_alive()."
        )
        yield Case((succeed, 60), True, ask)
        yield Case((exit_with_3, 60), True, f"The child ended by itself, with exit code 3. {ask}")
        if POSIX:
            yield Case((be_killed, 5), True, f"A signal ended it in time, and it was not yours. {ask}")
        late = f"It does not end within a second, so it has to be ended. {ask}"
        yield Case((stay, 1), False, late, before=kill_is_quick, meanwhile=lambda run: run.wait(1.5) or note("leave"))
        yield Case((sleep_for_a_minute, 0), False, f"0 seconds is a limit like any other. {ask}")
        # Its child inherits that, so nobody has to wait until it has said so itself.
        kill = "It ignores SIGTERM, so terminate() does not end it. Hint: kill(), and soon."
        yield Case((ignore_sigterm, 0.2), False, kill, before=refuse_sigterm)


TUPLE = "Hint: make two processes with target=function and args=(argument,), a tuple, with a comma."


def meet(argument: object) -> None:
    """Wait until the judge says with which exit code to go, and go."""
    must_be_in_a_child()
    me = os.getpid()
    note("met", json.dumps([multiprocessing.current_process()._identity, me, repr(argument)]))
    while not told(f"exit {me}"):
        time.sleep(0.01)
    sys.exit(int(told(f"exit {me}")[0]))


def met() -> list[tuple[int, str]]:
    """The process id and the argument of each that is there, in the order in which they were made."""
    return [(pid, argument) for _, pid, argument in sorted(map(json.loads, told("met")))]


def let_go(pid: int, code: int) -> None:
    if not noted(f"exit {pid}"):
        note(f"exit {pid}", str(code))


class Both(Judge):
    function = "both(function, argument)"
    right = "two children ran at the same time, and both exit codes came back, whichever of them was slow."

    def __call__(self, learner: Learner) -> str:
        pauses_are_short()
        return super().__call__(learner)

    def cases(self) -> Iterator[Case]:
        hint = f"Return both exit codes. {TUPLE}"
        for argument, codes, self.slow in ((3, (0, 7), 1), ((3,), (7, 0), 0), (None, (5, 5), 1)):
            yield Case((meet, argument), AnyOrder(codes), hint, before=no_limit_is_enough, meanwhile=self.lead)

    def lead(self, run: Call) -> None:
        """Let the children go when both are there, the slow one well after the other has ended."""
        run.until(lambda: noted("met"))
        while not run.until(lambda: noted("met") > 1, 2.5) and not run.back and len(left()[0]) > 1:
            pass  # the second one has been started, and is slow to begin
        pids = [pid for pid, _ in met()]  # from now on a third one may come, and be the first in the list
        if len(pids) == 2:
            quick, slow = 1 - self.slow, self.slow
            let_go(pids[quick], run.case.gives[quick])
            run.until(lambda: is_gone(pids[quick]) or noted("met") > 2)
            run.wait(0.4)  # who does not wait for the slow one is back
            let_go(pids[slow], run.case.gives[slow])
        elif not run.back and noted("met") < 2:
            note("alone")
        while not run.wait(0.1):
            for pid, _ in met():
                let_go(pid, 1)

    def must(self, run: Call) -> Iterator[tuple[object, str]]:
        yield (
            not noted("alone") or len(met()) < 2,
            "ran one after the other: the first child had ended before the second was there. Hint: start both "
            "processes first, and join them afterwards.",
        )
        yield (
            type(run.value) is not list or None not in run.value,
            "Hint: exitcode is None until join() has seen the end, so join both without a limit.",
        )
        yield run.error or len(met()) == 2, f"called the function in {len(met())} processes, not in 2. {TUPLE}"
        given = {argument for _, argument in met()} - {repr(run.case.arguments[1])}
        yield not given, f"called the function with {' and '.join(given)}. {TUPLE}"
        yield type(run.value) is not tuple, "Hint: return a list, in square brackets."


JUDGES = {1: ExitCode(), 2: Greeting(), 3: RunFor(), 4: Both()}
