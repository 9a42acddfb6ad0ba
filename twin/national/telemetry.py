"""Telemetry that replays published files: a real town on air, on the days that were published.

A value is read as if it had been known when its quarter hour was over. That is a replay's licence, and every screen says so:
the publishers need days to months. There is no actuator behind a file, no outlook, and no switch.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np

from twin.contracts.ports import GridEvent, Readings
from twin.domain.channels import Channel
from twin.domain.grid import NORMAL, Topology
from twin.domain.pack import pack, unpack
from twin.domain.problems import BadInput, Problem, Problems
from twin.domain.time import QUARTER_HOUR_S, from_epoch_s, to_epoch_s
from twin.national.published import Published, read_published
from twin.national.series import SERIES, kinds_of, quarter_hours_of
from twin.site import Site
from twin.site.locate import Places

DATA = "REGIE_DATA"
"""Environment variable with the folder of published files; ``--data`` sets it."""
_NEVER = -(1 << 62)


def data_folder(site: Site) -> Path:
    """Where the site's published files lie: the site file's own ``folder``, else ``$REGIE_DATA``.

    Raises:
        BadInput: when nobody says where.
    """
    own = site.telemetry.folder
    if own:
        return site.beside(own)
    given = os.environ.get(DATA)
    if not given:
        remedy = f"pass --data DIR, or set ${DATA}; the site file names what is read from there"
        raise BadInput([Problem(f"{site.file.name}: telemetry.folder", "missing", "a folder of published files", remedy)])
    return Path(given)


def published_problems(site: Site, places: Places) -> tuple[Problem, ...]:
    """What keeps a site from being fed by published files: channels without a series, unknown series, unreadable files."""
    problems = Problems()
    measured = {channel.name: channel for channel in site.channels}
    for name, series in site.telemetry.published.items():
        place = places("telemetry", "published", name)
        if name not in measured:
            problems.add(place, f"channel {name!r}", "a channel of [telemetry]", "declare it there, or correct the name")
        elif series not in SERIES:
            problems.add(place, repr(series), f"one of {', '.join(SERIES)}", "correct the name")
        elif SERIES[series].quantity != measured[name].quantity:
            problems.add(place, f"{series!r} is {SERIES[series].quantity}", measured[name].quantity, "choose another series")
    unfed = [name for name in measured if name not in site.telemetry.published]
    if unfed:
        problems.add(places("telemetry", "published"), f"no series for {', '.join(unfed)}", "one per channel", "name it")
    if not problems:
        problems.tried(lambda: _files(site))
    return tuple(problems)


def _files(site: Site) -> dict[str, Published]:
    return read_published(data_folder(site), kinds_of(site.telemetry.published.values()))


class PublishedTelemetry:
    """Implements `twin.contracts.ports.Telemetry`.

    Args:
        channels: the site's channels in order. ``series``: channel -> labels [epoch s] and values; NaN is left out.
    """

    def __init__(self, channels: Sequence[Channel], series: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> None:
        parts = []
        for number, channel in enumerate(channels):
            labels, values = series[channel.name]
            known = np.isfinite(values)
            parts.append((np.full(np.count_nonzero(known), number, dtype=np.int32), labels[known], values[known]))
        numbers, valid, value = (np.concatenate(column) for column in zip(*parts, strict=True))
        order = np.lexsort([numbers, valid])
        self._channel, self._valid, self._value = numbers[order], valid[order], value[order]
        self._known = self._valid + QUARTER_HOUR_S
        self._read_until_s = _NEVER

    @classmethod
    def of(cls, site: Site, start: datetime) -> PublishedTelemetry:
        """The telemetry that the site file declares, for a run from ``start``.

        Raises:
            BadInput: for files that cannot be read, and a start on which nothing was published.
        """
        files = _files(site)
        telemetry = cls(site.channels, {name: quarter_hours_of(files, of) for name, of in site.telemetry.published.items()})
        telemetry.check_start(start)
        return telemetry

    def check_start(self, start: datetime) -> None:
        """Refuse a start at which not every channel is published.

        Raises:
            BadInput: naming the span.
        """
        spans = [self._valid[self._channel == number][[0, -1]] for number in np.unique(self._channel)]
        first, last = int(max(span[0] for span in spans)), int(min(span[1] for span in spans))
        if not first <= to_epoch_s(start) <= last:
            limit = f"{from_epoch_s(first).isoformat()} to {from_epoch_s(last).isoformat()}, what was published"
            raise BadInput([Problem("--start", start.isoformat(), limit, "choose a day within")])

    def history(self, start: datetime, end: datetime) -> Readings:
        """Every reading with ``start <= valid_time < end`` that was known at ``end``."""
        end_s = to_epoch_s(end)
        rows = (self._valid >= to_epoch_s(start)) & (self._known <= end_s)
        self._read_until_s = max(end_s, self._read_until_s)
        return self._readings(np.flatnonzero(rows))

    def read(self, as_of: datetime) -> Readings:
        """Readings that became known since the last call (or `history`), not later than ``as_of``."""
        as_of_s = to_epoch_s(as_of)
        first, last = np.searchsorted(self._known, (self._read_until_s, as_of_s), side="right")
        self._read_until_s = max(as_of_s, self._read_until_s)
        return self._readings(np.arange(first, max(first, last)))

    def topology(self, as_of: datetime) -> Topology:  # noqa: ARG002 - the port's; no file tells of switches
        """The normal one."""
        return NORMAL

    def next_event(self, after: datetime, until: datetime) -> GridEvent | None:  # noqa: ARG002 - the same
        """None: files tell of no event."""
        return None

    def checkpoint(self) -> bytes:
        """Up to which instant was read."""
        return pack({"read_until_s": self._read_until_s})

    def restore(self, checkpoint: bytes) -> None:
        """Read on from a checkpoint."""
        self._read_until_s = unpack(checkpoint)[0]["read_until_s"]

    def _readings(self, rows: np.ndarray) -> Readings:
        return Readings(self._channel[rows], self._valid[rows], self._known[rows], self._value[rows])
