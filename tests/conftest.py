"""What the tests share."""

import multiprocessing
import os
import signal
from collections.abc import Iterator

import pytest

# A shell that runs the tests in its background has them, and all that they start, ignore an interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


CHOSEN = os.environ.get("MP_START_METHOD") or "spawn"


@pytest.fixture(
    params=[
        pytest.param(method, marks=() if method == CHOSEN else pytest.mark.slow)
        for method in sorted(multiprocessing.get_all_start_methods())
    ]
)
def method(request) -> str:
    """The start method that was chosen; with -m slow, the others of this system."""
    return request.param


@pytest.fixture
def mp(method):
    """`helpers.mp` with that start method."""
    import helpers

    return helpers.mp.get_context(method)


@pytest.fixture
def end_children_left() -> Iterator[None]:
    """A test that fails leaves no child that waits forever."""
    yield
    for child in multiprocessing.active_children():
        child.kill()
        child.join()
