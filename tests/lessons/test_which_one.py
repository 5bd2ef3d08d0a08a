"""The page *Which one do I use for …?*: its links, and each of its programs, run from the page."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
import test_cleanup
from nbclient import NotebookClient
from test_notebooks import broken_links

run = test_cleanup.run  # the fixture
PAGE = Path(__file__).parents[2] / "notebooks" / "which_one.md"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROGRAMS = {  # heading: its program, and what it prints
    section.partition("\n")[0]: [text for _, text in BLOCK.findall(section)]
    for section in TEXT.partition("\n## Programs to copy\n")[2].split("\n### ")[1:]
}
ALONE = [heading for heading in PROGRAMS if not heading.startswith("A test of")]
ANY_ORDER = ["Log from all processes", "Start a worker again that died"]
NEEDS = {"A pandas table in parts": "pandas"}


def start(run: test_cleanup.Run, *command: str, folder: Path, **options) -> subprocess.Popen:
    text = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, *command], cwd=folder, env=run.environment, **text, **options)


def finish(program: subprocess.Popen) -> tuple[str, str, int]:
    try:
        return *program.communicate(timeout=100), program.returncode
    finally:
        program.kill()


def test_links_resolve():
    assert broken_links(PAGE, TEXT) == []


def test_no_line_of_the_table_says_the_same_twice():
    rows = re.findall(r"^\| ([^|]+) \|", TEXT, re.MULTILINE)
    assert len(rows) == len(set(rows))


@pytest.mark.parametrize("heading", PROGRAMS)
def test_a_program_is_short_complete_and_explained(heading):
    program, output = PROGRAMS[heading]
    assert len([line for line in program.splitlines() if line.strip()]) <= 20
    assert max(map(len, program.splitlines())) <= 100, "a page is narrow"
    assert output.strip()
    if heading in ALONE:
        top, guard, _ = program.partition('\nif __name__ == "__main__":\n')
        assert guard
        assert 'get_context("spawn")' in program
        assert "get_context(" not in top
    prose = TEXT.partition(f"\n### {heading}\n")[2].partition("\n### ")[0].rpartition("```\n")[2]
    assert 15 <= len(prose.split()) <= 80, "when to take it, and what it does not survive"


@pytest.mark.parametrize("heading", ALONE)
def test_a_program_prints_what_the_page_shows_and_leaves_nothing(heading, run, tmp_path):
    if heading in NEEDS:
        pytest.importorskip(NEEDS[heading])
    program, shown = PROGRAMS[heading]
    if sys.platform == "win32":  # where a process may be slow to start, which its limit includes
        program = program.replace("time.monotonic() + 5", "time.monotonic() + 30")
    (tmp_path / "program.py").write_text(program, encoding="utf-8")
    output, errors, code = finish(start(run, "program.py", folder=tmp_path))
    if sys.platform == "win32":  # where a killed process ends with SIGTERM's number
        output = output.replace("exit code -15", "exit code -9")
    if heading in ANY_ORDER:
        output, shown = ("\n".join(sorted(text.splitlines())) + "\n" for text in (output, shown))
    assert (output, code) == (shown, 0), errors
    assert [line for line in errors.split("\n") if re.search(r"^Traceback|Error|Warning", line)] == []
    assert heading != "Map with a bar" or "10000/10000" in errors
    run.leaves_nothing()


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C can't be sent to one program and its children")
def test_a_program_stops_on_an_interrupt(run, tmp_path):
    (tmp_path / "program.py").write_text(PROGRAMS["Stop on Ctrl-C"][0].replace("range(10)", "range(1000)"))
    program = start(run, "program.py", folder=tmp_path, start_new_session=True)
    for line in program.stderr:
        if not line.startswith("0 "):  # the workers are there
            break
    before = time.monotonic()
    os.killpg(program.pid, signal.SIGINT)
    output, errors, code = finish(program)
    assert time.monotonic() - before < 10, "1,000 tasks would take 50 seconds"
    assert (output, code) == ("stopped\n", 130)
    assert "Traceback" not in errors
    run.leaves_nothing()


@pytest.mark.skipif(os.name != "posix", reason="half a message is written to a descriptor")
def test_the_one_writer_keeps_the_others_lines_when_a_worker_dies_in_a_line(run, tmp_path):
    program = PROGRAMS["One writer, many workers"][0]
    half = "    if number == 2:\n        os.write(out.fileno(), b'\\0\\0\\1\\0half')\n        os._exit(9)\n"
    dies = "import os\n" + program.replace("    for step in range(3):\n", half + "    for step in range(3):\n")
    (tmp_path / "program.py").write_text(dies, encoding="utf-8")
    output, errors, code = finish(start(run, "program.py", folder=tmp_path))
    assert (output, code) == ("9 lines\n", 0), errors
    run.leaves_nothing()


def test_a_dead_worker_breaks_only_what_is_not_done(run, tmp_path):
    program = PROGRAMS["Results as they come, errors kept"][0]
    dies = "import os\n" + program.replace("return 1 / number", "return 1 / number if number else os._exit(9)")
    (tmp_path / "program.py").write_text(dies, encoding="utf-8")
    output, errors, code = finish(start(run, "program.py", folder=tmp_path))
    assert code == 0, errors
    assert "0: BrokenProcessPool(" in output
    run.leaves_nothing()


SQUARES = """
import multiprocessing, time
from concurrent.futures import ProcessPoolExecutor

def square(number):
    return number * number

def squares(numbers):
    spawn = multiprocessing.get_context("spawn")
    {first}
    with ProcessPoolExecutor(2, spawn) as executor:
        return list(executor.map(square, numbers))
"""


@pytest.mark.parametrize(
    ("first", "seconds", "outcome"),
    [
        ("pass", 30, "1 passed"),
        pytest.param("1 / 0", 30, "ZeroDivisionError", marks=pytest.mark.slow),
        pytest.param("time.sleep(600)", 1, "TimeoutError", marks=pytest.mark.slow),
        ("spawn.Pool(1).map(time.sleep, [600])", 1, "TimeoutError"),
        ("spawn.Process(target=time.sleep, args=(600,)).start()", 30, "still there: "),
    ],
)
def test_the_test_of_a_parallel_function(first, seconds, outcome, run, tmp_path):
    heading = next(iter(PROGRAMS.keys() - set(ALONE)))
    program = PROGRAMS[heading][0].replace("seconds=30", f"seconds={seconds}")
    (tmp_path / "my_work.py").write_text(SQUARES.format(first=first), encoding="utf-8")
    (tmp_path / "test_squares.py").write_text(program, encoding="utf-8")
    output, errors, code = finish(start(run, "-m", "pytest", "-q", "-p", "no:cacheprovider", ".", folder=tmp_path))
    assert outcome in output, output + errors
    assert code == (0 if first == "pass" else 1)
    if first == "pass":
        assert PROGRAMS[heading][1].strip() in output
    run.leaves_nothing()


def test_a_notebook_of_your_own(run, tmp_path):
    general = TEXT.partition("\n## Programs to copy\n")[2].partition("\n### ")[0]
    *cells, output = [text.strip() for _, text in BLOCK.findall(general)]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=60, kernel_name="python3", resources=resources).execute(env=run.environment)
    assert notebook.cells[-1].outputs[0].text.strip() == output
    run.leaves_nothing()


def test_a_package_of_your_own(run, tmp_path):
    """`python -m`, a console command as pip writes it, and a function in __main__.py, which no child finds."""
    package = tmp_path / "my_package"
    package.mkdir()
    (package / "__init__.py").touch()
    program = PROGRAMS["A table that each worker loads once"][0]
    main = program.replace('if __name__ == "__main__":', "def main():")
    (package / "cli.py").write_text(main, encoding="utf-8")
    (package / "__main__.py").write_text("from my_package.cli import main\n\nmain()\n")
    command = "import sys\nfrom my_package.cli import main\nif __name__ == '__main__':\n    sys.exit(main())\n"
    (tmp_path / "my-command").write_text(command)
    shown = PROGRAMS["A table that each worker loads once"][1]
    environment = {**run.environment, "PYTHONPATH": str(tmp_path)}
    for arguments in ["-m", "my_package"], ["my-command"]:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=100
        )
        assert (done.stdout, done.stderr, done.returncode) == (shown, "", 0)
    (package / "__main__.py").write_text(program, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "my_package"], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 1
    assert re.search(r"Can't get attribute 'load'|has no attribute 'load'", done.stderr)
    run.leaves_nothing()
