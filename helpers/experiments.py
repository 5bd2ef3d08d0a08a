"""`explore`: an experiment of a lesson with sliders, and the five experiments.

    slider let go -> the experiment with the sliders' values -> a real run -> its figure, in place of the one before

A kernel handles one slider's message after the other, so two experiments never run at once. Each experiment joins all
that it starts.
"""

from collections.abc import Callable
from multiprocessing.connection import wait

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
    output = ipywidgets.interactive_output(lambda **values: experiment(**values).show(), sliders)
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
        made = [[f"{letter}{number}" for number in range(4)] for letter in "abcd"[:producers]]
        makers = [
            mp.Process(target=queue.produce, args=(items, each, 0.02), name=f"producer {number}")
            for number, each in enumerate(made, 1)
        ]
        users = [
            mp.Process(target=queue.consume, args=(items, 0.04), name=f"consumer {number}")
            for number in range(1, consumers + 1)
        ]

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
        readers, children = [], []
        for number in range(1, sensors + 1):
            reader, writer = mp.Pipe(duplex=False)
            child = mp.Process(target=pipe.measure, args=(writer, number, pause), name=f"sensor {number}")
            child.start()
            writer.close()  # so that the reader sees the child's end
            readers.append(reader)
            children.append(child)
        while readers:
            for reader in wait(readers):
                try:
                    received(reader.recv())
                except EOFError:
                    readers.remove(reader)
        for child in children:
            child.join()
    return run


def query_with_connections(connections: int, workers: int) -> timeline:
    """Lesson 05: workers that share a number of connections, kept by a semaphore."""
    slots = mp.Semaphore(connections)
    with timeline() as run:
        _run([mp.Process(target=lock.query, args=(slots,)) for _ in range(workers)])
    return run
