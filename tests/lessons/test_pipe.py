"""The workers of lesson 04."""

import multiprocessing
import pickle
import re
import socket
import subprocess
import sys
import time
from array import array
from contextlib import nullcontext
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path

import nbformat
import pytest

from helpers import pipe, timeline


def start(mp, target, *args, name=None):
    child = mp.Process(target=target, args=args, name=name)
    child.start()
    return child


def finish(*children):
    """Wait for processes and return their exit codes; none is left behind."""
    for child in children:
        child.join(30)
    codes = [child.exitcode for child in children]
    for child in children:
        child.kill()
        child.join()
    return codes


def wait_until(condition, seconds=30):
    """Wait until a condition holds; fail if it does not in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


pytestmark = pytest.mark.usefixtures("end_children_left")


@pytest.fixture
def block():
    memory = SharedMemory(create=True, size=80)
    yield memory
    memory.close()
    memory.unlink()


def test_one_child_sends_the_other_prints(mp, capsys):
    one_end, other_end = mp.Pipe()
    children = start(mp, pipe.send_and_close, one_end), start(mp, pipe.receive_and_print, other_end)
    assert finish(*children) == [0, 0]
    assert capsys.readouterr().out == "received [42, None, 'hello']\n"


def test_send_and_close_closes(mp):
    one_end, other_end = mp.Pipe()
    pipe.send_and_close(one_end)
    assert one_end.closed
    assert other_end.recv() == [42, None, "hello"]


def test_customer_and_clerk_take_turns(mp):
    ends = mp.Pipe()
    with timeline() as run:
        children = [
            start(mp, role, end, name=role.__name__)
            for role, end in zip((pipe.customer, pipe.clerk), ends, strict=True)
        ]
        assert finish(*children) == [0, 0]
    said = [(message.sender, message.receiver, message.label) for message in run.messages()]
    assert said[::2] == [("customer", "clerk", words) for words in pipe.ANSWERS]
    assert said[1::2] == [("clerk", "customer", words) for words in pipe.ANSWERS.values()]
    assert run.counts() == "2 processes: 6 tasks, 6 waits."
    assert run.most_at_once() == 1


def test_count_down_and_then_the_end(mp):
    reader, writer = mp.Pipe(duplex=False)
    child = start(mp, pipe.count_down, writer)
    writer.close()
    assert [reader.recv() for _ in range(3)] == [3, 2, 1]
    with pytest.raises(EOFError):
        reader.recv()
    assert finish(child) == [0]


def test_send_samples_are_plain_numbers(mp):
    reader, writer = mp.Pipe(duplex=False)
    child = start(mp, pipe.send_samples, writer)
    writer.close()
    samples = array("d", [0.0, 0.0])
    for number in (1.0, 2.0, 3.0):
        assert reader.recv_bytes_into(samples) == 16
        assert samples.tolist() == [number, number / 2]
    with pytest.raises(EOFError):
        reader.recv_bytes()
    assert finish(child) == [0]


def test_measure_sends_each_reading_after_its_pause(mp):
    reader, writer = mp.Pipe(duplex=False)
    with timeline() as run:
        child = start(mp, pipe.measure, writer, 7, 0.1)
        assert [reader.recv() for _ in range(3)] == ["7a", "7b", "7c"]
        assert finish(child) == [0]
    sent = [event for event in run.events if event.what == "sent"]
    assert [event.label for event in sent] == ["7a", "7b", "7c"]
    assert all(bar.end - bar.start >= 0.1 for bar in run.bars("working"))
    assert len(run.bars("working")) == 3


def test_say_one_thing_and_then_nothing(mp):
    reader, writer = mp.Pipe(duplex=False)
    child = start(mp, pipe.say_one_thing, writer)
    writer.close()
    assert reader.recv() == "here I am"
    assert not reader.poll(0.2)
    assert child.is_alive()
    child.kill()
    with pytest.raises(EOFError):
        reader.recv()
    finish(child)


def test_keep_sending_sends_inside_the_lock_until_nobody_reads():
    log = []

    class Lock:
        def __enter__(self):
            log.append("locked")

        def __exit__(self, *exception):
            log.append("released")

    def send(message):
        log.append(message)
        if len(log) > 4:
            raise BrokenPipeError

    pipe.keep_sending(send, b"a", 3, Lock())
    assert log == ["locked", b"aaa", "released"] * 2


def read_from_two(mp, writer, lock, receive, count):
    children = [start(mp, pipe.keep_sending, writer.send_bytes, letter, 100_000, lock) for letter in (b"a", b"b")]
    try:
        for _ in range(count):
            yield len(set(receive(100_000)))
    finally:
        for child in children:
            child.kill()
            child.join()


def test_with_a_lock_two_writers_are_kept_apart(mp):
    reader, writer = mp.Pipe(duplex=False)
    assert set(read_from_two(mp, writer, mp.Lock(), reader.recv_bytes, 200)) == {1}


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="a pipe of bytes")
def test_without_a_lock_two_writers_break_the_pipe(mp):
    reader, writer = mp.Pipe(duplex=False)
    letters = []
    with pytest.raises(OSError, match="bad message length"):
        letters += read_from_two(mp, writer, nullcontext(), reader.recv_bytes, 10_000)


def test_write_squares_into_the_owners_block(mp, block, capsys):
    with block.buf.cast("q") as numbers:
        numbers[9] = -1
        assert finish(start(mp, pipe.write_squares, block.name, 9)) == [0]
        assert numbers[:10].tolist() == [0, 1, 4, 9, 16, 25, 36, 49, 64, -1]
    SharedMemory(block.name).close()  # it is still there
    assert capsys.readouterr() == ("", "")


def test_a_block_is_seen_without_a_copy(mp, block):
    near, far = mp.Pipe()
    pipe.Block(block, near).send(b"hello")
    with pipe.Block(block, far).receive() as view:
        assert view == b"hello"
        block.buf[0] = ord("j")
        assert view == b"jello"
    assert not far.poll()


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


def test_ping_takes_many_of_short_messages():
    log = []
    assert pipe.ping(log.append, lambda: time.sleep(0.001), 1_000) >= 0.001
    assert len(log) == 25


def test_pong_answers_each_message_until_an_empty_one():
    messages, answers = iter([b"a", b"b", b"", b"c"]), []
    pipe.pong(messages.__next__, answers.append)
    assert answers == [b"x"] * 2
    assert next(messages) == b"c"


def test_ping_and_pong_understand_each_other(mp):
    memory = SharedMemory(create=True, size=10)
    near, far = mp.Pipe()
    block = pipe.Block(memory, far)
    child = start(mp, pipe.pong, block.receive, far.send)
    try:
        to = pipe.Block(memory, near)
        assert pipe.ping(to.send, near.recv, 10) > 0
        to.send(b"")
        assert finish(child) == [0]
    finally:
        memory.close()
        memory.unlink()


def test_square_numbers_until_none_or_a_13(mp):
    for last, code in ((None, 0), (13, 1)):
        here, there = mp.Pipe()
        child = start(mp, pipe.square_numbers, there)
        there.close()
        here.send(12)
        assert here.recv() == 144
        here.send(last)
        with pytest.raises(EOFError):
            here.recv()
        assert finish(child) == [code]


def test_who_unpickles_an_invitation_prints(mp, capsys):
    reader, writer = mp.Pipe(duplex=False)
    assert finish(start(mp, pipe.invite, writer)) == [0]
    assert capsys.readouterr().out == ""
    assert reader.recv() is None
    assert capsys.readouterr().out == "hello from a pickle\n"
    assert pickle.loads(pickle.dumps(pipe.Invitation())) is None


def test_greet_friends_whoever_calls_before(mp):
    report, tell = mp.Pipe(duplex=False)
    child = start(mp, pipe.greet_friends, tell)
    tell.close()
    address = report.recv()
    socket.create_connection(address).close()
    with socket.create_connection(address) as browser:
        browser.sendall(b"GET / HTTP/1.0\r\n\r\n")
    with pytest.raises(AuthenticationError):
        Client(address, authkey=b"a guess")
    with Client(address, authkey=b"our secret") as caller:
        assert caller.recv_bytes() == b"welcome"
    assert finish(child) == [0]


def test_count_messages_until_the_last_copy_is_closed(mp, capsys):
    reader, writer = mp.Pipe(duplex=False)
    child = start(mp, pipe.count_messages, reader, writer, True)
    writer.send("one")
    writer.send("two")
    child.join(0.3)
    assert child.is_alive()
    writer.close()
    assert finish(child) == [1]
    out, err = capsys.readouterr()
    assert out == "messages: 2\n"
    assert err.endswith("\nEOFError\n")


def test_count_messages_waits_for_its_own_copy(mp):
    reader, writer = mp.Pipe(duplex=False)
    child = start(mp, pipe.count_messages, reader, writer, False)
    writer.send("one")
    wait_until(lambda: not reader.poll())  # it has been taken
    writer.close()
    child.join(0.3)
    assert child.is_alive()
    child.kill()
    child.join()


@pytest.mark.parametrize("other", ["send", "receive"])
def test_swap_needs_one_side_that_receives_first(mp, other):
    ends = mp.Pipe()
    with timeline() as run:
        children = [start(mp, pipe.swap, end, first) for end, first in zip(ends, ("send", other), strict=True)]
        wait_until(lambda: run.most_at_once("waiting") == 2)
        if other == "send":
            time.sleep(0.3)
            assert [child.exitcode for child in children] == [None, None]
            for child in children:
                child.kill()
        codes = finish(*children)
    finished = [bar.finished for bar in run.bars("waiting")]
    assert finished == [other == "receive"] * 2
    if other == "receive":
        assert codes == [0, 0]


def test_both_ways_to_hand_a_pool_numbers(mp, block):
    numbers = array("d", range(10))
    block.buf[:80] = memoryview(numbers).cast("B")
    for prepare, given in ((pipe.keep_copy, numbers), (pipe.keep_block, block.name)):
        with mp.Pool(1, prepare, (given,)) as pool:
            assert pool.starmap_async(pipe.sum_between, [(0, 5), (5, 10)]).get(30) == [10, 35]


def test_echo_until_the_end():
    here, there = multiprocessing.Pipe()
    child = start(multiprocessing.get_context("spawn"), pipe.echo, there)
    there.close()
    here.send([None])
    assert here.recv() == [None]
    here.close()
    assert finish(child) == [0]


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="a pipe of bytes")
def test_send_half_leaves_half_a_message(mp):
    reader, writer = mp.Pipe(duplex=False)
    child = start(mp, pipe.send_half, writer)
    writer.close()
    assert finish(child) == [0]
    with pytest.raises(OSError, match="got end of file during message"):
        reader.recv()


@pytest.mark.skipif(sys.platform != "linux", reason="on Windows and macOS it may be EOFError")
def test_a_sender_killed_inside_a_long_message(mp):
    """What the lesson says of one that is killed, and not only of one that gives up."""
    reader, writer = mp.Pipe(duplex=False)
    child = start(mp, pipe.swap, writer, "send")
    writer.close()
    assert reader.poll(30)
    time.sleep(1)  # until some of the message's bytes are there too
    child.kill()
    finish(child)
    with pytest.raises(OSError, match="got end of file during message"):
        reader.recv()


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


@pytest.mark.parametrize("cut", [True, False])
def test_an_array_of_bytes_with_two_dimensions_arrives_cut(cut):
    np = pytest.importorskip("numpy")
    reader, writer = multiprocessing.Pipe(duplex=False)
    picture = np.zeros((6, 8), dtype="uint8")
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


def solution(number: int) -> str:
    notebook = nbformat.read(Path(__file__).parents[2] / "notebooks/04_pipe.ipynb", as_version=4)
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return re.findall(r"<summary>Solution</summary>\s+```python\n(.*?)```", text, re.DOTALL)[number - 1]


@pytest.mark.parametrize("number", FAILS)
def test_after_an_error_in_the_parent_a_solution_ends(tmp_path, number):
    """The traceback keeps the frame, and the frame the ends: then the child would wait, and the program for it."""
    (tmp_path / "my_pipe.py").write_text(solution(number))
    (tmp_path / "main.py").write_text(CALL.format(call=FAILS[number]))
    ran = subprocess.run([sys.executable, "main.py"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 1
    assert "Traceback" in ran.stderr


def test_the_solution_that_searches_lines_does_not_hide_a_death(tmp_path, monkeypatch):
    (tmp_path / "my_pipe_of_three.py").write_text(solution(3))
    monkeypatch.syspath_prepend(tmp_path)
    matching = __import__("my_pipe_of_three").matching
    from_parent, to_child = multiprocessing.Pipe(duplex=False)
    from_child, to_parent = multiprocessing.Pipe(duplex=False)
    from_parent.close()  # the child has died
    to_parent.close()
    with pytest.raises(BrokenPipeError):
        matching(["a line"], to_child, from_child)
