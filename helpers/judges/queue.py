"""The judges of lesson queue: not written yet."""

JUDGES = {}
