"""Children log while another prints without end: no lock of the parent's own may be held when they are forked."""

import logging
import sys
import time

from chosen import mp

logging.basicConfig(stream=sys.stdout)


def chatter():
    while True:
        print("x" * 2000)


def log(number):
    logging.warning("child %d", number)


if __name__ == "__main__":
    mp.Process(target=chatter, daemon=True).start()
    time.sleep(0.2)
    for number in range(int(sys.argv[3])):
        child = mp.Process(target=log, args=(number,))
        child.start()
        child.join(10)
        if child.is_alive():
            child.kill()
            sys.exit(f"child {number} hangs")
