"""The state that a preview rests on: the newest acknowledged tick, read from the journal beside its writer."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from twin.contracts.desk_ports import Unavailable
from twin.contracts.messages import Envelope, Outcome, Service
from twin.contracts.report_codec import report_from_bytes
from twin.domain.grid import Topology
from twin.domain.pack import UnpackError, unpack
from twin.domain.problems import BadInput
from twin.domain.quality import Quality, words
from twin.domain.time import from_epoch_s
from twin.regie import memory
from twin.regie.chain import open_readonly, read_records
from twin.regie.memory import LoopMemory

_OVERDUE = timedelta(seconds=30)
"""A tick that is later than announced by more: whoever writes this journal hangs."""


@dataclass(frozen=True)
class Present:
    """One acknowledged tick.

    Attributes:
        seq: its number. ``overdue``: the next tick was announced, and has not come.
        meta, arrays: of its record. ``resume``: what the loop remembers after it, packed and compressed; None when the newest
            tick is not the one remembered.
    """

    seq: int
    as_of: datetime
    meta: Mapping[str, Any]
    arrays: Mapping[str, np.ndarray]
    overdue: bool
    resume: bytes | None

    @property
    def interval(self) -> datetime:
        """Label of the quarter hour that the state describes."""
        return datetime.fromisoformat(self.meta["interval"])

    @property
    def flags(self) -> Quality:
        """Quality of the estimate."""
        return Quality(self.meta["quality"])

    @property
    def stale(self) -> bool:
        """Whether the state is an old one, or nothing follows it."""
        return self.overdue or bool(self.flags & Quality.STALE)

    @property
    def quality(self) -> tuple[str, ...]:
        """In words."""
        return words(self.flags | (Quality.STALE if self.overdue else Quality.GOOD))

    @cached_property
    def topology(self) -> Topology:
        """Switch positions, taps and outages."""
        return Topology.from_meta(self.meta["topology"])

    @cached_property
    def memory(self) -> LoopMemory:
        """What was decided, and the forecasts that it rests on.

        Raises:
            Unavailable: when a tick was acknowledged without it.
        """
        return memory.from_meta(self._remembered[0]["memory"])

    @cached_property
    def boxes(self) -> Mapping[str, Envelope]:
        """Every box's last good answer as of its own instant, in an envelope with its role; those without one are absent."""
        meta, arrays = unpack(self._remembered[1]["runner"].tobytes())
        return {
            name: self._envelope(name, facts, report_from_bytes(arrays[f"{name}/good"].tobytes()))
            for name, facts in meta["seats"].items()
            if facts["good"] is not None and name in self.meta["boxes"]
        }

    @cached_property
    def _remembered(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        if self.resume is None:
            raise Unavailable(f"tick {self.seq}: the journal keeps no decisions with it; ask again after the next tick")
        return unpack(zlib.decompress(self.resume))

    def _envelope(self, name: str, facts: Mapping[str, Any], report: Any) -> Envelope:
        told, (asked_at, quality) = self.meta["boxes"][name], facts["good"]
        return Envelope(
            instance=name,
            box=name,
            version=told["version"],
            team="",
            role=facts["role"][0],
            as_of=datetime.fromisoformat(asked_at),
            produced_at=datetime.fromisoformat(asked_at),
            valid_until=self.as_of,
            quality=Quality(quality),
            service=Service(told["service"]),
            outcome=Outcome(told["outcome"]),
            fallback=told["fallback"],
            inputs_hash=told["inputs"],
            artifact=told["artifact"],
            report=report,
            problems=tuple(told["problems"]),
        )


def newest_seq(state: Path) -> int:
    """Number of the newest acknowledged tick.

    Raises:
        Unavailable: when there is none yet, or no journal that can be read.
    """
    with _reading(state) as db:
        return _newest(db, state)


def read_present(state: Path, *, now: datetime | None = None) -> Present:
    """The newest acknowledged tick of a state directory.

    Args:
        now: wall clock, by which a tick may be overdue.

    Raises:
        Unavailable: when there is none yet, or no journal that can be read.
    """
    with _reading(state) as db:
        try:
            db.execute("BEGIN")  # one moment of the journal: record and memory belong together
            seq = _newest(db, state)
            record = next(read_records(db, seq))
            row = db.execute("SELECT seq, state FROM resume").fetchone()
        except (sqlite3.Error, BadInput, UnpackError) as error:
            raise Unavailable(f"{state}: the journal cannot be read ({error}); regie journal verify names the fault") from error
    resume = bytes(row[1]) if row is not None and row[0] == seq else None
    overdue = _overdue(state, now or datetime.now(UTC))
    return Present(seq, from_epoch_s(record.as_of_s), record.meta, record.arrays, overdue, resume)


def _reading(state: Path) -> closing[sqlite3.Connection]:
    try:
        return closing(open_readonly(state))
    except BadInput as refused:
        raise Unavailable("; ".join(map(str, refused.problems))) from refused


def _newest(db: sqlite3.Connection, state: Path) -> int:
    try:
        (seq,) = db.execute("SELECT max(seq) FROM tick").fetchone()
    except sqlite3.Error as error:
        raise Unavailable(f"{state}: the journal cannot be read ({error}); regie journal verify names the fault") from error
    if seq is None:
        raise Unavailable("no tick is journalled yet; ask again after the first quarter hour")
    return int(seq)


def _overdue(state: Path, now: datetime) -> bool:
    """Whether the snapshot on the screens promised a tick that has not come; without a promise nothing is late."""
    try:
        shown = json.loads((state / "snapshots" / "regie.json").read_bytes())
        due = shown["next_at"]
        return due is not None and now > datetime.fromisoformat(due) + _OVERDUE
    except (OSError, ValueError, KeyError, TypeError):
        return False


def state_grid(present: Present, dims: Mapping[str, np.ndarray]) -> xr.Dataset:
    """Estimated element powers of the tick [MW], by element table; ``dims``: the grid's labels."""
    found = {}
    for name, dim in (("load_p_mw", "load"), ("sgen_p_mw", "sgen"), ("storage_p_mw", "storage")):
        values = present.arrays.get(f"grid.{name}")
        if values is None or not np.isfinite(values).all():
            raise Unavailable(f"tick {present.seq}: nobody knows the powers of its grid; ask again after a tick with telemetry")
        found[name] = ((dim,), np.array(values))
    return xr.Dataset(found, coords={dim: dims[dim] for dim in ("load", "sgen", "storage")})
