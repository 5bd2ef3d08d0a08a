"""Changes of the solutions of lesson 02 that do the same."""

SAME: dict[tuple[str, int], dict[str, str]] = {("pool", number): {} for number in (1, 2, 3, 4)}
