"""The workers of lesson 03."""

import contextlib
import os
import sys
import threading
import time
from queue import Empty

import pytest

from helpers import queue as lesson
from helpers import timeline

pytestmark = pytest.mark.usefixtures("end_children_left")


def start(mp, target, *args, name=None):
    child = mp.Process(target=target, args=args, name=name)
    child.start()
    return child


def ended(*children):
    """Wait for children; returns their exit codes, None for one that does not end."""
    for child in children:
        child.join(30)
    return [child.exitcode for child in children]


def filled(queue, *messages):
    for message in messages:
        queue.put(message)
    return queue


def received(queue, number):
    return [queue.get(timeout=30) for _ in range(number)]


def test_put_list(mp):
    queue = mp.Queue()
    child = start(mp, lesson.put_list, queue)
    assert queue.get(timeout=30) == [42, None, "hello"]
    assert ended(child) == [0]


def test_put_numbers(mp):
    queue = mp.Queue()
    child = start(mp, lesson.put_numbers, queue, "me", 3)
    assert received(queue, 3) == [("me", 0), ("me", 1), ("me", 2)]
    assert ended(child) == [0]


def test_put_block_is_done_before_its_process_can_end(mp):
    queue, done = mp.Queue(), mp.Event()
    child = start(mp, lesson.put_block, queue, 1_000_000, done)
    assert done.wait(30)
    child.join(0.2)
    assert child.is_alive()
    assert queue.get(timeout=30) == bytes(1_000_000)
    assert ended(child) == [0]


def test_produce_sends_what_it_was_given_and_shows_its_wait(mp):
    queue = mp.Queue(maxsize=1)
    with timeline() as run:
        child = start(mp, lesson.produce, queue, ["a", "b"], 0.01)
        time.sleep(0.2)
        assert received(queue, 2) == ["a", "b"]
        assert ended(child) == [0]
    assert [(event.what, event.label) for event in run.events if event.what == "sent"] == [("sent", "a"), ("sent", "b")]
    assert [bar.label for bar in run.bars("working")] == ["a", "b"]
    assert [bar.label for bar in run.bars("waiting")] == ["put", "put"]
    assert all(bar.end - bar.start >= 0.01 for bar in run.bars("working"))


def test_consume_ends_at_its_sentinel(mp):
    queue = filled(mp.Queue(), "a", "b", None, "for somebody else")
    with timeline() as run:
        assert ended(start(mp, lesson.consume, queue, 0.01)) == [0]
    assert received(queue, 1) == ["for somebody else"]
    assert [event.label for event in run.events if event.what == "received"] == ["a", "b", "end"]
    assert [bar.label for bar in run.bars("working")] == ["a", "b"]
    assert all(bar.end - bar.start >= 0.01 for bar in run.bars("working"))


def test_work_off_reports_each_task_once_it_is_done(mp):
    tasks = filled(mp.JoinableQueue(), "a", "b")
    with timeline() as run:
        child = start(mp, lesson.work_off, tasks)
        waiting = threading.Thread(target=tasks.join, daemon=True)
        waiting.start()
        waiting.join(30)
        all_done = time.monotonic()
        assert not waiting.is_alive()
        tasks.put(None)
        assert ended(child) == [0]
    assert [bar.label for bar in run.bars("working")] == ["a", "b"]
    assert max(event.time for event in run.events if event.what == "end") <= all_done


def test_pass_on_feeds_the_next_stage_and_ends_at_its_sentinel(mp):
    source, target = filled(mp.Queue(), "a", "b", None, "for somebody else"), mp.Queue()
    with timeline() as run:
        child = start(mp, lesson.pass_on, source, target, 0.01)
        assert received(target, 3) == ["A", "B", None]
        assert ended(child) == [0]
    assert received(source, 1) == ["for somebody else"]
    marks = [(event.what, event.label) for event in run.events if event.what in ("sent", "received")]
    assert [label for what, label in marks if what == "received"] == ["a", "b", "end"]
    assert [label for what, label in marks if what == "sent"] == ["A", "B", "end"]
    assert [bar.label for bar in run.bars("working")] == ["a", "b"]


def test_put_quotient(mp, capsys):
    queue = mp.Queue()
    children = [start(mp, lesson.put_quotient, queue, 6, number) for number in (3, 0)]
    assert ended(*children) == [0, 1]
    assert received(queue, 1) == [2]
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_at_most_three_items_are_ahead_with_a_maxsize_of_two(mp):
    queue = mp.Queue(maxsize=2)
    with timeline() as run:
        producer = start(mp, lesson.produce, queue, list("abcdef"), 0.01)
        consumer = start(mp, lesson.consume, queue, 0.05)
        assert ended(producer) == [0]
        queue.put(None)
        assert ended(consumer) == [0]
    done = [bar.end for bar in run.bars("working") if bar.lane == "worker 2"]
    puts = run.bars("waiting")
    assert len(done) == len(puts) == 6
    assert max(number - sum(end <= put.end for end in done) for number, put in enumerate(puts, 1)) <= 3


def test_log_to_file(mp, tmp_path):
    path = tmp_path / "log"
    children = [start(mp, lesson.log_to_file, str(path)) for _ in range(2)]
    assert ended(*children) == [0, 0]
    assert path.read_text().splitlines() == [f"INFO:root:line {number:02}" for number in range(100)]


def test_log_to_queue(mp):
    queue = mp.Queue()
    child = start(mp, lesson.log_to_queue, queue, name="worker 7")
    records = received(queue, 100)
    assert ended(child) == [0]
    assert [record.getMessage() for record in records] == [f"line {number:02}" for number in range(100)]
    assert {(record.processName, record.levelname) for record in records} == {("worker 7", "INFO")}


def test_square_tells_the_queue_that_its_worker_keeps(mp):
    news = mp.Queue()
    with mp.Pool(1, initializer=lesson.keep_queue, initargs=(news,)) as pool:
        assert pool.map(lesson.square, [-3, 4]) == [9, 16]
        assert received(news, 2) == ["-3 is in work", "4 is in work"]


def test_put_when_told(mp):
    queue, told = mp.Queue(), mp.Event()
    child = start(mp, lesson.put_when_told, queue, told)
    with pytest.raises(Empty):
        queue.get(timeout=0.3)
    told.set()
    assert received(queue, 4) == ["first", "second", "third", None]
    assert ended(child) == [0]


def test_get_soon_gives_up_when_nothing_is_there(mp):
    queue, begun = mp.Queue(), mp.Event()
    child = start(mp, lesson.get_soon, queue, begun)
    assert begun.wait(30)
    assert ended(child) == [0]


@pytest.mark.skipif(os.name == "nt", reason="there, the rest of a message goes with its sender")
def test_a_producer_killed_in_the_middle_of_a_put_leaves_half_a_message_and_holds_the_lock(mp):
    queue, done, begun = mp.Queue(), mp.Event(), mp.Event()
    producer = start(mp, lesson.put_block, queue, 10_000_000, done)
    while queue.empty() and producer.exitcode is None:
        time.sleep(0.01)
    producer.kill()
    producer.join()
    consumer, other = start(mp, lesson.get_soon, queue, begun), start(mp, lesson.put_list, queue)
    assert begun.wait(30)
    other.join(1)
    consumer.join(0.5)
    assert [consumer.is_alive(), other.is_alive()] == [True, True]
    for child in (consumer, other):
        child.kill()
        child.join()


def get_until_shut_down(queue, items):
    from queue import ShutDown

    with contextlib.suppress(ShutDown):
        while True:
            items.append(queue.get())


@pytest.mark.skipif(sys.version_info < (3, 13), reason="shutdown() is new in Python 3.13")
def test_a_managers_queue_can_be_shut_down_and_another_not(mp):
    assert not hasattr(mp.Queue(), "shutdown")
    with mp.Manager() as manager:
        queue, items = manager.Queue(), manager.list()
        queue.put("first")
        child = start(mp, get_until_shut_down, queue, items)
        queue.shutdown()
        assert ended(child) == [0]
        assert list(items) == ["first"]
