"""Lesson 01, Process: the judges of its exercises, and the functions that they have the learner run."""

import contextlib
import json
import multiprocessing
import os
import signal
import sys
import threading
import time
from pathlib import Path

from helpers.judging import (
    AnyOrder,
    Learner,
    Time,
    in_a_child,
    is_gone,
    no_traceback,
    note,
    noted,
    pause,
    told,
    wait_until,
)
from helpers.sentences import say

POSIX = os.name == "posix"
LIMITS = "Without a limit, join() waits however long it takes."


@in_a_child
def succeed() -> int:
    return 5


@in_a_child
def exit_with_3() -> None:
    pause(1)  # who waits with a limit, or guesses, is back
    sys.exit(3)


@in_a_child
def raise_an_error() -> None:
    no_traceback()
    raise ValueError("raised on purpose")


@in_a_child
def be_killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def exit_code_of(my: Learner) -> None:
    """exit_code_of gave the exit code of a child that returns, exits with 3, raises, and is killed."""
    make = "Make a Process with target=function, start it, join it, and return its exitcode."
    killed = "Hint: exitcode is the negative number of a signal that kills."
    for function, code, hint in (
        (succeed, 0, make),
        (exit_with_3, 3, make),
        (raise_an_error, 1, make),
        *([(be_killed, -9, killed)] if POSIX else []),
    ):
        call = my("exit_code_of", function, gives=code, hint=hint, faster=1000)
        assert call.value is not None or not call.limits, (
            "Hint: exitcode is None until join() has seen the end, and the child may take longer than any limit.",
            LIMITS,
        )
        assert call.value is not None, (
            "Hint: exitcode is None before start() and until join() has seen the end, and join() itself returns None."
        )
        assert call.error or noted("begun"), "Hint: the function never ran. Is it the target, and is the child started?"
        assert noted("begun") < 2, "ran the function more than once. Hint: one child is enough."
        call.must_be_right()


GUARD = 'Hint: only the program itself may do that, so put it under if __name__ == "__main__":.'


def greeting(my: Learner) -> None:
    """the script starts one child, and that greets."""
    call = my(run_program, my.file, said=say("running {file}", file=my.file))
    assert call.back, (call.outcome(), "Hint: a program ends behind its last line, when its children have ended.")
    error, printed, started = call.value.stderr, call.value.stdout.splitlines(), told("started")
    last = (error.splitlines() or [""])[-1]
    assert "bootstrapping phase" not in error, (
        "raised RuntimeError, about the bootstrapping phase: the child imports the script, and starts a child.",
        GUARD,
    )
    syntax = "SyntaxError" in error or "IndentationError" in error
    assert not syntax, say("failed with a syntax error: {error}.", error=last)
    assert "module '__mp_main__'" not in error, (
        "failed: the child did not find greet. Hint: it must stand outside the guard, where an import sees it."
    )
    assert "_fixup_main_from_path" not in error, say(
        "failed: the child imports it too, which raised {error}. Hint: that import runs every line outside the guard, "
        "so all that handles the child must stand under the guard.",
        error=last,
    )
    assert not call.value.returncode and "Traceback" not in error, say("failed: {error}", error=last)
    assert all(start.startswith("spawn ") for start in started), (
        "started a child that is no longer spawned. Hint: the start method stays spawn, so use "
        'get_context("spawn").Process.'
    )
    assert not noted("thread"), "greeted in a thread of the program itself. Hint: Process, not Thread."
    names = [start.partition(" ")[2] for start in started]
    named = [line for line in printed for name in names if name in line]
    one = say("printed {lines}; expected was one line from one child.", lines=printed)
    assert len(started) < 2 and len(named) < 2, one
    here = "\n".join(told("printed"))
    assert named or "MainProcess" not in here, "called greet in the program itself. Hint: target=greet."
    assert named or "MainProcess" not in call.value.stdout, (
        "printed the program's name, in the child. Hint: what stands in args=(...) is computed before the child "
        "starts. Leave greet as it is: it asks for the name in the child."
    )
    assert not any(name in here for name in names), say(
        "printed {line!r} in the program itself. Hint: greet prints; it is the child's target.", line="".join(named[:1])
    )
    assert printed, "printed nothing. Hint: is greet the child's target, is it started, and is it waited for?"
    assert named, say("printed {line!r}, not the child's name. Hint: leave greet as it is.", line=printed[0])
    imports = told("import")
    assert "__mp_main__" not in imports, ("hides the error only: the child, too, tries to start one.", GUARD)
    assert not imports, ("starts a child, but so does who only imports the script.", GUARD)


def run_program(file: str):
    """Run a script as a program, and then see what it does when a child imports it."""
    import subprocess  # here, because each child imports this module

    code = f"import sys; sys.path[:] = {sys.path!r}; from helpers.judges import process; process.run_script({file!r})"
    options = {"capture_output": True, "encoding": "utf-8", "errors": "replace"}
    done = subprocess.run([sys.executable, "-c", code], check=False, **options)
    child = multiprocessing.get_context("spawn").Process(target=import_script, args=(file,))
    child.start()
    child.join()
    return done


def run_script(file: str) -> None:
    """Run a script, and note which children it starts, and what is printed by the script itself."""
    import runpy

    start, write = multiprocessing.process.BaseProcess.start, sys.stdout.write

    def noting_start(process: multiprocessing.process.BaseProcess) -> None:
        start(process)
        note("started", f"{process._popen.method} {process.name}")

    def noting_write(text: str) -> int:
        if sys._getframe(1).f_code.co_filename == file:
            thread = threading.current_thread() is not threading.main_thread()
            note("thread" if thread else "printed", text)
        return write(text)

    multiprocessing.process.BaseProcess.start, sys.stdout.write = noting_start, noting_write
    runpy.run_path(file, run_name="__main__")


def import_script(file: str) -> None:
    """Import a script, as each spawned child does and as others may, and note if it would start another one."""
    import runpy

    def start(process: multiprocessing.process.BaseProcess) -> None:
        note("import", name)
        raise RuntimeError

    no_traceback()
    multiprocessing.process.BaseProcess.start = start
    with contextlib.redirect_stdout(None):
        for name in ("__mp_main__", Path(file).stem):
            with contextlib.suppress(Exception):
                runpy.run_path(file, run_name=name)


@in_a_child
def sleep_for_a_minute() -> None:
    pause(60)


@in_a_child
def leave_late() -> None:
    """End when the judge says so."""
    wait_until(lambda: noted("leave"))


@in_a_child
def ignore_sigterm() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    pause(60)


def run_for(my: Learner) -> None:
    """run_for says who ended by itself, and leaves no process, not even one that ignores SIGTERM."""
    kill_is_quick()
    ask = (
        "Hint: join(seconds) returns after that time, or as soon as the child ends, and gives None anyway. Exit code 0 "
        "counts as false, so ask is_alive()."
    )
    early = "The child ended by itself, with exit code 3, long before its time was up."
    my("run_for", succeed, 60, gives=True, hint=ask).must_be_right()
    my("run_for", exit_with_3, 600, gives=True, hint=(early, ask), faster=20).must_be_right()
    if POSIX:
        killed = "A signal ended it in time, and it was not yours."
        my("run_for", be_killed, 60, gives=True, hint=(killed, ask)).must_be_right()

    late = "It does not end within that time, so it has to be ended."
    began = time.monotonic()
    call = my.begin("run_for", leave_late, 1.3, gives=False, hint=(late, ask))
    call.wait(until=lambda: noted("begun"))
    call.wait(seconds=1.3 + Time.slowness)
    took = time.monotonic() - began
    if not call.back:
        note("leave")
        call.wait()
    assert not call.is_right() or took >= 1.3, (
        "ended the child too soon. Hint: seconds may be a fraction, and join takes it as it is."
    )
    call.must_be_right()
    zero = "0 seconds is a limit like any other."
    my("run_for", sleep_for_a_minute, 0, gives=False, hint=(zero, ask)).must_be_right()
    if POSIX:  # its child inherits what it ignores, so nobody has to wait until it has said so itself
        my(ignore_sigterm_here, said="setting up")
        deaf = "It ignores SIGTERM, so terminate() does not end it. Hint: kill(), and soon."
        my("run_for", ignore_sigterm, 0.2, gives=False, hint=deaf).must_be_right()


def ignore_sigterm_here() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def kill_is_quick() -> None:
    """From now on kill() is back when the child is dead, as it may be: who asks then is told so."""
    kill = multiprocessing.process.BaseProcess.kill

    def quick_kill(self) -> None:
        kill(self)
        wait_until(lambda: is_gone(self.pid), 2)

    multiprocessing.process.BaseProcess.kill = quick_kill


@in_a_child
def meet(argument: object) -> None:
    """Wait until the judge says with which exit code to go, and go."""
    me = os.getpid()
    note("met", json.dumps([multiprocessing.current_process()._identity, me, repr(argument)]))
    wait_until(lambda: noted(f"exit-{me}"))
    sys.exit(int(told(f"exit-{me}")[0]))


def both(my: Learner) -> None:
    """two children ran at the same time, and both exit codes came back, whichever of them was slow."""
    hint = "Hint: make two processes with target=function and args=(argument,), a tuple, with a comma."
    for argument, codes, slow, faster in ((3, (0, 7), 1, 1), ((3,), (7, 0), 0, 1000), (None, (5, 5), 1, 1000)):
        call = my.begin("both", meet, argument, gives=AnyOrder(codes), hint=hint, faster=faster)
        call.wait(until=lambda: noted("met") > 1)
        met = [pid for _, pid, _ in sorted(map(json.loads, told("met")))]  # in the order in which they were made
        assert call.back or len(met) != 1, (
            "never had two children at the same time. Hint: not one after the other: start both processes first, and "
            "join them afterwards."
        )
        for one in sorted((0, 1), key=lambda one: one == slow) if len(met) == 2 else ():
            note(f"exit-{met[one]}", str(codes[one]))
            call.wait(until=lambda pid=met[one]: is_gone(pid) or noted("met") > 2)
            call.wait(until=lambda: noted("met") > 2, seconds=1 if faster > 1 else 0.4)  # who waits for one is back
        call.wait(until=lambda: noted("met") > 2)
        assert call.back or noted("met") != 2, (
            "waited on when both children had ended. Hint: join() is back as soon as its child has ended."
        )
        assert type(call.value) is not list or None not in call.value, (
            "Hint: exitcode is None until join() has seen the end, so join both without a limit."
        )
        count = noted("met")
        assert call.error or count == 2, (
            say("called the function in {count} processes, not in 2.", count=count),
            hint,
        )
        given = {given for _, _, given in map(json.loads, told("met"))} - {repr(argument)}
        assert not given, (say("called the function with {arguments}.", arguments=" and ".join(given)), hint)
        assert type(call.value) is not tuple, "Hint: return a list, in square brackets."
        call.must_be_right()


JUDGES = {1: exit_code_of, 2: greeting, 3: run_for, 4: both}
