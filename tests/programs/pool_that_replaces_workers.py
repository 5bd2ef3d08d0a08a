"""A pool replaces its workers, and each prints."""

from chosen import mp


def square(number):
    print("task", number)
    return number * number


if __name__ == "__main__":
    pool = mp.Pool(1, maxtasksperchild=1)
    results = [pool.apply_async(square, (number,)) for number in range(3)]
    numbers = [result.get() for result in results]
    pool.close()
    pool.join()
    print(numbers)  # not earlier: a worker that is forked just then has the text too, and prints it when it ends
