"""Right answers to the exercises of lesson 04. The first of each is what its wrong answers are made of."""

SPAWN = """import multiprocessing

context = multiprocessing.get_context("spawn")

"""

RIGHT = {
    ("pipe", 1): {
        "one line after the other": f"""{SPAWN}
def ask(worker, questions):
    here, there = context.Pipe()
    child = context.Process(target=worker, args=(there,))
    child.start()
    there.close()
    answers = []
    for question in questions:
        here.send(question)
        answers.append(here.recv())
    here.close()
    child.join()
    return answers
""",
        "with blocks, and a list made at once": f"""{SPAWN}
def answer(end, question):
    end.send(question)
    return end.recv()


def ask(worker, questions):
    here, there = context.Pipe(duplex=True)
    child = context.Process(target=worker, args=(there,))
    with here:
        with there:
            child.start()
        answers = [answer(here, question) for question in questions]
    child.join()
    return answers
""",
        "it looks again and again": f"""{SPAWN}
import time


def ask(worker, questions):
    mine, other = context.Pipe()
    child = context.Process(target=worker, args=[other])
    child.start()
    other.close()
    answers = []
    for question in questions:
        mine.send(question)
        while not mine.poll(0.05):
            pass
        answers += [mine.recv()]
    mine.close()
    while child.is_alive():
        time.sleep(0.01)
    return answers
""",
        "the lessons' mp, and the child closes what it has too much": """from helpers import mp


def work(worker, here, there):
    here.close()
    worker(there)


def ask(worker, questions):
    here, there = mp.Pipe()
    child = mp.Process(target=work, args=(worker, here, there))
    child.start()
    there.close()
    answers = []
    for question in questions:
        here.send(question)
        answers.append(here.recv())
    here.close()
    child.join()
    return answers
""",
    },
    ("pipe", 2): {
        "one line after the other": f"""{SPAWN}
def add_up(reader, answer):
    total = 0
    try:
        while True:
            total += reader.recv()
    except EOFError:
        answer.send(total)


def total_of(numbers):
    reader, writer = context.Pipe(duplex=False)
    result, answer = context.Pipe(duplex=False)
    child = context.Process(target=add_up, args=(reader, answer))
    child.start()
    reader.close()
    for number in numbers:
        writer.send(number)
    writer.close()
    total = result.recv()
    child.join()
    return total
""",
        "the child closes its copy": f"""{SPAWN}
def add_up(reader, writer, answer):
    writer.close()
    total = 0
    try:
        while True:
            total += reader.recv()
    except EOFError:
        answer.send(total)


def total_of(numbers):
    reader, writer = context.Pipe(duplex=False)
    result, answer = context.Pipe(duplex=False)
    child = context.Process(target=add_up, args=(reader, writer, answer))
    child.start()
    for number in numbers:
        writer.send(number)
    writer.close()
    total = result.recv()
    child.join()
    return total
""",
        "a generator, with blocks": f"""{SPAWN}
def received(reader):
    while True:
        try:
            yield reader.recv()
        except EOFError:
            return


def add_up(reader, answer):
    with reader, answer:
        answer.send(sum(received(reader)))


def total_of(numbers):
    reader, writer = context.Pipe(False)
    result, answer = context.Pipe(False)
    child = context.Process(target=add_up, args=(reader, answer))
    with reader, answer:
        child.start()
    with writer:
        for number in numbers:
            writer.send(number)
    child.join()
    return result.recv()
""",
        "the total comes by a queue": f"""{SPAWN}
def add_up(reader, totals):
    total = 0
    try:
        while True:
            total += reader.recv()
    except EOFError:
        totals.put(total)


def total_of(numbers):
    reader, writer = context.Pipe(duplex=False)
    totals = context.Queue()
    child = context.Process(target=add_up, args=(reader, totals))
    child.start()
    for number in numbers:
        writer.send(number)
    writer.close()
    total = totals.get()
    child.join()
    return total
""",
    },
    ("pipe", 3): {
        "a thread sends": """import threading


def matching(lines, to_child, from_child):
    def send_all():
        for line in lines:
            to_child.send(line)
        to_child.close()

    sender = threading.Thread(target=send_all)
    sender.start()
    found = []
    try:
        while True:
            found.append(from_child.recv())
    except EOFError:
        sender.join()
        return found
""",
        "a thread receives": """import threading


def matching(lines, to_child, from_child):
    found = []

    def receive_all():
        try:
            while True:
                found.append(from_child.recv())
        except EOFError:
            pass

    receiver = threading.Thread(target=receive_all)
    receiver.start()
    for line in lines:
        to_child.send(line)
    to_child.close()
    receiver.join()
    return found
""",
        "an executor, a with block": """from concurrent.futures import ThreadPoolExecutor


def send_all(lines, to_child):
    with to_child:
        for line in lines:
            to_child.send(line)


def matching(lines, to_child, from_child):
    found = []
    with ThreadPoolExecutor(1) as threads:
        threads.submit(send_all, lines, to_child)
        while True:
            try:
                found.append(from_child.recv())
            except EOFError:
                return found
""",
        "a process sends": """from helpers import mp


def send_all(lines, to_child):
    for line in lines:
        to_child.send(line)


def matching(lines, to_child, from_child):
    sender = mp.Process(target=send_all, args=(lines, to_child))
    sender.start()
    to_child.close()
    found = []
    try:
        while True:
            found.append(from_child.recv())
    except EOFError:
        sender.join()
    return found
""",
    },
    ("pipe", 4): {
        "wait": f"""{SPAWN}
from multiprocessing.connection import wait


def gather(senders):
    messages, names, children = {{}}, {{}}, []
    for name, function in senders.items():
        reader, writer = context.Pipe(duplex=False)
        child = context.Process(target=function, args=(writer,))
        child.start()
        writer.close()
        messages[name] = []
        names[reader] = name
        children.append(child)
    while names:
        for reader in wait(list(names)):
            try:
                messages[names[reader]].append(reader.recv())
            except EOFError:
                del names[reader]
    for child in children:
        child.join()
    return messages
""",
        "a thread for each child": f"""{SPAWN}
import threading


def read_all(reader, messages):
    try:
        while True:
            messages.append(reader.recv())
    except EOFError:
        reader.close()


def gather(senders):
    messages = {{name: [] for name in senders}}
    children, threads = [], []
    for name, function in senders.items():
        reader, writer = context.Pipe(duplex=False)
        children.append(context.Process(target=function, args=(writer,)))
        children[-1].start()
        writer.close()
        threads.append(threading.Thread(target=read_all, args=(reader, messages[name])))
        threads[-1].start()
    for each in threads + children:
        each.join()
    return messages
""",
        "it looks at one after the other": f"""{SPAWN}
import time


def gather(senders):
    messages, readers, children = {{}}, {{}}, []
    for name in senders:
        readers[name], writer = context.Pipe()
        child = context.Process(target=senders[name], args=(writer,))
        child.start()
        writer.close()
        children.append(child)
        messages[name] = []
    while readers:
        for name, reader in list(readers.items()):
            try:
                while reader.poll():
                    messages[name].append(reader.recv())
            except EOFError:
                readers.pop(name).close()
        time.sleep(0.01)
    for child in reversed(children):
        child.join()
    return messages
""",
        "a limit again and again, a defaultdict": f"""{SPAWN}
from collections import defaultdict
from multiprocessing import connection


def gather(senders):
    names, children, messages = {{}}, [], defaultdict(list)
    for name, function in senders.items():
        reader, writer = context.Pipe(False)
        with writer:
            child = context.Process(target=function, args=(writer,))
            child.start()
        names[reader] = name
        messages[name].clear()
        children.append(child)
    while names:
        for reader in connection.wait(names, timeout=0.5):
            try:
                messages[names[reader]].append(reader.recv())
            except EOFError:
                del names[reader]
                reader.close()
    for child in children:
        while child.is_alive():
            child.join(0.2)
    return messages
""",
    },
}
