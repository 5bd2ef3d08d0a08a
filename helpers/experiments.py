"""`explore`: an experiment of a lesson with sliders, and the five experiments; and lesson 04's measurement.

    slider let go -> the experiment with the sliders' values -> a real run -> its figure, in place of the one before

A kernel handles one slider's message after the other, so two experiments never run at once. Each experiment joins all
that it starts.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import wait
from multiprocessing.shared_memory import SharedMemory

from helpers import lock, mp, pipe, process, queue, received, sent
from helpers.chart import timeline


def explore(experiment: Callable[..., timeline], **choices: list) -> None:
    """Show a slider for each parameter of an experiment, and its timeline, drawn again when a slider is let go.

    experiment  called with a value for each parameter; returns the timeline to draw
    choices     for each parameter the values to choose from; the middle one comes first
    """
    import ipywidgets
    from IPython.display import display

    sliders = {
        name: ipywidgets.SelectionSlider(
            options=values,
            value=values[len(values) // 2],
            description=name.replace("_", " "),
            continuous_update=False,
            style={"description_width": "initial"},
        )
        for name, values in choices.items()
    }

    def draw(**values) -> None:
        experiment(**values).show()
        time.sleep(0.1)  # else, with ipykernel 7.4, the reply to the cell may not come: ipywidgets alone shows it

    output = ipywidgets.interactive_output(draw, sliders)
    display(ipywidgets.VBox([*sliders.values(), output]))


def _run(children: list, meanwhile: Callable[[], None] = lambda: None) -> None:
    """Start all, do something while they run, join them, and leave none behind, whatever happens."""
    try:
        for child in children:
            child.start()
        meanwhile()
        for child in children:
            child.join()
    finally:
        for child in children:
            if child.pid is not None:
                child.kill()
                child.join()


def start_and_work(start_method: str, processes: int, work: int) -> timeline:
    """Lesson 01: children that each count the primes below `work`."""
    context = mp.get_context(start_method)
    with timeline() as run:
        _run([context.Process(target=process.count_primes, args=("primes", work)) for _ in range(processes)])
    return run


def share_naps(workers: int, chunksize: int) -> timeline:
    """Lesson 02: twelve tasks of very different length, in a pool."""
    seconds = [0.01, 0.02, 0.01, 0.2, 0.03, 0.01, 0.15, 0.02, 0.02, 0.12, 0.01, 0.1]
    with timeline() as run, mp.Pool(workers) as pool:
        pool.map(process.nap, seconds, chunksize)
    return run


def produce_and_consume(producers: int, consumers: int, maxsize: int) -> timeline:
    """Lesson 03: items of 0.02 s to make and 0.04 s to use, through a queue of at most `maxsize` (0: no limit)."""
    with timeline() as run:
        items = mp.Queue(maxsize)
        makers, users = [], []
        for number in range(producers):
            made = [f"{'abcd'[number]}{item}" for item in range(4)]
            makers.append(mp.Process(target=queue.produce, args=(items, made, 0.02), name=f"producer {number + 1}"))
        for number in range(consumers):
            users.append(mp.Process(target=queue.consume, args=(items, 0.04), name=f"consumer {number + 1}"))

        def end() -> None:
            _run(makers)
            for _ in users:
                sent("end")
                items.put(None)

        _run(users, end)
    return run


def listen_to_sensors(sensors: int, pause: float) -> timeline:
    """Lesson 04: one reader waits for several pipes; each sensor sends three readings, `pause` seconds apart."""
    with timeline() as run:
        pipes = [mp.Pipe(duplex=False) for _ in range(sensors)]
        children = [
            mp.Process(target=pipe.measure, args=(writer, number, pause), name=f"sensor {number}")
            for number, (_, writer) in enumerate(pipes, 1)
        ]

        def read() -> None:
            readers = [reader for reader, _ in pipes]
            for _, writer in pipes:
                writer.close()  # so that the reader sees the child's end
            while readers:
                for reader in wait(readers):
                    try:
                        received(reader.recv())
                    except EOFError:
                        readers.remove(reader)

        _run(children, read)
    return run


def query_with_connections(connections: int, workers: int) -> timeline:
    """Lesson 05: workers that share a number of connections, kept by a semaphore."""
    slots = mp.Semaphore(connections)
    with timeline() as run:
        _run([mp.Process(target=lock.query, args=(slots,)) for _ in range(workers)])
    return run


@contextmanager
def six_ways(largest: int) -> Iterator[dict[str, tuple]]:
    """Lesson 04: for each way four functions: the notebook's to send and to receive, and the child's."""
    (reader, writer), (back, answer), (near, far) = mp.Pipe(False), mp.Pipe(False), mp.Pipe()
    ways = {
        "one-way pipes": (writer.send, back.recv, reader.recv, answer.send),
        "duplex pipe": (near.send, near.recv, far.recv, far.send),
    }
    memory = SharedMemory(create=True, size=largest)
    try:
        with mp.Manager() as manager:
            for name, make in (
                ("SimpleQueue", mp.SimpleQueue),
                ("Queue", mp.Queue),
                ("manager's queue", manager.Queue),
            ):
                to, back = make(), make()
                ways[name] = (to.put, back.get, to.get, back.put)
            near, far = mp.Pipe()
            mine, childs = pipe.Block(memory, near), pipe.Block(memory, far)
            ways["shared memory"] = (mine.send, near.recv, childs.receive, far.send)
            yield ways
    finally:
        memory.close()
        memory.unlink()


def time_messages(sizes: list[int], rounds: int = 2) -> dict[str, dict[int, float]]:
    """Lesson 04: for each way and size the shortest time of a message and its answer, in seconds."""
    with six_ways(max(sizes)) as ways:
        children = [mp.Process(target=pipe.pong, args=for_child) for _, _, *for_child in ways.values()]
        best = {way: dict.fromkeys(sizes, float("inf")) for way in ways}

        def measure() -> None:
            for send, receive, *_ in ways.values():
                pipe.ping(send, receive, 1)  # returns when the child is there
            for size in rounds * sizes:  # in turn, so a busy moment disturbs all ways
                for way, (send, receive, *_) in ways.items():
                    best[way][size] = min(best[way][size], pipe.ping(send, receive, size))
            for send, *_ in ways.values():
                send(b"")

        _run(children, measure)
    return best
