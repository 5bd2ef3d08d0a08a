"""What the tests share."""

import multiprocessing

import pytest


@pytest.fixture(params=sorted(multiprocessing.get_all_start_methods()))
def method(request) -> str:
    """Each start method of this system in turn."""
    return request.param


@pytest.fixture
def mp(method):
    """`helpers.mp` with each start method."""
    import helpers

    return helpers.mp.get_context(method)
