"""A child asks for input, and there is none."""

from chosen import run


def work():
    input("name? ")


if __name__ == "__main__":
    print(run(work))
