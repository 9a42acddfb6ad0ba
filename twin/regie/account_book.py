"""The quarter hours of the last days as the accounts counted them, so that late meters restate every sum, count and peak.

An account is a fold over quarter hours (`twin.regie.kpi.add`). Where one of them changes, the fold is done again from there:
the account is then what it would have been had the meter spoken in time, and no rounding is left of what it had said before.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from twin.domain.time import to_epoch_s
from twin.origin.book import KEPT
from twin.regie.journal import Journal
from twin.regie.kpi import Account, Accounts, KpiFacts, add_both
from twin.regie.quarter_hour import Both, Interval, counting, from_meta, to_meta

Anew = Mapping[int, Interval]
"""Label (epoch s) -> the quarter hour as it counts from now on."""


@dataclass(frozen=True)
class CountedOfTick:
    """What one tick counted.

    Attributes:
        newest: the quarter hour that was added; None at an event.
        ours_anew, theirs_anew: of quarter hours that count otherwise now, on the side where they do.
        before: the accounts before the oldest quarter hour that can still be restated.
    """

    newest: Both | None = None
    ours_anew: Anew = field(default_factory=dict)
    theirs_anew: Anew = field(default_factory=dict)
    before: Accounts = (Account(), None)

    def to_meta(self) -> dict[str, Any]:
        """For the journal, of ours: what `told_last` and `AccountBook` read again."""
        newest = None if self.newest is None else self.newest[0]
        return _told(newest, self.ours_anew, self.before[0])

    def alone_to_meta(self) -> dict[str, Any]:
        """Likewise of the do-nothing twin."""
        newest = None if self.newest is None else self.newest[1]
        return _told(newest, self.theirs_anew, self.before[1] or Account())


def _told(newest: Interval | None, anew: Anew, before: Account) -> dict[str, Any]:
    again = {str(label): to_meta(interval) for label, interval in anew.items()}
    return ({} if newest is None else {"counted": to_meta(newest), "settled_peak": [before.month, before.peak_kw]}) | (
        {"recounted": again} if again else {}
    )


@dataclass(frozen=True)
class _Page:
    """One quarter hour, and the accounts after it."""

    label_s: int
    both: Both
    accounts: Accounts


class AccountBook:
    """Both accounts, and the pages that they can still be restated by."""

    def __init__(self, facts: KpiFacts, before: Accounts) -> None:
        """An empty book; ``before``: the accounts before its first page."""
        self._facts, self._before = facts, before
        self._pages: deque[_Page] = deque()

    @property
    def before(self) -> Accounts:
        """The accounts before the oldest page."""
        return self._before

    @property
    def accounts(self) -> Accounts:
        """What they are now."""
        return self._pages[-1].accounts if self._pages else self._before

    @property
    def newest(self) -> Both | None:
        """The last page as it counts: what one side missed is missing on both; None while the book is empty."""
        return counting(self._pages[-1].both) if self._pages else None

    @property
    def pages(self) -> Mapping[int, Both]:
        """Label (epoch s) -> what can still be restated, ascending."""
        return {page.label_s: page.both for page in self._pages}

    def write(self, both: Both) -> None:
        """A new page; the oldest is closed for good when there are too many."""
        accounts = add_both(self.accounts, both, self._facts)
        self._pages.append(_Page(to_epoch_s(both[0].label), both, accounts))
        while len(self._pages) > KEPT:
            self._before = self._pages.popleft().accounts

    def resume(self, journal: Journal) -> None:
        """Write the pages of the journal's last regular records again, as they were told last."""
        regular = deque((seq for seq, kind, _ in journal.moments() if kind == "regular"), maxlen=KEPT)
        for both in told_last(journal.metas(regular[0])).values() if regular else ():
            self.write(both)

    def restate(self, anew: Mapping[int, Both]) -> None:
        """Count pages otherwise, by label (epoch s); what has no page any more stays."""
        first = next((i for i, page in enumerate(self._pages) if page.label_s in anew), len(self._pages))
        again = [self._pages.pop() for _ in range(len(self._pages) - first)]
        for page in reversed(again):
            self.write(anew.get(page.label_s, page.both))


class ToldLast:
    """Quarter hours as a journal tells them last, record by record. ``found``: label (epoch s) -> both sides, ascending."""

    def __init__(self) -> None:
        self.found: dict[int, Both] = {}

    def take(self, meta: Mapping[str, Any]) -> None:
        """One record's meta, of an event too."""
        alone = meta.get("alone", {})
        if "counted" in meta:
            ours = from_meta(meta["counted"])
            theirs = from_meta(alone["counted"]) if "counted" in alone else None
            self.found[to_epoch_s(ours.label)] = ours, theirs
        for side, told in enumerate((meta, alone)):
            for label, again in told.get("recounted", {}).items():
                pair = self.found.get(int(label))
                if pair is not None:
                    interval = from_meta(again)
                    self.found[int(label)] = (interval, pair[1]) if side == 0 else (pair[0], interval)

    def keep(self, count: int) -> None:
        """Forget all but the newest ``count``."""
        while len(self.found) > count:
            del self.found[next(iter(self.found))]


def told_last(metas: Iterable[Mapping[str, Any]]) -> dict[int, Both]:
    """Label (epoch s) -> both sides of a quarter hour as the journal tells them last; ``metas``: of its records, in order."""
    told = ToldLast()
    for meta in metas:
        told.take(meta)
    return told.found
