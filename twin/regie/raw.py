"""The raw table: every telemetry channel by quarter hour, whatever order the readings came in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from twin.contracts.ports import Readings
from twin.domain.channels import Channel
from twin.domain.quality import Quality
from twin.domain.time import QUARTER_HOUR_S, to_epoch_s

_NEVER = np.iinfo(np.int64).min


@dataclass(frozen=True)
class Intake:
    """What became of a batch of readings.

    Attributes:
        first_row: earliest row that changed, or None. ``accepted``: cells written.
        revised: of these, cells that replaced an earlier value.
        duplicates: plausible rows without effect. ``future``, ``off_grid``, ``too_old``: quarantined rows.
        refused: channel names of values outside the plausible range (the raw value stays in the journal).
        labels_s, channels: of the accepted cells.
    """

    first_row: int | None
    accepted: int
    revised: int
    duplicates: int
    future: int
    off_grid: int
    too_old: int
    refused: tuple[str, ...]
    labels_s: np.ndarray = field(compare=False)
    channels: np.ndarray = field(compare=False)


class RawTable:
    """Values, quality and known times by (quarter hour, channel); a pure fold over readings.

    A later ``known_time`` replaces an earlier one; of two known at the same time a value wins over 'missing' and the larger
    over the smaller, so that the order of arrival does not matter. Rows move up as time passes; at least ``keep`` rows stay.
    """

    def __init__(self, channels: Sequence[Channel], start_s: int, keep: int) -> None:
        self.channels = tuple(channels)
        self.start_s = start_s
        self.rows = 0
        self._keep = keep
        shape = (2 * keep, len(self.channels))
        self.values = np.full(shape, np.nan)
        self.quality = np.full(shape, int(Quality.INVALID), dtype=np.uint8)
        self._known = np.full(shape, _NEVER, dtype=np.int64)
        self._minimum = np.array([channel.minimum for channel in self.channels])
        self._maximum = np.array([channel.maximum for channel in self.channels])

    def row_of(self, label_s: int) -> int:
        """Row of the quarter hour that starts at ``label_s``."""
        return (label_s - self.start_s) // QUARTER_HOUR_S

    def extend_to(self, as_of: datetime) -> int:
        """Make room for every complete quarter hour before ``as_of``; returns by how many rows older ones moved up."""
        needed = self.row_of(to_epoch_s(as_of))
        shift = 0
        if needed > len(self.values):
            shift = needed - self._keep
            kept = max(len(self.values) - shift, 0)
            for array, empty in ((self.values, np.nan), (self.quality, int(Quality.INVALID)), (self._known, _NEVER)):
                array[:kept] = array[len(array) - kept :].copy()
                array[kept:] = empty
            self.start_s += shift * QUARTER_HOUR_S
            needed -= shift
        self.rows = needed
        return shift

    def take(self, readings: Readings, as_of: datetime) -> Intake:
        """Fold readings in.

        Labels that are not complete at ``as_of`` are quarantined (fault 20), as are labels off the quarter-hour grid or older
        than the table. Values outside a channel's range are refused (fault 16): they leave the table as it is.
        """
        label = readings.valid_time_s
        future = label + QUARTER_HOUR_S > to_epoch_s(as_of)
        off_grid = ~future & (label % QUARTER_HOUR_S != 0)
        row = (label - self.start_s) // QUARTER_HOUR_S
        too_old = ~future & ~off_grid & (row < 0)
        usable = ~(future | off_grid | too_old)
        row, column = row[usable], readings.channel[usable]
        known, value = readings.known_time_s[usable], readings.value[usable].astype(float)

        implausible = (value < self._minimum[column]) | (value > self._maximum[column])
        refused = tuple(sorted({self.channels[c].name for c in column[implausible]}))
        row, column, known, value = (array[~implausible] for array in (row, column, known, value))

        order, last = _best_last(row * len(self.channels) + column, known, value)
        row, column, known, value = row[order], column[order], known[order], value[order]
        beaten = int(np.count_nonzero(~last))
        row, column, known, value = row[last], column[last], known[last], value[last]

        held, held_known = self.values[row, column], self._known[row, column]
        first_time = held_known == _NEVER
        better = (np.isnan(held) & ~np.isnan(value)) | (value > held)
        wins = (known > held_known) | ((known == held_known) & better)
        write = wins & (first_time | ~((value == held) | (np.isnan(value) & np.isnan(held))))
        # Also a repeated value says when it was last known: what became known before that comes too late.
        self._known[row[wins], column[wins]] = known[wins]
        row, column, value = row[write], column[write], value[write]
        self.values[row, column] = value
        self.quality[row, column] = np.where(np.isnan(value), int(Quality.INVALID), int(Quality.GOOD))
        return Intake(
            first_row=int(row.min()) if len(row) else None,
            accepted=len(row),
            revised=int(np.count_nonzero(write & ~first_time)),
            duplicates=beaten + int(np.count_nonzero(~write)),
            future=int(np.count_nonzero(future)),
            off_grid=int(np.count_nonzero(off_grid)),
            too_old=int(np.count_nonzero(too_old)),
            refused=refused,
            labels_s=self.start_s + row * QUARTER_HOUR_S,
            channels=column,
        )


def _best_last(cell: np.ndarray, known: np.ndarray, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Readings by cell, in each the best one last: known last, a value rather than none, the larger one.

    A past of nine weeks comes nearly in order, and few cells have two readings: only those are looked at closely.

    Returns:
        Their order, and which of them, so ordered, is the last of its cell, dims (reading,).
    """
    order = np.argsort(cell, kind="stable")
    ends = np.ones(len(cell), dtype=bool)
    ends[:-1] = np.diff(cell[order]) != 0
    shared = ~ends
    shared[1:] |= ~ends[:-1]
    few = order[shared]
    order[shared] = few[np.lexsort((value[few], ~np.isnan(value[few]), known[few], cell[few]))]
    return order, ends
