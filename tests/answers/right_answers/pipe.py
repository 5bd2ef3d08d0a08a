"""Right answers to the exercises of lesson 04 that differ from the solutions."""

import os

SPAWN = """import multiprocessing

context = multiprocessing.get_context("spawn")

"""

RIGHT = {
    ("pipe", 1): {
        "context managers, and a list made at once": f"""{SPAWN}
def answer(end, question):
    end.send(question)
    return end.recv()  # it waits ...


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
        "a class of its own, type hints": f'''{SPAWN}
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any


class Worker(context.Process):
    """A child with a worker ..."""

    def __init__(self, worker: Callable[[Connection], None]) -> None:
        super().__init__(daemon=True)
        here, self.there = context.Pipe()
        self.worker = worker
        self.start()
        self.there.close()
        self.here = here  # the child has no copy of it ...

    def run(self) -> None:
        self.worker(self.there)

    def ask(self, question: Any) -> Any:
        self.here.send(question)
        return self.here.recv()


def ask(worker: Callable[[Connection], None], questions: list[Any]) -> list[Any]:
    child = Worker(worker)
    answers = list(map(child.ask, questions))
    child.here.close()
    child.join()
    return answers
''',
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
        "it pickles by itself": f"""{SPAWN}
import pickle


def ask(worker, questions):
    here, there = context.Pipe()
    child = context.Process(target=worker, args=(there,))
    child.start()
    there.close()
    answers = []
    try:
        for question in questions:
            here.send_bytes(pickle.dumps(question))
            answers.append(pickle.loads(here.recv_bytes()))
    finally:
        here.close()
        child.join()
    return answers
""",
        "an exit stack, and it waits for the sentinel": f"""{SPAWN}
from contextlib import ExitStack
from multiprocessing.connection import wait


def ask(worker, questions):
    with ExitStack() as stack:
        here, there = context.Pipe()
        child = context.Process(target=worker, args=(there,))
        child.start()
        there.close()
        stack.callback(child.join)
        stack.callback(lambda: wait([child.sentinel]))
        stack.callback(here.close)
        return [(here.send(question), here.recv())[1] for question in questions]
""",
        "a thread talks": f"""{SPAWN}
import threading


def ask(worker, questions):
    answers = []

    def talk():
        here, there = context.Pipe()
        child = context.Process(target=worker, args=(there,))
        child.start()
        there.close()
        for question in questions:
            here.send(question)
            answers.append(here.recv())
        here.close()
        child.join()

    thread = threading.Thread(target=talk)
    thread.start()
    thread.join()
    return answers
""",
    },
    ("pipe", 2): {
        "bytes and JSON": f"""{SPAWN}
import json


def add_up(reader, answer):
    total = 0
    try:
        while True:
            total += json.loads(reader.recv_bytes())
    except EOFError:
        answer.send_bytes(json.dumps(total).encode())


def total_of(numbers):
    reader, writer = context.Pipe(duplex=False)
    result, answer = context.Pipe(duplex=False)
    child = context.Process(target=add_up, args=(reader, answer))
    child.start()
    reader.close()
    answer.close()
    for number in numbers:
        writer.send_bytes(json.dumps(number).encode())
    writer.close()
    total = json.loads(result.recv_bytes())
    child.join()
    return total
""",
        "the lessons' mp, and the child closes its copy": """from helpers import mp


def add_up(reader, writer, answer):
    writer.close()
    total = 0
    try:
        while True:
            total += reader.recv()
    except EOFError:
        answer.send(total)


def total_of(numbers):
    reader, writer = mp.Pipe(duplex=False)
    result, answer = mp.Pipe(duplex=False)
    child = mp.Process(target=add_up, args=(reader, writer, answer))
    child.start()
    for number in numbers:
        writer.send(number)
    writer.close()
    total = result.recv()
    child.join()
    return total
""",
        "a generator, context managers, type hints": f'''{SPAWN}
from collections.abc import Iterator
from multiprocessing.connection import Connection

Number = int | float


def received(reader: Connection) -> Iterator[Number]:
    """All numbers ..."""
    while True:
        try:
            yield reader.recv()
        except EOFError:
            return


def add_up(reader: Connection, answer: Connection) -> None:
    with reader, answer:
        answer.send(sum(received(reader)))


def total_of(numbers: list[Number]) -> Number:
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
''',
        "a class of its own": f"""{SPAWN}
class Sum(context.Process):
    def __init__(self, reader, answer):
        super().__init__()
        self.reader, self.answer = reader, answer

    def run(self):
        numbers = []
        try:
            while True:
                numbers.append(self.reader.recv())
        except EOFError:
            pass
        self.answer.send({{"total": sum(numbers)}})


def total_of(numbers):
    reader, writer = context.Pipe(duplex=False)
    result, answer = context.Pipe(duplex=False)
    child = Sum(reader, answer)
    child.start()
    reader.close()
    for number in numbers:
        writer.send(number)
    writer.close()
    total = result.recv()["total"]
    child.join()
    return total
""",
        "the total comes through a queue": f"""{SPAWN}
def add_up(reader, totals):
    total = 0
    while True:
        try:
            total = total + reader.recv()
        except EOFError:
            break
    totals.put(total)


def total_of(numbers):
    reader, writer = context.Pipe(duplex=False)
    totals = context.SimpleQueue()
    child = context.Process(target=add_up, kwargs={{"reader": reader, "totals": totals}})
    child.start()
    for number in numbers:
        writer.send(number)
    writer.close()
    total = totals.get()
    child.join()
    return total
""",
        "duplex pipes, and a thread that sends": f"""{SPAWN}
import threading


def add_up(end, answer):
    total = 0
    try:
        while True:
            if end.poll(0.01):
                total += end.recv()
    except EOFError:
        answer.send(total)


def total_of(numbers):
    there, here = context.Pipe()
    result, answer = context.Pipe()
    child = context.Process(target=add_up, args=(there, answer))
    child.start()
    there.close()

    def send_all():
        for number in numbers:
            here.send(number)
        here.close()

    threading.Thread(target=send_all).start()
    while not result.poll(0.1):
        pass
    total = result.recv()
    child.join()
    return total
""",
        "the total comes by a Queue": """import multiprocessing

context = multiprocessing.get_context("spawn")


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
    reader.close()
    for number in numbers:
        writer.send(number)
    writer.close()
    total = totals.get()
    child.join()
    return total
""",
    },
    ("pipe", 3): {
        "a thread receives": """import threading


def matching(lines, to_child, from_child):
    found = []

    def receive_all():
        try:
            while True:
                found.append(from_child.recv())
        except EOFError:
            pass  # no more comes ...

    receiver = threading.Thread(target=receive_all)
    receiver.start()
    for line in lines:
        to_child.send(line)
    to_child.close()
    receiver.join()
    return found
""",
        "an executor, context managers": """from concurrent.futures import ThreadPoolExecutor


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
        "asyncio": """import asyncio


async def both(lines, to_child, from_child):
    def send_all():
        for line in lines:
            to_child.send(line)
        to_child.close()

    sending = asyncio.create_task(asyncio.to_thread(send_all))
    found = []
    try:
        while True:
            found.append(await asyncio.to_thread(from_child.recv))
    except EOFError:
        await sending
    return found


def matching(lines, to_child, from_child):
    return asyncio.run(both(lines, to_child, from_child))
""",
        "a class of its own, a generator, type hints": '''from collections.abc import Iterator
from multiprocessing.connection import Connection
from threading import Thread


class Sender(Thread):
    """Sends lines, and closes ..."""

    def __init__(self, lines: list[str], end: Connection) -> None:
        super().__init__(daemon=True)
        self.lines, self.end = lines, end

    def run(self) -> None:
        for line in self.lines:
            self.end.send(line)
        self.end.close()


def received(end: Connection) -> Iterator[str]:
    while True:
        try:
            yield end.recv()
        except EOFError:
            return


def matching(lines: list[str], to_child: Connection, from_child: Connection) -> list[str]:
    Sender(lines, to_child).start()
    return [*received(from_child)]
''',
        "it looks again and again, and pickles by itself": """import pickle
import threading


def matching(lines, to_child, from_child):
    def send_all():
        for line in map(pickle.dumps, lines):
            to_child.send_bytes(line)
        to_child.close()

    threading.Thread(target=send_all).start()
    found, ended = [], False
    while not ended:
        if from_child.poll(0.05):
            try:
                found.append(pickle.loads(from_child.recv_bytes()))
            except EOFError:
                ended = True
    from_child.close()
    return found
""",
        "it takes the lines out of the list": """import threading


def matching(lines, to_child, from_child):
    def send_all():
        while lines:
            to_child.send(lines.pop(0))
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
    },
    ("pipe", 4): {
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
        "an executor, a thread for each child": f"""{SPAWN}
from concurrent.futures import ThreadPoolExecutor


def messages_of(child, reader):
    messages = []
    with reader:
        while True:
            try:
                messages.append(reader.recv())
            except EOFError:
                child.join()
                return messages


def gather(senders):
    with ThreadPoolExecutor(len(senders) + 1) as threads:
        coming = {{}}
        for name, function in senders.items():
            reader, writer = context.Pipe(duplex=False)
            child = context.Process(target=function, args=[writer])
            child.start()
            writer.close()
            coming[name] = threads.submit(messages_of, child, reader)
        return {{name: messages.result() for name, messages in coming.items()}}
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
        time.sleep(0.01)  # ...
    for child in reversed(children):
        child.join()
    return messages
""",
        "the lessons' mp, classes, type hints": '''from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from typing import Any

from helpers import mp

Sender = Callable[[Connection], None]


class Source:
    """A child, and what has come from it ..."""

    def __init__(self, sender: Sender) -> None:
        self.messages: list[Any] = []
        self.reader, writer = mp.Pipe(duplex=False)
        self.child = mp.Process(target=sender, args=(writer,), daemon=True)
        self.child.start()
        writer.close()

    def fileno(self) -> int:
        return self.reader.fileno()

    def read(self) -> bool:
        """Take a message; return whether there was one."""
        try:
            self.messages.append(self.reader.recv())
        except EOFError:
            return False
        return True


def gather(senders: dict[str, Sender]) -> dict[str, list[Any]]:
    sources = {name: Source(sender) for name, sender in senders.items()}
    reading = list(sources.values())
    while reading:
        ready = wait([source.reader for source in reading])
        reading = [source for source in reading if source.reader not in ready or source.read()]
    for source in sources.values():
        source.child.join()
    return {name: source.messages for name, source in sources.items()}
''',
        "a generator, and it waits with a limit again and again": f"""{SPAWN}
from collections import defaultdict
from multiprocessing import connection


def arrivals(names):
    while names:
        for reader in connection.wait(names, timeout=0.5):
            try:
                yield names[reader], reader.recv()
            except EOFError:
                del names[reader]
                reader.close()


def gather(senders):
    names, children, messages = {{}}, set(), defaultdict(list)
    for name, function in senders.items():
        reader, writer = context.Pipe(False)
        with writer:
            child = context.Process(target=function, args=(writer,))
            child.start()
        names[reader] = name
        messages[name].clear()
        children.add(child)
    for name, message in arrivals(names):
        messages[name] += [message]
    [child.join() for child in children]
    return messages
""",
        "all are started before any writer is closed": f"""{SPAWN}
from multiprocessing.connection import wait


def gather(senders):
    pipes = {{name: context.Pipe(duplex=False) for name in senders}}
    children = [context.Process(target=senders[name], args=(pipes[name][1],)) for name in senders]
    for child in children:
        child.start()
    for _, writer in pipes.values():
        writer.close()
    messages = {{name: [] for name in senders}}
    names = {{reader: name for name, (reader, _) in pipes.items()}}
    while names:
        ready = wait(list(names))
        for reader in ready:
            name = names[reader]
            try:
                messages[name].append(reader.recv())
            except EOFError:
                names = {{other: name for other, name in names.items() if other is not reader}}
    for child in children:
        while child.is_alive():
            child.join(0.2)
    return messages
""",
    },
}
if os.name != "nt":  # there a selector takes sockets only
    RIGHT["pipe", 4]["a selector"] = f"""{SPAWN}
import selectors


def gather(senders):
    messages, children = {{}}, []
    with selectors.DefaultSelector() as selector:
        for name, function in senders.items():
            reader, writer = context.Pipe(duplex=False)
            children.append(context.Process(target=function, args=(writer,)))
            children[-1].start()
            writer.close()
            messages[name] = []
            selector.register(reader, selectors.EVENT_READ, messages[name])
        while selector.get_map():
            for key, _ in selector.select():
                try:
                    key.data.append(key.fileobj.recv())
                except EOFError:
                    selector.unregister(key.fileobj)
    for child in children:
        child.join()
    return messages
"""
