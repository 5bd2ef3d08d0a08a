"""Whole programs do on `mp` what they do on plain multiprocessing.

Each file in tests/programs is one program: `python tests/programs/NAME.py METHOD plain|mp`. Most say in their docstring
what must come of them, and are run by the tests at the top of this module; those that a test must watch or steer while
they run follow, each with a test of its own. To add a program, add a file. What its docstring can say:

    out: TEXT           a line on stdout; all its `out:` lines together are the whole of it
    part: TEXT          a part of stdout
    err: TEXT           a part of stderr
    file NAME: TEXT     a line of a file that it writes; all of them together are the whole of it
    exit: CODE          its exit code, if that isn't 0
    order: any          the lines on stdout may come in any order
    only: WORDS         start methods, `root`, `linux`, or modules that must be installed (`tqdm`)
    also: WORDS         run it in other places too: `jupyter`, `nbval` (in such a kernel), `file`, `terminal`
    under: COMMAND      a command before the python
    plain: REASON       plain does something else, on purpose: only `mp` is run
    place: WORDS        run it in these places only
    thorough: REASON    run it with -m thorough only
    watched: BY         a test of its own, below, runs it

Without `plain:`, stdout, stderr, the exit code and the files of the plain run must be the same.
"""

import ast
import contextlib
import importlib.util
import multiprocessing
import os
import re
import select
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from test_kernel import Kernel

TESTS = Path(__file__).parents[1]
PROGRAMS = TESTS / "programs"
INSTRUMENTS = str(TESTS / "instruments")
METHODS = sorted(multiprocessing.get_all_start_methods())
PATIENCE = 30

pytestmark = pytest.mark.skipif(os.name == "nt", reason="most of these programs need POSIX")
thorough = pytest.mark.thorough


def fast_with(method: str):
    """Each start method, but with all but one the test runs with -m thorough only."""
    methods = [pytest.param(each, marks=[] if each == method else [thorough]) for each in METHODS]
    return pytest.mark.parametrize("method", methods)


class Program:
    """A program, and what its docstring says must come of it."""

    def __init__(self, path: Path):
        self.name, self.path = path.stem, path
        self.says: dict[str, list[str]] = {}
        self.files: dict[str, list[str]] = {}
        for line in (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").splitlines()[1:]:
            if ": " not in line:
                continue
            key, _, text = line.partition(": ")
            kind, *name = key.split()
            if name:
                self.files.setdefault(name[0], []).append(text)
            else:
                self.says.setdefault(kind, []).append(text)

    def words(self, key: str) -> list[str]:
        return " ".join(self.says.get(key, [])).split()

    def methods(self) -> list[str]:
        return [method for method in METHODS if method in self.words("only")] or METHODS

    def skip_unless_possible(self) -> None:
        for word in set(self.words("only")) - {"spawn", "fork", "forkserver"}:
            if word == "root":
                possible = os.geteuid() == 0
            elif word == "linux":
                possible = sys.platform == "linux"
            else:
                possible = importlib.util.find_spec(word)
            if not possible:
                pytest.skip(f"needs {word}")

    def check(self, came: "Came") -> None:
        """Hold what came of a run against the docstring."""
        wanted, got = self.says.get("out"), came.out.splitlines()
        if "order" in self.says:
            got.sort()
        if wanted is not None:
            assert got == (sorted(wanted) if "order" in self.says else wanted), came
        for part in self.says.get("part", []):
            assert part in came.out, came
        for part in self.says.get("err", []):
            assert part in came.err, came
        assert came.exit == int(self.says.get("exit", ["0"])[0]), came
        assert {name: text.splitlines() for name, text in came.files.items()} == self.files, came


class Came:
    """What came of a run."""

    def __init__(self, out: bytes, err: bytes, exit: int, folder: Path):
        self.out, self.err, self.exit = out.decode("utf-8", "replace"), err.decode("utf-8", "replace"), exit
        self.files = {
            path.name: path.read_text("utf-8", "replace") for path in folder.iterdir() if path.suffix == ".txt"
        }

    def __repr__(self):
        shown = {name: value[-2000:] if isinstance(value, str) else value for name, value in vars(self).items()}
        return "\n".join(f"{name}: {value}" for name, value in shown.items())

    def comparable(self, any_order: bool) -> tuple:
        """Without what differs from run to run, and without the frames that `mp` adds to a traceback."""
        err = re.sub(r'  File "[^"]*helpers/\w+\.py".*\n(    .*\n)*', "", self.err)
        if sys.platform == "darwin":  # the lifeline is a thread there: faulthandler shows it, and a fork warns
            err = re.sub(r"Thread 0x[0-9a-f]+[^\n]*\n(?:  <no Python frame>\n)?\n", "", err)
            err = re.sub(r".*DeprecationWarning: This process \(pid=\d+\) is multi-threaded.*\n(  .*\n)?", "", err)
        # `mp`'s classes have names of their own; Python 3.14's notes on what could not be pickled say them.
        err = re.sub(r"\bhelpers\.relay\.(?=\w+Process\b)", "multiprocessing.context.", err)
        out = self.out
        return sorted(out.splitlines()) if any_order else out, without_numbers(err), self.exit, self.files


def without_numbers(err: str) -> str:
    """Without addresses, times, and ids of processes and descriptors.

    Of the C stack that Python 3.14 shows after a crash, without the interpreter's frames: `mp` adds some to them.
    """
    err = re.sub(r"((?:  Binary file .*\n){4})(?:  Binary file .*\n|  <truncated.*\n)+", r"\1", err)
    err = re.sub(r"(spawn_main\(tracker_fd=)\d+, pipe_handle=\d+(\)\n)( +[~^]+\n)?", r"\1N\2", err)
    return re.sub(r"0x[0-9a-f]+|\d+\.\d+s|(?<=\(pid=)\d+", "N", err)


MODULES = {"cells", "chosen"}  # which the programs import
PLAN = {each.name: each for each in map(Program, sorted(PROGRAMS.glob("*.py"))) if each.name not in MODULES}

FAST = {("fork", "pipe"), ("fork", "file"), ("fork", "terminal"), ("spawn", "nbval")}


def cases(places: list[str]) -> list:
    """Each program with each start method and in each place; once in a place, the rest with -m thorough."""
    found = []
    for name, program in PLAN.items():
        if "watched" in program.says:
            continue
        for place in places:
            if place not in (program.words("place") or ["pipe", *program.words("also")]):
                continue
            for method in program.methods():
                fast = (method, place) in FAST or [method] == program.methods()
                marks = [] if fast and "thorough" not in program.says else [thorough]
                found.append(pytest.param(name, method, place, id=f"{name}-{method}-{place}", marks=marks))
    return found


def environment_for(**more: str) -> dict[str, str]:
    """As on a learner's machine: nothing that hides what is buffered or written, nothing of pytest's."""
    hidden = ("PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "PYTEST_", "COLUMNS", "LINES", "MP_START_METHOD")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    path = [str(TESTS.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**environment, "PYTHONPATH": os.pathsep.join(path), **more}


def start(name: str, method: str, kind: str, folder: Path, *args: str, before=(), flags=(), **options):
    """Start a program in a folder of its own. Its stdin is a pipe's end that nothing comes from."""
    folder.mkdir(exist_ok=True)
    command = [*before, sys.executable, *flags, str(PROGRAMS / f"{name}.py"), method, kind, *args]
    options = {"env": environment_for(), "stdin": subprocess.DEVNULL, "start_new_session": True, **options}
    return subprocess.Popen(command, cwd=folder, **options)


@contextlib.contextmanager
def ended(process: subprocess.Popen):
    """End the program and what it has started, whatever the test says."""
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: only zombies are left
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()


def outcome(name: str, method: str, kind: str, folder: Path, *args: str, place="pipe", **options) -> Came:
    """Run a program to its end."""
    with contextlib.ExitStack() as stack:
        out = err = subprocess.PIPE
        if place == "file":
            out, err = (stack.enter_context(open(folder.parent / f"{kind}.{each}", "wb+")) for each in ("out", "err"))
        if place == "terminal":
            master, out = os.openpty()
            err = out
        program = start(name, method, kind, folder, *args, stdout=out, stderr=err, **options)
        stack.enter_context(ended(program))
        if place == "terminal":
            os.close(out)
            return Came(read_terminal(master).replace(b"\r\n", b"\n"), b"", program.wait(PATIENCE), folder)
        texts = program.communicate(timeout=PATIENCE)
        if place == "file":
            texts = [Path(each.name).read_bytes() for each in (out, err)]
        return Came(*texts, program.returncode, folder)


def read_terminal(master: int) -> bytes:
    text = b""
    try:
        while select.select([master], [], [], PATIENCE)[0] and (data := os.read(master, 1 << 16)):
            text += data
    except OSError:  # Linux says so at the end
        pass
    finally:
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


@pytest.mark.parametrize(("name", "method", "place"), cases(["pipe", "file", "terminal"]))
def test_a_program_does_what_it_does_on_plain_multiprocessing(name, method, place, tmp_path):
    program = PLAN[name]
    program.skip_unless_possible()
    before = shlex.split(" ".join(program.says.get("under", [])))
    if "plain" not in program.says:
        plain = outcome(name, method, "plain", tmp_path / "plain", place=place, before=before)
        program.check(plain)
    mp = outcome(name, method, "mp", tmp_path / "mp", place=place, before=before)
    program.check(mp)
    if "plain" not in program.says:
        assert mp.comparable("order" in program.says) == plain.comparable("order" in program.says)


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


def is_said(part: str, printed: str) -> bool:
    return part in re.sub(r"\x1b\[[\d;]*m", "", printed)  # a kernel wants colors


@pytest.mark.parametrize(("name", "method", "place"), cases(["jupyter", "nbval"]))
def test_a_program_in_a_cell_prints_there(name, method, place, shared_kernel, tmp_path):
    program = PLAN[name]
    program.skip_unless_possible()
    kernel = shared_kernel(method, place)
    kernel.run(f"os.chdir({str(tmp_path)!r})")
    cell = kernel.start(f"%run {str(PROGRAMS / name)!r}.py {method} mp".replace("'", ""))
    kernel.wait(kernel.ended(cell))
    for part in program.says.get("err", []):
        # What a child prints before it has its pipes comes through the kernel's own, and can be late, as with plain.
        if not is_said(part, kernel.printed[cell]):
            kernel.wait(lambda _, part=part: is_said(part, kernel.printed[cell]))
    printed = kernel.printed[cell].splitlines()
    for line in program.says.get("out", []):
        assert line in printed, printed
        printed.remove(line)
    if printed and "err" not in program.says:  # warnings, on some versions
        plain = outcome(name, method, "plain", tmp_path / "plain")
        assert without_numbers("\n".join(printed)) == without_numbers(plain.err.rstrip("\n"))
    assert {
        path.name: path.read_text("utf-8", "replace").splitlines() for path in tmp_path.glob("*.txt")
    } == program.files


@pytest.mark.parametrize("children", [60, pytest.param(300, marks=thorough)])
@pytest.mark.parametrize("kind", ["plain", "mp"])
def test_no_child_hangs_that_logs_while_another_chatters(kind, children, method, tmp_path):
    if method != "fork" and children == 60:
        children = 6
    program = start("log_while_another_chatters", method, kind, tmp_path, str(children), stdout=-1, stderr=-1)
    with ended(program):
        logged = sum(line.count(b"WARNING:root:child") for line in program.stdout)
        assert program.stderr.read() == b""
        assert program.wait(PATIENCE) == 0
    assert logged == children


@pytest.mark.parametrize("kind", ["plain", "mp"])
def test_flushed_text_is_there_at_once(kind, method, tmp_path):
    with (
        tempfile.TemporaryDirectory() as short,  # the program ends without removing its own
        ended(start("flush_at_once", method, kind, tmp_path, stdout=-1, env=environment_for(TMPDIR=short))) as program,
    ):
        first = read_line(program)
        (tmp_path / "go").touch()
        assert first == b"progress\n"
        assert program.stdout.read() == b"the last line\n"
        assert program.wait(PATIENCE) == 0


@fast_with("fork")
@pytest.mark.parametrize("kind", ["plain", "mp"])
def test_all_lines_arrive_though_nobody_joins_and_the_reader_is_slow(kind, method, tmp_path):
    with ended(start("nobody_joins", method, kind, tmp_path, stdout=-1)) as program:
        time.sleep(0.4)
        assert program.stdout.read().decode().splitlines() == [f"line {n} {'x' * 20}" for n in range(5000)]
        assert program.wait(PATIENCE) == 0


@fast_with("spawn")
def test_children_end_when_nobody_reads_any_more(method, tmp_path):
    errs, said = {}, {}
    for kind in ("plain", "mp"):
        with ended(start("prints_for_ever", method, kind, tmp_path / kind, stdout=-1, stderr=-1)) as program:
            assert read_line(program) == b"line\n"
            program.stdout.close()  # as `head -1` does
            program.stdout = None
            errs[kind] = without_numbers(program.communicate(timeout=PATIENCE)[1].decode())
            assert program.returncode == 0
        *lines, codes = errs[kind].splitlines()
        assert all(ast.literal_eval(codes)), errs[kind]
        # The two children's lines are mixed; some are only a mark under a part of the line above.
        said[kind] = Counter(line for line in [*lines, codes] if line.strip(" ~^"))
    assert said["plain"] - said["mp"] == Counter(), errs
    source = {line.strip() for line in (TESTS.parent / "helpers" / "relay.py").read_text("utf-8").splitlines()}
    frame = re.compile(r'  File "[^"]*helpers/relay\.py", line \d+, in _bootstrap')
    for line in said["mp"] - said["plain"]:  # only a frame of `mp`'s in a traceback of plain's
        assert frame.match(line) or line.strip() in source, errs


FLAGS = {
    "-O": {},
    "-OO -b": {},
    "-W error": {},
    "-X dev": {},
    "-X utf8=0": {},
    "-u": {},
    "-X utf8=0 in C": {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
    "in ASCII": {"PYTHONIOENCODING": "ascii"},
    "in C": {"LC_ALL": "C"},
}


@fast_with("fork")
@pytest.mark.parametrize("flags", FLAGS)
def test_the_flags_of_the_interpreter(flags, method, tmp_path):
    options = {"flags": flags.partition("in ")[0].split(), "env": environment_for(**FLAGS[flags])}
    plain = outcome("flags", method, "plain", tmp_path / "plain", **options)
    assert "from a queue 0" in plain.out
    mp = outcome("flags", method, "mp", tmp_path / "mp", **options)
    assert mp.comparable(any_order=False) == plain.comparable(any_order=False)


@fast_with("spawn")
@pytest.mark.parametrize("kind", ["plain", "mp"])
def test_a_folder_of_a_difficult_name(kind, method, tmp_path):
    folder = tmp_path / 'it\'s a "进程" $HOME & more'
    shutil.copytree(PROGRAMS, folder)
    command = [sys.executable, "three_deep.py", method, kind]
    came = subprocess.run(command, cwd=folder, env=environment_for(), capture_output=True, text=True, timeout=PATIENCE)
    assert came.stderr == ""
    assert came.stdout.splitlines() == PLAN["three_deep"].says["out"]


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
