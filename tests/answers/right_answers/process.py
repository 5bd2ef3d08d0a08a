"""Right answers to the exercises of lesson 01 that differ from the solutions."""

SPAWN = """import multiprocessing

context = multiprocessing.get_context("spawn")

"""

RIGHT = {
    ("process", 1): {
        "a comment that ends in dots": f"""{SPAWN}
def exit_code_of(function):
    child = context.Process(target=function)
    child.start()
    child.join()
    return child.exitcode  # 0, 1, 2 ...
""",
        "it waits for the sentinel": f"""{SPAWN}
from multiprocessing.connection import wait


def exit_code_of(function):
    child = context.Process(target=function)
    child.start()
    wait([child.sentinel])
    child.join()
    return child.exitcode
""",
        "it looks again and again": f"""{SPAWN}
import time


def exit_code_of(function):
    (child := context.Process(target=function)).start()
    while child.is_alive():
        time.sleep(0.01)
    return child.exitcode
""",
        "a class of its own": f"""{SPAWN}
class Task(context.Process):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def run(self):
        self.function()


def exit_code_of(function):
    task = Task(function)
    task.start()
    task.join()
    return task.exitcode
""",
        "type hints, a helper, and it gives back what it holds": f'''{SPAWN}
from collections.abc import Callable
from contextlib import closing
from multiprocessing.process import BaseProcess

Function = Callable[..., object]


def ended(child: BaseProcess) -> BaseProcess:
    child.start()
    child.join()
    return child


def exit_code_of(function: Function) -> int | None:
    """Run function in a child ..."""
    ...
    with closing(context.Process(target=function, name="...")) as child:
        return ended(child).exitcode
''',
        "it joins with a limit until it has ended": f"""{SPAWN}
def exit_code_of(function):
    child = context.Process(target=function, daemon=True)
    child.start()
    while child.exitcode is None:
        child.join(0.05)
    return child.exitcode
""",
        "a method, and a thread that waits": f"""{SPAWN}
import threading


class Runner:
    def exit_code(self, function):
        def work():
            child = context.Process(target=function)
            child.start()
            child.join()
            self.code = child.exitcode

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        return self.code


exit_code_of = Runner().exit_code
""",
        "the lessons' mp": """from helpers import mp


def exit_code_of(function):
    child = mp.Process(target=function)
    child.start()
    child.join()
    return child.exitcode
""",
    },
    ("process", 2): {
        "the lessons' mp": """import multiprocessing

from helpers import mp


def greet():
    print("hello from", multiprocessing.current_process().name)


if __name__ == "__main__":
    child = mp.get_context("spawn").Process(target=greet)
    child.start()
    child.join()
""",
        "a main function": '''import multiprocessing


def greet() -> None:
    """Say hello ..."""
    print(f"hello from {multiprocessing.current_process().name}")


def main() -> None:
    child = multiprocessing.get_context("spawn").Process(target=greet)
    child.start()
    child.join()


if "__main__" == __name__:
    main()
''',
        "the start method is set": """import multiprocessing
from multiprocessing import Process, current_process


def greet():
    print("hello from", current_process().name)


if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    Process(target=greet, name="Ann").start()  # the program waits for it at its end ...
""",
        "another guard": """import multiprocessing


def greet():
    print("hello from", multiprocessing.current_process().name)


if multiprocessing.current_process().name == "MainProcess":
    context = multiprocessing.get_context("spawn")
    child = context.Process(target=greet)
    child.start()
    child.join()
""",
        "a class of its own, and the program prints too": """import multiprocessing

context = multiprocessing.get_context("spawn")


class Greeter(context.Process):
    def run(self):
        print("hello from", self.name)


if __name__ == "__main__":
    print("here is", multiprocessing.current_process().name)
    child = Greeter()
    child.start()
    child.join()
    print("exit code", child.exitcode)
""",
        "the context stands outside": """import multiprocessing
import sys


def greet():
    sys.stdout.write("hello from " + multiprocessing.current_process().name + "\\n")


context = multiprocessing.get_context("spawn")
child = context.Process(target=greet)
if __name__ == "__main__":
    child.start()
    child.join()
""",
    },
    ("process", 3): {
        "it waits for the sentinel": f"""{SPAWN}
from multiprocessing.connection import wait


def run_for(function, seconds):
    child = context.Process(target=function)
    child.start()
    in_time = bool(wait([child.sentinel], seconds))
    if not in_time:
        child.kill()
    child.join()
    return in_time
""",
        "it asks for the exit code": f"""{SPAWN}
def run_for(function, seconds):
    child = context.Process(target=function)
    child.start()
    child.join(timeout=seconds)
    if child.exitcode is not None:
        return True
    child.kill()
    child.join()
    return False
""",
        "it terminates first": f"""{SPAWN}
def run_for(function, seconds):
    child = context.Process(target=function)
    child.start()
    child.join(seconds)
    in_time = not child.is_alive()
    for end in child.terminate, child.kill:
        end()
        child.join(0.3)
    child.join()
    return in_time
""",
        "a deadline": f"""{SPAWN}
import time


def run_for(function, seconds):
    child = context.Process(target=function)
    child.start()
    deadline = time.monotonic() + seconds
    while child.is_alive() and time.monotonic() < deadline:
        time.sleep(0.01)
    if child.is_alive():
        child.kill()
        child.join()
        return False
    return True
""",
        "a context manager, type hints": f'''{SPAWN}
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess


@contextmanager
def started(function: Callable[..., object]) -> Iterator[BaseProcess]:
    """A child that does not outlive the block ..."""
    child = context.Process(target=function)
    child.start()
    try:
        yield child
    finally:
        child.kill()
        child.join()
        child.close()


def run_for(function: Callable[..., object], seconds: float) -> bool:
    with started(function) as child:
        child.join(seconds)
        return child.exitcode is not None
''',
        "a timer that kills": f"""{SPAWN}
import threading


def run_for(function, seconds):
    child, late = context.Process(target=function), threading.Event()

    def end():
        late.set()
        child.kill()

    child.start()
    timer = threading.Timer(seconds, end)
    timer.start()
    child.join()
    timer.cancel()
    return not late.is_set()
""",
        "a class, the lessons' mp": """from helpers import mp


class Limited:
    def __init__(self, function):
        self.child = mp.Process(target=function, daemon=True)

    def ends_within(self, seconds):
        self.child.start()
        self.child.join(seconds)
        try:
            return not self.child.is_alive()
        finally:
            self.child.kill()
            self.child.join()


def run_for(function, seconds):
    return Limited(function).ends_within(seconds)
""",
    },
    ("process", 4): {
        "two names": f"""{SPAWN}
def both(function, argument):
    a = context.Process(target=function, args=[argument])
    b = context.Process(target=function, args=[argument])
    a.start()
    b.start()
    a.join()
    b.join()
    return [a.exitcode, b.exitcode]  # a, then b ...
""",
        "a thread for each": f"""{SPAWN}
from concurrent.futures import ThreadPoolExecutor


def run(function, argument):
    child = context.Process(target=function, args=(argument,))
    child.start()
    child.join()
    return child.exitcode


def both(function, argument):
    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(run, [function] * 2, [argument] * 2))
""",
        "whoever ends first comes first": f"""{SPAWN}
from multiprocessing.connection import wait


def both(function, argument):
    running = {{}}
    for _ in "ab":
        child = context.Process(target=function, args=(argument,))
        child.start()
        running[child.sentinel] = child
    codes = []
    while running:
        for sentinel in wait(list(running)):
            child = running.pop(sentinel)
            child.join()
            codes.append(child.exitcode)
    return codes
""",
        "a class of its own, type hints": f'''{SPAWN}
from collections.abc import Callable
from typing import Any


class Call(context.Process):
    """Calls a function with an argument ..."""

    def __init__(self, function: Callable[[Any], object], argument: Any) -> None:
        super().__init__()
        self.function, self.argument = function, argument
        self.start()

    def run(self) -> None:
        self.function(self.argument)

    def code(self) -> int | None:
        self.join()
        return self.exitcode


def both(function: Callable[[Any], object], argument: Any) -> list[int | None]:
    one, other = Call(function, argument), Call(function, argument)
    return [one.code(), other.code()]
''',
        "an exit stack, joined backwards": f"""{SPAWN}
from contextlib import ExitStack
from functools import partial


def both(function, argument):
    children = []
    with ExitStack() as stack:
        for _ in range(2):
            child = context.Process(target=partial(function, argument))
            children.append(child)
            child.start()
            stack.callback(child.join)
    return [child.exitcode for child in children]
""",
        "it looks again and again, the lessons' mp": """import time

from helpers import mp


def both(function, argument):
    children = tuple(mp.Process(target=function, kwargs={"argument": argument}) for _ in range(2))
    for child in children:
        child.start()
    while any(child.is_alive() for child in children):
        time.sleep(0.02)
    return [child.exitcode for child in children]
""",
    },
}
