"""Pictures as marks on a sheet, drawn once and shown twice: as SVG in the page, and on paper.

Coordinates are in pixels from the top left corner. A colour is a role ("ink", "warn" ...), so that the page can follow the
reader's light or dark and paper stays paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

import numpy as np

GROUPS = 6
"""Colours for things that only need to be told apart: roles "c0" to "c5"."""
LIGHT = {
    "ink": "#1B1E21",
    "muted": "#5A6066",
    "grid": "#C9CCCF",
    "accent": "#2F5D8A",
    "warn": "#B3001B",
    "band": "#C6D5E4",
    "P1": "#B3001B",
    "P2": "#E07B00",
    "P3": "#D9B800",
    "c0": "#4477AA",
    "c1": "#CC6677",
    "c2": "#999933",
    "c3": "#AA4499",
    "c4": "#44AA99",
    "c5": "#DD9944",
    "paper": "#FFFFFF",
}
"""Every role on paper; the page's style sheet holds the same for the screen, and those of the dark one."""


@dataclass(frozen=True)
class Line:
    """A polyline, or with ``fill`` an area. ``dash``: "" solid, "dot", "dash"."""

    points: tuple[tuple[float, float], ...]
    colour: str
    width: float = 1.5
    dash: str = ""
    fill: bool = False


@dataclass(frozen=True)
class Box:
    """A filled rectangle."""

    x: float
    y: float
    width: float
    height: float
    colour: str


@dataclass(frozen=True)
class Dot:
    """A disc, with a number inside where ``text`` says one."""

    x: float
    y: float
    radius: float
    colour: str
    text: str = ""


@dataclass(frozen=True)
class Label:
    """A line of text. ``anchor``: "start", "middle", "end"."""

    x: float
    y: float
    text: str
    colour: str = "muted"
    anchor: str = "start"
    size: float = 13.0
    bold: bool = False


Mark = Line | Box | Dot | Label


@dataclass
class Picture:
    """A sheet of marks. ``title``: what it shows, for those who do not see it."""

    title: str
    width: float
    height: float
    marks: list[Mark] = field(default_factory=list)

    def svg(self) -> str:
        """As an inline SVG element whose colours are classes of the page's style sheet."""
        size = f'viewBox="0 0 {self.width:g} {self.height:g}"'
        drawn = "".join(_svg(mark) for mark in self.marks)
        return f'<svg {size} role="img" aria-label="{escape(self.title)}">{drawn}</svg>'


@dataclass(frozen=True)
class Panel:
    """A rectangle of a picture with a time axis and a value axis.

    Attributes:
        begin, end: epoch seconds at its left and right edge. ``low``, ``high``: values at its lower and upper edge.
    """

    picture: Picture
    left: float
    top: float
    width: float
    height: float
    begin: float
    end: float
    low: float
    high: float

    def x(self, at_s: float) -> float:
        """Pixel of an instant."""
        return self.left + self.width * (at_s - self.begin) / (self.end - self.begin)

    def y(self, value: float) -> float:
        """Pixel of a value."""
        return self.top + self.height * (self.high - value) / (self.high - self.low)

    def steps(
        self, at_s: np.ndarray, values: np.ndarray, colour: str, *, step_s: float = 900.0, width: float = 1.8, dash: str = ""
    ) -> None:
        """Values that each hold for a step from their label on; missing ones leave a gap."""
        run: list[tuple[float, float]] = []
        for at, value in zip(at_s.tolist(), values.tolist(), strict=True):
            if np.isnan(value):
                self._flush(run, colour, width, dash)
                run = []
                continue
            y = self.y(min(max(value, self.low), self.high))
            run += [(self.x(at), y), (self.x(min(at + step_s, self.end)), y)]
        self._flush(run, colour, width, dash)

    def band(self, at_s: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
        """The area between two curves, dims (time,)."""
        known = np.isfinite(low) & np.isfinite(high)
        forth = [(self.x(t), self.y(v)) for t, v in zip(at_s[known].tolist(), high[known].tolist(), strict=True)]
        back = [(self.x(t), self.y(v)) for t, v in zip(at_s[known].tolist(), low[known].tolist(), strict=True)]
        if forth:
            self.picture.marks.append(Line((*forth, *reversed(back)), "band", fill=True))

    def level(self, value: float, colour: str = "accent", dash: str = "dash") -> None:
        """A horizontal line at a value."""
        if self.low <= value <= self.high:
            ends = ((self.left, self.y(value)), (self.left + self.width, self.y(value)))
            self.picture.marks.append(Line(ends, colour, 1.3, dash))

    def frame(self, title: str, labels: Sequence[tuple[float, str]], ticks: Sequence[tuple[float, str]] = ()) -> None:
        """Grid lines with their values, the title above; ``ticks``: instants named below."""
        marks = self.picture.marks
        for value, text in labels:
            marks.append(Line(((self.left, self.y(value)), (self.left + self.width, self.y(value))), "grid", 1.0))
            marks.append(Label(self.left - 8.0, self.y(value) + 4.5, text, anchor="end"))
        for at, text in ticks:
            marks.append(Line(((self.x(at), self.top + self.height), (self.x(at), self.top + self.height + 5.0)), "muted", 1.0))
            marks.append(Label(self.x(at), self.top + self.height + 19.0, text, anchor="middle"))
        marks.append(Label(self.left, self.top - 9.0, title, "ink", bold=True))

    def _flush(self, run: list[tuple[float, float]], colour: str, width: float, dash: str) -> None:
        if len(run) > 1:
            self.picture.marks.append(Line(tuple(run), colour, width, dash))


def nice_steps(low: float, high: float, most: int = 4) -> list[float]:
    """At most ``most`` + 1 round values within a range."""
    span = max(high - low, 1e-12)
    raw = span / most
    scale = 10.0 ** np.floor(np.log10(raw))
    step = next(scale * factor for factor in (1.0, 2.0, 2.5, 5.0, 10.0) if scale * factor >= raw * 0.999)
    first = np.ceil(low / step - 1e-9) * step
    return [float(value) for value in np.arange(first, high + step * 1e-6, step)]


def _svg(mark: Mark) -> str:
    match mark:
        case Line(points, colour, width, dash, fill):
            at = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            if fill:
                return f'<polygon points="{at}" class="f-{colour}"/>'
            dashed = {"": "", "dot": ' stroke-dasharray="2 3"', "dash": ' stroke-dasharray="6 4"'}[dash]
            return f'<polyline points="{at}" class="s-{colour}" stroke-width="{width:g}"{dashed}/>'
        case Box(x, y, width, height, colour):
            return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" class="f-{colour}"/>'
        case Dot(x, y, radius, colour, text):
            disc = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" class="f-{colour}"/>'
            place = f'x="{x:.1f}" y="{y + 4.2:.1f}" text-anchor="middle" font-size="12"'
            return disc + (f'<text {place} class="f-paper b">{escape(text)}</text>' if text else "")
        case Label(x, y, text, colour, anchor, size, bold):
            weight = " b" if bold else ""
            place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size:g}"'
            return f'<text {place} class="f-{colour}{weight}">{escape(text)}</text>'
