"""A child is terminated; what it had flushed is there."""

import time

from chosen import mp


def work(ready):
    print("unfinished", flush=True)
    ready.set()
    time.sleep(60)


if __name__ == "__main__":
    ready = mp.Event()
    child = mp.Process(target=work, args=(ready,))
    child.start()
    ready.wait()
    child.terminate()
    child.join()
    print(child.exitcode)
