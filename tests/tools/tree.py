"""Copies of this tree, so that several runs of its tests, or a broken tree, do not disturb one another."""

import os
import shutil
from pathlib import Path

ROOT = Path(__file__).parents[2]


def copy_tree(folder: Path) -> dict[str, str]:
    """Copy what the tests need into a new folder; returns the environment in which Python imports `helpers` from it."""
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".venv", ".git", "__pycache__", "my_*"))
    return {**os.environ, "PYTHONPATH": str(folder)}


def copy_settings(folder: Path) -> None:
    """Copy what the test command needs beside a lesson: its settings, and the rules by which outputs are compared."""
    rules = [path.relative_to(ROOT) for path in (ROOT / "tests").glob("sanitize*.cfg")]
    for path in (Path("pyproject.toml"), Path("notebooks", "conftest.py"), *rules):
        (folder / path).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / path, folder / path)
