"""The workers of lesson 05."""

import multiprocessing
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
import workers

from helpers import lock as lesson
from helpers import timeline

pytestmark = pytest.mark.usefixtures("end_children_left")


def run(mp, target, *jobs):
    """Run a worker in one process for each job, and return the timeline of it."""
    children = [mp.Process(target=target, args=job) for job in jobs]
    with timeline() as recorded:
        for child in children:
            child.start()
        for child in children:
            child.join(30)
    assert [child.exitcode for child in children] == [0] * len(jobs)
    return recorded


def labels(recorded, kind):
    return [bar.label for bar in recorded.bars(kind)]


def wait_for(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_holding_waits_holds_and_releases_whatever_happens(mp):
    lock = mp.Lock()

    def fail():
        with lesson.holding(lock, "it"):
            assert not lock.acquire(block=False)
            raise ValueError

    with timeline() as recorded, pytest.raises(ValueError):  # noqa: PT011
        fail()
    assert [(bar.label, bar.kind) for bar in recorded.bars()] == [("it", "waiting"), ("it", "holding")]
    assert lock.acquire(block=False)


def test_greet_prints_whole_lines_and_gives_the_lock_back(mp, tmp_path):
    terminal, lock = tmp_path / "terminal", mp.Lock()
    recorded = run(mp, lesson.greet, *[(number, terminal, lock) for number in range(3)])
    assert sorted(terminal.read_text().splitlines()) == [f"hello world {number}" for number in range(3)]
    assert recorded.most_at_once("holding") == 1
    assert len(recorded.bars("waiting")) == len(recorded.bars("holding")) == 3
    assert lock.acquire(timeout=0.1)


def test_greet_gives_the_lock_back_when_it_cannot_print(mp, tmp_path):
    lock = mp.Lock()
    with pytest.raises(FileNotFoundError):
        lesson.greet(1, tmp_path / "nowhere" / "terminal", lock)
    assert lock.acquire(block=False)


def test_without_a_lock_each_line_is_torn(mp, tmp_path):
    terminal, halfway = tmp_path / "terminal", mp.Barrier(3)
    children = [mp.Process(target=lesson.greet_at_once, args=(number, terminal, halfway)) for number in range(3)]
    for child in children[:2]:
        child.start()
    children[0].join(0.5)
    assert children[0].is_alive(), "it waits halfway"
    children[2].start()
    for child in children:
        child.join(30)
    first, *others = terminal.read_text().splitlines()
    assert first.startswith("hello hello hello world ")
    assert sorted([first.removeprefix("hello hello hello "), *others]) == ["world 0", "world 1", "world 2"]


@pytest.mark.parametrize(("work", "free"), [(lesson.careless, False), (lesson.careful, True)])
def test_who_raises_keeps_the_lock_without_with(mp, capsys, work, free):
    lock = mp.Lock()
    with pytest.raises(ValueError, match="not a number"):
        work(lock)
    assert lock.acquire(timeout=0.05) == free


def test_let_go_releases_what_another_holds(mp):
    lock = mp.Lock()
    lock.acquire()
    run(mp, lesson.let_go, (lock,))
    assert lock.acquire(timeout=0.1)


def test_an_update_is_lost_without_the_lock_and_none_with_it(mp):
    counter = mp.Value("i", 5)
    run(mp, lesson.add_one, *[(counter, mp.Barrier(2))] * 2)
    assert counter.value == 6
    run(mp, lesson.add_in_turn, *[(counter, 500)] * 2)
    assert counter.value == 1006


class Recorder:
    """A counter that notes what is done with it."""

    def __init__(self):
        self.steps = []

    @contextmanager
    def get_lock(self):
        self.steps.append("acquire")
        yield
        self.steps.append("release")

    @property
    def value(self):
        self.steps.append("read")
        return 1

    @value.setter
    def value(self, value):
        self.steps.append(f"write {value}")


def test_reading_and_writing_are_under_one_hold(monkeypatch):
    counter = Recorder()
    lesson.add_in_turn(counter, 2)
    assert counter.steps == ["acquire", "read", "write 2", "release"] * 2

    monkeypatch.setattr(lesson, "kept", None)
    kept = Recorder()
    lesson.keep(kept)
    lesson.count_sevens_into_kept(range(1, 15))
    assert kept.steps == ["acquire", "read", "write 3", "release"]


@pytest.mark.parametrize(
    ("numbers", "found"), [(range(7), 1), (range(1, 7), 0), (range(1, 8), 1), (range(1, 701), 100)]
)
def test_count_sevens(numbers, found):
    assert lesson.count_sevens(numbers) == found


@pytest.mark.parametrize("batch", [1, 7, 15, 105])
def test_count_into_counts_all_and_locks_once_a_batch(batch):
    class Total:
        value = taken = 0

        @classmethod
        @contextmanager
        def get_lock(cls):
            cls.taken += 1
            yield

    with timeline() as recorded:
        lesson.count_into(Total, range(1, 106), batch)
    assert Total.value == 15
    assert Total.taken == 105 // batch
    assert labels(recorded, "working") == ["count"]


def test_count_into_in_processes(mp):
    total = mp.Value("i", 0)
    halves = range(1, 51), range(51, 101)
    run(mp, lesson.count_into, *[(total, half, 10) for half in halves])
    assert total.value == 14


def test_what_is_computed_under_the_lock_and_what_beside_it(mp):
    recorded = run(mp, lesson.hold_for_all, *[(mp.Lock(),)] * 2)
    assert labels(recorded, "holding") == ["compute, save"] * 2
    assert recorded.bars("working") == []
    assert recorded.most_at_once("holding") == 1

    recorded = run(mp, lesson.hold_for_saving, *[(mp.Lock(),)] * 2)
    assert labels(recorded, "holding") == ["save"] * 2
    assert labels(recorded, "working") == ["compute"] * 2
    assert recorded.most_at_once("holding") == 1


def test_query_holds_a_place(mp):
    places = mp.Semaphore(2)
    recorded = run(mp, lesson.query, *[(places,)] * 4)
    assert len(recorded.bars("holding")) == 4
    assert recorded.most_at_once("holding") <= 2
    assert [places.acquire(block=False) for _ in range(3)] == [True, True, False]


def test_nobody_runs_before_the_gun(mp):
    gun = mp.Event()
    child = mp.Process(target=lesson.run_a_race, args=(gun,))
    with timeline() as recorded:
        child.start()
        wait_for(lambda: recorded.bars("waiting"))
        child.join(0.2)
        assert recorded.bars("working") == []
        gun.set()
        child.join(30)
    assert child.exitcode == 0
    assert labels(recorded, "waiting") == ["gun"]
    assert labels(recorded, "working") == ["run"]


def test_phase_2_waits_for_phase_1(mp):
    barrier = mp.Barrier(2)
    recorded = run(mp, lesson.two_phases, (barrier, 0), (barrier, 0.3))
    assert sorted(labels(recorded, "working")) == ["phase 1"] * 2 + ["phase 2"] * 2
    first, second = ([b for b in recorded.bars("working") if b.label == f"phase {phase}"] for phase in (1, 2))
    assert max(bar.end for bar in first) <= min(bar.start for bar in second)


def test_baker_waits_for_room_and_eater_for_bread(mp):
    shelf, changed = mp.RawValue("i", 0), mp.Condition()
    baker = mp.Process(target=lesson.bake, args=(shelf, changed, 4, 2), name="baker")
    eater = mp.Process(target=lesson.eat, args=(shelf, changed, 4), name="eater")
    with timeline() as recorded:
        baker.start()
        wait_for(lambda: len(recorded.bars("waiting")) == 3)
        baker.join(0.2)
        assert baker.is_alive()
        assert shelf.value == 2
        eater.start()
        baker.join(30)
        eater.join(30)
    assert (baker.exitcode, eater.exitcode, shelf.value) == (0, 0, 0)
    assert recorded.most_at_once("holding") == 1
    steps = [(bar.lane, int(bar.label)) for bar in recorded.bars("holding")]
    assert steps[:3] == [("baker", 1), ("baker", 2), ("eater", 1)]
    assert len(steps) == 8
    assert {level for _, level in steps} <= {0, 1, 2}


def test_eater_waits_for_the_first_loaf(mp):
    shelf, changed = mp.RawValue("i", 0), mp.Condition()
    eater = mp.Process(target=lesson.eat, args=(shelf, changed, 1))
    with timeline() as recorded:
        eater.start()
        wait_for(lambda: recorded.bars("waiting"))
        eater.join(0.2)
        assert eater.is_alive()
        lesson.bake(shelf, changed, 1, 1)
        eater.join(30)
    assert (eater.exitcode, shelf.value) == (0, 0)


def test_transfer_takes_its_lock_twice(mp):
    lock, mine, yours = mp.RLock(), mp.RawValue("i", 10), mp.RawValue("i", 0)
    recorded = run(mp, lesson.transfer, (lock, mine, yours, 4), (lock, yours, mine, 1))
    assert (mine.value, yours.value) == (7, 3)
    assert sorted(labels(recorded, "working")) == ["+1", "+4", "-1", "-4"]
    assert recorded.most_at_once("holding") == 1
    assert recorded.most_at_once("working") == 1


def test_change_waits_for_its_lock(mp):
    lock, account = mp.RLock(), mp.RawValue("i", 10)
    child = mp.Process(target=lesson.change, args=(lock, account, 1))
    with lock:
        child.start()
        child.join(0.5)
        assert child.is_alive()
        assert account.value == 10
    child.join(30)
    assert account.value == 11


def test_diners_who_differ_wait_until_one_gives_up(mp):
    knife, fork, meet = ("knife", mp.Lock()), ("fork", mp.Lock()), mp.Barrier(2)
    recorded = run(mp, lesson.dine, (knife, fork, meet, 0.2), (fork, knife, meet, 30))
    assert [bar.lane for bar in recorded.bars("working")] == ["worker 2"]
    wants = [label for label in labels(recorded, "waiting") if label]
    assert sorted(wants) == ["has the fork, wants the knife", "has the knife, wants the fork"]
    for _, lock in (knife, fork):
        assert lock.acquire(block=False)


def test_diners_who_agree_both_eat(mp):
    knife, fork, meet = ("knife", mp.Lock()), ("fork", mp.Lock()), mp.Barrier(1)
    recorded = run(mp, lesson.dine, *[(fork, knife, meet)] * 2)
    assert labels(recorded, "working") == ["eats"] * 2
    assert recorded.most_at_once() == 1


def test_add_everywhere(mp):
    value, array, plain = mp.Value("i", 0), mp.Array("i", [0, 0]), [0]
    with mp.Manager() as manager:
        managed = manager.list([0, 0])
        run(mp, lesson.add_everywhere, (value, array, plain, managed))
        assert (value.value, array[:], plain, list(managed)) == (1, [1, 0], [0], [1, 0])


def test_a_pool_keeps_its_counter(mp):
    total = mp.Value("i", 0)
    with mp.Pool(2, initializer=lesson.keep, initargs=(total,)) as pool:
        pool.map(lesson.count_sevens_into_kept, [range(1, 51), range(51, 101)])
    assert total.value == 14


def test_work_until_stops_between_tasks_and_lets_go(mp):
    stop, lock = mp.Event(), mp.Lock()
    child = mp.Process(target=lesson.work_until, args=(stop, lock, 0.01))
    with timeline() as recorded:
        with lock:
            child.start()
            wait_for(lambda: recorded.bars("waiting"))
            child.join(0.2)
            assert recorded.bars("holding") == []
        wait_for(lambda: len(recorded.bars("holding")) >= 2)
        stop.set()
        child.join(30)
    assert child.exitcode == 0
    assert lock.acquire(block=False)
    assert all(bar.finished for bar in recorded.bars())


def test_score_changes_what_it_assigns(mp):
    with mp.Manager() as manager:
        points = manager.dict(ann=[1], bob=[1])
        run(mp, lesson.score, (points,))
        assert dict(points) == {"ann": [1], "bob": [1, 3]}


def test_dine_or_tell_says_where_it_stands_and_ends(mp, tmp_path):
    knife, fork, meet = ("knife", mp.Lock()), ("fork", mp.Lock()), mp.Barrier(2)
    files = [tmp_path / "a", tmp_path / "b"]
    jobs = [(knife, fork, meet, str(files[0])), (fork, knife, meet, str(files[1]))]
    children = [mp.Process(target=lesson.dine_or_tell, args=job) for job in jobs]
    children[0].start()
    time.sleep(1.5)  # longer than it takes until a place is written: the second one is slow to start
    children[1].start()
    for child in children:
        child.join(30)
    assert [child.exitcode for child in children] == [1, 1]
    # Of each thread the innermost call; where there is no SIGIO, the lifeline has a thread.
    innermost = [re.findall(r"call first\):\n(.*)\n", file.read_text()) for file in files]
    assert all(any(line.endswith(" in dine") for line in lines) for lines in innermost), innermost


# A process died: what still works? The lesson's table, each field with kill() and with terminate().
@pytest.fixture(params=["kill", pytest.param("terminate", marks=pytest.mark.slow)])
def end_in(mp, request):
    """A function that ends a child while its threads are in lines of code."""

    def end(*lines, how=request.param, **things):
        here, there = mp.Pipe(duplex=False)
        child = mp.Process(target=lesson.attempt, args=(there, lines, things))
        child.start()
        there.close()
        assert here.poll(30)
        outcome = here.recv()
        assert child.is_alive()
        getattr(child, how)()
        child.join(30)
        assert child.exitcode not in (None, 0)
        return outcome

    return end


@pytest.fixture
def attempt(end_in):
    """A function that tries a line of code in a child."""
    return lambda line, **things: end_in(line, how="kill", **things)[line]


def test_attempt_says_what_came_of_its_line(attempt):
    assert attempt("len(things)", things=[1]) == "works"
    assert attempt("len(1)") == "raises TypeError: object of type 'int' has no len()"
    assert attempt("raise EOFError") == "raises EOFError"
    assert attempt("sleep(60)", sleep=time.sleep) == "waits"


def test_attempt_tries_all_lines_at_once(mp, end_in):
    lines = "all_there.wait()", "all_there.wait(); pass", "all_there.wait(); 1 / 0"
    assert end_in(*lines[:2], all_there=mp.Barrier(3)) == dict.fromkeys(lines[:2], "waits")
    found = end_in(*lines, all_there=mp.Barrier(3))
    assert found == dict(zip(lines, ["works", "works", "raises ZeroDivisionError: division by zero"], strict=True))


def test_killed_while_it_waits_for_a_lock_or_a_place(mp, end_in, attempt):
    lock, value = mp.Lock(), mp.Value("i", 5)
    with lock, value.get_lock():
        end_in("lock.acquire()", lock=lock)
        end_in("value.value", value=value)
    assert attempt("lock.acquire()", lock=lock) == "works"
    assert attempt("value.value", value=value) == "works"


def test_killed_inside_event_wait(mp, end_in, attempt):
    event = mp.Event()
    end_in("event.wait()", event=event)
    assert attempt("event.is_set()", event=event) == "works"
    assert attempt("event.set()", event=event) == "waits"
    assert attempt("event.is_set()", event=event) == "waits", "the one that was killed in set() holds its lock"


def test_killed_while_it_waits_in_a_condition(mp, end_in, attempt):
    changed = mp.Condition()
    end_in("with changed: changed.wait()", changed=changed)
    assert attempt("with changed: pass", changed=changed) == "works"
    assert attempt("with changed: changed.notify()", changed=changed) == "waits"
    assert attempt("with changed: pass", changed=changed) == "waits"


@pytest.mark.parametrize("kind", ["Queue", "JoinableQueue", "SimpleQueue"])
def test_killed_while_it_waits_in_get(mp, end_in, attempt, kind):
    queue = getattr(mp, kind)()
    end_in("queue.get()", queue=queue)
    assert attempt("queue.put(1)", queue=queue) == "works"
    assert attempt("queue.get()", queue=queue) == "waits"


def test_killed_while_it_waits_in_put(mp, end_in, attempt):
    queue = mp.Queue(1)
    queue.put(1)
    end_in("queue.put(2)", queue=queue)
    assert attempt("queue.get()", queue=queue) == "works"
    assert attempt("queue.put(3)", queue=queue) == "works"


def test_killed_while_it_waits_in_recv(mp, end_in):
    here, there = mp.Pipe()
    end_in("there.recv()", there=there)
    there.close()
    with pytest.raises(BrokenPipeError):
        here.send(1)


def test_killed_while_a_manager_serves_it(mp, end_in, attempt):
    with mp.Manager() as manager:
        lock, items, table = manager.Lock(), manager.Queue(), manager.dict()
        with lock:
            end_in("lock.acquire()", lock=lock)
        assert attempt("lock.acquire()", lock=lock) == "waits"
        end_in("items.get()", items=items)
        items.put(1)
        assert attempt("items.get()", items=items) == "waits"
        end_in("while True: table['n'] = 1", table=table)
        assert attempt("table['n'] = 2", table=table) == "works"


def test_killed_while_it_holds(mp, end_in, attempt):
    lock, two, value, changed = mp.Lock(), mp.Semaphore(2), mp.Value("i", 0), mp.Condition()
    line = "with lock, two, changed, value.get_lock(): sleep(60)"
    end_in(line, lock=lock, two=two, changed=changed, value=value, sleep=time.sleep)
    assert attempt("lock.acquire()", lock=lock) == "waits"
    assert attempt("with two: pass", two=two) == "works"
    assert attempt("with two, two: pass", two=two) == "waits"
    assert attempt("changed.acquire()", changed=changed) == "waits"
    assert attempt("value.value", value=value) == "waits"


def test_killed_before_task_done(mp, end_in, attempt):
    tasks = mp.JoinableQueue()
    tasks.put(1)
    end_in("tasks.get(); sleep(60)", tasks=tasks, sleep=time.sleep)
    tasks.put(2)
    assert attempt("tasks.get(); tasks.task_done()", tasks=tasks) == "works"
    assert attempt("tasks.join()", tasks=tasks) == "waits"


def test_killed_in_a_long_send(mp, end_in):
    here, there = mp.Pipe()
    end_in("there.send(bytes(1_000_000))", there=there)
    there.close()
    if sys.platform == "win32":  # drops what a dead process was writing
        with pytest.raises(EOFError):
            here.recv()
    else:
        with pytest.raises(OSError, match=r"^got end of file during message$"):
            here.recv()


@pytest.mark.parametrize("kind", ["Queue", "SimpleQueue"])
def test_killed_in_a_long_put(mp, end_in, attempt, kind):
    queue = getattr(mp, kind)()
    end_in("queue.put(bytes(1_000_000)); sleep(60)", queue=queue, sleep=time.sleep)
    if kind == "Queue":
        assert attempt("queue.put(2)", queue=queue) == "works"
        # Windows drops what a dead process was writing, and its queues have no lock for writers.
        assert attempt("queue.get(timeout=0.5)", queue=queue) == ("works" if sys.platform == "win32" else "waits")
    else:
        assert attempt("queue.get()", queue=queue) == "waits"


@pytest.mark.parametrize(
    ("lose", "broken"), [(lesson.lose_from_pool, "TimeoutError"), (lesson.lose_from_executor, "BrokenProcessPool")]
)
def test_a_pools_only_worker_is_killed(mp, lose, broken):
    """After its task, in it, and while it sends a long result: what comes of the task, and of another."""
    another = "works" if lose is lesson.lose_from_pool else broken
    expected = {
        "abs(-1)": f"works; another: {broken}",
        "sleep(60)": f"{broken}; another: {another}",
        "bytes(10**6)": "TimeoutError; another: TimeoutError",
    }
    if sys.platform == "win32":  # an unfinished result is dropped, and no lock is held
        expected["bytes(10**6)"] = expected["sleep(60)"]
    children, ends = [], {}
    try:
        for task in expected:
            ends[task], there = mp.Pipe(duplex=False)
            things = {"lose": lose, "tasks": {"sleep": time.sleep}}
            children.append(mp.Process(target=lesson.tell, args=(there, [f"lose({task!r}, tasks)"], things)))
            children[-1].start()
        assert {task: end.poll(30) and end.recv() for task, end in ends.items()} == expected
    finally:
        for child in children:
            child.kill()
            child.join()


def test_a_pool_does_not_end_whose_idle_worker_was_killed(mp):
    here, there = mp.Pipe(duplex=False)
    child = mp.Process(target=workers.terminate_a_pool_after_a_death, args=(there,))
    child.start()
    try:
        assert here.poll(30)
        assert here.recv() == "terminate() begins"
        assert not here.poll(3)
    finally:
        child.kill()
        child.join()


@pytest.mark.parametrize(("wait_for_it", "ends"), [(lesson.run_a_race, False), (lesson.look_now_and_then, True)])
def test_set_waits_for_one_that_was_killed_in_its_wait(mp, wait_for_it, ends):
    event = mp.Event()
    waiter, setter = mp.Process(target=wait_for_it, args=(event,)), mp.Process(target=event.set)
    with timeline() as recorded:
        waiter.start()
        wait_for(lambda: recorded.bars("waiting"))
    time.sleep(0.3)
    waiter.kill()
    waiter.join()
    setter.start()
    setter.join(30 if ends else 1)
    assert setter.is_alive() != ends


def test_look_now_and_then_ends_when_the_event_is_set(mp):
    event = mp.Event()
    event.set()
    run(mp, lesson.look_now_and_then, (event,))


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


def test_a_list_of_a_manager_can_be_cleared_from_3_14_on(mp):
    with mp.Manager() as manager:
        points = manager.list([1])
        assert hasattr(points, "clear") == (sys.version_info >= (3, 14))
        del points[:]
        assert list(points) == []


def test_a_lock_can_be_asked_from_3_14_on(mp):
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
