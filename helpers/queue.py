"""The workers of lesson 03, Queue, in the order in which the lesson meets them.

Most get their queues as arguments when their process starts. `None` is the sentinel: the message that says that no more
will come.
"""

import time
from collections import Counter
from itertools import islice
from multiprocessing import Process
from multiprocessing.queues import JoinableQueue, Queue, SimpleQueue
from multiprocessing.synchronize import Event
from queue import Empty

from helpers import received, sent, span


def put_list(queue: Queue) -> None:
    queue.put([42, None, "hello"])


def put_numbers(queue: Queue, sender: str, count: int) -> None:
    for number in range(count):
        queue.put((sender, number))


def put_block(queue: Queue, size: int, done: Event) -> None:
    queue.put(bytes(size))
    done.set()


def produce(queue: Queue, items: list[str], seconds: float) -> None:
    for item in items:
        with span(item):
            time.sleep(seconds)  # stands for making it
        sent(item)
        with span("put", "waiting"):
            queue.put(item)


def consume(queue: Queue, seconds: float) -> None:
    """Work on each item until the sentinel comes."""
    while (item := queue.get()) is not None:
        received(item)
        with span(item):
            time.sleep(seconds)
    received("end")


def work_off(tasks: JoinableQueue) -> None:
    while (task := tasks.get()) is not None:
        with span(task):
            time.sleep(0.06)
        tasks.task_done()


def read(path: str, batches: Queue) -> None:
    """Stage 1: send the file's lines, 100 in a message."""
    with open(path, encoding="utf-8") as file:
        while batch := list(islice(file, 100)):
            sent("batch")
            with span("put", "waiting"):
                batches.put(batch)
    batches.put(None)


def level_of(line: str) -> str:
    return line.split()[1]


def parse(batches: Queue, levels: Queue, pause: float) -> None:
    """Stage 2: take each line's second word, its level."""
    while (batch := batches.get()) is not None:
        received("batch")
        with span("parse"):
            found = list(map(level_of, batch))
            time.sleep(pause)
        sent("levels")
        levels.put(found)
    levels.put(None)


def count(levels: Queue, totals: Queue) -> None:
    """Stage 3: count the levels."""
    counter = Counter()
    while (found := levels.get()) is not None:
        received("levels")
        with span("count"):
            counter.update(found)
    totals.put(counter)


def result_of(stages: list[Process], results: Queue) -> object:
    """Wait for the result. If it can't come any more, end all and raise an error."""
    # An exit code is None while a stage runs and 0 when all went well.
    while not (failed := [stage for stage in stages if stage.exitcode]):
        ended = stages[-1].exitcode is not None  # then it puts nothing more
        try:
            return results.get(timeout=0.1)
        except Empty:
            if ended:
                failed = stages[-1:]
                break
    for stage in stages:
        stage.terminate()
    name, code = failed[0].name, failed[0].exitcode
    raise RuntimeError(f"no result: {name} ended with exit code {code}")


def log_to_file(path: str) -> None:
    """Open the log file in this process, and write to it."""
    import logging

    logging.basicConfig(filename=path, filemode="w", level="INFO", force=True)
    for number in range(100):
        logging.info("line %02d", number)


def log_to_queue(queue: Queue) -> None:
    """Put the log records into a queue; the parent writes them."""
    import logging
    from logging.handlers import QueueHandler

    logging.getLogger().addHandler(QueueHandler(queue))
    logging.getLogger().setLevel("INFO")
    for number in range(100):
        logging.info("line %02d", number)


news = None  # in a pool's worker: the queue that `keep_queue` was given


def keep_queue(queue: Queue) -> None:
    global news
    news = queue


def square(number: int) -> int:
    news.put(f"{number} is in work")
    return number * number


def send_blocks(orders: SimpleQueue, queue: Queue) -> None:
    """For each order, a size and a number, send so many blocks."""
    while (order := orders.get()) is not None:
        size, number = order
        for _ in range(number):
            queue.put(bytes(size))


def put_when_told(queue: Queue, told: Event) -> None:
    told.wait(30)
    for item in ("first", "second", "third", None):
        queue.put(item)
