"""Executes notebooks and stores them again.

    python tests/tools/store.py                             all lessons
    python tests/tools/store.py notebooks/01_process.ipynb  one

Do so on a machine that does nothing else and has two free cores: the figures show the time of this run, and the text
speaks of two cores. Look at the pictures afterwards. An unchanged lesson comes back with other figures and process ids,
and else as it was. The Chinese lessons in notebooks/zh are not run: they get the outputs of the English ones.
"""

import argparse
import multiprocessing
import os
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from translate import Translation

from helpers.showing import without_folders

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def store(path: Path, timeout: int = 60) -> None:
    """Execute one notebook and write it back; `timeout` is for a cell, in seconds.

    It runs in an empty folder, so that no file of a learner's is overwritten by the files that a lesson writes.

    Raises CellExecutionError or CellTimeoutError, and leaves the file as it was, if a cell fails or takes too long.
    """
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(notebook, timeout=timeout, kernel_name="python3", coalesce_streams=True)
        client.resources["metadata"] = {"path": folder}
        client.execute()
    for output in [output for cell in notebook.cells for output in cell.get("outputs", [])]:
        if output.output_type == "stream":
            output.text = without_folders(output.text)
        elif output.output_type == "error":
            output.traceback = [without_folders(line) for line in output.traceback]
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        tags = cell.metadata.get("tags")
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
    nbformat.write(notebook, path)


def main() -> int:
    parser = argparse.ArgumentParser(description="Execute notebooks and store them again.")
    parser.add_argument("notebooks", nargs="*", type=Path, default=sorted(NOTEBOOKS.glob("*.ipynb")))
    failed = 0
    if "fork" not in multiprocessing.get_all_start_methods():
        parser.error("store lessons on Linux: here their lines about fork and signals would be lost")
    if hasattr(os, "getloadavg") and os.getloadavg()[0] > 0.7:
        print("This machine is busy: the figures will not show what the text says of two free cores.")
    for path in parser.parse_args().notebooks:
        if path.resolve().parent == NOTEBOOKS / "zh":
            parser.error(f"store notebooks/{path.name} instead: {path} gets its outputs")
        try:
            store(path)
            print(f"stored {path.name}")
        except (CellExecutionError, CellTimeoutError) as error:
            failed = 1
            print(f"{path.name} is left as it was, a cell fails:\n{error}")
    Translation().bring_over()
    return failed


if __name__ == "__main__":
    raise SystemExit(main())
