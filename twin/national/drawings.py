"""The pictures of a year as SVG that carry their own colours, for light and dark, and need nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

WIDTH, LEFT, RIGHT, TOP, BOTTOM = 960, 52, 12, 14, 30
_STYLE = (
    "<style>.yr{--ink:#1B1E21;--muted:#5A6066;--grid:#C9CCCF;--band:#C6D5E4;--line:#2F5D8A;--other:#8A4B00;"
    "font:13px system-ui,sans-serif}"
    "@media(prefers-color-scheme:dark){.yr{--ink:#ECEEF0;--muted:#A3A9AF;--grid:#3A3F44;--band:#2B3D4E;--line:#8DB8E2;"
    "--other:#E0A050}}.yr text{fill:var(--muted)}.yr .grid{stroke:var(--grid)}.yr .band{fill:var(--band)}"
    ".yr .line{fill:none;stroke:var(--line);stroke-width:1.8}.yr .other{fill:none;stroke:var(--other);stroke-width:1.4;"
    "stroke-dasharray:5 3}.yr rect{fill:var(--line)}</style>"
)
_CELL_H = 15


def days_with_band(
    middle: Sequence[float], low: Sequence[float], high: Sequence[float], *, months: Sequence[str], title: str
) -> str:
    """Shares 0..1 of every day of a year as a line within its bounds; gaps where one is unknown.

    Args:
        months: twelve names, written below.
    """
    frame = _Frame(len(middle), 0.0, 1.0, 300)
    parts = frame.axes([(share, f"{100 * share:.0f} %") for share in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)], months)
    parts += [f'<path class="band" d="{frame.band(low, high)}"/>', f'<path class="line" d="{frame.line(middle)}"/>']
    return _svg(300, title, parts)


def days_compared(ours: Sequence[float], theirs: Sequence[float], *, unit: str, months: Sequence[str], title: str) -> str:
    """Two figures of every day of a year: ours drawn out, the published one dashed."""
    top = float(np.nanmax([*ours, *theirs]))
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000) if top / step <= 6.0 or step == 5000)
    frame = _Frame(len(ours), 0.0, 1.05 * top, 260)
    levels = [(float(value), str(value)) for value in range(0, int(top) + 1, step)]
    parts = [*frame.axes(levels, months), _text(4, TOP - 3, unit, "start")]
    parts += [f'<path class="other" d="{frame.line(theirs)}"/>', f'<path class="line" d="{frame.line(ours)}"/>']
    return _svg(260, title, parts)


def hours_by_month(shares: np.ndarray, *, months: Sequence[str], texts: Sequence[Sequence[str]], title: str) -> str:
    """Mean share of each hour of day in each month, the darker the more renewable; dims (month, hour).

    Args:
        texts: of every cell, as people read it.
    """
    height = TOP + 24 * _CELL_H + BOTTOM
    width = (WIDTH - LEFT - RIGHT) / 12
    low, high = float(np.nanmin(shares)), float(np.nanmax(shares))
    parts = []
    for month in range(12):
        for hour in range(24):
            share = float(shares[month, hour])
            if np.isnan(share):
                continue
            strength = 0.08 + 0.92 * (share - low) / max(high - low, 1e-9)
            x, y = LEFT + month * width, TOP + hour * _CELL_H
            parts.append(
                f'<rect x="{x:.1f}" y="{y}" width="{width - 1:.1f}" height="{_CELL_H - 1}" fill-opacity="{strength:.2f}">'
                f"<title>{escape(texts[month][hour])}</title></rect>"
            )
        parts.append(_text(LEFT + (month + 0.5) * width, height - 10, months[month], "middle"))
    parts += [_text(LEFT - 6, TOP + hour * _CELL_H + 12, f"{hour:02d}", "end") for hour in range(0, 24, 3)]
    return _svg(height, title, parts)


class _Frame:
    """Coordinates: days along, values upwards."""

    def __init__(self, days: int, low: float, high: float, height: int) -> None:
        self._days, self._low, self._high, self._height = days, low, high, height

    def x(self, day: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * day / self._days

    def y(self, value: float) -> float:
        share = (value - self._low) / (self._high - self._low)
        return self._height - BOTTOM - share * (self._height - TOP - BOTTOM)

    def line(self, values: Sequence[float]) -> str:
        parts, pen = [], "M"
        for day, value in enumerate(values):
            if np.isnan(value):
                pen = "M"
                continue
            parts.append(f"{pen}{self.x(day + 0.5):.1f} {self.y(value):.1f}")
            pen = "L"
        return "".join(parts)

    def band(self, low: Sequence[float], high: Sequence[float]) -> str:
        both = [(day, a, b) for day, (a, b) in enumerate(zip(low, high, strict=True)) if not np.isnan(a + b)]
        there = [f"{self.x(day + 0.5):.1f} {self.y(b):.1f}" for day, _, b in both]
        back = [f"{self.x(day + 0.5):.1f} {self.y(a):.1f}" for day, a, _ in reversed(both)]
        return f"M{'L'.join([*there, *back])}Z" if both else ""

    def axes(self, levels: Sequence[tuple[float, str]], months: Sequence[str]) -> list[str]:
        marks = []
        for value, words in levels:
            y = self.y(value)
            marks.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
            marks.append(_text(LEFT - 6, y + 4, words, "end"))
        width = (WIDTH - LEFT - RIGHT) / 12
        marks += [_text(LEFT + (i + 0.5) * width, self._height - 10, name, "middle") for i, name in enumerate(months)]
        return marks


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def _svg(height: int, title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg class="yr" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">'
        f"<title>{escape(title)}</title>{_STYLE}{''.join(parts)}</svg>"
    )
