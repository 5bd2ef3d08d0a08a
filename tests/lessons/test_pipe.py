"""What lesson 04 says and no stored output of it shows, and how it measures its three ways."""

import multiprocessing
import os
import subprocess
import sys
from multiprocessing.shared_memory import SharedMemory

import pytest
from answers import SOLUTIONS

from helpers import mp, pipe

pytestmark = pytest.mark.usefixtures("end_children_left")


def test_ping_returns_the_shortest_of_several_times(monkeypatch):
    log, now, pauses = [], [0.0], iter([0.02, 0.005, 0.001, 0.01])
    monkeypatch.setattr(pipe.time, "perf_counter", lambda: now[0])

    def receive():
        now[0] += next(pauses)
        log.append("answer")

    assert pipe.ping(log.append, receive, 2_000) == pytest.approx(0.001)
    assert log == [b"x" * 2_000, "answer"] * 4


@pytest.mark.parametrize(
    ("size", "seconds", "number"), [(2_000, 0.001, 5), (10, 0.001, 25), (10, 0.0001, 50), (10, 0.06, 4)]
)
def test_ping_takes_more_of_short_times(monkeypatch, size, seconds, number):
    log, now = [], [0.0]
    monkeypatch.setattr(pipe.time, "perf_counter", lambda: now[0])

    def receive():
        now[0] += seconds

    assert pipe.ping(log.append, receive, size) == pytest.approx(seconds)
    assert number <= len(log) <= number + 1


def test_pong_answers_each_message_until_an_empty_one():
    messages, answers = iter([b"a", b"b", b"", b"c"]), []
    pipe.pong(messages.__next__, answers.append)
    assert answers == [b"x"] * 2
    assert next(messages) == b"c"


def test_ping_and_pong_understand_each_other():
    memory = SharedMemory(create=True, size=10)
    near, far = mp.Pipe()
    to, block = pipe.Block(memory, near), pipe.Block(memory, far)
    child = mp.Process(target=pipe.pong, args=(block.receive, far.send))
    child.start()
    try:
        assert pipe.ping(to.send, near.recv, 10) > 0
        to.send(b"")
        child.join(30)
        assert child.exitcode == 0
    finally:
        memory.close()
        memory.unlink()


FORKED_OWNER = """
import multiprocessing
import sys
import time
from multiprocessing import resource_tracker
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path


def make_block(end):
    block = SharedMemory(create=True, size=5)
    end.send(block.name)
    block.close()


if sys.argv[1:] == ["tracked"]:
    resource_tracker.ensure_running()
context = multiprocessing.get_context("fork")
reader, writer = context.Pipe(duplex=False)
child = context.Process(target=make_block, args=(writer,))
child.start()
name = reader.recv()
child.join()
until = time.monotonic() + (20 if sys.argv[1] == "untracked" else 0)
while True:  # the child's tracker, if it has one, needs a moment
    try:
        block = SharedMemory(name)
    except FileNotFoundError:
        print("gone")
        break
    block.close()
    if time.monotonic() > until:
        block.unlink()
        print("there")
        break
    time.sleep(0.05)
"""


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork")
@pytest.mark.parametrize(("way", "found"), [("untracked", "gone"), ("tracked", "there")])
def test_a_forked_child_that_makes_the_first_block_takes_it_along(way, found):
    command = [sys.executable, "-c", FORKED_OWNER, way]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ran.stdout == f"{found}\n"
    assert ("leaked shared_memory" in ran.stderr) == (way == "untracked")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no resource tracker")
@pytest.mark.parametrize("unregister", [True, False])
def test_a_child_that_unregisters_a_block_makes_its_tracker_complain(unregister, tmp_path):
    (tmp_path / "child.py").write_text(
        f"""
import multiprocessing
from multiprocessing import resource_tracker
from multiprocessing.shared_memory import SharedMemory

def open_it(name):
    block = SharedMemory(name)
    if {unregister}:
        resource_tracker.unregister("/" + name, "shared_memory")
    block.close()

if __name__ == "__main__":
    block = SharedMemory(create=True, size=5)
    child = multiprocessing.get_context("spawn").Process(target=open_it, args=(block.name,))
    child.start()
    child.join()
    block.close()
    block.unlink()
"""
    )
    ran = subprocess.run([sys.executable, tmp_path / "child.py"], capture_output=True, text=True, timeout=60)
    assert ("KeyError: '/psm_" in ran.stderr) == unregister


@pytest.mark.parametrize("cut", [True, False])
def test_an_array_of_bytes_with_two_dimensions_arrives_cut(cut):
    np = pytest.importorskip("numpy")
    reader, writer = multiprocessing.Pipe(duplex=False)
    picture = np.zeros((6, 8), dtype="uint8")
    if cut and os.name == "nt":
        with pytest.raises(AssertionError):
            writer.send_bytes(picture)
        return
    writer.send_bytes(picture if cut else memoryview(picture).cast("B"))
    assert len(reader.recv_bytes()) == (6 if cut else 48)
    assert reader.poll() == cut


def test_recv_bytes_into_an_array_of_two_dimensions():
    np = pytest.importorskip("numpy")
    reader, writer = multiprocessing.Pipe(duplex=False)
    picture = np.zeros((6, 8), dtype="uint8")
    writer.send_bytes(bytes(48))
    writer.send_bytes(bytes(48))
    with pytest.raises(multiprocessing.BufferTooShort):
        reader.recv_bytes_into(picture)
    assert reader.recv_bytes_into(memoryview(picture).cast("B")) == 48


FAILS = {  # how the published solution of an exercise is called, so that an error comes in the parent
    1: "my_pipe.ask(pipe.echo, [1, lambda: 2])",
    2: "my_pipe.total_of([1, lambda: 2])",
    4: "my_pipe.gather({'a': send_for_ever, 'b': lambda writer: None})",
}
CALL = """
import my_pipe
from helpers import pipe


def send_for_ever(writer):
    while True:
        writer.send("more")


if __name__ == "__main__":
    {call}
"""


@pytest.mark.parametrize("number", FAILS)
def test_after_an_error_in_the_parent_a_solution_ends(tmp_path, number):
    """The traceback keeps the frame, and the frame the ends: then the child would wait, and the program for it."""
    (tmp_path / "my_pipe.py").write_text(SOLUTIONS["pipe", number])
    (tmp_path / "main.py").write_text(CALL.format(call=FAILS[number]))
    ran = subprocess.run([sys.executable, "main.py"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 1
    assert "Traceback" in ran.stderr


def test_the_solution_that_searches_lines_does_not_hide_a_death(tmp_path, monkeypatch):
    (tmp_path / "my_pipe_of_three.py").write_text(SOLUTIONS["pipe", 3])
    monkeypatch.syspath_prepend(tmp_path)
    matching = __import__("my_pipe_of_three").matching
    from_parent, to_child = multiprocessing.Pipe(duplex=False)
    from_child, to_parent = multiprocessing.Pipe(duplex=False)
    from_parent.close()  # the child has died
    to_parent.close()
    with pytest.raises(BrokenPipeError):
        matching(["a line"], to_child, from_child)
