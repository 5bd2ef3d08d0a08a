"""What the tests run in child processes: a module of its own, so that a spawned child does not import pytest."""

import os
import signal
import subprocess
import sys
import threading
import time

from helpers import mp, span


def print_lines(child: int, lines: int, ending: str) -> None:
    """Print numbered lines and end in one of the ways in which a child can end."""
    for line in range(lines):
        print(f"child {child} line {line}")
    if ending == "long":
        print("x" * 3_000_000)
    if ending == "os._exit":
        os._exit(7)
    if ending == "killed":
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
    if ending == "raises":
        raise ValueError("raised in the child")


def print_text(text: str) -> None:
    print(text)


def print_twice(text: str) -> None:
    print(text, flush=True)
    time.sleep(0.3)
    print(text)


def print_unfinished() -> None:
    print("unfinished", end="", flush=True)
    time.sleep(60)


def print_to_stderr() -> None:
    print("on stderr", file=sys.stderr)
    sys.stdout.buffer.write(b"bytes \xff\n")


def print_from_grandchild(method: str) -> None:
    child = mp.get_context(method).Process(target=print_text, args=("from a grandchild",))
    child.start()
    child.join()
    print("from the child")


def sleep(seconds: float) -> None:
    time.sleep(seconds)


def sleep_stubbornly(ready) -> None:
    """Ignore what can be ignored, and start a child that does so too."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sleeper = subprocess.Popen([sys.executable, "-c", "import signal, time; signal.signal(2, 1); time.sleep(60)"])
    ready.send([os.getpid(), sleeper.pid])
    time.sleep(60)


def start_and_sleep(ready, method: str) -> None:
    child = mp.get_context(method).Process(target=sleep, args=(60,))
    child.start()
    ready.send([os.getpid(), child.pid])
    time.sleep(60)


def square(number: int) -> int:
    print("square", number)
    return number * number


def stream_facts() -> tuple:
    return sys.stdout.encoding, sys.stdout.fileno(), sys.stdout.writable()


def work(label: str, seconds: float = 0.05) -> None:
    with span(label):
        time.sleep(seconds)


def work_then_exit(label: str) -> None:
    with span(label):
        os._exit(0)


def work_in_thread(label: str) -> None:
    thread = threading.Thread(target=work, args=(label,))
    thread.start()
    thread.join()


def hold_in_turn(lock) -> None:
    with span("lock", "waiting"):
        lock.acquire()
    with span("lock", "holding"):
        time.sleep(0.02)
    lock.release()


def print_late(text: str, seconds: float) -> None:
    time.sleep(seconds)
    print(text)


def print_when_told(gate, text: str) -> None:
    gate.recv()
    print(text)


def terminate_a_pool_after_a_death(said) -> None:
    pool = mp.Pool(1)
    pool.apply(abs, (-1,))
    time.sleep(0.5)  # until the worker waits for its next task
    mp.active_children()[0].kill()
    said.send("terminate() begins")
    pool.terminate()
    said.send("terminate() has ended")
