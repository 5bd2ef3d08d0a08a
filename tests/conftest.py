"""What the tests share, and how pytest runs the notebooks."""

import multiprocessing
from pathlib import Path

import pytest

TESTS = Path(__file__).parent


@pytest.fixture(params=sorted(multiprocessing.get_all_start_methods()))
def method(request) -> str:
    """Each start method of this system in turn."""
    return request.param


@pytest.fixture
def mp(method):
    """`helpers.mp` with each start method."""
    import helpers

    return helpers.mp.get_context(method)


def pytest_configure(config):
    # Where there is no fork, the stored lines about it have nothing to be compared with.
    if "fork" not in multiprocessing.get_all_start_methods():
        rules = "".join((TESTS / name).read_text() for name in ("sanitize.cfg", "sanitize_without_fork.cfg"))
        combined = config.cache.mkdir("sanitize") / "rules.cfg"
        combined.write_text(rules)
        config.option.nbval_sanitize_with = str(combined)
