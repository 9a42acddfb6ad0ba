"""A played run's journal, read tick by tick: what either side of every quarter hour was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from twin.domain.grid import Topology
from twin.domain.quality import Quality
from twin.regie.chain import Record, open_readonly, read_records
from twin.wiring import Wired

SIDES = ("plan", "do_nothing")
_DOUBTFUL = int(Quality.STALE | Quality.INVALID)


@dataclass(frozen=True)
class Side:
    """One side of a journalled tick.

    Attributes:
        grid: estimated ``vm_pu``, ``load_p_mw`` ... by name, dims (element,); empty at an event of the do-nothing twin.
        signals: newest frame row, dims (column,). ``known``: the grid is this quarter hour's own.
    """

    topology: Topology
    grid: Mapping[str, np.ndarray]
    signals: np.ndarray
    known: bool


@dataclass(frozen=True)
class Tape:
    """The journal in ``state``, of a run that was ``wired``."""

    state: Path
    wired: Wired

    @property
    def sides(self) -> tuple[str, ...]:
        """The plan, and beside it the do-nothing twin where there is one."""
        return SIDES if self.wired.parts.baseline is not None else SIDES[:1]

    def records(self) -> Iterator[Record]:
        """Everything, events included, in order."""
        db = open_readonly(self.state)
        try:
            yield from read_records(db)
        finally:
            db.close()

    def regular(self) -> Iterator[Record]:
        """The quarter hours."""
        return (record for record in self.records() if record.kind == "regular")

    @cached_property
    def column(self) -> Mapping[tuple[str, str], int]:
        """(signal, element) -> place in a side's signals."""
        return self.wired.parts.layout.index


def side_of(record: Record, side: str) -> Side:
    """One side of ``record``. A quarter hour that is doubtful on one side is doubtful on both, as in the account."""
    known = not _quality(record.meta) & _DOUBTFUL and bool(record.arrays.get("alone.converged", True))
    if side == "plan":
        topology, prefix, signals = record.meta["topology"], "grid.", "signals"
    else:
        topology, prefix, signals = record.meta["alone"]["topology"], "alone.", "alone.signals"
    # The twin is kept in float32: equal sides stay equal when both are.
    grid = {n.removeprefix(prefix): v.astype(np.float32) for n, v in record.arrays.items() if n.startswith(prefix)}
    return Side(Topology.from_meta(topology), grid, record.arrays[signals], known)


def _quality(meta: Mapping[str, Any]) -> int:
    return int(meta["quality"])
