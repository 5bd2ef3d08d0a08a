"""The judges of lesson pipe: not written yet."""

JUDGES = {}
