"""A child's child's child prints."""

from chosen import run


def work(depth):
    if depth < 3:
        run(work, depth + 1)
    print(depth)


if __name__ == "__main__":
    run(work, 1)
