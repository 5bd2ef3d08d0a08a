"""Right answers to the exercises of lesson 03 that differ from the solutions."""

SPAWN = """import multiprocessing

context = multiprocessing.get_context("spawn")

"""

RIGHT = {
    ("queue", 1): {
        "a queue for each child": f"""{SPAWN}
def results_of(function, arguments):
    started = []
    for argument in arguments:
        queue = context.SimpleQueue()
        child = context.Process(target=function, kwargs={{"queue": queue, "argument": argument}})
        child.start()
        started.append((queue, child))
    results = []
    for queue, child in started:
        results.append(queue.get())
        child.join()
    return results
""",
        "it looks again and again": f'''{SPAWN}
import time
from collections.abc import Callable, Iterable
from queue import Empty
from typing import Any


def results_of(function: Callable[..., object], arguments: Iterable[Any]) -> list[Any]:
    """Run function in children ..."""
    ...
    queue = context.JoinableQueue()
    children = [context.Process(target=function, args=(queue, argument), daemon=True) for argument in arguments]
    for child in children:
        child.start()
    results: list[Any] = []
    while len(results) < len(children):
        try:
            results += [queue.get_nowait()]
        except Empty:
            time.sleep(0.01)
    while any(child.is_alive() for child in children):
        time.sleep(0.01)
    return results
''',
        "a manager's queue, joined first": f"""{SPAWN}
def results_of(function, arguments):
    with context.Manager() as manager:
        queue = manager.Queue()
        children = [context.Process(target=function, args=(queue, argument)) for argument in arguments]
        for child in children:
            child.start()
        for child in children:
            child.join()
        return [queue.get() for child in children]
""",
    },
    ("queue", 2): {
        "iter with a sentinel": f"""{SPAWN}
def collect(produce):
    queue = context.Queue()
    child = context.Process(target=produce, args=(queue,))
    child.start()
    results = list(iter(queue.get, None))
    child.join()
    return results
""",
        "it gets with a timeout, again and again": f"""{SPAWN}
from queue import Empty


def collect(produce):
    queue = context.Queue()
    child = context.Process(target=produce, args=(queue,))
    child.start()
    results = []
    while not results or results[-1] is not None:
        try:
            results.append(queue.get(timeout=0.05))
        except Empty:
            continue
    child.join()
    return results[:-1]
""",
        "a thread that reads, the lessons' mp": """import threading

from helpers import mp


def collect(produce):
    queue, results = mp.Queue(), []
    reader = threading.Thread(target=lambda: results.extend(iter(queue.get, None)))
    reader.start()
    child = mp.Process(target=produce, args=(queue,))
    child.start()
    child.join()
    reader.join()
    return results
""",
    },
    ("queue", 3): {
        "one sentinel that goes round": f"""{SPAWN}
END = "no more ..."


def consume(tasks, results, work):
    while True:
        task = tasks.get()
        if task == END:
            tasks.put(END)
            results.put(END)
            return
        results.put(work(task))


def run_all(produce, work, producers, consumers):
    tasks, results = context.Queue(), context.Queue()
    users = [context.Process(target=consume, args=(tasks, results, work), daemon=True) for _ in range(consumers)]
    makers = [context.Process(target=produce, args=(tasks, number), daemon=True) for number in range(producers)]
    for process in users + makers:
        process.start()
    for process in makers:
        process.join()
    tasks.put(END)
    found, ends = [], 0
    while ends < consumers:
        result = results.get()
        if result == END:
            ends += 1
        else:
            found.append(result)
    for process in users:
        process.join()
    return found
""",
        "a JoinableQueue, and a limit for each queue": f'''{SPAWN}
import threading
from collections.abc import Callable
from typing import Any


def consume(tasks: Any, results: Any, work: Callable[[Any], object]) -> None:
    """Work until None comes ..."""
    while (task := tasks.get()) is not None:
        results.put(work(task))
        tasks.task_done()
    results.put(None)


def run_all(produce: Callable[..., object], work: Callable[[Any], object], producers: int, consumers: int) -> list:
    tasks, results = context.JoinableQueue(4), context.Queue(4)
    makers = [context.Process(target=produce, args=(tasks, number)) for number in range(producers)]
    users = [context.Process(target=consume, args=(tasks, results, work)) for _ in range(consumers)]
    for process in (*makers, *users):
        process.start()

    def end() -> None:
        for process in makers:
            process.join()
        tasks.join()
        for _ in users:
            tasks.put(None)

    ending = threading.Thread(target=end)
    ending.start()
    found = [result for _ in users for result in iter(results.get, None)]
    for thing in (ending, *users):
        thing.join()
    return found
''',
        "it looks whether the consumers have ended": f"""{SPAWN}
from queue import Empty


def consume(tasks, results, work):
    while (task := tasks.get()) is not None:
        results.put(work(task))


def run_all(produce, work, producers, consumers):
    tasks, results, found = context.Queue(), context.Queue(), []
    makers = [context.Process(target=produce, args=(tasks, number)) for number in range(producers)]
    users = [context.Process(target=consume, args=(tasks, results, work)) for _ in range(consumers)]
    for process in makers + users:
        process.start()
    told = False
    while True:
        if not told and not any(process.is_alive() for process in makers):
            told = True
            for _ in users:
                tasks.put(None)
        ended = not any(process.is_alive() for process in users)
        try:
            found.append(results.get(timeout=0.05))
        except Empty:
            if ended:
                break
    for process in makers + users:
        process.join()
    return found
""",
    },
    ("queue", 4): {
        "it waits for both": """from multiprocessing.connection import wait


def first_of(queue, process):
    wait([queue._reader, process.sentinel])
    if queue.empty():
        process.join()
        raise RuntimeError(process.exitcode)
    return queue.get()
""",
        "it looks once more": """from queue import Empty


def first_of(queue, process):
    while process.is_alive():
        try:
            return queue.get(timeout=0.05)
        except Empty:
            pass
    try:
        return queue.get(timeout=0.2)  # what was put in between ...
    except Empty:
        raise RuntimeError(f"exit code {process.exitcode}")
""",
        "a class of its own, type hints": '''from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue
from queue import Empty
from typing import Any


class Died(RuntimeError):
    """It has put nothing ..."""

    def __init__(self, code: int | None) -> None:
        super().__init__("exit code", code)


def first_of(queue: Queue, process: BaseProcess) -> Any:
    """Return the first item ..."""
    ...
    while True:
        code = process.exitcode
        try:
            return queue.get(True, 0.1)
        except Empty as error:
            if code is not None:
                raise Died(code) from error
''',
    },
}
