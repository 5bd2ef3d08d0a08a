"""Changes of the solutions of lesson 02 that do the same."""

BETWEEN = "nothing happens in between"
KEPT = "a result object keeps its result"
LEFT = "the first one returns"
NONE_LEFT = "the first one ends when nothing is missing"
SHARED = "40 or 41 messages: the task allows 20 to 100"
FIFTY = "return pool.map(function, items, chunksize=50)"

SAME: dict[tuple[str, int], dict[str, str]] = {
    ("pool", 1): {
        "twice: good, bad = ([], 0)": BETWEEN,
    },
    ("pool", 2): {
        "twice: for result in results:": KEPT,
        "twice: result.get()": KEPT,
    },
    ("pool", 3): {
        "twice: with context.Pool(2) as pool:": LEFT,
        "twice: with context.Pool(2) as pool: (place 2)": LEFT,
        f"{FIFTY} => {FIFTY.replace('50', '51')}": SHARED,
        f"{FIFTY} => {FIFTY.replace('50', '49')}": SHARED,
    },
    ("pool", 4): {
        "twice: results = {}": BETWEEN,
        "twice: while (missing := [item for item in items if item not in results]):": NONE_LEFT,
        "twice: futures = {}": BETWEEN,
        "twice: for item, future in futures.items():": KEPT,
        "twice: with suppress(BrokenProcessPool):": KEPT,
        "twice: results[item] = future.result()": KEPT,
    },
}
