"""Reading a published file: on its own grid, in UTC, in the field's units, and refused with every fault if it is another file.

Rows are settled by the forecasts' reader, which every measured series goes through: final rows win over preliminary ones, the
doubled hour of autumn is told apart, a row that stands twice counts once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from forecasts.data.columns import Columns, read_columns
from twin.domain.problems import Problems
from twin.domain.time import from_epoch_s
from twin.national.kinds import KINDS, Kind

_UNIT_SHARE = 0.01
"""More values than that beyond what can be: not a spike, another unit or another column."""
_CLOSURE = 1e-3
"""Shares published with three digits sum to one within this."""


@dataclass(frozen=True)
class Published:
    """One kind of file, read.

    Attributes:
        start_s: UTC start of row 0 [epoch s]; of daily and weekly tables the date, as if it were UTC.
        values: quantity -> dims (time,), NaN = missing.
        faults: kind of fault -> how many rows or values (`forecasts.data.quality.TEXTS`, and "implausible": beyond what can
            be, counted as missing).
    """

    kind: str
    start_s: int
    step_s: int
    values: Mapping[str, np.ndarray]
    faults: Mapping[str, int]

    @property
    def end_s(self) -> int:
        """End of the last row."""
        return self.start_s + self.step_s * len(next(iter(self.values.values())))

    def at(self, quantity: str, labels_s: np.ndarray) -> np.ndarray:
        """The value of the interval that holds each instant [epoch s], dims as given; NaN outside of what is published."""
        values = self.values[quantity]
        row = (np.asarray(labels_s, dtype=np.int64) - self.start_s) // self.step_s
        inside = (row >= 0) & (row < len(values))
        return np.where(inside, values[np.clip(row, 0, len(values) - 1)], np.nan)


def read_published(data: Path, kinds: Sequence[str]) -> dict[str, Published]:
    """Files of several kinds below the data folder.

    Raises:
        BadInput: with the faults of all of them.
    """
    problems = Problems()
    found = {}
    if not data.is_dir():
        problems.add(str(data), "no such folder", "the folder of the published files", "correct --data, or $REGIE_DATA")
        problems.raise_if_any()
    for name in kinds:
        read = problems.tried(partial(_read, data, name))
        if read is not None:
            found[name] = read
    problems.raise_if_any()
    return found


def _read(data: Path, name: str) -> Published:
    kind = KINDS[name]
    wanted = [quantity.column for quantity in kind.quantities.values()]
    columns = read_columns(
        str(data / kind.files),
        time_column=kind.time_column,
        timezone=kind.timezone,
        label=kind.label,
        columns=[kind.value] if kind.value else wanted,
        by=kind.by,
        status_column=kind.status_column,
    )
    problems = Problems()
    _check(columns, kind, problems)
    problems.raise_if_any()
    faults: Counter[str] = Counter()
    for key, fault in columns.faults.items():
        faults[key.rpartition(": ")[2]] += fault.count  # of rows parted by a word: the word stands before it
    values = {}
    for quantity in kind.quantities:
        values[quantity], implausible = _plausible(columns, kind, quantity, problems)
        faults["implausible"] += implausible
    problems.raise_if_any()
    return Published(name, columns.start_s + kind.shift_s, columns.step_s, values, +faults)


def _check(columns: Columns, kind: Kind, problems: Problems) -> None:
    """The step and the columns as published, and shares that are parts of a whole."""
    if columns.step_s != kind.step_s:
        value, limit = f"a row every {columns.step_s / 60:g} min", f"a row every {kind.step_s / 60:g} min, as it is published"
        problems.add(kind.files, value, limit, "take the file as published")
    for quantity in kind.quantities.values():
        if quantity.column not in columns.columns:
            limit = f"one of {', '.join(sorted(columns.columns))}"
            problems.add(f"{kind.files}: {kind.by or 'column'} {quantity.column!r}", "no number", limit, "take the whole file")
    if kind.shares and not problems:
        total = np.sum([columns.columns[quantity.column] for quantity in kind.quantities.values()], axis=0)
        off = np.flatnonzero(np.abs(total - 1.0) > _CLOSURE)
        if len(off):
            value = f"shares sum to {total[off[0]]:.4f} at {_stamp(columns, int(off[0]))}, the first of {len(off)} rows"
            problems.add(kind.files, value, f"1 within {_CLOSURE:g}", "give shares 0..1 of one whole, all carriers of it")


def _plausible(columns: Columns, kind: Kind, quantity: str, problems: Problems) -> tuple[np.ndarray, int]:
    """Values in the quantity's unit, those that cannot be as missing, and how many these are."""
    facts = kind.quantities[quantity]
    values = facts.factor * columns.columns[facts.column]
    with np.errstate(invalid="ignore"):
        beyond = np.flatnonzero((values < facts.minimum) | (values > facts.maximum))
    if len(beyond) > _UNIT_SHARE * len(values):
        first = int(beyond[0])
        raw = columns.columns[facts.column][first]
        value = f"{facts.column} {raw:g} at {_stamp(columns, first)}, the first of {len(beyond)}"
        low, high = facts.minimum / facts.factor, facts.maximum / facts.factor
        problems.add(kind.files, value, f"{low:g} to {high:g} in all but single rows", "check the unit of the file")
    values[beyond] = np.nan
    return values, len(beyond)


def _stamp(columns: Columns, row: int) -> str:
    return from_epoch_s(columns.start_s + row * columns.step_s).strftime("%Y-%m-%d %H:%M")
