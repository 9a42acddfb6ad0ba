"""Sparkline of a card: the past as a solid line, the forecast dotted inside its band, a stroke at now. Inline SVG, no text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from dashboard.regie.markup import Markup, tag
from twin.contracts.snapshot import Band, Curve

_WIDTH, _HEIGHT = 240.0, 44.0
_PAST = timedelta(hours=24)
_AHEAD = timedelta(hours=24)

Points = list[tuple[float, float] | None]


def sparkline(past: Curve | None, forecast: Band | None, now: datetime, *, alt: str) -> Markup | None:
    """The drawing, or None when there is nothing to draw."""
    begin, end = now - _PAST, now + (_AHEAD if forecast is not None else timedelta(0))
    if past is None:
        begin = now
    solid = _within(past.start, past.step_s, past.values, begin, now) if past else []
    series = [solid]
    if forecast is not None:
        series += [
            _within(forecast.start, forecast.step_s, values, begin, end)
            for values in (forecast.low, forecast.median, forecast.high)
        ]
    finite = [v for one in series for _, v in one if v is not None]
    if not finite or end <= begin:
        return None
    low, high = min(finite), max(finite)
    if high - low < 1e-9:
        low, high = low - 1.0, high + 1.0

    def place(one: Sequence[tuple[datetime, float | None]]) -> Points:
        return [
            None
            if v is None
            else (_WIDTH * ((t - begin) / (end - begin)), _HEIGHT - 2 - (_HEIGHT - 4) * (v - low) / (high - low))
            for t, v in one
        ]

    parts: list[Markup] = []
    if forecast is not None:
        bottom, median, top = (place(one) for one in series[1:])
        parts.append(tag("path", d=area(bottom, top), class_="band"))
        parts.append(tag("path", d=path(median), class_="ahead"))
    parts.append(tag("path", d=path(place(solid)), class_="past"))
    if forecast is not None and past is not None:
        x = _WIDTH * ((now - begin) / (end - begin))
        parts.append(tag("path", d=f"M{x:.1f} 0V{_HEIGHT:.0f}", class_="now"))
    return tag(
        "svg",
        *parts,
        viewBox=f"0 0 {_WIDTH:.0f} {_HEIGHT:.0f}",
        preserveAspectRatio="none",
        class_="spark",
        role="img",
        aria_label=alt,
    )


def path(points: Points) -> str:
    """A path through the points; a missing one interrupts it."""
    parts, pen_down = [], False
    for point in points:
        if point is None:
            pen_down = False
            continue
        parts.append(f"{'L' if pen_down else 'M'}{point[0]:.1f} {point[1]:.1f}")
        pen_down = True
    return "".join(parts)


def area(bottom: Points, top: Points) -> str:
    """The closed area between two curves, where both have values."""
    pairs = [(b, t) for b, t in zip(bottom, top, strict=True) if b is not None and t is not None]
    if len(pairs) < 2:
        return ""
    outline = [t for _, t in pairs] + [b for b, _ in reversed(pairs)]
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in outline) + "Z"


def _within(
    start: datetime, step_s: int, values: Sequence[float | None], begin: datetime, end: datetime
) -> list[tuple[datetime, float | None]]:
    """Values with the middle of their interval, inside the window."""
    half = timedelta(seconds=step_s / 2)
    timed = ((start + timedelta(seconds=step_s * i) + half, value) for i, value in enumerate(values))
    return [(t, value) for t, value in timed if begin <= t <= end]
