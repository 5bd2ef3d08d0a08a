"""`mp`: what children print arrives, and nothing else is changed."""

import multiprocessing
import os
import pickle
import selectors
import signal
import subprocess
import sys
import threading
import time
from multiprocessing.connection import wait

import psutil
import pytest
import workers

import helpers
from helpers import relay, spans, streams

posix = pytest.mark.skipif(os.name == "nt", reason="there is no fork and no signal on Windows")


def run(mp, target, *args, **kwargs):
    child = mp.Process(target=target, args=args, **kwargs)
    child.start()
    child.join(60)
    return child


def wait_for(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_every_finished_line_arrives_whole_and_in_order(mp, capsys):
    endings = ["os._exit", "killed", "raises", "long", "", "", "", ""]
    children = [mp.Process(target=workers.print_lines, args=(i, 5000, ending)) for i, ending in enumerate(endings)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    out, err = capsys.readouterr()
    lines = out.splitlines()
    for number in range(8):
        mine = [line for line in lines if line.startswith(f"child {number} ")]
        assert mine == [f"child {number} line {line}" for line in range(5000)]
    assert [line for line in lines if not line.startswith("child ")] == ["x" * 3_000_000]
    killed = -getattr(signal, "SIGKILL", -signal.SIGTERM)  # Windows' os.kill gives the number as exit code
    assert [child.exitcode for child in children] == [7, killed, 1, 0, 0, 0, 0, 0]
    assert err.splitlines()[-1] == "ValueError: raised in the child"
    assert err.count("Traceback") == 1


def close_after_its_sentinel(mp, child):
    wait([child.sentinel])
    while True:
        try:
            return child.close()
        except ValueError:  # it is still ending
            time.sleep(0.001)


LEARN = {
    "join": lambda mp, child: child.join(),
    "is_alive": lambda mp, child: wait_for(lambda: not child.is_alive()),
    "exitcode": lambda mp, child: wait_for(lambda: child.exitcode is not None),
    "active_children": lambda mp, child: wait_for(lambda: child not in mp.active_children()),
    "close": close_after_its_sentinel,
}


@pytest.mark.parametrize("learn", LEARN)
def test_lines_are_there_when_the_program_learns_of_the_end(mp, capsys, monkeypatch, learn):
    """Also when the thread that reads does nothing."""
    monkeypatch.setattr(streams, "events", None)
    monkeypatch.setattr(relay.Reader, "run", lambda self: None)
    monkeypatch.setattr(relay, "reader", relay.Reader())
    child = mp.Process(target=workers.print_lines, args=(1, 50, "raises"))
    child.start()
    LEARN[learn](mp, child)
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 50
    assert err.splitlines()[-1] == "ValueError: raised in the child"
    assert {type(source) for source in relay.reader.sources} == {relay.Events}


@posix
def test_lines_are_there_when_join_returns_though_the_system_reaps_the_child(mp, capsys, monkeypatch):
    monkeypatch.setattr(relay, "PAUSE", 2)  # after the first line the reader sleeps
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        child = mp.Process(target=workers.print_twice, args=("text",))
        child.start()
        child.join()
        assert capsys.readouterr().out == "text\ntext\n"
    finally:
        signal.signal(signal.SIGCHLD, before)
        multiprocessing.process._children.discard(child)  # it would be waited for at the end


def what_comes(capsys, expected: str) -> str:
    """What is printed until it is what is expected, or 20 seconds have passed."""
    text, deadline = "", time.monotonic() + 20
    while text != expected and time.monotonic() < deadline:
        time.sleep(0.02)
        text += capsys.readouterr().out
    return text


def test_a_child_that_nobody_joins_has_its_lines_shown(mp, capsys):
    mp.Process(target=workers.print_text, args=("never joined",)).start()
    assert what_comes(capsys, "never joined\n") == "never joined\n"


def test_flushed_text_arrives_before_its_line_is_finished(mp, capsys):
    child = mp.Process(target=workers.print_unfinished)
    child.start()
    text = what_comes(capsys, "unfinished")
    child.kill()
    child.join()
    assert text == "unfinished"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ünïcødé 进程 🐍", None),
        ("nul \0 inside", None),
        ("lone \ud800 surrogate", "lone \\ud800 surrogate"),
        ("", None),
    ],
)
def test_any_text_can_be_printed(mp, capsys, text, shown):
    assert run(mp, workers.print_text, text).exitcode == 0
    assert capsys.readouterr().out == (shown or text) + "\n"


def test_a_parent_that_cannot_show_a_character_shows_its_escape(mp, monkeypatch, tmp_path):
    with open(tmp_path / "ascii", "w", encoding="ascii") as ascii_only:
        monkeypatch.setattr(sys, "stdout", ascii_only)
        run(mp, workers.print_text, "进 after")
        assert (tmp_path / "ascii").read_text() == "\\u8fdb after\n"  # at once: the stream was flushed


def test_a_closed_stdout_does_not_stop_the_child(mp, monkeypatch, tmp_path):
    with open(tmp_path / "closed", "w") as closed:
        pass
    monkeypatch.setattr(sys, "stdout", closed)
    assert run(mp, workers.print_lines, 1, 20_000, "").exitcode == 0


def test_stderr_and_bytes(mp, capsys):
    run(mp, workers.print_to_stderr)
    assert capsys.readouterr() == ("bytes \\xff\n", "on stderr\n")


def test_pool_workers_print_and_return(mp, capsys):
    with mp.Pool(2) as pool:
        assert pool.map(workers.square, range(6), chunksize=1) == [0, 1, 4, 9, 16, 25]
        assert pool.apply(workers.stream_facts) == ("utf-8", 1, True)
    assert sorted(capsys.readouterr().out.splitlines()) == [f"square {number}" for number in range(6)]


def test_a_traceback_from_before_the_function_arrives_too(capsys):
    child = helpers.mp.get_context("spawn").Process(target=_Unimportable())
    child.start()
    child.join()
    assert child.exitcode == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith("ModuleNotFoundError")


class _Unimportable:
    def __reduce__(self):
        return __import__, ("no_such_module",)

    def __call__(self):
        pass


def test_what_cannot_be_pickled_raises_as_ever_and_leaves_nothing_open(method):
    if method == "fork":
        pytest.skip("fork pickles nothing")
    open_before = psutil.Process().num_fds() if os.name != "nt" else 0
    for context in (multiprocessing.get_context(method), helpers.mp.get_context(method)):
        with pytest.raises((pickle.PicklingError, AttributeError)):
            context.Process(target=lambda: None).start()
    if os.name != "nt":
        deadline = time.monotonic() + 5
        while psutil.Process().num_fds() > open_before + 4 and time.monotonic() < deadline:  # forkserver's own
            time.sleep(0.02)
        assert psutil.Process().num_fds() <= open_before + 4


def test_no_descriptor_is_left_after_join(mp):
    run(mp, workers.print_text, "")
    if os.name == "nt":
        pytest.skip("Windows does not count descriptors")

    def one_more():
        child = run(mp, workers.print_text, "")
        child.close()
        return psutil.Process().num_fds()

    first = one_more()
    assert [one_more() for _ in range(3)][-1] == first


def test_text_may_come_byte_by_byte(capsys):
    read_end, write_end = os.pipe()
    source = relay.Text(read_end, "stdout", relay.Cell())
    for byte in "进 b\n".encode():
        os.write(write_end, bytes([byte]))
        source.finish()
    os.close(write_end)
    source.finish()
    assert capsys.readouterr().out == "进 b\n"
    assert source.fd is None


def test_a_long_line_is_shown_when_it_is_whole_or_nothing_more_comes(capsys, monkeypatch):
    monkeypatch.setattr(relay, "PATIENCE", 20)
    read_end, write_end = os.pipe()
    source = relay.Text(read_end, "stdout", relay.Cell())
    os.write(write_end, b"a line\n" + b"x" * relay.ATOMIC)
    deadline = time.monotonic() + 10
    while source.held_since is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert capsys.readouterr().out == "a line\n"
    monkeypatch.setattr(relay, "PATIENCE", 0.01)
    os.write(write_end, b"y" * relay.ATOMIC)
    whole = "x" * relay.ATOMIC + "y" * relay.ATOMIC
    assert what_comes(capsys, whole) == whole
    os.close(write_end)


def test_a_parent_whose_stdout_is_its_own_gets_no_pipe_and_no_thread(method):
    code = f"""if __name__ == "__main__":
        import os, threading
        from helpers import mp, relay
        child = mp.get_context({method!r}).Process(target=print, args=("from the child",))
        child.start()
        child.join()
        print(relay.reader.sources, relay.reader.selector, len(os.listdir("/proc/self/task")))"""
    if sys.platform != "linux":
        pytest.skip("threads are counted by Linux' /proc")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "from the child\nset() None 1\n"


@posix
def test_as_on_windows_where_a_reader_asks_what_is_there(mp, capsys, monkeypatch):
    """Simulated: reads never wait by themselves, and a pipe says how much it has, as PeekNamedPipe does."""

    def waiting(fd):
        if not select.select([fd], [], [], 0)[0]:
            return 0
        count = int.from_bytes(fcntl.ioctl(fd, termios.FIONREAD, bytes(4)), sys.byteorder)
        if not count:
            raise BrokenPipeError
        return count

    fcntl, select, termios = (pytest.importorskip(name) for name in ("fcntl", "select", "termios"))
    monkeypatch.setattr(streams, "events", None)
    monkeypatch.setattr(relay, "reader", relay.Reader(waiting))
    with helpers.timeline() as seen:
        child = mp.Process(target=workers.print_lines, args=(1, 5000, "raises"))
        child.start()
        child.join()
        run(mp, workers.work, "a piece")
    out, err = capsys.readouterr()
    assert out.splitlines() == [f"child 1 line {line}" for line in range(5000)]
    assert err.splitlines()[-1] == "ValueError: raised in the child"
    assert [bar.label for bar in seen.bars("working")] == ["a piece"]
    late = mp.Process(target=workers.print_unfinished)
    late.start()
    wait_for(lambda: capsys.readouterr().out == "unfinished")
    late.kill()
    late.join()


def test_what_a_program_preloads_in_the_fork_server_stays():
    code = (
        "from multiprocessing import forkserver; from helpers import mp; context = mp.get_context('forkserver');"
        "first = list(forkserver._forkserver._preload_modules); context.set_forkserver_preload(['json']);"
        "mp.get_context('forkserver'); print(first, forkserver._forkserver._preload_modules)"
    )
    if "forkserver" not in multiprocessing.get_all_start_methods():
        pytest.skip("no forkserver here")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "['__main__', 'helpers'] ['json']\n"


def test_an_event_is_lost_when_its_descriptor_is_somebody_elses(tmp_path):
    read_end, write_end = os.pipe()
    sender = streams.Sender(write_end)
    event = spans.Event("begin", 1.0, 1, "x" * 9000, "working", 1, "t" * 9000)
    sender.send(event)
    message = os.read(read_end, 1 << 16)
    assert len(message) <= relay.ATOMIC
    assert pickle.loads(message[2:]) == event._replace(label="x" * 30, thread="t" * 30)
    with open(tmp_path / "own", "w") as own:
        os.dup2(own.fileno(), write_end)
        sender.send(event)
        os.close(write_end)
        sender.send(event)
    os.close(read_end)
    assert (tmp_path / "own").read_bytes() == b""


def test_a_kernel_that_has_no_parent_message_is_no_obstacle(mp, capsys, monkeypatch):
    class XeusPython:
        def get_parent(self):
            raise TypeError

    monkeypatch.setattr(relay, "_kernel", XeusPython)
    run(mp, workers.print_text, "hello")
    assert capsys.readouterr().out == "hello\n"


def test_names_and_methods_are_those_of_the_plain_context(method):
    plain, ours = multiprocessing.get_context(method), helpers.mp.get_context(method)
    assert {name for name in dir(plain) if not name.startswith("_")} <= set(dir(ours))
    assert ours.get_start_method() == method
    assert ours.get_context() is ours
    assert ours.Process().name.rsplit("-")[0] == plain.Process().name.rsplit("-")[0]
    with pytest.raises(ValueError, match="cannot set start method"):
        ours.set_start_method("spawn")


def test_an_unknown_start_method_is_an_error_that_lists_the_valid_ones():
    with pytest.raises(ValueError, match=r"no start method 'sprawn' on this system; it has: .*spawn"):
        helpers.mp.get_context("sprawn")
    code = "from helpers import mp; print(mp.get_start_method())"

    def python(method):
        environment = {**os.environ, "MP_START_METHOD": method}
        return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)

    assert "it has: " in python("sprawn").stderr
    assert python("").stdout == "spawn\n"
    for method in multiprocessing.get_all_start_methods():
        assert python(method).stdout == f"{method}\n"


def start_from_several_threads(mp, capsys) -> None:
    threads = [threading.Thread(target=run, args=(mp, workers.print_text, str(number))) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(capsys.readouterr().out.split()) == [str(number) for number in range(6)]


def test_children_can_be_started_from_several_threads_also_the_first(mp, capsys, monkeypatch):
    class Slow(selectors.DefaultSelector):
        def __init__(self):
            time.sleep(0.05)  # for the other thread, which comes meanwhile
            super().__init__()

    start_from_several_threads(mp, capsys)
    monkeypatch.setattr(selectors, "DefaultSelector", Slow)
    monkeypatch.setattr(streams, "events", None)
    monkeypatch.setattr(relay, "reader", relay.Reader())
    start_from_several_threads(mp, capsys)
    # A child that was forked while another began holds the other's pipes, too, until it has ended.
    wait_for(lambda: len(relay.reader.sources) == 1)  # the one pipe for events


def test_several_threads_can_join_the_same_child(mp):
    for _ in range(3):
        child = mp.Process(target=workers.print_text, args=("x" * 100_000,))
        child.start()
        threads = [threading.Thread(target=child.join, daemon=True) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert not any(thread.is_alive() for thread in threads)


def test_a_child_imports_little():
    code = (
        "import multiprocessing, sys; before = set(sys.modules); import helpers, helpers.process, helpers.lock;"
        "print(*sorted({name.split('.')[0] for name in set(sys.modules) - before}))"
    )
    new = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not set(new) & {"matplotlib", "IPython", "numpy", "ipywidgets", "psutil", "asyncio", "socket"}
    assert len(new) < 25, new
