"""A manager's objects, and a new class of object, which prints in the manager's process."""

from multiprocessing.managers import BaseManager

from chosen import mp, run


class Counter:
    def __init__(self):
        self.value = 0

    def add(self, number):
        self.value += number
        print("added", number)
        return self.value


class Counters(BaseManager):
    pass


Counters.register("Counter", Counter)


def work(counter, numbers):
    numbers.append(counter.add(5))


if __name__ == "__main__":
    with mp.Manager() as manager, Counters(ctx=mp) as counters:
        counter, numbers = counters.Counter(), manager.list([1, 2])
        run(work, counter, numbers)
        total = numbers.pop()
        numbers = list(numbers)
    print(total, numbers)
