"""A child calls `breakpoint()`, and nobody answers.

err: BdbQuit
"""

from chosen import run


def work():
    breakpoint()
    print("never")


if __name__ == "__main__":
    print(run(work))
