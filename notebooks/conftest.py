"""How pytest runs the lessons, and what it says when a cell fails.

A learner need not read this.
"""

import contextlib
import multiprocessing
import os
import re
import sys
import tempfile
from pathlib import Path

import nbval.kernel
import nbval.plugin
import psutil
import pytest
from traitlets import default

collect_ignore = [
    "zh"
]  # the same code and outputs, see tests/tools/translate.py
TESTS = Path(__file__).resolve().parent.parent / "tests"
ADVICE = """{where}
(In a comparison, lines with + are stored and lines with - came out.)
- What came out is right, what is stored is old:
      python tests/tools/store.py {notebook}
- What came out is wrong: correct the cell, or the worker that it runs.
- It differs from run to run: print a fact that always holds.
- An import fails: {python} -m pip install -r requirements.txt
  (that is the kernel's Python), or a file in the way has the same name.
- It took too long: a process waits forever. Give what may block a timeout,
  and a finally that ends it. The cells after it were not compared.
More is in .github/CONTRIBUTING.md."""


class KernelManager(nbval.kernel.KernelManager):
    """Talks to its kernel through files instead of ports, and leaves nothing.

    Kernels that start at the same time can choose the same port, and then
    one of them never answers:
    https://github.com/jupyter/jupyter_client/issues/487
    """

    @default("transport")
    def _no_ports(self) -> str:
        return "tcp" if os.name == "nt" else "ipc"

    @default("ip")
    def _place(self) -> str:
        tcp = self.transport == "tcp"
        return "127.0.0.1" if tcp else os.path.join(self.folder.name, "kernel")

    def start_kernel(self, **options):
        """Start it with a temporary folder of its own.

        A manager or a forkserver that is killed leaves its socket there.
        """
        kind = {"prefix": "nbval-", "ignore_cleanup_errors": True}
        if sys.platform == "darwin":  # whose own is too long for a socket in it
            kind["dir"] = "/tmp"
        self.folder = tempfile.TemporaryDirectory(**kind)
        names = ("TMPDIR",) if os.name == "posix" else ("TEMP", "TMP")
        own = dict.fromkeys(names, self.folder.name)
        own["IPYTHONDIR"] = self.folder.name  # not a person's own profile
        super().start_kernel(env={**os.environ, **own}, **options)

    def shutdown_kernel(self, *args, **options):
        """Kill the kernel and its children, and let resource trackers end.

        They unlink the semaphores and blocks of shared memory that are left,
        when all others are gone. nbval would have them killed too. A request
        to shut down is no better: ipykernel waits for the trackers, which
        ignore its SIGTERM, until Jupyter kills it after 2.5 seconds.
        """
        kernel = psutil.Process(self.provisioner.pid)
        trackers = []
        for process in [kernel, *kernel.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):  # it has just ended
                if "resource_tracker" in " ".join(process.cmdline()):
                    trackers.append(process)
                else:
                    process.kill()
        psutil.wait_procs(trackers, timeout=3)
        super().shutdown_kernel(*args, **options)
        self.folder.cleanup()


nbval.kernel.KernelManager = KernelManager


def compare_with(more: list[str]) -> None:
    """Where a system lacks something, stored lines on it are left out.

    So are streams of which such lines are the whole.
    """
    lesson, cell = nbval.plugin.IPyNbFile, nbval.plugin.IPyNbCell
    rules, compare = lesson.get_sanitize_files, cell.compare_outputs

    def compare_what_is_left(self, test, ref, skip_compare=None) -> bool:
        def left(outputs: list | None) -> list:
            return [
                each
                for each in outputs or []
                if each.output_type != "stream" or self.sanitize(each.text)
            ]

        return compare(self, left(test), left(ref), skip_compare)

    lesson.get_sanitize_files = lambda self: [*rules(self), *more]
    cell.compare_outputs = compare_what_is_left


lacking = [str(TESTS / "sanitize.cfg")]  # from whichever folder pytest starts
if "fork" not in multiprocessing.get_all_start_methods():
    lacking.append(str(TESTS / "sanitize_without_fork.cfg"))
# Wine shows Linux' folders.
if sys.platform != "linux" or not os.path.ismount("/dev/shm"):
    lacking.append(str(TESTS / "sanitize_without_shm.cfg"))
compare_with(lacking)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    outcome = yield
    report = outcome.get_result()
    if report.failed and hasattr(item, "cell_num"):  # nbval's item for a cell
        outputs = getattr(item, "test_outputs", None) or []
        errors = [each.text for each in outputs if each.get("name") == "stderr"]
        if errors:
            report.sections.append(("What came on stderr", "".join(errors)))
        report.sections.append(("Which cell, and what to do", advice(item)))


def advice(item) -> str:
    """Say where a failed cell stands, by its heading, and what to do."""
    headings, number = ["none"], -1
    for cell in item.parent.nb.cells:
        if cell.cell_type == "markdown":
            headings += re.findall(r"^#+ +(.*)$", cell.source, re.MULTILINE)
        number += cell.cell_type == "code"
        if number == item.cell_num:
            break
    where = f"{item.path.name}, section “{headings[-1]}”, cell [{number + 1}]"
    notebook = item.path.relative_to(item.config.rootpath).as_posix()
    # nbval has no manager any more of a kernel that did not heed an interrupt.
    manager = getattr(item.parent.kernel, "km", None)
    python = manager.kernel_spec.argv[0] if manager else sys.executable
    return ADVICE.format(where=where, notebook=notebook, python=python)
