"""Right answers to the exercises of lesson 02 that differ from the solutions."""

SPAWN = """import multiprocessing

context = multiprocessing.get_context("spawn")

"""

RIGHT = {
    ("pool", 1): {
        "an executor, and it asks for exceptions": f"""{SPAWN}
from concurrent.futures import ProcessPoolExecutor


def good_results(function, items):
    with ProcessPoolExecutor(2, mp_context=context) as executor:
        futures = [executor.submit(function, item) for item in items]
    good = [future.result() for future in futures if future.exception() is None]  # 0, None ...
    return good, len(futures) - len(good)
""",
        "map of a wrapper that says how it went": f'''{SPAWN}
from functools import partial


def attempt(function, item):
    """Catch everything ..."""
    try:
        return True, function(item)
    except Exception:
        return False, None


def good_results(function, items):
    with context.Pool(2) as pool:
        tries = pool.map(partial(attempt, function), items)
    return [value for fine, value in tries if fine], sum(not fine for fine, _ in tries)
''',
        "starmap_async of a wrapper, in chunks": f"""{SPAWN}
def attempt(function, item):
    try:
        return [function(item)]
    except Exception:
        return []


def good_results(function, items):
    with context.Pool(2) as pool:
        waiting = pool.starmap_async(attempt, [(function, item) for item in items], chunksize=2)
        pool.close()
        pool.join()
    tries = waiting.get()
    return sum(tries, []), tries.count([])
""",
        "imap, one by one": f"""{SPAWN}
def good_results(function, items):
    good, bad = [], 0
    with context.Pool(processes=2) as pool:
        results = pool.imap(function, items)
        for _ in items:
            try:
                good.append(next(results))
            except Exception:
                bad += 1
    return good, bad
""",
        "callbacks into places": f"""{SPAWN}
def good_results(function, items):
    places, errors = {{}}, []
    with context.Pool(2) as pool:
        for place, item in enumerate(items):

            def keep(value, place=place):
                places[place] = value

            pool.apply_async(function, (item,), callback=keep, error_callback=errors.append)
        pool.close()
        pool.join()
    return [places[place] for place in sorted(places)], len(errors)
""",
        "it waits, then looks who was successful, the lessons' mp": """from helpers import mp


def good_results(function, items):
    with mp.Pool(2) as pool:
        results = [pool.apply_async(function, args=[item]) for item in items]
        for result in results:
            result.wait()
        good = [result for result in results if result.successful()]
        return [result.get() for result in good], len(items) - len(good)
""",
        "a class, type hints, it looks again and again": f'''{SPAWN}
import time
from collections.abc import Callable, Iterable
from multiprocessing.pool import AsyncResult
from typing import Any


class Attempts:
    """What comes of calls ..."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function, self.good, self.bad = function, list[Any](), 0

    def look(self, result: AsyncResult) -> None:
        while not result.ready():
            time.sleep(0.05)
        try:
            self.good += [result.get(timeout=1)]
        except Exception:
            self.bad += 1

    def of(self, items: Iterable[Any]) -> tuple[list[Any], int]:
        pool = context.Pool(2)
        try:
            for result in [pool.apply_async(self.function, (item,)) for item in items]:
                self.look(result)
        finally:
            pool.terminate()
            pool.join()
        return self.good, self.bad


def good_results(function: Callable[[Any], Any], items: list[Any]) -> tuple[list[Any], int]:
    ...
    return Attempts(function).of(items)
''',
        "processes of its own, with a queue each way": f"""{SPAWN}
def work(function, todo, done):
    for place, item in iter(todo.get, None):
        try:
            done.put((place, True, function(item)))
        except Exception:
            done.put((place, False, None))


def good_results(function, items):
    todo, done = context.Queue(), context.SimpleQueue()
    workers = [context.Process(target=work, args=(function, todo, done)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for task in [*enumerate(items), None, None]:
        todo.put(task)
    tries = sorted((done.get() for _ in items), key=lambda each: each[0])
    for worker in workers:
        worker.join()
    return [value for _, fine, value in tries if fine], sum(not fine for _, fine, _ in tries)
""",
    },
    ("pool", 2): {
        "map": f"""{SPAWN}
def save_all(function, items):
    with context.Pool(2) as pool:
        pool.map(function, items)  # waits for all ...
""",
        "it reads what imap_unordered gives": f"""{SPAWN}
from collections import deque


def save_all(function, items):
    with context.Pool(2) as pool:
        deque(pool.imap_unordered(function, items), maxlen=0)
""",
        "an executor": f"""{SPAWN}
from concurrent.futures import ProcessPoolExecutor


def save_all(function, items):
    with ProcessPoolExecutor(2, context) as executor:
        return list(executor.map(function, items))
""",
        "an executor, whoever ends first": f"""{SPAWN}
from concurrent.futures import ProcessPoolExecutor, as_completed


def save_all(function, items):
    with ProcessPoolExecutor(max_workers=2, mp_context=context) as executor:
        for future in as_completed(executor.submit(function, item) for item in items):
            future.result()
""",
        "it keeps the error, and raises it later": f"""{SPAWN}
def save_all(function, items):
    errors = []
    with context.Pool(2) as pool:
        for item in items:
            pool.apply_async(function, (item,), error_callback=errors.append)
        pool.close()
        pool.join()
    if errors:
        raise errors[0]
""",
        "starmap_async, it looks again and again, type hints": f'''{SPAWN}
import time
from collections.abc import Callable
from typing import Any


def save_all(function: Callable[[Any], Any], items: list[Any]) -> None:
    """Save each item ..."""
    with context.Pool(2) as pool:
        saved = pool.starmap_async(function, zip(items))
        while not saved.ready():
            time.sleep(0.1)
        saved.get()
''',
        "a class, an exit stack, the lessons' mp": """from contextlib import ExitStack

from helpers import mp


class Saver:
    def __call__(self, function, items):
        with ExitStack() as stack:
            pool = stack.enter_context(mp.Pool(2))
            for item in items:
                stack.callback(pool.apply_async(function, [item]).get)


save_all = Saver()
""",
        "a Manager's list of errors": f"""{SPAWN}
def attempt(function, item, errors):
    try:
        function(item)
    except Exception as error:
        errors.append(error)


def save_all(function, items):
    with context.Manager() as manager, context.Pool(2) as pool:
        errors = manager.list()
        pool.starmap(attempt, [(function, item, errors) for item in items])
        for error in errors:
            raise error
""",
    },
    ("pool", 3): {
        "imap": f"""{SPAWN}
def few_long(function, items):
    with context.Pool(2) as pool:
        return list(pool.imap(function, items))


def many_short(function, items):
    with context.Pool(2) as pool:
        return [*pool.imap(function, items, chunksize=len(items) // 25)]
""",
        "an executor": f"""{SPAWN}
from concurrent.futures import ProcessPoolExecutor


def few_long(function, items):
    with ProcessPoolExecutor(2, mp_context=context) as executor:
        futures = [executor.submit(function, item) for item in items]
    return [future.result() for future in futures]


def many_short(function, items):
    with ProcessPoolExecutor(2, mp_context=context) as executor:
        return list(executor.map(function, items, chunksize=40))
""",
        "one helper, map_async, type hints": f'''{SPAWN}
from collections.abc import Callable
from typing import Any


def run(function: Callable[[Any], Any], items: list[Any], chunksize: int) -> list[Any]:
    """Call function(item) in chunks of so many ..."""
    pool = context.Pool(2)
    results = pool.map_async(function, items, chunksize)
    pool.close()
    pool.join()
    return results.get()


def few_long(function: Callable[[Any], Any], items: list[Any]) -> list[Any]:
    return run(function, items, 1)


def many_short(function: Callable[[Any], Any], items: list[Any]) -> list[Any]:
    return run(function, items, max(1, len(items) // 40))
''',
        "apply_async, and chunks of its own": f"""{SPAWN}
def each(function, items):
    return [function(item) for item in items]


def few_long(function, items):
    with context.Pool(2) as pool:
        waiting = [pool.apply_async(function, (item,)) for item in items]
        return [result.get() for result in waiting]


def many_short(function, items):
    with context.Pool(2) as pool:
        waiting = [pool.apply_async(each, (function, items[i : i + 64])) for i in range(0, len(items), 64)]
        return [value for result in waiting for value in result.get()]
""",
        "partials, starmap, the lessons' mp": """from functools import partial

from helpers import mp


def run(function, items, chunksize):
    with mp.Pool(2) as pool:
        return pool.starmap(function, zip(items), chunksize=chunksize)


few_long = partial(run, chunksize=1)
many_short = partial(run, chunksize=99)
""",
        "imap_unordered with places": f"""{SPAWN}
class Numbered:
    def __init__(self, function):
        self.function = function

    def __call__(self, numbered):
        place, item = numbered
        return place, self.function(item)


def in_chunks(chunksize):
    def run(function, items):
        with context.Pool(2) as pool:
            found = dict(pool.imap_unordered(Numbered(function), enumerate(items), chunksize))
        return [found[place] for place in range(len(items))]

    return run


few_long, many_short = in_chunks(1), in_chunks(20)
""",
        "the function comes with the workers": f"""{SPAWN}
def keep(function):
    global kept
    kept = function


def call(item):
    return kept(item)


def few_long(function, items):
    with context.Pool(2, keep, (function,)) as pool:
        return pool.map(call, items, 1)


def many_short(function, items):
    with context.Pool(2, initializer=keep, initargs=[function]) as pool:
        return pool.map(call, items, 50)
""",
    },
    ("pool", 4): {
        "a pool with a time limit": f"""{SPAWN}
def finish_all(function, items):
    results = {{}}
    while missing := [item for item in items if item not in results]:
        with context.Pool(2) as pool:
            waiting = [(item, pool.apply_async(function, (item,))) for item in missing]
            for item, result in waiting:
                try:
                    results[item] = result.get(timeout=1)
                except multiprocessing.TimeoutError:
                    pass  # again, in a new pool ...
    return [results[item] for item in items]
""",
        "it asks for exceptions": f"""{SPAWN}
from concurrent.futures import ProcessPoolExecutor


def finish_all(function, items):
    results, todo = {{}}, list(items)
    while todo:
        with ProcessPoolExecutor(2, mp_context=context) as executor:
            futures = {{item: executor.submit(function, item) for item in todo}}
        todo = [item for item in todo if futures[item].exception()]
        results |= {{item: futures[item].result() for item in futures if item not in todo}}
    return list(map(results.__getitem__, items))
""",
        "it calls itself, whoever ends first": f"""{SPAWN}
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, as_completed


def finish(function, places):
    if not places:
        return {{}}
    done = {{}}
    with ProcessPoolExecutor(max_workers=2, mp_context=context) as executor:
        futures = {{}}
        try:
            for place, item in places.items():
                futures[executor.submit(function, item)] = place
        except BrokenExecutor:
            pass
        for future in as_completed(futures):
            try:
                done[futures[future]] = future.result()
            except BrokenExecutor:
                continue
    return done | finish(function, {{place: item for place, item in places.items() if place not in done}})


def finish_all(function, items):
    done = finish(function, dict(enumerate(items)))
    return [done[place] for place in range(len(items))]
""",
        "a process for each try, two threads": f'''{SPAWN}
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from typing import Any

Function = Callable[[Any], Any]


def call(function: Function, item: Any, answers: Connection) -> None:
    answers.send(function(item))


def finish(function: Function, item: Any) -> Any:
    """Try again ..."""
    while True:
        mine, its = context.Pipe(duplex=False)
        child = context.Process(target=call, args=(function, item, its))
        child.start()
        its.close()
        try:
            return mine.recv()
        except EOFError:
            ...
        finally:
            child.join()
            mine.close()


def finish_all(function: Function, items: list[Any]) -> list[Any]:
    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(lambda item: finish(function, item), items))
''',
        "an executor of one worker for each of two threads": f"""{SPAWN}
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool


class Half(threading.Thread):
    def __init__(self, function, todo, results):
        super().__init__()
        self.function, self.todo, self.results = function, todo, results
        self.start()

    def run(self):
        while self.todo:
            with ProcessPoolExecutor(1, mp_context=context) as executor:
                try:
                    while self.todo:
                        item = self.todo.pop()
                        self.results[item] = executor.submit(self.function, item).result()
                except BrokenProcessPool:
                    self.todo.append(item)
                except IndexError:
                    return


def finish_all(function, items):
    todo, results = items[::-1], {{}}
    for half in [Half(function, todo, results), Half(function, todo, results)]:
        half.join()
    return [results[item] for item in items]
""",
        "a pool that is watched, the lessons' mp": """import time

from helpers import mp


def finish_all(function, items):
    results = {}
    while len(results) < len(items):
        with mp.Pool(2) as pool:
            waiting = {item: pool.apply_async(function, (item,)) for item in items if item not in results}
            new = time.monotonic()
            while waiting and time.monotonic() < new + 1:
                for item, result in list(waiting.items()):
                    if result.ready():
                        results[item], new = result.get(), time.monotonic()
                        del waiting[item]
                time.sleep(0.01)
    return [results[item] for item in items]
""",
    },
}
