"""`span` and `timeline`: what is recorded, the data of a figure, and its sentence."""

import base64
import io
import math
import os
import pickle
import struct
import subprocess
import sys
import threading
import time
import warnings
from multiprocessing.connection import wait

import matplotlib.image
import matplotlib.style
import numpy as np
import pytest
import workers
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from PIL import Image

from helpers import bars, chart, curves, labels, span, spans, timeline
from helpers.chart import DPI, Bar, End, Message, publish
from helpers.spans import Event


@pytest.fixture
def displayed(monkeypatch):
    """What was displayed: pairs of data and metadata."""
    shown = []
    monkeypatch.setattr("IPython.get_ipython", object)
    monkeypatch.setattr(
        "IPython.display.display", lambda data, metadata, *, raw: raw and shown.append((data, metadata))
    )
    return shown


def recorded(*events) -> timeline:
    """A timeline with made-up events, as they come from children: unpickled."""
    with timeline() as run:
        run.events.extend(pickle.loads(pickle.dumps(events)))
    return run


def arrows_of(drawn) -> list[tuple]:
    """Where each drawn arrow begins and what it spans."""
    return [*zip(*map(np.ma.getdata, (drawn.X, drawn.Y, drawn.U, drawn.V)), strict=True)] if hasattr(drawn, "U") else []


def drawn_marks(figure) -> dict[str, list]:
    """Where processes ended that did not as usual, by what the key says of the mark."""
    (axes,), said = figure.axes, [text.get_text() for text in figure.legends[0].get_texts()]
    assert said[len(said) - len(axes.lines) :] == [line.get_label() for line in axes.lines]
    assert all(line.get_clip_on() is False and line.get_color() == "black" for line in axes.lines)
    assert len({line.get_marker() for line in axes.lines}) == len(axes.lines)
    return {line.get_label(): line.get_xydata().tolist() for line in axes.lines}


def drawn_bars(axes) -> list[tuple]:
    """Each drawn bar's row, left, width, height and hatch; one object of matplotlib's holds many bars."""
    found = []
    for alike in (each for each in axes.collections if isinstance(each, PolyCollection) and not arrows_of(each)):
        for corners in (path.vertices for path in alike.get_paths()):
            (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
            row, width, height = (round(float(value), 9) for value in ((top + bottom) / 2, right - left, bottom - top))
            found.append((row, left, width, height, alike.get_hatch() or ""))
    return sorted(found, key=lambda bar: (bar[1], bar[0]))


def start_all(children):
    for child in children:
        child.start()
    for child in children:
        child.join()


def test_each_child_is_a_lane_with_its_start_and_its_work(mp):
    with timeline() as run:
        start_all([mp.Process(target=workers.work, args=(f"task {number}",)) for number in (1, 2)])
    assert run.lanes == run.processes == ["worker 1", "worker 2"]
    assert [(bar.lane, bar.label) for bar in sorted(run.bars("working"))] == [
        ("worker 1", "task 1"),
        ("worker 2", "task 2"),
    ]
    assert [bar.lane for bar in run.bars("starting")] == ["worker 1", "worker 2"]
    for lane in run.lanes:
        starting, working = sorted((bar for bar in run.bars() if bar.lane == lane), key=lambda bar: bar.start)
        assert 0 <= starting.start < starting.end <= working.start < working.end <= run.seconds
        assert working.end - working.start >= 0.05
        assert starting.finished
        assert working.finished
    assert run.counts() == "2 processes: 2 tasks."


def test_holders_take_turns(mp):
    lock = mp.Lock()
    with timeline() as run:
        start_all([mp.Process(target=workers.hold_in_turn, args=(lock,)) for _ in range(3)])
    assert run.most_at_once("holding") == 1
    assert run.at_once("holding") == "Never two holding at once."
    assert run.counts() == "3 processes: 3 waits, 3 holds."


def test_threads_the_parent_and_threads_of_children(mp):
    with timeline() as run:
        with span("mine"):
            start_all([threading.Thread(target=workers.work, args=("a",)) for _ in range(2)])
            start_all([threading.Thread(target=workers.work, args=("b",), name="reader")])
        start_all([mp.Process(target=workers.work_in_thread, args=("c",), name="helper")])
    assert run.lanes == ["main", "thread 1", "thread 2", "reader", "helper", "helper, thread 3"]
    assert run.threads == ["thread 1", "thread 2", "reader", "helper, thread 3"]
    assert run.counts() == "main, 1 process, 4 threads: 5 tasks."


@pytest.mark.parametrize("number", [-1, 1], ids=["lower", "higher"])
def test_the_parent_is_the_first_lane_whenever_it_acts(number):
    child = spans.main_pid + number
    run = recorded(Event("begin", 1, child, "a", "working", 1), Event("begin", 2, spans.main_pid, "b", "working", 2))
    assert run.lanes == ["main", "worker 1"]


def test_a_pool_has_a_lane_for_each_worker(mp):
    with timeline() as run, mp.Pool(2) as pool:
        pool.map(workers.work, ["1", "2", "3", "4"], chunksize=1)
    assert run.processes == ["worker 1", "worker 2"]
    assert sorted(bar.label for bar in run.bars("working")) == ["1", "2", "3", "4"]


def test_a_grandchild_is_a_lane(mp, method):
    with timeline() as run:
        start_all([mp.Process(target=workers.print_from_grandchild, args=(method,))])
    assert run.lanes == ["worker 1", "worker 2"]


def test_a_span_that_its_process_did_not_survive_is_unfinished(mp):
    with timeline() as run:
        start_all([mp.Process(target=workers.work_then_exit, args=("cut short",))])
    (bar,) = run.bars("working")
    assert (bar.label, bar.finished) == ("cut short", False)
    assert bar.end >= bar.start


def test_a_run_can_be_asked_while_it_goes_on():
    with timeline() as run:
        assert run.lanes == []
        with span("now"):
            assert run.most_at_once() == 1
            assert run.bars()[0].finished is False
        assert run.bars()[0].finished is True
        assert run.seconds >= 0
    assert spans.timelines == []
    assert spans.recording is False


def test_messages_go_from_sending_to_receipt_in_order():
    run = recorded(
        Event("start", 0, 11, "producer"),
        Event("start", 0, 12, "consumer"),
        Event("sent", 1, 11, "a"),
        Event("sent", 2, 11, "a"),
        Event("received", 4, 12, "a"),
        Event("received", 3, 12, "a"),
        Event("sent", 5, 11, "lost"),
    )
    assert run.messages() == [Message("a", "producer", 1, "consumer", 3), Message("a", "producer", 2, "consumer", 4)]


@pytest.mark.parametrize(
    ("received", "sentence"),
    [
        ("abc", "3 messages from 2 producers to consumer, each received once."),
        ("ab", "2 of 3 messages from 2 producers to consumer, the others not received."),
        ("", "0 of 3 messages from nobody to nobody, the others not received."),
    ],
)
def test_deliveries(received, sentence):
    run = recorded(
        Event("start", 0, 1, "producer 1"),
        Event("start", 0, 2, "producer 2"),
        Event("start", 0, 3, "consumer 1"),
        *(Event("sent", 1, 1 + (label == "b"), label) for label in "abc"),
        *(Event("received", 2, 3, label) for label in received),
    )
    assert run.deliveries() == sentence


def test_messages_both_ways_are_between():
    run = recorded(
        Event("start", 0, 1, "ann"),
        Event("start", 0, 2, "bob"),
        *(Event("sent", 1, pid, label) for pid, label in ((1, "hello"), (2, "answer"))),
        *(Event("received", 2, pid, label) for pid, label in ((2, "hello"), (1, "answer"))),
    )
    assert run.deliveries() == "2 messages between ann and bob, each received once."


def test_messages_to_oneself_or_to_one_of_the_senders_are_not_between():
    ann, bob = Event("start", 0, 1, "ann"), Event("start", 0, 2, "bob")
    hello = Event("sent", 1, 1, "hello"), Event("received", 2, 1, "hello")
    answer = Event("sent", 1, 2, "answer"), Event("received", 2, 1, "answer")
    assert recorded(ann, *hello).deliveries() == "1 message from ann to ann, each received once."
    assert recorded(ann, bob, *hello, *answer).deliveries().startswith("2 messages from ann and bob to ann,")


def test_what_overlaps_in_a_lane_can_be_told_apart():
    run = recorded(
        Event("begin", 0, 1, "outer", "holding", 1),
        Event("begin", 1, 1, "inner", "working", 2),
        Event("sent", 2, 1, "inner"),
        Event("sent", 2, 1, "other"),
        Event("end", 3, 1, "", "", 2),
        Event("exit", 4, 1),
        Event("sent", 3, 1, "used"),
        Event("received", 3, 2, "inner"),
        Event("received", 3, 2, "other"),
        Event("received", 3, 2, "used"),
        Event("begin", 3, 2, "used", "working", 3),
        Event("end", 4, 2, "", "", 3),
    )
    figure = run._draw()
    outer, inner, other = (height for _, _, _, height, _ in drawn_bars(figure.axes[0]))
    assert (outer, inner, other) == (0.76, pytest.approx(0.76 * 0.7), 0.76)
    texts = [text.get_text() for text in figure.axes[0].texts if text.get_text()]
    assert sorted(texts) == ["inner", "other", "outer", "used"]  # two arrows have their label in a bar
    assert drawn_marks(figure) == {"ended within it": [[4, 0]]}


def test_a_run_is_drawn_to_scale():
    run = recorded(
        Event("start", 10, 1, "ann"),
        Event("ready", 11, 1),
        Event("start", 12, 2, "bob"),
        Event("ready", 13, 2),
        Event("begin", 14, 1, "send", "working", 1),
        Event("sent", 15, 1, "letter"),
        Event("end", 16, 1, "", "", 1),
        Event("begin", 16, 2, "", "waiting", 2),
        Event("begin", 18, 1, "too long for so short a bar", "working", 3),
        Event("end", 18.5, 1, "", "", 3),
        Event("received", 19, 2, "letter"),
        Event("exit", 20, 2, id=-15),
    )
    figure = run._draw()
    (axes,) = figure.axes
    drawn = drawn_bars(axes)
    assert [bar[:3] for bar in drawn] == [(0, 0, 1), (1, 2, 1), (0, 4, 2), (1, 6, 4), (0, 8, 0.5)]
    assert [hatch for *_, hatch in drawn] == ["////", "////", "", "....", ""]
    assert sorted(text.get_text() for text in axes.texts) == ["letter", "send"]
    assert drawn_marks(figure) == {"ended from outside": [[10, 1]]}
    assert [arrow for drawn in axes.collections for arrow in arrows_of(drawn)] == [(5, 0, 4, 1)]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["ann", "bob"]
    assert_axes(axes, (0, None), (1.5, -0.5), "seconds")
    key = [text.get_text() for text in figure.legends[0].get_texts()]
    assert key == ["starting", "working", "waiting", "ended from outside"]
    assert [patch.get_hatch() or "" for patch in figure.legends[0].get_patches()] == ["////", "", "...."]
    assert figure.legends[0]._ncols == len(key)


def test_one_process_is_drawn_as_one_lane():
    (axes,) = recorded(Event("start", 0, 1, "ann"), Event("exit", 1, 1))._draw().axes
    assert_axes(axes, (0, None), (0.5, -0.5), "seconds")


def assert_axes(axes, xlim, ylim, xlabel):
    """What an axes shows of its plane (None: at least what is drawn there), and that it has no box around it."""
    left, right = axes.get_xlim()
    assert (left, None if xlim[1] is None else right) == xlim
    assert right >= axes.dataLim.x1
    assert axes.get_ylim() == ylim
    assert axes.get_xlabel() == xlabel
    assert [side for side, spine in axes.spines.items() if spine.get_visible()] == ["left", "bottom"]


def test_labels_on_a_pattern_have_a_plain_ground_and_too_many_are_left_out():
    def drawn(count, kind):
        sent = [Event("sent", 1, 1, str(number)) for number in range(count)]
        received = [Event("received", 2, 2, str(number)) for number in range(count)]
        bar = [Event("begin", 0, 1, "bar", kind, 1), Event("end", 9, 1, "", "", 1)]
        return {text.get_text(): text for text in recorded(*bar, *sent, *received)._draw().axes[0].texts}

    few = drawn(12, "waiting")
    assert set(few) == {"bar", *map(str, range(12))}
    assert few["bar"].get_bbox_patch()
    many = drawn(13, "working")
    assert set(many) == {"bar"}
    assert not many["bar"].get_bbox_patch()


def writes(figure) -> dict[str, tuple]:
    """What a figure's labels cover, in dots: left, bottom, right, top."""
    figure.draw_without_rendering()
    return {text.get_text(): text.get_window_extent().extents for text in figure.axes[0].texts}


def test_labels_do_not_lie_on_arrows_marks_or_other_labels(displayed, published_too):
    run = recorded(
        *(Event("ready", 0, pid, name) for pid, name in enumerate(("ann", "bob", "cat"))),
        Event("begin", 0, 1, "crossed", "working", 1),  # an arrow from ann to cat goes through its middle
        Event("end", 10, 1, "", "", 1),
        Event("begin", 14, 1, "outer", "holding", 2),
        Event("begin", 16, 1, "inner", "working", 3),
        Event("end", 18, 1, "", "", 3),
        Event("exit", 20, 1, id=1),
        *(Event("sent", time, 0, name) for name, time in (("through", 5), ("along", 5.2), ("last", 20.5))),
        *(Event("received", time, 2, name) for name, time in (("through", 5), ("along", 5.3), ("last", 20.5))),
    )
    run.show(*["A sentence that makes the plane less high."] * 9, upto=20.6)
    (figure,) = published_too
    boxes, axes = writes(figure), figure.axes[0]
    assert set(boxes) == {"crossed", "outer", "inner", "through", "along", "last"}
    points = [axes.transData.transform([(message.sent, 0), (message.received, 2)]) for message in run.messages()]
    points = [start + (end - start) * part for start, end in points for part in np.linspace(0, 1, 500)]
    points.append(axes.transData.transform((20, 1)))
    for label, (left, bottom, right, top) in boxes.items():
        assert not [label for x, y in points if left <= x <= right and bottom <= y <= top]
        others = [
            name for name, (x0, y0, x1, y1) in boxes.items() if x0 < right and left < x1 and y0 < top and bottom < y1
        ]
        assert others == [label]
        assert axes.bbox.x0 <= left < right <= axes.bbox.x1
    assert run._draw("One line.").get_suptitle() == "One line."  # places are looked for in the plane that is left
    left, right = (axes.transData.transform((at, 1))[0] for at in (0, 10))
    assert left < boxes["crossed"][0] < boxes["crossed"][2] < right


class TestPlaces:
    """Of a figure of 600 by 400 dots, whose axes are all of it."""

    def writer(self, *marks: tuple[float, float]) -> labels.Writer:
        self.axes = Figure(figsize=(6, 4), dpi=100).add_axes((0, 0, 1, 1))
        return labels.Writer(self.axes, np.empty((0, 2, 2)), [np.array(mark) for mark in marks])

    def place(self) -> np.ndarray:
        return self.axes.transData.transform(self.axes.texts[-1].get_position())

    @pytest.mark.parametrize("taken", range(5))
    def test_of_a_label_between_two_points(self, taken):
        parts = 0, -0.25, 0.25, -0.5, 0.5
        left, right = np.array([100, 200]), np.array([500, 200])
        free = right[0] - left[0] - 4 - self.writer().size("here")[0]
        writer = self.writer(*((300 + free * part, 200) for part in parts[:taken]))
        assert writer.write_between(left, right, "here", ground=False)
        assert self.place() == pytest.approx([300 + free * parts[taken], 200])

    @pytest.mark.parametrize("steps", [(100, 200), (100, -200), (-100, 200), (-100, -200), (0, 200), (0, -200)])
    def test_of_a_label_beside_a_line_on_its_right(self, steps):
        middle, steps = np.array([300, 200]), np.array(steps)
        self.writer().write_beside(middle - steps / 2, middle + steps / 2, "here")
        aside = self.place() - middle
        assert aside[0] > 0
        assert aside @ steps == pytest.approx(0, abs=1e-6)

    @pytest.mark.parametrize("x", [1, 599])
    def test_of_a_label_at_the_edge(self, x):
        self.writer().write("a label that is wider than high", [(x, 200)], ground=False)
        left, _, right, _ = self.axes.texts[-1].get_window_extent().extents
        assert -1 <= left < right <= 601  # a text is drawn at whole dots


def test_a_label_that_finds_no_free_place_is_written_all_the_same():
    messages = [Event("sent", 1 + number / 1000, 1, f"message {number}") for number in range(12)]
    messages += [event._replace(what="received", pid=2) for event in messages]
    bar = Event("begin", 1, 1, "a label as long as a bar", "working", 1), Event("end", 1.3, 1, "", "", 1)
    assert set(writes(recorded(*messages, *bar)._draw(upto=1.3))) >= {f"message {number}" for number in range(12)}


# How processes ended.


def test_each_end_is_known_by_its_exit_code_with_a_span_or_without(mp):
    how = {"raises": 1, "os._exit": 7, "killed": -9 if os.name == "posix" else 15, "": 0}
    with timeline() as run:
        start_all(
            [mp.Process(target=workers.print_lines, args=(1, 1, ending), name=ending or "usual") for ending in how]
        )
        start_all([mp.Process(target=workers.work_then_exit, args=("cut short",), name="cut")])
    found = {end.lane: (end.code, end.how) for end in run.ends()}
    assert found == {
        "raises": (1, "failed"),
        "os._exit": (7, "failed"),
        "killed": (how["killed"], "ended from outside" if os.name == "posix" else "failed"),
        "usual": (0, ""),
        "cut": (0, "ended within it"),
    }


def test_an_end_is_where_the_process_ended_not_where_it_was_joined(mp):
    with timeline() as run:
        child = mp.Process(target=workers.print_lines, args=(1, 1, "raises"))
        child.start()
        wait([child.sentinel])
        time.sleep(0.5)
        child.join()
    (end,) = run.ends()
    assert end.time < run.seconds - 0.4


def test_a_pool_ends_its_workers_as_usual_unless_they_are_at_a_task(mp):
    with timeline() as run, mp.Pool(2) as pool:
        while sum(bar.finished for bar in run.bars("starting")) < 2:
            time.sleep(0.01)
        pool.map(workers.work, ["1", "2"], chunksize=1)
    assert [end.how for end in run.ends()] == ["", ""]
    with timeline() as run, mp.Pool(1) as pool:
        pool.apply_async(workers.work, ("long", 60))
        while not run.bars("working"):
            time.sleep(0.01)
    (end,) = run.ends()
    assert (end.code, end.how) == (-15, "ended from outside")


def ended(**processes) -> timeline:
    """A run of processes that were ready at 1; for each a kind of end: its exit code, and whether within a span."""
    events = []
    for pid, (name, (code, within)) in enumerate(processes.items(), start=spans.main_pid + 1):
        events += [Event("start", 0, pid, name), Event("ready", 1, pid)]
        events += [Event("begin", 2, pid, "x", "working", 1)] if within else []
        events += [Event("exit", 3, pid, id=code)]
    return recorded(*events)


def test_every_end_that_is_not_as_usual_has_its_mark_and_its_words(displayed):
    run = ended(a=(1, False), b=(1, True), c=(-15, False), d=(-9, True), e=(0, True), f=(0, False))
    marks = {
        "failed": [[3, 0], [3, 1]],
        "ended from outside": [[3, 2], [3, 3]],
        "ended within it": [[3, 4]],
    }
    assert drawn_marks(run._draw()) == marks
    assert [end.how for end in run.ends()] == [*(how for how, at in marks.items() for _ in at), ""]
    run.show()
    assert displayed[0][1]["image/png"]["alt"].endswith(
        "a: starting, failed with exit code 1; b: starting, working, failed with exit code 1; "
        "c: starting, ended from outside with exit code -15; "
        "d: starting, working, ended from outside with exit code -9; "
        "e: starting, working, ended within it with exit code 0; f: starting; 0 arrows."
    )
    assert [bar.finished for bar in run.bars("working")] == [False] * 3


def test_a_thread_that_ended_within_a_span_has_a_mark_and_who_still_runs_has_none():
    events = [Event("begin", 1, 7, "x", "working", 1, "reader"), Event("begin", 1, 8, "y", "working", 1)]
    run = recorded(Event("start", 0, 7, "ann"), Event("start", 0, 8, "bob"), *events, Event("exit", 2, 7, id=3))
    assert run.ends() == [End("ann", 2, 3, "failed"), End("ann, reader", 2, 3, "failed")]
    assert [bar.finished for bar in run.bars()] == [False] * 4


def test_no_process_ends_before_its_last_event():
    run = recorded(Event("exit", 1, 7, id=1), Event("begin", 0, 7, "x", "working", 1), Event("end", 2, 7, "", "", 1))
    assert run.ends() == [End("worker 1", 2, 1, "failed")]


# The time axis.


@pytest.mark.parametrize(("upto", "right"), [(None, 4.2), (0, 4.2), (3, 4), (8, 8)])
def test_the_time_axis_goes_as_far_as_it_is_told_and_cuts_nothing_off(published, upto, right):
    bar = Event("begin", 1, 7, "x", "working", 1), Event("end", 2, 7, "", "", 1)
    late = {"bar": bar[1:], "message": (Event("sent", 4, 7, "m"),), "mark": (Event("exit", 4, 7, id=1),)}
    for name, events in late.items():
        more = [event._replace(time=5) for event in events] + [Event("received", 5, 7, "m")] * (name == "message")
        recorded(*bar[:1] if name == "bar" else bar, *more).show(upto=upto)
    assert [axes.get_xlim() for axes in published] == [(0, pytest.approx(right))] * 3


def test_times_count_from_the_first_event():
    run = recorded(Event("begin", 5, spans.main_pid, "x", "working", 1), Event("end", 7, spans.main_pid, "", "", 1))
    assert run.bars() == [Bar("main", "x", "working", 0, 2)]


@pytest.mark.parametrize(
    ("intervals", "most"),
    [
        ([], 0),
        ([(0, 1)], 1),
        ([(0, 1), (1, 2)], 1),
        ([(0, 2), (1, 3)], 2),
        ([(0, 9), (1, 2), (3, 4)], 2),
        ([(0, 9), (1, 2), (3, 9), (4, 9)], 3),
    ],
)
def test_most_at_once(intervals, most):
    events = []
    for number, (begin, end) in enumerate(intervals):
        events.append(Event("begin", begin, 50 + number, "x", "working", number))
        events.append(Event("end", end, 50 + number, "x", "working", number))
    run = recorded(*events)
    assert run.most_at_once() == most
    assert run.at_once() == ("Never two working at once." if most < 2 else f"At most {most} working at once.")


def test_an_unknown_kind_is_an_error():
    with pytest.raises(ValueError, match="no kind of span 'resting'; there are: starting, working"):
        span("x", "resting")


def test_the_figure_says_its_facts_in_three_places(displayed):
    run = recorded(
        Event("start", 0, 7, "SpawnProcess-1"),
        Event("ready", 1, 7),
        Event("begin", 1, 7, "a label that is far too long for so short a bar " * 3, "holding", 0),
        Event("end", 1.001, 7, "", "", 0),
        Event("begin", 2, 7, "never finished", "waiting", 1),
        Event("sent", 2, 7, "m"),
        Event("received", 3, 7, "m"),
    )
    run.show()
    run.show("One sentence.", "Another.")
    (data, metadata), (other, _) = displayed
    assert data["text/plain"] == "1 process: 1 wait, 1 hold."
    lanes = "A chart over seconds, a lane each: worker 1: starting, holding, waiting; 1 arrow."
    assert metadata["image/png"]["alt"] == f"1 process: 1 wait, 1 hold. {lanes}"
    assert other["text/plain"] == "One sentence. Another."
    assert len(data["image/png"]) > 1000
    assert metadata["image/png"]["width"] > metadata["image/png"]["height"] > 50


@pytest.fixture
def published(monkeypatch):
    """The axes of the figures that were published."""
    axes = []
    monkeypatch.setattr("helpers.chart.publish", lambda figure, *said: axes.extend(figure.axes))
    return axes


def test_bars_are_drawn_to_scale(published):
    bars({"one": [1.0, 1.5, 4.0], "two": [0.5]}, "Two values.", "MB")
    (axes,) = published
    drawn = [(bar.get_y() + bar.get_height() / 2, bar.get_x(), bar.get_width()) for bar in axes.patches]
    assert drawn == [(0, 0, 1.5), (1, 0, 0.5)]
    (dots,) = axes.lines
    assert dots.get_xydata().tolist() == [[1, 0], [1.5, 0], [4, 0]]
    assert [(text.get_text(), text.xy) for text in axes.texts] == [("1.5", (4, 0)), ("0.5", (0.5, 1))]
    assert all(text.xyann[0] > 0 == text.xyann[1] for text in axes.texts)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["one", "two"]
    assert_axes(axes, (0, 4.4), (1.5, -0.5), "MB, measured in this run")


def test_curves_are_drawn_to_scale(published):
    points = {"a": [(1, 1.0), (4, 1.9)], "b": [(2, 1.0), (3, 1.5)]}
    curves(points, "Two curves.", "workers", "speed-up", log="x", ideal=True)
    curves({"a": points["a"]}, "One curve.", "x", "y")
    curves({"a": points["a"]}, "One curve.", "x", "y", ideal=True)
    axes, one, _ = published
    drawn = {line.get_label(): line.get_xydata().tolist() for line in axes.lines}
    assert drawn == {"a": [[1, 1], [4, 1.9]], "b": [[2, 1], [3, 1.5]], "ideal": [[1, 1], [4, 4]]}
    assert (axes.get_xscale(), axes.get_yscale(), axes.get_xlabel(), axes.get_ylabel()) == (
        "log",
        "linear",
        "workers",
        "speed-up",
    )
    assert len({(line.get_marker(), line.get_color()) for line in axes.lines}) == 3
    assert [bool(each.figure.legends) for each in published] == [True, False, True]
    assert one.xaxis.get_major_locator()._integer
    for each in published:
        assert [side for side, spine in each.spines.items() if spine.get_visible()] == ["left", "bottom"]


def ticks(axis) -> list[str]:
    axis.figure.draw_without_rendering()
    shown = zip(axis.get_majorticklocs(), axis.get_ticklabels(), strict=True)
    low, high = sorted(axis.get_view_interval())
    return [label.get_text() for at, label in shown if low <= at <= high]


def test_counts_have_whole_numbers(published, displayed):
    bars({"a": [2, 3], "b": [1]}, "Counts.", "processes")
    bars({"a": [2.5, 3], "b": [1]}, "Values.", "seconds")
    curves({"a": [(1, 1), (2, 2), (3, 2)]}, "Counts.", "workers", "holders")
    curves({"a": [(1, 7)]}, "One count.", "workers", "holders")
    curves({"a": [(1, 0.5), (2, 1.0)]}, "Speeds.", "workers", "speed-up")
    counts, values, lines, one, speeds = published
    assert ticks(counts.xaxis) == ["0", "1", "2", "3"]
    assert [text.get_text() for text in counts.texts] == ["2", "1"]
    assert "0.5" in ticks(values.xaxis)
    assert [text.get_text() for text in values.texts] == ["2.75", "1"]
    assert (ticks(lines.xaxis), ticks(lines.yaxis)) == (["1", "2", "3"], ["1", "2"])
    assert (ticks(one.xaxis), ticks(one.yaxis)) == (["1"], ["7"])
    assert (ticks(speeds.xaxis), len(ticks(speeds.yaxis)) > 2) == (["1", "2"], True)


def test_logarithmic_axes_have_plain_numbers_unless_they_are_large(published):
    curves({"a": [(1, 0.25), (2, 1.5), (4, 3.0), (8, 30.0)]}, "Few.", "workers", "speed-up", log="xy")
    curves({"a": [(2**n, 1.0) for n in range(13)]}, "Many.", "chunksize", "seconds", log="x")
    curves({"a": [(10, 1.0), (10**7, 2.0)]}, "Large.", "bytes", "seconds", log="x")
    few, many, large = published
    assert ticks(few.xaxis) == ["1", "2", "4", "8"]
    assert ticks(few.yaxis) == ["1", "10"]
    assert ticks(many.xaxis) == ["1", "10", "100", "1000"]
    assert not {"1", "10", "100"} & set(ticks(large.xaxis))


def test_bars_draw_measured_values(displayed):
    bars({"one": [1.0, 1.5, 2.0], "two": [0.5]}, "Two values.")
    (data, metadata), *_ = displayed
    assert data["text/plain"] == "Two values."
    assert metadata["image/png"]["alt"] == "Two values. Bars in seconds: one 1.5, two 0.5."


def test_curves_draw_points(displayed):
    points = {"a": [(1, 1.1), (2, 1.9)], "b": [(1, 1.0), (2, 1.5)]}
    curves(points, "Two curves.", "workers", "speed-up", log="x", ideal=True)
    curves({"alone": [(1, 2.0)]}, "One point.", "x", "y")
    assert [data["text/plain"] for data, _ in displayed] == ["Two curves.", "One point."]
    seen = "Curves of speed-up over workers: a from 1.1 at 1 to 1.9 at 2; b from 1 at 1 to 1.5 at 2."
    assert displayed[0][1]["image/png"]["alt"] == f"Two curves. {seen}"


def test_an_empty_timeline_can_be_shown(displayed):
    recorded().show("Nothing happened.")
    assert displayed[0][0]["text/plain"] == "Nothing happened."


def test_publish_needs_no_window(displayed, monkeypatch):
    from matplotlib.figure import Figure

    monkeypatch.delenv("DISPLAY", raising=False)
    figure = Figure(figsize=(4, 2))
    publish(figure, "Empty. " + "x" * 100)
    data, metadata = displayed[0]
    assert data["text/plain"] == "Empty. " + "x" * 100
    assert figure.get_suptitle() == "Empty.\n" + "x" * 100
    assert struct.unpack(">II", base64.b64decode(data["image/png"])[16:24]) == (4 * DPI, 2 * DPI)
    size = metadata["image/png"]
    assert (size["width"], size["height"]) == (4 * DPI / 2, 2 * DPI / 2)  # the screen has twice as many dots


def test_a_picture_has_few_colours_and_looks_as_if_it_had_all(displayed):
    events = [Event("sent", 2, 1, "a message"), Event("received", 3, 2, "a message")]
    for number, kind in enumerate(spans.KINDS[1:], 1):
        events += [Event("start", 0, number), Event("ready", 1, number), Event("begin", 1, number, kind, kind, number)]
    run = recorded(*events)
    run.show("All kinds.")
    full = io.BytesIO()
    run._draw("All kinds.").savefig(full, format="png", dpi=DPI)
    few = Image.open(io.BytesIO(png(displayed)))
    assert few.mode == "P"
    assert len(few.getcolors()) <= 64
    assert len(full.getvalue()) > 2 * len(png(displayed))
    wrong = np.abs(np.subtract(few.convert("RGB"), Image.open(full).convert("RGB"), dtype=int)).max(axis=2)
    assert wrong.mean() < 1
    assert np.mean(wrong > 16) < 0.002
    white = np.asarray(Image.open(full).convert("RGB")).min(axis=2) == 255
    assert wrong[white].max() == 0


def test_who_asks_for_words_gets_the_alternative_text_printed_too(displayed, monkeypatch, capsys):
    for asked, printed in (("words", ["1 value. One bar: a 1.0."]), ("", [])):
        monkeypatch.setenv("MP_FIGURES", asked)
        publish(recorded()._draw(), "1 value.", "One bar: a 1.0.")
        assert capsys.readouterr().out.splitlines() == printed
    assert [metadata["image/png"]["alt"] for _, metadata in displayed] == ["1 value. One bar: a 1.0."] * 2


def test_spans_outside_a_timeline_go_nowhere():
    with span("unseen"):
        time.sleep(0)
    with timeline() as run:
        pass
    assert run.events == []


# What a reader's own settings and words do to a figure: nothing.


def png(displayed) -> bytes:
    return base64.b64decode(displayed[-1][0]["image/png"])


def draw_all() -> None:
    recorded(Event("begin", 1, 1, "a", "working", 1), Event("end", 2, 1, "", "", 1)).show("A run.")
    bars({"one": [1.0, 2.0], "two": [3.0]}, "Bars.")
    curves({"a": [(1, 2.0), (10, 4.0)]}, "Curves.", "x", "y", log="xy", ideal=True)


@pytest.mark.parametrize("setting", ["dark_background", {"text.usetex": True, "font.size": 40}, {"axes.grid": True}])
def test_a_figure_is_the_same_whatever_the_reader_has_set(displayed, setting):
    draw_all()
    with matplotlib.style.context(setting):
        before = {name: matplotlib.rcParams[name] for name in matplotlib.rcParamsDefault if name != "backend"}
        draw_all()
        assert {name: matplotlib.rcParams[name] for name in before} == before
    pictures = [data["image/png"] for data, _ in displayed]
    assert pictures[:3] == pictures[3:]
    assert matplotlib.image.imread(io.BytesIO(png(displayed)))[0, 0].tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize(
    "text", ["$HOME_$USER", "from 5$ to 7$", r"\$x\$", "a\ud800b", "tab\t, line\n, bell\a", "_x", "任务 1"]
)
def test_text_is_drawn_as_it_is(displayed, published_too, capfd, text):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        recorded(
            Event("start", 0, 1, text),
            Event("ready", 1, 1),
            Event("begin", 1, 1, text, "working", 1),
            Event("end", 9, 1, "", "", 1),
            Event("sent", 1, 1, f"to {text}"),
            Event("received", 2, 1, f"to {text}"),
        ).show(text)
        bars({text: [1.0, 2.0]}, text, text)
        curves({text: [(1, 1.0), (2, 2.0)], "other": [(1, 2.0)]}, text, text, text)
    expected = text.encode("utf-8", "backslashreplace").decode()
    expected = expected.replace("\t", r"\t").replace("\n", r"\n").replace("\a", r"\x07")
    run, bar, curve = published_too
    assert [shown(label) for label in run.axes[0].get_yticklabels()] == [expected]
    assert {expected, f"to {expected}"} <= {shown(label) for label in run.axes[0].texts}
    assert [shown(label) for label in bar.axes[0].get_yticklabels()] == [expected]
    assert shown(bar.axes[0].xaxis.label) == f"{expected}, measured in this run"
    assert [shown(label) for label in curve.legends[0].get_texts()] == [expected, "other"]
    assert (shown(curve.axes[0].xaxis.label), shown(curve.axes[0].yaxis.label)) == (expected, expected)
    for data, metadata in displayed:
        assert data["text/plain"] == expected
        metadata["image/png"]["alt"].encode()
    assert capfd.readouterr() == ("", "")


@pytest.fixture
def published_too(monkeypatch):
    """The figures that were published, after they were."""
    figures = []

    def spy(figure, *said):
        publish(figure, *said)
        figures.append(figure)

    monkeypatch.setattr("helpers.chart.publish", spy)
    return figures


def shown(text) -> str:
    """What matplotlib draws for a text; not a formula."""
    drawn, is_formula = text._preprocess_math(text.get_text())
    assert not is_formula
    return drawn


def test_fonts_are_looked_for_only_for_what_the_usual_one_lacks(monkeypatch):
    assert labels.fonts("café → 1") == [labels.FONT]
    monkeypatch.setattr(labels.font_manager, "get_font", None)
    assert labels.fonts("plain") == [labels.FONT]


def test_chinese_is_drawn_where_there_is_a_font_and_boxes_without_a_word_where_not(displayed, monkeypatch, capfd):
    def draw(label):
        recorded(Event("begin", 1, 1, label, "working", 1), Event("end", 9, 1, "", "", 1)).show("A run.")
        return png(displayed)

    if len(labels.fonts("任务")) > 1:  # this machine has one
        assert draw("任务") != draw("务任")
    monkeypatch.setattr(labels, "FONTS", ())  # simulated: it has none
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert draw("任务") == draw("务任")
    assert capfd.readouterr() == ("", "")


def test_many_spans_become_few_objects(displayed, monkeypatch):
    """The time that a figure takes goes by how many objects matplotlib draws and how many labels are measured."""
    measured = []
    monkeypatch.setattr(labels, "text", lambda text: measured.append(text) or text)
    events = []
    for number in range(2000):
        events += [Event("begin", number, 1, f"task {number}", "working", number)]
        events += [Event("end", number + 0.9, 1, "", "", number)]
    (axes,) = recorded(*events)._draw().axes
    assert len(drawn_bars(axes)) == 2000
    assert len(axes.patches) + len(axes.collections) < 10
    assert len(axes.texts) + len(measured) < 10


def test_how_deep_a_span_lies_is_counted_in_its_lane():
    at = [("a", 0, 9), ("a", 1, 5), ("a", 2, 4), ("a", 3, 8), ("a", 9, 9), ("b", 2, 3), ("b", 2, 4)]
    depths = {bar[0:1] + bar[3:5]: depth for bar, depth in chart._depths([Bar(a, "", "", b, c) for a, b, c in at])}
    assert [depths[each] for each in at] == [0, 1, 2, 1, 1, 1, 0]


def test_many_lanes_and_messages_can_be_drawn(displayed):
    events = [Event("sent", 1, number, str(number)) for number in range(2000)]
    events += [Event("received", 2, number + 1, str(number)) for number in range(2000)]
    run = recorded(*events)
    run.show("Many.")
    (axes,) = run._draw().axes
    assert len(sum(map(arrows_of, axes.collections), [])) == 2000  # noqa: RUF017
    assert len(axes.get_yticklabels()) <= chart.MOST_LANES  # each costs time, and they would lie on each other
    assert struct.unpack(">II", png(displayed)[16:24]) == (chart.WIDTH * DPI, int((1.15 + 0.36 * 250) * DPI))


def test_what_nobody_started_and_kinds_that_nobody_knows_are_drawn(displayed):
    run = recorded(
        Event("ready", 1, 7),
        Event("exit", 1, 8),
        Event("end", 2, 7, "", "", 3),
        Event("begin", 2, 7, "b", "resting", 4),
        Event("end", 3, 7, "", "", 4),
        Event("begin", 2, 7, "c", "working", 5),
        Event("end", 3, 7, "", "", 5),
        Event("thought", 3, 9, "of something"),
    )
    run.show()
    figure = run._draw()
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["working", "resting"]
    assert displayed[0][0]["text/plain"] == "3 processes: 1 task."


# The clock, simulated: one that moves in steps of 1/64 s, as on Windows.


def stepped(run: timeline) -> timeline:
    """The same run as a clock would have it that moves in steps of 1/64 s."""
    run.events = [event._replace(time=math.floor(event.time * 64) / 64) for event in run.events]
    return run


def test_with_a_coarse_clock_each_span_has_its_beginning_before_its_end(monkeypatch):
    monkeypatch.setattr(spans, "clock", lambda: 5.0)  # simulated: all within one step
    with timeline() as run, span("outer"), span("inner"):
        pass
    assert [(bar.label, bar.finished) for bar in run.bars()] == [("outer", True), ("inner", True)]
    assert run.most_at_once() == 1
    assert run.seconds == 0


@pytest.mark.parametrize(
    ("intervals", "most"),
    [
        ([(1, 1)], 1),
        ([(1, 1), (1, 1)], 1),  # the order is open: what a lock kept apart must not be called together
        ([(0, 1), (1, 1), (1, 2)], 1),
        ([(0, 1), (0, 1)], 2),
        ([(0, 2), (1, 1)], 2),
    ],
)
def test_most_at_once_with_equal_times(intervals, most):
    events = []
    for number, (begin, end) in enumerate(intervals):
        events.append(Event("begin", begin, 50 + number, "x", "working", number))
        events.append(Event("end", end, 50 + number, "x", "working", number))
    assert recorded(*events).most_at_once() == most


def test_a_child_that_is_ready_before_its_start_was_noted_has_started():
    run = recorded(Event("ready", 1, 7), Event("start", 1, 7, "ann"))
    assert run.bars() == [Bar("ann", "", "starting", 0, 0)]


def test_holders_take_turns_on_a_coarse_clock_too(mp):
    lock = mp.Lock()
    with timeline() as run:
        start_all([mp.Process(target=workers.hold_in_turn, args=(lock,)) for _ in range(3)])
    stepped(run)
    assert run.at_once("holding") == "Never two holding at once."
    assert all(bar.finished for bar in run.bars())


# Outside a notebook, and the first run.


def run_python(code: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", code], env=os.environ | environment, capture_output=True, text=True, timeout=60
    )


SCRIPT = """
from helpers import bars, span, timeline
with timeline() as run, span("a"):
    pass
run.show()
bars({"one": [1.0]}, "A value.")
"""


def test_a_script_prints_the_sentence():
    done = run_python(SCRIPT)
    assert (done.stdout, done.stderr) == ("main: 1 task.\nA value.\n", "")


def test_ipython_in_a_terminal_prints_the_sentence(tmp_path):
    start = "from IPython.terminal.interactiveshell import TerminalInteractiveShell as Shell\nShell.instance()\n"
    done = run_python(start + SCRIPT, IPYTHONDIR=str(tmp_path))
    assert done.stdout == "main: 1 task.\nA value.\n"


QUIET = """
import helpers.chart, logging
logging.getLogger("matplotlib.font_manager").warning("one of the reader's own")
"""


def test_matplotlib_without_a_folder_of_its_own_says_nothing(tmp_path):
    (tmp_path / "file").touch()
    done = run_python(QUIET, MPLCONFIGDIR=str(tmp_path / "file" / "within"))
    assert (done.stdout, done.stderr) == ("", "one of the reader's own\n")


@pytest.mark.skipif(os.name == "nt", reason="no shell script stands in for a program there")
def test_matplotlibs_first_search_for_fonts_says_nothing(tmp_path):
    slow = tmp_path / "fc-list"
    slow.write_text("#!/bin/sh\nsleep 1\n")
    slow.chmod(0o755)
    # Simulated: the message that comes after five seconds of searching comes at once.
    soon = "import threading\nTimer = threading.Timer\nthreading.Timer = lambda _, do: Timer(0, do)\n"
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    done = run_python(soon + QUIET, MPLCONFIGDIR=str(tmp_path / "empty"), PATH=path)
    assert (done.stdout, done.stderr) == ("", "one of the reader's own\n")
