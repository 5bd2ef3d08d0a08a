"""Plausible wrong answers to the exercises of lesson 02."""

SPAWN = 'context = multiprocessing.get_context("spawn")\n'
APPLY_EACH = "        results = [pool.apply_async(function, (item,)) for item in items]\n"
GET_EACH = """        for result in results:
            try:
                good.append(result.get())
            except Exception:
                bad += 1
"""
GET_OUTSIDE = GET_EACH.replace("\n    ", "\n").removeprefix("    ")
GET_IF_GOOD = """        good = [result.get() for result in results if result.successful()]
        bad = len(results) - len(good)
"""
GET_AT_ONCE = """        for item in items:
            try:
                good.append(pool.apply_async(function, (item,)).get())
            except Exception:
                bad += 1
"""
ONE_TRY = """        try:
            for result in pool.imap(function, items):
                good.append(result)
        except Exception:
            bad += 1
"""
BY_ITEM = """        results = {item: pool.apply_async(function, (item,)) for item in items}
        for result in results.values():
            try:
                good.append(result.get())
            except Exception:
                bad += 1
"""
BY_NEXT = """        results = pool.imap(function, items)
        while True:
            try:
                good.append(next(results))
            except StopIteration:
                break
            except Exception:
                bad += 1
"""
STRANGE = "\n\nclass Strange(Exception):\n    def __str__(self):\n        return 1 / 0\n"

SAVE_EACH = APPLY_EACH + "        for result in results:\n            result.get()\n"
FORGET_EACH = "        for item in items:\n            pool.apply_async(function, (item,))\n"
AND_END = "        pool.close()\n        pool.join()\n"
COUNTED = """        import time
        for _ in range(40):
            if all(result.ready() for result in results):
                break
            time.sleep(0.1)
"""
RAISING_CALLBACK = """        def fail(error):
            raise error

        results = [pool.apply_async(function, (item,), error_callback=fail) for item in items]
"""

FEW = "pool.map(function, items, chunksize=1)"
MANY = "pool.map(function, items, chunksize=50)"
FORGETS = """results = []
        for i in range(len(items) // 64):
            results.append(pool.map_async(function, items[64 * i : 64 * (i + 1)], 64))
        return [value for result in results for value in result.get()]"""

EXECUTORS = """import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress

context = multiprocessing.get_context("spawn")


"""
NO_RETRY = f"""{EXECUTORS}def finish_all(function, items):
    with ProcessPoolExecutor(2, mp_context=context) as executor:
        return list(executor.map(function, items))
"""
ALL_AGAIN = f"""{EXECUTORS}def finish_all(function, items):
    while True:
        with suppress(BrokenProcessPool), ProcessPoolExecutor(2, mp_context=context) as executor:
            return list(executor.map(function, items))
"""
BROKEN_AGAIN = f"""{EXECUTORS}def finish_all(function, items):
    with ProcessPoolExecutor(2, mp_context=context) as executor:
        while True:
            try:
                return list(executor.map(function, items))
            except BrokenProcessPool:
                futures = [executor.submit(function, item) for item in items]
"""
ONCE_AGAIN = f"""{EXECUTORS}def finish_all(function, items):
    results = {{}}
    for _ in range(2):
        futures = {{}}
        with suppress(BrokenProcessPool), ProcessPoolExecutor(2, mp_context=context) as executor:
            for item in items:
                if item not in results:
                    futures[item] = executor.submit(function, item)
        for item, future in futures.items():
            with suppress(BrokenProcessPool):
                results[item] = future.result()
    return [results.get(item) for item in items]
"""
ONLY_MAP = f"""{EXECUTORS}def finish_all(function, items):
    with context.Pool(2) as pool:
        return pool.map(function, items, 1)
"""
WITH_LIMIT = f"""{EXECUTORS}def finish_all(function, items):
    results = {{}}
    while missing := [item for item in items if item not in results]:
        with context.Pool(2) as pool:
            waiting = {{item: pool.apply_async(function, (item,)) for item in missing}}
            for item, result in waiting.items():
                try:
                    results[item] = result.get(timeout=1)
                except multiprocessing.TimeoutError:
                    pass
    return [results[item] for item in items]
"""

WRONG = {
    ("pool", 1): [
        ([(APPLY_EACH + GET_EACH, "        good = pool.map(function, items)\n")], "map raises a task's error"),
        (
            [(GET_EACH, GET_OUTSIDE)],
            "good.append(result.get()). Hint: get() of each result object, inside",
        ),
        ([("(item,)", "item")], "(item,) with a comma"),
        ([("pool.apply_async(function, (item,))", "pool.apply_async(function(item))")], "ran a task here"),
        (
            [("(item,))", "(item,), callback=good.append)"), ("good.append(result.get())", "result.get()")],
            "in the order in which they came",
        ),
        ([(GET_EACH, GET_IF_GOOD)], "that had not ended. Hint: wait() for it"),
        ([("result.get()", "result.wait()")], "wait() returns None"),
        ([("except Exception", "except ValueError")], "raised BufferError: no in line 12. Hint: a call may raise any"),
        ([("return good, bad", "return [value for value in good if value], bad")], "are results like any others"),
        ([(APPLY_EACH + GET_EACH, GET_AT_ONCE)], "nor get() directly after each apply_async"),
        ([("context.Pool(2)", "context.Pool(3)")], "had 3 worker processes at the same time; expected were two"),
        ([("result.get()", "result.get(timeout=60)")], "may take longer than any time limit"),
        ([(APPLY_EACH + GET_EACH, BY_NEXT)], "not the end of the results"),
        ([(APPLY_EACH + GET_EACH, ONE_TRY)], "Each get() needs a try of its own"),
        ([(APPLY_EACH + GET_EACH, BY_ITEM)], "A dict by item keeps one"),
        ([("return good, bad", "return bad, good")], "first the list of the results"),
        ([("return good, bad", "return len(good), bad")], "first the list of the results"),
        ([("return good, bad", "return (value for value in good), bad")], "first the list of the results"),
        ([("    good, bad = [], 0\n", "    raise Strange\n"), (SPAWN, SPAWN + STRANGE)], "its text raises"),
    ],
    ("pool", 2): [
        ([(SAVE_EACH, FORGET_EACH)], "drops what is not finished"),
        ([(SAVE_EACH, FORGET_EACH + "        pool.close()\n")], "close() alone does not wait"),
        ([(SAVE_EACH, FORGET_EACH + AND_END)], "until somebody calls its get()"),
        ([(SAVE_EACH, "        pool.map_async(function, items)\n")], "drops what is not finished"),
        (
            [("        for result in results:\n            result", "    for result in results:\n        result")],
            "result.get(). Hint: nobody may wait for a result that can't come any more: get() inside the with block",
        ),
        ([(SAVE_EACH, FORGET_EACH + "        pool.join()\n")], "after close() or terminate() only"),
        ([(APPLY_EACH, RAISING_CALLBACK)], "an exception in a callback ends the thread that receives the results"),
        ([("Pool(2)", "Pool()")], "had 4 worker processes"),
        ([("for item in items", "for item in set(items)")], "a set keeps one of each"),
        ([(SAVE_EACH, APPLY_EACH + COUNTED)], "without a limit"),
    ],
    ("pool", 3): [
        ([("chunksize=50)", "chunksize=1)")], "sent 2000 messages"),
        ([("items, chunksize=1)", "items)")], "behind the long one in the same chunk"),
        ([("items, chunksize=50)", "items)")], "sent 8 messages"),
        ([("chunksize=50)", "chunksize=1000)")], "so put fewer items into each"),
        ([(FEW, "list(pool.imap_unordered(function, items))")], "in the order in which they came"),
        ([(MANY, "pool.imap(function, items, 50)")], "imap and map_async"),
        ([(FEW, "[pool.apply_async(function, (item,)) for item in items]")], "get() of each gives its result"),
        ([("chunksize=50", "chunksize=len(items) / 50")], "if its chunksize is an integer"),
        ([("return " + MANY, FORGETS)], "The last chunk may be shorter"),
    ],
    ("pool", 4): [
        (NO_RETRY, "a broken pool stays broken"),
        (ONLY_MAP, "a Pool waits for that result forever"),
        (BROKEN_AGAIN, "a broken pool stays broken"),
        (ALL_AGAIN, "executor.map loses them"),
        (ONCE_AGAIN, "until each item has its result"),
        (WITH_LIMIT.replace("Pool(2)", "Pool(1)"), "one task after the other"),
        (WITH_LIMIT.replace("multiprocessing.T", "T"), "not the built-in TimeoutError"),
        (WITH_LIMIT.replace("=1)", "=0.01)"), "longer than a call"),
    ],
}
