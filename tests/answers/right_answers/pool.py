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
        "it waits, then looks who was successful, the lessons' mp": """from helpers import mp


def good_results(function, items):
    with mp.Pool(2) as pool:
        results = [pool.apply_async(function, args=[item]) for item in items]
        for result in results:
            result.wait()
        good = [result for result in results if result.successful()]
        return [result.get() for result in good], len(items) - len(good)
""",
    },
    ("pool", 2): {
        "map": f"""{SPAWN}
def save_all(function, items):
    with context.Pool(2) as pool:
        pool.map(function, items)  # waits for all ...
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
    },
}
