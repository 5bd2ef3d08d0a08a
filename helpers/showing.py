"""What a cell shows of a file, an error or a program: `show`, `show_error`, `run_program`."""

import ast
import inspect
import os
import re
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from helpers.sentences import explained

# Folders say where a machine keeps its files; the folder of a package says which part of it. tests/sanitize.cfg and
# tests/tools/store.py do the same to the tracebacks of children.
_PACKAGES = "multiprocessing|concurrent/futures|helpers|distributed|joblib"
_FILE = re.compile(rf'File "[^"\n]*?((?:(?:{_PACKAGES})/)?[^"/\n]+)"')
_CELL = re.compile(r'File "[^"\n]*ipykernel_\d+[/\\]\d+\.py"')
LIMIT = 50  # seconds for a program; a cell has 60 under nbval


def source(*workers: Callable) -> str:
    """Return the text of functions or classes as it stands in their file now, whatever was imported earlier.

    Raises ValueError if a file no longer has the function.
    """
    texts = []
    for worker in workers:
        path = Path(inspect.getsourcefile(inspect.unwrap(worker)))
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            if getattr(node, "name", None) == worker.__qualname__ and hasattr(node, "body"):
                first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
                texts.append("\n".join(text.splitlines()[first - 1 : node.end_lineno]))
                break
        else:
            raise ValueError(f"{path.name} has no {worker.__qualname__} any more")
    return "\n\n\n".join(texts)


def show(*workers: Callable) -> None:
    """Display the current source of worker functions, highlighted, under the name of their file; a script prints it."""
    from IPython import get_ipython
    from IPython.display import display

    path = Path(inspect.getsourcefile(inspect.unwrap(workers[0])))
    code = explained(f"# {path.parent.name}/{path.name}\n\n{source(*workers)}")
    if get_ipython() is None:
        print(code)
        return
    # Markdown and not HTML: the reader's program highlights it, and the output depends on no highlighter's version.
    display({"text/markdown": f"```python\n{code}\n```", "text/plain": code}, raw=True)


def without_folders(text: str) -> str:
    """Return a traceback with file names only: `File "helpers/pool.py"`, and `File "<cell>"` for a notebook's cell."""
    text = _CELL.sub('File "<cell>"', text)
    text = re.sub(r'(?<=File ")[^"\n]*', lambda path: path[0].replace("\\", "/"), text)
    return _FILE.sub(r'File "\1"', text)


class show_error:
    """Print the traceback of the exception that a block raises, as a script would, without folders; then go on.

    with show_error():
        pool.apply(fail)

    What ends a cell from outside (`KeyboardInterrupt`, `SystemExit`) goes through. Prints nothing if nothing is raised.
    """

    def __enter__(self) -> "show_error":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, _) -> bool:
        if not isinstance(error, Exception):
            return False
        sys.stderr.write(without_folders("".join(traceback.format_exception(error))))
        return True


def run_program(*command: object, folder: str | Path = ".", interrupt_after: str | None = None) -> None:
    """Run `python COMMAND…` as in a terminal; print its stdout, its stderr and its exit code.

    command          a script and its arguments, or what else follows `python`; the script is looked for here, not in
                     `folder`
    folder           the program's working folder
    interrupt_after  a regular expression: when the output contains it, Ctrl-C is pressed, that is, SIGINT goes to the
                     program and to all its children. Then each line begins with `Linux, macOS:`, for Windows has no
                     such signal; there, nothing is run and nothing is printed.

    Lines that overwrite themselves, as a progress bar does, are left out, and so are the folders in tracebacks. What
    has not ended after 50 seconds is killed, with its children, and the last line says so.
    """
    if interrupt_after is not None and os.name != "posix":
        return
    name, *arguments = map(str, command)
    if Path(name).exists():
        name = str(Path(name).resolve())
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    program = subprocess.Popen([sys.executable, name, *arguments], cwd=folder, start_new_session=True, **pipes)
    texts = {program.stdout: b"", program.stderr: b""}

    def read(stream) -> None:
        for piece in iter(lambda: stream.read1(4096), b""):
            texts[stream] += piece

    how = ""
    readers = [threading.Thread(target=read, args=(stream,), daemon=True) for stream in texts]
    try:
        for reader in readers:
            reader.start()
        until = time.monotonic() + LIMIT
        waiting = interrupt_after is not None
        while any(reader.is_alive() for reader in readers) or program.poll() is None:
            if waiting and re.search(interrupt_after, b"\n".join(texts.values()).decode(errors="replace")):
                os.killpg(program.pid, signal.SIGINT)
                waiting = False
            if time.monotonic() > until:
                how = f"killed after {LIMIT} seconds"
                break
            time.sleep(0.01)
    finally:
        if os.name == "posix" and (how or program.poll() is None):
            os.killpg(program.pid, signal.SIGKILL)
        elif program.poll() is None:
            program.kill()
        code = program.wait()
    lines = "".join(_as_shown(text) for text in texts.values()).splitlines()
    for line in [*lines, how or f"exit code {code}"]:
        print("Linux, macOS: " * (interrupt_after is not None) + line)


def _as_shown(output: bytes) -> str:
    text = output.decode(errors="replace").replace("\r\n", "\n")
    text = re.sub(r"[^\n]*\r[^\n]*\n?", "", text)  # lines that overwrite themselves
    return without_folders(text if text.endswith("\n") or not text else text + "\n")
