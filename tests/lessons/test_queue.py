"""The workers of lesson 03."""

import signal
import threading
import time
from queue import Empty
from queue import Queue as ThreadQueue
from types import SimpleNamespace

import pytest
import workers

from helpers import queue as lesson
from helpers import timeline

LEVELS = ["INFO"] * 7 + ["WARNING"] * 2 + ["ERROR"]


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


def write_log(path, lines=1000):
    path.write_text("".join(f"12:00 {LEVELS[n % 10]} request {n}\n" for n in range(lines)), encoding="utf-8")
    return str(path)


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


@pytest.mark.parametrize(("lines", "sizes"), [(0, []), (1, [1]), (100, [100]), (250, [100, 100, 50])])
def test_read(mp, tmp_path, lines, sizes):
    path = tmp_path / "队列.log"
    path.write_text("".join(f"line {number} é\n" for number in range(lines)), encoding="utf-8")
    queue = mp.Queue()
    child = start(mp, lesson.read, str(path), queue)
    *batches, end = received(queue, len(sizes) + 1)
    assert ended(child) == [0]
    assert [len(batch) for batch in batches] == sizes
    assert [line for batch in batches for line in batch] == [f"line {number} é\n" for number in range(lines)]
    assert end is None


def test_parse(mp):
    batches, levels = mp.Queue(), mp.Queue()
    filled(batches, ["12:00 INFO a b\n", "12:01 ERROR c\n"], ["12:02 INFO\n"], None)
    child = start(mp, lesson.parse, batches, levels, 0)
    assert received(levels, 3) == [["INFO", "ERROR"], ["INFO"], None]
    assert ended(child) == [0]


def test_parse_fails_at_a_line_without_a_level(mp, capsys):
    batches, levels = filled(mp.Queue(), ["12:0\n"], None), mp.Queue()
    assert ended(start(mp, lesson.parse, batches, levels, 0)) == [1]
    assert "IndexError" in capsys.readouterr().err


def test_count(mp):
    levels, totals = filled(mp.Queue(), ["INFO", "ERROR"], ["INFO"], None), mp.Queue()
    child = start(mp, lesson.count, levels, totals)
    assert received(totals, 1) == [{"INFO": 2, "ERROR": 1}]
    assert ended(child) == [0]


def pipeline(mp, path, pause=0.0):
    """The stages of the lesson's pipeline, and its queues; who drops a queue before a child has it takes it away."""
    batches, levels, totals = mp.Queue(maxsize=2), mp.Queue(maxsize=2), mp.Queue()
    stages = [
        start(mp, lesson.read, path, batches, name="read"),
        start(mp, lesson.parse, batches, levels, pause, name="parse"),
        start(mp, lesson.count, levels, totals, name="count"),
    ]
    return stages, (totals, batches, levels)


def result_of(stages, results):
    """What the lesson's `result_of` gives, or "too late" when that is nothing for 30 s."""
    timer = threading.Timer(30, results.put, ["too late"])
    timer.start()
    try:
        return lesson.result_of(stages, results)
    finally:
        timer.cancel()


@pytest.mark.parametrize("pause", [0.0, 0.02])
def test_the_pipeline_loses_nothing(mp, tmp_path, pause):
    with timeline() as run:
        stages, queues = pipeline(mp, write_log(tmp_path / "log"), pause)
        assert result_of(stages, queues[0]) == {"INFO": 700, "WARNING": 200, "ERROR": 100}
        assert ended(*stages) == [0, 0, 0]
    assert run.deliveries() == "20 messages from parse and read to count and parse, each received once."


def test_the_pipeline_says_that_it_has_no_file(mp, tmp_path, capsys):
    stages, queues = pipeline(mp, str(tmp_path / "missing"))
    with pytest.raises(RuntimeError, match=r"^no result: read ended with exit code 1$"):
        result_of(stages, queues[0])
    assert ended(*stages)[0] == 1
    assert "FileNotFoundError" in capsys.readouterr().err


@pytest.mark.parametrize("victim", [0, 1, 2])
def test_the_pipeline_says_which_stage_was_killed_and_ends_the_others(mp, tmp_path, victim):
    stages, queues = pipeline(mp, write_log(tmp_path / "log", 10_000), pause=0.1)
    stages[victim].kill()
    code = -getattr(signal, "SIGKILL", signal.SIGTERM)
    with pytest.raises(
        RuntimeError, match=f"^no result: {('read', 'parse', 'count')[victim]} ended with exit code {code}$"
    ):
        result_of(stages, queues[0])
    for stage in stages:
        stage.join(30)
        assert not stage.is_alive()


def test_result_of_names_the_first_stage_that_failed():
    codes = {"read": 0, "parse": 3, "count": -15}
    stages = [SimpleNamespace(name=name, exitcode=code, terminate=lambda: None) for name, code in codes.items()]
    with pytest.raises(RuntimeError, match=r"^no result: parse ended with exit code 3$"):
        lesson.result_of(stages, None)


def test_result_of_returns_a_result_while_stages_still_run(mp):
    results = filled(mp.Queue(), "result")
    stage = start(mp, workers.sleep, 60)
    assert result_of([stage], results) == "result"
    assert stage.is_alive()


def put_nothing(levels, totals):
    """In place of `count`: it ends well, and its result can't be pickled."""
    totals.put(value for value in ())


def end_at_once():
    pass


@pytest.mark.parametrize("last", [put_nothing, end_at_once])
def test_result_of_ends_when_the_last_stage_has_ended_without_a_result(mp, last):
    args = (mp.Queue(), mp.Queue()) if last is put_nothing else ()
    stages = [start(mp, workers.sleep, 60, name="read"), start(mp, last, *args, name="count")]
    with pytest.raises(RuntimeError, match=r"^no result: count ended with exit code 0$"):
        result_of(stages, mp.Queue())
    assert ended(*stages)[0] != 0


def test_result_of_finds_what_was_put_before_the_last_stage_ended():
    stage, queue = SimpleNamespace(name="count", exitcode=None, terminate=lambda: None), ThreadQueue()

    class Late:
        def get(self, timeout):
            if stage.exitcode is None:  # nothing yet; it puts and ends right after this look
                queue.put("result")
                stage.exitcode = 0
                raise Empty
            return queue.get(timeout=timeout)

    assert lesson.result_of([stage], Late()) == "result"


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


def test_send_blocks(mp):
    orders, queue = mp.SimpleQueue(), mp.Queue()
    child = start(mp, lesson.send_blocks, orders, queue)
    filled(orders, (3, 2), (100_000, 1))
    assert received(queue, 3) == [bytes(3), bytes(3), bytes(100_000)]
    orders.put(None)
    assert ended(child) == [0]
    with pytest.raises(Empty):
        queue.get(timeout=0.05)


def test_put_when_told(mp):
    queue, told = mp.Queue(), mp.Event()
    child = start(mp, lesson.put_when_told, queue, told)
    with pytest.raises(Empty):
        queue.get(timeout=0.3)
    told.set()
    assert received(queue, 4) == ["first", "second", "third", None]
    assert ended(child) == [0]
