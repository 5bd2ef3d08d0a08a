"""A pool replaces its workers, and each prints; a worker's exception is raised in the parent, with its traceback."""

from chosen import mp


def divide(number):
    print("task", number)
    return 6 / number


if __name__ == "__main__":
    pool = mp.Pool(1, maxtasksperchild=1)
    results = [pool.apply_async(divide, (number,)) for number in (1, 2, 0)]
    numbers = [result.get() for result in results[:2]]
    pool.close()
    pool.join()
    print(numbers)  # not earlier: a worker that is forked just then has the text too, and prints it when it ends
    results[2].get()
