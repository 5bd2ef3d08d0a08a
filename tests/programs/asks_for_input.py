"""A child asks for input, and there is none.

out: name? 1
err: EOFError
"""

from chosen import run


def work():
    input("name? ")


if __name__ == "__main__":
    print(run(work))
