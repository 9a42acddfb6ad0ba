"""Sections of an inside page, ours and third parties' alike, as markup: every text is escaped, every figure formatted here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from dashboard.format import MISSING, is_missing
from dashboard.regie.markup import Markup, tag
from dashboard.regie.views.spark import area, path
from dashboard.regie.words import Words
from twin.contracts.page import Cell, Column, Curves, Figure, Figures, Line, Section, Table, Text, Value

_W, _H = 1000.0, 100.0
_MARKS = 4
_HOURS = ((36.0, 6), (96.0, 12), (24.0 * 15, 24))
"""Hours of a chart -> hours between two marks of its axis; beyond the last a week."""


def draw(section: Section, words: Words) -> Markup:
    """One section."""
    if isinstance(section, Figures):
        body = tag("dl", *(_figure(figure, words) for figure in section.figures), class_="facts")
    elif isinstance(section, Curves):
        body = _curves(section, words)
    elif isinstance(section, Table):
        body = _table(section, words)
    else:
        assert isinstance(section, Text)
        body = tag("div", *(tag("p", paragraph) for paragraph in section.paragraphs))
    return tag("section", tag("h2", section.title), body, class_=f"panel section-{section.kind}")


def _figure(figure: Figure, words: Words) -> Markup:
    notes = [words(f"quality.{flag}") if words.known(f"quality.{flag}") else flag for flag in figure.quality]
    if figure.as_of is not None:
        notes.insert(0, words.moment(figure.as_of))
    return tag(
        "div",
        tag("dt", figure.label),
        tag("dd", words.number(figure.value, figure.unit)),
        tag("dd", " · ".join(notes), class_="meta") if notes else None,
    )


def _table(table: Table, words: Words) -> Markup:
    heads = [tag("th", column.title, scope="col") for column in table.columns]
    rows = [
        tag("tr", *(_cell(cell, column, words) for cell, column in zip(row, table.columns, strict=True))) for row in table.rows
    ]
    body = tag("table", tag("thead", tag("tr", *heads)), tag("tbody", *rows))
    return tag("div", body, class_="scroll", tabindex=0, role="group", aria_label=table.title)


def _cell(cell: Cell, column: Column, words: Words) -> Markup:
    if isinstance(cell, datetime):
        return tag("td", words.moment(cell))
    if isinstance(cell, str):
        return tag("td", cell)
    return tag("td", MISSING if cell is None else words.number(cell, column.unit), class_="figure")


# ------------------------------------------------------------------------------------------------- curves


def _curves(curves: Curves, words: Words) -> Markup:
    lines = curves.lines
    values = [
        v for line in lines for edge in (line.values, line.low, line.high) for v in edge if v is not None and not is_missing(v)
    ]
    if not values:
        return tag("p", words("inside.no_values"), class_="empty")
    low, high = _span([*values, *(limit for _, limit in curves.limits)])
    steps = max(1, len(lines[0].values) - 1)

    def y(value: float) -> float:
        return _H * (1.0 - (value - low) / (high - low))

    def points(series: Sequence[Value]) -> list[tuple[float, float] | None]:
        return [None if v is None or is_missing(v) else (_W * i / steps, y(v)) for i, v in enumerate(series)]

    drawn: list[Markup] = []
    for number, line in enumerate(lines):
        if line.low and line.high:
            drawn.append(tag("path", d=area(points(line.low), points(line.high)), class_="range"))
        drawn.append(tag("path", d=path(points(line.values)), class_=f"{'before' if line.forecast else 'after'} line-{number}"))
    plot = tag(
        "svg", *drawn, x="8%", y="4%", width="90%", height="80%", viewBox=f"0 0 {_W:.0f} {_H:.0f}", preserveAspectRatio="none"
    )
    axes = [*_levels(curves, (low, high), words), *_times(curves, steps, words)]
    alt = f"{curves.title}: {'; '.join(_in_words(line, curves.unit, words) for line in lines)}"
    chart = tag("svg", *axes, plot, class_="chart", role="img", aria_label=alt)
    return tag(
        "div", tag("p", *(_legend(line, n, words) for n, line in enumerate(lines)), class_="legend"), chart, class_="charts"
    )


def _in_words(line: Line, unit: str, words: Words) -> str:
    known = [v for v in line.values if v is not None and not is_missing(v)]
    if not known:
        return f"{line.label} {MISSING}"
    return words("inside.spread", name=line.label, low=words.number(min(known), unit), high=words.number(max(known), unit))


def _legend(line: Line, number: int, words: Words) -> Markup:
    kind = "before" if line.forecast else "after"
    band = f" ({words('inside.band')})" if line.low else ""
    return tag("span", tag("i", class_=f"key {kind} line-{number}"), line.label, band)


def _span(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    room = 0.05 * (high - low) or max(0.05 * abs(high), 0.5)
    return low - room, high + room


def _levels(curves: Curves, span: tuple[float, float], words: Words) -> list[Markup]:
    """Horizontal lines: a few levels, and the limits that the curves are held against."""
    low, high = span
    parts: list[Markup] = []
    for number in range(_MARKS + 1):
        value = low + (high - low) * number / _MARKS
        height = f"{4 + 80 * (1 - number / _MARKS):.1f}%"
        parts.append(tag("line", x1="8%", x2="98%", y1=height, y2=height, class_="grid"))
        parts.append(tag("text", words.number(value, curves.unit), x="7.4%", y=height, dy=4, text_anchor="end"))
    for label, limit in curves.limits:
        height = f"{4 + 80 * (high - limit) / (high - low):.1f}%"
        parts.append(tag("line", x1="8%", x2="98%", y1=height, y2=height, class_="limit"))
        parts.append(tag("text", label, x="98%", y=height, dy=-4, text_anchor="end"))
    return parts


def _times(curves: Curves, steps: int, words: Words) -> list[Markup]:
    """Vertical lines at whole local hours, as far apart as the chart is long."""
    hours = steps * curves.step_s / 3600.0
    apart = next((every for longest, every in _HOURS if hours <= longest), 24 * 7)
    zone = ZoneInfo(words.timezone)
    parts: list[Markup] = []
    for step in range(1, steps):
        at = curves.start + timedelta(seconds=curves.step_s * step)
        local = at.astimezone(zone)
        whole = local.minute == 0 and local.second == 0 and (local.hour % apart == 0 if apart < 24 else local.hour == 0)
        if whole and (apart < 24 * 7 or local.weekday() == 0):
            x = f"{8 + 90 * step / steps:.2f}%"
            text = words.clock(at) if apart < 24 and local.hour else words.day(at)
            parts.append(tag("line", x1=x, x2=x, y1="4%", y2="84%", class_="grid"))
            parts.append(tag("text", text, x=x, y="97%", text_anchor="middle"))
    return parts
