"""What lesson 05 says and no stored output of it shows."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time

import pytest
import workers

from helpers import lock as lesson
from helpers import mp, timeline

pytestmark = pytest.mark.usefixtures("end_children_left")


def test_holding_waits_holds_and_releases_whatever_happens():
    lock = mp.Lock()
    with timeline() as recorded, pytest.raises(ZeroDivisionError), lesson.holding(lock, "it"):
        1 / lock.acquire(block=False)  # False: it is held
    assert [(bar.label, bar.kind) for bar in recorded.bars()] == [("it", "waiting"), ("it", "holding")]
    assert lock.acquire(block=False)


def test_a_pool_does_not_end_whose_idle_worker_was_killed():
    here, there = mp.Pipe(duplex=False)
    child = mp.Process(target=workers.terminate_a_pool_after_a_death, args=(there,))
    child.start()
    try:
        assert here.poll(30)
        assert here.recv() == "terminate() begins"
        assert not here.poll(1), "it never ends; one whose workers live takes a tenth of a second"
    finally:
        child.kill()
        child.join()


@pytest.mark.skipif(os.name == "nt", reason="no fork")
def test_a_killed_process_that_polls_without_a_pause_can_break_an_event_too():
    """Why the lesson says: pause. Each try hangs with a probability of about two thirds."""
    context = multiprocessing.get_context("fork")
    for _ in range(20):
        event = context.Event()
        child = context.Process(target=lambda event=event: [None for _ in iter(event.is_set, True)])
        child.start()
        time.sleep(0.03)
        child.kill()
        child.join()
        setter = context.Process(target=event.set)
        setter.start()
        setter.join(1)
        if setter.is_alive():
            setter.kill()
            setter.join()
            return
    raise AssertionError("never broken")


RESOURCE_TRACKER = """
import os
from multiprocessing import resource_tracker
resource_tracker.ensure_running()
if not (child := os.fork()):
    exit(0)
os.waitpid(child, 0)
"""


@pytest.mark.skipif(os.name == "nt", reason="no tracker")
@pytest.mark.skipif(sys.version_info[:2] == (3, 12), reason="not known how long 3.12 has the mistake")
def test_childprocesserror_of_the_resource_tracker():
    """Which versions say so, the lesson says."""
    ran = subprocess.run([sys.executable, "-c", RESOURCE_TRACKER], capture_output=True, text=True, timeout=50)
    wrong = (3, 13, 3) <= sys.version_info[:3] < (3, 13, 10) or sys.version_info[:3] == (3, 14, 0)
    assert ("ChildProcessError" in ran.stderr) == wrong, ran.stderr


def test_a_lock_says_whether_it_is_taken_from_3_14_on():
    assert hasattr(mp.Lock(), "locked") == (sys.version_info >= (3, 14))


def wait_in_is_set(event) -> None:
    """Begin to look, and be asked to stop by a handler that sets the event itself."""
    signal.signal(signal.SIGTERM, lambda number, frame: event.set())
    while not event.is_set():
        pass


@pytest.mark.skipif(os.name == "nt", reason="no fork")
def test_an_event_that_is_set_in_a_handler_can_stand_still():
    """As a rule the signal comes while the main thread holds the event's lock."""
    context = multiprocessing.get_context("fork")
    for _ in range(20):
        child = context.Process(target=wait_in_is_set, args=(context.Event(),))
        child.start()
        time.sleep(0.1)
        child.terminate()
        child.join(1)
        stands_still = child.is_alive()
        child.kill()
        child.join()
        if stands_still:
            return
    raise AssertionError("never stood still")
