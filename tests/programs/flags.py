"""A child under the interpreter's flags: see FLAGS in test_programs.py."""

import sys

from chosen import mp


def work(queue):
    flags = sys.flags
    print(flags.optimize, flags.bytes_warning, flags.dev_mode, flags.utf8_mode, sys.warnoptions)
    print("on stderr", file=sys.stderr)
    queue.put("from a queue")


if __name__ == "__main__":
    queue = mp.SimpleQueue()
    child = mp.Process(target=work, args=(queue,))
    child.start()
    text = queue.get()
    child.join()
    print(text, child.exitcode)
