"""What the notebooks import: the workers of each lesson, and the instruments that show what they do."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  a kernel can be older than what pip would install for
    raise ImportError(f"These lessons need Python 3.11 or newer; this kernel runs {sys.version.split()[0]}.")

from helpers.relay import mp
from helpers.spans import received, sent, span

# What only the parent needs is imported at its first use: every child imports this file.
_LAZY = {
    "bars": "chart",
    "check": "checking",
    "curves": "chart",
    "explore": "experiments",
    "language": "sentences",
    "run_program": "showing",
    "show": "showing",
    "show_error": "showing",
    "timeline": "chart",
}
__all__ = ["mp", "received", "sent", "span", *_LAZY]


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module 'helpers' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"helpers.{_LAZY[name]}"), name)
