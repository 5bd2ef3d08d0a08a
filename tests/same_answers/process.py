"""Changes of the solutions of lesson 01 that do the same."""

SAME: dict[tuple[str, int], dict[str, str]] = {}
