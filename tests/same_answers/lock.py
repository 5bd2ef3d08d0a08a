"""Changes of the solutions of lesson 05 that do the same."""

SAME: dict[tuple[str, int], dict[str, str]] = {
    ("lock", 1): {},
    ("lock", 2): {},
    ("lock", 3): {},
    ("lock", 4): {},
}
