"""Other programs that run notebooks run each lesson without an error: jupyter execute, papermill, nbmake.

    pip install papermill nbmake && pytest -o addopts= -n2 tests/site/runners.py

It is not part of the plain `pytest`: nbval has run the lessons there already, and learners need none of these.
"""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

LESSONS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
LIMIT = "--ExecutePreprocessor.timeout=90"  # seconds a cell
COMMANDS = {
    "jupyter execute": ["jupyter", "execute", "--timeout=90", "{}"],
    "papermill": ["papermill", "--no-progress-bar", "--execution-timeout=90", "{}", "executed.ipynb"],
    "nbmake": ["pytest", "-q", "-p", "no:nbval", "--nbmake", "--nbmake-timeout=90", "{}"],
    # As VS Code starts a kernel: in a folder of its own choice, and with nothing of pytest in the environment.
    "in another folder": ["jupyter", "nbconvert", "--execute", LIMIT, "--to", "notebook", "--output=executed", "{}"],
}


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
@pytest.mark.parametrize("runner", COMMANDS)
def test_it_runs_without_an_error(runner, lesson, tmp_path):
    program, *arguments = COMMANDS[runner]
    if find_spec({"jupyter": "nbclient", "pytest": "nbmake"}.get(program, program)) is None:
        pytest.skip(f"no {runner}: pip install papermill nbmake")
    shutil.copy(lesson, tmp_path)
    command = [sys.executable, "-m", program, *(argument.format(lesson.name) for argument in arguments)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
