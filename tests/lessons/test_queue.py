"""What lesson 03 says and no stored output of it shows."""

import contextlib
import sys

import pytest

from helpers import mp

pytestmark = pytest.mark.usefixtures("end_children_left")


def get_until_shut_down(queue, items):
    from queue import ShutDown

    with contextlib.suppress(ShutDown):
        while True:
            items.append(queue.get())


@pytest.mark.skipif(sys.version_info < (3, 13), reason="shutdown() is new in Python 3.13")
def test_a_managers_queue_can_be_shut_down_and_another_not():
    assert not hasattr(mp.Queue(), "shutdown")
    with mp.Manager() as manager:
        queue, items = manager.Queue(), manager.list()
        queue.put("first")
        child = mp.Process(target=get_until_shut_down, args=(queue, items))
        child.start()
        queue.shutdown()
        child.join(30)
        assert child.exitcode == 0
        assert list(items) == ["first"]
