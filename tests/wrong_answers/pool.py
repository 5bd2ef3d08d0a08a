"""Plausible wrong answers to the exercises of lesson 02."""

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
GET_EACH = """        for result in results:
            try:
                good.append(result.get())
            except Exception:
                bad += 1
"""
SAVE_EACH = """        results = [pool.apply_async(function, (item,)) for item in items]
        for result in results:
            result.get()
"""

WRONG = {
    ("pool", 1): [
        (
            [
                (
                    "results = [pool.apply_async(function, (item,)) for item in items]",
                    "good = pool.map(function, items)",
                ),
                (GET_EACH, ""),
            ],
            "map raises a task's error",
        ),
        (
            [
                (
                    GET_EACH,
                    "    for result in results:\n        try:\n            good.append(result.get())\n"
                    "        except Exception:\n            bad += 1\n",
                )
            ],
            "ask for the results inside the block",
        ),
        ([("(item,)", "item")], "(item,) with a comma"),
        ([("pool.apply_async(function, (item,))", "pool.apply_async(function(item))")], "ran a task here"),
        ([("context.Pool(2)", "context.Pool(1)")], "one task after the other"),
        (
            [
                ("(function, (item,))", "(function, (item,), callback=good.append)"),
                ("good.append(result.get())", "result.get()"),
            ],
            "in the order in which they came",
        ),
        (
            [
                (
                    GET_EACH,
                    "        good = [result.get() for result in results if result.successful()]\n"
                    "        bad = len(results) - len(good)\n",
                )
            ],
            "that had not ended. Hint: wait() for it",
        ),
        ([("result.get()", "result.wait()")], "wait() returns None"),
        ([(GET_EACH, "        pool.join()\n" + GET_EACH)], "after close() or terminate() only"),
        ([("return good, bad", "return good")], "get() of each result object"),
    ],
    ("pool", 2): [
        (
            [(SAVE_EACH, "        for item in items:\n            pool.apply_async(function, (item,))\n")],
            "drops what is not finished",
        ),
        (
            [
                (
                    SAVE_EACH,
                    "        for item in items:\n            pool.apply_async(function, (item,))\n"
                    "        pool.close()\n",
                )
            ],
            "close() alone does not wait",
        ),
        (
            [
                (
                    SAVE_EACH,
                    "        for item in items:\n            pool.apply_async(function, (item,))\n"
                    "        pool.close()\n        pool.join()\n",
                )
            ],
            "until somebody calls its get()",
        ),
        ([("            result.get()", "            result.wait()")], "until somebody calls its get()"),
        ([(SAVE_EACH, "        pool.map_async(function, items)\n")], "drops what is not finished"),
        (
            [
                (
                    "        for result in results:\n            result.get()",
                    "    for result in results:\n        result.get()",
                )
            ],
            "get() inside the with block",
        ),
        (
            [
                ("pool.apply_async(function, (item,))", "pool.apply(function, (item,))"),
                ("            result.get()", "            pass"),
            ],
            "apply(), which waits for each result",
        ),
        (
            [
                (
                    SAVE_EACH,
                    "        for item in items:\n            pool.apply_async(function, (item,))\n"
                    "        pool.join()\n",
                )
            ],
            "after close() or terminate() only",
        ),
    ],
    ("pool", 3): [
        ([("items, chunksize=1)", "items)")], "waited behind it in the same chunk"),
        ([("chunksize=1)", "chunksize=6)")], "waited behind it in the same chunk"),
        ([("chunksize=50)", "chunksize=1)")], "sent 2000 messages"),
        ([("items, chunksize=50)", "items)")], "sent 8 messages"),
        ([("chunksize=50)", "chunksize=1000)")], "its tasks must be fewer"),
        ([("context.Pool(2)", "context.Pool(1)")], "one task after the other"),
        (
            [("pool.map(function, items, chunksize=1)", "list(pool.imap_unordered(function, items))")],
            "Hint: imap_unordered does that",
        ),
        (
            [("pool.map(function, items, chunksize=50)", "list(pool.imap_unordered(function, items, 50))")],
            "Hint: imap_unordered does that",
        ),
        ([("pool.map(function, items, chunksize=50)", "pool.imap(function, items, 50)")], "imap and map_async"),
    ],
    ("pool", 4): [
        (
            [(EXECUTOR, "    with context.Pool(2) as pool:\n        return pool.map(function, items, 1)\n")],
            "a Pool waits for that result for ever",
        ),
        (
            [
                (
                    EXECUTOR,
                    "    with ProcessPoolExecutor(2, mp_context=context) as executor:\n"
                    "        return list(executor.map(function, items))\n",
                )
            ],
            "a broken pool stays broken",
        ),
        (
            [
                (
                    EXECUTOR,
                    "    with ProcessPoolExecutor(2, mp_context=context) as executor:\n"
                    "        while True:\n"
                    "            try:\n"
                    "                return list(executor.map(function, items))\n"
                    "            except BrokenProcessPool:\n"
                    "                futures = [executor.submit(function, item) for item in items]\n",
                )
            ],
            "a broken pool stays broken",
        ),
        (
            [
                (
                    EXECUTOR,
                    "    while True:\n"
                    "        with (\n"
                    "            suppress(BrokenProcessPool),\n"
                    "            ProcessPoolExecutor(2, mp_context=context) as executor,\n"
                    "        ):\n"
                    "            return list(executor.map(function, items))\n",
                )
            ],
            "executor.map loses them",
        ),
        (
            [
                (
                    "    while missing := [item for item in items if item not in results]:\n",
                    "    for _ in range(2):\n        missing = [item for item in items if item not in results]\n",
                ),
                ("return [results[item]", "return [results.get(item)"),
            ],
            "until each item has its result",
        ),
        (
            [
                (
                    "            with suppress(BrokenProcessPool):\n                results[item]",
                    "            if len(missing) == len(items):\n"
                    "                with suppress(BrokenProcessPool):\n"
                    "                    results[item] = future.result()\n"
                    "            else:\n                results[item]",
                )
            ],
            "a worker may die again in the new pool",
        ),
        ([("return [results[item] for item in items]", "return list(results.values())")], "in the order of the items"),
    ],
}
