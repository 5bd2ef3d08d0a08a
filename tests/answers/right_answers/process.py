"""Right answers to the exercises of lesson 01 that differ from the solutions."""

SPAWN = """import multiprocessing

context = multiprocessing.get_context("spawn")

"""

RIGHT = {
    ("process", 1): {
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
        "it joins with a limit until it has ended": f"""{SPAWN}
def exit_code_of(function):
    child = context.Process(target=function, daemon=True)
    child.start()
    while child.exitcode is None:
        child.join(0.05)
    return child.exitcode
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
