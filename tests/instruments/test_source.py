"""`show`: the current source of a worker."""

import importlib
import sys

import pytest

from helpers import show
from helpers.process import nap, square
from helpers.source import source


def test_source_is_the_functions_text():
    assert source(square) == "def square(number: int) -> int:\n    return number * number"


def test_several_functions_stand_below_each_other():
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
