"""A child's child's child prints.

out: 3
out: 2
out: 1
also: jupyter nbval
"""

from chosen import run


def work(depth):
    if depth < 3:
        run(work, depth + 1)
    print(depth)


if __name__ == "__main__":
    run(work, 1)
