"""A program that a child has started goes on after the child's end: `join()` does not wait, and the text arrives."""

import os
import subprocess
import time

from chosen import mp


def work():
    subprocess.Popen("while ! [ -e joined ]; do sleep 0.02; done; echo late; touch late", shell=True)


if __name__ == "__main__":
    child = mp.Process(target=work)
    child.start()
    child.join()
    print("joined", flush=True)
    open("joined", "w").close()
    while not os.path.exists("late"):
        time.sleep(0.01)
    time.sleep(0.2)
    print("parent ends")
