"""Changes of the solutions of lesson 01 that do the same."""

UNUSED = "the first one is never started"
NO_MORE = "the second time, there is nothing to wait for any more"

SAME: dict[tuple[str, int], dict[str, str]] = {
    ("process", 1): {
        "twice: child = context.Process(target=function)": UNUSED,
        "twice: child.join()": NO_MORE,
    },
    ("process", 2): {
        "twice: context = multiprocessing.get_context('spawn')": "it is the same context",
        "twice: child = context.Process(target=greet)": UNUSED,
        "without: child.join()": "a program waits for its children at its end",
        "twice: child.join()": NO_MORE,
        "if __name__ == '__main__': => if __name__ <= '__main__':": "a child's name for it, __mp_main__, comes later",
        "if __name__ == '__main__': => if __name__ is '__main__':": "Python keeps each such name only once",
    },
    ("process", 3): {
        "twice: child = context.Process(target=function)": UNUSED,
        "twice: in_time = not child.is_alive()": "nothing happens in between",
        "twice: child.kill()": "it is dead already",
        "twice: child.join()": NO_MORE,
    },
    ("process", 4): {
        "twice: children = [context.Process(target=function, args=(argument,)) for _ in range(2)]": UNUSED,
        "twice: for child in children: (place 2)": NO_MORE,
        "twice: child.join()": NO_MORE,
    },
}
