"""A child becomes a daemon by two forks, and keeps its descriptors: `join()` does not wait for it.

out: joined
"""

import os
import time

from chosen import mp


def work():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            while not os.path.exists("joined"):
                time.sleep(0.01)
        os._exit(0)
    os.wait()


if __name__ == "__main__":
    child = mp.Process(target=work)
    child.start()
    child.join()
    print("joined", flush=True)
    open("joined", "w").close()
