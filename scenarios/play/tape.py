"""A played run's journal, read tick by tick: what either side of every quarter hour was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from twin.domain.grid import Topology
from twin.domain.quality import is_doubtful
from twin.origin.meta import from_meta
from twin.origin.traced import Traced
from twin.regie.chain import Record, open_readonly, read_metas, read_records
from twin.wiring import Wired

SIDES = ("plan", "do_nothing")


@dataclass(frozen=True)
class Side:
    """One side of a journalled tick.

    Attributes:
        grid: estimated ``vm_pu``, ``load_p_mw`` ... by name, dims (element,); empty at an event of the do-nothing twin.
        signals: newest frame row, dims (column,). ``known``: the grid is this quarter hour's own.
        origin: of the electricity, as told in that quarter hour; None at an event.
    """

    topology: Topology
    grid: Mapping[str, np.ndarray]
    signals: np.ndarray
    known: bool
    origin: Traced | None


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

    def restated(self, side: str) -> Mapping[int, Traced]:
        """Label (epoch s) -> the origin told last of a quarter hour that late meters changed."""
        return self._restated[side]

    @cached_property
    def _restated(self) -> Mapping[str, Mapping[int, Traced]]:
        db = open_readonly(self.state)
        try:
            return told_anew(meta for *_, meta in read_metas(db, 0))
        finally:
            db.close()

    @cached_property
    def column(self) -> Mapping[tuple[str, str], int]:
        """(signal, element) -> place in a side's signals."""
        return self.wired.parts.layout.index


def told_anew(metas: Iterable[Mapping[str, Any]]) -> dict[str, dict[int, Traced]]:
    """Side -> label (epoch s) -> the origin told last.

    Args:
        metas: of the journal's records in order; events restate too.
    """
    found: dict[str, dict[int, Traced]] = {side: {} for side in SIDES}
    for meta in metas:
        for side, told in zip(SIDES, (meta, meta.get("alone", {})), strict=True):
            found[side] |= {int(label): from_meta(origin) for label, origin in told.get("restated", {}).items()}
    return found


def side_of(record: Record, side: str) -> Side:
    """One side of ``record``. A quarter hour that is doubtful on one side is doubtful on both, as in the account."""
    known = not is_doubtful(record.meta["quality"]) and bool(record.arrays.get("alone.converged", True))
    if side == "plan":
        meta, prefix, signals = record.meta, "grid.", "signals"
    else:
        meta, prefix, signals = record.meta["alone"], "alone.", "alone.signals"
    # The twin is kept in float32: equal sides stay equal when both are.
    grid = {n.removeprefix(prefix): v.astype(np.float32) for n, v in record.arrays.items() if n.startswith(prefix)}
    origin = from_meta(meta["origin"]) if "origin" in meta else None
    return Side(Topology.from_meta(meta["topology"]), grid, record.arrays[signals], known, origin)
