"""`run_program`: what a cell shows of a program."""

import os
from pathlib import Path

import pytest

from helpers import programs, run_program

posix = pytest.mark.skipif(os.name != "posix", reason="Windows has no SIGINT for one process")
WAITS = """
import sys, time
print("ready", flush=True)
try:
    time.sleep(30)
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.fixture
def script(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("elsewhere").mkdir()
    return Path("my_script.py")


def test_stdout_stderr_and_exit_code(script, capsys):
    script.write_text(
        "import os, sys\n"
        "print(os.path.basename(os.getcwd()), sys.argv[1])\n"
        "print('\\r 1/2\\r 2/2', file=sys.stderr)\n"
        "int('twelve')\n"
    )
    run_program(script, 5, folder="elsewhere")
    out = capsys.readouterr().out.splitlines()
    assert out[:3] == [
        "elsewhere 5",
        "Traceback (most recent call last):",
        '  File "my_script.py", line 4, in <module>',
    ]
    assert out[-2:] == ["ValueError: invalid literal for int() with base 10: 'twelve'", "exit code 1"]
    assert "1/2" not in "".join(out)


@posix
def test_an_interrupt(script, capsys):
    script.write_text(WAITS)
    run_program(script, interrupt_after="ready")
    assert capsys.readouterr().out == "Linux, macOS: ready\nLinux, macOS: exit code 130\n"


@posix
def test_what_never_ends_is_killed_with_its_children(script, capsys, monkeypatch):
    monkeypatch.setattr(programs, "LIMIT", 1)
    script.write_text("import subprocess\nprint('begun', flush=True)\nsubprocess.run(['sleep', '60'])\n")
    run_program(script)
    assert capsys.readouterr().out == "begun\nkilled after 1 seconds\n"
