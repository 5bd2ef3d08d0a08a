"""Figures of real runs, each with a sentence of its facts.

    events (helpers.spans) -> timeline: lanes, bars, messages --> a sentence ---+
                                                             --> a Gantt chart +-> publish -> the output
    measured values ----------------------------> bars, curves -----------------+

The sentence stands in the picture and is the output's `text/plain`, which nbval compares: so it holds what is the same
in every run (counts, order, overlaps). The alt text is the sentence and what else a person sees, measured values too,
which nbval does not compare. matplotlib is imported only here, in the parent.

A figure looks the same whatever the reader has set for matplotlib, and says nothing but itself: nothing warns in the
cell. Text is drawn as it is: no `$` begins a formula, and what can't be drawn (a control character, half a surrogate
pair) stands as Python would escape it. For characters that matplotlib's own font lacks, Chinese for example, an
installed font is looked for; where there is none, a box stands for each.
"""

import base64
import bisect
import collections
import contextlib
import io
import itertools
import logging
import re
import statistics
import textwrap
import warnings
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from helpers import spans

# At its first import matplotlib may log that it looks for fonts or has no folder of its own: nothing about the lesson.
_logger = logging.getLogger("matplotlib")
_level = _logger.level
_logger.setLevel(logging.ERROR)
try:
    import matplotlib.style
    from matplotlib import font_manager
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.collections import LineCollection
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch, PathPatch
    from matplotlib.path import Path
    from matplotlib.ticker import MaxNLocator
finally:
    _logger.setLevel(_level)

# Okabe and Ito's colours, which colour-blind people can tell apart, and a pattern for who prints in grey.
STYLE = {
    "starting": ("#d0d0d0", "////"),
    "working": ("#56b4e9", ""),
    "waiting": ("#f0e442", "...."),
    "holding": ("#e69f00", "xx"),
}
CROSS = {"linestyle": "", "marker": "X", "markersize": 8, "color": "black"}  # where a process ended within a span
UNKNOWN = ("white", "")  # of a kind that is none of ours
NOUNS = {"working": "task", "waiting": "wait", "holding": "hold"}
DPI = 144  # shown at half of it, so that it is sharp on a dense screen
WIDTH = 8.0  # inches
MOST_LANES = 250  # that get their full height; with more of them the picture would be too large to make
TOGETHER = 200  # bars in an object; matplotlib puts edges on whole dots up to 1024 corners
MOST_LABELS = 12  # messages; with more of them only the arrows are drawn
MOST_ARROWS = 400  # messages; with more of them only lines are drawn
MARKS = ("o-", "s--", "^-.", "D:", "v-", "P--")
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
# Fonts for what matplotlib's own one lacks: those that come with Linux, Windows and macOS, simplified Chinese first.
FONT = "DejaVu Sans"
FONTS = (
    *("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei"),
    *("Microsoft YaHei", "SimHei", "PingFang SC", "PingFang HK", "Hiragino Sans GB", "Heiti TC", "Arial Unicode MS"),
    *("Noto Sans CJK JP", "Noto Sans JP", "IPAexGothic", "IPAGothic", "TakaoPGothic", "Yu Gothic", "Hiragino Sans"),
    *("Noto Sans CJK KR", "Noto Sans KR", "NanumGothic", "UnDotum", "Malgun Gothic", "Apple SD Gothic Neo"),
)


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
        lanes, opened, bars, exits = self._lanes(), {}, [], {}
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
            elif event.what == "exit":
                exits[event.pid] = event.time
        for (pid, _), span in opened.items():
            bars.append((*span, exits.get(pid, self.began + self.seconds), False))
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
        """The events by time; of those at the same step of the clock, a process's start first, then as they arrived."""
        return sorted(self.events, key=lambda event: (event.time, event.what != "start"))

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
        """Draw the run under the cell; outside a notebook, print the sentence alone.

        facts   sentences for the picture, made by the methods above; `counts()` comes by itself when there is none
        """
        publish(self._draw(), " ".join(facts or (self.counts(),)), self._seen())

    def _seen(self) -> str:
        """What the chart shows, for who can't see it: each lane's kinds of bars in their order."""
        kinds = {lane: collections.Counter() for lane in self.lanes}
        for bar in self.bars():
            kinds[bar.lane][bar.kind] += 1
        said = []
        for lane, counts in kinds.items():
            times = [kind if count == 1 else f"{kind} {count} times" for kind, count in counts.items()]
            said.append(f"{lane}: {', '.join(times) or 'no bar'}")
        arrows = _plural(len(self.messages()), "arrow")
        return f"A chart over seconds, a lane each: {'; '.join(said)}; {arrows}."

    @_styled()
    def _draw(self) -> Figure:
        lanes, bars, messages = self.lanes, self.bars(), self.messages()
        texts = itertools.chain(lanes, (bar.label for bar in bars), (message.label for message in messages))
        axes = _axes(1.15 + 0.36 * min(len(lanes), MOST_LANES), texts)
        rows = {lane: row for row, lane in enumerate(lanes)}
        # One object for many bars that look alike: ten thousand single ones take matplotlib half a minute.
        alike = collections.defaultdict(list)
        for bar, depth in _depths(bars):
            half = 0.38 * 0.7**depth  # a span inside another one is a thinner bar, so that both can be seen
            top, bottom = rows[bar.lane] - half, rows[bar.lane] + half
            corners = [(bar.start, top), (bar.end, top), (bar.end, bottom), (bar.start, bottom), (bar.start, top)]
            alike[depth, bar.kind].append(Path(corners, closed=True))
        for (_, kind), paths in sorted(alike.items()):
            for some in range(0, len(paths), TOGETHER):
                path = Path.make_compound_path(*paths[some : some + TOGETHER])
                axes.add_patch(PathPatch(path, **_look(kind), linewidth=0.6))
        cut = [(bar.end, rows[bar.lane]) for bar in bars if not bar.finished]
        if cut:
            axes.plot(*zip(*cut, strict=True), **CROSS, clip_on=False)
        if bars:
            axes.autoscale_view()
        axes.set_yticks(range(len(lanes)), map(_text, lanes))
        axes.set_ylim(max(len(lanes), 1) - 0.5, -0.5)
        axes.set_xlim(left=0)
        axes.set_xlabel("seconds")
        kinds = sorted({bar.kind for bar in bars}, key=(*spans.KINDS, *(bar.kind for bar in bars)).index)
        keys = [Patch(**_look(kind), label=kind) for kind in kinds]
        if cut:
            keys.append(Line2D([], [], label="process ended within it", **CROSS))
        figure = axes.figure
        figure.legend(handles=keys, loc="outside lower center", ncols=max(len(keys), 1), frameon=False, fontsize=9)
        figure.draw_without_rendering()  # lays the axes out: only then is known what fits
        labelled = _label(axes, bars, rows)
        if len(messages) > MOST_ARROWS:
            ways = [((each.sent, rows[each.sender]), (each.received, rows[each.receiver])) for each in messages]
            axes.add_collection(LineCollection(ways, color="black", linewidth=0.9), autolim=False)
            return figure
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
                    _text(message.label), middle, (3, 0), textcoords="offset points", va="center", fontsize=8, bbox=box
                )
        return figure


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


def _label(axes: Axes, bars: list[Bar], rows: dict[str, int]) -> set[tuple[str, str]]:
    """Write labels into the bars that have room for theirs; returns these bars' lanes and labels."""
    probe = axes.text(0, 0, "", fontsize=8)
    ground = {"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 0.8}
    labelled = set()
    places = [((bar.start, rows[bar.lane]), (bar.end, rows[bar.lane])) for bar in bars]
    ends = axes.transData.transform(np.reshape(places, (-1, 2)))[:, 0].reshape(-1, 2)
    for bar, room in zip(bars, ends[:, 1] - ends[:, 0] - 4, strict=True):
        if room < 2:  # nothing fits: not worth being measured
            continue
        probe.set_text(_text(bar.label))
        if probe.get_window_extent().width <= room:
            axes.text(
                (bar.start + bar.end) / 2, rows[bar.lane], probe.get_text(), ha="center", va="center", fontsize=8,
                in_layout=False,  # it lies within the axes
                bbox=ground if _look(bar.kind)["hatch"] else None,
            )  # fmt: skip
            labelled.add((bar.lane, bar.label))
    probe.remove()
    return labelled


def _axes(height: float, texts: Iterable[str]) -> Axes:
    """An empty figure in our style, with fonts for these texts."""
    matplotlib.rcParams["font.family"] = _fonts("".join(texts))
    figure = Figure(figsize=(WIDTH, height), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return axes


def _fonts(text: str) -> list[str]:
    """The names of the fonts that are needed for a text and are there. (Plain English needs no search.)"""
    fonts = [FONT]
    if text.isascii():
        return fonts
    there = {font.name for font in font_manager.fontManager.ttflist}
    lacking = set(map(ord, text))
    for name in (FONT, *FONTS):
        if name in there:
            has = lacking & font_manager.get_font(font_manager.findfont(name)).get_charmap().keys()
            if has and name != FONT:
                fonts.append(name)
            lacking -= has
    return fonts


def _printable(text: str) -> str:
    """A text that can be sent and drawn: what can't stands as Python would escape it."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]", lambda found: found[0].encode("unicode_escape").decode(), text)


def _text(text: str) -> str:
    """A text as matplotlib is to be told it, so that no `$` begins a formula."""
    return _printable(text).replace("$", r"\$")


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
    colour = STYLE["working"][0]
    for row, measured in enumerate(values.values()):
        median = statistics.median(measured)
        axes.barh(row, median, height=0.66, color=colour, edgecolor="#444444", linewidth=0.6)
        if len(measured) > 1:
            axes.plot(measured, [row] * len(measured), "o", markersize=3.5, color="black", alpha=0.5)
        axes.annotate(
            f"{median:.3g}", (max(measured), row), (6, 0), textcoords="offset points", va="center", fontsize=9
        )
    axes.set_yticks(range(len(values)), map(_text, values))
    axes.set_ylim(len(values) - 0.5, -0.5)
    axes.set_xlim(0, max(max(measured) for measured in values.values()) * 1.1)
    axes.set_xlabel(f"{_text(unit)}, measured in this run")
    medians = [f"{name} {statistics.median(measured):.3g}" for name, measured in values.items()]
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
    axes.set_xlabel(_text(x))
    axes.set_ylabel(_text(y))
    axes.grid(alpha=0.3)
    if not log:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if len(lines) + ideal > 1:
        names = [line.get_label() for line in axes.lines]
        places = [str(number) for number in range(len(names))]
        key = axes.figure.legend(axes.lines, places, loc="outside right upper", frameon=False, fontsize=9)
        for text, name in zip(key.get_texts(), names, strict=True):
            text.set_text(_text(name))  # only now: matplotlib leaves out who is given a name that begins with "_"
    ends = [
        f"{name} from {points[0][1]:.3g} at {points[0][0]:g} to {points[-1][1]:.3g} at {points[-1][0]:g}"
        for name, points in lines.items()
    ]
    publish(axes.figure, sentence, f"Curves of {y} over {x}: {'; '.join(ends)}.")


@_styled()
def publish(figure: Figure, sentence: str, seen: str = "") -> None:
    """Put a figure under the cell; where there is no cell, in a script, print the sentence alone.

    sentence  its title and plain text, and the beginning of its alt text
    seen      the rest of the alt text: what else a person sees
    """
    from IPython import get_ipython
    from IPython.display import display

    plain = _printable(sentence)
    if get_ipython() is None:
        print(plain)
        return
    title = "\n".join(map(_text, textwrap.wrap(sentence, 100)))
    figure.suptitle(title, x=0.01, ha="left", fontsize=10, fontfamily=_fonts(sentence))
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=DPI, metadata={"Software": None})
    width, height = (round(inches * DPI / 2) for inches in figure.get_size_inches())
    display(
        {"image/png": base64.b64encode(png.getvalue()).decode(), "text/plain": plain},
        metadata={"image/png": {"alt": _printable(f"{sentence} {seen}".strip()), "width": width, "height": height}},
        raw=True,
    )
