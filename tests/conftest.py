"""What the tests share."""

import multiprocessing
import signal
from collections.abc import Iterator

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


@pytest.fixture
def end_children_left() -> Iterator[None]:
    """A test that fails leaves no child that waits for ever."""
    yield
    for child in multiprocessing.active_children():
        child.kill()
        child.join()
