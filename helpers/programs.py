"""`run_program`: a program in a terminal, as a cell shows it."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from helpers.errors import without_folders

LIMIT = 50  # seconds; a cell has 60 under nbval


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
