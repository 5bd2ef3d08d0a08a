"""The judges of the exercises: a module for each lesson, each with `JUDGES`, a judge for each exercise's number.

A judge says what the learner's functions are called with and what must come back, and has a hint for each mistake that
people make. Tests require each to accept the solution in the notebook and to reject several plausible wrong ones.
"""
