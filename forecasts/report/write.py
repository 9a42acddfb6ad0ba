"""The report of a backtest, written in one go."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from forecasts.report.page import page
from forecasts.report.sections import Shown, section, shown
from forecasts.report.tables import table
from forecasts.report.words import counted, percent, whole

if TYPE_CHECKING:
    from forecasts.backtest.result import BacktestResult


def write_report(results: Sequence[BacktestResult], path: Path) -> None:
    """Write one self-contained HTML file (about 6 MB, plotly.js included) that shows every result; it works offline.

    The file is there whole or not at all.

    Raises:
        OSError: when it cannot be written.
    """
    items = [shown(result) for result in results]
    sections = [section(item, f"series-{rank}") for rank, item in enumerate(items)]
    names = ", ".join(item.scored.series.name for item in items)
    text = page(f"Backtest: {names}", _head(items), sections)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def _head(items: Sequence[Shown]) -> str:
    title = f"<h1>Backtest of {counted(len(items), 'series').removesuffix('s') if len(items) > 1 else '1 series'}</h1>"
    note = "Rolling origin: every forecast was made with what was known at its origin, and scored with what came."
    perfect = [item for item in items if item.scored.series.weather_source == "measured"]
    warning = ""
    if perfect:
        which = "" if len(perfect) == len(items) else f" in {len(perfect)} of them"
        warning = (
            f'<p><span class="badge">perfect weather</span> Measured weather stood in for forecasts{which}: '
            "no forecast on air will do as well.</p>"
        )
    return f"{title}<p class='muted'>{note}</p>{warning}{_overview(items) if len(items) > 1 else ''}"


def _overview(items: Sequence[Shown]) -> str:
    rows, ratios = [], []
    for rank, item in enumerate(items):
        found = item.summary["experts"].get(item.champion, {})
        skill = found.get("skill")
        if skill is not None and skill < 1.0:
            ratios.append(1.0 - skill)
        name = f'<a href="#series-{rank}">{escape(item.scored.series.name)}</a>'
        cells = [name, item.scored.series.kind, escape(item.naive), percent(skill), percent(found.get("coverage_90"))]
        rows.append([*cells, whole(found.get("origins")), escape(item.weather)])
    head = ["series", "kind", "naive", "champion's skill", "inside 90 % band", "origins", "weather"]
    text = ""
    if ratios:
        mean = math.exp(sum(math.log(ratio) for ratio in ratios) / len(ratios))
        text = f"<p>Pinball loss of the champion over that of the naive forecast, geometric mean: {mean:.3f}.</p>"
    return f"<nav>{table(head, rows, label='Series')}</nav>{text}"
