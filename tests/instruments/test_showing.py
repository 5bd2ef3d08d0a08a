"""`show`, `show_error` and `run_program`: what a cell shows of a file, an error or a program."""

import importlib
import os
import sys
from pathlib import Path

import pytest

from helpers import mp, run_program, show, show_error, showing
from helpers.process import nap, square
from helpers.showing import source, without_folders


def test_source_is_the_text_of_functions_below_each_other():
    assert source(square) == "def square(number: int) -> int:\n    return number * number"
    assert source(square, nap) == f"{source(square)}\n\n\n{source(nap)}"


def test_source_is_what_stands_in_the_file_now(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    file = tmp_path / "edited.py"
    file.write_text("def f():\n    return 1\n")
    module = importlib.import_module("edited")
    file.write_text("import os\n\n\n@staticmethod\ndef f():\n    return 2\n\n\nclass C:\n    x = 1\n")
    assert source(module.f) == "@staticmethod\ndef f():\n    return 2"
    file.write_text("")
    with pytest.raises(ValueError, match=r"edited.py has no f any more"):
        source(module.f)
    del sys.modules["edited"]


def test_show_displays_markdown_and_plain_text(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.get_ipython", object)
    monkeypatch.setattr("IPython.display.display", lambda data, raw: raw and shown.append(data))
    show(square)
    text = f"# helpers/process.py\n\n{source(square)}"
    assert shown == [{"text/markdown": f"```python\n{text}\n```", "text/plain": text}]


def test_show_prints_the_code_in_a_script(capsys):
    show(square)
    assert capsys.readouterr().out == f"# helpers/process.py\n\n{source(square)}\n"


def test_show_error_prints_the_traceback_if_there_is_one_and_goes_on(capsys):
    with show_error():
        pass
    assert capsys.readouterr() == ("", "")
    with show_error():
        raise KeyError("lost")
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith('Traceback (most recent call last):\n  File "test_showing.py", line ')
    assert err.endswith("KeyError: 'lost'\n")


def test_what_a_worker_raised_is_above_the_parents_own(capsys):
    with show_error(), mp.Pool(1) as pool:
        pool.apply(divmod, (1, 0))
    err = capsys.readouterr().err
    assert err.startswith('multiprocessing.pool.RemoteTraceback: \n"""\nTraceback (most recent call last):\n')
    assert 'File "multiprocessing/pool.py"' in err
    assert "The above exception was the direct cause" in err
    assert "/lib/" not in err


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_what_ends_a_cell_goes_through(kind):
    with pytest.raises(kind), show_error():
        raise kind


def test_folders():
    text = (
        '  File "/tmp/ipykernel_12/345.py", line 1\n  File "C:\\Users\\me\\my_workers.py", line 2\n'
        '  File "/lib/python3.15/concurrent/futures/process.py", line 3\n  File "<string>", line 4\n'
    )
    assert without_folders(text) == (
        '  File "<cell>", line 1\n  File "my_workers.py", line 2\n'
        '  File "concurrent/futures/process.py", line 3\n  File "<string>", line 4\n'
    )


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
    run_program(script, interrupt_after="ready\n")
    assert capsys.readouterr().out == "Linux, macOS: ready\nLinux, macOS: exit code 130\n"


@posix
def test_what_never_ends_is_killed_with_its_children(script, capsys, monkeypatch):
    monkeypatch.setattr(showing, "LIMIT", 1)
    script.write_text("import subprocess\nprint('begun', flush=True)\nsubprocess.run(['sleep', '60'])\n")
    run_program(script)
    assert capsys.readouterr().out == "begun\nkilled after 1 seconds\n"
