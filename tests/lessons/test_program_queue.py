"""The programs of lesson 03, run as scripts: on good input and bad, killed in part, and interrupted."""

import os
import signal
import time

import pytest
from whole_programs import run as run_program
from whole_programs import running, wait_until, workers_of, write_program

KILLED = -getattr(signal, "SIGKILL", signal.SIGTERM)
fifos = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a named pipe")


@pytest.fixture
def programs(tmp_path):
    """A folder with the lesson's whole programs, as they are."""
    for name in ("my_crawler.py", "my_levels.py"):
        write_program(name, "spawn", tmp_path)
    return tmp_path


def run(folder, *arguments, **options):
    done = run_program(folder, *arguments, **options)
    return done.returncode, done.stdout, done.stderr


def open_when_read(fifo):
    """Open a named pipe for writing as soon as a program reads it."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"nobody reads {fifo}")


def kill_worker(program, victim, count):
    """Kill one of the workers of a program, when all are there."""
    wait_until(lambda: len(workers_of(program)) == count)
    workers_of(program)[victim].kill()


def site(folder, **pages):
    for name, links in pages.items():
        text = "".join(f'<a href="{link}.html">{link}</a>\n' for link in links.split())
        (folder / f"{name}.html").write_text(text, encoding="utf-8")


def log(folder, lines):
    (folder / "app.log").write_text("".join(lines), encoding="utf-8")


@pytest.mark.parametrize("workers", ["1", "3"])
def test_crawler_reads_each_page_once(programs, workers):
    site(programs, index="index a b", a="b c index", b="c d", c="", d="a e", e="e")
    assert run(programs, "my_crawler.py", "index.html", "--workers", workers) == (0, "pages tried: 6\n", "")


def test_crawler_reads_many_pages(programs):
    pages = {f"p{number}": f"p{2 * number} p{2 * number + 1}" for number in range(1, 64)}
    site(programs, **pages, **{f"p{number}": "" for number in range(64, 128)})
    assert run(programs, "my_crawler.py", "p1.html", "--workers", "4") == (0, "pages tried: 127\n", "")


def test_crawler_names_what_is_broken_and_reads_the_others(programs):
    site(programs, index="a gone bad", a="b", b="")
    (programs / "bad.html").write_bytes(b"\xff")
    code, out, err = run(programs, "my_crawler.py", "index.html")
    assert (code, err) == (1, "")
    bad, gone, count = out.splitlines()
    assert bad.startswith("index.html links to bad.html: UnicodeDecodeError: ")
    assert gone.startswith("index.html links to gone.html: FileNotFoundError: ")
    assert count == "pages tried: 5"


@pytest.mark.parametrize("first", ["index.html", "./index.html", "sub/../index.html"])
def test_crawler_knows_a_page_again_whatever_way_leads_to_it(programs, first):
    (programs / "sub").mkdir()
    links = [
        "sub/a.html", "./sub/a.html", "sub/../sub/a.html#top", "#top", "?x=1", "my%20page.html", "my page.html?x=1#y",
        "https://example.org/", "//example.org/a.html", "/a.html", "mailto:a@b.example", "index.html?",
    ]  # fmt: skip
    (programs / "index.html").write_text("".join(f'<a href="{link}">' for link in links))
    (programs / "sub/a.html").write_text('<a href="../index.html"><a href="a.html"><a href="../sub/../my%20page.html">')
    (programs / "my page.html").write_text("")
    assert run(programs, "my_crawler.py", first) == (0, "pages tried: 3\n", "")


def test_crawler_without_a_first_page(programs):
    code, out, _ = run(programs, "my_crawler.py", "index.html")
    assert code == 1
    assert out.startswith("you links to index.html: FileNotFoundError: ")


@fifos
@pytest.mark.parametrize(("workers", "victim"), [(1, 0), (3, 0), (3, 1), (3, 2)])
def test_crawler_says_which_worker_was_killed_and_what_is_not_tried(programs, workers, victim):
    """Of three, two wait for a task, and may hold the lock of the tasks."""
    site(programs, index="slow")
    os.mkfifo(programs / "slow.html")
    with running(programs, "my_crawler.py", "index.html", "--workers", str(workers)) as program:
        writer = open_when_read(programs / "slow.html")
        kill_worker(program, victim, workers)
        out, err = program.communicate(timeout=30)
    os.close(writer)
    assert (program.returncode, err) == (1, f"worker {victim + 1} died with {KILLED}\n")
    assert out == "index.html links to slow.html: not tried\npages tried: 1\n"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal to send")
def test_crawler_does_not_wait_for_tasks_that_nobody_takes(programs):
    """Main's queue holds more than a pipe takes."""
    site(programs, index="slow " + " ".join(f"page_{number}" for number in range(20_000)))
    os.mkfifo(programs / "slow.html")
    with running(programs, "my_crawler.py", "index.html", "--workers", "1") as program:
        writer = open_when_read(programs / "slow.html")
        program.terminate()
        out, err = program.communicate(timeout=30)
    os.close(writer)
    assert (program.returncode, err) == (143, "")
    assert out.endswith("index.html links to slow.html: not tried\npages tried: 1\n")
    assert out.count("not tried") == 20_001


@pytest.mark.parametrize(
    "arguments",
    [["my_levels.py"], ["my_levels.py", "a", "b"], ["my_crawler.py"], ["my_crawler.py", "a", "--workers", "x"]],
)
def test_wrong_arguments(programs, arguments):
    code, out, err = run(programs, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("usage: my_")


@pytest.mark.parametrize(
    ("lines", "result"),
    [
        ([b"12:00 WARNING x\n"] * 3750 + [b"12:00 ERROR x\n"] * 1250, "{'WARNING': 3750, 'ERROR': 1250}"),
        ([], "{}"),
        ([b"12:00 INFO caf\xe9\n", b"12:00 \xff x\n"], "{'INFO': 1, '\\\\xff': 1}"),
    ],
    ids=["good", "empty", "not UTF-8"],
)
def test_levels(programs, lines, result):
    (programs / "app.log").write_bytes(b"".join(lines))
    assert run(programs, "my_levels.py", "app.log") == (0, f"three stages at work\n{result}\n", "")


def test_levels_of_a_broken_log(programs):
    log(programs, ("12:00\n" if number == 350 else "12:00:00 INFO request\n" for number in range(2000)))
    code, out, err = run(programs, "my_levels.py", "app.log")
    assert (code, out) == (1, "three stages at work\n")
    assert "Process parse:" in err
    assert "IndexError" in err
    assert err.endswith("no result; exit codes: {'read': None, 'parse': 1, 'count': None}\n")


def test_levels_without_a_log(programs):
    code, out, err = run(programs, "my_levels.py", "app.log")
    assert (code, out) == (1, "three stages at work\n")
    assert "FileNotFoundError" in err
    assert "no result; exit codes: {'read': 1," in err


@pytest.mark.parametrize("result", ["(value for value in batches)", "exit()"])
def test_levels_ends_when_count_ends_well_without_a_result(programs, result):
    program = programs / "my_levels.py"
    text = program.read_text(encoding="utf-8").replace("dict(sum(batches, Counter()))", result)
    program.write_text(text)
    log(programs, ["12:00 INFO x\n"] * 1000)
    code, out, err = run(programs, "my_levels.py", "app.log")
    assert (code, out) == (1, "three stages at work\n")
    assert "'count': 0}" in err


@fifos
@pytest.mark.parametrize("lines", [0, 5000], ids=["at once", "at work"])
@pytest.mark.parametrize("victim", [0, 1, 2])
def test_levels_says_which_stage_was_killed(programs, victim, lines):
    os.mkfifo(programs / "app.log")
    with running(programs, "my_levels.py", "app.log") as program:
        assert program.stdout.readline() == "three stages at work\n"
        if lines:
            writer = os.open(programs / "app.log", os.O_WRONLY)
            os.write(writer, b"12:00 INFO x\n" * lines)  # what fits into a named pipe
            time.sleep(0.3)
        kill_worker(program, victim, 3)
        out, err = program.communicate(timeout=30)
        if lines:
            os.close(writer)
    codes = {"read": None, "parse": None, "count": None}
    codes[list(codes)[victim]] = KILLED
    assert (program.returncode, out, err) == (1, "", f"no result; exit codes: {codes}\n")


@fifos
@pytest.mark.parametrize(("to_all", "number"), [(True, 2), (False, 15)])
@pytest.mark.parametrize(
    ("program", "out"),
    [
        ("my_crawler.py", "index.html links to slow.html: not tried\npages tried: 1\n"),
        ("my_levels.py", "three stages at work\n"),
    ],
)
def test_a_signal_ends_all_at_once(programs, program, out, to_all, number):
    site(programs, index="slow")
    os.mkfifo(programs / "slow.html")
    first = "index.html" if program == "my_crawler.py" else "slow.html"
    with running(programs, program, first) as process:
        writer = open_when_read(programs / "slow.html")
        time.sleep(0.5)  # the other page's answer is noted
        began = time.monotonic()
        (os.killpg if to_all else os.kill)(process.pid, number)
        said = process.communicate(timeout=20)
        assert time.monotonic() - began < 5
        assert (process.returncode, *said) == (128 + number, out, "")
    os.close(writer)


def test_logging_is_configured_in_the_child_or_not(method, tmp_path):
    write_program("my_logging.py", method, tmp_path)
    code, _, err = run(tmp_path, "my_logging.py")
    assert code == 0
    assert err.startswith("MainProcess: starts two children\n")
    assert err.count("at work\n") == (2 if method == "fork" else 1)
    assert "Process-2: at work\n" in err


def test_the_order_in_which_a_program_ends(tmp_path):
    """Threads, then daemons are terminated, then children are joined, and last the threads of queues."""
    write_program("my_end.py", "spawn", tmp_path)
    program = tmp_path / "my_end.py"
    text = program.read_text(encoding="utf-8")
    text = text.replace(
        '    Thread(target=late, args=("thread"',
        "    import multiprocessing\n"
        "    queue = multiprocessing.Queue()\n"
        "    queue.put(1)\n"
        "    queue.get()\n"
        "    multiprocessing.log_to_stderr(10)\n"
        '    Thread(target=late, args=("thread"',
    )
    for said in ('"is done"', '"last line"'):
        text = text.replace(said, said + ', file=__import__("sys").stderr')
    program.write_text(text, encoding="utf-8")
    code, out, err = run(tmp_path, "my_end.py")
    assert (code, out) == (0, "")
    steps = ["last line", "thread is done", "terminate() for daemon", "join() for process", "joining queue thread"]
    assert [err.index(step) for step in steps] == sorted(err.index(step) for step in steps), err
    assert "child is done" in err
    assert "daemonic thread is done" not in err
    assert "daemonic child is done" not in err


LATE = """
import os, sys, time
if "--multiprocessing-fork" in sys.orig_argv:
    if os.getpid() // (4 if os.name == "nt" else 1) % 2:  # Windows counts in fours
        time.sleep(1)
elif "my_crawler.py" in sys.orig_argv:
    from multiprocessing import util
    util.Finalize(None, time.sleep, args=(2,), exitpriority=0)  # made first, so called when the locks are gone
"""


def test_the_crawler_ends_a_worker_that_is_still_starting(tmp_path):
    """Without that, a worker that begins while the program ends misses the queue's locks."""
    write_program("my_crawler.py", "spawn", tmp_path)
    (tmp_path / "sitecustomize.py").write_text(LATE)
    (tmp_path / "index.html").write_text("no link")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])}
    said = run(tmp_path, "my_crawler.py", "index.html", "--workers", "4", env=environment)
    assert said == (0, "pages tried: 1\n", "")
