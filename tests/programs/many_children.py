"""60 children live at once, in a process that may have 256 descriptors.

out: 60 times 0
order: any
thorough: it starts many processes
under: sh -c 'ulimit -n 256; exec "$@"' -
"""

from chosen import mp


def work(gate):
    gate.wait()


if __name__ == "__main__":
    gate = mp.Event()
    children = [mp.Process(target=work, args=(gate,)) for _ in range(60)]
    for child in children:
        child.start()
    gate.set()
    for child in children:
        child.join()
    print(len(children), "times", *{child.exitcode for child in children})
