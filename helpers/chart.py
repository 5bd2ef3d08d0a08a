"""Figures of real runs, each with a sentence of its facts.

    events (helpers.spans) -> timeline: lanes, bars, messages --> a sentence ---+
                                                             --> a Gantt chart +-> publish -> the output
    measured values ----------------------------> bars, curves -----------------+

The sentence stands in the picture and is the output's `text/plain`, which nbval compares: so it holds what is the same
in every run (counts, order, overlaps). The alt text is the sentence and what else a person sees, measured values too,
which nbval does not compare. matplotlib is imported only here, in the parent.
"""

import base64
import collections
import io
import itertools
import re
import statistics
import textwrap
import time
from typing import NamedTuple

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from helpers import spans

# Okabe and Ito's colours, which colour-blind people can tell apart, and a pattern for who prints in grey.
STYLE = {
    "starting": ("#d0d0d0", "////"),
    "working": ("#56b4e9", ""),
    "waiting": ("#f0e442", "...."),
    "holding": ("#e69f00", "xx"),
}
CROSS = {"marker": "X", "markersize": 8, "color": "black"}  # where a process ended within a span
NOUNS = {"working": "task", "waiting": "wait", "holding": "hold"}
DPI = 144  # shown at half of it, so that it is sharp on a dense screen
WIDTH = 8.0  # inches
MOST_LABELS = 12  # messages; with more of them only the arrows are drawn
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


class timeline:
    """Collect what processes and threads do inside `with timeline() as run:`; `run.show()` draws it.

    A lane is a process or a thread: "main" is the parent, "worker 1", "worker 2" … its children in the order in which
    they were started (or the names that they were given), "thread 1" … the parent's threads.
    """

    def __init__(self):
        self.events: list[spans.Event] = []
        self.began = self.ended = None

    def __enter__(self) -> "timeline":
        self.began = time.monotonic()
        spans.timelines.append(self)
        spans.recording = True
        return self

    def __exit__(self, *exception) -> None:
        self.ended = time.monotonic()
        spans.timelines.remove(self)
        spans.recording = bool(spans.timelines)

    # What the run was, as data. All of it can be asked for while the run goes on.

    @property
    def seconds(self) -> float:
        """How long the `with` block took, or has taken so far."""
        return (self.ended or time.monotonic()) - self.began

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
        lanes, opened, bars, exits = self._lanes(), {}, [], {}
        for event in self._ordered():
            lane = lanes[event.pid, event.thread]
            if event.what == "start":
                opened[event.pid, "start"] = (lane, "", "starting", event.time)
            elif event.what == "begin":
                opened[event.pid, event.id] = (lane, event.label, event.kind, event.time)
            elif event.what in ("ready", "end"):
                span = opened.pop((event.pid, "start" if event.what == "ready" else event.id), None)
                if span:
                    bars.append((*span, event.time, True))
            elif event.what == "exit":
                exits[event.pid] = event.time
        for (pid, _), span in opened.items():
            bars.append((*span, exits.get(pid, self.began + self.seconds), False))
        zero = self._zero()
        found = [Bar(lane, label, of, start - zero, end - zero, done) for lane, label, of, start, end, done in bars]
        return sorted((bar for bar in found if kind in (None, bar.kind)), key=lambda bar: bar.start)

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

    def most_at_once(self, kind: str = "working") -> int:
        """The largest number of spans of a kind that were open at the same moment."""
        edges = [edge for bar in self.bars(kind) for edge in ((bar.start, 1), (bar.end, -1))]
        most = now = 0
        for _, step in sorted(edges):  # at the same moment an end counts before a beginning
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
        sent, received = (
            collections.Counter(event.label for event in self.events if event.what == what)
            for what in ("sent", "received")
        )
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
        return sorted(self.events, key=lambda event: event.time)

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

    def show(self, *facts: str) -> None:
        """Draw the run under the cell.

        facts   sentences for the picture, made by the methods above; `counts()` comes by itself when there is none
        """
        publish(self._draw(), " ".join(facts or (self.counts(),)), self._seen())

    def _seen(self) -> str:
        """What the chart shows, for who can't see it: each lane's kinds of bars in their order."""
        said, bars = [], self.bars()
        for lane in self.lanes:
            kinds = collections.Counter(bar.kind for bar in bars if bar.lane == lane)
            times = [kind if count == 1 else f"{kind} {count} times" for kind, count in kinds.items()]
            said.append(f"{lane}: {', '.join(times) or 'no bar'}")
        arrows = _plural(len(self.messages()), "arrow")
        return f"A chart over seconds, a lane each: {'; '.join(said)}; {arrows}."

    def _draw(self) -> Figure:
        lanes, bars = self.lanes, self.bars()
        figure = Figure(figsize=(WIDTH, 1.15 + 0.36 * len(lanes)), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        rows = {lane: row for row, lane in enumerate(lanes)}
        for bar in bars:
            colour, hatch = STYLE[bar.kind]
            # A span inside another one is a thinner bar, so that both can be seen.
            outer = [one for one in bars if one.lane == bar.lane and one.start <= bar.start and bar.end <= one.end]
            axes.barh(
                rows[bar.lane], bar.end - bar.start, left=bar.start, height=0.76 * 0.7 ** (len(outer) - 1),
                color=colour, hatch=hatch, edgecolor="#444444", linewidth=0.6,
            )  # fmt: skip
            if not bar.finished:
                axes.plot(bar.end, rows[bar.lane], **CROSS, clip_on=False)
        axes.set_yticks(range(len(lanes)), lanes)
        axes.set_ylim(max(len(lanes), 1) - 0.5, -0.5)
        axes.set_xlim(left=0)
        axes.set_xlabel("seconds")
        axes.spines[["top", "right"]].set_visible(False)
        kinds = [kind for kind in spans.KINDS if any(bar.kind == kind for bar in bars)]
        keys = [
            Patch(facecolor=STYLE[kind][0], hatch=STYLE[kind][1], edgecolor="#444444", label=kind) for kind in kinds
        ]
        if not all(bar.finished for bar in bars):
            keys.append(Line2D([], [], linestyle="", label="process ended within it", **CROSS))
        figure.legend(handles=keys, loc="outside lower center", ncols=max(len(keys), 1), frameon=False, fontsize=9)
        figure.canvas.draw()
        labelled = {(bar.lane, bar.label) for bar in bars if _label(axes, bar, rows[bar.lane])}
        messages = self.messages()
        for message in messages:
            start, end = (message.sent, rows[message.sender]), (message.received, rows[message.receiver])
            arrow = {"arrowstyle": "-|>", "linewidth": 0.9, "shrinkA": 0, "shrinkB": 0}
            axes.annotate("", end, start, arrowprops=arrow)
            # Where a bar at one of its ends says it already, a second label would only cover something.
            said = labelled & {(message.sender, message.label), (message.receiver, message.label)}
            if len(messages) <= MOST_LABELS and not said:
                middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
                box = {"facecolor": "white", "alpha": 0.85, "linewidth": 0, "pad": 0.8}
                axes.annotate(
                    message.label, middle, (3, 0), textcoords="offset points", va="center", fontsize=8, bbox=box
                )
        return figure


def _label(axes, bar: Bar, row: int) -> bool:
    """Write a bar's label into it, if there is room; returns whether there was."""
    text = axes.text(
        (bar.start + bar.end) / 2, row, bar.label, ha="center", va="center", fontsize=8,
        bbox={"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 0.8} if STYLE[bar.kind][1] else None,
    )  # fmt: skip
    (left, _), (right, _) = axes.transData.transform([(bar.start, row), (bar.end, row)])
    fits = text.get_window_extent().width <= right - left - 4
    if not fits:
        text.remove()
    return fits


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


def bars(values: dict[str, list[float]], sentence: str, unit: str = "seconds") -> None:
    """Draw measured values as bars: the median, and a dot for each measurement.

    values    for each bar's name its measurements, in `unit`
    sentence  what the figure shows; only what is the same in every run
    """
    figure = Figure(figsize=(WIDTH, 1.1 + 0.36 * len(values)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    colour = STYLE["working"][0]
    for row, measured in enumerate(values.values()):
        median = statistics.median(measured)
        axes.barh(row, median, height=0.66, color=colour, edgecolor="#444444", linewidth=0.6)
        if len(measured) > 1:
            axes.plot(measured, [row] * len(measured), "o", markersize=3.5, color="black", alpha=0.5)
        axes.annotate(
            f"{median:.3g}", (max(measured), row), (6, 0), textcoords="offset points", va="center", fontsize=9
        )
    axes.set_yticks(range(len(values)), values)
    axes.set_ylim(len(values) - 0.5, -0.5)
    axes.set_xlim(0, max(max(measured) for measured in values.values()) * 1.1)
    axes.set_xlabel(f"{unit}, measured in this run")
    axes.spines[["top", "right"]].set_visible(False)
    medians = [f"{name} {statistics.median(measured):.3g}" for name, measured in values.items()]
    publish(figure, sentence, f"Bars in {unit}: {', '.join(medians)}.")


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
    figure = Figure(figsize=(WIDTH, 3.4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for axis in log:
        getattr(axes, f"set_{axis}scale")("log")
    looks = itertools.cycle(zip(MARKS, COLOURS, strict=True))
    for (name, points), (mark, colour) in zip(lines.items(), looks, strict=False):
        axes.plot(*zip(*points, strict=True), mark, label=name, color=colour, markersize=5)
    if ideal:
        places = {at for points in lines.values() for at, _ in points}
        ends = [min(places), max(places)]
        axes.plot(ends, ends, color="#888888", linewidth=1, label="ideal")
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    if not log:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if len(lines) + ideal > 1:
        figure.legend(loc="outside right upper", frameon=False, fontsize=9)
    ends = [
        f"{name} from {points[0][1]:.3g} at {points[0][0]:g} to {points[-1][1]:.3g} at {points[-1][0]:g}"
        for name, points in lines.items()
    ]
    publish(figure, sentence, f"Curves of {y} over {x}: {'; '.join(ends)}.")


def publish(figure: Figure, sentence: str, seen: str = "") -> None:
    """Put a figure under the cell.

    sentence  its title and plain text, and the beginning of its alt text
    seen      the rest of the alt text: what else a person sees
    """
    from IPython.display import display

    figure.suptitle(textwrap.fill(sentence, 100), x=0.01, ha="left", fontsize=10)
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=DPI, metadata={"Software": None})
    width, height = (round(inches * DPI / 2) for inches in figure.get_size_inches())
    display(
        {"image/png": base64.b64encode(png.getvalue()).decode(), "text/plain": sentence},
        metadata={"image/png": {"alt": f"{sentence} {seen}".strip(), "width": width, "height": height}},
        raw=True,
    )
