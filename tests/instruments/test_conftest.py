"""What a maintainer reads when a lesson fails: which cell, under which heading, and what to do."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from store import METADATA
from tree import copy_settings

ROOT = Path(__file__).parents[2]
CELLS = {
    "a stale output": 'print("new")',
    "a broken worker": "assert 1 + 1 == 3",
    "a missing package": "import no_such_package",
    "a kernel's sockets": "from ipykernel.connect import *; print(get_connection_info(unpack=True)['transport'])",
    "a traceback of a child": 'import sys; print("old"); print("KeyError: lost", file=sys.stderr)',
    # As on Windows, where an interrupt waits for the end of the sleep: nbval ends the kernel.
    "a cell that hangs": "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(60)",
}


def run_lesson(tree: Path, cells: list, folder: str = "", **environment: str) -> str:
    """What pytest prints for a lesson of cells, each a heading, code, and what is stored on its streams."""
    copy_settings(tree)
    notebook = nbformat.v4.new_notebook(metadata=METADATA)
    for number, (heading, code, streams) in enumerate(cells, 1):
        stored = [nbformat.v4.new_output("stream", name=name, text=text) for name, text in streams.items()]
        notebook.cells.append(nbformat.v4.new_markdown_cell(f"## About {heading}"))
        notebook.cells.append(nbformat.v4.new_code_cell(code, execution_count=number, outputs=stored))
    nbformat.write(notebook, tree / "notebooks" / "09_red.ipynb")
    (tree / "notebooks" / "zh").mkdir()  # whose lessons are not run
    shutil.copy(tree / "notebooks" / "09_red.ipynb", tree / "notebooks" / "zh")
    command = [sys.executable, "-m", "pytest", "-n0", "--color=no", "--nbval-cell-timeout=4", str(tree / "notebooks")]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    options = {"cwd": tree / folder, "env": {**kept, **environment}, "timeout": 100}
    return subprocess.run(command, **options, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def red_run(tmp_path_factory) -> str:
    """What pytest prints for a lesson of which each cell fails."""
    cells = [(heading, code, {"stdout": "old\n"}) for heading, code in CELLS.items()]
    return run_lesson(tmp_path_factory.mktemp("tree"), cells)


# What is stored on Linux, and what the cell prints elsewhere.
ON_WINDOWS = [
    ("fork only", "pass", {"stdout": "fork: exit code 0\n"}),
    ("signals only", "pass", {"stdout": "Linux, macOS: exit code 130\n", "stderr": "Linux, macOS: stopped\n"}),
    ("fork too", "print('spawn: 1')", {"stdout": "fork: 2\nspawn: 1\n"}),
    (
        "a traceback",
        "import sys; print(r'  File \"D:\\lessons\\helpers\\process.py\", line 9, in f', file=sys.stderr)",
        {"stderr": '  File "helpers/process.py", line 9, in f\n'},
    ),
    ("what is missing", "pass", {"stdout": "spawn: 1\n"}),
    ("what is new", "print('new')", {"stdout": "fork: 2\n"}),
]
ON_MACOS = [
    ("/dev/shm only", "pass", {"stdout": "Linux: exit code -7\n"}),
    ("/dev/shm too", "print('spawn: 1')", {"stdout": "Linux: exit code -7\nspawn: 1\n"}),
    ("what is missing", "pass", {"stdout": "Linux, macOS: exit code 130\n"}),
    ("fork, which is there", "pass", {"stdout": "fork: 2\n"}),
]
WITHOUT_FORK = "import multiprocessing; multiprocessing.get_all_start_methods = lambda: ['spawn']"
WITHOUT_SHM = "import os; there = os.path.ismount; os.path.ismount = lambda path: path != '/dev/shm' and there(path)"


@pytest.mark.parametrize(
    ("cells", "system", "failed"),
    [
        (ON_WINDOWS, WITHOUT_FORK, ("what is missing", "what is new")),
        pytest.param(
            *(ON_MACOS, WITHOUT_SHM, ("what is missing", "fork, which is there")),
            marks=pytest.mark.skipif(os.name == "nt", reason="no fork on Windows"),
        ),
    ],
    ids=["Windows", "macOS"],
)
def test_as_on_another_system(cells, system, failed, tmp_path):
    """Simulated: lines on what the system does not have are not missed; others are."""
    (tmp_path / "sitecustomize.py").write_text(system)
    said = run_lesson(tmp_path, cells, PYTHONPATH=str(tmp_path))
    assert f"{len(failed)} failed, {len(cells) - len(failed)} passed" in said
    for heading in failed:
        assert f"section “About {heading}”" in said


@pytest.mark.parametrize(
    "words",
    [
        f"{len(CELLS)} failed",
        # which cell
        *(f"09_red.ipynb, section “About {heading}”, cell [{number}]" for number, heading in enumerate(CELLS, 1)),
        # what was expected and what came
        *("old", "new", "AssertionError", "named 'no_such_package'", "KeyError: lost", "Timeout of 4 seconds"),
        # what to do
        *("python tests/tools/store.py notebooks/09_red.ipynb", "pip install -r requirements.txt"),
        "Give what may block",
        # that kernels which start at once do not share a port
        f"- {'tcp' if os.name == 'nt' else 'ipc'}\n",
    ],
)
def test_a_red_run_says(red_run, words):
    assert words in red_run


def test_it_starts_in_any_folder_and_reads_no_profile(tmp_path):
    """PyCharm starts pytest in the folder of the notebook; a profile may have every expression shown."""
    profile = tmp_path / "ipython" / "profile_default"
    profile.mkdir(parents=True)
    (profile / "ipython_config.py").write_text("c.InteractiveShell.ast_node_interactivity = 'all'")
    cells = [("a pid", "1\nprint('pid 1')", {"stdout": "pid 2\n"})]
    said = run_lesson(tmp_path / "tree", cells, folder="notebooks", IPYTHONDIR=str(tmp_path / "ipython"))
    assert "1 passed" in said, said
