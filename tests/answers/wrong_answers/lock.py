"""Plausible wrong answers to the exercises of lesson 05."""

LOCKED = "        with lock:\n            counter.value += 1\n"
ORDER = """    if source.name < target.name:
        first, second = source, target
    else:
        first, second = target, source
"""
BOTH = """    with first.lock:
        with second.lock:
            source.balance -= amount
            target.balance += amount
"""
COUNTED = """        if is_hit(number):
            found += 1
    with lock:
        total.value += found
"""

THREE_TRIES = """        for _ in range(3):
            if lock.acquire(timeout=1):
                counter.value += 1
                lock.release()
                break
"""
HITS = "        total.value += found\n"
BALANCES = "            source.balance -= amount\n            target.balance += amount\n"
READ_FIRST = """            left, more = source.balance - amount, target.balance + amount
    with first.lock:
        with second.lock:
            source.balance, target.balance = left, more
"""
LIMITED = "        lock.acquire(timeout=2)\n        save()\n        lock.release()"
IN_TENTHS = """        for _ in range(pause * 10):
            if stop.is_set():
                break
            time.sleep(0.1)
"""

WRONG = {
    ("lock", 1): [
        ([(LOCKED, "        counter.value += 1\n")], "the lock was never taken"),
        (
            [(LOCKED, "        with lock:\n            seen = counter.value\n        counter.value = seen + 1\n")],
            "given back between reading and writing",
        ),
        (
            [
                (
                    LOCKED,
                    "        with lock:\n            seen = counter.value\n"
                    "        with lock:\n            counter.value = seen + 1\n",
                )
            ],
            "given back between reading and writing",
        ),
        (
            [(LOCKED, "        seen = counter.value\n        with lock:\n            counter.value = seen + 1\n")],
            "read without the lock. Take the lock before you read",
        ),
        (
            [
                ("def add", "import multiprocessing\n\nmine = multiprocessing.Lock()\n\n\ndef add"),
                ("with lock", "with mine"),
            ],
            "a lock made in your file is another one in each process",
        ),
        (
            [
                ("def add", "import multiprocessing\n\n\ndef add"),
                ("    for _", "    lock = multiprocessing.Lock()\n    for _"),
            ],
            "a lock made in your file is another one in each process",
        ),
        (
            [("        with lock:\n", "        lock.acquire(timeout=0.01)\n        if True:\n")],
            "Look at what acquire() returns",
        ),
        (
            [(LOCKED, "        lock.acquire(block=False)\n        counter.value += 1\n        lock.release()\n")],
            "acquire() with a limit says whether it got the lock",
        ),
        (
            [
                (
                    LOCKED,
                    "        if lock.acquire(timeout=1):\n            counter.value += 1\n            lock.release()\n",
                )
            ],
            "from 7 to 87; expected was 107. Hint: a lock with a limit was not taken",
        ),
        (
            [("    for _ in range(times):\n" + LOCKED, "    with lock:\n        counter.value = 2 * times\n")],
            "was never read, so nothing was added",
        ),
        ([("with lock:", "with counter.get_lock():")], "this number has no lock of its own"),
        ([(LOCKED, "        lock.acquire()\n        counter.value += 1\n")], "a lock that it held already"),
        (
            [("    for _ in range(times):\n" + LOCKED, "    lock.acquire()\n    counter.value += times\n")],
            "had not given the lock back",
        ),
        ([("with lock:", "with lock.acquire():")], "lock.acquire() gives True or False. with lock: takes the lock"),
        ([("+= 1", "+= 2")], "from 7 to 157; expected was 107"),
        ([("range(times)", "range(max(times, 1))")], "add(counter, lock, 0), beside"),
        ([("+= 1", "+= times")], "from 7 to 2557; expected was 107. Hint: the lock is held where it should be"),
        (
            [("        with lock:\n            counter.value += 1\n", THREE_TRIES)],
            "a lock with a limit was not taken in time",
        ),
    ],
    ("lock", 2): [
        (
            [
                (
                    "            found += 1\n    with lock:\n        total.value += found\n",
                    "            with lock:\n                total.value += 1\n",
                )
            ],
            "took the lock 143 times; expected was once. Hint: count in a variable of your own",
        ),
        (
            [(COUNTED, "        with lock:\n            total.value += is_hit(number)\n")],
            "called is_hit while it held the lock",
        ),
        (
            [
                (
                    "    for number in numbers:\n" + COUNTED,
                    "    with lock:\n        for number in numbers:\n            found += is_hit(number)\n"
                    "        total.value += found\n",
                )
            ],
            "called is_hit while it held the lock",
        ),
        ([("    with lock:\n        total.value += found", "    total.value += found")], "the lock was never taken"),
        ([("total.value += found", "total.value = found")], "was never read, so nothing was added"),
        ([("for number in numbers", "for number in set(numbers)")], "from 7 to 10; expected was 11"),
        ([("for number in numbers", "for number in numbers[1:]")], "did not call is_hit for 1 of the numbers"),
        ([("is_hit(number)", "number % 7 == 3")], "did not call is_hit for 1000 of the numbers"),
        (
            [("    with lock:\n        total", "    lock.acquire(block=False)\n    if True:\n        total")],
            "Look at what acquire() returns",
        ),
        (
            [("        total.value += found", "        seen = total.value\n    total.value = seen + found")],
            "given back between reading and writing",
        ),
        (
            [
                ("    with lock:\n        total", "    if lock.acquire(timeout=5):\n        total"),
                (HITS, HITS + "        lock.release()\n"),
            ],
            "a lock with a limit was not taken in time",
        ),
    ],
    ("lock", 3): [
        (
            [(ORDER + BOTH, BOTH.replace("first", "source").replace("second", "target"))],
            "The order of the arguments is not",
        ),
        (
            [(ORDER + BOTH, BOTH.replace("first", "target").replace("second", "source"))],
            "The order of the arguments is not",
        ),
        ([("source.name < target.name", "hash(source.name) < hash(target.name)")], "same in every process"),
        ([("source.name < target.name", "source.name == 'ann'")], "transfer(dan, and, 40)"),
        ([("source.name < target.name", "source.name[0] < target.name[0]")], "transfer(eve, eva, 5)"),
        ([("source.name < target.name", "len(source.name) < len(target.name)")], "The order of the arguments is not"),
        ([("source.name < target.name", "id(source.lock) < id(target.lock)")], "neither is that of the ids"),
        ([("        with second.lock:\n", "        if second.lock.acquire(block=False):\n")], "acquire gave up"),
        ([("source.name < target.name", "amount > 20")], "transfer(dan, and, 40)"),
        (
            [("source.name < target.name", "sum(map(ord, source.name)) < sum(map(ord, target.name))")],
            "transfer(dan, and, 40)",
        ),
        (
            [("        with second.lock:\n", "        if second.lock.acquire(timeout=1):\n")],
            "if acquire gave up, let go and begin again",
        ),
        (
            [
                ("def tran", "import multiprocessing\n\nbank = multiprocessing.Lock()\n\n\ndef tran"),
                (ORDER, "    bank.acquire()\n    first, second = source, target\n"),
                (
                    "            target.balance += amount\n",
                    "            target.balance += amount\n    bank.release()\n",
                ),
            ],
            "a lock made in your file is another one in each process",
        ),
        (
            [("source.name < target.name", "id(source) < id(target)")],
            "neither is that of the ids",
        ),
        (
            [
                (
                    ORDER + BOTH,
                    "    with source.lock:\n        source.balance -= amount\n"
                    "    with target.lock:\n        target.balance += amount\n",
                )
            ],
            "take both locks before the first change",
        ),
        (
            [(BOTH, "    source.balance -= amount\n    target.balance += amount\n")],
            "without holding that account's lock",
        ),
        (
            [
                ("def tran", "import threading\n\none = threading.Lock()\n\n\ndef tran"),
                (BOTH, "    with one:\n        source.balance -= amount\n        target.balance += amount\n"),
            ],
            "no other lock helps",
        ),
        (
            [("source.name < target.name", "source.balance < target.balance")],
            "reading needs it too",
        ),
        (
            [("source.balance -=", "first.balance -="), ("target.balance +=", "second.balance +=")],
            "the money still goes from source to target",
        ),
        (
            [("        with second.lock:\n", "        second.lock.acquire()\n        if True:\n")],
            "had not given the lock back",
        ),
        (
            [
                (
                    BALANCES,
                    BALANCES.replace(
                        "            target", "    with first.lock:\n        with second.lock:\n            target"
                    ),
                )
            ],
            "the money was gone from one account and not arrived in the other",
        ),
        ([("source.name < target.name", "source.name.lower() < target.name.lower()")], "stood still"),
        ([(BALANCES, READ_FIRST)], "gave the lock back between reading and changing a balance"),
    ],
    ("lock", 4): [
        ([("stop.wait(pause)", "stop.wait(min(pause, 1))")], "called save() again, and did not pause for 60.5 seconds"),
        ([("    stop.set()\n", "    child.terminate()\n")], "ended it with terminate(), in the middle of save()"),
        ([("    stop.set()\n", "    stop.set()\n    child.kill()\n")], "ended it with kill(), in the middle of save()"),
        ([("def work(", "def works(")], "no attribute 'work'"),
        ([("    stop.set()\n", "")], "nobody has asked the child to stop"),
        ([("    child.join()", "    pass")], "returned while the child was still there"),
        ([("    child.join()", "    child.join(2)")], "join() waits for its end, if it has no limit"),
        (
            [("    child.join()", "    child.join(5)\n    if child.is_alive():\n        child.terminate()")],
            "join() with a limit can come back before",
        ),
        ([("    stop.set()\n", "    stop.set()\n    stop.clear()\n")], "leave it set until the child has ended"),
        (
            [
                ("while not stop.is_set()", "while True"),
                ("        stop.wait", "        if stop.is_set():\n            break\n        stop.wait"),
            ],
            "and after each pause",
        ),
        (
            [
                ("while not stop.is_set()", "while True"),
                ("        stop.wait(pause)", "        if stop.wait(pause):\n            break"),
            ],
            "work(stop, lock, save, 0) called save() after stop was set",
        ),
        ([("            save()", "            save()\n            save()")], "did not pause for 60.5 seconds"),
        ([("stop.wait(pause)", "stop.wait(pause or None)")], "waited longer than 0 seconds"),
        (
            [("    child.join()", "    child.join(0.1)\n    child.kill()")],
            "kill(), in the middle of save(): 2 begun, 1",
        ),
        ([("with lock:", "with lock.acquire():")], "raised TypeError"),
        ([("        stop.wait(pause)\n", "")], "did not pause for 60.5 seconds"),
        ([("stop.wait(pause)", "stop.wait(1)")], "waited longer than 0 seconds"),
        ([("stop.wait(pause)", "stop.wait()")], "waited longer than 0 seconds"),
        (
            [("        with lock:\n", "        lock.acquire(timeout=0.1)\n        if True:\n")],
            "without holding the lock",
        ),
        ([("while not stop.is_set()", "while True")], "called save() again after stop was set"),
        (
            [("def work", "import time\n\n\ndef work"), ("stop.wait(pause)", "time.sleep(pause)")],
            "nobody wakes time.sleep()",
        ),
        ([("        stop.wait(pause)", "            stop.wait(pause)")], "held the lock in its pause"),
        ([("        with lock:\n            save()", "        save()")], "without holding the lock"),
        ([("    while not stop.is_set():", "    if True:")], "did not go on until stop was set"),
        (
            [("    while not stop.is_set():", "    while not stop.wait(pause):"), ("        stop.wait(pause)\n", "")],
            "did not call save()",
        ),
        (
            [("        stop.wait(pause)", "        time.sleep(1)"), ("def work", "import time\n\n\ndef work")],
            "longer than 0 seconds",
        ),
        (
            [("        stop.wait(pause)\n", IN_TENTHS), ("def work", "import time\n\n\ndef work")],
            "raised TypeError: 'float' object cannot be interpreted as an integer",
        ),
        (
            [
                ("    child.join()\n", "    time.sleep(1)\n    child.terminate()\n    child.join()\n"),
                ("def work", "import time\n\n\ndef work"),
            ],
            "ended it with terminate(), in the middle of save()",
        ),
        (
            [("        with lock:\n            save()", LIMITED)],
            "called save() without holding the lock",
        ),
        (
            [("        stop.wait(pause)\n", "        for _ in range(int(pause)):\n            stop.wait(1)\n")],
            "work(stop, lock, save, 0.5) called save() again, and did not pause for 0.5 seconds before",
        ),
    ],
}
