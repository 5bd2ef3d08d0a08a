"""A daemonic child is ended with the program; what it had flushed is there."""

import time

from chosen import mp


def work(ready):
    print("ready", flush=True)
    ready.set()
    time.sleep(60)


if __name__ == "__main__":
    ready = mp.Event()
    mp.Process(target=work, args=(ready,), daemon=True).start()
    ready.wait()
