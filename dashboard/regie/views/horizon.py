"""The coming 24 hours, AC-checked: highest loading without and with the plan, and the voltage extremes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from dashboard.regie.markup import Markup, tag
from dashboard.regie.names import Names
from dashboard.regie.views.spark import area, path
from dashboard.regie.words import Words
from twin.contracts.snapshot import Horizon

_STEPS = 96
_W, _H = 400.0, 100.0
_X0, _X1 = 10.5, 98.0  # percent of the width: room for the axis' figures on the left

Curve = Sequence[float | None]


@dataclass(frozen=True)
class _Scale:
    low: float
    high: float

    def y(self, value: float) -> float:
        """Height from the top in the curves' own units."""
        return _H * (1.0 - (value - self.low) / (self.high - self.low))


def horizon_chart(horizon: Horizon | None, names: Names) -> Markup:
    """Both charts with their text equivalent."""
    words = names.words
    title = tag("h2", words("ui.horizon"))
    if horizon is None or not any(v is not None for v in horizon.loading_after_percent):
        return tag("div", title, tag("p", words("ui.no_horizon"), class_="empty"), class_="filled")
    before, after = horizon.loading_before_percent[:_STEPS], horizon.loading_after_percent[:_STEPS]
    low, high = horizon.vm_min_pu[:_STEPS], horizon.vm_max_pu[:_STEPS]
    peak = max((v, i) for i, v in enumerate(after) if v is not None)
    at = horizon.start + timedelta(seconds=horizon.step_s * peak[1])
    name = horizon.worst_element[peak[1]] if peak[1] < len(horizon.worst_element) else ""
    summary = words(
        "ui.horizon_summary",
        loading=words.number(peak[0], "%"),
        element=names.of(name),
        at=words.moment(at),
        low=words.number(_least(low), "pu"),
        high=words.number(_most(high), "pu"),
    )
    return tag(
        "div",
        title,
        tag("p", summary, class_="summary"),
        tag("p", *_legend(words), class_="legend", aria_hidden="true"),
        _loading(horizon, before, after, words),
        _voltage(horizon, low, high, words),
        class_="filled charts",
    )


def _legend(words: Words) -> list[Markup]:
    return [
        tag("span", tag("i", class_=f"key {kind}"), words(f"ui.legend_{kind}"))
        for kind in ("before", "after", "range", "limit")
    ]


def _loading(horizon: Horizon, before: Curve, after: Curve, words: Words) -> Markup:
    top = max(_most(before) or 0.0, _most(after) or 0.0, 100.0)
    scale = _Scale(0.0, 20.0 * (int(top * 1.05 / 20.0) + 1))
    curves = [
        tag("path", d=path(_points(before, scale)), class_="before"),
        tag("path", d=path(_points(after, scale)), class_="after"),
    ]
    marks = [(0.0, words.number(0, "%")), (100.0, words.number(100, "%"))]
    return _chart(horizon, scale, curves, marks, limits=[100.0], alt=words("ui.chart_loading"), words=words)


def _voltage(horizon: Horizon, low: Curve, high: Curve, words: Words) -> Markup:
    least, most = _least(low) or 0.95, _most(high) or 1.05
    scale = _Scale(min(least, 0.945) - 0.01, max(most, 1.05) + 0.01)
    bottom, top = _points(low, scale), _points(high, scale)
    curves = [
        tag("path", d=area(bottom, top), class_="range"),
        tag("path", d=path(bottom), class_="edge"),
        tag("path", d=path(top), class_="edge"),
    ]
    marks = [(value, words.number(value, decimals=2)) for value in (0.95, 1.0, 1.05)]
    return _chart(horizon, scale, curves, marks, limits=[], alt=words("ui.chart_voltage"), words=words)


def _chart(
    horizon: Horizon,
    scale: _Scale,
    curves: Sequence[Markup],
    marks: Sequence[tuple[float, str]],
    *,
    limits: Sequence[float],
    alt: str,
    words: Words,
) -> Markup:
    parts: list[Markup] = []
    for value, text in marks:
        y = f"{8 + 74 * scale.y(value) / _H:.1f}%"
        kind = "limit" if value in limits else "grid"
        parts.append(tag("line", x1=f"{_X0}%", x2=f"{_X1}%", y1=y, y2=y, class_=kind))
        parts.append(tag("text", text, x=f"{_X0 - 1}%", y=y, dy=4, text_anchor="end"))
    for position, text in _hours(horizon, words):
        x = f"{_X0 + (_X1 - _X0) * position:.2f}%"
        parts.append(tag("line", x1=x, x2=x, y1="8%", y2="82%", class_="grid"))
        parts.append(tag("text", text, x=x, y="98%", text_anchor="middle"))
    plot = tag(
        "svg",
        *curves,
        x=f"{_X0}%",
        y="8%",
        width=f"{_X1 - _X0}%",
        height="74%",
        viewBox=f"0 0 {_W:.0f} {_H:.0f}",
        preserveAspectRatio="none",
    )
    return tag("svg", *parts, plot, class_="chart", role="img", aria_label=alt)


def _hours(horizon: Horizon, words: Words) -> list[tuple[float, str]]:
    """Every sixth local hour: (position 0..1, text)."""
    found = []
    for step in range(1, _STEPS):
        at = horizon.start + timedelta(seconds=horizon.step_s * step)
        local = at.astimezone(ZoneInfo(words.timezone))
        if local.minute == 0 and local.hour % 6 == 0 and 0.02 < step / _STEPS < 0.97:
            found.append((step / _STEPS, words.clock(at)))
    return found


def _points(values: Curve, scale: _Scale) -> list[tuple[float, float] | None]:
    return [None if v is None else (_W * i / (_STEPS - 1), scale.y(v)) for i, v in enumerate(values)]


def _least(values: Curve) -> float | None:
    return min((v for v in values if v is not None), default=None)


def _most(values: Curve) -> float | None:
    return max((v for v in values if v is not None), default=None)
