"""A child's signals, threads and parent are those of a plain child."""

import multiprocessing
import os
import signal
import threading

from chosen import run


def work():
    print({each.name: str(signal.getsignal(each)) for each in signal.valid_signals() if hasattr(each, "name")})
    print(signal.pthread_sigmask(signal.SIG_BLOCK, []), threading.active_count(), threading.current_thread().name)
    print(multiprocessing.current_process().name, multiprocessing.current_process().daemon)
    print(multiprocessing.parent_process().name, multiprocessing.active_children(), os.getcwd() == os.environ["PWD"])


if __name__ == "__main__":
    run(work)
    print(threading.active_count(), multiprocessing.active_children())
