"""The judges of the exercises: a module for each lesson, each with `JUDGES`, a judge for each exercise's number.

How a judge is written stands in helpers/exercise.py. Tests require each to accept the solution in the notebook and
right answers that differ from it, and to reject small changes of the solution and several plausible wrong answers.

In the notebook an exercise is: a heading `### Exercise 1: …` with the task; a `%%writefile my_process_1.py` cell, whose
functions end in `...` if nothing is written yet; a cell `check("process", 1)`; and below it, in one text, the solution
in `<details><summary>Solution</summary>` and a question that begins with "To think about: ". The tests find the
solution by these words. Wrong answers are pairs of texts: what stands in the solution, and what a learner might write.
"""
