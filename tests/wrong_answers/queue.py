"""Plausible wrong answers to the exercises of lesson 03."""

WRONG = {
    ("queue", 1): [
        (
            [
                (
                    "        child.start()\n",
                    "        child.start()\n    for child in children:\n        child.join()\n",
                ),
            ],
            "Hint: get first, once for each child",
        ),
        ([("    for child in children:\n        child.join()\n", "")], "while a child was still running"),
        (
            [
                (
                    "    results = [queue.get() for _ in children]\n",
                    "    results = []\n    while not queue.empty():\n        results.append(queue.get())\n",
                )
            ],
            "empty() does not know of results that are still to come",
        ),
        (
            [("[queue.get() for _ in children]", "list(iter(queue.get, None))")],
            "All children have put their result. Hint: get as many results as there are children",
        ),
        ([("        child.join()\n    return results", "        child.join()")], "gave None; expected was a list"),
    ],
    ("queue", 2): [
        (
            [
                (
                    "    while (result := queue.get()) is not None:\n        results.append(result)\n",
                    "    while not queue.empty():\n        results.append(queue.get())\n",
                )
            ],
            "empty means that nothing is there now",
        ),
        (
            [
                (
                    "    while (result := queue.get()) is not None:\n        results.append(result)\n",
                    "    import time\n    time.sleep(1)\n"
                    "    while not queue.empty():\n        results.append(queue.get())\n",
                )
            ],
            "empty means that nothing is there now",
        ),
        ([("(result := queue.get()) is not None", "result := queue.get()")], "0 and '' are results like any other"),
        (
            [
                ("    child.start()\n", "    child.start()\n    child.join()\n"),
            ],
            "get until the sentinel comes, then join",
        ),
        (
            [("while (result := queue.get()) is not None:", "while True:\n        result = queue.get()")],
            "Nothing comes behind the sentinel",
        ),
        (
            [
                (
                    "    while (result := queue.get()) is not None:\n        results.append(result)\n",
                    "    result = ''\n    while result is not None:\n"
                    "        result = queue.get()\n        results.append(result)\n",
                )
            ],
            "None is the sentinel, not a result",
        ),
        (
            [
                (
                    "    while (result := queue.get()) is not None:\n        results.append(result)\n",
                    "    from queue import Empty\n    try:\n        while True:\n"
                    "            results.append(queue.get(timeout=0.1))\n    except Empty:\n        pass\n",
                )
            ],
            "empty means that nothing is there now",
        ),
    ],
    ("queue", 3): [
        ([("    for _ in users:\n        tasks.put(None)\n", "    tasks.put(None)\n")], "put one for each consumer"),
        ([("    for _ in users:\n        tasks.put(None)\n", "")], "put one for each consumer"),
        ([("for _ in users:\n        tasks.put", "for _ in makers:\n        tasks.put")], "put one for each consumer"),
        (
            [("    for process in makers:\n        process.join()\n", "")],
            "no sentinel may come before the last task of the last producer",
        ),
        ([("(task := tasks.get()) is not None", "task := tasks.get()")], "0 is a task like any other"),
        (
            [("while (task := tasks.get()) is not None:", "while not tasks.empty():\n        task = tasks.get()")],
            "empty() says nothing about the end",
        ),
        (
            [("    found = []\n", "    for process in users:\n        process.join()\n    found = []\n")],
            "So get the results first",
        ),
        ([("    results.put(None)\n", "")], "let each consumer put a sentinel behind its last result"),
        (
            [("    for _ in users:\n        found.extend(iter", "    if True:\n        found.extend(iter")],
            "up to a sentinel from each consumer, then join",
        ),
        (
            [("in makers + users:", "in makers + users[:1]:")],
            "never 3 consumers at work at the same time",
        ),
        (
            [("target=consume, args=(tasks, results, work)", "target=consume(tasks, results, work)")],
            "target=consume(...) calls it at once",
        ),
        ([("args=(tasks, number)", "args=(tasks,)")], "target=produce, args=(tasks, number)"),
        ([("    for process in users:\n        process.join()\n", "")], "join the consumers too"),
        (
            [("        results.put(work(task))", "        work(task)\n        results.put(work(task))")],
            "more than once",
        ),
    ],
    ("queue", 4): [
        ([("queue.get(timeout=0.1)", "queue.get()")], "in get() without a timeout"),
        (
            [("            if ended:\n", "            if process.exitcode is not None:\n")],
            "look once more into the queue",
        ),
        ([("ended = process.exitcode is not None", "ended = process.exitcode")], "0 is an end too"),
        (
            [
                (
                    "        except Empty:\n            if ended:\n                message",
                    "        except Empty:\n            if True:\n                message",
                )
            ],
            "While the process is alive, try again",
        ),
        ([("    while True:\n", "    process.join()\n    while True:\n")], "the process has more to do"),
        (
            [("                raise RuntimeError(message) from None", "                return None")],
            "expected was RuntimeError",
        ),
        (
            [("                raise RuntimeError(message) from None", "                raise")],
            "catch Empty, and raise RuntimeError",
        ),
        ([("queue.get(timeout=0.1)", "queue.get(timeout=5)"), ("is not None", "")], "0 is an end too"),
        ([(" {process.exitcode}", "")], "is not in its text"),
    ],
}
