"""Changes of the solutions of lesson 01 that do the same."""

SAME = {("process", 1): {}, ("process", 2): {}, ("process", 3): {}, ("process", 4): {}}
