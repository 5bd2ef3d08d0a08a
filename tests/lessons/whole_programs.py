"""The programs that the lessons write, as files to be run."""

from pathlib import Path

import nbformat

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def write_program(name: str, method: str, folder: Path) -> None:
    """Write a lesson's program, as its cell has it, into a folder, with another start method than `spawn`."""
    cells = [cell.source for path in NOTEBOOKS.glob("*.ipynb") for cell in nbformat.read(path, as_version=4).cells]
    first = f"%%writefile {name}\n"
    (text,) = [source.removeprefix(first) for source in cells if source.startswith(first)]
    assert text.count('get_context("spawn")') == 1
    text = text.replace('get_context("spawn")', f'get_context("{method}")')
    (folder / name).write_text(text, encoding="utf-8")
