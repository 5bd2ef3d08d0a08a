"""Plausible wrong answers to the exercises of lesson 04."""

from multiprocessing import get_all_start_methods

from right_answers.pipe import RIGHT

from wrong_answers.lock import changed

ASK, TOTAL, MATCHING, GATHER = (next(iter(answers.values())) for answers in RIGHT.values())
ASK_ONE = "        here.send(question)\n        answers.append(here.recv())\n"
ALL_AT_ONCE = ASK_ONE.replace("        answers", "    for question in questions:\n        answers")
BY_COUNTING = """        here.send(question)
        for _ in range(40):
            if here.poll():
                answers.append(here.recv())
                break
            time.sleep(0.1)
"""
A_WORKER_EACH = """    answers = []
    for question in questions:
        here, there = context.Pipe()
        child = context.Process(target=worker, args=(there,))
        child.start()
        there.close()
        here.send(question)
        answers.append(here.recv())
        here.close()
        child.join()
    return answers
"""
STRANGE = "class Total:\n    def __repr__(self):\n        return self.text\n\n\ndef add_up"
EACH_IN_A_THREAD = """    for line in lines:
        threading.Thread(target=to_child.send, args=(line,)).start()
"""
SENDER = "    sender = threading.Thread(target=send_all)\n    sender.start()\n"
IN_TURN = """        for reader in list(names):
            try:
                if reader.poll(1):
                    messages[names[reader]].append(reader.recv())
"""
READ_READY = """        for reader in wait(list(names)):
            try:
                messages[names[reader]].append(reader.recv())
"""
JOIN_ALL = "    for child in children:\n        child.join()\n"

WRONG = {
    ("pipe", 1): [
        (changed(ASK, ("args=(there,)", "args=(there)")), "a tuple, with its comma"),
        (
            changed(ASK, ("    here.close()\n    child.join()\n", "    child.join()\n    here.close()\n")),
            "before you join",
        ),
        (changed(ASK, ("target=worker, args=(there,)", "target=worker(there)")), "target=function() calls it at once"),
        (
            changed(ASK, ("    child.start()\n    there.close()\n", "    there.close()\n    child.start()\n")),
            "after start()",
        ),
        (
            changed(
                ASK,
                (
                    ASK_ONE,
                    ALL_AT_ONCE,
                ),
            ),
            "Hint: send one, receive its answer",
        ),
        ("import time\n" + changed(ASK, (ASK_ONE, BY_COUNTING)), "may take longer than any limit of time"),
        (
            changed(ASK, ("answers.append(here.recv())", "if here.poll(30):\n            answers.append(here.recv())")),
            "any limit of time",
        ),
        (
            changed(ASK, ("child.join()", "child.join(10)")),
            "Hint: an answer, and the end of a child",
        ),
        (changed(ASK, (ASK[ASK.index("    here, ") :], A_WORKER_EACH)), "one worker answers all"),
        (
            changed(ASK, ("    answers = []\n", "    if not questions:\n        return []\n    answers = []\n")),
            "had no child run",
        ),
        (changed(ASK, ("    here.close()\n", "    here.send(None)\n    here.close()\n")), "no mark is needed"),
        (changed(ASK, ("    child.join()\n", "    child.terminate()\n    child.join()\n")), "kill nobody"),
    ],
    ("pipe", 2): [
        (
            changed(
                TOTAL,
                ("    writer.close()\n    total = result.recv()\n", "    total = result.recv()\n    writer.close()\n"),
            ),
            "close yours after the last number",
        ),
        (
            changed(
                TOTAL,
                ("def add_up(reader, answer)", "def add_up(reader, writer, answer)"),
                ("(reader, answer))", "(reader, writer, answer))"),
            ),
            "does the child get one as an argument",
        ),
        (
            changed(
                TOTAL,
                (
                    "total += reader.recv()",
                    "n = reader.recv()\n            if n is None:\n                break\n            total += n",
                ),
                ("    except EOFError:\n        answer", "    finally:\n        answer"),
                ("    writer.close()\n", "    writer.send(None)\n"),
            ),
            "it needs no mark for the end",
        ),
        (
            changed(
                TOTAL,
                ("while True:", "while reader.poll(1):"),
                ("        answer.send", "        pass\n    answer.send"),
            ),
            "never saw EOFError",
        ),
        (
            changed(
                TOTAL, ("    for number in numbers:\n        writer.send(number)\n", "    writer.send(sum(numbers))\n")
            ),
            "added the numbers in your program",
        ),
        (
            changed(TOTAL, ("total = result.recv()", "total = result.recv() if result.poll(1) else 0")),
            "gave 0; expected was 6.5. Hint: an answer",
        ),
        (changed(TOTAL, ("    child.join()\n", "")), "Hint: return the total"),
        (
            changed(TOTAL, ("def add_up(reader, answer)", "def add_up(reader, writer, answer)")),
            "had a child that raised TypeError",
        ),
        (
            changed(TOTAL, ("def add_up", STRANGE), ("return total", "return Total()")),
            "whose repr raises AttributeError; expected was 6.5",
        ),
    ],
    ("pipe", 3): [
        (
            changed(
                MATCHING,
                ("        for line in lines:\n            to_child.send(line)", "        to_child.send(lines)"),
            ),
            "The child had got 1 of 5 lines. Hint: send each once",
        ),
        (
            changed(MATCHING, ("    sender.start()\n", "    sender.start()\n    sender.join()\n")),
            "receive until EOFError first",
        ),
        (
            changed(MATCHING, ("    sender.start()\n", "    sender.run()\n"), ("        sender.join()\n", "")),
            "let a thread send the lines",
        ),
        (changed(MATCHING, ("        to_child.close()\n", "")), "closes to_child after the last one"),
        (
            changed(
                MATCHING,
                ("        to_child.close()\n", ""),
                ("    sender.start()\n", "    sender.start()\n    to_child.close()\n"),
            ),
            "let the thread close to_child after the last one",
        ),
        (
            changed(MATCHING, ("to_child.send(line)", "to_child.send_bytes(line.encode())")),
            "send each once, by itself",
        ),
        (changed(MATCHING, (SENDER, EACH_IN_A_THREAD), ("        sender.join()\n", "")), "one thread sends all"),
        (
            changed(
                MATCHING,
                ("while True:", "while from_child.poll(5):"),
                ("        sender.join()\n        return found\n", "        pass\n    return found\n"),
            ),
            "Hint: an answer, and the end of a child",
        ),
        (
            changed(
                MATCHING,
                ("import threading", "import multiprocessing"),
                ("threading.Thread(", 'multiprocessing.get_context("spawn").Process('),
            ),
            "a function in a function can't be sent to a process",
        ),
    ],
    ("pipe", 4): [
        (changed(GATHER, ("child.join()", "child.terminate()\n        child.join()")), "kill nobody"),
        (changed(GATHER, ("        writer.close()\n", "")), "your own copy keeps the pipe open"),
        (
            changed(GATHER, ("in wait(list(names)):", "in list(names):")),
            "connection.wait(readers) says which can be read now",
        ),
        (changed(GATHER, (READ_READY, IN_TURN)), "waited for one child after the other"),
        (
            changed(GATHER, ("        writer.close()\n", "        writer.close()\n        child.join()\n")),
            "start all before you read",
        ),
        (changed(GATHER, ("    while names:\n", JOIN_ALL + "    while names:\n")), "already in join()"),
        (changed(GATHER, ("except EOFError", "except KeyError")), "EOFError is a child's end: catch it"),
        (changed(GATHER, ("del names[reader]", "pass")), "wait no more for a reader that has raised EOFError"),
        (
            changed(
                GATHER,
                ("while names:", "while ready := wait(list(names), timeout=1):"),
                ("in wait(list(names)):", "in ready:"),
            ),
            "a silence none",
        ),
        (
            changed(
                GATHER,
                ("while names:", "while any(child.is_alive() for child in children):"),
                ("wait(list(names))", "wait(list(names), 0.1)"),
                ("del names[reader]", "pass"),
            ),
            "a dead child neither",
        ),
        (changed(GATHER, (JOIN_ALL, "")), "running. Hint: each child has a pipe of its own"),
    ],
}

if "fork" in get_all_start_methods():
    FORKED = ("context.Process", "multiprocessing.get_context('fork').Process")
    WRONG["pipe", 1].append((changed(ASK, FORKED), "a forked child has a copy of your end"))
