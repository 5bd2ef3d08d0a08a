"""Changes of the solutions of lesson 03 that do the same."""

UNUSED = "the first one is never used"
NO_MORE = "the second time, there is nothing to wait for any more"
NO_MATTER = "neither needs the other"
CHILDREN = "children = [context.Process(target=function, args=(queue, argument)) for argument in arguments]"
MAKERS = "makers = [context.Process(target=produce, args=(tasks, number)) for number in range(producers)]"
USERS = "users = [context.Process(target=consume, args=(tasks, results, work)) for _ in range(consumers)]"
EXTRA = "sentinels that nobody needs stay in the queue"

SAME: dict[tuple[str, int], dict[str, str]] = {
    ("queue", 1): {
        "twice: queue = context.Queue()": UNUSED,
        f"twice: {CHILDREN}": UNUSED,
        "twice: for child in children: (place 2)": NO_MORE,
        "twice: child.join()": NO_MORE,
    },
    ("queue", 2): {
        "twice: queue = context.Queue()": UNUSED,
        "twice: child = context.Process(target=produce, args=(queue,))": UNUSED,
        "swapped: child.start() | results = []": NO_MATTER,
        "twice: results = []": UNUSED,
        "twice: child.join()": NO_MORE,
    },
    ("queue", 3): {
        "twice: tasks, results = (context.Queue(), context.Queue())": UNUSED,
        f"twice: {MAKERS}": UNUSED,
        f"swapped: {MAKERS} | {USERS}": NO_MATTER,
        f"twice: {USERS}": UNUSED,
        "twice: for process in makers:": NO_MORE,
        "twice: for _ in users:": EXTRA,
        "swapped: for _ in users: | found = []": NO_MATTER,
        "twice: found = []": UNUSED,
        "twice: for process in users:": NO_MORE,
        "twice: process.join()": NO_MORE,
        "twice: tasks.put(None)": EXTRA,
        "twice: process.join() (place 2)": NO_MORE,
    },
    ("queue", 4): {
        "twice: while True:": "nobody comes to the second one",
        "twice: ended = process.exitcode is not None": "the later look is before get() too",
        "twice: try:": "if the process had ended, the first one has raised; if not, it is one look more",
        "twice: if ended:": "the first one raises, or neither does",
        "twice: message = f'it ended with exit code {process.exitcode}'": UNUSED,
        "return queue.get(timeout=0.1) => return queue.get(timeout=1.1)": "it asks less often whether it has ended",
        "return queue.get(timeout=0.1) => return queue.get(timeout=-0.9)": "it asks without a pause",
    },
}
