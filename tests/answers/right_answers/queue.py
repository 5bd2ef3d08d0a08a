"""Right answers to the exercises of lesson 03 that differ from the solutions."""

SPAWN = """import multiprocessing

context = multiprocessing.get_context("spawn")

"""

RIGHT = {
    ("queue", 1): {
        "a thread for each child": f"""{SPAWN}
from concurrent.futures import ThreadPoolExecutor


def results_of(function, arguments):
    queue, results = context.Queue(), []

    def run(argument):
        child = context.Process(target=function, args=(queue, argument))
        child.start()
        results.append(queue.get())  # its own, or another one's ...
        child.join()

    with ThreadPoolExecutor(len(arguments) or 1) as threads:
        list(threads.map(run, arguments))
    return results
""",
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
        "a class of its own, the lessons' mp": """from helpers import mp


class Child:
    def __init__(self, function, queue, argument):
        self.process = mp.Process(target=function, args=(queue, argument))

    def __enter__(self):
        self.process.start()

    def __exit__(self, *_):
        self.process.join()


def results_of(function, arguments):
    from contextlib import ExitStack

    queue = mp.Queue(maxsize=1)
    with ExitStack() as stack:
        for argument in arguments:
            stack.enter_context(Child(function, queue, argument))
        return [queue.get() for argument in arguments]
""",
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
        "it empties the queue while children run": f"""{SPAWN}
from multiprocessing.connection import wait
from queue import Empty


def results_of(function, arguments):
    queue, results = context.Queue(), []
    children = [context.Process(target=function, args=(queue, argument)) for argument in arguments]
    for child in children:
        child.start()
    running = {{child.sentinel for child in children}}
    while running:
        running -= set(wait(list(running), timeout=0.01))
        while len(results) < len(children):
            try:
                results.append(queue.get(timeout=0.01))
            except Empty:
                break
    for child in children:
        child.join()
    while len(results) < len(children):
        results.append(queue.get())
    return results
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
        "a loop with a break": f"""{SPAWN}
def collect(produce):
    queue, results = context.Queue(), []
    child = context.Process(target=produce, args=[queue])
    child.start()
    while True:
        result = queue.get(block=True, timeout=None)
        if result is None:
            break
        results.append(result)  # 0, "" ...
    child.join()
    return results
""",
        "a generator, type hints": f'''{SPAWN}
from collections.abc import Callable, Iterator
from multiprocessing.queues import Queue


def results_in(queue: Queue) -> Iterator[object]:
    """Yield what comes until None ..."""
    while True:
        match queue.get():
            case None:
                return
            case result:
                yield result


def collect(produce: Callable[[Queue], object]) -> list[object]:
    queue = context.Queue(maxsize=1)
    child = context.Process(target=produce, args=(queue,))
    child.start()
    try:
        return [*results_in(queue)]
    finally:
        child.join()
''',
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
        "it asks empty, until the sentinel": f"""{SPAWN}
import time


class Collector:
    def __init__(self):
        self.queue = context.JoinableQueue()
        self.results, self.done = [], False

    def look(self):
        while not self.done and not self.queue.empty():
            result = self.queue.get()
            self.done = result is None
            if not self.done:
                self.results += [result]


def collect(produce):
    collector = Collector()
    child = context.Process(target=produce, args=(collector.queue,))
    child.start()
    while not collector.done:
        collector.look()
        time.sleep(0.01)
    while child.is_alive():
        child.join(0.1)
    return collector.results
""",
        "it waits for the reader": f"""{SPAWN}
from multiprocessing.connection import wait


def collect(produce):
    queue, results = context.Queue(), []
    child = context.Process(target=produce, args=(queue,))
    child.start()
    while wait([queue._reader]):
        if (result := queue.get()) is None:
            break
        results.append(result)
    wait([child.sentinel])
    child.join()
    return results
""",
    },
    ("queue", 3): {
        "a thread reads the results": f"""{SPAWN}
import threading


def consume(tasks, results, work):
    for task in iter(tasks.get, None):
        results.put(work(task))


def run_all(produce, work, producers, consumers):
    tasks, results, found = context.Queue(), context.SimpleQueue(), []
    makers = [context.Process(target=produce, args=(tasks, i)) for i in range(producers)]
    users = [context.Process(target=consume, args=(tasks, results, work)) for i in range(consumers)]
    reader = threading.Thread(target=lambda: found.extend(iter(results.get, None)))
    for each in [reader, *makers, *users]:
        each.start()
    for maker in makers:
        maker.join()
    for user in users:
        tasks.put(None)
    for user in users:
        user.join()
    results.put(None)
    reader.join()
    return found
""",
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
        "it counts the results that are missing": f"""{SPAWN}
def consume(tasks, results, work):
    done = 0
    while (task := tasks.get()) is not None:
        results.put((False, work(task)))
        done += 1
    results.put((True, done))


def run_all(produce, work, producers, consumers):
    tasks, results = context.Queue(), context.Queue()
    makers = [context.Process(target=produce, args=(tasks, number)) for number in range(producers)]
    users = [context.Process(target=consume, args=(tasks, results, work)) for _ in range(consumers)]
    [process.start() for process in makers + users]
    [process.join() for process in makers]
    [tasks.put(None) for _ in users]
    found, expected, ends = [], 0, 0
    while ends < consumers or len(found) < expected:
        is_end, value = results.get()
        if is_end:
            expected += value
            ends += 1
        else:
            found.append(value)
    [process.join() for process in users]
    return found
""",
        "classes, the lessons' mp": """from helpers import mp


class Consumer:
    def __init__(self, results, work):
        self.results, self.work = results, work

    def __call__(self, tasks):
        while (task := tasks.get()) is not None:
            self.results.put([self.work(task)])
        self.results.put([])


def consume(tasks, results, work):
    Consumer(results, work)(tasks)


class Plant:
    def __init__(self, *numbers):
        self.producers, self.consumers = map(range, numbers)
        self.tasks, self.results = mp.Queue(), mp.Queue()

    def start(self, function, *arguments):
        process = mp.Process(target=function, args=(self.tasks, *arguments))
        process.start()
        return process

    def run(self, produce, work):
        makers = [self.start(produce, number) for number in self.producers]
        users = [self.start(consume, self.results, work) for _ in self.consumers]
        while makers:
            makers.pop().join()
        for _ in users:
            self.tasks.put(None)
        yield from (result for _ in users for answer in iter(self.results.get, []) for result in answer)
        while users:
            users.pop().join()


def run_all(produce, work, producers, consumers):
    return list(Plant(producers, consumers).run(produce, work))
""",
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
        "tasks by a SimpleQueue": """import multiprocessing

context = multiprocessing.get_context("spawn")


def consume(tasks, results, work):
    while (task := tasks.get()) is not None:
        results.put(work(task))
    results.put(None)


def run_all(produce, work, producers, consumers):
    tasks, results = context.SimpleQueue(), context.Queue()
    makers = [context.Process(target=produce, args=(tasks, number)) for number in range(producers)]
    users = [context.Process(target=consume, args=(tasks, results, work)) for _ in range(consumers)]
    for process in makers + users:
        process.start()
    for process in makers:
        process.join()
    for _ in users:
        tasks.put(None)
    found = []
    for _ in users:
        found.extend(iter(results.get, None))
    for process in users:
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
        "it does not block": """import queue as queues
import time


def first_of(queue, process):
    ended = False
    while True:
        try:
            return queue.get_nowait()
        except queues.Empty:
            if ended:
                break
        ended = not process.is_alive()
        time.sleep(0.01)
    raise RuntimeError("no item, exit code %s" % process.exitcode)
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
        "a thread watches the process": """import threading


def first_of(queue, process):
    import queue as queues

    ended = threading.Event()

    def watch():
        process.join()
        ended.set()

    threading.Thread(target=watch, daemon=True).start()
    while not (last := ended.is_set()) or not queue.empty():
        try:
            return queue.get(timeout=0.1)
        except queues.Empty:
            continue
    raise RuntimeError(f"the process ended with exit code {process.exitcode}, and has put nothing")
""",
        "it closes the process that has ended": """from queue import Empty


def first_of(queue, process):
    while True:
        ended = process.exitcode is not None
        try:
            return queue.get(timeout=0.1)
        except Empty:
            if ended:
                code = process.exitcode
                process.close()
                raise RuntimeError(f"it ended with exit code {code}") from None
""",
        "it asks empty, and joins for a moment": """def first_of(queue, process):
    while queue.empty():
        if process.exitcode is not None and queue.empty():
            raise RuntimeError(f"{process.name}: exit code {process.exitcode}")
        process.join(0.02)
    return queue.get()
""",
    },
}
