"""The judges of lesson lock: not written yet."""

JUDGES = {}
