"""Process classes with their own `__init__`, `run`, `start` and `join`."""

import sys

from chosen import mp


class Worker(mp.Process):
    def __init__(self, number):
        super().__init__(name="worker")
        self.number = number

    def start(self):
        print("starting")
        super().start()

    def run(self):
        print("run", self.number)
        sys.exit(4)

    def join(self, timeout=None):
        super().join(timeout)
        print("joined")


if __name__ == "__main__":
    worker = Worker(5)
    worker.start()
    worker.join()
    print(worker.exitcode, worker.name)
