"""What the tests share."""

import multiprocessing
import signal

import pytest

# A shell that runs the tests in its background has them, and all that they start, ignore an interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(params=sorted(multiprocessing.get_all_start_methods()))
def method(request) -> str:
    """Each start method of this system in turn."""
    return request.param


@pytest.fixture
def mp(method):
    """`helpers.mp` with each start method."""
    import helpers

    return helpers.mp.get_context(method)
