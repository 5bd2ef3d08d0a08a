"""For each exercise at least three right answers that differ from the solution in kind: another part of the standard
library, another structure, classes, type hints, helpers, and comments and `...` in harmless places.

Each is a whole file. A judge that rejects one of them demands more than its task says.

The first of each exercise is tried by the README's command; all of them, under each start method, by -m thorough, and
by python tests/answers/answers.py right LESSON --only NUMBER.
"""

from importlib import import_module
from pathlib import Path

LESSONS = sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py"))
RIGHT: dict[tuple[str, int], dict[str, str]] = {}
for lesson in LESSONS:
    RIGHT |= import_module(f"right_answers.{lesson}").RIGHT
