"""The workers of lesson 04, Pipe, in the order in which the lesson meets them.

Most get their end of a pipe as an argument. A pipe comes to its end when all
copies of the other end are closed, those in the parent and in siblings too.
"""

import os
import time
from array import array
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection, Listener
from multiprocessing.shared_memory import SharedMemory

from helpers import received, sent, span


def send_and_close(end: Connection) -> None:
    end.send([42, None, "hello"])
    end.close()


def receive_and_print(end: Connection) -> None:
    print("received", end.recv())


def customer(end: Connection) -> None:
    for words in ("one tea", "here are 3", "goodbye"):
        with span("thinking"):
            time.sleep(0.06)
        sent(words)
        end.send(words)
        with span("waiting", "waiting"):
            answer = end.recv()
        received(answer)


ANSWERS = {"one tea": "3 coins", "here are 3": "your tea", "goodbye": "bye"}


def clerk(end: Connection) -> None:
    words = ""
    while words != "goodbye":
        with span("waiting", "waiting"):
            words = end.recv()
        received(words)
        with span("serving"):
            time.sleep(0.1)
        sent(ANSWERS[words])
        end.send(ANSWERS[words])


def count_down(writer: Connection) -> None:
    for number in (3, 2, 1):
        writer.send(number)


def measure(writer: Connection, sensor: int, pause: float) -> None:
    """Send three readings, each after a pause."""
    for letter in "abc":
        reading = f"{sensor}{letter}"
        with span(reading):
            time.sleep(pause)
        sent(reading)
        writer.send(reading)


def say_one_thing(writer: Connection) -> None:
    """Send one message, and then nothing for a minute."""
    writer.send("here I am")
    time.sleep(60)


def keep_sending(send: Callable, letter: bytes, size: int, lock: AbstractContextManager) -> None:
    """Send messages of one letter until nobody reads any more."""
    with suppress(BrokenPipeError):
        while True:
            with lock:
                send(letter * size)


def write_squares(name: str, count: int) -> None:
    """Write squares into the shared memory block of this name."""
    block = SharedMemory(name)
    with block.buf.cast("q") as numbers:  # seen as 64-bit integers
        for number in range(count):
            numbers[number] = number * number
    block.close()


def send_samples(writer: Connection) -> None:
    """Send three pairs of numbers as the 16 bytes that each pair takes."""
    for number in (1.0, 2.0, 3.0):
        writer.send_bytes(array("d", [number, number / 2]))


def pong(receive: Callable, send: Callable) -> None:
    """Answer every message with one byte, until an empty one comes."""
    while receive():
        send(b"x")


def ping(send: Callable, receive: Callable, size: int) -> float:
    """Send messages of this size, one by one; return the shortest time until an answer, in seconds."""
    message, times = b"x" * size, []
    fewest = 25 if size <= 1_000 else 4  # on a busy machine most short ones are disturbed
    while sum(times) < 0.2 and (len(times) < fewest or sum(times) < 0.005):
        began = time.perf_counter()
        send(message)
        receive()
        times.append(time.perf_counter() - began)
    return min(times)


class Block:
    """A message lies in shared memory; only its length goes by pipe."""

    def __init__(self, memory: SharedMemory, end: Connection):
        self.memory, self.end = memory, end

    def send(self, message: bytes) -> None:
        self.memory.buf[: len(message)] = message
        self.end.send(len(message))

    def receive(self) -> memoryview:
        return self.memory.buf[: self.end.recv()]  # a view, no copy


def square_numbers(end: Connection) -> None:
    """Answer each number with its square, until None comes; a 13 is deadly."""
    while (number := end.recv()) is not None:
        if number == 13:
            os._exit(1)  # as if it had been killed
        end.send(number * number)


class Invitation:
    """Claims to be rebuilt by calling print."""

    def __reduce__(self):
        return print, ("hello from a pickle",)


def invite(end: Connection) -> None:
    end.send(Invitation())


def greet_friends(report: Connection) -> None:
    """Greet callers who know the key, until one of them has been greeted."""
    with Listener(("localhost", 0), authkey=b"our secret") as listener:
        report.send(listener.address)
        while True:
            with suppress(AuthenticationError, EOFError, OSError):
                with listener.accept() as caller:
                    caller.send_bytes(b"welcome")
                return


def keep_copy(numbers: array) -> None:
    """Prepare a pool's worker with a copy of the numbers."""
    global table
    table = numbers


def keep_block(name: str) -> None:
    """Prepare a pool's worker with a view of the numbers in a block."""
    global block, table
    block = SharedMemory(name)
    table = block.buf.cast("d")


def sum_between(start: int, stop: int) -> float:
    return sum(table[start:stop])


def count_messages(reader: Connection, writer: Connection, close: bool) -> None:
    """Count messages until EOFError, with or without closing the other end."""
    if close:
        writer.close()
    count = 0
    try:
        while True:
            reader.recv()
            count += 1
    finally:
        print("messages:", count)


def echo(end: Connection) -> None:
    """Send back each message, until the other end is closed."""
    with suppress(EOFError):
        while True:
            end.send(end.recv())


def swap(end: Connection, first: str) -> None:
    """Exchange a megabyte with the other side."""
    with span(f"{first} first", "waiting"):
        if first == "receive":
            end.recv_bytes()
        end.send_bytes(bytes(1_000_000))
        if first == "send":
            end.recv_bytes()


def send_half(writer: Connection) -> None:
    """Send as much of a large message as the pipe holds."""
    os.set_blocking(writer.fileno(), False)  # do not wait for room
    with suppress(BlockingIOError):
        writer.send(bytes(10_000_000))
