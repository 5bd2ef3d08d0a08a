"""Plausible wrong answers to the exercises of lesson 04."""

from multiprocessing import get_all_start_methods

POLL = "while from_child.poll(0.2):\n                found.append(from_child.recv())"
CAUGHT = "    except EOFError:\n        sender.join()\n        return found"
OVER = "    except EOFError:\n        pass\n    return found"

FORK = ("context.Process", "multiprocessing.get_context('fork').Process")

WRONG = {
    ("pipe", 1): [
        ([("    child.join()\n", "")], "without having joined every child"),
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
        ([("args=(there,)", "args=(here, there)"), ("    there.close()\n", "")], "No child had begun with double"),
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
        ([("return answers", "return None")], "gave None; expected was [2, 4, 'abab']"),
    ],
    ("pipe", 2): [
        (
            [
                (
                    "total += reader.recv()",
                    "if not reader.poll(0.5):\n                break\n            total += reader.recv()",
                ),
                ("    except EOFError:\n        answer.send(total)", "    finally:\n        answer.send(total)"),
                ("    writer.close()\n", ""),
            ],
            "no time limit",
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
            "a child got 0 of the numbers",
        ),
        (
            [
                ("    for number in numbers:\n        writer.send(number)\n", "    writer.send(sum(numbers))\n"),
            ],
            "it does the sum",
        ),
        ([("        answer.send(total)", "        pass"), ("    answer.close()\n", "")], "its total did not come back"),
        ([("    child.join()\n", "")], "without having joined every child"),
    ],
    ("pipe", 3): [
        (
            [
                ("        to_child.close()\n", ""),
                ("    sender.start()\n", "    sender.start()\n    to_child.close()\n"),
            ],
            "let the thread close to_child after the last line",
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
            "only 1 of 5",
        ),
        (
            [("except EOFError", "except KeyError")],
            "EOFError says that no more comes",
        ),
        (
            [("        while True:\n", "        while from_child.poll(0.2):\n"), (CAUGHT, OVER)],
            "receive until EOFError",
        ),
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
            "expected was a dict",
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
        ([("    for child in children:\n        child.join()\n", "")], "without having joined every child"),
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
            "even if it is silent or its child gone",
        ),
        ([("except EOFError", "except KeyError")], "EOFError is how a child's end shows: catch it"),
        ([("del names[reader]", "pass")], "you still wait for that reader. Hint: remove it"),
        (
            [("        child.start()\n        writer.close()\n", "        writer.close()\n        child.start()\n")],
            "close what you give away after start()",
        ),
        ([("return messages", "print(messages)")], "gave NoneType; expected was a dict"),
    ],
}

if "fork" in get_all_start_methods():
    WRONG["pipe", 1].append(([FORK], "a forked child has a copy of your end"))
    WRONG["pipe", 2].append(([FORK], "a forked child has a copy of your end"))
