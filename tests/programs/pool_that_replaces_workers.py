"""A pool replaces its workers, and each prints.

out: worker begins
out: worker begins
out: worker begins
out: task 0
out: task 1
out: task 2
out: [0, 1, 4]
order: any
"""

from chosen import mp


def begin():
    print("worker begins")


def square(number):
    print("task", number)
    return number * number


if __name__ == "__main__":
    pool = mp.Pool(1, begin, maxtasksperchild=1)
    results = [pool.apply_async(square, (number,)) for number in range(3)]
    print([result.get() for result in results])
    pool.close()
    pool.join()
