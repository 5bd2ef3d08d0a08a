"""For each exercise, plausible wrong answers, each with words of the hint that it must get.

A wrong answer is given as changes to the solution: pairs of what stands there and what stands there instead. So it
stays next to the solution, whatever that becomes. Or it is a whole file, made of the first right answer, say.

The first of each exercise is tried by the README's command: one that is judged quickly. CI tries
every second one (-m slow), the weekly job all (-m thorough).
"""

from wrong_answers import lock, pipe, pool, process, queue

WRONG = process.WRONG | pool.WRONG | queue.WRONG | pipe.WRONG | lock.WRONG
