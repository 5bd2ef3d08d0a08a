"""Plausible wrong answers to the exercises of lesson 01."""

import os

IN_A_CHILD = """    child = context.Process(target=function)
    child.start()
    child.join()
    return child.exitcode
"""
IN_TIME = """    in_time = not child.is_alive()
    child.kill()
    child.join()
    return in_time
"""
COUNTED = """    for _ in range(40):
        if child.exitcode is not None:
            break
        time.sleep(0.1)
"""
CLOCKED = """    deadline = time.monotonic() + 30
    while child.is_alive() and time.monotonic() < deadline:
        time.sleep(0.1)
"""
GUARD = 'if __name__ == "__main__":'
HIDDEN = "    try:\n        child.start()\n        child.join()\n    except RuntimeError:\n        pass\n"

WRONG = {
    ("process", 1): [
        (
            [("    child.join()\n", "")],
            "gave None, like a function without return; expected was 0. Hint: exitcode is None before start()",
        ),
        ([("    child.start()\n    child.join()\n", "")], "exitcode is None before start()"),
        ([("target=function", "target=function()")], "target=function() calls it at once"),
        ([("return child.exitcode", "return child.join()")], "join() itself returns None"),
        ([("child.join()", "child.join(1)")], "until join() has seen the end"),
        ([("child.start()", "child.run()")], "start() runs it in a child"),
        ([("return child.exitcode", "return abs(child.exitcode)")], "negative number of a signal"),
        ([("    child.join()\n", COUNTED), ("import m", "import time\nimport m")], "Without a limit"),
        ([("    child.join()\n", CLOCKED), ("import m", "import time\nimport m")], "Without a limit"),
        ([("def exit", "async def exit")], "write def, without async"),
    ],
    ("process", 2): [
        ([(GUARD, "if True:")], 'put it under if __name__ == "__main__"'),
        ([("target=greet", "target=greet()")], "called greet in the program itself"),
        ([("target=greet)", "target=greet, daemon=True)"), ("    child.join()\n", "")], "is it waited for?"),
        ([("def greet():\n    print", f"{GUARD}\n  def greet():\n    print")], "did not find greet"),
        ([(GUARD, "if True:"), ("    child.start()\n    child.join()\n", HIDDEN)], "hides the error only"),
        ([("    child.join()", "child.join()")], "that import runs every line outside the guard"),
        ([(", multiprocessing.current_process().name", "")], "not the child's name"),
        (
            [("context.Process(", "threading.Thread("), ("import m", "import threading\nimport m")],
            "Process, not Thread",
        ),
        (
            [
                ("greet():", "greet(name):"),
                ("multiprocessing.current_process().name)", "name)"),
                ("target=greet", "target=greet, args=(multiprocessing.current_process().name,)"),
            ],
            "is computed before the child starts",
        ),
        ([(GUARD, 'if __name__ != "__mp_main__":')], "so does who only imports the script"),
    ],
    ("process", 3): [
        ([("not child.is_alive()", "child.is_alive()")], "gave False; expected was True"),
        ([("    child.kill()\n    child.join()\n", "")], "left a child running"),
        ([("    child.join(seconds)\n", "    child.join()\n")], "join(seconds) returns after that time"),
        (
            [("in_time = not child.is_alive()", "in_time = child.join(0)")],
            "gave None, like a function without return; expected was True",
        ),
        ([("child.join(seconds)", "child.join(seconds or None)")], "0 seconds is a limit like any other"),
        ([("    child.join()\n", "")], "left a zombie"),
        ([("child.join(seconds)", "child.join(min(seconds, 5))")], "with exit code 3, long before its time was up"),
        ([("child.join(seconds)", "child.join(int(seconds))")], "seconds may be a fraction"),
        (
            [("not child.is_alive()", "child.exitcode == 0")],
            "gave False; expected was True. The child ended by itself, with exit code 3",
        ),
    ],
    ("process", 4): [
        ([(", args=(argument,)", "")], "called the function in 0 processes, not in 2"),
        ([("        child.start()\n    for child in children:\n", "        child.start()\n")], "one after the other"),
        ([("[child.exitcode for child in children]", "children[0].exitcode, children[1].exitcode")], "return a list"),
        (
            [
                ("    for child in children:\n        child.join()\n", "    sleep(60)\n"),
                ("import m", "from time import sleep\nimport m"),
            ],
            "join() is back as soon as its child has ended",
        ),
        ([("target=function, args=(argument,)", "target=function(argument)")], "ran the function here"),
        ([("[child.exitcode for child in children]", "[0, 0]")], "gave [0, 0]; expected was [0, 7]"),
        ([("[child.exitcode for child in children]", "list({child.exitcode for child in children})")], "gave [5]"),
        ([("    for child in children:\n        child.join()", "    children[0].join()")], "join both without a limit"),
        (
            [
                (
                    "        child.start()\n    for child in children:\n        child.join()",
                    "        child.start()\n        child.join(30)",
                )
            ],
            "one after the other",
        ),
        ([("child.join()", "child.join(timeout=1)")], "join both without a limit"),
        ([("args=(argument,)", "args=(argument)")], "a tuple, with a comma"),
    ],
}
if os.name != "nt":
    WRONG["process", 2] += [
        ([('"spawn"', '"fork"'), (GUARD, "if True:")], "the start method stays spawn"),
        ([('"spawn"', '"forkserver"')], "the start method stays spawn"),
    ]
    WRONG["process", 3] += [
        ([("child.kill()", "child.terminate()")], "ignores SIGTERM, so terminate() does not end it"),
        (
            [(IN_TIME, "    child.kill()\n    child.join()\n    return child.exitcode >= 0\n")],
            "A signal ended it in time",
        ),
    ]
