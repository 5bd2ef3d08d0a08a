"""A module prints when a spawned child imports it.

out: imported as __main__
out: imported as __mp_main__
out: work
only: spawn
also: jupyter
"""

from chosen import run

print("imported as", __name__)


def work():
    print("work")


if __name__ == "__main__":
    run(work)
