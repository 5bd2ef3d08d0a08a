"""`show_error`: an exception as Python prints it, in the cell that provokes it."""

import re
import sys
import traceback

# Folders say where a machine keeps its files; the folder of a package says which part of it. tests/sanitize.cfg and
# tests/tools/store.py do the same to the tracebacks of children.
_PACKAGES = "multiprocessing|concurrent/futures|helpers|distributed|joblib"
_FILE = re.compile(rf'File "[^"\n]*?((?:(?:{_PACKAGES})/)?[^"/\n]+)"')
_CELL = re.compile(r'File "[^"\n]*ipykernel_\d+[/\\]\d+\.py"')


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
