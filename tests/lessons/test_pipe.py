"""The workers of lesson 04."""

import multiprocessing
import pickle
import time
from array import array
from contextlib import nullcontext
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client
from multiprocessing.shared_memory import SharedMemory

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


def test_who_unpickles_an_invitation_prints(mp, capsys):
    reader, writer = mp.Pipe(duplex=False)
    assert finish(start(mp, pipe.invite, writer)) == [0]
    assert capsys.readouterr().out == ""
    assert reader.recv() is None
    assert capsys.readouterr().out == "hello from a pickle\n"
    assert pickle.loads(pickle.dumps(pipe.Invitation())) is None


def test_greet_friends_only(mp):
    report, tell = mp.Pipe(duplex=False)
    child = start(mp, pipe.greet_friends, tell)
    tell.close()
    address = report.recv()
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
