"""N-1 margins by hour as inline SVG: a step line for each run, told apart by colour, dash and letter."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import pairwise

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 1180, 320, 56, 40, 14, 34
DASHES = ("", "7 4", "2 3", "10 3 2 3")
"""Lines of the first four runs; further ones begin again with another colour."""
COLOURS = 6
"""Classes c0 to c5 of the page's style sheet."""


def margins(hours: Sequence[str], rows: Sequence[Sequence[float | None]], letters: Sequence[str], title: str) -> str:
    """Margins [%] of every run, dims (run, hour); a gap where one is unknown.

    Args:
        hours: as people read them. ``title``: what it shows, for those who do not see it.
    """
    known = [value for row in rows for value in row if value is not None]
    frame = _Frame(len(hours), min(0.0, *known), max(0.0, *known))
    parts = [*frame.axes(hours)]
    if frame.low < 0.0:
        top = frame.y(0.0)
        parts.append(
            f'<rect class="below" x="{LEFT}" y="{top:.1f}" width="{WIDTH - LEFT - RIGHT}" height="{frame.floor - top:.1f}"/>'
        )
    parts.append(f'<line class="limit" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{frame.y(0.0):.1f}" y2="{frame.y(0.0):.1f}"/>')
    labels = _apart([(frame.y(row[-1]) if row[-1] is not None else frame.floor) for row in rows])
    for number, (row, letter) in enumerate(zip(rows, letters, strict=True)):
        colour, dash = f"c{number % COLOURS}", DASHES[number % len(DASHES)]
        parts.append(f'<path class="{colour}" stroke-dasharray="{dash}" d="{frame.steps(row)}"/>')
        parts += [
            f'<rect class="spot" x="{frame.x(at):.1f}" y="{TOP}" width="{frame.step:.1f}" height="{frame.floor - TOP}">'
            f"<title>{escape(f'{letter}, {hours[at]}: {value:.1f} %')}</title></rect>"
            for at, value in enumerate(row)
            if value is not None and number == len(rows) - 1
        ]
        parts.append(
            f'<text class="{colour} name" x="{WIDTH - RIGHT + 8}" y="{labels[number] + 5:.1f}">{escape(letter)}</text>'
        )
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">{"".join(parts)}</svg>'


def _apart(heights: Sequence[float]) -> list[float]:
    """Heights of labels that do not cover each other, in the order of the lines."""
    placed = list(heights)
    order = sorted(range(len(placed)), key=placed.__getitem__)
    for above, below in pairwise(order):
        placed[below] = max(placed[below], placed[above] + 15.0)
    return placed


class _Frame:
    """Coordinates: hours along, percent upwards, with a tenth of room at both ends."""

    def __init__(self, hours: int, low: float, high: float) -> None:
        room = max(0.1 * (high - low), 1.0)
        self.low, self.high = (low - room if low < 0.0 else 0.0), high + room
        self.step = (WIDTH - LEFT - RIGHT) / max(hours, 1)
        self.floor = HEIGHT - BOTTOM
        self._hours = hours

    def x(self, hour: float) -> float:
        return LEFT + self.step * hour

    def y(self, value: float) -> float:
        return self.floor - (value - self.low) / (self.high - self.low) * (self.floor - TOP)

    def steps(self, row: Sequence[float | None]) -> str:
        """Each hour's value as a level line."""
        parts, before = [], None
        for hour, value in enumerate(row):
            if value is not None:
                pen = "M" if before is None else "L"
                parts.append(f"{pen}{self.x(hour):.1f} {self.y(value):.1f}L{self.x(hour + 1):.1f} {self.y(value):.1f}")
            before = value
        return "".join(parts)

    def axes(self, hours: Sequence[str]) -> list[str]:
        """Round values at the left, hours below."""
        span = self.high - self.low
        every = next(step for step in (1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000) if span / step <= 8 or step == 1000)
        first = int(self.low // every + 1) * every
        marks = []
        for value in range(first, int(self.high) + 1, every):
            y = self.y(value)
            marks.append(f'<line class="thin" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
            marks.append(f'<text class="axis" text-anchor="end" x="{LEFT - 8}" y="{y + 4:.1f}">{value} %</text>')
        seldom = max(1, -(-self._hours // 14))
        return marks + [
            f'<text class="axis" text-anchor="start" x="{self.x(at):.1f}" y="{HEIGHT - 10}">{escape(hours[at])}</text>'
            for at in range(0, self._hours, seldom)
        ]
