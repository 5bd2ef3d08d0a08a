"""Plausible wrong answers to the exercises of lesson 02."""

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
MAP_IN_TRY = """        try:
            good = pool.map(function, items)
        except Exception:
            bad += 1
"""
GET_AT_ONCE = """        for item in items:
            try:
                good.append(pool.apply_async(function, (item,)).get())
            except Exception:
                bad += 1
"""
LOCAL = "        def local(item):\n            return function(item)\n\n        good = pool.map(local, items)\n"

DAWDLE = """        import time

        until = time.monotonic() + 1
        while time.monotonic() < until:  # what a busy machine does to it
            pass
"""
SAVE_EACH = APPLY_EACH + "        for result in results:\n            result.get()\n"
FORGET_EACH = "        for item in items:\n            pool.apply_async(function, (item,))\n"
AND_END = "        pool.close()\n        pool.join()\n"
READY_AFTER_3 = """        import time
        time.sleep(3)
        for result in results:
            if result.ready():
                result.get()
"""
READY_AFTER_4 = READY_AFTER_3.replace("        import time\n        time.sleep(3)", "        sleep(4)")
RAISING_CALLBACK = """        def fail(error):
            raise error

        results = [pool.apply_async(function, (item,), error_callback=fail) for item in items]
"""

FEW = "pool.map(function, items, chunksize=1)"
MANY = "pool.map(function, items, chunksize=50)"
FIRST_ALONE = """first = pool.apply_async(function, (items[0],))
        rest = pool.map(function, items[1:], chunksize=11)
        return [first.get(), *rest]"""

EXECUTOR = """    results = {}
    while missing := [item for item in items if item not in results]:
        futures = {}
        with (
            suppress(BrokenProcessPool),
            ProcessPoolExecutor(2, mp_context=context) as executor,
        ):
            for item in missing:
                futures[item] = executor.submit(function, item)
        for item, future in futures.items():
            with suppress(BrokenProcessPool):
                results[item] = future.result()
    return [results[item] for item in items]
"""
COLLECT = """            with suppress(BrokenProcessPool):
                results[item] = future.result()
"""
NO_RETRY = """    with ProcessPoolExecutor(2, mp_context=context) as executor:
        return list(executor.map(function, items))
"""
BROKEN_AGAIN = """    with ProcessPoolExecutor(2, mp_context=context) as executor:
        while True:
            try:
                return list(executor.map(function, items))
            except BrokenProcessPool:
                futures = [executor.submit(function, item) for item in items]
"""
ALL_AGAIN = """    while True:
        with (
            suppress(BrokenProcessPool),
            ProcessPoolExecutor(2, mp_context=context) as executor,
        ):
            return list(executor.map(function, items))
"""
SUPPRESS_ONCE = """            if len(missing) == len(items):
                with suppress(BrokenProcessPool):
                    results[item] = future.result()
            else:
                results[item] = future.result()
"""
SUBMIT_EACH = "            for item in missing:\n                futures[item] = executor.submit(function, item)\n"
ZIPPED = """            for item, value in zip(missing, executor.map(function, missing)):
                results[item] = value
"""
AT_THE_FIRST = """        with suppress(BrokenProcessPool):
            for item, future in futures.items():
                results[item] = future.result()
"""
COLLECT_ALL = "        for item, future in futures.items():\n" + COLLECT
WITH_LIMIT = """    results = {}
    while missing := [item for item in items if item not in results]:
        with context.Pool(2) as pool:
            waiting = {item: pool.apply_async(function, (item,)) for item in missing}
            for item, result in waiting.items():
                try:
                    results[item] = result.get(timeout=1)
                except multiprocessing.TimeoutError:
                    pass
    return [results[item] for item in items]
"""

SPAWN = 'context = multiprocessing.get_context("spawn")\n'
TRY_IT = """

def attempt(function, item):
    try:
        return function(item)
    except Exception:
        return None
"""
SWALLOWED = """            try:
                result.get()
            except Exception:
                pass
"""
LAST = "    return good, bad\n"
GET_FOR_ITEM = """        for item, result in zip(items, results):
            try:
                result.get()
                good.append(item)
            except Exception:
                bad += 1
"""
GIVE_ERROR = """

def attempt(function, item):
    try:
        return function(item)
    except Exception as error:
        return error
"""
WITHOUT_ERRORS = """    good = [value for value in good if not isinstance(value, Exception)]
    return good, len(items) - len(good)
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
WITHOUT_NONE = """    good = [value for value in good if value is not None]
    return good, len(items) - len(good)
"""
NOT_ALL = (
    "while missing := [item for item in items if item not in results]:",
    "while (missing := [item for item in items if item not in results]) or not all(map(results.get, items)):",
)

STRANGE = "\n\nclass Strange(Exception):\n    def __str__(self):\n        return 1 / 0\n"
COUNTED = """        import time
        for _ in range(40):
            if all(result.ready() for result in results):
                break
            time.sleep(0.1)
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
FORGETS = """chunks = [items[i:i + 64] for i in range(0, len(items) - 64, 64)]
        return [value for chunk in chunks for value in pool.map(function, chunk, 64)]"""

WRONG = {
    ("pool", 1): [
        ([(APPLY_EACH + GET_EACH, "        good = pool.map(function, items)\n")], "map raises a task's error"),
        ([(GET_EACH, GET_OUTSIDE)], "inside the with block"),
        ([("(item,)", "item")], "(item,) with a comma"),
        ([("pool.apply_async(function, (item,))", "pool.apply_async(function(item))")], "ran a task here"),
        ([("context.Pool(2)", "context.Pool(1)")], "one task after the other"),
        (
            [("(item,))", "(item,), callback=good.append)"), ("good.append(result.get())", "result.get()")],
            "in the order in which they came",
        ),
        ([(GET_EACH, GET_IF_GOOD)], "that had not ended. Hint: wait() for it"),
        ([("result.get()", "result.wait()")], "wait() returns None"),
        ([(GET_EACH, "        pool.join()\n" + GET_EACH)], "after close() or terminate() only"),
        ([("return good, bad", "return good")], "get() of each result object"),
        (
            [("except Exception", "except ValueError")],
            "raised BufferError: no in line 12. Hint: a call may raise any exception",
        ),
        ([("return good, bad", "return [value for value in good if value], bad")], "are results like any others"),
        ([(APPLY_EACH + GET_EACH, GET_AT_ONCE)], "nor get() directly after each apply_async"),
        (
            [("    return good, bad\n", "")],
            "gave None, like a function without return; expected was ([None, 0, 7, [], 0, Returned()], 2)",
        ),
        ([(APPLY_EACH + GET_EACH, LOCAL)], "Put it at the top level of the file"),
        ([(APPLY_EACH + GET_EACH, MAP_IN_TRY)], "map raises a task's error"),
        (
            [(SPAWN, SPAWN + TRY_IT), ("(function, (item,))", "(attempt, (function, item))"), (LAST, WITHOUT_NONE)],
            "are results like any others",
        ),
        ([("return good, bad", "return [], len(items)")], "get() of each result object"),
        ([("    good, bad = [], 0\n", "    return [], len(items)\n")], "sent nothing to any worker"),
        ([("context.Pool(2)", "context.Pool(3)")], "had 3 worker processes at the same time; expected were two"),
        ([("result.get()", "result.get(timeout=60)")], "may take longer than any time limit"),
        (
            [(APPLY_EACH, APPLY_EACH + DAWDLE), ("result.get()", "result.get(timeout=60)")],
            "may take longer than any time limit",
        ),
        ([("with context.Pool(2) as pool:", "if pool := context.Pool(2):")], "left 2 children running"),
        ([(APPLY_EACH, APPLY_EACH + APPLY_EACH)], "more than once. Hint: once for each item"),
        ([(GET_EACH, GET_FOR_ITEM)], "gave ([0, 1, 2, 3, 1, 4], 2); expected was ([None, 0, 7, [], 0, Returned()], 2)"),
        (
            [
                (SPAWN, SPAWN + GIVE_ERROR),
                ("(function, (item,))", "(attempt, (function, item))"),
                (LAST, WITHOUT_ERRORS),
            ],
            "an exception that is returned, are results like any others",
        ),
        ([(APPLY_EACH + GET_EACH, BY_NEXT)], "not the end of the results"),
        ([(APPLY_EACH + GET_EACH, ONE_TRY)], "Each get() needs a try of its own"),
        ([(APPLY_EACH + GET_EACH, BY_ITEM)], "A dict by item keeps one"),
        ([("return good, bad", "return bad, good")], "the list comes first"),
        ([("return good, bad", "return len(good), bad")], "neither their number nor a generator"),
        ([("return good, bad", "return (value for value in good), bad")], "neither their number nor a generator"),
        ([("    good, bad = [], 0\n", "    raise Strange\n"), (SPAWN, SPAWN + STRANGE)], "its text raises"),
    ],
    ("pool", 2): [
        ([(SAVE_EACH, FORGET_EACH)], "drops what is not finished"),
        ([(SAVE_EACH, FORGET_EACH + "        pool.close()\n")], "close() alone does not wait"),
        ([(SAVE_EACH, FORGET_EACH + AND_END)], "until somebody calls its get()"),
        ([("            result.get()", "            result.wait()")], "until somebody calls its get()"),
        ([("for result in results:", "for result in results[:-1]:")], "when not all of the four items were saved"),
        ([(SAVE_EACH, "        pool.map_async(function, items)\n")], "drops what is not finished"),
        (
            [("        for result in results:\n            result", "    for result in results:\n        result")],
            "get() inside the with block",
        ),
        (
            [("pool.apply_async(function, (item,))", "pool.apply(function, (item,))"), ("result.get()", "pass")],
            "apply(), which waits for each result",
        ),
        ([(SAVE_EACH, FORGET_EACH + "        pool.join()\n")], "after close() or terminate() only"),
        ([(APPLY_EACH, "        pool.close()\n" + APPLY_EACH)], "close() and terminate() let no new task in"),
        ([(SAVE_EACH, APPLY_EACH + AND_END + "        results[0].get()\n")], "until somebody calls its get()"),
        ([(SAVE_EACH, APPLY_EACH + AND_END + "        results[-1].get()\n")], "until somebody calls its get()"),
        ([(SAVE_EACH, APPLY_EACH + READY_AFTER_3)], "came back when not all of the four items were saved"),
        (
            [(SPAWN, "from time import sleep\n" + SPAWN), (SAVE_EACH, APPLY_EACH + READY_AFTER_4)],
            "came back when not all of the four items were saved",
        ),
        ([(APPLY_EACH, RAISING_CALLBACK)], "an exception in a callback ends the thread that receives the results"),
        ([("Pool(2)", "Pool(6)")], "had 6 worker processes"),
        ([("Pool(2)", "Pool()")], "had 4 worker processes"),
        ([("for item in items", "for item in set(items)")], "a set keeps one of each"),
        ([(SAVE_EACH, APPLY_EACH + COUNTED)], "without a limit"),
        ([("            result.get()\n", SWALLOWED)], "came back as if all were well"),
    ],
    ("pool", 3): [
        ([("chunksize=50)", "chunksize=1)")], "sent 2000 messages"),
        ([("items, chunksize=1)", "items)")], "behind the long one in the same chunk"),
        ([("chunksize=1)", "chunksize=6)")], "your chunks hold more than one task"),
        ([("items, chunksize=50)", "items)")], "sent 8 messages"),
        ([("chunksize=50)", "chunksize=1000)")], "so put fewer items into each"),
        ([("context.Pool(2)", "context.Pool(1)")], "one task after the other"),
        ([(FEW, "list(pool.imap_unordered(function, items))")], "in the order in which they came"),
        ([(MANY, "list(pool.imap_unordered(function, items, 50))")], "in the order in which they came"),
        ([(MANY, "pool.imap(function, items, 50)")], "imap and map_async"),
        ([("Pool(2)", "Pool(12)"), (", chunksize=1)", ")"), (", chunksize=50)", ")")], "had 12 worker processes"),
        (
            [
                (
                    "Pool(2) as pool:\n        return " + MANY,
                    "Pool(12) as pool:\n        return pool.map(function, items)",
                )
            ],
            "had 12 worker",
        ),
        ([(MANY, "sorted(pool.imap_unordered(function, items, 50))")], "in the order in which they came"),
        ([("chunksize=1)", "chunk_size=1)")], "unexpected keyword argument 'chunk_size'"),
        ([(FEW, "[pool.apply_async(function, (item,)) for item in items]")], "get() of each gives its result"),
        ([("chunksize=50", "chunksize=len(items) / 50")], "if its chunksize is an integer"),
        ([("chunksize=1)", "chunksize=7)")], "behind the long one in the same chunk"),
        ([("return " + MANY, FORGETS)], "The last chunk may be shorter"),
        ([(MANY, "[value for value in " + MANY + " if value]")], "gave [49, 196, 441"),
    ],
    ("pool", 4): [
        ([(EXECUTOR, NO_RETRY)], "a broken pool stays broken"),
        (
            [(EXECUTOR, "    with context.Pool(2) as pool:\n        return pool.map(function, items, 1)\n")],
            "a Pool waits for that result forever",
        ),
        ([(EXECUTOR, BROKEN_AGAIN)], "a broken pool stays broken"),
        ([(EXECUTOR, ALL_AGAIN)], "executor.map loses them"),
        (
            [
                ("while missing := [item for item in items if item not in results]:", "for _ in range(2):"),
                ("futures = {}\n", "futures, missing = {}, [item for item in items if item not in results]\n"),
                ("return [results[item]", "return [results.get(item)"),
            ],
            "until each item has its result",
        ),
        ([(COLLECT, SUPPRESS_ONCE)], "a worker may die again in the new pool"),
        ([("return [results[item] for item in items]", "return list(results.values())")], "not in that of the items"),
        ([(COLLECT_ALL, AT_THE_FIRST)], "submit does not"),
        ([(SUBMIT_EACH, ZIPPED)], "submit does not"),
        ([("ProcessPoolExecutor(2", "ProcessPoolExecutor(1")], "one task after the other"),
        ([(EXECUTOR, WITH_LIMIT.replace("Pool(2)", "Pool(1)"))], "one task after the other"),
        ([(EXECUTOR, WITH_LIMIT.replace("multiprocessing.T", "T"))], "not the built-in TimeoutError"),
        ([(EXECUTOR, WITH_LIMIT.replace("=1)", "=0.01)"))], "longer than a call"),
        ([NOT_ALL], "0, None and False are results like any others"),
        ([("ProcessPoolExecutor(2", "ProcessPoolExecutor(4")], "had 4 worker processes"),
    ],
}
