"""The quarter hours of the last days and their origin, so that a late meter restates them: they, and what followed from them.

A quarter hour's pattern stays what its estimated grid told; a meter's late word changes the sums it is fitted to, and with them
what the storages hold from then on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from twin.origin.ledger import Ledger
from twin.origin.meters import Key, Meters
from twin.origin.quarter import Allocation, Told, allocated, told
from twin.origin.town import Pattern, TownFacts

KEPT = 4 * 96
"""Quarter hours that can still be restated: four days, within which a reading of a metering point comes or is estimated."""


@dataclass(frozen=True)
class _Page:
    """One quarter hour. ``label_s``: its start, epoch seconds. ``cut``: see `twin.origin.meters.Meters.cut`."""

    label_s: int
    pattern: Pattern | None
    cut: np.ndarray
    allocation: Allocation | None
    told: Told


class Book:
    """One side's pages: ours, or the do-nothing twin's."""

    def __init__(self, facts: TownFacts, columns: tuple[Key, ...], ledgers: Sequence[Ledger] = ()) -> None:
        """An empty book.

        Args:
            columns: the frame's. ``ledgers``: what each storage held before the first page; without, nothing is known.
        """
        self._facts, self._meters = facts, Meters(facts, columns)
        self._before = tuple(ledgers) or tuple(Ledger() for _ in facts.stores)
        self._pages: deque[_Page] = deque()

    @property
    def before(self) -> tuple[Ledger, ...]:
        """What the storages held before the oldest page."""
        return self._before

    @property
    def ledgers(self) -> tuple[Ledger, ...]:
        """What they hold now."""
        return self._pages[-1].told.ledgers if self._pages else self._before

    @property
    def newest(self) -> Told | None:
        """What the last page tells; None while the book is empty."""
        return self._pages[-1].told if self._pages else None

    def write(self, label_s: int, pattern: Pattern | None, row: np.ndarray) -> Told:
        """A new page; the oldest is closed for good when there are too many.

        Args:
            label_s: of the quarter hour right after the last page's: the loop's frame has no gaps.
            row: of the frame, dims (column,).
        """
        cut = self._meters.cut(row)
        metered = self._meters.read(cut)
        allocation = allocated(self._facts, metered, pattern)
        page = told(self._facts, metered, allocation, self.ledgers)
        self._pages.append(_Page(label_s, pattern, cut, allocation, page))
        while len(self._pages) > KEPT:
            self._before = self._pages.popleft().told.ledgers
        return page

    def restate(self, rows: Mapping[int, np.ndarray]) -> dict[int, tuple[Told, Told]]:
        """Take corrected rows of the frame; every page that was told anew: label -> (before, now), ascending."""
        anew: dict[int, tuple[Told, Told]] = {}
        held, holds = self._before, self._before
        for i, page in enumerate(self._pages):
            cut = self._meters.cut(rows[page.label_s]) if page.label_s in rows else page.cut
            corrected = not np.array_equal(cut, page.cut, equal_nan=True)
            now = page.told
            if corrected or holds != held:
                metered = self._meters.read(cut)
                allocation = allocated(self._facts, metered, page.pattern) if corrected else page.allocation
                now = told(self._facts, metered, allocation, holds)
                anew[page.label_s] = (page.told, now)
                self._pages[i] = replace(page, cut=cut, allocation=allocation, told=now)
            held, holds = page.told.ledgers, now.ledgers
        return anew
