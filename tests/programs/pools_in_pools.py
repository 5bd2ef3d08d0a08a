"""Pools whose workers are no daemons, so that they can have pools themselves: people make a context for that.

out: inner 2
out: [4]
out: inner 2
out: [4]
also: jupyter nbval
"""

import multiprocessing.pool

from chosen import mp


class NoDaemonProcess(mp.Process):
    @property
    def daemon(self):
        return False

    @daemon.setter
    def daemon(self, value):
        pass


class NoDaemonContext(type(mp)):
    Process = NoDaemonProcess


class NestablePool(multiprocessing.pool.Pool):
    def __init__(self, *args, **kwargs):
        kwargs["context"] = NoDaemonContext()
        super().__init__(*args, **kwargs)


def square(number):
    print("inner", number)
    return number**2


def square_in_a_pool(number):
    pool = mp.Pool(1)
    found = pool.apply(square, (number,))
    pool.close()
    pool.join()
    return found


if __name__ == "__main__":
    for make in (NestablePool, NoDaemonContext().Pool):
        pool = make(1)
        print(pool.map(square_in_a_pool, [2]))
        pool.close()
        pool.join()
