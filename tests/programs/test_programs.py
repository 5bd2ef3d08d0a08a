"""Whole programs do on `mp` what they do on plain multiprocessing.

Each other file of this folder is one program: `python tests/programs/NAME.py METHOD plain|mp`. To add one, add a file,
and its name to SAME with a part of what it must print. What it does on `mp` and on plain is compared: all that it
prints, its exit code, and the .txt files that it writes. A program that must be watched, or for which `mp` does more
than plain, has a test of its own.
"""

import ast
import contextlib
import multiprocessing
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest
from nbclient import NotebookClient
from test_relay_in_a_kernel import Kernel

TESTS = Path(__file__).parents[1]
PROGRAMS = TESTS / "programs"
INSTRUMENTS = str(TESTS / "instruments")
METHODS = sorted(multiprocessing.get_all_start_methods())
PATIENCE = 30

pytestmark = pytest.mark.skipif(os.name == "nt", reason="most of these programs need POSIX")
thorough = pytest.mark.thorough

SAME = {
    "asks_for_input": "EOFError",
    "child_outlives_main": "from the child",
    "endings_of_lines": "the end",
    "executors": "[4, 4, 4]\nabout to die\nBrokenProcessPool",
    "exits": "killed -9\naborted -6\nalarm -14\nexits at once 7",
    "fault_handler": "Fatal Python error: Segmentation fault",
    "fork_in_child": "forked in a thread",
    "forks_with_warnings_as_errors": "forked",
    "grandchild_outlives_child": "joined\nlate\nparent ends",
    "import_fails": "imported as __mp_main__",
    "jobs_of_joblib": "[0, 1, 2]\n[0, 1, 2]",
    "late_prints": "a late thread",
    "managers": "5 [1, 2]",
    "object_that_holds_its_process": "camera 1: frame 1",
    "output_elsewhere": "CAPTURED\nafter the string\nbefore\nafter",
    "pools": "[6.0, 3.0]",
    "process_classes": "run 5\njoined\n4 worker",
    "programs_in_child": "CAPTURED\nos.system\nspawned",
    "signals_as_plain": "'SIGINT': '<built-in function default_int_handler>'",
    "started_from_threads": "from an event loop",
    "streams_of_before": "by default argument",
    "table_of_rich": "value",
    "terminated": "unfinished\n-15\nunfinished",
    "threads_of_child": "thread 3 line 499",
    "three_deep": "3\n2\n1",
    "unflushed_of_parent": "from the parent\nfrom the child\nthe end",
    "unpicklable": "pickle",
    "what_python_reports": "ExceptionGroup: several (2 sub-exceptions)",
}
ANY_ORDER = {"child_outlives_main", "executors", "pools", "streams_of_before", "threads_of_child"}
ONLY = {  # of the start methods
    "forks_with_warnings_as_errors": ["fork"],
    "import_fails": ["spawn"],
    "started_from_threads": ["forkserver", "spawn"],
    "unpicklable": ["forkserver", "spawn"],
}
NEEDS = {"jobs_of_joblib": "joblib", "table_of_rich": "rich"}
IN_CELLS = ["fork_in_child", "managers", "object_that_holds_its_process", "output_elsewhere", "process_classes"]
IN_CELLS += ["programs_in_child", "started_from_threads", "streams_of_before", "terminated", "three_deep"]
IN_CELLS += ["what_python_reports"]


def each(names, place: str, usual: str) -> list:
    """Each program with each start method, at a place; all but one method are for -m thorough only."""
    found = []
    for name in names:
        methods = ONLY.get(name, METHODS)
        fast = usual if usual in methods else methods[-1]
        for method in set(methods) & set(METHODS):
            marks = [] if method == fast else [thorough]
            found.append(pytest.param(name, method, place, id=f"{name}-{method}-{place}", marks=marks))
    return sorted(found, key=lambda param: param.id)


def fast_with(method: str):
    """Each start method, but with all but one the test runs with -m thorough only."""
    return pytest.mark.parametrize("method", [pytest.param(m, marks=[thorough] * (m != method)) for m in METHODS])


def environment_for(**more: str) -> dict[str, str]:
    """As on a learner's machine: nothing that hides what is buffered or written, nothing of pytest's."""
    hidden = ("PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "PYTEST_", "COLUMNS", "LINES", "MP_START_METHOD")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    path = [str(TESTS.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**environment, "PYTHONPATH": os.pathsep.join(path), **more}


@contextlib.contextmanager
def started(name: str, method: str, kind: str, folder: Path, *args: str, flags=(), **options):
    """Start a program in a folder of its own, with nothing at its stdin; in the end, kill all that it has started."""
    folder.mkdir(exist_ok=True)
    command = [sys.executable, *flags, str(PROGRAMS / f"{name}.py"), method, kind, *args]
    options = {"env": environment_for(), "stdin": subprocess.DEVNULL, "start_new_session": True, **options}
    with subprocess.Popen(command, cwd=folder, **options) as program:
        try:
            yield program
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: only zombies are left
                os.killpg(program.pid, signal.SIGKILL)


class Came(NamedTuple):
    """What came of a run."""

    out: str
    err: str
    exit: int
    files: dict[str, str]


def outcome(name: str, method: str, kind: str, folder: Path, place: str = "pipe", **options) -> Came:
    """Run a program to its end; its output goes into a pipe, a file or a terminal."""
    with contextlib.ExitStack() as stack:
        out = err = subprocess.PIPE
        if place == "file":
            out, err = (stack.enter_context(tempfile.TemporaryFile()) for _ in range(2))
        if place == "terminal":
            master, out = os.openpty()
            err = out
        program = stack.enter_context(started(name, method, kind, folder, stdout=out, stderr=err, **options))
        if place == "terminal":
            os.close(out)
            texts = [read_terminal(master).replace(b"\r\n", b"\n"), b""]
        else:
            texts = program.communicate(timeout=PATIENCE)
        if place == "file":
            texts = [stream.seek(0) or stream.read() for stream in (out, err)]
        code = program.wait(PATIENCE)
    files = {path.name: path.read_text("utf-8", "replace") for path in folder.glob("*.txt")}
    return Came(*(text.decode("utf-8", "replace") for text in texts), code, files)


def read_terminal(master: int) -> bytes:
    text = b""
    with contextlib.suppress(OSError):  # Linux says so at the end
        while select.select([master], [], [], PATIENCE)[0] and (data := os.read(master, 1 << 16)):
            text += data
    os.close(master)
    return text


def read_line(program: subprocess.Popen) -> bytes:
    """The program's next line, as soon as it is there; what there is of it, if it doesn't come."""
    line, fd = b"", program.stdout.fileno()
    deadline = time.monotonic() + 10
    while not line.endswith(b"\n") and select.select([fd], [], [], max(0, deadline - time.monotonic()))[0]:
        if not (byte := os.read(fd, 1)):
            break
        line += byte
    return line


def comparable(text: str) -> str:
    """Without what differs from run to run, without the frames that `mp` adds to a traceback, and its classes' names.

    Of the C stack that Python 3.14 shows after a crash, without the interpreter's frames: `mp` adds some to them.
    """
    text = re.sub(r'  File "[^"]*helpers/\w+\.py".*\n(    .*\n)*', "", text)
    if sys.platform == "darwin":  # the lifeline is a thread there: faulthandler shows it, and a fork warns
        text = re.sub(r"Thread 0x[0-9a-f]+[^\n]*\n(?:  <no Python frame>\n)?\n", "", text)
        text = re.sub(r".*DeprecationWarning: This process \(pid=\d+\) is multi-threaded.*\n(  .*\n)?", "", text)
    text = re.sub(r"\bhelpers\.\w+\.(?=\w+Process\b)", "multiprocessing.context.", text)
    text = re.sub(r"((?:  Binary file .*\n){4})(?:  Binary file .*\n|  <truncated.*\n)+", r"\1", text)
    text = re.sub(r"(spawn_main\(tracker_fd=)\d+, pipe_handle=\d+(\)\n)( +[~^]+\n)?", r"\1N\2", text)
    return re.sub(r"0x[0-9a-f]+|\d+\.\d+s|(?<=\(pid=)\d+", "N", text)


def assert_same(name: str, mp: Came, plain: Came) -> None:
    for came in (mp, plain):
        assert SAME.get(name, "") in "\n".join([came.out, came.err, *came.files.values()]), came
    if name in ANY_ORDER:
        mp, plain = (came._replace(out=sorted(came.out.splitlines())) for came in (mp, plain))
    assert mp._replace(err=comparable(mp.err)) == plain._replace(err=comparable(plain.err))


@pytest.mark.parametrize(
    ("name", "method", "place"),
    each(SAME, "pipe", "fork")
    + each(["output_elsewhere", "programs_in_child", "streams_of_before"], "file", "fork")
    + each(["late_prints", "unflushed_of_parent"], "terminal", "fork"),
)
def test_a_program_does_what_it_does_on_plain_multiprocessing(name, method, place, tmp_path):
    if name in NEEDS:
        pytest.importorskip(NEEDS[name])
    options = {"place": place}
    if name == "forks_with_warnings_as_errors":
        options["env"] = environment_for(PYTHONWARNINGS="error::DeprecationWarning")
    mp, plain = (outcome(name, method, kind, tmp_path / kind, **options) for kind in ("mp", "plain"))
    assert_same(name, mp, plain)


def test_each_program_is_run():
    with_a_test_of_their_own = set(re.findall(r'(?:outcome|started)\("(\w+)"', Path(__file__).read_text("utf-8")))
    programs = {path.stem for path in PROGRAMS.glob("*.py")} - {"cells", "chosen", "test_programs"}
    assert programs == SAME.keys() | with_a_test_of_their_own


@fast_with("fork")
def test_a_bar_of_tqdm_and_a_log_arrive(method, tmp_path):
    """How often the bar is drawn depends on the time, and parent and child log at the same time."""
    pytest.importorskip("tqdm")
    bars = outcome("bar_of_tqdm", method, "mp", tmp_path / "bars").err
    log = outcome("log_to_stderr", method, "mp", tmp_path / "log").err
    for part in ("first: 100%", "second: 100%"):
        assert part in bars
    for part in ("child process calling self.run()", "process exiting with exitcode 0"):
        assert part in log


@pytest.mark.parametrize("children", [60, pytest.param(300, marks=thorough)])
@pytest.mark.parametrize("kind", ["plain", "mp"])
def test_no_child_hangs_that_logs_while_another_chatters(kind, children, method, tmp_path):
    if method != "fork" and children == 60:
        children = 6
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with started("log_while_another_chatters", method, kind, tmp_path, str(children), **streams) as program:
        logged = sum(line.count(b"WARNING:root:child") for line in program.stdout)
        assert program.stderr.read() == b""
        assert program.wait(PATIENCE) == 0
    assert logged == children


@pytest.mark.parametrize("kind", ["plain", "mp"])
def test_flushed_text_is_there_at_once(kind, method, tmp_path):
    with (
        tempfile.TemporaryDirectory() as short,  # the program ends without removing its own
        started("flush_at_once", method, kind, tmp_path, stdout=-1, env=environment_for(TMPDIR=short)) as program,
    ):
        first = read_line(program)
        (tmp_path / "go").touch()
        assert first == b"progress\n"
        assert program.stdout.read() == b"the last line\n"
        assert program.wait(PATIENCE) == 0


@fast_with("fork")
@pytest.mark.parametrize("kind", ["plain", "mp"])
def test_all_lines_arrive_though_nobody_joins_and_the_reader_is_slow(kind, method, tmp_path):
    with started("nobody_joins", method, kind, tmp_path, stdout=-1) as program:
        time.sleep(0.4)
        assert program.stdout.read().decode().splitlines() == [f"line {n} {'x' * 20}" for n in range(5000)]
        assert program.wait(PATIENCE) == 0


@fast_with("spawn")
def test_children_end_when_nobody_reads_any_more(method, tmp_path):
    said = {}
    for kind in ("plain", "mp"):
        with started("prints_without_end", method, kind, tmp_path / kind, stdout=-1, stderr=-1) as program:
            assert read_line(program) == b"line\n"
            program.stdout.close()  # as `head -1` does
            program.stdout = None
            *lines, codes = comparable(program.communicate(timeout=PATIENCE)[1].decode()).splitlines()
            assert program.returncode == 0
        assert all(ast.literal_eval(codes)), lines
        # The two children's lines are mixed; some are only a mark under a part of the line above.
        said[kind] = Counter(line for line in lines if line.startswith("BrokenPipeError"))
    assert said["plain"] == said["mp"]


FLAGS = {
    "-O": {},
    "-OO -b": {},
    "-W error": {},
    "-X dev": {},
    "-X utf8=0": {},
    "-u": {},
    "-X utf8=0 in C": {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
    "in ASCII": {"PYTHONIOENCODING": "ascii"},
}


@fast_with("fork")
@pytest.mark.parametrize("flags", FLAGS)
def test_the_flags_of_the_interpreter(flags, method, tmp_path):
    options = {"flags": flags.partition("in ")[0].split(), "env": environment_for(**FLAGS[flags])}
    mp, plain = (outcome("flags", method, kind, tmp_path / kind, **options) for kind in ("mp", "plain"))
    assert "from a queue 0" in plain.out
    assert_same("flags", mp, plain)


@fast_with("spawn")
@pytest.mark.parametrize("kind", ["plain", "mp"])
def test_a_folder_of_a_difficult_name(kind, method, tmp_path):
    folder = tmp_path / 'it\'s a "进程" $HOME & more'
    shutil.copytree(PROGRAMS, folder)
    command = [sys.executable, "three_deep.py", method, kind]
    came = subprocess.run(command, cwd=folder, env=environment_for(), capture_output=True, text=True, timeout=PATIENCE)
    assert (came.stdout, came.stderr) == ("3\n2\n1\n", "")


# In cells.


class CellKernel(Kernel):
    """A kernel as JupyterLab starts it, or as nbval does, in which programs run as cells."""

    def __init__(self, method: str, place: str, folder: Path):
        environment = environment_for(MP_START_METHOD=method)
        if place == "nbval":  # it starts its kernel within a test
            environment["PYTEST_CURRENT_TEST"] = "a lesson"
        self.begin(environment, folder)
        self.run(f"import os, sys, time; sys.path.append({str(PROGRAMS)!r}); sys.path.append({INSTRUMENTS!r})")
        self.run("import workers; from helpers import mp")


@pytest.fixture(scope="module")
def shared_kernel(tmp_path_factory):
    """Gives a kernel of a start method and a kind; each is started once."""
    kernels = {}

    def of(method, place):
        if (method, place) not in kernels:
            kernels[method, place] = CellKernel(method, place, tmp_path_factory.mktemp("cells"))
        return kernels[method, place]

    yield of
    for kernel in kernels.values():
        kernel.close()


@pytest.fixture(params=["jupyter", "nbval"])
def place(request) -> str:
    """The ways in which a kernel is started."""
    return request.param


@pytest.fixture
def kernel(method, place, shared_kernel):
    return shared_kernel(method, place)


@pytest.mark.parametrize(
    ("name", "method", "place"), each(IN_CELLS, "nbval", "spawn") + each(["three_deep"], "jupyter", "spawn")
)
def test_a_program_in_a_cell_prints_there(name, method, place, shared_kernel, tmp_path):
    plain = outcome(name, method, "plain", tmp_path / "plain")

    def lacking() -> Counter:
        """The lines on stdout, and those that came on stderr, but not tracebacks: a kernel's own frames are in them."""
        printed = re.sub(r"\x1b\[[\d;]*m", "", kernel.printed[cell])  # a kernel wants colours
        wanted = plain.out if "Traceback" in plain.err else plain.out + plain.err
        part = SAME[name] if SAME[name] not in printed and SAME[name] in plain.err else ""
        return Counter(wanted.splitlines() + part.splitlines()) - Counter(printed.splitlines())

    kernel = shared_kernel(method, place)
    kernel.run(f"os.chdir({str(tmp_path)!r})")
    cell = kernel.start(f"%run {PROGRAMS / name}.py {method} mp")
    kernel.wait(kernel.ended(cell))
    # What a child prints before it has its pipes comes through the kernel's own, and can be late, as with plain.
    if lacking():
        kernel.wait(lambda _: not lacking())
    if not plain.err:
        assert sorted(kernel.printed[cell].splitlines()) == sorted(plain.out.splitlines())
    assert {path.name: path.read_text("utf-8", "replace") for path in tmp_path.glob("*.txt")} == plain.files


@fast_with("spawn")
def test_children_started_by_threads_print_under_the_cell_that_ran_then(kernel):
    kernel.run(
        "import asyncio, threading; from concurrent.futures import ThreadPoolExecutor; from cells import print_then"
    )
    kernel.run(
        "def begin(text):\n"
        "    child = mp.Process(target=print_then, args=(gate, text)); child.start(); children.append(child)\n"
        "gate, executor, children = mp.Event(), ThreadPoolExecutor(3), []"
    )
    codes = {
        "a thread": "thread = threading.Thread(target=begin, args=('a thread',)); thread.start(); thread.join()",
        "an executor": "executor.submit(begin, 'an executor').result()",
        "a loop": "await asyncio.get_running_loop().run_in_executor(executor, begin, 'a loop')",
    }
    cells = {}
    for text, code in codes.items():
        cells[text] = kernel.start(code)
        kernel.wait(kernel.ended(cells[text]))
    printed = kernel.run("gate.set(); [child.join(20) for child in children]; print('the last')")
    kernel.run("pass")
    assert {text: kernel.printed[cell] for text, cell in cells.items()} == {text: f"{text}\n" for text in codes}, (
        printed
    )
    assert printed == "the last\n"


@fast_with("spawn")
def test_a_captured_cell(kernel):
    code = "c = mp.Process(target=workers.print_text, args=('x',)); c.start(); c.join()"
    assert kernel.run(f"%%capture caught\n{code}") == ""
    assert kernel.run("print(caught.stdout.upper(), end='')") == "X\n"


@fast_with("spawn")
def test_an_output_widget(method, tmp_path):
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [
        nbformat.v4.new_code_cell(code)
        for code in (
            f"import os, sys; os.environ['MP_START_METHOD'] = {method!r}; sys.path.append({INSTRUMENTS!r})\n"
            "import ipywidgets, workers; from helpers import mp; out = ipywidgets.Output()",
            "with out: c = mp.Process(target=workers.print_text, args=('in the widget',)); c.start(); c.join()",
            "print([each['text'] for each in out.outputs])",
        )
    ]
    # When a widget takes output, also that of a plain print, nbclient may overlook the reply until the time is up.
    client = NotebookClient(notebook, kernel_name="python3", timeout=10)
    client.execute(cwd=str(tmp_path), env=environment_for())
    assert notebook.cells[1].outputs == []
    assert notebook.cells[2].outputs[0].text == "['in the widget\\n']\n"


@fast_with("spawn")
def test_stop_ends_only_what_its_own_cell_started(method, place, tmp_path):
    kernel = CellKernel(method, place, tmp_path)
    try:
        kernel.run("from cells import ignore_interrupts, square; manager = mp.Manager()")
        kernel.run("shared = manager.dict(a=1); pool = mp.Pool(2, initializer=ignore_interrupts)")
        kernel.run("pool.map(square, range(3))")
        cell = kernel.start("print('now', flush=True); time.sleep(60)")
        kernel.wait(lambda message: "now" in kernel.printed[cell])
        kernel.interrupt(cell)
        assert kernel.run("print(shared['a'])") == "1\n"
        assert kernel.run("print(pool.map(square, range(3)))") == "[0, 1, 4]\n"
    finally:
        kernel.close()
