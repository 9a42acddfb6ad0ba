"""Histories of transformers from CSV or Parquet: one grid per asset, in UTC, in degrees Celsius and per unit of rating.

What stops one asset stops only that one: it is listed as not assessed, with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import numpy as np

from forecasts.data.grid import STEPS_S, longer_steps
from forecasts.data.number_text import without_placeholders
from forecasts.data.quality import Fault, FaultLog
from forecasts.data.regular import regular_rows
from forecasts.data.table import Table, paths_of, read_table
from forecasts.data.weather import choose_rows
from twin.domain.problems import Problems
from twin.domain.time import QUARTER_HOUR_S
from twin.maintenance.evaluate.flags import EvaluateFlags
from twin.maintenance.evaluate.units import Note, ambient_in_celsius, load_factor_of

LEAST_ROWS = 500
"""Readings of an asset below which nothing can be learnt: five days of quarter hours."""
MOST_MISSING = 0.1
"""Share of an asset's readings above which gaps are worth a word: what happens in them nobody sees."""


@dataclass(frozen=True)
class AssetHistory:
    """One asset on its own grid, dims (time,), NaN where missing.

    Attributes:
        load_factor: K, 1.0 = rated. ``ambient_c``: [degC], all NaN where the file has none. ``top_oil_c``: as read, in Celsius.
        notes: what was found and done, each of which lowers the confidence.
        faults: of rows and stamps, as the forecasts' reader counts them.
    """

    name: str
    start_s: int
    step_s: int
    load_factor: np.ndarray
    ambient_c: np.ndarray
    top_oil_c: np.ndarray
    notes: tuple[Note, ...]
    faults: dict[str, Fault] = field(default_factory=dict)

    @property
    def end_s(self) -> int:
        """End of the last interval, epoch seconds."""
        return self.start_s + len(self.load_factor) * self.step_s


@dataclass(frozen=True)
class NotAssessed:
    """An asset, or rows of none, that nothing is said of. ``why``: words in maintenance.<lang>.toml, [evaluate.left]."""

    name: str
    why: Note


def read_histories(flags: EvaluateFlags, problems: Problems) -> tuple[list[AssetHistory], list[NotAssessed]]:
    """Every asset of the files; faults that concern all of them go into ``problems``.

    Args:
        flags: checked.
        problems: gets what forbids to read on: files and columns that are not there.
    """
    tables: list[tuple[str | None, Table]] = []
    for text in flags.files:
        table = _read_file(text, flags, problems)
        if table is not None:
            tables.append((None if flags.asset_column else Path(table.files[0]).stem, table))
    if problems:
        return [], []
    read: list[AssetHistory] = []
    left: list[NotAssessed] = []
    for name, table in tables:
        for asset, rows in _parts(name, table, flags.asset_column):
            if not asset:
                places = rows.places(np.arange(len(rows)))
                left.append(NotAssessed("", Note("no_name", {"count": len(rows), "places": places})))
                continue
            found = _one_asset(asset, rows, flags)
            (read if isinstance(found, AssetHistory) else left).append(found)  # type: ignore[arg-type]  # each list takes its own of the two
    return read, left


def _read_file(text: str, flags: EvaluateFlags, problems: Problems) -> Table | None:
    paths = paths_of(text, problems)
    wanted = [flags.time_column, flags.load_column, flags.top_oil_column, flags.asset_column]
    wanted += [flags.reactive_column, flags.rating_column, flags.ambient_column, *flags.where]
    table = read_table(paths, [name for name in wanted if name], problems) if paths else None
    return None if table is None else choose_rows(table, flags.where, problems)


def _parts(name: str | None, table: Table, asset_column: str | None) -> list[tuple[str, Table]]:
    if asset_column is None:
        return [(str(name), table)]
    cells = np.array(["" if cell is None or cell != cell else str(cell).strip() for cell in table.columns[asset_column]])  # noqa: PLR0124 - only NaN differs from itself
    return [(str(asset), table.take(np.flatnonzero(cells == asset))) for asset in np.unique(cells)]


def _one_asset(name: str, table: Table, flags: EvaluateFlags) -> AssetHistory | NotAssessed:
    problems, log = Problems(), FaultLog(table)
    columns = {"load": flags.load_column, "top_oil": flags.top_oil_column, "reactive": flags.reactive_column}
    columns |= {"ambient": flags.ambient_column, "rating": flags.rating_column}
    raw = {key: _numbers(table, column, log) for key, column in columns.items() if column}
    regular = regular_rows(
        table,
        np.stack([raw["top_oil"], raw["load"]], axis=1),
        time_column=str(flags.time_column),
        timezone=str(flags.timezone),
        label=str(flags.label),
        steps=STEPS_S,
        log=log,
        problems=problems,
    )
    if regular is None:
        return NotAssessed(name, Note("unread", {"text": "; ".join(map(str, problems))}))
    grid = {key: regular.pick(values) for key, values in raw.items()}
    start_s, step_s = regular.grid.start_s, regular.grid.step_s
    if step_s < QUARTER_HOUR_S:
        times, lead = QUARTER_HOUR_S // step_s, start_s % QUARTER_HOUR_S // step_s
        grid = {key: longer_steps(values, times, lead)[0] for key, values in grid.items()}
        start_s, step_s = start_s - lead * step_s, QUARTER_HOUR_S
    reason = _hopeless(grid)
    if reason is not None:
        return NotAssessed(name, reason)
    load, notes = load_factor_of(grid["load"], grid.get("reactive"), _rating(grid, flags), unit=str(flags.load_unit))
    ambient_c = grid.get("ambient", np.full(len(load), np.nan))
    ambient_c, said = ambient_in_celsius(ambient_c)
    notes = (*_doubts(grid, log), *notes, *said)
    return AssetHistory(name, start_s, step_s, load, ambient_c, grid["top_oil"], notes, log.faults)


def _numbers(table: Table, column: str | None, log: FaultLog) -> np.ndarray:
    values, strange = table.numbers(cast(str, column))
    values, placeholders = without_placeholders(values)
    log.note("not_a_number", np.flatnonzero(strange))
    log.note("placeholder", placeholders)
    return values


def _rating(grid: dict[str, np.ndarray], flags: EvaluateFlags) -> float | None:
    if "rating" in grid and np.isfinite(grid["rating"]).any():
        found = float(np.nanmedian(grid["rating"]))
        return found if found > 0.0 else flags.rating
    return flags.rating


def _hopeless(grid: dict[str, np.ndarray]) -> Note | None:
    both = np.isfinite(grid["load"]) & np.isfinite(grid["top_oil"])
    if not both.any():
        return Note("no_rows")
    if both.sum() < LEAST_ROWS:
        return Note("few_rows", {"count": int(both.sum()), "least": LEAST_ROWS})
    for key in ("top_oil", "load"):
        known = grid[key][np.isfinite(grid[key])]
        if known.min() == known.max():
            return Note(f"constant_{key}", {"value": float(known[0])})
    return None


def _doubts(grid: dict[str, np.ndarray], log: FaultLog) -> list[Note]:
    """What makes the readings as such less trustworthy: gaps, and rows that contradict each other."""
    missing = 1.0 - float((np.isfinite(grid["load"]) & np.isfinite(grid["top_oil"])).mean())
    notes = [Note("missing", {"share": missing})] if missing > MOST_MISSING else []
    contradicting = log.faults.get("contradicting")
    return notes if contradicting is None else [*notes, Note("contradicting", {"count": contradicting.count})]
