"""Figures of real runs, each with a sentence of its facts.

    events (helpers.spans) -> timeline: lanes, bars, messages --> a sentence ---+
                                                             --> a Gantt chart +-> publish -> the output
    measured values ----------------------------> bars, curves -----------------+

The sentence stands in the picture and is the output's `text/plain`, which nbval compares: so it holds what is the same
in every run (counts, order, overlaps). The alt text is the sentence and what else a person sees, measured values too,
which nbval does not compare. matplotlib is imported only here and in helpers/labels.py, in the parent.

A figure looks the same whatever the reader has set for matplotlib, and nothing warns in the cell. Its texts are
helpers.labels' affair.
"""

import base64
import bisect
import collections
import contextlib
import io
import itertools
import logging
import math
import os
import re
import signal
import statistics
import textwrap
import warnings
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from PIL import Image

from helpers import spans

# At its first import matplotlib may log that it looks for fonts or has no folder of its own: nothing about the lesson.
_logger = logging.getLogger("matplotlib")
_level = _logger.level
_logger.setLevel(logging.ERROR)
try:
    import matplotlib.style
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.collections import PolyCollection
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch
    from matplotlib.ticker import LogFormatter, MaxNLocator

    from helpers import labels
    from helpers.labels import printable, text
finally:
    _logger.setLevel(_level)

# Okabe and Ito's colours, which colour-blind people can tell apart, and a pattern for who prints in grey.
STYLE = {
    "starting": ("#d0d0d0", "////"),
    "working": ("#56b4e9", ""),
    "waiting": ("#f0e442", "...."),
    "holding": ("#e69f00", "xx"),
}
# How a process ended, and the mark where it did: failed by itself; by a signal; with exit code 0, but within a span.
ENDS = {"failed": "X", "ended from outside": "s", "ended within it": "o"}
MARK = {"linestyle": "", "markersize": 9, "color": "black", "markeredgecolor": "white"}
UNKNOWN = ("white", "")  # of a kind that is none of ours
NOUNS = {"working": "task", "waiting": "wait", "holding": "hold"}
DPI = 144  # shown at half of it, so that it is sharp on a dense screen
WIDTH = 8.0  # inches
MOST_LANES = 250  # that get their full height; with more of them the picture would be too large to make
MOST_LABELS = 12  # messages; with more of them only the arrows are drawn
MOST_COLOURS = 64  # to the eye as good as all, and a notebook weighs a third
MOST_COUNTED = 10_000  # larger whole numbers are sizes, not counts
MARKS = ("o-", "s--", "^-.", "D:", "v-", "P--")
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")


class Bar(NamedTuple):
    """A span as drawn: seconds since the timeline's first event; `finished` is False if its process ended within it."""

    lane: str
    label: str
    kind: str
    start: float
    end: float
    finished: bool = True


class Message(NamedTuple):
    """An arrow: what was sent from one lane and received in another, in seconds since the timeline's first event."""

    label: str
    sender: str
    sent: float
    receiver: str
    received: float


class End(NamedTuple):
    """Where a process ended, in seconds since the timeline's first event, and how: one of ENDS, or "" for as usual."""

    lane: str
    time: float
    code: int  # its exit code
    how: str


@contextlib.contextmanager
def _styled() -> Iterator[None]:
    """Matplotlib's own style, whatever the reader has set, and no warnings: to decorate what makes or draws a figure.

    Both are needed for both: some texts are made only when the figure is drawn.
    """
    with matplotlib.style.context("default"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


class timeline:
    """Collect what processes and threads do inside `with timeline() as run:`; `run.show()` draws it.

    A lane is a process or a thread: "main" is the parent, "worker 1", "worker 2" … its children in the order in which
    they were started (or the names that they were given), "thread 1" … the parent's threads.
    """

    def __init__(self):
        self.events: list[spans.Event] = []
        self.began = self.ended = None

    def __enter__(self) -> "timeline":
        self.began = spans.clock()
        spans.timelines.append(self)
        spans.recording = True
        return self

    def __exit__(self, *exception) -> None:
        self.ended = spans.clock()
        spans.timelines.remove(self)
        spans.recording = bool(spans.timelines)

    # What the run was, as data. All of it can be asked for while the run goes on.

    @property
    def seconds(self) -> float:
        """How long the `with` block took, or has taken so far."""
        return (self.ended or spans.clock()) - self.began

    @property
    def lanes(self) -> list[str]:
        """The lanes' names, from top to bottom."""
        return list(self._lanes().values())

    @property
    def processes(self) -> list[str]:
        """The lanes that are child processes."""
        return [name for (pid, thread), name in self._lanes().items() if pid != spans.main_pid and not thread]

    @property
    def threads(self) -> list[str]:
        """The lanes that are threads."""
        return [name for (_, thread), name in self._lanes().items() if thread]

    def bars(self, kind: str | None = None) -> list[Bar]:
        """The spans, or those of one kind, in the order in which they began."""
        lanes, opened, bars, exits = self._lanes(), {}, [], self._exits()
        for number, event in enumerate(self._ordered()):
            lane = lanes[event.pid, event.thread]
            if event.what == "start":
                opened[event.pid, "start"] = (number, lane, "", "starting", event.time)
            elif event.what == "begin":
                opened[event.pid, event.id] = (number, lane, event.label, event.kind, event.time)
            elif event.what in ("ready", "end"):
                span = opened.pop((event.pid, "start" if event.what == "ready" else event.id), None)
                if span:
                    bars.append((*span, event.time, True))
        for (pid, _), span in opened.items():
            end, _ = exits.get(pid, (self.began + self.seconds, None))
            bars.append((*span, end, False))
        zero = self._zero()
        return [
            Bar(lane, label, of, start - zero, end - zero, done)
            for _, lane, label, of, start, end, done in sorted(bars)
            if kind in (None, of)
        ]

    def messages(self) -> list[Message]:
        """The messages that were both sent and received: the nth sending of a label goes with its nth receipt."""
        lanes, ways = self._lanes(), {}
        for event in self._ordered():
            if event.what in ("sent", "received"):
                ways.setdefault(event.label, ([], []))[event.what == "received"].append(event)
        zero = self._zero()
        found = []
        for label, pair in ways.items():
            for sent, received in zip(*pair, strict=False):
                sender, receiver = (lanes[event.pid, event.thread] for event in (sent, received))
                found.append(Message(label, sender, sent.time - zero, receiver, received.time - zero))
        return sorted(found, key=lambda message: message.sent)

    def ends(self) -> list[End]:
        """How the processes ended that did: one for each, and for each of their threads that did so within a span.

        A pool terminates workers that wait for tasks: that is the usual end of theirs.
        """
        exits, zero, found = self._exits(), self._zero(), []
        cut = {bar.lane for bar in self.bars() if not bar.finished}
        pooled = {event.pid for event in self.events if event.what == "start" and "PoolWorker-" in event.label}
        for (pid, thread), lane in self._lanes().items():
            if pid in exits and (not thread or lane in cut):
                time, code = exits[pid]
                usual = lane not in cut and (code == 0 or (pid in pooled and code == -signal.SIGTERM))
                how = "failed" if code > 0 else "ended from outside" if code < 0 else "ended within it"
                found.append(End(lane, time - zero, code, "" if usual else how))
        return found

    def most_at_once(self, kind: str = "working") -> int:
        """The largest number of spans of a kind that were open at the same moment, as far as the clock can tell.

        A clock moves in steps, so times that are equal leave the order open. Then a span's own beginning counts before
        its end, and a span's end before another's beginning: holders of a lock who follow each other within a step are
        never two at once, and who overlapped by less than a step may be missed. (The order in which events arrive says
        nothing here: each process has a pipe of its own.)
        """
        edges = []
        for bar in self.bars(kind):
            instant = bar.start == bar.end  # to the clock: it comes between the ends and the beginnings of the others
            edges += [(bar.start, 1 if instant else 2, 1), (bar.end, 1 if instant else 0, -1)]
        most = now = 0
        for _, _, step in sorted(edges, key=lambda edge: edge[:2]):
            now += step
            most = max(most, now)
        return most

    # The same as sentences.

    def counts(self) -> str:
        """Who there was and what they did, for example "2 processes: 6 tasks."."""
        groups = ((self.processes, "process"), (self.threads, "thread"))
        named = {lane for group, _ in groups for lane in group}
        who = [lane for lane in self.lanes if lane not in named]
        who += [_plural(len(group), noun) for group, noun in groups if group]
        did = [_plural(len(self.bars(kind)), NOUNS[kind]) for kind in spans.KINDS[1:] if self.bars(kind)]
        return f"{', '.join(who)}{': ' if did else ''}{', '.join(did)}."

    def at_once(self, kind: str = "working") -> str:
        """How many were at it together, for example "Never two working at once."."""
        most = self.most_at_once(kind)
        return f"Never two {kind} at once." if most < 2 else f"At most {most} {kind} at once."

    def deliveries(self) -> str:
        """Who sent how many messages to whom: "6 messages from 2 producers to main, each received once."."""
        messages = self.messages()
        sent = collections.Counter(event.label for event in self.events if event.what == "sent")
        received = collections.Counter(event.label for event in self.events if event.what == "received")
        senders, receivers = {message.sender for message in messages}, {message.receiver for message in messages}
        if sent == received:
            count, how = _plural(sent.total(), "message"), "each received once"
        else:
            count, how = f"{len(messages)} of {_plural(sent.total(), 'message')}", "the others not received"
        way = f"from {_crowd(senders)} to {_crowd(receivers)}"
        if len(senders) > 1 and senders == receivers:
            way = f"between {_crowd(senders)}"
        return f"{count} {way}, {how}."

    def _ordered(self) -> list[spans.Event]:
        """The events by time; of those at the same step of the clock, a process's start first, then as they arrived."""
        return sorted(self.events, key=lambda event: (event.time, event.what != "start"))

    def _exits(self) -> dict[int, tuple[float, int]]:
        """When each process ended, which is not before its last event, and with which exit code."""
        last = {event.pid: event.time for event in self._ordered()}
        return {event.pid: (last[event.pid], event.id) for event in self.events if event.what == "exit"}

    def _zero(self) -> float:
        return min((event.time for event in self.events), default=self.began)

    def _lanes(self) -> dict[tuple[int, str], str]:
        """Each lane's name, by process and thread."""
        names = {event.pid: event.label for event in self.events if event.what == "start"}
        seen = {(event.pid, event.thread): None for event in self._ordered()}
        lanes, workers, threads = {}, itertools.count(1), itertools.count(1)
        for pid, thread in seen:
            if pid == spans.main_pid:
                process = "main"
            elif (pid, "") in lanes:
                process = lanes[pid, ""]
            elif _is_automatic(names.get(pid, "")):
                process = f"worker {next(workers)}"
            else:
                process = names[pid]
            lanes.setdefault((pid, ""), process)
            if thread:
                named = f"thread {next(threads)}" if _is_automatic(thread) else thread
                lanes[pid, thread] = named if pid == spans.main_pid else f"{process}, {named}"
        # "main" comes first, and only when it did something itself.
        order = sorted(lanes, key=lambda key: key != (spans.main_pid, ""))
        return {key: lanes[key] for key in order if key in seen}

    def show(self, *facts: str, upto: float | None = None) -> None:
        """Draw the run under the cell; outside a notebook, print the sentence alone.

        facts   sentences for the picture, made by the methods above; `counts()` comes by itself when there is none
        upto    seconds at the right end of the axis, so that figures can be compared; of a longer run all is shown
        """
        sentence = " ".join(facts or (self.counts(),))
        publish(self._draw(sentence, upto), sentence, self._seen())

    def _seen(self) -> str:
        """What the chart shows, for who can't see it: each lane's kinds of bars in their order."""
        said = {lane: [] for lane in self.lanes}
        for (lane, kind), count in collections.Counter((bar.lane, bar.kind) for bar in self.bars()).items():
            said[lane].append(kind if count == 1 else f"{kind} {count} times")
        for end in self.ends():
            said[end.lane] += [f"{end.how} with exit code {end.code}"] if end.how else []
        lanes = [f"{lane}: {', '.join(seen) or 'no bar'}" for lane, seen in said.items()]
        return f"A chart over seconds, a lane each: {'; '.join(lanes)}; {_plural(len(self.messages()), 'arrow')}."

    @_styled()
    def _draw(self, sentence: str = "", upto: float | None = None) -> Figure:
        lanes, bars, messages = self.lanes, self.bars(), self.messages()
        ends = [end for end in self.ends() if end.how]
        axes = _axes(1.15 + 0.36 * min(len(lanes), MOST_LANES), [*lanes, *(each.label for each in bars + messages)])
        rows = {lane: row for row, lane in enumerate(lanes)}
        # One object for many bars that look alike: ten thousand single ones take matplotlib half a minute.
        alike = collections.defaultdict(list)
        for bar, depth in _depths(bars):
            half = 0.38 * 0.7**depth  # a span inside another one is a thinner bar, so that both can be seen
            top, bottom = rows[bar.lane] - half, rows[bar.lane] + half
            alike[depth, bar.kind].append([(bar.start, top), (bar.end, top), (bar.end, bottom), (bar.start, bottom)])
        for (_, kind), corners in sorted(alike.items()):
            axes.add_collection(PolyCollection(corners, **_look(kind), linewidth=0.6))
        ways = np.reshape([(m.sent, rows[m.sender], m.received, rows[m.receiver]) for m in messages], (-1, 4))
        steps = ways[:, 2:] - ways[:, :2]
        head = {"width": 0.0125, "headwidth": 7, "headlength": 9, "headaxislength": 9}
        axes.quiver(*ways[:, :2].T, *steps.T, angles="xy", scale_units="xy", scale=1, units="inches", **head, zorder=2)
        for how, mark in ENDS.items():
            if places := [(end.time, rows[end.lane]) for end in ends if end.how == how]:
                axes.plot(*zip(*places, strict=True), **MARK, marker=mark, label=how, clip_on=False, zorder=2.5)
        every = math.ceil(len(lanes) / MOST_LANES) or 1  # lanes: more names would lie on each other
        axes.set_yticks(range(0, len(lanes), every), map(text, lanes[::every]))
        axes.set_ylim(max(len(lanes), 1) - 0.5, -0.5)
        last = max([*(bar.end for bar in bars), *ways[:, 2], *(end.time for end in ends)], default=0)
        axes.set_xlim(0, max(last, upto) if upto else last * 1.05 or 1)
        axes.set_xlabel("seconds")
        kinds = sorted({bar.kind for bar in bars}, key=(*spans.KINDS, *(bar.kind for bar in bars)).index)
        keys = [Patch(**_look(kind), label=kind) for kind in kinds] + axes.lines[:]
        figure, columns = axes.figure, min(len(keys), 6) or 1
        _title(figure, sentence)
        figure.legend(handles=keys, loc="outside lower center", ncols=columns, frameon=False, fontsize=9)
        if every == 1:
            figure.draw_without_rendering()  # lays the axes out: only then is known what fits
            self._label(axes, rows, ways)
        return figure

    def _label(self, axes: Axes, rows: dict[str, int], ways: np.ndarray) -> None:
        """Write labels into the bars that have room for theirs, and beside arrows that go these ways."""
        lines = axes.transData.transform(ways.reshape(-1, 2)).reshape(-1, 2, 2)
        marks = [axes.transData.transform(at) for line in axes.lines for at in line.get_xydata()]
        writer = labels.Writer(axes, lines, marks)
        labelled = set()
        for bar in reversed(self.bars()):  # the inner ones first, which have less room
            left, right = axes.transData.transform([(at, rows[bar.lane]) for at in (bar.start, bar.end)])
            if writer.write_between(left, right, bar.label, bool(_look(bar.kind)["hatch"])):
                labelled.add((bar.lane, bar.label))
        if len(ways) <= MOST_LABELS:
            for message, line in zip(self.messages(), lines, strict=True):
                # Where a bar at one of its ends says it already, a second label would only cover something.
                if not labelled & {(message.sender, message.label), (message.receiver, message.label)}:
                    writer.write_beside(*line, message.label)


def _look(kind: str) -> dict:
    colour, hatch = STYLE.get(kind, UNKNOWN)
    return {"facecolor": colour, "hatch": hatch, "edgecolor": "#444444"}


def _depths(bars: list[Bar]) -> Iterator[tuple[Bar, int]]:
    """Each bar, and how many others of its lane it lies within."""
    ends = collections.defaultdict(list)  # in each lane, of the bars that began earlier, sorted
    for bar in sorted(bars, key=lambda bar: (bar.start, -bar.end)):
        seen = ends[bar.lane]
        at = bisect.bisect_left(seen, bar.end)
        yield bar, len(seen) - at
        seen.insert(at, bar.end)


def _axes(height: float, texts: Iterable[str]) -> Axes:
    """An empty figure in our style, with fonts for these texts."""
    matplotlib.rcParams["font.family"] = labels.fonts("".join(texts))
    figure = Figure(figsize=(WIDTH, height), dpi=DPI, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return axes


def _title(figure: Figure, sentence: str) -> None:
    title = "\n".join(map(text, textwrap.wrap(sentence, 100)))
    figure.suptitle(title, x=0.01, ha="left", fontsize=10, fontfamily=labels.fonts(sentence))


def _are_counts(values: Iterable[float]) -> bool:
    return all(float(value).is_integer() and abs(value) <= MOST_COUNTED for value in values)


def _number(value: float) -> str:
    return f"{value:g}" if _are_counts([value]) else f"{value:.3g}"


def _plain(axis: Axis, values: Iterable[float]) -> None:
    """Plain numbers at an axis; for counts whole ones, on a logarithmic one those measured, if they are few."""
    values = sorted(set(values))
    if axis.get_scale() == "linear":
        if _are_counts(values):
            axis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    elif values[0] >= 0.001 and values[-1] <= MOST_COUNTED:
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter(LogFormatter())
        if len(values) <= 12 and _are_counts(values):
            axis.set_ticks([], minor=True)
            axis.set_ticks(values)


def _is_automatic(name: str) -> bool:
    """Whether multiprocessing or threading made this name up."""
    return not name or re.fullmatch(r"\w*(Process|PoolWorker|Thread)-[\d:]+( \(.*\))?", name) is not None


def _crowd(lanes: set[str]) -> str:
    """Name some lanes: "2 producers and main"."""
    kinds = collections.Counter(re.sub(r" \d+$", "", lane) for lane in lanes)
    said = [_plural(count, kind) if count > 1 else kind for kind, count in sorted(kinds.items())]
    return " and ".join(said) or "nobody"


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}{'es' if noun.endswith('s') else 's'}"


@_styled()
def bars(values: dict[str, list[float]], sentence: str, unit: str = "seconds") -> None:
    """Draw measured values as bars: the median, and a dot for each measurement.

    values    for each bar's name its measurements, in `unit`
    sentence  what the figure shows; only what is the same in every run
    """
    axes = _axes(1.1 + 0.36 * len(values), [*values, unit])
    every = [value for measured in values.values() for value in measured]
    middle = statistics.median_low if _are_counts(every) else statistics.median
    colour = STYLE["working"][0]
    for row, measured in enumerate(values.values()):
        median, end = middle(measured), (max(measured), row)
        axes.barh(row, median, height=0.66, color=colour, edgecolor="#444444", linewidth=0.6)
        if len(measured) > 1:
            axes.plot(measured, [row] * len(measured), "o", markersize=3.5, color="black", alpha=0.5)
        axes.annotate(_number(median), end, (6, 0), textcoords="offset points", va="center", fontsize=9)
    axes.set_yticks(range(len(values)), map(text, values))
    axes.set_ylim(len(values) - 0.5, -0.5)
    axes.set_xlim(0, max(every) * 1.1 or 1)
    _plain(axes.xaxis, every)
    axes.set_xlabel(f"{text(unit)}, measured in this run")
    medians = [f"{name} {_number(middle(measured))}" for name, measured in values.items()]
    publish(axes.figure, sentence, f"Bars in {unit}: {', '.join(medians)}.")


@_styled()
def curves(
    lines: dict[str, list[tuple[float, float]]], sentence: str, x: str, y: str, log: str = "", ideal: bool = False
) -> None:
    """Draw measured curves.

    lines     for each curve's name its points, (x, y)
    sentence  what the figure shows; only what is the same in every run
    x, y      what the axes measure, with units
    log       the axes that are logarithmic: "", "x", "y" or "xy"
    ideal     whether to draw the line y = x too, labelled "ideal"
    """
    axes = _axes(3.4, [*lines, x, y])
    for axis in log:
        getattr(axes, f"set_{axis}scale")("log")
    looks = itertools.cycle(zip(MARKS, COLOURS, strict=True))
    for (name, points), (mark, colour) in zip(lines.items(), looks, strict=False):
        axes.plot(*zip(*points, strict=True), mark, label=name, color=colour, markersize=5)
    if ideal:
        places = {at for points in lines.values() for at, _ in points}
        ends = [min(places), max(places)]
        axes.plot(ends, ends, color="#888888", linewidth=1, label="ideal")
    axes.set_xlabel(text(x))
    axes.set_ylabel(text(y))
    axes.grid(alpha=0.3)
    for axis, values in zip((axes.xaxis, axes.yaxis), zip(*itertools.chain(*lines.values()), strict=True), strict=True):
        _plain(axis, values)
    if len(lines) + ideal > 1:
        names = [line.get_label() for line in axes.lines]
        places = [str(number) for number in range(len(names))]
        key = axes.figure.legend(axes.lines, places, loc="outside right upper", frameon=False, fontsize=9)
        for entry, name in zip(key.get_texts(), names, strict=True):
            entry.set_text(text(name))  # only now: matplotlib leaves out who is given a name that begins with "_"
    ends = {name: [f"{_number(value)} at {at:g}" for at, value in points] for name, points in lines.items()}
    seen = "; ".join(f"{name} from {points[0]} to {points[-1]}" for name, points in ends.items())
    publish(axes.figure, sentence, f"Curves of {y} over {x}: {seen}.")


@_styled()
def publish(figure: Figure, sentence: str, seen: str = "") -> None:
    """Put a figure under the cell; where there is no cell, in a script, print the sentence alone.

    sentence  its title and plain text, and the beginning of its alt text
    seen      the rest of the alt text: what else a person sees
    """
    from IPython import get_ipython
    from IPython.display import display

    plain = printable(sentence)
    if get_ipython() is None:
        print(plain)
        return
    alt = printable(f"{sentence} {seen}".strip())
    if os.environ.get("MP_FIGURES") == "words":  # for who can't see it: JupyterLab does not pass the alt text on
        print(alt)
    _title(figure, sentence)
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=DPI, pil_kwargs={"compress_level": 1})  # soon to be read again
    width, height = (round(inches * DPI / 2) for inches in figure.get_size_inches())
    display(
        {"image/png": base64.b64encode(_light(png.getvalue())).decode(), "text/plain": plain},
        metadata={"image/png": {"alt": alt, "width": width, "height": height}},
        raw=True,
    )


def _light(png: bytes) -> bytes:
    """The same picture in a palette of few colours; white stays white."""
    picture = Image.open(io.BytesIO(png)).convert("RGB").quantize(MOST_COLOURS, Image.Quantize.FASTOCTREE)
    picture.putpalette([255 if value == 254 else value for value in picture.getpalette()])  # it rounds down
    light = io.BytesIO()
    picture.save(light, "PNG", optimize=True)
    return light.getvalue()
