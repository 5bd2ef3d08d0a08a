"""What lesson 01 says and no stored output of it shows."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
import warnings

import pytest

from helpers import process


def test_the_default_start_method_is_what_the_text_says():
    default = "fork" if sys.version_info < (3, 14) else "forkserver"
    if sys.platform in ("win32", "darwin"):
        default = "spawn"
    assert multiprocessing.get_all_start_methods()[0] == default


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_fork_warns_of_threads_from_python_3_12_on():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        child = multiprocessing.get_context("fork").Process(target=process.nap, args=(0,))
        thread = threading.Thread(target=child.start)  # so there are two
        thread.start()
        thread.join()
        child.join(60)
    texts = [str(each.message) for each in caught if "multi-threaded" in str(each.message)]
    assert len(texts) == (sys.version_info >= (3, 12))
    assert all(text.endswith("is multi-threaded, use of fork() may lead to deadlocks in the child.") for text in texts)


def python(folder, code, *arguments, **options):
    """Run a script of its own, as in a terminal."""
    (folder / "script.py").write_text(code)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    options = {"cwd": folder, "text": True, "timeout": 60, **pipes, **options}
    return subprocess.run([sys.executable, "script.py", *arguments], **options)


GUARDED = """
import multiprocessing, os, random, signal, sys, time
state = random.random()
def work():
    {work}
if __name__ == "__main__":
    context = multiprocessing.get_context("{method}")
    {main}
"""
posix = pytest.mark.skipif(os.name != "posix", reason="Windows has neither these signals nor fork")


@posix
def test_a_daemon_lives_on_when_sigterm_ends_its_parent(tmp_path):
    main = "context.Process(target=work, daemon=True).start(); os.kill(os.getpid(), signal.SIGTERM)"
    done = python(tmp_path, GUARDED.format(method="spawn", work="time.sleep(0.5); print('awake')", main=main))
    assert (done.returncode, done.stdout) == (-signal.SIGTERM, "awake\n")


@posix
def test_wait_for_all_children_waits_for_the_forkserver_too(tmp_path):
    main = "child = context.Process(target=work); child.start(); child.join(); signal.alarm(1); os.wait()"
    done = python(tmp_path, GUARDED.format(method="forkserver", work="pass", main=main))
    assert done.returncode == -signal.SIGALRM


@posix
def test_whether_the_forkserver_imports_the_script(tmp_path):
    """Then all children inherit what its top level made, for instance the state of a generator."""
    main = "\n    ".join(
        ["for _ in range(2):", "    child = context.Process(target=work)", "    child.start()", "    child.join()"]
    )
    done = python(tmp_path, GUARDED.format(method="forkserver", work="print(state)", main=main))
    first, second = done.stdout.splitlines()
    fixed = sys.version_info >= (3, 14, 1) or (3, 13, 8) <= sys.version_info < (3, 14)
    assert (first == second) is fixed


@pytest.mark.skipif(sys.version_info < (3, 15), reason="on_error is new in Python 3.15")
@posix
def test_what_the_forkserver_cannot_preload(tmp_path):
    main = (
        "context.set_forkserver_preload(['no_such_module'], on_error=sys.argv[1]); context.Process(target=work).start()"
    )
    code = GUARDED.format(method="forkserver", work="pass", main=main)
    assert python(tmp_path, code, "ignore").stderr == python(tmp_path, code, "warn").stderr == ""
    warns = python(tmp_path, code, "warn", env={**os.environ, "PYTHONWARNINGS": "default"})
    assert "ImportWarning: Failed to preload module 'no_such_module'" in warns.stderr
    fails = python(tmp_path, code, "fail")
    assert fails.returncode == 1
    assert "No module named 'no_such_module'" in fails.stderr


@posix
def test_a_program_that_a_spawned_child_started_keeps_the_sentinel_unready(tmp_path):
    main = "\n    ".join(
        [
            "child = context.Process(target=work)",
            "child.start()",
            "while child.is_alive(): time.sleep(0.01)",
            "print('ended', bool(multiprocessing.connection.wait([child.sentinel], 0)))",
        ]
    )
    code = "import multiprocessing.connection" + GUARDED.format(
        method="spawn", work="os.system('sleep 2 &')", main=main
    )
    assert python(tmp_path, code).stdout == "ended False\n"


def test_a_breakpoint_in_a_child_finds_no_terminal(tmp_path):
    main = "child = context.Process(target=work); child.start(); child.join(); print('exit code', child.exitcode)"
    done = python(tmp_path, GUARDED.format(method="spawn", work="breakpoint(); pass", main=main), input="c\n")
    assert done.stdout.splitlines()[-1] == "exit code 1"
    said = "bdb.BdbQuit" if sys.version_info < (3, 14) else "Quitting pdb will kill the process"
    assert said in done.stdout + done.stderr


@pytest.mark.skipif(sys.version_info < (3, 14), reason="pdb -p is new in Python 3.14")
@posix
@pytest.mark.parametrize(("work", "answers"), [("while True: time.sleep(0.05)", True), ("lock.acquire()", False)])
def test_pdb_attaches_to_a_child_unless_it_hangs(work, answers, tmp_path):
    (tmp_path / "script.py").write_text(
        f"import multiprocessing, time\nlock = multiprocessing.Lock()\nlock.acquire()\n{work}"
    )
    hanging = subprocess.Popen([sys.executable, "script.py"], cwd=tmp_path)
    command, said = [sys.executable, "-m", "pdb", "-p", str(hanging.pid)], ""
    try:
        time.sleep(1)  # until it is there
        pipes = {"capture_output": True, "text": True, "timeout": 60 if answers else 3}
        done = subprocess.run(command, input="p 6 * 7\nq\n", **pipes)
        said = done.stdout
        if "PermissionError" in done.stderr or "not permitted" in done.stderr:
            pytest.skip("this user may not look into other processes")
    except subprocess.TimeoutExpired:
        assert not answers
    finally:
        hanging.kill()
        hanging.wait()
    assert ("42" in said) is answers


@pytest.mark.skipif(sys.version_info < (3, 14), reason="Process.interrupt is new in Python 3.14")
@posix
def test_an_interrupted_child_runs_its_finally(tmp_path):
    work = "\n    ".join(["try:", "    print('here', flush=True)", "    time.sleep(60)", "finally: print('finally')"])
    main = "child = context.Process(target=work); child.start(); time.sleep(2); child.interrupt(); child.join()"
    done = python(tmp_path, GUARDED.format(method="spawn", work=work, main=main))
    assert done.stdout == "here\nfinally\n"


@posix
def test_a_signal_that_is_blocked_at_the_start_is_blocked_in_the_child(tmp_path):
    """The trap: when multiprocessing starts its resource tracker, up to Python 3.13.0 at least, it unblocks SIGINT."""
    work = "print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))"
    main = "\n    ".join(
        [
            "from multiprocessing.resource_tracker import ensure_running",
            "ensure_running()",
            "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])",
            "child = context.Process(target=work); child.start(); child.join()",
        ]
    )
    assert python(tmp_path, GUARDED.format(method="spawn", work=work, main=main)).stdout == "True\n"


@posix
def test_start_waits_forever_for_a_child_that_was_killed_before_it_read_its_arguments(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import sys, time\nif '--multiprocessing-fork' in sys.orig_argv: time.sleep(30)"
    )
    code = """
import multiprocessing, psutil, signal, sys, threading, time
def work(data): pass
def kill_it():
    time.sleep(0.5)
    for child in psutil.Process().children():
        if "--multiprocessing-fork" in child.cmdline():
            child.kill()
if __name__ == "__main__":
    signal.alarm(2)
    threading.Thread(target=kill_it).start()
    multiprocessing.get_context("spawn").Process(target=work, args=(bytes(int(sys.argv[1])),)).start()
    time.sleep(1)  # then it is killed here
    print("started")
"""
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    assert python(tmp_path, code, "50000", env=environment).stdout == "started\n"
    assert python(tmp_path, code, "100000", env=environment).returncode == -signal.SIGALRM
