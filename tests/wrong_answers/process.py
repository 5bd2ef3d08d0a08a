"""Plausible wrong answers to the exercises of lesson 01."""

WRONG = {
    ("process", 1): [
        ([("    child.join()\n", "")], "gave None; expected was 0. Hint: exitcode is None before start()"),
        ([("    child.start()\n    child.join()\n", "")], "exitcode is None before start()"),
        ([("target=function", "target=function()")], "target=function() calls it at once"),
        ([("return child.exitcode", "return child.join()")], "join() itself returns None"),
        ([("return child.exitcode", "return str(child.exitcode)")], "gave '0'; expected was 0"),
    ],
    ("process", 2): [
        ([('if __name__ == "__main__":', "if True:")], 'put it under if __name__ == "__main__"'),
        ([("target=greet", "target=greet()")], "greet ran in the program itself"),
        ([("    child.start()\n    child.join()\n", "")], "printed nothing"),
        ([("def greet():\n    print", 'if __name__ == "__main__":\n  def greet():\n    print')], "did not find greet"),
        (
            [("child = context.Process(target=greet)\n    child.start()\n    child.join()", "greet()")],
            "greet ran in the program itself",
        ),
    ],
    ("process", 3): [
        ([("    child.join(seconds)\n", "    child.join()\n")], "join(seconds) returns after that time"),
        ([("child.kill()", "child.terminate()")], "ignores SIGTERM"),
        ([("    child.kill()\n    child.join()\n", "")], "left its child running"),
        ([("in_time = not child.is_alive()", "in_time = child.join(0)")], "gave None; expected was True"),
        ([("not child.is_alive()", "child.is_alive()")], "gave False; expected was True"),
    ],
    ("process", 4): [
        ([("        child.start()\n    for child in children:\n", "        child.start()\n")], "one after the other"),
        ([("range(2)", "range(1)")], "ran 1 children"),
        ([("target=function, args=(argument,)", "target=function(argument)")], "ran the function here"),
        ([("[child.exitcode for", "[child.is_alive() for")], "gave [False, False]"),
    ],
}
