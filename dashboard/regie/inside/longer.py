"""A box's own answers of the past week, from the journal: what it said of the coming quarter hour, each time it was asked."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from dashboard.regie.words import Words
from twin.contracts.desk_ports import History, Unavailable
from twin.contracts.page import Curves, Line, Section, Text
from twin.domain.problems import BadInput

if TYPE_CHECKING:
    import xarray as xr

WINDOW = timedelta(days=7)
_QUARTER_S = 900
_MOST_ELEMENTS = 3


def past_week(history: History | None, instance: str, now: datetime, unit: str, words: Words) -> list[Section]:
    """Curves of the week before ``now``; a sentence where the journal has none, nothing without a journal to read."""
    if history is None:
        return []
    try:
        answers = history.forecasts(now - WINDOW, now, instance)
    except (BadInput, Unavailable) as error:
        return [
            Text(
                title=words("inside.week"), paragraphs=(words("inside.no_week"), words("ui.technical", text=str(error)[:1900]))
            )
        ]
    return [
        section for name in answers.data_vars if (section := _curves(str(name), answers[name], now, unit, words)) is not None
    ]


def _curves(name: str, answers: xr.DataArray, now: datetime, unit: str, words: Words) -> Section | None:
    """The median of the nearest quarter hour per issue, on a grid of quarter hours; nothing where that is no curve."""
    if not {"issued_at", "lead"} <= set(answers.dims) or answers.sizes["issued_at"] < 1:
        return None
    first = answers.isel(lead=0)
    if "quantile" in first.dims:
        first = first.sel(quantile=0.5, method="nearest")
    rest = [str(dim) for dim in first.dims if dim != "issued_at"]
    columns = {name: first} if not rest else {str(e): first.sel({rest[0]: e}) for e in first[rest[0]].values[:_MOST_ELEMENTS]}
    length = round(WINDOW.total_seconds() / _QUARTER_S)
    start = now - WINDOW
    lines = []
    for label, column in columns.items():
        values: list[float | None] = [None] * length
        for at, value in zip(column["issued_at"].values.astype("datetime64[s]").astype(int), column.values, strict=True):
            step = int((float(at) - start.timestamp()) // _QUARTER_S)
            if 0 <= step < length and not math.isnan(value):
                values[step] = float(value)
        lines.append(Line(label=label, values=tuple(values)))
    title = words("inside.week_of", signal=name)
    return Curves(title=title, start=start, step_s=_QUARTER_S, unit=str(answers.attrs.get("unit", unit)), lines=tuple(lines))
