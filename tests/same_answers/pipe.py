"""Changes of the solutions of lesson 04 that do the same."""

UNUSED = "the first one is never used"
AGAIN = "the second time, there is nothing left to do"
AT_ONCE = "nothing happens in between"
COPY = "that copy of the end disturbs nobody, as long as the child lives"
DUPLEX = "it could be used the other way round, too, and is not"

SAME: dict[tuple[str, int], dict[str, str]] = {
    ("pipe", 1): {
        "twice: here, there = context.Pipe()": UNUSED,
        "twice: child = context.Process(target=worker, args=(there,))": UNUSED,
        "without: there.close()": COPY,
        "twice: there.close()": AGAIN,
        "swapped: there.close() | answers = []": AT_ONCE,
        "twice: answers = []": UNUSED,
        "twice: here.close()": AGAIN,
        "twice: child.join()": AGAIN,
    },
    ("pipe", 2): {
        "twice: total = 0": AGAIN,
        "twice: try:": "the total is sent twice, and received once",
        "twice: reader, writer = context.Pipe(duplex=False)": UNUSED,
        "swapped: reader, writer = context.Pipe(duplex=False) | result, answer = context.Pipe(duplex=False)": AT_ONCE,
        "twice: result, answer = context.Pipe(duplex=False)": UNUSED,
        "twice: child = context.Process(target=add_up, args=(reader, answer))": UNUSED,
        "without: reader.close()": COPY,
        "twice: reader.close()": AGAIN,
        "swapped: reader.close() | answer.close()": AT_ONCE,
        "without: answer.close()": COPY,
        "twice: answer.close()": AGAIN,
        "swapped: answer.close() | for number in numbers:": COPY,
        "twice: writer.close()": AGAIN,
        "swapped: total = result.recv() | child.join()": "a total is short enough to wait in the pipe",
        "twice: child.join()": AGAIN,
        "twice: while True:": "the first loop ends with EOFError only",
        "twice: total += reader.recv()": "each time, one more number is received",
        "twice: answer.send(total)": "the total is sent twice, and received once",
        "reader, writer = context.Pipe(duplex=False) => reader, writer = context.Pipe(duplex=True)": DUPLEX,
        "result, answer = context.Pipe(duplex=False) => result, answer = context.Pipe(duplex=True)": DUPLEX,
    },
    ("pipe", 3): {
        "twice: def send_all():": AGAIN,
        "twice: sender = threading.Thread(target=send_all)": UNUSED,
        "swapped: sender.start() | found = []": AT_ONCE,
        "twice: found = []": UNUSED,
        "twice: try:": "nobody comes past the first one",
        "twice: to_child.close()": AGAIN,
        "twice: while True:": "the first loop ends with EOFError only",
        "twice: found.append(from_child.recv())": "each time, one more line is received",
        "without: sender.join()": "the sender has closed its end, and ends by itself",
        "twice: sender.join()": AGAIN,
        "swapped: sender.join() | return found": "the sender has closed its end, and ends by itself",
    },
    ("pipe", 4): {
        "twice: messages, names, children = ({}, {}, [])": UNUSED,
        "twice: while names:": AGAIN,
        "twice: for child in children:": AGAIN,
        "twice: reader, writer = context.Pipe(duplex=False)": UNUSED,
        "twice: child = context.Process(target=function, args=(writer,))": UNUSED,
        "twice: writer.close()": AGAIN,
        "swapped: writer.close() | messages[name] = []": AT_ONCE,
        "twice: messages[name] = []": UNUSED,
        "swapped: messages[name] = [] | names[reader] = name": AT_ONCE,
        "twice: names[reader] = name": AGAIN,
        "swapped: names[reader] = name | children.append(child)": AT_ONCE,
        "twice: children.append(child)": "a child can be joined twice",
        "twice: child.join()": AGAIN,
        "reader, writer = context.Pipe(duplex=False) => reader, writer = context.Pipe(duplex=True)": DUPLEX,
    },
}
