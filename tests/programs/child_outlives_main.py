"""The parent's main thread has ended when the child prints."""

import os
import time

from chosen import mp


def work():
    while not os.path.exists("ended"):
        time.sleep(0.01)
    time.sleep(0.2)
    print("from the child")


if __name__ == "__main__":
    mp.Process(target=work).start()
    open("ended", "w").close()
    print("the parent ends")
