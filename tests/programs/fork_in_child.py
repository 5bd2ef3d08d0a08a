"""A child forks by itself, from its main thread and from another."""

import os
import threading

from chosen import run


def fork(text):
    pid = os.fork()
    if pid == 0:
        print(text, flush=True)
        os._exit(0)
    os.waitpid(pid, 0)


def work():
    fork("forked")
    thread = threading.Thread(target=fork, args=("forked in a thread",))
    thread.start()
    thread.join()
    print("the child")


if __name__ == "__main__":
    run(work)
