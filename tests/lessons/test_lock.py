"""The workers of lesson 05."""

import re
import time
from contextlib import contextmanager, nullcontext

import pytest

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


def test_screen_keeps_pieces_in_the_order_of_their_flushes(mp):
    pieces = mp.SimpleQueue()
    one, other = lesson.Screen(pieces), lesson.Screen(pieces)
    print("one", end=" ", file=one)
    print("other", file=other, flush=True)
    one.flush()
    assert one.text() == "other\none "
    assert one.text() == ""


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


def test_greet_prints_whole_lines_and_gives_the_lock_back(mp):
    screen, lock = lesson.Screen(mp.SimpleQueue()), mp.Lock()
    run(mp, lesson.greet, *[(screen, lock)] * 2)
    assert screen.text() == "hello world\n" * 2
    assert lock.acquire(timeout=0.1)


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


def test_greetings_are_whole_in_turn_and_torn_at_once(mp):
    screen = lesson.Screen(mp.SimpleQueue())
    recorded = run(mp, lesson.greet_in_turn, *[(screen, mp.Lock())] * 3)
    assert screen.text() == "hello world\n" * 3
    assert recorded.most_at_once("holding") == 1
    assert len(recorded.bars("holding")) == 3

    recorded = run(mp, lesson.greet_at_once, *[(screen, mp.Barrier(3))] * 3)
    assert screen.text() == "hello " * 3 + "world\n" * 3
    assert recorded.most_at_once() == 3


def test_who_greets_at_once_waits_halfway(mp):
    screen, halfway = lesson.Screen(mp.SimpleQueue()), mp.Barrier(2)
    children = [mp.Process(target=lesson.greet_at_once, args=(screen, halfway)) for _ in range(2)]
    children[0].start()
    children[0].join(0.5)
    assert children[0].is_alive()
    children[1].start()
    for child in children:
        child.join(30)
    assert screen.text() == "hello hello world\nworld\n"


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
        value = 0

    class Lock(nullcontext):
        taken = 0

        def __enter__(self):
            self.taken += 1

    lock = Lock()
    with timeline() as recorded:
        lesson.count_into(Total, lock, range(1, 106), batch)
    assert Total.value == 15
    assert lock.taken == 105 // batch
    assert labels(recorded, "working") == ["count"]


def test_count_into_and_put_count_in_processes(mp):
    total, counts = mp.RawValue("i", 0), mp.SimpleQueue()
    halves = range(1, 51), range(51, 101)
    lock = mp.Lock()
    run(mp, lesson.count_into, *[(total, lock, half, 10) for half in halves])
    assert total.value == 14
    run(mp, lesson.put_count, *[(counts, half) for half in halves])
    assert [counts.get(), counts.get()] == [7, 7]


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


def test_dine_and_tell_writes_where_it_stands(mp, tmp_path):
    knife, fork, meet = ("knife", mp.Lock()), ("fork", mp.Lock()), mp.Barrier(2)
    files = [tmp_path / "a", tmp_path / "b"]
    jobs = [(knife, fork, meet, str(files[0])), (fork, knife, meet, str(files[1]))]
    children = [mp.Process(target=lesson.dine_and_tell, args=job) for job in jobs]
    children[0].start()
    time.sleep(1.5)  # longer than it takes until a place is written: the second one is slow to start
    children[1].start()
    wait_for(lambda: all(file.exists() and "in dine_and_tell" in file.read_text() for file in files))
    for child in children:
        child.kill()
        child.join()
    # Of each thread the innermost call; where there is no SIGIO, the lifeline has a thread.
    innermost = [re.findall(r"call first\):\n(.*)\n", file.read_text()) for file in files]
    assert all(any(line.endswith(" in dine") for line in lines) for lines in innermost), innermost
