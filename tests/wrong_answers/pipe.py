"""Plausible wrong answers to the exercises of lesson 04."""

WRONG = {
    ("pipe", 1): [
        ([("    here.close()\n", "")], "close it before you join"),
        (
            [("    here.close()\n    child.join()\n", "    child.join()\n    here.close()\n")],
            "close it before you join",
        ),
        ([("    child.join()\n", "")], "without having joined every child"),
        ([("target=worker, args=(there,)", "target=worker(there)")], "target=function() calls it at once"),
        ([("    here.close()\n", "    child.kill()\n")], "kill nobody"),
        ([("Pipe()", "Pipe(duplex=False)")], "two ends that both send and receive"),
        ([("args=(there,)", "args=(there)")], "args=(end,)"),
        ([("args=(there,)", "args=(here, there)"), ("    there.close()\n", "")], "No child had begun with double"),
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
            [("    reader.close()\n", "    reader.close()\n    writer.close()\n")],
            "an end that is closed can do nothing",
        ),
        (
            [
                ("    total = result.recv()\n", "    total = sum(numbers)\n"),
                ("        writer.send(number)\n", "        pass\n"),
            ],
            "no number reached a child",
        ),
        ([("        answer.send(total)", "        pass"), ("    answer.close()\n", "")], "its total did not come back"),
        ([("    child.join()\n", "")], "without having joined every child"),
    ],
    ("pipe", 3): [
        ([("    sender.start()\n", "    sender.start()\n    sender.join()\n")], "receive until EOFError first"),
        ([("    sender.start()\n", "    sender.run()\n"), ("    sender.join()\n", "")], "let a thread send the lines"),
        ([("    lines_in.close()\n\n", "\n")], "closes the writing end after the last one"),
        ([("    found_in.close()\n", "")], "a copy of the child's writing end is still open"),
        (
            [
                ("    sender.start()\n", ""),
                (
                    "        while True:\n            found.append",
                    "        for line in lines:\n            lines_in.send(line)\n            found.append",
                ),
                ("    sender.join()\n", "    lines_in.close()\n"),
            ],
            "not every line has an answer",
        ),
        ([("lines_in.send(line)", "lines_in.send(line[:10000])")], "whole and in their order"),
        (
            [("        lines_in.send(line)", "        if 'yes' in line:\n            lines_in.send(line)")],
            "child that has to search all",
        ),
        ([("    return found", "    return [line for line in lines if word in line]")], "your program found itself"),
        ([("found.send(line)", "found.send(line[:10000])")], "whole and in their order"),
        ([("    found = []\n", "    found = []\n    child.join()\n")], "receive until EOFError first"),
        (
            [
                (
                    "        while True:\n            found.append",
                    "        for _ in lines[:2]:\n            found.append",
                ),
                ("    sender.join()\n    child.join()\n", ""),
            ],
            "receive until EOFError",
        ),
    ],
    ("pipe", 4): [
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
            "EOFError is the end of one child only",
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
        (
            [
                ("    for child in children:\n        child.join()\n", ""),
                ("                del names[reader]", "                return messages"),
            ],
            "came back while children were still running",
        ),
        ([("while names:", "if names:")], "already in join()"),
        ([("return messages", "print(messages)")], "gave NoneType; expected was a dict"),
    ],
}
