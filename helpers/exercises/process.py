"""Lesson 01, Process: the judges of its exercises, and the functions that they have the learner run."""

import contextlib
import io
import multiprocessing
import multiprocessing.process
import os
import runpy
import signal
import subprocess
import sys
import time
from pathlib import Path

from helpers.exercise import RAN_HERE, Learner, Wrong, expect, must_be_in_a_child, note, noted, short, told, wait_until

GUARD = 'only the program itself may do that, so put it under if __name__ == "__main__":.'


def succeed() -> None:
    note("ran in", str(os.getpid()))
    must_be_in_a_child()


def exit_with_3() -> None:
    must_be_in_a_child()
    time.sleep(1.2)  # join(1) is too short
    sys.exit(3)


def raise_an_error() -> None:
    must_be_in_a_child()
    raise ValueError("raised on purpose")


def sleep_for_a_minute() -> None:
    must_be_in_a_child()
    time.sleep(60)


def ignore_sigterm() -> None:
    must_be_in_a_child()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(60)


def meet(code: int) -> None:
    """Exit with this code, if another one is there within some seconds."""
    must_be_in_a_child()
    note("there")
    if not wait_until(lambda: noted("there") > 1, 2.5):
        note("alone")
        sys.exit(1)
    time.sleep(2.1)  # join(1) for each is too short
    sys.exit(code)


def run_script(file: str) -> None:
    """Run a script. Only what its spawned children print comes out; what else it does is noted."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=lambda: note("not spawned"))
    with contextlib.redirect_stdout(io.StringIO()) as printed_here:
        try:
            runpy.run_path(file, run_name="__main__")
        finally:
            if printed_here.getvalue():
                note("printed here")
            if "multiprocessing.popen_forkserver" in sys.modules:
                note("not spawned")


def import_script(file: str) -> None:
    """Import a script in a child, as each spawned child does, and note if it would start another one."""

    def start(process: multiprocessing.process.BaseProcess) -> None:
        note("started at import")
        raise RuntimeError

    multiprocessing.process.BaseProcess.start = start
    runpy.run_path(file, run_name="__mp_main__")


def judge_exit_code(learner: Learner) -> str:
    hint = "Make a Process with target=function, start it, join it, and return its exitcode."
    none = "Hint: exitcode is None before start() and until join() has seen the end, and join() itself returns None."
    for function, code in ((succeed, 0), (exit_with_3, 3), (raise_an_error, 1)):
        said = f"exit_code_of({function.__name__})"
        got = learner.call("exit_code_of", function, hint=hint)
        if str(os.getpid()) in told("ran in"):
            raise Wrong(f"{said} {RAN_HERE}")
        expect(said, got, code, none if got is None else hint)
    return "exit_code_of gave 0, 3 and 1 for a child that returns, exits with 3 and raises."


def judge_script(learner: Learner) -> str:
    file = Path(f"{learner.name}.py")
    if not file.exists():
        raise Wrong(f"there is no {file} yet. Run the cell above that begins with %%writefile.")
    learner.trying(f"running {file} as a script", "")
    code = f"from helpers.exercises.process import run_script; run_script({str(file)!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    must_run(file, done)
    printed = done.stdout.splitlines()
    if noted("not spawned"):
        raise Wrong("the child was forked. Hint: the start method stays spawn, so use get_context('spawn').Process.")
    if not printed and noted("printed here"):
        raise Wrong("greet ran in the program itself. Hint: it must be the target of a process, not called.")
    if not printed:
        raise Wrong(f"running {file} printed nothing. Hint: is the child started, and is greet its target?")
    if len(printed) > 1:
        raise Wrong(f"children printed {done.stdout.strip()!r}; expected was one line from one child.")
    child = multiprocessing.get_context("spawn").Process(target=import_script, args=(str(file),))
    child.start()
    child.join()
    if noted("started at import"):
        raise Wrong(f"the child, too, tries to start a child: the error is only hidden. Hint: {GUARD}")
    return "the script starts one child, and that greets."


def must_run(file: Path, done: subprocess.CompletedProcess) -> None:
    """Raise Wrong if running the script failed."""
    last = (done.stderr.splitlines() or ["no message"])[-1]
    if "bootstrapping phase" in done.stderr:
        raise Wrong(
            f"running {file} raised RuntimeError, about the bootstrapping phase: the child imports the script, and "
            f"starts a child. Hint: {GUARD}"
        )
    if "SyntaxError" in done.stderr or "IndentationError" in done.stderr:
        raise Wrong(f"{file} has a syntax error: {last}.")
    if "module '__mp_main__'" in done.stderr:
        raise Wrong("the child did not find greet. Hint: it must stand outside the guard, where an import sees it.")
    if "_fixup_main_from_path" in done.stderr:
        raise Wrong(
            f"the child imports {file}, which raised {last}. Hint: that import runs every line outside the guard, so "
            "all that handles the child must stand under the guard."
        )
    if done.returncode or done.stderr:
        raise Wrong(f"running {file} failed: {last}")


def judge_run_for(learner: Learner) -> str:
    hint = (
        "Hint: join(seconds) returns after that time or at the child's end, and gives None in any case. Exit code 0 "
        "counts as false, so ask is_alive()."
    )
    for function, seconds, expected, why in (
        (succeed, 5, True, "The child ended by itself."),
        (raise_an_error, 5, True, "The child ended by itself, with exit code 1."),
        (sleep_for_a_minute, 0.5, False, "It sleeps for a minute, so it has to be ended."),
        (ignore_sigterm, 0.2, False, "It ignores SIGTERM, so terminate() does not end it. Hint: kill(), and soon."),
    ):
        if function is ignore_sigterm:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)  # its process inherits that, and need not be waited for
            hint = ""
        said, hints = f"run_for({function.__name__}, {seconds})", f"{why} {hint}".strip()
        expect(said, learner.call("run_for", function, seconds, hint=hints), expected, hints)
        if not wait_until(lambda: not multiprocessing.active_children(), 0.5):
            raise Wrong(f"{said} left its child running. {why}")
    return "run_for says who ended by itself, and leaves no process, not even one that ignores SIGTERM."


def judge_both(learner: Learner) -> str:
    said = "both(meet, 3)"
    hint = "Hint: make two processes with target=function and args=(argument,), a tuple, with a comma."
    got = learner.call("both", meet, 3, hint=hint)
    if noted("alone") and noted("there") > 1:
        raise Wrong(
            f"{said} gave {short(got)}: the first child had ended before the second was there, so they ran one after "
            "the other. Hint: start both processes first, and join them afterwards."
        )
    why = "It should return the two exit codes, as a list."
    if isinstance(got, list) and None in got:
        why = "Hint: exitcode is None until join() has seen the end, so join both without a limit."
    elif noted("there") != 2:
        raise Wrong(f"{said} called meet(3) in {noted('there')} processes; expected were 2. {hint}")
    expect(said, got, [3, 3], why)
    return "two children ran at the same time, and both exit codes came back."


JUDGES = {1: judge_exit_code, 2: judge_script, 3: judge_run_for, 4: judge_both}
