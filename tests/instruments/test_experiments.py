"""The experiments behind the sliders, and the sliders."""

import pickle

import ipywidgets
import pytest

from helpers import experiments, mp
from helpers.experiments import (
    explore,
    listen_to_sensors,
    produce_and_consume,
    query_with_connections,
    share_naps,
    start_and_work,
)


@pytest.fixture(autouse=True)
def no_process_left():
    yield
    assert mp.active_children() == []


def test_start_and_work(method):
    run = start_and_work(method, 2, 1000)
    assert run.counts() == "2 processes: 2 tasks."


def test_share_naps_depends_on_chunksize():
    even, uneven = share_naps(2, 1), share_naps(2, 12)
    assert even.counts() == uneven.counts() == "2 processes: 12 tasks."
    assert len({bar.lane for bar in uneven.bars("working")}) == 1


@pytest.mark.parametrize(("producers", "consumers", "maxsize"), [(1, 1, 0), (2, 3, 1), (3, 1, 4)])
def test_produce_and_consume_loses_nothing(producers, consumers, maxsize):
    run = produce_and_consume(producers, consumers, maxsize)
    assert len([message for message in run.messages() if message.label != "end"]) == 4 * producers
    names = [f"producer {number + 1}" for number in range(producers)]
    names += [f"consumer {number + 1}" for number in range(consumers)]
    assert sorted(run.processes) == sorted(names)


def test_listen_to_sensors():
    run = listen_to_sensors(3, 0.01)
    assert run.deliveries() == "9 messages from 3 sensors to main, each received once."


def test_query_with_connections_never_uses_more():
    run = query_with_connections(1, 3)
    assert run.most_at_once("holding") == 1
    assert len(run.bars("holding")) == len(run.bars("waiting")) == 3


def test_a_slider_runs_the_experiment_with_its_value(monkeypatch):
    asked, shown = [], []

    class Run:
        def show(self):
            pass

    monkeypatch.setattr("IPython.display.display", shown.append)
    explore(lambda **values: asked.append(values) or Run(), workers=[1, 2, 3], maxsize=[0, 5])
    assert asked == [{"workers": 2, "maxsize": 5}]
    (box,) = shown
    workers, maxsize, output = box.children
    assert workers.description == "workers"
    assert not workers.continuous_update
    assert isinstance(output, ipywidgets.Output)
    workers.value = 3
    maxsize.value = 0
    assert asked[1:] == [{"workers": 3, "maxsize": 5}, {"workers": 3, "maxsize": 0}]


def test_a_failing_start_leaves_no_process():
    children = [mp.Process(target=experiments.process.nap, args=(60,)), mp.Process(target=lambda: None)]
    with pytest.raises((AttributeError, pickle.PicklingError)):
        experiments._run(children)


def test_time_messages_measures_each_way_and_size():
    times = experiments.time_messages([10, 1000], rounds=1)
    assert len(times) == 6
    for best in times.values():
        assert list(best) == [10, 1000]
        assert all(0 < seconds < 60 for seconds in best.values())
