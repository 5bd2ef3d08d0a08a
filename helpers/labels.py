"""The texts of a figure: what can be drawn, with which fonts, and where nothing else is.

Text is drawn as it is: no `$` begins a formula, and what can't be drawn (a control character, half a surrogate pair)
stands as Python would escape it. For characters that matplotlib's own font lacks, Chinese for example, an installed
font is looked for; where there is none, a box stands for each. (`helpers.chart` imports this, quietly, in the parent.)
"""

import math
import re

import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes

# Fonts for what matplotlib's own one lacks: those that come with Linux, Windows and macOS, simplified Chinese first.
FONT = "DejaVu Sans"
FONTS = (
    *("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei"),
    *("Microsoft YaHei", "SimHei", "PingFang SC", "PingFang HK", "Hiragino Sans GB", "Heiti TC", "Arial Unicode MS"),
    *("Noto Sans CJK JP", "Noto Sans JP", "IPAexGothic", "IPAGothic", "TakaoPGothic", "Yu Gothic", "Hiragino Sans"),
    *("Noto Sans CJK KR", "Noto Sans KR", "NanumGothic", "UnDotum", "Malgun Gothic", "Apple SD Gothic Neo"),
)


def fonts(text: str) -> list[str]:
    """The names of the fonts that are needed for a text and are there. (Plain English needs no search.)"""
    found = [FONT]
    if text.isascii():
        return found
    there = {font.name for font in font_manager.fontManager.ttflist}
    lacking = set(map(ord, text))
    for name in (FONT, *FONTS):
        if name in there:
            has = lacking & font_manager.get_font(font_manager.findfont(name)).get_charmap().keys()
            if has and name != FONT:
                found.append(name)
            lacking -= has
    return found


def printable(text: str) -> str:
    """A text that can be sent and drawn: what can't stands as Python would escape it."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]", lambda bad: bad[0].encode("unicode_escape").decode(), text)


def text(text: str) -> str:
    """A text as matplotlib is to be told it, so that no `$` begins a formula."""
    return printable(text).replace("$", r"\$")


class Writer:
    """Writes labels into axes that are laid out, each where nothing else is, if there is such a place.

    All places are in dots. What is taken is points: how many of them a label would cover says how bad a place is.
    """

    GRID = np.reshape(np.meshgrid(np.linspace(-0.5, 0.5, 21), (-0.5, 0, 0.5)), (2, -1)).T  # of points within a box
    GAP = 3

    def __init__(self, axes: Axes, lines: np.ndarray, marks: list[np.ndarray]):
        """`lines` (their ends) and `marks` (their middles) are what no label is to lie on."""
        self.axes = axes
        points = lines[:, :1] + (lines[:, 1:] - lines[:, :1]) * np.linspace(0, 1, 100)[:, None]
        self.taken = [points.reshape(-1, 2), *(mark + 18 * self.GRID for mark in marks)]

    def size(self, label: str) -> np.ndarray:
        """A label's width and height."""
        probe = self.axes.text(0, 0, text(label), fontsize=8)
        size = probe.get_window_extent().size
        probe.remove()
        return np.array(size)

    def write_between(self, left: np.ndarray, right: np.ndarray, label: str, ground: bool) -> bool:
        """Write it between these two, in the middle if that is free; returns False if it has no room."""
        room = right[0] - left[0] - 4
        if not label or room < 2 or (free := room - self.size(label)[0]) < 0:
            return False
        self.write(label, [(left + right) / 2 + (free * part, 0) for part in (0, -0.25, 0.25, -0.5, 0.5)], ground)
        return True

    def write_beside(self, start: np.ndarray, end: np.ndarray, label: str) -> None:
        """Write it on a white ground beside a line, at its middle and on its right if that is free."""
        x, y = end - start
        aside = np.array([abs(y), -x if y > 0 else x]) / (math.hypot(x, y) or 1)
        aside *= abs(aside) @ self.size(label) / 2 + self.GAP + 1
        along = [start + (end - start) * part for part in (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8, 0.1, 0.9)]
        self.write(label, [at + side for at in along for side in (aside, -aside)], ground=True)

    def write(self, label: str, places: list[np.ndarray], ground: bool) -> None:
        """Write it around the first of the places where it covers nothing, or else the one where it covers least."""
        half, places, (left, right) = self.size(label) / 2, np.array(places), self.axes.bbox.intervalx
        places[:, 0] = places[:, 0].clip(left + half[0], right - half[0])
        covered = (abs(np.concatenate(self.taken) - places[:, None]) < half + self.GAP).all(axis=2).sum(axis=1)
        at = places[covered.argmin()]
        self.taken.append(at + 2 * half * self.GRID)
        box = {"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 0.8} if ground else None
        x, y = self.axes.transData.inverted().transform(at)
        self.axes.text(x, y, text(label), ha="center", va="center", fontsize=8, in_layout=False, bbox=box)
