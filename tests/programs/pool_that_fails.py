"""An exception of a pool's worker is raised in the parent, with the worker's traceback."""

from chosen import mp


def divide(number):
    return 1 / number


if __name__ == "__main__":
    with mp.Pool(2) as pool:
        pool.map(divide, [1, 0])
