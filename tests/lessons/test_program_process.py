"""The whole program of lesson 01, `my_jobs.py`, as a user runs it."""

import os
import signal
import time
from pathlib import Path

import pytest
from whole_programs import run, running, wait_until, write_program

SCRIPTS = {
    "count": "print('total', sum(range(1_000_000)))",
    "neighbour": "import count",
    "exits": "import sys; sys.exit(3)",
    "fails": "import os\nos.system('echo from a program')\nprint('said before')\nprint(int('twelve'))",
    "endless": "import time\nprint('at work')\nwhile True:\n    time.sleep(0.01)",
    "stubborn": "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('deaf')\ntime.sleep(60)",
    "arguments": "import sys; print(sys.argv)",
}
posix = pytest.mark.skipif(os.name != "posix", reason="Windows sends no SIGINT to one process")


@pytest.fixture(autouse=True)
def program(tmp_path) -> None:
    """The lesson's program in a folder with scripts."""
    write_program("my_jobs.py", "spawn", tmp_path)
    for name, code in SCRIPTS.items():
        (tmp_path / f"{name}.py").write_text(code)


def log(folder: Path, name: str) -> list[str]:
    return (folder / f"{name}.py.log").read_text().splitlines()


def test_scripts_that_go_well(tmp_path):
    done = run(tmp_path, "my_jobs.py", "count.py", "arguments.py")
    assert done.stdout.splitlines() == ["count.py: exit 0", "arguments.py: exit 0"]
    assert done.stderr.splitlines() == ["1 of 2", "2 of 2"]
    assert done.returncode == 0
    assert log(tmp_path, "count") == ["total 499999500000"]
    assert log(tmp_path, "arguments") == ["['arguments.py']"]


def test_what_fails_is_named_and_the_rest_is_kept(tmp_path):
    names = ["fails.py", "exits.py", "missing.py", "count.py", "endless.py"]
    done = run(tmp_path, "my_jobs.py", *names, "--limit", "5")
    codes = [line.partition(": ")[2] for line in done.stdout.splitlines()]
    assert codes == ["exit 1", "exit 3", "exit 1", "exit 0", "too slow"]
    assert done.returncode == 1
    assert log(tmp_path, "fails")[:2] == ["from a program", "said before"]
    assert log(tmp_path, "fails")[-1] == "ValueError: invalid literal for int() with base 10: 'twelve'"
    assert log(tmp_path, "missing")[-1].startswith("FileNotFoundError")
    assert log(tmp_path, "endless") == ["at work"]


@pytest.mark.parametrize("arguments", [[], ["count.py", "--limit", "soon"]])
def test_wrong_arguments(tmp_path, arguments):
    done = run(tmp_path, "my_jobs.py", *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: my_jobs.py")


def test_the_same_script_given_twice_runs_once(tmp_path):
    done = run(tmp_path, "my_jobs.py", "exits.py", "./exits.py", "count.py")
    assert done.stdout.splitlines() == ["exits.py: exit 3", "exits.py: exit 3", "count.py: exit 0"]
    assert done.stderr.splitlines() == ["1 of 2", "2 of 2"]
    assert done.returncode == 1


def test_a_script_finds_its_neighbours(tmp_path):
    (tmp_path / "sub").mkdir()
    for name in ("count.py", "neighbour.py"):
        (tmp_path / name).rename(tmp_path / "sub" / name)
    assert run(tmp_path, "my_jobs.py", "sub/neighbour.py").returncode == 0
    assert log(tmp_path, "sub/neighbour") == ["total 499999500000"]


@posix
def test_an_interrupt_ends_it_at_once_and_keeps_what_is_done(tmp_path):
    """A second one changes nothing: if it raised an exception, what the first began would be left half done."""
    with running(tmp_path, "my_jobs.py", "count.py", "endless.py", "stubborn.py") as program:
        assert program.stderr.readline() == "1 of 3\n"
        wait_until(lambda: (tmp_path / "endless.py.log").exists() and log(tmp_path, "endless") == ["at work"])
        wait_until(lambda: (tmp_path / "stubborn.py.log").exists() and log(tmp_path, "stubborn") == ["deaf"])
        began = time.monotonic()
        os.killpg(program.pid, signal.SIGINT)
        os.killpg(program.pid, signal.SIGINT)  # now: a tenth of a second later, the program has come to its end
        out, _ = program.communicate(timeout=30)
    assert time.monotonic() - began < 5
    assert out.splitlines() == ["count.py: exit 0", "endless.py: not done", "stubborn.py: not done"]
    assert program.returncode == 130


@posix
def test_a_script_that_ignores_sigterm_is_ended(tmp_path):
    done = run(tmp_path, "my_jobs.py", "stubborn.py", "--limit", "2")
    assert done.stdout == "stubborn.py: too slow\n"
    assert log(tmp_path, "stubborn") == ["deaf"]
