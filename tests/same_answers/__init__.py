"""For each exercise the small changes of its solution that are still "Right", each with the reason why that is so.

A change is named as tests/answers.py prints it.
"""

from importlib import import_module
from pathlib import Path

LESSONS = sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py"))
SAME: dict[tuple[str, int], dict[str, str]] = {}
for lesson in LESSONS:
    SAME |= import_module(f"same_answers.{lesson}").SAME
