"""Plausible wrong answers to the exercises of lesson 03."""


def get_until_empty(queue: str, results: str, timeout: float) -> str:
    return (
        f"    from queue import Empty\n    try:\n        while True:\n"
        f"            {results}.append({queue}.get(timeout={timeout}))\n    except Empty:\n        pass\n"
    )


def then(*lines: str) -> list[tuple[str, str]]:
    """Replace exercise 4's return by these lines; they have the item."""
    get = "queue.get(timeout=0.1)"
    return [(f"return {get}", "\n            ".join([f"item = {get}", *lines]))]


TO_THE_SENTINEL = "    while (result := queue.get()) is not None:\n        results.append(result)\n"
TO_EACH_SENTINEL = "    for _ in users:\n        found.extend(iter(results.get, None))\n"

WRONG = {
    ("queue", 1): [
        ([("    for child in children:\n        child.join()\n", "")], "while a child was still running"),
        (
            [
                (
                    "        child.start()\n",
                    "        child.start()\n    for child in children:\n        child.join()\n",
                ),
            ],
            "Hint: get first, once for each child",
        ),
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
        (
            [
                (
                    "        child.start()\n",
                    "        child.start()\n        results += [queue.get()]\n        child.join()\n",
                ),
                ("    results = [queue.get() for _ in children]\n", ""),
                ("    queue =", "    results = []\n    queue ="),
            ],
            "start all processes before you join any or wait for a result",
        ),
        ([("for _ in children]", "for _ in range(3)]")], "as many arguments as there are, so many children"),
        (
            [("[queue.get() for _ in children]\n", "[queue.get()]\n" + get_until_empty("queue", "results", 1))],
            "Neither empty() nor a short timeout",
        ),
    ],
    ("queue", 2): [
        (
            [(TO_THE_SENTINEL, "    while not queue.empty():\n        results.append(queue.get())\n")],
            "empty means that nothing is there now",
        ),
        (
            [
                (
                    TO_THE_SENTINEL,
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
                    TO_THE_SENTINEL,
                    "    result = ''\n    while result is not None:\n"
                    "        result = queue.get()\n        results.append(result)\n",
                )
            ],
            "None is the sentinel, not a result",
        ),
        ([(TO_THE_SENTINEL, get_until_empty("queue", "results", 0.1))], "empty means that nothing is there now"),
        (
            [
                (
                    TO_THE_SENTINEL,
                    "    while child.is_alive():\n        while not queue.empty():\n"
                    "            if (result := queue.get()) is not None:\n                results.append(result)\n",
                )
            ],
            "go on until the sentinel comes",
        ),
        ([("    child.join()\n", "")], "while the child was still running"),
        ([("queue = context.Queue()", "queue = context.SimpleQueue()")], "keep the queue a context.Queue"),
        (
            [("queue = context.Queue()", "manager = context.Manager()\n    queue = manager.Queue()")],
            "keep the queue a context.Queue",
        ),
    ],
    ("queue", 3): [
        (
            [("    for process in makers:\n        process.join()\n", "")],
            "no sentinel may come before the last task of the last producer",
        ),
        ([("    for _ in users:\n        tasks.put(None)\n", "    tasks.put(None)\n")], "put one for each consumer"),
        ([("    for _ in users:\n        tasks.put(None)\n", "")], "put one for each consumer"),
        ([("for _ in users:\n        tasks.put", "for _ in makers:\n        tasks.put")], "put one for each consumer"),
        ([("(task := tasks.get()) is not None", "task := tasks.get()")], "0 is a task like any other"),
        (
            [("while (task := tasks.get()) is not None:", "while not tasks.empty():\n        task = tasks.get()")],
            "neither empty() nor a timeout says that no more will come",
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
            "never a time when all processes were at work",
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
        (
            [
                ("for process in makers + users:", "for process in makers:"),
                ("for _ in users:\n        tasks", "for process in users:\n        process.start()\n        tasks"),
            ],
            "start all processes before you join any",
        ),
        (
            [
                (TO_EACH_SENTINEL, get_until_empty("results", "found", 1)),
                ("    results.put(None)\n", ""),
            ],
            "All tasks were done. Hint: get results up to a sentinel from each consumer, then join",
        ),
        (
            [
                ("    while (task := tasks.get()) is not None:\n", "    while True:\n        task = tasks.get()\n"),
                ("    results.put(None)\n", "        tasks.task_done()\n"),
                ("context.Queue(), context", "context.JoinableQueue(), context"),
                ("    for _ in users:\n        tasks.put(None)\n", "    tasks.join()\n"),
                (TO_EACH_SENTINEL, "    while not results.empty():\n        found.append(results.get())\n"),
                ("    for process in users:\n", "    for process in users:\n        process.terminate()\n"),
            ],
            "All tasks were done. Hint: get results up to a sentinel from each consumer, then join",
        ),
        ([("context.Queue(), context.Queue()", "context.Queue(2), context.Queue(2)")], "or leave out the limit"),
    ],
    ("queue", 4): [
        (
            [
                (
                    "        except Empty:\n            if ended:\n                message",
                    "        except Empty:\n            if True:\n                message",
                )
            ],
            "While the process is alive, try again",
        ),
        ([("queue.get(timeout=0.1)", "queue.get()")], "in get() without a timeout"),
        (
            [("            if ended:\n", "            if process.exitcode is not None:\n")],
            "look once more into the queue",
        ),
        ([("ended = process.exitcode is not None", "ended = process.exitcode")], "0 is an end too"),
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
        ([("    while True:\n", "    process.join(timeout=1)\n    while True:\n")], "do not wait for its end"),
        (then("process.join()", "return item"), "do not wait for its end"),
        (then("process.terminate()", "return item"), "ended a process that was to live on"),
        (then("if item:", "    return item"), "It had got the item. Hint: return it at once"),
        (then("if item is not None:", "    return item"), "It had got the item. Hint: return it at once"),
        ([("while True", "for _ in range(10)")], "While the process is alive, try again"),
        (
            [
                ("queue, process):\n", "queue, process):\n    import threading\n    box, t = [], threading.Thread\n"),
                (
                    "    while",
                    "    t = t(target=lambda: box.append(queue.get()), daemon=True)\n    t.start()\n    while",
                ),
                ("process.exitcode is not None", "process.exitcode"),
                ("return queue.get(timeout=0.1)", "t.join(0.1)\n            return box.pop() if box else 1 / 0"),
                ("except Empty", "except ZeroDivisionError"),
            ],
            "0 is an end too",
        ),
    ],
}
