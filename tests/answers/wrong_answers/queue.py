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


def counted(condition: str, does: str) -> str:
    return (
        f"    import time\n    for _ in range(40):\n        if {condition}:\n            {does}\n"
        "        time.sleep(0.1)\n"
    )


def then(*lines: str) -> list[tuple[str, str]]:
    """Replace exercise 4's return by these lines; they have the item."""
    get = "queue.get(timeout=0.1)"
    return [(f"return {get}", "\n            ".join([f"item = {get}", *lines]))]


EACH_RESULT = "    results = [queue.get() for _ in children]\n"
UNTIL_EMPTY = "    while not queue.empty():\n        results.append(queue.get())\n"
JOIN_EACH = "    for child in children:\n        child.join()\n"
ONE_BY_ONE = "        child.start()\n        results += [queue.get()]\n        child.join()\n"

TO_THE_SENTINEL = "    while (result := queue.get()) is not None:\n        results.append(result)\n"
APPEND = "        results.append(result)"
WITH_NONE = (
    "    result = ''\n    while result is not None:\n        result = queue.get()\n        results.append(result)\n"
)
WHILE_IT_LIVES = (
    "    while child.is_alive():\n        while not queue.empty():\n"
    "            if (result := queue.get()) is not None:\n                results.append(result)\n"
)

TO_EACH_SENTINEL = "    for _ in users:\n        found.extend(iter(results.get, None))\n"
SENTINELS = "    for _ in users:\n        tasks.put(None)\n"
JOIN_MAKERS = "    for process in makers:\n        process.join()\n"
QUEUES = "context.Queue(), context.Queue()"
WORK = "    while (task := tasks.get()) is not None:\n        results.put(work(task))\n"
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
BY_QSIZE = """    import time

    while queue.qsize() == 0:
        time.sleep(0.1)
        if not process.is_alive():
            raise RuntimeError(f"it ended with exit code {process.exitcode}")
    return queue.get()
"""
RARELY = """    import time

    while True:
        ended = process.exitcode is not None
        if not queue.empty():
            return queue.get()
        if ended:
            raise RuntimeError(f"it ended with exit code {process.exitcode}")
        time.sleep(5)
"""
LIMITED = counted("not queue.empty()", "return queue.get()") + '    raise RuntimeError(f"{process.exitcode}")\n'

WRONG = {
    ("queue", 1): [
        ([(JOIN_EACH, "")], "while a child was still running"),
        ([("        child.start()\n", f"        child.start()\n{JOIN_EACH}")], "Hint: get first, once for each child"),
        ([(EACH_RESULT, f"    results = []\n{UNTIL_EMPTY}")], "neither None nor empty() nor a timeout says"),
        ([("[queue.get() for _ in children]", "list(iter(queue.get, None))")], "get first, once for each child"),
        (
            [
                ("        child.start()\n", ONE_BY_ONE),
                (EACH_RESULT, ""),
                ("    queue =", "    results = []\n    queue ="),
            ],
            "start all processes before you join any or wait for a result",
        ),
        ([("queue.get() for", "queue.get(timeout=5) for")], "a result may take longer than any limit"),
        ([(JOIN_EACH, "    children[-1].join()\n")], "join each child"),
        ([("        child.join()", "        child.join(1)")], "join each child, behind the last get"),
        ([("return results", "return list(set(results))")], "once for each child"),
        ([("target=function, args=(queue, argument)", "target=function(queue, argument)")], "ran the function here"),
        (
            [(EACH_RESULT, "    results = []\n" + while_alive("children", "queue", "results"))],
            "neither None nor empty() nor a timeout says",
        ),
        (
            [(EACH_RESULT, "    results = []\n" + counted("not queue.empty()", "results.append(queue.get())"))],
            "neither None nor empty() nor a timeout says",
        ),
        ([("args=(queue, argument)", "args=(argument, queue)")], "hand over args=(queue, argument)"),
    ],
    ("queue", 2): [
        ([(TO_THE_SENTINEL, UNTIL_EMPTY)], "empty means that nothing is there now"),
        ([("(result := queue.get()) is not None", "result := queue.get()")], "0 and '' are results like any other"),
        ([("child.start()\n", "child.start()\n    child.join()\n")], "does not end before somebody takes out"),
        ([("(result := queue.get()) is not None:", "True:\n        result = queue.get()")], "nothing comes behind it"),
        ([(TO_THE_SENTINEL, WITH_NONE)], "None is the sentinel, not a result"),
        ([(TO_THE_SENTINEL, get_until_empty("queue", "results", 0.1))], "empty means that nothing is there now"),
        ([(TO_THE_SENTINEL, WHILE_IT_LIVES)], "go on until the sentinel comes"),
        ([("    child.join()\n", "")], "join() comes last"),
        ([("    child.join()\n", "    child.join(1)\n")], "join() comes last"),
        ([("    child.join()\n", "    child.terminate()\n    child.join()\n")], "without terminate() or kill()"),
        ([("queue.get()", "queue.get(timeout=5)")], "get() without one"),
        ([(APPEND, f"        if result not in results:\n    {APPEND}")], "two may be equal"),
        (
            [(TO_THE_SENTINEL, counted("not queue.empty()", "results.append(queue.get())"))],
            "empty means that nothing is there now",
        ),
        ([("queue = context.Queue()", "queue = context.SimpleQueue()")], "keep the queue a context.Queue"),
    ],
    ("queue", 3): [
        ([(JOIN_MAKERS, "")], "no sentinel may come before the last task of the last producer"),
        ([(SENTINELS, "    tasks.put(None)\n")], "put one for each consumer"),
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
        (
            [(TO_EACH_SENTINEL, get_until_empty("results", "found", 1)), ("    results.put(None)\n", "")],
            "get the results, up to a mark from each consumer",
        ),
        (
            [(TO_EACH_SENTINEL, while_alive("users", "results", "found")), ("    results.put(None)\n", "")],
            "get the results, up to a mark from each consumer",
        ),
        (
            [("target=consume, args=(tasks, results, work)", "target=consume(tasks, results, work)")],
            "target=consume, args=(tasks, results, work)",
        ),
        (
            [("    for process in users:\n        process.join()\n", "")],
            "and join the consumers then",
        ),
        ([(QUEUES, "context.Queue(2), context.Queue(2)")], "Leave out limits of the queues"),
        ([(QUEUES, "context.Queue(), context.Queue(maxsize=4)")], "Leave out limits of the queues"),
        ([("    return found", "    return list(filter(None, found))")], "0 is a result like any other"),
        (
            [
                ("context.Process(target=consume", "Thread(target=consume"),
                ("import m", "from threading import *\nimport m"),
            ],
            "Process, not Thread",
        ),
        ([(WORK, UNTIL_A_LIMIT), (SENTINELS, "")], "nor a timeout says that no task will come"),
    ],
    ("queue", 4): [
        (
            [("            if ended:\n                message", "            if True:\n                message")],
            "try again",
        ),
        ([("queue.get(timeout=0.1)", "queue.get()")], "get with a timeout, again and again"),
        (
            [("            if ended:\n", "            if process.exitcode is not None:\n")],
            "look once more into the queue",
        ),
        ([("ended = process.exitcode is not None", "ended = process.exitcode")], "0 is an end too"),
        ([("    while True:\n", "    process.join()\n    while True:\n")], "do not wait for its end"),
        ([("    while True:\n", "    process.join(timeout=1)\n    while True:\n")], "do not wait for its end"),
        (
            [("                raise RuntimeError(message) from None", "                raise")],
            "Catch Empty, and raise",
        ),
        ([(" {process.exitcode}", "")], "is not in its text"),
        (then("process.terminate()", "return item"), "ended a process that was to live on"),
        (then("if item:", "    return item"), "return the first item at once, whatever it is"),
        (then("if item is not None:", "    return item"), "An item counts, whatever it is"),
        (then("while not queue.empty():", "    item = queue.get()", "return item"), "whatever it is"),
        ([(WATCH, BY_QSIZE)], "look once more into the queue"),
        ([(WATCH, LIMITED)], "While it is alive, try again"),
        ([(WATCH, RARELY)], "nor pause for a second"),
    ],
}
