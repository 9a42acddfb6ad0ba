"""An explanation in words and columns, for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from forecasts.explain.explanation import Explanation, Said
from forecasts.explain.similar_days import SimilarDay
from forecasts.quantiles import LEVELS
from forecasts.report.words import Unit, figure, unit_for
from forecasts.series import Series

_LOW, _MEDIAN, _HIGH = 0, LEVELS.index(0.5), len(LEVELS) - 1
_WEATHER = {
    "none": "without weather",
    "forecast": "with forecast weather",
    "measured": "with perfect weather (measured, not forecast)",
}
_ORDER = ("profile", "level", "lags", "weather", "calendar")
_LAST = ("measured since", "calibration")


def as_text(series: Series, found: Explanation, *, issued: datetime, start: datetime) -> str:
    """All of it, local time, in a unit that suits the series."""
    unit, zone = unit_for(series.values), series.place.calendar.zone
    low, median, high = (figure(found.quantiles[level] * unit.per_mw) for level in (_LOW, _MEDIAN, _HIGH))
    when, made = (f"{instant.astimezone(zone):%a %-d %b %Y %H:%M}" for instant in (start, issued))
    lines = [
        f"{series.name}, {when}, issued {made} ({series.place.timezone}), {_WEATHER[series.weather_source]}",
        f"{median} {unit.name}; {low} to {high} {unit.name} with 90 % probability",
        "",
        *_parts(found.parts, unit),
        "",
        *_members(found.members, unit),
        "",
        *_similar(found.similar, unit),
        *(f"{name} said nothing: {why}" for name, why in found.silent.items()),
    ]
    return "\n".join(lines) + "\n"


def _parts(parts: Mapping[str, float], unit: Unit) -> list[str]:
    """What the median is made of."""
    rows = [(name, _signed(parts[name], unit)) for name in _in_order(parts)]
    return [f"What makes the median [{unit.name}]:", *_columns(rows)]


def _members(members: Iterable[Said], unit: Unit) -> list[str]:
    rows: list[tuple[str, ...]] = [("", "weight 5 %", "50 %", "95 %", "said 5 %", "50 %", "95 %", "made of")]
    for said in members:
        weights = (f"{100 * said.weight[level]:.0f} %" for level in (_LOW, _MEDIAN, _HIGH))
        values = (figure(said.quantiles[level] * unit.per_mw) for level in (_LOW, _MEDIAN, _HIGH))
        made = ", ".join(f"{name} {_signed(said.parts[name], unit)}" for name in _in_order(said.parts))
        rows.append((said.name, *weights, *values, made))
    return [f"Who said what, quantile by quantile [{unit.name}]:", *_columns(rows)]


def _similar(days: Iterable[SimilarDay], unit: Unit) -> list[str]:
    rows: list[tuple[str, ...]] = [("", "distance", "that interval", "day's mean", "differs by (standard deviations)")]
    for similar in days:
        when = date(1970, 1, 1) + timedelta(days=similar.day)
        apart = ", ".join(f"{name} {value:+.1f}" for name, value in similar.differences.items() if abs(value) >= 0.05)
        values = (figure(value * unit.per_mw) for value in (similar.at_mw, similar.mean_mw))
        rows.append((f"{when:%a %-d %b %Y}", f"{similar.distance:.2f}", *values, apart or "nothing"))
    return [f"Past days like this one [{unit.name}]:", *_columns(rows)] if len(rows) > 1 else ["No past day to compare with."]


def _in_order(parts: Mapping[str, float]) -> list[str]:
    known = [name for name in _ORDER if name in parts]
    last = [name for name in _LAST if name in parts]
    return [*known, *(name for name in parts if name not in known and name not in last), *last]


def _signed(value: float, unit: Unit) -> str:
    return ("+" if value > 0 else "") + figure(value * unit.per_mw)


def _columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """First column to the left, figures to the right, a last column of words to the left."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    words = len(widths) > 2
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        if words:
            cells[-1] = row[-1]
        lines.append("  " + "  ".join(cells).rstrip())
    return lines
