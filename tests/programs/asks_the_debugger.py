"""A child calls `breakpoint()`, and nobody answers.

part: (Pdb)
part: exit code 1
"""

from chosen import run


def work():
    breakpoint()
    print("never")


if __name__ == "__main__":
    print("exit code", run(work))
