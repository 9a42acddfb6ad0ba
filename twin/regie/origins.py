"""Each tick's origin on both sides, ours and the do-nothing twin's, and what late meters change of quarter hours before."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np
import xarray as xr

from twin.contracts.messages import State
from twin.contracts.ports import Engine
from twin.domain.grid import Topology
from twin.domain.quality import is_doubtful
from twin.domain.time import QUARTER_HOUR_S, to_epoch_s
from twin.origin.book import KEPT, Book
from twin.origin.ledger import Ledger
from twin.origin.meta import to_meta
from twin.origin.quarter import Told
from twin.origin.town import Pattern, Town, TownFacts
from twin.origin.traced import UNKNOWN, Traced
from twin.regie.heard import NOBODY_MISSED, Heard, Hearing
from twin.regie.journal import Journal
from twin.regie.memory import LoopMemory
from twin.regie.parts import Parts
from twin.regie.side import Side
from twin.regie.tick import Frames, Observation

WARM = 7 * 96
"""Quarter hours before the first tick that fill the ledgers: what a daily cycle leaves of a week ago is nothing."""
Rows = Mapping[int, np.ndarray]
"""Label (epoch s) -> row of the frame."""


@dataclass(frozen=True)
class OriginOfTick:
    """What one tick tells.

    Attributes:
        traced: of the newest quarter hour, at an event of the last one told. ``restated``: label (epoch s) -> what is told
            instead, of quarter hours whose figures changed. ``heard``: who spoke of the newest; ``heard_anew``: of those.
        before, before_alone: ledgers before the oldest quarter hour that can still be restated, on either side.
        alone, alone_restated: likewise of the do-nothing twin; None and nothing where there is none.
        patterns: for the journal: what tracing found in the newest quarter hour.
    """

    traced: Traced
    restated: Mapping[int, Traced] = field(default_factory=dict)
    heard: Heard = NOBODY_MISSED
    heard_anew: Mapping[int, Heard] = field(default_factory=dict)
    before: tuple[Ledger, ...] = ()
    before_alone: tuple[Ledger, ...] = ()
    alone: Traced | None = None
    alone_restated: Mapping[int, Traced] = field(default_factory=dict)
    patterns: Mapping[str, np.ndarray] = field(default_factory=dict)

    def to_meta(self, *, regular: bool) -> dict[str, Any]:
        """For the journal: what is told, and what is told instead; neither is written where there is nothing of it."""
        meta = _told(self.traced if regular else None, self.restated)
        if regular:
            meta["origin"]["silent"] = list(self.heard.silent)
        for label, heard in self.heard_anew.items():
            meta["restated"][str(label)] |= {"silent": list(heard.silent), "late": list(heard.late)}
        return meta

    def alone_to_meta(self) -> dict[str, Any]:
        """Likewise of the do-nothing twin."""
        return _told(self.alone, self.alone_restated)


def _told(traced: Traced | None, restated: Mapping[int, Traced]) -> dict[str, Any]:
    anew = {str(label): to_meta(one) for label, one in restated.items()}
    return ({} if traced is None else {"origin": to_meta(traced)}) | ({"restated": anew} if anew else {})


class Origins:
    """Both sides' books, and the town that they are traced through."""

    def __init__(
        self,
        facts: TownFacts,
        columns: tuple[tuple[str, str], ...],
        engine: Engine,
        on_ops: Callable[[Mapping[str, Any]], None],
        hearing: Hearing,
        *,
        before: Sequence[Ledger] = (),
        before_alone: Sequence[Ledger] | None = None,
    ) -> None:
        """Begin with these ledgers; ``before_alone`` is None where there is no do-nothing twin."""
        self._facts, self._town, self._engine, self._on_ops = facts, Town(facts), engine, on_ops
        self._columns, self._hearing = columns, hearing
        self._book = Book(facts, columns, before)
        self._alone = None if before_alone is None else Book(facts, columns, before_alone)
        self._follows = True

    def warm(self, first_s: int, rows: np.ndarray) -> None:
        """Begin with what the days before the first tick put into the storages, as far as the town's one node tells it.

        Args:
            first_s: label of the first row. ``rows``: of the frame, dims (time, column).
        """
        past = Book(self._facts, self._columns)
        for i in range(max(len(rows) - WARM, 0), len(rows)):
            past.write(first_s + i * QUARTER_HOUR_S, None, rows[i])
        self._book = Book(self._facts, self._columns, past.ledgers)
        self._alone = None if self._alone is None else Book(self._facts, self._columns, past.ledgers)

    def tick(
        self, frames: Frames, state: State, there: Topology, baseline: xr.Dataset | None, *, regular: bool
    ) -> OriginOfTick:
        """Take what this tick metered and estimated.

        Args:
            there: topology of the do-nothing twin. ``baseline``: its estimated grid; None where there is none.
        """
        restated = self._restated(frames)
        if not regular:
            newest = self._book.newest
            return restated if newest is None else replace(restated, traced=newest.traced)
        label_s = to_epoch_s(state.interval)
        doubtful = is_doubtful(state.quality)
        pattern = None if doubtful else self._pattern(state.topology, state.grid)
        self._say(pattern is not None, state)
        told = self._book.write(label_s, pattern, frames.live.rows[label_s][0])
        patterns = {} if pattern is None else {"origin.pattern": pattern.to_array()}
        beside = None
        if self._alone is not None and frames.baseline is not None:
            alone = None if baseline is None else self._pattern(there, baseline)
            beside = self._alone.write(label_s, alone, frames.baseline.rows[label_s][0])
            patterns |= {} if alone is None else {"origin.alone": alone.to_array()}
        return replace(
            restated,
            traced=told.traced,
            heard=self._hearing.of(frames.live, [label_s])[label_s],
            before=self._book.before,
            before_alone=() if self._alone is None else self._alone.before,
            alone=None if beside is None else beside.traced,
            patterns=patterns,
        )

    def resume(self, journal: Journal, live: Side, alone: Side | None) -> None:
        """Write the pages of the journal's last regular records again, from what both sides' tables know of them by now."""
        regular = deque((seq for seq, kind, _ in journal.moments() if kind == "regular"), maxlen=KEPT)
        sides = [(self._book, "origin.pattern", live), (self._alone, "origin.alone", alone)]
        tables = [(book, name, *side.frame_rows()[:2]) for book, name, side in sides if book is not None and side is not None]
        for record in journal.records(regular[0]) if regular else ():
            label_s = to_epoch_s(datetime.fromisoformat(record.meta["interval"]))
            for book, name, first_s, rows in tables if record.kind == "regular" else ():
                stored = record.arrays.get(name)
                pattern = None if stored is None else Pattern.from_array(stored, len(self._facts.sources))
                book.write(label_s, pattern, rows[(label_s - first_s) // QUARTER_HOUR_S])

    def _restated(self, frames: Frames) -> OriginOfTick:
        mine = self._book.restate(_rows(frames.live))
        theirs = {} if self._alone is None or frames.baseline is None else self._alone.restate(_rows(frames.baseline))
        anew = _anew(mine)
        return OriginOfTick(
            traced=Traced("unknown", dict.fromkeys(self._facts.inside, UNKNOWN), UNKNOWN, UNKNOWN, (), math.nan),
            restated=anew,
            heard_anew=self._hearing.of(frames.live, anew),
            alone_restated=_anew(theirs),
            before=self._book.before,
            before_alone=() if self._alone is None else self._alone.before,
        )

    def _pattern(self, topology: Topology, grid: xr.Dataset) -> Pattern | None:
        return self._town.pattern(self._engine.model(topology).grid, grid)

    def _say(self, traced: bool, state: State) -> None:
        """Once when the lines can no longer be followed, and once when they can again."""
        if traced != self._follows:
            self._on_ops({"event": "origin_traced" if traced else "origin_not_traced", "interval": state.interval.isoformat()})
        self._follows = traced


def origins_of(parts: Parts, memory: LoopMemory) -> Origins:
    """The origins of a loop of these parts that goes on from ``memory``."""
    alone = None if parts.baseline is None else memory.ledgers_alone
    columns = parts.layout.columns
    hearing = Hearing(parts.live.channels, parts.zones)
    return Origins(parts.town, columns, parts.engine, parts.on_ops, hearing, before=memory.ledgers, before_alone=alone)


def _anew(told: Mapping[int, tuple[Told, Told]]) -> dict[int, Traced]:
    """What is told instead, where the journal would show the difference; ``told``: label -> (before, now)."""
    return {label: now.traced for label, (before, now) in told.items() if to_meta(before.traced) != to_meta(now.traced)}


def _rows(observation: Observation) -> Rows:
    return {label: values for label, (values, _) in observation.rows.items()}
