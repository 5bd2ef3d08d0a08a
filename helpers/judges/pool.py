"""The judges of lesson pool: not written yet."""

JUDGES = {}
