"""One telemetry source, followed quarter hour by quarter hour: the live town, or the do-nothing twin beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np

from twin.contracts.ports import Readings, Telemetry
from twin.domain.channels import Channel
from twin.domain.time import QUARTER_HOUR_S, to_epoch_s
from twin.regie.observe import CONTEXT_ROWS, Observer
from twin.regie.raw import Intake, RawTable
from twin.regie.tick import Observation


class Side:
    """Raw table and observer of one source."""

    def __init__(
        self,
        telemetry: Telemetry,
        channels: Sequence[Channel],
        observer: Observer,
        columns: Sequence[tuple[str, str]],
        keep: int,
    ) -> None:
        self.telemetry = telemetry
        self._channels = channels
        self._observer = observer
        self._columns = tuple(columns)
        # Whatever the table has forgotten, the frame's oldest row still finds its substitutes, also after a restart.
        self._keep = keep + CONTEXT_ROWS
        self._raw = RawTable(channels, 0, self._keep)

    def preload(self, history: Readings, start: datetime, end: datetime) -> None:
        """Begin with what is known of ``[start, end)``."""
        self._raw = RawTable(self._channels, to_epoch_s(start), self._keep)
        self.fold(history, end)

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Every channel of the source: a reading's ``channel`` is an index into it."""
        return tuple(self._channels)

    @property
    def start_s(self) -> int:
        """Label of the oldest quarter hour that is kept, epoch seconds."""
        return self._raw.start_s

    def extend_to(self, as_of: datetime) -> None:
        """Make room for what is complete at ``as_of``, and forget what is too old by then."""
        self._raw.extend_to(as_of)

    def fold(self, readings: Readings, as_of: datetime) -> Intake:
        """Take readings in without looking at them: for the past, and for replaying the journal."""
        self._raw.extend_to(as_of)
        return self._raw.take(readings, as_of)

    def frame_rows(self) -> tuple[int, np.ndarray, np.ndarray]:
        """Every row that the table holds, derived: ``(label of the first, values, quality)``."""
        values, quality = self._observer.derive(self._raw.values[: self._raw.rows], self._raw.quality[: self._raw.rows], 0)
        return self._raw.start_s, values, quality

    def observe(self, as_of: datetime) -> Observation:
        """Read on to ``as_of``, fold, and derive what changed."""
        newest_before = self._raw.start_s + self._raw.rows * QUARTER_HOUR_S
        readings = self.telemetry.read(as_of)
        intake = self.fold(readings, as_of)
        first = min(
            max((newest_before - self._raw.start_s) // QUARTER_HOUR_S, 0),
            self._raw.rows if intake.first_row is None else intake.first_row,
            self._raw.rows - 1,
        )
        # A corrected row also changes what later rows were given as a substitute for it.
        context = min(first, CONTEXT_ROWS)
        block = slice(first - context, self._raw.rows)
        values, quality = self._observer.derive(self._raw.values[block], self._raw.quality[block], context)
        label = self._raw.start_s + first * QUARTER_HOUR_S
        rows = {label + i * QUARTER_HOUR_S: (values[i], quality[i]) for i in range(len(values))}
        raw, raw_quality = (
            part[context:] for part in self._observer.substituted(self._raw.values[block], self._raw.quality[block])
        )
        signals = dict(zip(self._columns, values[-1].tolist(), strict=True))
        flags = dict(zip(self._columns, quality[-1].tolist(), strict=True))
        raw_rows, written = dict(zip(rows, raw, strict=True)), _written(intake, newest_before)
        return Observation(readings, intake, raw[-1], raw_quality[-1], rows, signals, flags, raw_rows, written)


def _written(intake: Intake, before_s: int) -> dict[int, np.ndarray]:
    """Label -> channels, of the accepted cells of quarter hours before ``before_s``."""
    order = np.argsort(intake.labels_s, kind="stable")
    labels, first = np.unique(intake.labels_s[order], return_index=True)
    found = zip(labels.tolist(), np.split(intake.channels[order], first[1:]), strict=True) if len(labels) else ()
    return {label: channels for label, channels in found if label < before_s}


def readings_to_arrays(readings: Readings, prefix: str) -> dict[str, np.ndarray]:
    """For the journal: every raw reading, also the refused ones."""
    return {
        f"{prefix}.channel": readings.channel.astype(np.int32),
        f"{prefix}.valid_time_s": readings.valid_time_s.astype(np.int64),
        f"{prefix}.known_time_s": readings.known_time_s.astype(np.int64),
        f"{prefix}.value": readings.value.astype(np.float64),
    }


def readings_from_arrays(arrays: Mapping[str, np.ndarray], prefix: str) -> Readings:
    """Inverse of `readings_to_arrays`."""
    names = ("channel", "valid_time_s", "known_time_s", "value")
    return Readings(*(arrays[f"{prefix}.{name}"] for name in names))
