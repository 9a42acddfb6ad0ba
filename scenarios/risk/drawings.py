"""The pictures of risk, as inline SVG without scripts: the fan of the worst loading, and the risk of every hour."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from forecasts.report.look import ACCENT, BANDS, GRID, INK, MUTED, RED

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 760, 260, 52, 12, 14, 34
_BAND_PAIRS = (("0.05", "0.95", BANDS[0]), ("0.25", "0.75", BANDS[2]))


def loading_fan(loading: Mapping[str, Any], clock: Sequence[str], *, limit_percent: float, title: str) -> str:
    """Highest loading of any element over the futures: median, half of all futures, nine tenths of them.

    Args:
        loading: of one side of a risk (`scenarios.risk.assess.risk_of`). ``clock``: of every quarter hour, as people read it.
    """
    rows = {share: row["value"] for share, row in loading["quantiles_percent"].items()}
    known = [value for values in rows.values() for value in values if value is not None]
    frame = _Frame(len(clock), 0.0, 1.08 * max([limit_percent, *known]))
    bands = [f'<path d="{frame.band(rows[low], rows[high])}" fill="{colour}"/>' for low, high, colour in _BAND_PAIRS]
    median = f'<path d="{frame.line(rows["0.5"])}" fill="none" stroke="{INK}" stroke-width="2"/>'
    at = frame.y(limit_percent)
    limit = f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{at:.1f}" y2="{at:.1f}" stroke="{ACCENT}" stroke-dasharray="6 4"/>'
    return _svg(title, [*frame.axes("%", clock), *bands, limit, median])


def hourly_bars(
    plan: Sequence[float | None], do_nothing: Sequence[float | None], clock: Sequence[str], *, unit: str, title: str
) -> str:
    """A figure of every hour: the plan filled, doing nothing as an outline beside it."""
    known = [value for values in (plan, do_nothing) for value in values if value is not None]
    frame = _Frame(len(clock), 0.0, 1.08 * max([*known, 1e-9]))
    width = 0.38 * frame.step
    bars = []
    for hour in range(len(clock)):
        for values, shift, style in (
            (plan, -width, f'fill="{RED}"'),
            (do_nothing, 0.0, f'fill="none" stroke="{MUTED}"'),
        ):
            value = values[hour]
            if value:
                x, y = frame.x(hour + 0.5) + shift, frame.y(value)
                height = frame.y(0.0) - y
                label = f"<title>{escape(clock[hour])} {value:.3g} {escape(unit)}</title>"
                bars.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" {style}>{label}</rect>')
    return _svg(title, [*frame.axes(unit, clock), *bars])


class _Frame:
    """Coordinates of a picture: ``columns`` along, values from ``low`` to ``high`` upwards."""

    def __init__(self, columns: int, low: float, high: float) -> None:
        self._columns, self._low, self._high = columns, low, high
        self.step = (_WIDTH - _LEFT - _RIGHT) / max(columns, 1)

    def x(self, column: float) -> float:
        return _LEFT + self.step * column

    def y(self, value: float) -> float:
        share = (min(max(value, self._low), self._high) - self._low) / (self._high - self._low)
        return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)

    def line(self, values: Sequence[float | None]) -> str:
        """Path through the middle of every column; a gap where a value is unknown."""
        return _path([(self.x(i + 0.5), None if value is None else self.y(value)) for i, value in enumerate(values)])

    def band(self, low: Sequence[float | None], high: Sequence[float | None]) -> str:
        """Closed path between two rows, of the columns where both are known."""
        both = [(i, a, b) for i, (a, b) in enumerate(zip(low, high, strict=True)) if a is not None and b is not None]
        there = [(self.x(i + 0.5), self.y(b)) for i, _, b in both]
        back = [(self.x(i + 0.5), self.y(a)) for i, a, _ in reversed(both)]
        return _path([*there, *back]) + "Z" if both else ""

    def axes(self, unit: str, clock: Sequence[str]) -> list[str]:
        """Thin lines with their values, and the time below."""
        marks = []
        tick = _tick(self._high - self._low)
        for part in range(int((self._high - self._low) / tick) + 1):
            value = self._low + part * tick
            y = self.y(value)
            marks.append(f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{GRID}"/>')
            marks.append(_text(_LEFT - 6, y + 4, f"{value:.3g}", "end"))
        marks.append(_text(4, _TOP - 2, unit, "start"))
        every = max(1, -(-self._columns // 12))
        marks += [_text(self.x(i + 0.5), _HEIGHT - 12, clock[i], "middle") for i in range(0, self._columns, every)]
        return marks


def _tick(span: float) -> float:
    """A round step, 1, 2 or 5 times a power of ten, that divides a span into three to seven parts."""
    power = 10.0 ** math.floor(math.log10(span))
    return next(power * step for step in (0.2, 0.5, 1.0, 2.0) if span / (power * step) <= 7.0)


def _path(points: Sequence[tuple[float, float | None]]) -> str:
    parts, pen = [], "M"
    for x, y in points:
        if y is None:
            pen = "M"
            continue
        parts.append(f"{pen}{x:.1f} {y:.1f}")
        pen = "L"
    return "".join(parts)


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="12" fill="{MUTED}">{escape(words)}</text>'


def _svg(title: str, parts: Sequence[str]) -> str:
    inside = "".join(parts)
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" font-family="system-ui, sans-serif" '
        f'xmlns="http://www.w3.org/2000/svg"><title>{escape(title)}</title>{inside}</svg>'
    )
