"""`span` and `timeline`: what is recorded, the data of a figure, its sentence, its picture, and the file of a run."""

import base64
import io
import json
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

import matplotlib.style
import pytest
import store
import workers
from matplotlib.collections import PolyCollection
from PIL import Image, ImageChops, ImageStat

from helpers import bars, chart, curves, span, spans, timeline
from helpers.chart import Bar, End, Message
from helpers.spans import Event


@pytest.fixture
def displayed(monkeypatch):
    """What was displayed: pairs of data and metadata."""
    shown = []
    monkeypatch.setattr("IPython.get_ipython", object)
    monkeypatch.setattr("IPython.display.display", lambda data, metadata, raw: shown.append((data, metadata)))
    return shown


@pytest.fixture
def figures(monkeypatch, displayed):
    """The figures that were published."""
    published = []

    def spy(figure, *said):
        publish(figure, *said)
        published.append(figure)

    publish = chart.publish
    monkeypatch.setattr("helpers.chart.publish", spy)
    return published


def recorded(*events) -> timeline:
    """A timeline with made-up events, as they come from children: unpickled."""
    with timeline() as run:
        run.events.extend(pickle.loads(pickle.dumps(events)))
    return run


def working(*intervals) -> timeline:
    """A run in which each process works once, between these times."""
    events = []
    for number, (begin, end) in enumerate(intervals):
        events.append(Event("begin", begin, 50 + number, "x", "working", number))
        events.append(Event("end", end, 50 + number, "x", "working", number))
    return recorded(*events)


def start_all(children):
    for child in children:
        child.start()
    for child in children:
        child.join()


# What real processes record.


def test_each_child_is_a_lane_with_its_start_and_its_work(mp):
    with timeline() as run:
        start_all([mp.Process(target=workers.work, args=(f"task {number}",)) for number in (1, 2)])
    assert run.lanes == run.processes == ["worker 1", "worker 2"]
    assert sorted(bar[:2] for bar in run.bars("working")) == [("worker 1", "task 1"), ("worker 2", "task 2")]
    for lane in run.lanes:
        starting, work = (bar for bar in run.bars() if bar.lane == lane)
        assert (starting.kind, starting.finished, work.finished) == ("starting", True, True)
        assert 0 <= starting.start < starting.end <= work.start < work.end <= run.seconds
        assert work.end - work.start >= 0.05
    assert run.counts() == "2 processes: 2 tasks."


@pytest.mark.parametrize("step", [0, 1 / 64], ids=["as it is", "on a clock that moves in steps, as on Windows"])
def test_holders_take_turns(mp, step):
    lock = mp.Lock()
    with timeline() as run:
        start_all([mp.Process(target=workers.hold_in_turn, args=(lock,)) for _ in range(3)])
    if step:
        run.events = [event._replace(time=math.floor(event.time / step) * step) for event in run.events]
    assert run.at_once("holding") == "Never two holding at once."
    assert run.counts() == "3 processes: 3 waits, 3 holds."
    assert all(bar.finished for bar in run.bars())


def test_threads_the_parent_and_threads_of_children(mp):
    with timeline() as run:
        with span("mine"):
            start_all([threading.Thread(target=workers.work, args=("a",)) for _ in range(2)])
            start_all([threading.Thread(target=workers.work, args=("b",), name="reader")])
        start_all([mp.Process(target=workers.work_in_thread, args=("c",), name="helper")])
    assert run.lanes == ["main", "thread 1", "thread 2", "reader", "helper", "helper, thread 3"]
    assert run.counts() == "main, 1 process, 4 threads: 5 tasks."


def test_a_pool_has_a_lane_for_each_worker_and_a_grandchild_has_one(mp, method):
    with timeline() as run:
        with mp.Pool(2) as pool:
            pool.map(workers.work, ["1", "2", "3", "4"], chunksize=1)
        start_all([mp.Process(target=workers.print_from_grandchild, args=(method,))])
    assert run.processes == ["worker 1", "worker 2", "worker 3", "worker 4"]
    assert sorted(bar.label for bar in run.bars("working")) == ["1", "2", "3", "4"]


def test_a_run_can_be_asked_while_it_goes_on_and_nothing_is_recorded_outside():
    with timeline() as run:
        assert run.lanes == []
        with span("now"):
            assert run.most_at_once() == 1
            assert run.bars()[0].finished is False
        assert run.bars()[0].finished is True
    with span("unseen"):
        assert spans.timelines == []
    assert [bar.label for bar in run.bars()] == ["now"]


def test_each_end_is_known_by_its_exit_code_with_a_span_or_without(mp):
    how = {"raises": 1, "os._exit": 7, "killed": -9 if os.name == "posix" else 15, "": 0}
    with timeline() as run:
        start_all(
            [mp.Process(target=workers.print_lines, args=(1, 1, ending), name=ending or "usual") for ending in how]
        )
        start_all([mp.Process(target=workers.work_then_exit, args=("cut short",), name="cut")])
    assert {end.lane: (end.code, end.how) for end in run.ends()} == {
        "raises": (1, "failed"),
        "os._exit": (7, "failed"),
        "killed": (how["killed"], "ended from outside" if os.name == "posix" else "failed"),
        "usual": (0, ""),
        "cut": (0, "ended within it"),
    }
    assert [(bar.label, bar.finished) for bar in run.bars("working")] == [("cut short", False)]


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


def test_an_unknown_kind_is_an_error():
    with pytest.raises(ValueError, match="no kind of span 'resting'; there are: starting, working"):
        span("x", "resting")


# What is made of events.


@pytest.mark.parametrize("number", [-1, 1], ids=["lower", "higher"])
def test_the_parent_is_the_first_lane_whenever_it_acts(number):
    child = spans.main_pid + number
    run = recorded(Event("begin", 5, child, "a", "working", 1), Event("begin", 7, spans.main_pid, "b", "working", 2))
    assert run.lanes == ["main", "worker 1"]
    assert [bar.start for bar in run.bars()] == [0, 2]


def test_no_process_ends_before_its_last_event_or_begins_after_its_first():
    run = recorded(Event("exit", 1, 7, id=1), Event("begin", 0, 7, "x", "working", 1), Event("end", 2, 7, "", "", 1))
    assert run.ends() == [End("worker 1", 2, 1, "failed")]
    run = recorded(Event("ready", 1, 7), Event("start", 1, 7, "ann"))  # within one step of the clock
    assert run.bars() == [Bar("ann", "", "starting", 0, 0)]


@pytest.mark.parametrize(
    ("intervals", "most"),
    [
        ([], 0),
        ([(0, 1)], 1),
        ([(0, 1), (1, 2)], 1),
        ([(0, 2), (1, 3)], 2),
        ([(0, 9), (1, 2), (3, 4)], 2),
        ([(0, 9), (1, 2), (3, 9), (4, 9)], 3),
        # Equal times leave the order open: what a lock kept apart must not be called together.
        ([(1, 1)], 1),
        ([(1, 1), (1, 1)], 1),
        ([(0, 1), (1, 1), (1, 2)], 1),
        ([(0, 1), (0, 1)], 2),
        ([(0, 2), (1, 1)], 2),
    ],
)
def test_most_at_once(intervals, most):
    run = working(*intervals)
    assert run.most_at_once() == most
    assert run.at_once() == ("Never two working at once." if most < 2 else f"At most {most} working at once.")


def test_messages_go_from_sending_to_receipt_in_order():
    sent = [Event("sent", at, 11, label) for at, label in ((1, "a"), (2, "a"), (5, "lost"))]
    received = [Event("received", at, 12, label) for at, label in ((4, "a"), (3, "a"))]
    run = recorded(Event("start", 0, 11, "producer"), Event("start", 0, 12, "consumer"), *sent, *received)
    assert run.messages() == [Message("a", "producer", 1, "consumer", 3), Message("a", "producer", 2, "consumer", 4)]


@pytest.mark.parametrize(
    ("messages", "sentence"),
    [
        ("1>3 2>3 1>3", "3 messages from 2 producers to consumer, each received once."),
        ("1>3 2>3 1>", "2 of 3 messages from 2 producers to consumer, the others not received."),
        ("1>", "0 of 1 message from nobody to nobody, the others not received."),
        ("1>2 2>1", "2 messages between 2 producers, each received once."),
        ("1>1", "1 message from producer to producer, each received once."),
        ("1>1 3>1", "2 messages from consumer and producer to producer, each received once."),
    ],
)
def test_deliveries(messages, sentence):
    events = [Event("start", 0, number, f"{name} {number}") for number, name in enumerate(["", "producer", "producer"])]
    events.append(Event("start", 0, 3, "consumer 1"))
    for number, (sender, receiver) in enumerate(message.split(">") for message in messages.split()):
        events.append(Event("sent", 1, int(sender), str(number)))
        events += [Event("received", 2, int(receiver), str(number))] if receiver else []
    assert recorded(*events).deliveries() == sentence


def test_a_run_is_saved_for_trace_viewers(tmp_path):
    recorded(
        Event("start", 1, 7, "ann"),
        Event("ready", 2, 7),
        Event("begin", 2, 7, "task", "working", 1, "reader"),
        Event("sent", 3, spans.main_pid, "hello"),
        Event("received", 3.5, 7, "hello"),
        Event("exit", 4, 7, id=1),
    ).save(tmp_path / "run.json")
    facts = json.loads((tmp_path / "run.json").read_text("utf-8"))["traceEvents"]
    lanes = {fact["pid"]: fact["args"]["name"] for fact in facts if fact["name"] == "process_name"}
    assert list(lanes.values()) == ["main", "ann", "ann, reader"]
    keys = ("ph", "name", "ts", "dur", "id")
    assert [(lanes[fact["pid"]], *map(fact.get, keys)) for fact in facts if fact["ph"] != "M"] == [
        ("ann", "X", "starting", 0, 1_000_000, None),
        ("ann, reader", "X", "task", 1_000_000, 2_000_000, None),
        ("main", "X", "hello", 2_000_000, 1, None),
        ("main", "s", "hello", 2_000_000, None, 0),
        ("ann", "X", "hello", 2_500_000, 1, None),
        ("ann", "f", "hello", 2_500_000, None, 0),
    ]


# The picture, and what is said of it.


def drawn_bars(axes) -> list[tuple]:
    """Each drawn bar's row, left, width, height and hatch, by where it begins."""
    found = []
    for alike in (each for each in axes.collections if isinstance(each, PolyCollection)):
        for corners in (path.vertices for path in alike.get_paths()):
            (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
            row, width, height = (round(float(value), 9) for value in ((top + bottom) / 2, right - left, bottom - top))
            found.append((row, left, width, height, alike.get_hatch() or ""))
    return sorted(found, key=lambda bar: (bar[1], bar[0]))


def labels_of(figure) -> dict:
    return {text.get_text(): text for text in figure.axes[0].texts if text.get_text()}


def arrows_of(figure) -> list[tuple]:
    return [(*text.xyann, *text.xy) for text in figure.axes[0].texts if not text.get_text()]


def test_a_run_is_drawn_to_scale():
    run = recorded(
        Event("start", 10, 1, "ann"),
        Event("ready", 11, 1),
        Event("start", 12, 2, "bob"),
        Event("ready", 13, 2),
        Event("begin", 14, 1, "send", "working", 1),
        Event("sent", 15, 1, "letter"),
        Event("end", 16, 1, "", "", 1),
        Event("begin", 16, 2, "for it", "waiting", 2),
        Event("begin", 18, 1, "too long for so short a bar", "working", 3),
        Event("end", 18.5, 1, "", "", 3),
        Event("received", 19, 2, "letter"),
        Event("exit", 20, 2, id=-15),
    )
    figure = chart._gantt(run)
    (axes,) = figure.axes
    drawn = drawn_bars(axes)
    assert [bar[:3] for bar in drawn] == [(0, 0, 1), (1, 2, 1), (0, 4, 2), (1, 6, 4), (0, 8, 0.5)]
    assert [hatch for *_, hatch in drawn] == ["////", "////", "", "....", ""]
    assert {label: bool(text.get_bbox_patch()) for label, text in labels_of(figure).items()} == {
        "letter": True,
        "for it": True,  # on the pattern of a bar that waits it has a plain ground
        "send": False,
    }
    assert arrows_of(figure) == [(5, 0, 9, 1)]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["ann", "bob"]
    assert (axes.get_ylim(), axes.get_xlim()[0], axes.get_xlabel()) == ((1.5, -0.5), 0, "seconds")
    (key,) = figure.legends
    assert [text.get_text() for text in key.get_texts()] == ["starting", "working", "waiting", "ended from outside"]
    assert [patch.get_hatch() or "" for patch in key.get_patches()] == ["////", "", "...."]


def test_a_span_within_another_is_thinner_and_a_message_is_named_once():
    run = recorded(
        Event("begin", 0, 1, "outer", "holding", 1),
        Event("begin", 1, 1, "inner", "working", 2),
        Event("sent", 2, 1, "inner"),
        Event("sent", 2, 1, "other"),
        Event("end", 3, 1, "", "", 2),
        Event("end", 4, 1, "", "", 1),
        *(Event("received", 3, 2, label) for label in ("inner", "other")),
        Event("begin", 3, 2, "next", "working", 3),
        Event("end", 4, 2, "", "", 3),
    )
    figure = chart._gantt(run)
    assert [height for *_, height, _ in drawn_bars(figure.axes[0])] == [0.76, pytest.approx(0.76 * 0.7), 0.76]
    assert sorted(text.get_text() for text in figure.axes[0].texts) == ["", "", "inner", "next", "other", "outer"]


@pytest.mark.parametrize(("count", "labelled"), [(12, 12), (13, 0), (1000, 0)])
def test_many_messages_have_arrows_only(count, labelled):
    sent = [Event("sent", 1 + number, 1, str(number)) for number in range(count)]
    figure = chart._gantt(recorded(*sent, *(event._replace(what="received", pid=2) for event in sent)))
    assert (len(arrows_of(figure)), len(labels_of(figure))) == (count, labelled)


def test_labels_do_not_lie_on_arrows_marks_or_other_labels(figures):
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
    (figure,) = figures
    (axes,) = figure.axes
    boxes = {label: text.get_window_extent() for label, text in labels_of(figure).items()}
    assert set(boxes) == {"crossed", "outer", "inner", "through", "along", "last"}
    lines = [axes.transData.transform([(message.sent, 0), (message.received, 2)]) for message in run.messages()]
    points = [start + (end - start) * part / 500 for start, end in lines for part in range(501)]
    points.append(axes.transData.transform((20, 1)))
    for label, box in boxes.items():
        assert box.count_contains(points) == 0, label
        assert [other for other in boxes if box.overlaps(boxes[other])] == [label]
        assert axes.bbox.x0 <= box.x0 < box.x1 <= axes.bbox.x1
    left, right = (axes.transData.transform((at, 1))[0] for at in (0, 10))
    assert left < boxes["crossed"].x0 < boxes["crossed"].x1 < right


def test_every_end_that_is_not_as_usual_has_its_mark_and_its_words(figures, displayed):
    events = []
    for pid, (name, code) in enumerate({"a": 1, "b": -15, "c": 0, "d": 0}.items(), start=spans.main_pid + 1):
        events += [Event("start", 0, pid, name), Event("ready", 1, pid), Event("exit", 3, pid, id=code)]
        events += [Event("begin", 2, pid, "x", "working", 1)] if name in "bc" else []
    recorded(*events).show()
    marks = {"failed": [[3, 0]], "ended from outside": [[3, 1]], "ended within it": [[3, 2]]}
    assert {line.get_label(): line.get_xydata().tolist() for line in figures[0].axes[0].lines} == marks
    assert len({line.get_marker() for line in figures[0].axes[0].lines}) == 3
    assert displayed[0][1]["image/png"]["alt"].endswith(
        "a: starting, failed with exit code 1; b: starting, working, ended from outside with exit code -15; "
        "c: starting, working, ended within it with exit code 0; d: starting; 0 arrows."
    )


@pytest.mark.parametrize(("upto", "right"), [(None, 4.2), (0, 4.2), (3, 4), (8, 8)])
def test_the_time_axis_goes_as_far_as_it_is_told_and_cuts_nothing_off(upto, right):
    begin, end = Event("begin", 1, 7, "x", "working", 1), Event("end", 2, 7, "", "", 1)
    message = Event("sent", 2, 7, "m"), Event("received", 5, 7, "m")
    for events in ((begin, end._replace(time=5)), (begin, end, *message), (begin, end, Event("exit", 5, 7, id=1))):
        assert chart._gantt(recorded(*events), upto=upto).axes[0].get_xlim() == (0, pytest.approx(right))


def test_the_figure_says_its_facts_in_three_places(figures, displayed, monkeypatch, capsys):
    run = working((0, 1))
    run.show()
    monkeypatch.setenv("MP_FIGURES", "words")
    run.show("One sentence.", "Another.")
    (data, metadata), (other, more) = displayed
    assert data["text/plain"] == figures[0].get_suptitle() == "1 process: 1 task."
    seen = "A chart over seconds, a lane each: worker 1: working; 0 arrows."
    assert metadata["image/png"]["alt"] == f"1 process: 1 task. {seen}"
    assert other["text/plain"] == figures[1].get_suptitle() == "One sentence. Another."
    assert capsys.readouterr().out == f"{more['image/png']['alt']}\n" == f"One sentence. Another. {seen}\n"
    width, _ = struct.unpack(">II", base64.b64decode(data["image/png"])[16:24])
    assert width == 2 * metadata["image/png"]["width"]  # for a dense screen


def test_bars_are_drawn_to_scale(figures, displayed):
    bars({"one": [1.0, 1.5, 4.0], "two": [0.5]}, "Two values.", "MB")
    (axes,) = figures[0].axes
    drawn = [(bar.get_y() + bar.get_height() / 2, bar.get_x(), bar.get_width()) for bar in axes.patches]
    assert drawn == [(0, 0, 1.5), (1, 0, 0.5)]
    (dots,) = axes.lines
    assert dots.get_xydata().tolist() == [[1, 0], [1.5, 0], [4, 0]]
    assert [(text.get_text(), text.xy) for text in axes.texts] == [("1.5", (4, 0)), ("0.5", (0.5, 1))]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["one", "two"]
    assert (axes.get_xlim(), axes.get_ylim()) == ((0, 4.4), (1.5, -0.5))
    assert axes.get_xlabel() == "MB, measured in this run"
    assert displayed[0][1]["image/png"]["alt"] == "Two values. Bars in MB: one 1.5, two 0.5."


def test_curves_are_drawn_to_scale(figures, displayed):
    points = {"a": [(1, 1.0), (4, 1.9)], "b": [(2, 1.0), (3, 1.5)]}
    curves(points, "Two curves.", "workers", "speed-up", log="x", ideal=True)
    curves({"a": points["a"]}, "One curve.", "x", "y")
    (axes,) = figures[0].axes
    drawn = {line.get_label(): line.get_xydata().tolist() for line in axes.lines}
    assert drawn == {"a": [[1, 1], [4, 1.9]], "b": [[2, 1], [3, 1.5]], "ideal": [[1, 1], [4, 4]]}
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "linear")
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("workers", "speed-up")
    assert len({(line.get_marker(), line.get_color()) for line in axes.lines}) == 3
    assert [[text.get_text() for key in figure.legends for text in key.get_texts()] for figure in figures] == [
        ["a", "b", "ideal"],
        [],
    ]
    seen = "Curves of speed-up over workers: a from 1 at 1 to 1.9 at 4; b from 1 at 2 to 1.5 at 3."
    assert displayed[0][1]["image/png"]["alt"] == f"Two curves. {seen}"


def ticks(axis) -> list[str]:
    axis.figure.draw_without_rendering()
    low, high = sorted(axis.get_view_interval())
    shown = zip(axis.get_majorticklocs(), axis.get_ticklabels(), strict=True)
    return [label.get_text() for at, label in shown if low <= at <= high]


def test_counts_have_whole_numbers_and_logarithmic_axes_plain_ones_unless_they_are_large(figures):
    bars({"a": [2, 3], "b": [1]}, "Counts.", "processes")
    bars({"a": [2.5, 3], "b": [1]}, "Values.", "seconds")
    curves({"a": [(1, 7)]}, "One count.", "workers", "holders")
    curves({"a": [(1, 0.25), (2, 1.5), (4, 3.0), (8, 30.0)]}, "Few.", "workers", "speed-up", log="xy")
    curves({"a": [(2**n, 1.0) for n in range(13)]}, "Many.", "chunksize", "seconds", log="x")
    curves({"a": [(10, 1.0), (10**7, 2.0)]}, "Large.", "bytes", "seconds", log="x")
    counts, values, one, few, many, large = (figure.axes[0] for figure in figures)
    assert (ticks(counts.xaxis), [text.get_text() for text in counts.texts]) == (["0", "1", "2", "3"], ["2", "1"])
    assert [text.get_text() for text in values.texts] == ["2.75", "1"]
    assert "0.5" in ticks(values.xaxis)
    assert (ticks(one.xaxis), ticks(one.yaxis)) == (["1"], ["7"])
    assert (ticks(few.xaxis), ticks(few.yaxis)) == (["1", "2", "4", "8"], ["1", "10"])
    assert ticks(many.xaxis) == ["1", "10", "100", "1000"]
    assert not {"1", "10", "100"} & set(ticks(large.xaxis))


def test_a_stored_picture_has_few_colours_and_looks_as_if_it_had_all(displayed):
    bars({"one": [1.0, 2.0], "two": [3.0]}, "Bars.")
    png = displayed[0][0]["image/png"]
    full, few = (Image.open(io.BytesIO(base64.b64decode(each))) for each in (png, store.in_few_colours(png)))
    assert len(few.getcolors()) <= 64
    difference = ImageStat.Stat(ImageChops.difference(full.convert("RGB"), few.convert("RGB")))
    assert max(difference.mean) < 1
    assert few.convert("RGB").getpixel((0, 0)) == (255, 255, 255)


# What a reader's own settings and words do to a figure: nothing.


def draw_all(text: str = "A figure.") -> None:
    working((1, 2)).show(text)
    bars({text: [1.0, 2.0], "two": [3.0]}, text, text)
    curves({text: [(1, 2.0), (10, 4.0)]}, text, text, text, log="xy", ideal=True)


@pytest.mark.parametrize("setting", ["dark_background", {"text.usetex": True, "font.size": 40}, {"axes.grid": True}])
def test_a_figure_is_the_same_whatever_the_reader_has_set(displayed, setting):
    draw_all()
    with matplotlib.style.context(setting):
        before = {name: matplotlib.rcParams[name] for name in matplotlib.rcParamsDefault if name != "backend"}
        draw_all()
        assert {name: matplotlib.rcParams[name] for name in before} == before
    pictures = [data["image/png"] for data, _ in displayed]
    assert pictures[:3] == pictures[3:]


@pytest.mark.parametrize("text", ["$HOME_$USER", "from 5$ to 7$", "任务 1"])
def test_text_is_drawn_as_it_is_and_nothing_is_said_of_fonts(figures, displayed, capfd, text):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw_all(text)
    run, bar, curve = figures
    texts = [
        run._suptitle,
        bar.axes[0].get_yticklabels()[0],
        curve.legends[0].get_texts()[0],
        curve.axes[0].xaxis.label,
    ]
    assert [text._preprocess_math(text.get_text()) for text in texts] == [(text, False)] * 4  # False: no formula
    assert [data["text/plain"] for data, _ in displayed] == [text] * 3
    assert capfd.readouterr() == ("", "")


# Outside a notebook, and the first run.


def run_python(code: str, **environment: str) -> tuple[str, str]:
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, timeout=60)
    return done.stdout, done.stderr


SCRIPT = """
from helpers import bars, span, timeline
with timeline() as run, span("a"):
    pass
run.show()
bars({"one": [1.0]}, "A value.")
"""


def test_a_script_prints_the_sentence_and_so_does_ipython_in_a_terminal(tmp_path):
    shell = "from IPython.terminal.interactiveshell import TerminalInteractiveShell as Shell\nShell.instance()\n"
    assert run_python(SCRIPT) == ("main: 1 task.\nA value.\n", "")
    assert run_python(shell + SCRIPT, IPYTHONDIR=str(tmp_path))[0] == "main: 1 task.\nA value.\n"


def test_matplotlib_says_nothing_at_its_first_import(tmp_path):
    (tmp_path / "file").touch()
    # Simulated: the message that comes after five seconds of searching for fonts comes at once.
    soon = "import threading\nTimer = threading.Timer\nthreading.Timer = lambda _, do: Timer(0, do)\n"
    no_folder = str(tmp_path / "file" / "no folder")
    assert run_python(soon + "import helpers.chart", MPLCONFIGDIR=no_folder) == ("", "")


def test_a_reader_who_logs_everything_sees_nothing_of_the_drawing(displayed, caplog):
    caplog.set_level("DEBUG")
    bars({"a": [1.0, 2.0], "b": [2.0]}, "Two values.")
    assert displayed
    assert caplog.records == []


def test_the_website_replays_what_the_picture_shows(displayed):
    run = working((0, 1), (1.5, 2.25))
    messages = [("sent", 2.5, 50), ("received", 2.75, 51)]
    run.events += [Event(what, time, pid, "m", "message", "m") for what, time, pid in messages]
    run.show()
    replay = json.loads(displayed[0][1]["image/png"]["replay"])
    lanes = replay["lanes"]
    assert lanes == run.lanes
    bars = [(lanes[bar[0]], *bar[1:3], bar[3] / 1000, bar[4] / 1000, bar[5]) for bar in replay["bars"]]
    assert bars == [tuple(bar) for bar in run.bars()]
    sent = [(way[0], lanes[way[1]], way[3] / 1000, lanes[way[2]], way[4] / 1000) for way in replay["sent"]]
    assert sent == [tuple(message) for message in run.messages()] != []
    left, upper, right, lower = replay["area"]
    assert 0 < left < right <= 1
    assert 0 < upper < lower < 1
    assert replay["until"] >= 2750


def test_a_run_that_is_too_long_is_not_replayed(displayed):
    working(*[(number, number + 1) for number in range(60)]).show()
    assert "replay" not in displayed[0][1]["image/png"]
