"""The whole programs of lesson 03, run as scripts: under each start method, on bad input, and interrupted."""

import os
import pathlib
import signal
import subprocess
import sys
import time

import psutil
import pytest
from whole_programs import write_program


@pytest.fixture
def programs(method, tmp_path):
    """A folder with the lesson's programs, which use this start method."""
    for name in ("my_crawler.py", "my_levels.py", "my_logging.py"):
        write_program(name, method, tmp_path)
    return tmp_path


def run(folder, *arguments):
    done = subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


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


@pytest.mark.skipif(os.name == "nt", reason="one of these names is not allowed there")
def test_crawler_knows_a_page_again_whatever_way_leads_to_it(programs):
    (programs / "sub").mkdir()
    links = [
        "sub/a.html",
        "./sub/a.html",
        "sub/../sub/a.html#top",
        "#top",
        "https://example.org/",
        "mailto:a@b.example",
    ]
    (programs / "index.html").write_text("".join(f'<a href="{link}">' for link in links))
    (programs / "sub/a.html").write_text('<a href="../index.html"><a href="../sub/../b.html?"><a href="a.html">')
    (programs / "b.html?").write_text("")
    assert run(programs, "my_crawler.py", "./index.html") == (0, "pages tried: 3\n", "")


@pytest.mark.skipif(sys.platform != "linux", reason="who has a pipe open is read from /proc")
def test_crawler_says_which_page_a_dead_worker_was_at(programs):
    site(programs, index="slow")
    os.mkfifo(programs / "slow.html")
    command, pipe = [sys.executable, "my_crawler.py", "index.html"], subprocess.PIPE
    with subprocess.Popen(command, cwd=programs, stdout=pipe, stderr=pipe, text=True) as running:
        writer = open_when_read(programs / "slow.html")
        # The manager's server has more than one thread; a worker that has the pipe open is the one to kill.
        reader_of(programs / "slow.html", running.pid).kill()
        out, err = running.communicate(timeout=30)
    os.close(writer)
    assert (running.returncode, err) == (1, "a worker has died\n")
    assert out == "index.html links to slow.html: not read to its end\npages tried: 2\n"


def open_when_read(fifo):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"nobody reads {fifo}")


def reader_of(fifo, pid):
    """The descendant that has the pipe open: its `open` may return later than the writer's."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        processes = psutil.Process(pid).children(recursive=True)
        readers = [each for each in processes if any(same_file(opened, fifo) for opened in descriptors(each))]
        if readers:
            assert len(readers) == 1
            return readers[0]
    raise AssertionError(f"no process has {fifo} open")


def descriptors(process):
    return pathlib.Path(f"/proc/{process.pid}/fd").iterdir()


def same_file(opened, path):
    try:
        return os.path.samefile(opened, path)
    except FileNotFoundError:  # closed meanwhile
        return False


def test_crawler_without_a_first_page(programs):
    code, out, _ = run(programs, "my_crawler.py", "index.html")
    assert code == 1
    assert out.startswith("you links to index.html: FileNotFoundError: ")


def test_crawler_with_a_maxsize_hangs_until_its_time_is_up(programs):
    site(programs, index="a b c d", a="", b="", c="", d="")
    options = ["--workers=1", "--maxsize=1", "--limit=2"]
    assert run(programs, "my_crawler.py", "index.html", *options) == (
        1,
        "you links to index.html: not read to its end\npages tried: 1\n",
        "time is up\n",
    )


def test_levels(programs):
    log(programs, (f"12:00 {'WARNING' if number % 4 else 'ERROR'} x\n" for number in range(1000)))
    assert run(programs, "my_levels.py", "app.log") == (0, "{'ERROR': 250, 'WARNING': 750}\n", "")


def test_levels_of_an_empty_log(programs):
    log(programs, [])
    assert run(programs, "my_levels.py", "app.log") == (0, "{}\n", "")


def test_levels_without_arguments(programs):
    code, out, err = run(programs, "my_levels.py")
    assert (code, out) == (1, "")
    assert err.strip().endswith("my_levels.py LOG")


def test_levels_of_a_broken_log(programs):
    log(programs, ("12:00\n" if number == 350 else "12:00 INFO x\n" for number in range(1000)))
    code, out, err = run(programs, "my_levels.py", "app.log")
    assert (code, out) == (1, "")
    assert "Process parse:" in err
    assert "IndexError" in err
    assert err.endswith("no result; exit codes: {'read': None, 'parse': 1, 'count': None}\n")


def test_levels_without_a_log(programs):
    code, out, err = run(programs, "my_levels.py", "app.log")
    assert (code, out) == (1, "")
    assert "FileNotFoundError" in err
    assert "no result; exit codes: {'read': 1," in err


@pytest.mark.parametrize("result", ["(value for value in counter)", "sys.exit()"])
def test_levels_ends_when_count_ends_well_without_a_result(programs, result):
    program = programs / "my_levels.py"
    program.write_text(program.read_text(encoding="utf-8").replace("totals.put(counter)", f"totals.put({result})"))
    log(programs, ["12:00 INFO x\n"] * 1000)
    code, out, err = run(programs, "my_levels.py", "app.log")
    assert (code, out) == (1, "")
    assert "'count': 0}" in err


def write_until_nobody_reads(pipe):
    for _ in range(50):
        os.write(pipe, b"x")
        time.sleep(0.1)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a named pipe")
@pytest.mark.parametrize(
    ("program", "first", "out"),
    [
        ("my_crawler.py", "index.html", "index.html links to slow.html: not read to its end\npages tried: 2\n"),
        ("my_levels.py", "slow.html", ""),
    ],
)
def test_an_interrupt_ends_all_at_once(programs, program, first, out):
    site(programs, index="slow")
    slow = programs / "slow.html"
    os.mkfifo(slow)
    command = [sys.executable, program, first]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=programs, stdout=pipe, stderr=pipe, text=True, start_new_session=True
    ) as running:
        writer = open_when_read(slow)
        time.sleep(0.5)  # the other page's result is noted
        os.killpg(running.pid, signal.SIGINT)  # as Ctrl-C does
        began = time.monotonic()
        said = running.communicate(timeout=20)
        assert time.monotonic() - began < 5
        assert (running.returncode, *said) == (130, out, "")
    with pytest.raises(BrokenPipeError):  # all processes of the program have ended
        write_until_nobody_reads(writer)
    os.close(writer)


def test_logging_is_configured_in_the_child_or_not(programs):
    text = (programs / "my_logging.py").read_text(encoding="utf-8")
    code, _, err = run(programs, "my_logging.py")
    assert code == 0
    assert err.startswith("MainProcess: starts a child\n")
    assert ("at work" in err) == ('get_context("fork")' in text)
    code, _, err = run(programs, "my_logging.py", "configure")
    assert code == 0
    assert "at work" in err


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
    """A worker that began while the program ended missed the queue's locks: seen by chance, here always."""
    write_program("my_crawler.py", "spawn", tmp_path)
    (tmp_path / "sitecustomize.py").write_text(LATE)
    (tmp_path / "index.html").write_text("no link")
    command = [sys.executable, "my_crawler.py", "index.html", "--workers", "4"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "pages tried: 1\n", "")
