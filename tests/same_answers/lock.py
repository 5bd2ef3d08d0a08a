"""Changes of the solutions of lesson 05 that do the same."""

ONE_ORDER = "another order of the names, and the same in every process: the names differ"
AGAIN = "nothing happens in between"

SAME: dict[tuple[str, int], dict[str, str]] = {
    ("lock", 1): {},
    ("lock", 2): {"twice: found = 0": AGAIN},
    ("lock", 3): {
        "twice: if source.name < target.name:": AGAIN,
        "twice: first, second = (source, target)": AGAIN,
        "twice: first, second = (target, source)": AGAIN,
        "swapped: source.balance -= amount | target.balance += amount": "nobody sees them in between: both are locked",
        "if source.name < target.name: => if source.name <= target.name:": ONE_ORDER,
        "if source.name < target.name: => if source.name > target.name:": ONE_ORDER,
        "if source.name < target.name: => if source.name >= target.name:": ONE_ORDER,
        "if source.name < target.name: => if not source.name < target.name:": ONE_ORDER,
    },
    ("lock", 4): {
        "twice: while not stop.is_set():": "the second time, stop is set",
        "twice: stop.set()": "it is set already",
        "twice: child.join()": "the second time, there is nothing to wait for any more",
    },
}
