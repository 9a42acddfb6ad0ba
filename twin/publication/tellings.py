"""What a record tells of the town's quarter hours, and which of several tellings holds: as first told, and as restated by many.

The difference between two tellings of a quarter hour is what the meters that came late had to say. So hours stay as they were
told first, beside the live page; and a month takes a restatement in where no plant's and no customer's meter is behind it, or
at least as many as stand behind every figure. A quarter hour of which the live page told a part and withheld another stays
unknown: that part, and the rest told later, would be what few had to say.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from twin.domain.time import from_epoch_s
from twin.publication.quarters import FEW, MANY, NOBODY, WITHHELD, Quarter


class Heed(Protocol):
    """What the privacy rule says of who was silent in a quarter hour and who spoke late."""

    def whole(self, silent: Collection[str] | None) -> bool:
        """Whether all that is public of the town may be told of a quarter hour in which these meters were silent."""
        ...

    def crowd(self, late: Collection[str]) -> bool:
        """Whether these protected meters are many enough, none of them most, for a figure of them all."""
        ...

    def protected(self, late: Collection[str] | None) -> frozenset[str]:
        """Those of these meters that no figure may tell, `NAMELESS` among them; that one where nobody knows who was late."""
        ...


def tellings_of(meta: Mapping[str, Any], label_s: int | None, root: str, heed: Heed, zone: ZoneInfo) -> Iterator[Quarter]:
    """The quarter hours that one record tells: its own, and those that it restates; what was withheld live is unknown.

    Args:
        meta: of the journal's record. ``label_s``: of its own quarter hour; None for an event, which traces none.
        root: zone that is the whole town. ``zone``: of its clock, which bounds the months.
    """
    if label_s is not None and (origin := meta.get("origin")) is not None:
        yield _quarter(label_s, origin, root, heed, NOBODY)
    restated = {int(label): origin for label, origin in meta.get("restated", {}).items()}
    for _, month in groupby(sorted(restated), key=lambda label: f"{from_epoch_s(label).astimezone(zone):%Y-%m}"):
        labels = list(month)
        late = frozenset[str]().union(*(heed.protected(restated[label].get("late")) for label in labels))
        # What a storage holds follows from the month before: then somebody there is behind the difference.
        before = any(heed.protected(restated[label].get("late")) for label in restated if label < labels[0])
        behind = MANY if heed.crowd(late) else FEW if late or before else NOBODY
        for label in labels:
            yield _quarter(label, restated[label], root, heed, behind)


def _quarter(label_s: int, origin: Mapping[str, Any], root: str, heed: Heed, behind: int) -> Quarter:
    zone = origin["zones"].get(root)
    if zone is None:
        return Quarter(label_s, None, None, None, behind=behind)
    p_mw, share, _, co2, parts = zone
    if not heed.whole(origin.get("silent")):
        return Quarter(label_s, None, None, None, behind=behind if p_mw is None and share is None else WITHHELD)
    return Quarter(label_s, p_mw, share, co2, {kind: part for kind, part in parts.items() if part}, behind)


def first_told(tellings: Iterable[Quarter]) -> list[Quarter]:
    """Each quarter hour as it was told for the first time. ``tellings``: ordered by label, then as they were told."""
    return [_first(list(same)) for _, same in groupby(tellings, key=lambda quarter: quarter.label_s)]


def _first(tellings: list[Quarter]) -> Quarter:
    if tellings[0].behind == WITHHELD:
        return tellings[0]
    return next((quarter for quarter in tellings if quarter.known), tellings[0])


def restated_by_many(tellings: Iterable[Quarter]) -> list[Quarter]:
    """Each quarter hour as it was told last, without what a few protected meters have changed; likewise ordered."""
    return [_standing(list(same)) for _, same in groupby(tellings, key=lambda quarter: quarter.label_s)]


def _standing(tellings: list[Quarter]) -> Quarter:
    standing, changed_by_few = tellings[0], False
    if standing.behind == WITHHELD:
        return standing
    for quarter in tellings[1:]:
        if not standing.known or quarter.behind == MANY:
            standing, changed_by_few = quarter, False
        elif quarter.behind == FEW:
            changed_by_few = True  # so is every telling from now on, until a crowd's word covers theirs
        elif not changed_by_few:
            standing = quarter
    return standing
