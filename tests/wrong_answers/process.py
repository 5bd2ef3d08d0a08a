"""Plausible wrong answers to the exercises of lesson 01."""

import os

IN_A_CHILD = """    child = context.Process(target=function)
    child.start()
    child.join()
    return child.exitcode
"""
HERE = "    try:\n        return function() or 0\n    except BaseException:\n        return 1\n"
GUARD = 'if __name__ == "__main__":'
HIDDEN = "    try:\n        child.start()\n        child.join()\n    except RuntimeError:\n        pass\n"

WRONG = {
    ("process", 1): [
        ([("    child.join()\n", "")], "gave None; expected was 0. Hint: exitcode is None before start()"),
        ([("    child.start()\n    child.join()\n", "")], "exitcode is None before start()"),
        ([("target=function", "target=function()")], "target=function() calls it at once"),
        ([("return child.exitcode", "return child.join()")], "join() itself returns None"),
        ([("return child.exitcode", "return str(child.exitcode)")], "gave '0'; expected was 0"),
        ([("child.join()", "child.join(1)")], "until join() has seen the end"),
        ([(IN_A_CHILD, HERE)], "ran the function here"),
    ],
    ("process", 2): [
        ([(GUARD, "if True:")], 'put it under if __name__ == "__main__"'),
        ([("target=greet", "target=greet()")], "greet ran in the program itself"),
        ([("    child.start()\n    child.join()\n", "")], "printed nothing"),
        ([("def greet():\n    print", f"{GUARD}\n  def greet():\n    print")], "did not find greet"),
        (
            [("child = context.Process(target=greet)\n    child.start()\n    child.join()", "greet()")],
            "greet ran in the program itself",
        ),
        ([(GUARD, "if True:"), ("    child.start()\n    child.join()\n", HIDDEN)], "the error is only hidden"),
        ([("    child.join()", "child.join()")], "that import runs every line outside the guard"),
        ([("get_context", "get_contxt")], "failed: AttributeError: module 'multiprocessing'"),
        (
            [("    child.start()\n", "    child.start()\n    context.Process(target=greet).start()\n")],
            "one line from one",
        ),
    ],
    ("process", 3): [
        ([("    child.kill()\n    child.join()\n", "")], "left its child running"),
        ([("    child.join(seconds)\n", "    child.join()\n")], "join(seconds) returns after that time"),
        ([("in_time = not child.is_alive()", "in_time = child.join(0)")], "gave None; expected was True"),
        ([("not child.is_alive()", "child.is_alive()")], "gave False; expected was True"),
        ([("not child.is_alive()", "bool(child.exitcode)")], "Exit code 0 counts as false"),
        ([("not child.is_alive()", "bool(child.join(0))")], "gives None in any case"),
        ([("not child.is_alive()", "child.exitcode == 0")], "run_for(raise_an_error, 5) gave False; expected was True"),
    ],
    ("process", 4): [
        ([(", args=(argument,)", "")], "called meet(3) in 0 processes"),
        ([("        child.start()\n    for child in children:\n", "        child.start()\n")], "one after the other"),
        ([("range(2)", "range(1)")], "in 1 processes; expected were 2"),
        ([("target=function, args=(argument,)", "target=function(argument)")], "ran the function here"),
        ([("[child.exitcode for", "[child.is_alive() for")], "gave [False, False]"),
        ([("[child.exitcode for child in children]", "[0, 0]")], "gave [0, 0]; expected was [3, 3]"),
        (
            [("        child.join()\n", "        pass\n")],
            "gave [None, None]; expected was [3, 3]. Hint: exitcode is None",
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
        ([("child.kill()", "child.terminate()")], "ignores SIGTERM, so terminate() does not end it")
    ]
