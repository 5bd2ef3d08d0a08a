"""Nobody joins the child, and the output is read slowly: each of the 5,000 lines arrives."""

import time

from chosen import mp


def work():
    for number in range(5000):
        print("line", number, "x" * 20)


if __name__ == "__main__":
    child = mp.Process(target=work)
    child.start()
    while child.exitcode is None:
        time.sleep(0.0002)
