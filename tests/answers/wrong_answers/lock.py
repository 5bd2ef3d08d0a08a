"""Plausible wrong answers to the exercises of lesson 05."""

from right_answers.lock import RIGHT

ADD, COUNT, TRANSFER, WORK = (next(iter(answers.values())) for answers in RIGHT.values())
LOCKED = "        with lock:\n            counter.value += 1\n"
ORDER = TRANSFER[TRANSFER.index("    if") : TRANSFER.index("    with")]
BOTH = TRANSFER[TRANSFER.index("    with") :]
CHANGES = "            source.balance -= amount\n            target.balance += amount\n"
JOIN = "    child.join()\n"
ADD_EACH = "    with lock:\n        for number in numbers:\n            total.value += is_hit(number)\n"
ONE_LOCK_EACH = """    with source.lock:
        source.balance -= amount
    with target.lock:
        target.balance += amount
"""
BY_COUNTING = "    for _ in range(40):\n        if not child.is_alive():\n            break\n        time.sleep(0.1)\n"
EXIT_AT_SIGTERM = "    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\n    while True:"
IN_TENTHS = "        for _ in range(int(pause * 10)):\n            time.sleep(0.1)\n"


def changed(code: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert old in code, old
        code = code.replace(old, new)
    return code


WRONG = {
    ("lock", 1): [
        (changed(ADD, (LOCKED, "        counter.value += 1\n")), "the lock was never taken"),
        (
            changed(
                ADD,
                (LOCKED, "        seen = counter.value\n        with lock:\n            counter.value = seen + 1\n"),
            ),
            "read without the lock. Take the lock before you read",
        ),
        (
            changed(
                ADD,
                (LOCKED, "        with lock:\n            seen = counter.value\n        counter.value = seen + 1\n"),
            ),
            "given back between reading and writing",
        ),
        (
            "import multiprocessing\n\nmine = multiprocessing.Lock()\n\n\n" + changed(ADD, ("with lock", "with mine")),
            "A lock made in your file is another one in each process",
        ),
        (changed(ADD, ("with lock:", "with counter.get_lock():")), "this number has no lock of its own"),
        (changed(ADD, ("with lock:", "with lock.acquire():")), "lock.acquire() gives True or False. with lock: takes"),
        (
            changed(
                ADD,
                (
                    LOCKED,
                    "        if lock.acquire(timeout=1):\n            counter.value += 1\n            lock.release()\n",
                ),
            ),
            "a lock with a limit was not taken in time",
        ),
        (changed(ADD, (LOCKED, "        lock.acquire()\n        counter.value += 1\n")), "a lock that it held already"),
        (
            changed(ADD, ("counter.value += 1", "seen = counter.value\n            seen += 1")),
            "the value was never written",
        ),
    ],
    ("lock", 2): [
        (
            changed(
                COUNT,
                (
                    "            found += 1\n    with lock:\n        total.value += found\n",
                    "            with lock:\n                total.value += 1\n",
                ),
            ),
            "took the lock 143 times; expected was once. Hint: count in a variable of your own",
        ),
        (
            changed(COUNT, (COUNT[COUNT.index("    found") :], ADD_EACH)),
            "called is_hit while it held the lock",
        ),
        (changed(COUNT, ("    with lock:\n        total", "    total")), "the lock was never taken"),
        (changed(COUNT, ("total.value += found", "total.value = found")), "was never read, so nothing was added"),
        (changed(COUNT, ("in numbers", "in set(numbers)")), "from 7 to 10; expected was 11"),
        (changed(COUNT, ("is_hit(number)", "number % 7 == 3")), "did not call is_hit for 1000 of the numbers"),
        (
            changed(COUNT, ("total.value += found", "seen = total.value\n    total.value = seen + found")),
            "given back between",
        ),
        (
            changed(
                COUNT,
                (
                    "    with lock:\n        total.value += found\n",
                    "    if lock.acquire(timeout=5):\n        total.value += found\n        lock.release()\n",
                ),
            ),
            "a lock with a limit was not taken in time",
        ),
    ],
    ("lock", 3): [
        (
            changed(
                TRANSFER,
                (
                    ORDER + BOTH,
                    ONE_LOCK_EACH,
                ),
            ),
            "take both locks before the first change",
        ),
        (changed(TRANSFER, (ORDER, "    first, second = source, target\n")), "The order of the arguments is not"),
        (
            changed(TRANSFER, ("source.name < target.name", "id(source.lock) < id(target.lock)")),
            "neither is that of the ids",
        ),
        (
            changed(TRANSFER, ("source.name < target.name", "hash(source.name) < hash(target.name)")),
            "same in every process",
        ),
        (changed(TRANSFER, ("source.name < target.name", "source.name[0] < target.name[0]")), "transfer(eve, eva, 5)"),
        (changed(TRANSFER, ("source.name < target.name", "source.balance < target.balance")), "reading needs it too"),
        (
            "import multiprocessing\n\nbank = multiprocessing.Lock()\n\n\n"
            + changed(
                TRANSFER,
                (ORDER + BOTH, "    with bank:\n        source.balance -= amount\n        target.balance += amount\n"),
            ),
            "no other lock helps",
        ),
        (
            changed(
                TRANSFER,
                ("        with second.lock:\n", "        if second.lock.acquire(timeout=1):\n"),
                (CHANGES, CHANGES + "            second.lock.release()\n"),
            ),
            "if acquire gave up, let go and begin again",
        ),
        (
            changed(TRANSFER, ("source.balance -=", "first.balance -="), ("target.balance +=", "second.balance +=")),
            "the money still goes from source to target",
        ),
    ],
    ("lock", 4): [
        (
            changed(WORK, ("    stop.set()\n", "    child.terminate()\n")),
            "ended it with terminate(). A save() was in its middle",
        ),
        (
            "import signal\nimport sys\nimport time\n\n\n"
            + changed(
                WORK,
                ("    while not stop.is_set():", EXIT_AT_SIGTERM),
                ("stop.wait", "time.sleep"),
                ("    stop.set()\n", "    child.terminate()\n"),
            ),
            "ended the child while it was in save()",
        ),
        ("import time\n\n\n" + changed(WORK, ("stop.wait(pause)", "time.sleep(pause)")), "nobody wakes time.sleep()"),
        ("import time\n\n\n" + changed(WORK, ("        stop.wait(pause)\n", IN_TENTHS)), "nobody wakes time.sleep()"),
        (changed(WORK, ("        stop.wait(pause)", "            stop.wait(pause)")), "held the lock in its pause"),
        (
            changed(
                WORK,
                ("while not stop.is_set()", "while True"),
                ("stop.wait(pause)", "if stop.wait(pause):\n            break"),
            ),
            "work(stop, lock, save, 0) called save() after stop was set",
        ),
        (changed(WORK, ("stop.wait(pause)", "stop.wait(1)")), "did not pause for 1.9 seconds before"),
        (changed(WORK, ("    stop.set()\n", "")), "nobody has asked the child to stop"),
        (
            changed(WORK, (JOIN, "    child.join(5)\n    if child.is_alive():\n        child.terminate()\n")),
            "A join() with a limit can come back before",
        ),
        ("import time\n\n\n" + changed(WORK, (JOIN, BY_COUNTING)), "returned while the child was there"),
        (changed(WORK, (JOIN, "")), "join() waits for its end, if it has no limit"),
        (changed(WORK, ("        with lock:\n            save()", "        save()")), "without holding the lock"),
    ],
}
