"""Figures of real runs, each with a sentence of its facts.

    events (helpers.spans) -> timeline: lanes, bars, messages --> a sentence ---+
                                                              --> a Gantt chart +-> publish -> the output
    measured values ----------------------------> bars, curves -----------------+

The sentence stands in the picture and is the output's `text/plain`, which nbval compares: so it holds what is the same
in every run (counts, order, overlaps). The alt text is the sentence and what else a person sees. matplotlib is imported
only here, in the parent; a figure looks the same whatever the reader has set for it, and nothing warns in the cell.
"""

import base64
import contextlib
import io
import itertools
import json
import logging
import os
import re
import signal
import statistics
import textwrap
import warnings
from collections import Counter, defaultdict, namedtuple
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from helpers import spans

logging.disable(logging.WARNING)  # at its first import matplotlib may log that it looks for fonts
try:
    import matplotlib.style
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.font_manager import fontManager
    from matplotlib.patches import Patch
    from matplotlib.ticker import LogFormatter, MaxNLocator
finally:
    logging.disable(logging.NOTSET)
for each in ("matplotlib", "PIL"):
    logging.getLogger(each).setLevel(logging.WARNING)  # what they say while they draw is no news

# matplotlib's own font, and for Chinese, which it lacks, those that come with Linux, Windows and macOS.
FONTS = ["DejaVu Sans", "Noto Sans CJK SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Microsoft YaHei", "SimHei"]
FONTS += ["PingFang SC", "Hiragino Sans GB", "Arial Unicode MS"]
# Okabe and Ito's colours, which colour-blind people can tell apart, and a pattern for readers who print in grey.
STYLE = {
    "starting": {"facecolor": "#d0d0d0", "hatch": "////"},
    "working": {"facecolor": "#56b4e9", "hatch": ""},
    "waiting": {"facecolor": "#f0e442", "hatch": "...."},
    "holding": {"facecolor": "#e69f00", "hatch": "xx"},
}
EDGE = {"edgecolor": "#444444", "linewidth": 0.6}
ENDS = {"failed": "X", "ended from outside": "s", "ended within it": "o"}  # the mark where a process ended in this way
MARK = {"linestyle": "", "markersize": 9, "color": "black", "markeredgecolor": "white", "clip_on": False, "zorder": 2.5}
ARROW = {"color": "black", "linewidth": 0.9, "mutation_scale": 1, "shrinkA": 0, "shrinkB": 0}
ARROW["arrowstyle"] = "-|>, head_length=6.8, head_width=2.6"
LABEL = {"ha": "center", "va": "center", "fontsize": 8, "in_layout": False, "transform": None}  # None: in dots
GROUND = {"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 0.8}
MARKS = ("o-", "s--", "^-.", "D:", "v-", "P--")
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
DPI = 144  # shown at half of it, so that it is sharp on a dense screen
MOST_LABELS = 12  # messages; with more of them only the arrows are drawn
MOST_REPLAYED = 1500  # characters, in the output's metadata
MOST_COUNTED = 10_000  # larger whole numbers are sizes, not counts
NOUNS = {"working": "task", "waiting": "wait", "holding": "hold"}

# Times are in seconds since the timeline's first event. A bar is not finished if its process ended within it. A process
# "failed", was "ended from outside" by a signal, or "ended within it", a span, with exit code 0; else `how` is "".
Bar = namedtuple("Bar", "lane label kind start end finished", defaults=[True])
Message = namedtuple("Message", "label sender sent receiver received")
End = namedtuple("End", "lane time code how")


class timeline:
    """Collect what processes and threads do inside `with timeline() as run:`; `run.show()` draws it.

    A lane is a process or a thread: "main" is the parent, "worker 1", "worker 2" … its children in the order in which
    they were started (or the names that they were given), "thread 1" … the parent's threads. A run can be asked for its
    data and sentences while it goes on.
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

    @property
    def seconds(self) -> float:
        """How long the `with` block took, or has taken so far."""
        return (self.ended or spans.clock()) - self.began

    @property
    def lanes(self) -> list[str]:
        """The lanes' names, from top to bottom."""
        return list(self._read()[0].values())

    @property
    def processes(self) -> list[str]:
        """The lanes that are child processes."""
        return [name for (pid, thread), name in self._read()[0].items() if pid != spans.main_pid and not thread]

    def bars(self, kind: str | None = None) -> list[Bar]:
        """The spans, or those of one kind, in the order in which they began."""
        bars, opened, (_, told, exits, now) = [], {}, self._read()
        for number, (event, lane) in enumerate(told):
            key = event.pid, event.id if event.what in ("begin", "end") else "start"
            if event.what in ("begin", "start"):
                said = (event.label, event.kind) if event.what == "begin" else ("", "starting")
                opened[key] = number, lane, *said, event.time
            elif event.what in ("end", "ready") and key in opened:
                bars.append((*opened.pop(key), event.time, True))
        bars += [(*bar, exits.get(pid, (now,))[0], False) for (pid, _), bar in opened.items()]
        return [Bar(*bar) for _, *bar in sorted(bars) if kind in (None, bar[2])]

    def messages(self) -> list[Message]:
        """The messages that were both sent and received: the nth sending of a label goes with its nth receipt."""
        ends = defaultdict(lambda: {"sent": [], "received": []})
        for event, lane in self._read()[1]:
            if event.what in ("sent", "received"):
                ends[event.label][event.what].append((lane, event.time))
        pairs = ((label, pair) for label, both in ends.items() for pair in zip(*both.values(), strict=False))
        found = [Message(label, *sent, *received) for label, (sent, received) in pairs]
        return sorted(found, key=lambda message: message.sent)

    def ends(self) -> list[End]:
        """How the processes ended that did: one for each, and for each of their threads that did so within a span."""
        found, cut, (lanes, _, exits, _) = [], {bar.lane for bar in self.bars() if not bar.finished}, self._read()
        # A pool terminates workers that wait for tasks: that is the usual end of theirs.
        pooled = {event.pid for event in self.events if event.what == "start" and "PoolWorker-" in event.label}
        for (pid, thread), lane in lanes.items():
            if pid in exits and (not thread or lane in cut):
                time, code = exits[pid]
                usual = lane not in cut and (code == 0 or (pid in pooled and code == -signal.SIGTERM))
                how = "failed" if code > 0 else "ended from outside" if code < 0 else "ended within it"
                found.append(End(lane, time, code, "" if usual else how))
        return found

    def most_at_once(self, kind: str = "working") -> int:
        """The largest number of spans of a kind that were open at the same moment, as far as the clock can tell.

        A clock moves in steps, so times that are equal leave the order open. Then a span's own beginning counts before
        its end, and a span's end before another's beginning: holders of a lock who follow each other within a step are
        never two at once, and those who overlapped by less than a step may be missed. (The order in which events
        arrive says nothing here: each process has a pipe of its own.)
        """
        edges = []
        for bar in self.bars(kind):
            instant = bar.start == bar.end  # to the clock: it comes between the ends and the beginnings of the others
            edges += [(bar.start, 1 if instant else 2, 1), (bar.end, 1 if instant else 0, -1)]
        edges.sort(key=lambda edge: edge[:2])
        return max(itertools.accumulate(step for _, _, step in edges), default=0)

    def counts(self) -> str:
        """The lanes and what they did, for example "2 processes: 6 tasks."."""
        threads = [name for (_, thread), name in self._read()[0].items() if thread]
        groups = {"process": self.processes, "thread": threads}
        said = [lane for lane in self.lanes if lane not in itertools.chain(*groups.values())]
        said += [_plural(len(group), noun) for noun, group in groups.items() if group]
        did = [_plural(len(self.bars(kind)), noun) for kind, noun in NOUNS.items() if self.bars(kind)]
        return f"{', '.join(said)}{': ' if did else ''}{', '.join(did)}."

    def at_once(self, kind: str = "working") -> str:
        """How many were at it together, for example "Never two working at once."."""
        most = self.most_at_once(kind)
        return f"Never two {kind} at once." if most < 2 else f"At most {most} {kind} at once."

    def deliveries(self) -> str:
        """How many messages went which way: "6 messages from 2 producers to main, each received once."."""
        messages = self.messages()
        sent, received = (Counter(e.label for e in self.events if e.what == what) for what in ("sent", "received"))
        senders, receivers = {message.sender for message in messages}, {message.receiver for message in messages}
        count, how = _plural(sent.total(), "message"), "each received once"
        if sent != received:
            count, how = f"{len(messages)} of {count}", "the others not received"
        both = len(senders) > 1 and senders == receivers
        way = f"between {_crowd(senders)}" if both else f"from {_crowd(senders)} to {_crowd(receivers)}"
        return f"{count} {way}, {how}."

    def show(self, *facts: str, upto: float | None = None) -> None:
        """Draw the run under the cell; outside a notebook, print the sentence alone.

        facts   sentences for the picture, made by the methods above; `counts()` comes by itself when there is none
        upto    seconds at the right end of the axis, so that figures can be compared; of a longer run all is shown
        """
        sentence = " ".join(facts or (self.counts(),))
        figure = _gantt(self, sentence, upto)
        publish(figure, sentence, self._seen(), self._replay(figure.axes[0]))

    def save(self, path: str | os.PathLike) -> None:
        """Write the run into a file in the Trace Event Format, for viewers that can zoom: a process for each lane.

        An arrow goes from span to span in this format, so each end of a message gets a short one.
        """
        where = {lane: {"pid": number, "tid": number} for number, lane in enumerate(self.lanes, 1)}
        facts = [{"ph": "M", "name": "process_name", "args": {"name": lane}, **where[lane]} for lane in where]
        for lane, label, kind, start, end, finished in self.bars():
            span = {"ph": "X", "name": label or kind, "cat": kind, "ts": 1e6 * start, "dur": 1e6 * (end - start)}
            facts.append({**span, "args": {"finished": finished}, **where[lane]})
        for number, (label, *way) in enumerate(self.messages()):
            for step, lane, time in (("s", *way[:2]), ("f", *way[2:])):
                fact = {"name": label, "cat": "message", "ts": 1e6 * time, **where[lane]}
                facts += [{**fact, "ph": "X", "dur": 1}, {**fact, "ph": step, "id": number, "bp": "e"}]
        Path(path).write_text(json.dumps({"traceEvents": facts}), encoding="utf-8")

    def _replay(self, axes: Axes) -> str:
        """The run as the website replays it over the picture, in milliseconds, as JSON; "" if it is too long for that.

        area    the left, upper, right and lower edge of the axes, each as a part of the picture; until: their right end
        """
        (left, low), (right, high) = axes.get_position().get_points()
        lanes = self.lanes

        def ms(*times: float) -> list[int]:
            return [round(1000 * each) for each in times]

        facts = {
            "area": [round(float(part), 4) for part in (left, 1 - high, right, 1 - low)],
            "until": round(1000 * axes.get_xlim()[1]),
            "lanes": lanes,
            "bars": [[lanes.index(b.lane), b.label, b.kind, *ms(b.start, b.end), b.finished] for b in self.bars()],
            "sent": [
                [m.label, lanes.index(m.sender), lanes.index(m.receiver), *ms(m.sent, m.received)]
                for m in self.messages()
            ],
            "ends": [[lanes.index(end.lane), end.how, *ms(end.time)] for end in self.ends() if end.how],
        }
        text = json.dumps(facts, separators=(",", ":"))
        return text if len(text) <= MOST_REPLAYED else ""

    def _seen(self) -> str:
        """What a person sees in the picture, for the alt text: each lane's kinds of bars in their order."""
        said = {lane: [] for lane in self.lanes}
        for (lane, kind), count in Counter((bar.lane, bar.kind) for bar in self.bars()).items():
            said[lane].append(kind if count == 1 else f"{kind} {count} times")
        for end in self.ends():
            said[end.lane] += [f"{end.how} with exit code {end.code}"] if end.how else []
        lanes = [f"{lane}: {', '.join(seen) or 'no bar'}" for lane, seen in said.items()]
        return f"A chart over seconds, a lane each: {'; '.join(lanes)}; {_plural(len(self.messages()), 'arrow')}."

    def _read(self) -> tuple[dict, list, dict, float]:
        """The lanes' names by process and thread, the events with their lanes, the processes' ends, and the time now.

        Times are in seconds since the first event. Of events at the same step of the clock, a process's start comes
        first, the others as they arrived. A process does not end before its last event. "main" is the first lane.
        """
        events = sorted(self.events, key=lambda event: (event.time, event.what != "start"))
        names = {event.pid: event.label for event in events if event.what == "start"}
        seen = {(event.pid, event.thread): None for event in events}
        lanes, workers, threads = {}, itertools.count(1), itertools.count(1)
        for pid, thread in seen:
            if (pid, "") not in lanes:
                name = "main" if pid == spans.main_pid else names.get(pid, "")
                lanes[pid, ""] = f"worker {next(workers)}" if _is_automatic(name) else name
            if thread:
                name = f"thread {next(threads)}" if _is_automatic(thread) else thread
                lanes[pid, thread] = name if pid == spans.main_pid else f"{lanes[pid, '']}, {name}"
        zero = events[0].time if events else self.began
        told = [(event._replace(time=event.time - zero), lanes[event.pid, event.thread]) for event in events]
        last = {event.pid: event.time for event, _ in told}
        exits = {event.pid: (last[event.pid], event.id) for event, _ in told if event.what == "exit"}
        order = sorted(lanes, key=lambda key: key != (spans.main_pid, ""))
        return {key: lanes[key] for key in order if key in seen}, told, exits, self.began + self.seconds - zero


def _is_automatic(name: str) -> bool:
    """Whether multiprocessing or threading made this name up."""
    return not name or re.fullmatch(r"\w*(Process|PoolWorker|Thread)-[\d:]+( \(.*\))?", name) is not None


def _crowd(lanes: set[str]) -> str:
    """Name some lanes: "2 producers and main"."""
    kinds = Counter(re.sub(r" \d+$", "", lane) for lane in lanes)
    return " and ".join(_plural(kinds[kind], kind) if kinds[kind] > 1 else kind for kind in sorted(kinds)) or "nobody"


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}{'es' if noun.endswith('s') else 's'}"


@contextlib.contextmanager
def _styled() -> Iterator[None]:
    """Matplotlib's own style, and no warnings: for what makes and what draws a figure (some texts are made then)."""
    there = {font.name for font in fontManager.ttflist}
    fonts = {"font.family": [name for name in FONTS if name in there]}
    with matplotlib.style.context(["default", fonts]), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@_styled()
def _gantt(run: timeline, sentence: str = "", upto: float | None = None) -> Figure:
    """A lane for each process and thread, a bar for each span, an arrow for each message."""
    bars, messages, ends = run.bars(), run.messages(), [end for end in run.ends() if end.how]
    rows = {lane: row for row, lane in enumerate(run.lanes)}
    axes = _axes(1.15 + 0.36 * len(rows), sentence)
    alike = defaultdict(list)  # drawn together, which is faster
    for bar in bars:
        depth = sum(each.start <= bar.start and bar.end <= each.end and each.lane == bar.lane for each in bars)
        alike[depth, bar.kind, bar.lane].append((bar.start, bar.end - bar.start))
    for (depth, kind, lane), stretches in sorted(alike.items()):
        half = 0.38 * 0.7 ** (depth - 1)  # a span inside another one is a thinner bar, so that both can be seen
        axes.broken_barh(stretches, (rows[lane] - half, 2 * half), **STYLE[kind], **EDGE)
    ways = [((sent, rows[sender]), (received, rows[receiver])) for _, sender, sent, receiver, received in messages]
    for start, end in ways:
        axes.annotate("", end, start, arrowprops=ARROW, zorder=2)
    for how, mark in ENDS.items():
        if places := [(end.time, rows[end.lane]) for end in ends if end.how == how]:
            axes.plot(*zip(*places, strict=True), **MARK, marker=mark, label=how)
    last = max([*(bar.end for bar in bars), *(end[0] for _, end in ways), *(end.time for end in ends)], default=0)
    axes.set_xlim(0, max(last, upto) if upto else last * 1.05 or 1)
    axes.set_yticks(range(len(rows)), map(_text, rows))
    axes.set(ylim=(max(len(rows), 1) - 0.5, -0.5), xlabel="seconds")
    keys = [Patch(**STYLE[of], edgecolor="#444444", label=of) for of in spans.KINDS if run.bars(of)]
    axes.figure.legend(handles=keys + axes.lines[:], loc="outside lower center", ncols=6, frameon=False, fontsize=9)
    axes.figure.draw_without_rendering()  # lays the axes out: only then is known what fits

    dots, labelled = axes.transData.transform, set()
    taken = [(*at, 0, 0) for way in ways for at in np.linspace(*dots(way), 100)]
    taken += [(*dots(at), 9, 9) for line in axes.lines for at in line.get_xydata()] * 30
    for bar in reversed(bars):  # the inner ones first, which have less room
        left, right = dots([(at, rows[bar.lane]) for at in (bar.start, bar.end)])
        if _write(axes, taken, bar.label, left, right, STYLE[bar.kind]["hatch"]):
            labelled.add((bar.lane, bar.label))
    for message, way in zip(messages, ways, strict=True) if len(messages) <= MOST_LABELS else ():
        # Where a bar at one of its ends says it already, a second label would only cover something.
        if not labelled & {(message.sender, message.label), (message.receiver, message.label)}:
            _write(axes, taken, message.label, *dots(way), ground=True, beside=True)
    return axes.figure


def _write(axes: Axes, taken: list, label: str, start, end, ground: object, beside: bool = False) -> bool:
    """Write a label into the bar or beside the arrow from `start` to `end`, where it covers least of what is `taken`.

    Those are boxes (a middle and half a size), 30 times each where they should not be covered at all. All is in dots.
    The best places are in the middle, and on the right of an arrow. Returns False if it has no room in the bar.
    """
    if not label or (end[0] - start[0] < 6 and not beside):
        return False
    written = axes.text(0, 0, _text(label), **LABEL, bbox=GROUND if ground else None)
    size, (left, right) = written.get_window_extent().size, axes.bbox.intervalx
    (x, y), aside = end - start, np.zeros(2)
    if beside:
        aside = np.array([abs(y), -x if y > 0 else x]) / (np.hypot(x, y) or 1)
        aside *= abs(aside) @ size / 2 + 4
    elif (x := x - 4 - size[0]) < 0:
        written.remove()
        return False
    parts = sorted(np.linspace(-0.5, 0.5, 11), key=abs)
    middles = [(start + end) / 2 + np.multiply((x, y), part) + way for part in parts for way in (aside, -aside)]
    middles = np.clip(middles, (left + size[0] / 2, 0), (right - size[0] / 2, np.inf))
    points, halves = np.reshape(taken, (-1, 2, 2)).swapaxes(0, 1)
    best = min(middles, key=lambda at: (abs(points - at) < halves + size / 2 + 3).all(axis=1).sum())
    written.set_position(best)
    taken += [(*best, *size / 2)] * 30
    return True


@_styled()
def bars(values: dict[str, list[float]], sentence: str, unit: str = "seconds") -> None:
    """Draw measured values, in `unit`, as bars: for each name the median of its list, and a dot for each measurement.

    sentence  what the figure shows; only what is the same in every run
    """
    axes = _axes(1.1 + 0.36 * len(values), sentence)
    every = [value for measured in values.values() for value in measured]
    middle = statistics.median_low if _are_counts(every) else statistics.median
    medians = {name: _number(middle(measured)) for name, measured in values.items()}
    for row, (name, measured) in enumerate(values.items()):
        axes.barh(row, middle(measured), 0.66, **STYLE["working"], **EDGE)
        if len(measured) > 1:
            axes.plot(measured, [row] * len(measured), "o", markersize=3.5, color="black", alpha=0.5)
        end = max(measured), row
        axes.annotate(medians[name], end, (6, 0), textcoords="offset points", va="center", fontsize=9)
    axes.set_yticks(range(len(values)), map(_text, values))
    axes.set(xlim=(0, max(every) * 1.1 or 1), ylim=(len(values) - 0.5, -0.5))
    axes.set_xlabel(f"{_text(unit)}, measured in this run")
    _plain(axes.xaxis, every)
    seen = ", ".join(f"{name} {median}" for name, median in medians.items())
    publish(axes.figure, sentence, f"Bars in {unit}: {seen}.")


@_styled()
def curves(lines: dict[str, list[tuple]], sentence: str, x: str, y: str, log: str = "", ideal: bool = False) -> None:
    """Draw measured curves: for each name its points. `x` and `y` say what the axes measure, with units.

    sentence  what the figure shows; only what is the same in every run
    log       the axes that are logarithmic: "", "x", "y" or "xy"
    ideal     whether to draw the line y = x too, labelled "ideal"
    """
    axes = _axes(3.4, sentence)
    axes.set(**{f"{axis}scale": "log" for axis in log}, xlabel=_text(x), ylabel=_text(y))
    looks = itertools.cycle(zip(MARKS, COLOURS, strict=True))
    for (name, points), (mark, colour) in zip(lines.items(), looks, strict=False):
        axes.plot(*zip(*points, strict=True), mark, label=_text(name), color=colour, markersize=5)
    xs, ys = zip(*itertools.chain(*lines.values()), strict=True)
    if ideal:
        axes.plot(*[(min(xs), max(xs))] * 2, color="#888888", linewidth=1, label="ideal")
    axes.grid(alpha=0.3)
    _plain(axes.xaxis, xs)
    _plain(axes.yaxis, ys)
    if len(axes.lines) > 1:
        axes.figure.legend(loc="outside right upper", frameon=False, fontsize=9)
    ends = {name: [f"{_number(value)} at {at:g}" for at, value in points] for name, points in lines.items()}
    seen = "; ".join(f"{name} from {points[0]} to {points[-1]}" for name, points in ends.items())
    publish(axes.figure, sentence, f"Curves of {y} over {x}: {seen}.")


@_styled()
def publish(figure: Figure, sentence: str, seen: str, replay: str = "") -> None:
    """Put a figure under the cell, with an alt text; where there is no cell, in a script, print the sentence alone.

    replay  what the website needs to replay the run that the figure shows
    """
    from IPython import display, get_ipython

    if get_ipython() is None:
        print(sentence)
        return
    alt = f"{sentence} {seen}"
    if os.environ.get("MP_FIGURES") == "words":  # for blind readers: JupyterLab does not pass the alt text on
        print(alt)
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=DPI)
    width, height = (round(inches * DPI / 2) for inches in figure.get_size_inches())
    data = {"image/png": base64.b64encode(png.getvalue()).decode(), "text/plain": sentence}
    picture = {"alt": alt, "width": width, "height": height, **({"replay": replay} if replay else {})}
    display.display(data, metadata={"image/png": picture}, raw=True)


def _text(text: str) -> str:
    """A text as matplotlib is to be told it, so that no `$` begins a formula."""
    return text.replace("$", r"\$")


def _axes(height: float, sentence: str) -> Axes:
    """An empty figure in our style, `height` inches high, with a sentence as its title."""
    figure = Figure(figsize=(8, height), dpi=DPI, layout="constrained", facecolor="white")
    figure.suptitle(textwrap.fill(_text(sentence), 100), x=0.01, ha="left", fontsize=10)
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return axes


def _are_counts(values: Iterable[float]) -> bool:
    return all(float(value).is_integer() and abs(value) <= MOST_COUNTED for value in values)


def _number(value: float) -> str:
    return f"{value:g}" if _are_counts([value]) else f"{value:.3g}"


def _plain(axis, values: Iterable[float]) -> None:
    """Plain numbers at an axis; for counts whole ones, on a logarithmic one those measured, if they are few."""
    values, whole = sorted(set(values)), _are_counts(values)
    if axis.get_scale() == "linear" and whole:
        axis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    elif axis.get_scale() == "log" and values[0] >= 0.001 and values[-1] <= MOST_COUNTED:
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter(LogFormatter())
        if whole and len(values) <= 12:
            axis.set_ticks([], minor=True)
            axis.set_ticks(values)
