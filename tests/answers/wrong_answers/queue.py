"""Plausible wrong answers to the exercises of lesson 03."""


def get_until_empty(queue: str, results: str, timeout: float) -> str:
    return (
        f"    from queue import Empty\n    try:\n        while True:\n"
        f"            {results}.append({queue}.get(timeout={timeout}))\n    except Empty:\n        pass\n"
    )


def while_alive(children: str, queue: str, results: str) -> str:
    return (
        f"    from queue import Empty\n    while any(child.is_alive() for child in {children}):\n"
        f"        try:\n            {results}.append({queue}.get(timeout=0.1))\n"
        "        except Empty:\n            pass\n"
    )


def then(*lines: str) -> list[tuple[str, str]]:
    """Replace exercise 4's return by these lines; they have the item."""
    get = "queue.get(timeout=0.1)"
    return [(f"return {get}", "\n            ".join([f"item = {get}", *lines]))]


TO_THE_SENTINEL = "    while (result := queue.get()) is not None:\n        results.append(result)\n"
TO_EACH_SENTINEL = "    for _ in users:\n        found.extend(iter(results.get, None))\n"
OTHER_CONSUMER = (
    "def other(tasks, results, work):\n    while (task := tasks.get()) is not None:\n"
    "        results.put(work(task))\n    results.put(None)\n\n\n"
)

DAWDLE = """    import time

    until = time.monotonic() + 0.6
    while time.monotonic() < until:  # what a busy machine does to it
        pass
"""

UNTIL_A_LIMIT = """    from queue import Empty
    while True:
        try:
            task = tasks.get(timeout=4)
        except Empty:
            break
        results.put(work(task))
"""
WATCH = """    while True:
        ended = process.exitcode is not None
        try:
            return queue.get(timeout=0.1)
        except Empty:
            if ended:
                message = f"it ended with exit code {process.exitcode}"
                raise RuntimeError(message) from None
"""
EACH_RESULT = "    results = [queue.get() for _ in children]\n"
BY_QSIZE = """    import time

    while queue.qsize() == 0:
        time.sleep(0.1)
        if not process.is_alive():
            raise RuntimeError(f"it ended with exit code {process.exitcode}")
    return queue.get()
"""

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
            "neither None nor empty() nor a timeout says that no more will come",
        ),
        (
            [("[queue.get() for _ in children]", "list(iter(queue.get, None))")],
            "each child puts one result",
        ),
        (
            [("        child.join()\n    return results", "        child.join()")],
            "gave None, like a function without return; expected was [None, 0, 0]",
        ),
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
        ([("for _ in children]", "for _ in range(3)]")], "get as many results as there are children"),
        (
            [("[queue.get() for _ in children]\n", "[queue.get()]\n" + get_until_empty("queue", "results", 1))],
            "neither None nor empty() nor a timeout says that no more will come",
        ),
        ([("queue.get() for", "queue.get(timeout=5) for")], "raised Empty in line 14"),
        ([("    for child in children:\n        child.join()", "    children[0].join()")], "2 children not joined"),
        ([("    for child in children:\n        child.join()", "    children[-1].join()")], "join each child"),
        ([("        child.join()", "        child.join(1)")], "join each child, behind the last get"),
        (
            [
                (
                    "    for child in children:\n        child.join()",
                    DAWDLE + "    [child.join(1) for child in children]",
                )
            ],
            "join each child, behind the last get",
        ),
        ([("return results", "return list(set(results))")], "each child puts one result"),
        ([("return results", "return [result for result in results if result]")], "each child puts one result"),
        (
            [("return results", "return results or None")],
            "results_of(put_result, []) gave None, like a function without return; expected was []",
        ),
        ([("args=(queue, argument)", "args=(queue, *argument)")], "never had all children at work"),
        ([("target=function, args=(queue, argument)", "target=function(queue, argument)")], "ran the function here"),
        (
            [
                (EACH_RESULT, "    results = []\n"),
                ("        child.join()\n", "        results.append(queue.get())\n        child.join()\n"),
            ],
            "does not end before somebody takes it out",
        ),
        (
            [(EACH_RESULT, "    results = []\n" + while_alive("children", "queue", "results"))],
            "results_of(put_result, ['zero', 'zero']) gave []",
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
            "does not end before somebody takes out what it has put",
        ),
        (
            [("while (result := queue.get()) is not None:", "while True:\n        result = queue.get()")],
            "for nothing comes behind it",
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
        ([("    child.join()\n", "")], "before the child had ended and was joined"),
        ([("    child.join()\n", "    child.join(1)\n")], "before the child had ended and was joined"),
        ([("    child.join()\n", "    child.kill()\n    child.join()\n")], "before the child had ended and was joined"),
        ([("queue.get()", "queue.get(timeout=5)")], "raised Empty in line 11"),
        ([("        results.append(result)", "        results.insert(0, result)")], "expected was ['first'"),
        (
            [("    return results", "    return results or None")],
            "puts [] and None, gave None, like a function without return; expected was []",
        ),
        (
            [
                (
                    TO_THE_SENTINEL,
                    "    import time\n    time.sleep(5)\n"
                    "    while not queue.empty():\n        results.append(queue.get())\n",
                )
            ],
            "empty means that nothing is there now",
        ),
        (
            [("        results.append(result)", "        if result:\n            results.append(result)")],
            "0 and '' are results like any other",
        ),
        ([("queue.get()) is not None", "queue.get()) or result == 0")], "0 and '' are results like any other"),
        ([("queue = context.Queue()", "queue = context.SimpleQueue()")], "keep the queue a context.Queue"),
        (
            [("queue = context.Queue()", "manager = context.Manager()\n    queue = manager.Queue()")],
            "keep the queue a context.Queue",
        ),
    ],
    ("queue", 3): [
        (
            [(TO_EACH_SENTINEL, while_alive("users", "results", "found")), ("    results.put(None)\n", "")],
            "gave 0 results; expected were 900",
        ),
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
            "neither empty() nor a timeout says that no task will come",
        ),
        (
            [("    found = []\n", "    for process in users:\n        process.join()\n    found = []\n")],
            "all that it has put was taken out",
        ),
        ([("    results.put(None)\n", "")], "get the results, up to a mark from each consumer"),
        (
            [("    for _ in users:\n        found.extend(iter", "    if True:\n        found.extend(iter")],
            "get the results, up to a mark from each consumer",
        ),
        (
            [("in makers + users:", "in makers + users[:1]:")],
            "never had all processes at work at once",
        ),
        (
            [("target=consume, args=(tasks, results, work)", "target=consume(tasks, results, work)")],
            "start all, with target=consume, args=(...)",
        ),
        ([("args=(tasks, number)", "args=(tasks,)")], "target=produce, args=(tasks, number)"),
        (
            [("    for process in users:\n        process.join()\n", "")],
            "came back before all had ended and were joined",
        ),
        (
            [("        results.put(work(task))", "        work(task)\n        results.put(work(task))")],
            "more than once",
        ),
        (
            [
                ("for process in makers + users:", "for process in makers:"),
                ("for _ in users:\n        tasks", "for process in users:\n        process.start()\n        tasks"),
            ],
            "before you join any or wait for a result",
        ),
        (
            [
                (TO_EACH_SENTINEL, get_until_empty("results", "found", 1)),
                ("    results.put(None)\n", ""),
            ],
            "get the results, up to a mark from each consumer",
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
            "all tasks were done. Get results up to a mark from each consumer, then join",
        ),
        (
            [("context.Queue(), context.Queue()", "context.Queue(2), context.Queue(2)")],
            "Leave out limits of the queues",
        ),
        ([("context.Queue(), context.Queue()", "context.Queue(100), context.Queue(100)")], "Leave out limits"),
        (
            [("    for process in makers:\n        process.join()", "    makers[0].join()")],
            "no sentinel may come before",
        ),
        (
            [("    for process in makers:\n        process.join()", "    makers[-1].join()")],
            "had ended and were joined",
        ),
        ([("    return found", "    return list(filter(None, found))")], "gave 771 results; expected were 900"),
        (
            [("    return found", "    return found or None")],
            "gave None, like a function without return; expected was []. There are no tasks",
        ),
        ([("in range(producers)", "in (0, 1)")], "ran produce with the numbers [0, 1]"),
        ([("in range(consumers)", "in range(3)")], "ran consume in 3 processes, not in 1"),
        ([("args=(tasks, number)", "args=(tasks, number + 1)")], "with the numbers [1, 2]"),
        ([("def run_all", f"{OTHER_CONSUMER}def run_all"), ("target=consume", "target=other")], "but not in consume"),
        (
            [
                ("    while (task := tasks.get()) is not None:\n        results.put(work(task))\n", UNTIL_A_LIMIT),
                ("    for _ in users:\n        tasks.put(None)\n", ""),
            ],
            "nor a timeout says that no task will come",
        ),
    ],
    ("queue", 4): [
        (
            [
                (
                    "        except Empty:\n            if ended:\n                message",
                    "        except Empty:\n            if True:\n                message",
                )
            ],
            "While it is alive, try again",
        ),
        ([("queue.get(timeout=0.1)", "queue.get()")], "get with a timeout, again and again"),
        (
            [("            if ended:\n", "            if process.exitcode is not None:\n")],
            "look once more into the queue",
        ),
        ([("ended = process.exitcode is not None", "ended = process.exitcode")], "0 is an end too"),
        ([("    while True:\n", "    process.join()\n    while True:\n")], "do not wait for its end"),
        (
            [("                raise RuntimeError(message) from None", "                return None")],
            "gave None. Hint: nothing will come any more",
        ),
        (
            [("                raise RuntimeError(message) from None", "                raise")],
            "Catch Empty, and raise RuntimeError",
        ),
        ([("queue.get(timeout=0.1)", "queue.get(timeout=5)"), ("is not None", "")], "0 is an end too"),
        ([(" {process.exitcode}", "")], "is not in its text"),
        ([("    while True:\n", "    process.join(timeout=1)\n    while True:\n")], "do not wait for its end"),
        (then("process.join()", "return item"), "do not wait for its end"),
        (then("process.terminate()", "return item"), "ended a process that was to live on"),
        (then("if item:", "    return item"), "return the first item at once, whatever it is"),
        (then("if item is not None:", "    return item"), "An item counts, whatever it is"),
        ([("while True", "for _ in range(10)")], "While it is alive, try again"),
        ([(WATCH, BY_QSIZE)], "look once more into the queue"),
        ([("timeout=0.1", "timeout=5"), ("    while True:", "    if True:")], "raise RuntimeError, with the exit code"),
        (then("while not queue.empty():", "    item = queue.get()", "return item"), "gave 1; expected was 0"),
        ([("queue.get(timeout=0.1)", "queue.get(timeout=0.1) or queue.get(timeout=0.1)")], "gave 1; expected was 0"),
        ([("            if ended:", "            if ended and process.exitcode:")], "0 is an end too"),
        ([("raise RuntimeError(", "raise ValueError(")], "raise RuntimeError, with the exit code"),
        ([("{process.exitcode}", "{abs(process.exitcode)}")], "The exit code -9 is not in its text"),
        ([("{process.exitcode}", "37")], "The exit code 0 is not in its text"),
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
