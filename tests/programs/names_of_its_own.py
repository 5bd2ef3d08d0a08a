"""A process class's own attributes and methods bear names that `mp` could have for its own.

out: (1, 2) ['camera'] outlet settled
out: (1, 2) ['camera'] outlet
out: 0
also: jupyter nbval
"""

from chosen import mp


class Reader(mp.Process):
    def __init__(self):
        super().__init__()
        self._cell = (1, 2)
        self._sources = ["camera"]
        self._outlet = "outlet"

    def _settle(self):
        return "settled"

    def run(self):
        print(self._cell, self._sources, self._outlet, self._settle())


if __name__ == "__main__":
    reader = Reader()
    reader.start()
    reader.join()
    print(reader._cell, reader._sources, reader._outlet)
    print(reader.exitcode)
