"""A board of jobs behind an address and a key: a child serves it, a worker connects and takes what is there.

out: job 1
out: job 2
out: worker ends 0
out: results [10, 20]
out: server ends -15
also: jupyter nbval
"""

import queue
import tempfile
from multiprocessing.managers import BaseManager

from chosen import mp

jobs, results = queue.Queue(), queue.Queue()


class Board(BaseManager):
    pass


class Client(BaseManager):
    pass


def get_jobs():
    return jobs


def get_results():
    return results


for name, function in {"jobs": get_jobs, "results": get_results}.items():
    Board.register(name, callable=function)
    Client.register(name)


def serve(address, ready):
    server = Board(address, b"key", ctx=mp).get_server()
    ready.set()
    server.serve_forever()


def work(address):
    board = Client(address, b"key")
    board.connect()
    while (job := board.jobs().get()) is not None:
        print("job", job)
        board.results().put(10 * job)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        address, ready = f"{folder}/board", mp.Event()
        server = mp.Process(target=serve, args=(address, ready))
        server.start()
        ready.wait()
        board = Client(address, b"key")
        board.connect()
        for job in (1, 2, None):
            board.jobs().put(job)
        worker = mp.Process(target=work, args=(address,))
        worker.start()
        found = [board.results().get() for _ in range(2)]
        worker.join()
        print("worker ends", worker.exitcode)
        print("results", found)
        server.terminate()
        server.join()
        print("server ends", server.exitcode)
