"""A module prints when a spawned child imports it."""

from chosen import run

print("imported as", __name__)


def work():
    print("work")


if __name__ == "__main__":
    run(work)
