"""Known faults of a history, as its owner wrote them down: asset, start, end, kind."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from forecasts.data.clock import zone_between
from forecasts.data.stamps import read_stamps
from forecasts.data.table import column_names, read_table
from twin.domain.problems import Problem, Problems

COLUMNS = ("asset", "start", "end")


@dataclass(frozen=True)
class Label:
    """One known fault. ``start_s``, ``end_s``: epoch seconds. ``kind``: the owner's word, or ""."""

    asset: str
    start_s: int
    end_s: int
    kind: str


def read_labels(
    path: Path, *, assets: Collection[str], timezone: str, problems: Problems
) -> tuple[list[Label], tuple[Problem, ...]]:
    """Labels that can be used, and a fault for each row that cannot.

    Args:
        path: CSV or Parquet with the columns asset, start, end and, where there is one, kind.
        assets: names in the history.
        timezone: of stamps without offset.
        problems: gets what forbids to read the file at all.
    """
    if not path.is_file():
        problems.add("--labels", path, "a CSV or Parquet file", "correct the path")
        return [], ()
    names = column_names(path, problems)
    table = read_table([path], COLUMNS, problems, optional=("kind",)) if names else None
    if table is None:
        return [], ()
    start_s, end_s = (_utc(table.columns[name], timezone) for name in ("start", "end"))
    kinds = table.columns.get("kind", np.full(len(table), "", dtype=object))
    labels, wrong = [], Problems()
    for row in range(len(table)):
        asset, place = str(table.columns["asset"][row]).strip(), f"{path.name}:{table.row[row]}"
        if asset not in assets:
            known = ", ".join(sorted(assets)[:12])
            wrong.add(place, f"asset {asset!r} is not in the history", f"one of {known}", "correct the name")
        elif not (np.isfinite(start_s[row]) and np.isfinite(end_s[row])):
            wrong.add(place, "start or end is no time", "stamps such as 2024-03-31T14:00", "correct the row")
        elif end_s[row] <= start_s[row]:
            wrong.add(place, "ends before it begins", "an end after the start", "exchange them")
        else:
            labels.append(Label(asset, int(start_s[row]), int(end_s[row]), str(kinds[row]).strip()))
    return labels, tuple(wrong)


def _utc(column: np.ndarray, timezone: str) -> np.ndarray:
    """Epoch seconds, NaN where no time is read; a time that the clock shows twice is its first."""
    stamps = read_stamps(column)
    if not stamps.found.any():
        return np.full(len(column), np.nan)
    seconds = stamps.seconds.astype(np.int64)
    known = seconds[stamps.found]
    zone = zone_between(timezone, int(known.min()) // 86_400 * 86_400, int(known.max()) // 86_400 * 86_400)
    return np.where(stamps.found, np.where(stamps.zoned, seconds, zone.early(seconds)[0]), np.nan)
