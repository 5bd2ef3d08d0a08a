"""Lesson 01, Process: the judges of its exercises, and the functions that they have the learner run."""

import multiprocessing
import signal
import subprocess
import sys
import time
from pathlib import Path

from helpers.exercise import Learner, Wrong, expect, must_be_in_a_child, note, noted, wait_until


def succeed() -> None:
    must_be_in_a_child()


def exit_with_3() -> None:
    must_be_in_a_child()
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


def meet(others: int) -> None:
    """Exit code 0 if there are so many others within two seconds."""
    must_be_in_a_child()
    note("there")
    sys.exit(0 if wait_until(lambda: noted("there") > others, 2) else 1)


def judge_exit_code(learner: Learner) -> str:
    hint = "Make a Process with target=function, start it, join it, and return its exitcode."
    for function, code in ((succeed, 0), (exit_with_3, 3), (raise_an_error, 1)):
        said = f"exit_code_of({function.__name__})"
        got = learner.call("exit_code_of", function, hint=hint)
        why = "Hint: exitcode is None before start() and until the child has ended, and join() itself returns None."
        expect(said, got, code, why if got is None else hint)
    return "exit_code_of gave 0, 3 and 1 for a child that returns, exits with 3 and raises."


def judge_script(learner: Learner) -> str:
    file = Path(f"{learner.name}.py")
    if not file.exists():
        raise Wrong(f"there is no {file} yet. Run the cell above that begins with %%writefile.")
    learner.trying(f"running {file} as a script", "")
    done = subprocess.run([sys.executable, file], capture_output=True, text=True, check=False)
    if "bootstrapping phase" in done.stderr:
        raise Wrong(
            f"running {file} raised RuntimeError, about the bootstrapping phase: the child imports the script, and "
            'starts a child. Hint: only the program itself may do that, so put it under if __name__ == "__main__":.'
        )
    if "SyntaxError" in done.stderr or "IndentationError" in done.stderr:
        raise Wrong(f"{file} has a syntax error: {done.stderr.splitlines()[-1]}.")
    if "AttributeError" in done.stderr:
        raise Wrong("the child did not find greet. Hint: it must stand outside the guard, where an import sees it.")
    if done.returncode or done.stderr:
        raise Wrong(f"running {file} failed: {(done.stderr.splitlines() or ['no message'])[-1]}")
    printed = done.stdout.split()
    if not printed:
        raise Wrong(f"running {file} printed nothing. Hint: is the child started, and is greet its target?")
    if printed[-1] == "MainProcess":
        raise Wrong("greet ran in the program itself. Hint: it must be the target of a process, not called.")
    if len(printed) != 3:
        raise Wrong(f"running {file} printed {done.stdout.strip()!r}; expected was one greeting from one child.")
    return "the script starts one child, and that greets."


def judge_run_for(learner: Learner) -> str:
    hint = "Hint: join(seconds) returns after that time, whether the child has ended or not."
    expect("run_for(succeed, 5)", learner.call("run_for", succeed, 5, hint=hint), True, "The child ended by itself.")
    for function, seconds, why in (
        (sleep_for_a_minute, 0.5, "It sleeps for a minute, so it has to be ended."),
        (ignore_sigterm, 2.0, "It ignores SIGTERM, so terminate() is not enough. Hint: kill()."),
    ):
        said = f"run_for({function.__name__}, {seconds})"
        got = learner.call("run_for", function, seconds, hint=f"{why} {hint}")
        expect(said, got, False, f"{hint} It always returns None: ask is_alive()." if got is None else why)
        if not wait_until(lambda: not multiprocessing.active_children(), 0.1):
            raise Wrong(f"{said} left its child running. {why}")
    return "run_for says who ended by itself, and leaves no process, not even one that ignores SIGTERM."


def judge_both(learner: Learner) -> str:
    hint = "Hint: start both processes first, and join them afterwards."
    said = "both(meet, 1)"
    got = learner.call("both", meet, 1, hint=hint)
    if noted("there") != 2:
        raise Wrong(f"{said} ran {noted('there')} children; expected were 2. {hint}")
    why = "It should return the two exit codes, as a list."
    if got == [1, 0]:
        why = "The first child had ended before the second was there, so they ran one after the other."
    expect(said, got, [0, 0], f"{why} {hint}")
    return "two children ran at the same time, and both exit codes came back."


JUDGES = {1: judge_exit_code, 2: judge_script, 3: judge_run_for, 4: judge_both}
