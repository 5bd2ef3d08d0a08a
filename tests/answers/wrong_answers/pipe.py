"""Plausible wrong answers to the exercises of lesson 04."""

import os
from multiprocessing import get_all_start_methods

POLL = "while from_child.poll(0.2):\n                found.append(from_child.recv())"
CAUGHT = "    except EOFError:\n        sender.join()\n        return found"
OVER = "    except EOFError:\n        pass\n    return found"

FORK = ("context.Process", "multiprocessing.get_context('fork').Process")

DAWDLE = """    import time

    until = time.monotonic() + 0.6
    while time.monotonic() < until:  # what a busy machine does to it
        pass
"""

READ_READY = """        for reader in wait(list(names)):
            try:
                messages[names[reader]].append(reader.recv())
            except EOFError:
"""
READ_IN_TURN = """        for reader in list(names):
            try:
                if reader.poll(1):
                    messages[names[reader]].append(reader.recv())
            except EOFError:
"""

WITH_FUTURES = "import multiprocessing\nfrom concurrent.futures import ThreadPoolExecutor\n"
BY_SELECTOR = """    import selectors

    selector = selectors.DefaultSelector()
    for reader in names:
        selector.register(reader, selectors.EVENT_READ)
    while ready := selector.select(timeout=5):
        for reader in [key.fileobj for key, _ in ready]:
"""
AND_RECEIVE = """        except EOFError:
            pass

    receiver = threading.Thread(target=receive, daemon=True)
    receiver.start()
    receiver.join(timeout=2)
    return found
"""

WRONG = {
    ("pipe", 1): [
        ([("    child.join()\n", "")], "left a child running. Hint: recv() waits"),
        ([("    here.close()\n", "")], "close it before you join"),
        (
            [("    here.close()\n    child.join()\n", "    child.join()\n    here.close()\n")],
            "close it before you join",
        ),
        ([("target=worker, args=(there,)", "target=worker(there)")], "target=function() calls it at once"),
        ([("    here.close()\n", "    child.kill()\n")], "kill nobody"),
        ([("Pipe()", "Pipe(duplex=False)")], "two ends that both send and receive"),
        ([("args=(there,)", "args=(there)")], "a tuple, with its comma"),
        ([("args=(there,)", "args=(here, there)")], "as the only argument"),
        (
            [("args=(there,)", "args=(here, there)"), ("    there.close()\n", "")],
            "called double with Connection, Connection",
        ),
        (
            [("    child.start()\n    there.close()\n", "    there.close()\n    child.start()\n")],
            "close what you give away after start()",
        ),
        (
            [
                (
                    "        here.send(question)\n        answers",
                    "        here.send(question)\n    for question in questions:\n        answers",
                )
            ],
            "Hint: send one, receive its answer",
        ),
        ([("in questions:", "in [questions]:"), ("return answers", "return answers[0]")], "send them one by one"),
        (
            [
                (
                    "        here.send(question)\n        answers.append(here.recv())",
                    "        answers.append(here.recv())",
                )
            ],
            "each send() goes before its recv()",
        ),
        (
            [
                ("    there.close()\n", ""),
                ("here.send(question)", "there.send(question)"),
            ],
            "send through the end that you kept",
        ),
        ([("return answers", "return None")], "gave None, like a function without return; expected was [2, 4, 'abab']"),
        ([("child.join()", "child.join(0.1)")], "left a child running. Hint: recv() waits"),
        (
            [
                (
                    "        answers.append(here.recv())",
                    "        if here.poll(0.2):\n            answers.append(here.recv())",
                )
            ],
            "sent a question too early",
        ),
        ([("return answers", "return [answer for answer in answers if answer]")], "expected was [None, 0, 0, '']"),
        (
            [("    answers = []\n", "    if not questions:\n        return []\n    answers = []\n")],
            "had no child run double",
        ),
        ([("    child.start()\n", ""), ("    child.join()\n", "")], "target=worker, and start()"),
        ([("    child.join()\n", "    child.kill()\n    child.join()\n")], "did not end by itself"),
        ([("    here.close()\n", "    here.send(None)\n    here.close()\n")], "no mark is needed"),
        ([("    child.start()\n", "    child.start()\n    child.join()\n")], "was already in join()"),
        (
            [("    child.join()\n", "    __import__('time').sleep(1)\n    child.terminate()\n    child.join()\n")],
            "a worker that did not end by itself",
        ),
        (
            [
                ("import multiprocessing\n", WITH_FUTURES),
                ("here.recv()", "ThreadPoolExecutor(1).submit(here.recv).result(timeout=5)"),
            ],
            "may take longer than any limit of time",
        ),
    ],
    ("pipe", 2): [
        ([("    child.start()\n", ""), ("    child.join()\n", "")], "had no child begin. Hint: is it started?"),
        (
            [("    child.start()\n    reader.close()\n    answer.close()\n", ""), ("    child.join()\n", "")],
            "had no child begin. Hint: is it started?",
        ),
        (
            [
                (
                    "total += reader.recv()",
                    "if not reader.poll(0.5):\n                break\n            total += reader.recv()",
                ),
                ("    except EOFError:\n        answer.send(total)", "    finally:\n        answer.send(total)"),
                ("    writer.close()\n", ""),
            ],
            "no mark for the end and no limit of time",
        ),
        (
            [
                ("def add_up(reader, answer)", "def add_up(reader, writer, answer)"),
                ("(reader, answer))", "(reader, writer, answer))"),
            ],
            "the child itself has the writing end open",
        ),
        (
            [("    writer.close()\n    total = result.recv()\n", "    total = result.recv()\n    writer.close()\n")],
            "your program still has the writing end open",
        ),
        (
            [
                (
                    "total += reader.recv()",
                    "n = reader.recv()\n            if n is None:\n                break\n            total += n",
                ),
                ("    except EOFError:\n        answer.send(total)", "    finally:\n        answer.send(total)"),
                ("    writer.close()\n", "    writer.send(None)\n"),
            ],
            "it needs no mark for the end",
        ),
        (
            [("    reader.close()\n", "    reader.close()\n    writer.close()\n")],
            "a closed end can do nothing",
        ),
        (
            [
                ("    total = result.recv()\n", "    total = sum(numbers)\n"),
                ("        writer.send(number)\n", "        pass\n"),
            ],
            "added the numbers in your program",
        ),
        (
            [
                ("    for number in numbers:\n        writer.send(number)\n", "    writer.send(sum(numbers))\n"),
            ],
            "added the numbers in your program",
        ),
        (
            [
                ("total += reader.recv()", "reader.recv()"),
                ("        answer.send(total)", "        answer.send(0)"),
                ("total = result.recv()", "result.recv()\n    total = sum(numbers)"),
            ],
            "added the numbers in your program",
        ),
        (
            [
                ("total += reader.recv()", "reader.recv()"),
                ("        answer.send(total)", "        pass"),
                ("total = result.recv()", "total = sum(map(int, numbers))"),
            ],
            "a total that the child did not send",
        ),
        ([("total = result.recv()", "total = result.recv() if result.poll(1) else 0")], "gave 0; expected was 27"),
        ([("child.join()", "child.join(1)")], "left a child running"),
        (
            [("        answer.send(total)", "        pass"), ("    answer.close()\n", "")],
            "saw EOFError, but no total came",
        ),
        ([("    child.join()\n", "")], "left a child running. Hint: return the total"),
        (
            [("while True:", "while reader.poll(1):"), ("        answer.send", "        pass\n    answer.send")],
            "never saw EOFError",
        ),
        ([("def add_up(reader, answer)", "def add_up(reader, writer, answer)")], "had a child that raised TypeError"),
    ],
    ("pipe", 3): [
        (
            [
                ("import threading", "import multiprocessing"),
                ("threading.Thread(", 'multiprocessing.get_context("spawn").Process('),
            ],
            "a function in a function can't be sent to a process",
        ),
        (
            [
                ("    found = []\n    try:", "    found = []\n\n    def receive():\n        try:"),
                ("        while True:\n            found", "            while True:\n                found"),
                ("    except EOFError:\n        sender.join()\n        return found\n", AND_RECEIVE),
            ],
            "receive until EOFError; return when that is done",
        ),
        (
            [
                ("        to_child.close()\n", ""),
                ("    sender.start()\n", "    sender.start()\n    to_child.close()\n"),
            ],
            "let the thread close to_child after the last one",
        ),
        ([("    sender.start()\n", "    sender.start()\n    sender.join()\n")], "receive until EOFError first"),
        (
            [("    sender.start()\n", "    sender.run()\n"), ("        sender.join()\n", "")],
            "let a thread send the lines",
        ),
        ([("        to_child.close()\n", "")], "closes to_child after the last one"),
        (
            [
                ("            to_child.send(line)", f"            to_child.send(line)\n            {POLL}"),
                ("    sender.start()\n    found = []\n", ""),
                ("    def send_all", "    found = []\n\n    def send_all"),
                ("    try:\n", "    send_all()\n    try:\n"),
                ("        sender.join()\n", ""),
            ],
            "let a thread send the lines",
        ),
        (
            [
                ("    sender.start()\n", ""),
                (
                    "        while True:\n            found.append",
                    "        for line in lines:\n            to_child.send(line)\n            found.append",
                ),
                ("        sender.join()\n", ""),
            ],
            "not every line has an answer",
        ),
        ([("to_child.send(line)", "to_child.send(line[:10000])")], "whole and in their order"),
        (
            [("        for line in lines:\n            to_child.send(line)", "        to_child.send(lines)")],
            "sent 1 of 5 lines",
        ),
        (
            [("except EOFError", "except KeyError")],
            "EOFError says that no more comes",
        ),
        (
            [("        while True:\n", "        while from_child.poll(0.2):\n"), (CAUGHT, OVER)],
            "receive until EOFError",
        ),
        (
            [
                (
                    "    sender = threading.Thread(target=send_all)\n    sender.start()\n",
                    "    for line in lines:\n        threading.Thread(target=to_child.send, args=(line,)).start()\n",
                ),
                ("        sender.join()\n", ""),
            ],
            "sent from several threads at once, which mixes lines. Hint: one thread sends all",
        ),
        ([("    sender.start()\n", "    sender.start()\n    return [from_child.recv()]\n")], "gave 1 lines, not 3"),
        ([("        while True:\n", "        while sender.is_alive():\n"), (CAUGHT, OVER)], "receive until EOFError"),
    ],
    ("pipe", 4): [
        (
            [
                ("    for child in children:\n        child.join()\n", ""),
                ("                del names[reader]", "                return messages"),
            ],
            "came back while children were still running",
        ),
        ([("        writer.close()\n", "")], "your own copy keeps the pipe open"),
        ([("in wait(list(names)):", "in list(names):")], "connection.wait(readers) says which can be read now"),
        (
            [
                (
                    "    while names:\n        for reader in wait(list(names)):\n            try:\n",
                    "    for reader in list(names):\n            try:\n              while True:\n",
                ),
            ],
            "connection.wait(readers) says which can be read now",
        ),
        (
            [("    while names:\n", "    for child in children:\n        child.join()\n    while names:\n")],
            "already in join()",
        ),
        (
            [("                del names[reader]", "                names.clear()\n                break")],
            "EOFError ends one child, a silence none",
        ),
        (
            [
                (
                    "        child.start()\n        writer.close()\n",
                    "        child.start()\n        writer.close()\n        child.join()\n",
                )
            ],
            "start all before you read",
        ),
        (
            [
                (
                    "    for child in children:\n        child.join()\n    return messages",
                    "    return list(messages.values())",
                )
            ],
            "Expected was a dict",
        ),
        (
            [
                ("        messages[name] = []\n", ""),
                (
                    "messages[names[reader]].append",
                    "message = reader.recv()\n                messages.setdefault(names[reader], []).append",
                ),
                (".append(reader.recv())", ".append(message)"),
            ],
            'gave nothing for "silent"',
        ),
        (
            [("    for child in children:\n        child.join()\n", "")],
            "left a child running. Hint: each child has a pipe of its own",
        ),
        (
            [("    for child in children:\n        child.join()\n", DAWDLE)],
            "left a child running. Hint: each child has a pipe of its own",
        ),
        ([("while names:", "if names:")], "already in join()"),
        (
            [("while names:", "while ready := wait(list(names), timeout=1):"), ("in wait(list(names)):", "in ready:")],
            "a silence none",
        ),
        (
            [
                ("while names:", "while any(child.is_alive() for child in children):"),
                ("wait(list(names))", "wait(list(names), 0.1)"),
                ("del names[reader]", "pass"),
            ],
            "a dead child neither",
        ),
        ([("except EOFError", "except KeyError")], "EOFError is how a child's end shows: catch it"),
        ([("del names[reader]", "pass")], "you still wait for that reader. Hint: remove it"),
        (
            [("        child.start()\n        writer.close()\n", "        writer.close()\n        child.start()\n")],
            "close what you give away after start()",
        ),
        ([("child.join()", "child.join(1)")], "left a child running. Hint: each child has a pipe of its own"),
        (
            [
                (".append(reader.recv())", ".extend(filter(None, [reader.recv()]))"),
            ],
            "expected was [None, 0, '', False, None]",
        ),
        ([("return messages", "print(messages)")], "gave None. Expected was a dict"),
        ([(READ_READY, READ_IN_TURN)], "waited for one child after the other"),
        (
            [("        child.join()", "        child.terminate()\n        child.join()")],
            "join() waits for that, so kill nobody",
        ),
        (
            [
                ("import multiprocessing\n", WITH_FUTURES),
                ("wait(list(names))", "ThreadPoolExecutor(1).submit(wait, list(names)).result(timeout=5)"),
            ],
            "a child may be silent for longer than any limit of time",
        ),
    ],
}

if "fork" in get_all_start_methods():
    WRONG["pipe", 1].append(([FORK], "a forked child has a copy of your end"))
    WRONG["pipe", 2].append(([FORK], "a forked child has a copy of your end"))
if os.name == "posix":  # Windows' selectors take sockets only
    WRONG["pipe", 4].append(
        (
            [
                ("    while names:\n        for reader in wait(list(names)):\n", BY_SELECTOR),
                ("del names[reader]", "del names[reader]\n                selector.unregister(reader)"),
            ],
            "already in join(). Hint: EOFError ends one child, a silence none",
        )
    )
