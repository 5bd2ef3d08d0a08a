"""What a maintainer reads when a lesson fails: which cell, under which heading, and what to do."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from store import METADATA

ROOT = Path(__file__).parent.parent
CELLS = {
    "a stale output": 'print("new")',
    "a broken worker": "assert 1 + 1 == 3",
    "a missing package": "import no_such_package",
    "a kernel's sockets": "from ipykernel.connect import *; print(get_connection_info(unpack=True)['transport'])",
    "a traceback of a child": 'import sys; print("old"); print("KeyError: lost", file=sys.stderr)',
    "a cell that hangs": "import time; time.sleep(60)",
}


@pytest.fixture(scope="module")
def red_run(tmp_path_factory) -> str:
    """What pytest prints for a lesson of which each cell fails."""
    tree = tmp_path_factory.mktemp("tree")
    for name in ("pyproject.toml", "notebooks/conftest.py", "tests/sanitize.cfg", "tests/sanitize_without_fork.cfg"):
        (tree / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tree / name)
    notebook = nbformat.v4.new_notebook(metadata=METADATA)
    for number, (heading, code) in enumerate(CELLS.items(), 1):
        stored = [nbformat.v4.new_output("stream", name="stdout", text="old\n")]
        notebook.cells.append(nbformat.v4.new_markdown_cell(f"## About {heading}"))
        notebook.cells.append(nbformat.v4.new_code_cell(code, execution_count=number, outputs=stored))
    nbformat.write(notebook, tree / "notebooks" / "09_red.ipynb")
    (tree / "notebooks" / "zh").mkdir()  # whose lessons are not run
    shutil.copy(tree / "notebooks" / "09_red.ipynb", tree / "notebooks" / "zh")
    command = [sys.executable, "-m", "pytest", "-n0", "--color=no", "--nbval-cell-timeout=4", "notebooks"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, timeout=100).stdout


@pytest.mark.parametrize(("number", "heading"), list(enumerate(CELLS, 1)))
def test_it_says_which_cell_by_its_heading(red_run, number, heading):
    assert f"09_red.ipynb, section “About {heading}”, cell [{number}]" in red_run


@pytest.mark.parametrize(
    "words",
    ["old", "new", "AssertionError", "named 'no_such_package'", "KeyError: lost", "Timeout of 4 seconds"],
)
def test_it_says_what_was_expected_and_what_came(red_run, words):
    assert words in red_run


@pytest.mark.parametrize(
    "todo", ["python tests/store.py notebooks/09_red.ipynb", "pip install -r requirements.txt", "Give what may block"]
)
def test_it_says_what_to_do(red_run, todo):
    assert todo in red_run


def test_kernels_that_start_at_once_do_not_share_a_port(red_run):
    transport = "tcp" if os.name == "nt" else "ipc"
    assert f"- {transport}\n" in red_run


def test_each_failed_cell_is_a_failure(red_run):
    assert f"{len(CELLS)} failed" in red_run
