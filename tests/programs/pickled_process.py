"""What pickling a process, and starting one twice, raise.

out: TypeError
out: AssertionError cannot start a process twice
out: ValueError process object is closed
"""

import pickle

from chosen import mp


def says(function):
    try:
        function()
    except Exception as error:
        return f"{type(error).__name__} {error}"


if __name__ == "__main__":
    child = mp.Process(target=int)
    print(says(lambda: pickle.dumps(child)).split()[0])
    child.start()
    print(says(child.start))
    child.join()
    child.close()
    print(says(child.is_alive))
