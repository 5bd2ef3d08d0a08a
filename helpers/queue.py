"""The workers of lesson 03, Queue, in the order in which the lesson meets them.

Most get their queues as arguments when their process starts. `None` is the sentinel: the message that says that no more
will come.
"""

import time
from contextlib import suppress
from multiprocessing.queues import JoinableQueue, Queue
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


def put_quotient(queue: Queue, a: int, b: int) -> None:
    queue.put(a / b)


def pass_on(source: Queue, target: Queue, seconds: float) -> None:
    """A stage between two queues; it passes the sentinel on, too."""
    while (item := source.get()) is not None:
        received(item)
        with span(item):
            time.sleep(seconds)
        sent(item.upper())
        with span("put", "waiting"):
            target.put(item.upper())
    received("end")
    sent("end")
    target.put(None)


def work_off(tasks: JoinableQueue) -> None:
    while (task := tasks.get()) is not None:
        with span(task):
            time.sleep(0.06)
        tasks.task_done()


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


def put_when_told(queue: Queue, told: Event) -> None:
    told.wait(30)
    for item in ("first", "second", "third", None):
        queue.put(item)


def get_soon(queue: Queue, begun: Event) -> None:
    """Wait for a message, a tenth of a second at most."""
    begun.set()
    with suppress(Empty):
        queue.get(timeout=0.1)
