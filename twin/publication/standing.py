"""What stands after the publisher's deeds: revisions, corrections, stories, embargo and licence, as a fold of the book's lines.

The figure that is public is the newest approved revision; older ones stay in the log. A line that is unknown, damaged or out of
turn changes nothing: the book outlives the code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from typing import Any, Protocol

from pydantic import ValidationError

from twin.contracts.public_release import Correction, Declared, Embargo, PeriodFigure
from twin.publication.deeds import (
    ROOM,
    STANDING_LICENCE,
    Approval,
    Asked,
    DeclaredMix,
    EmbargoSet,
    LicenceChosen,
    Notice,
    Restatement,
    StoryWritten,
)


class Line(Protocol):
    """A line of the book."""

    @property
    def id(self) -> int:
        """Its number."""
        ...

    @property
    def at(self) -> datetime:
        """Wall clock."""
        ...

    @property
    def by(self) -> str:
        """Who."""
        ...

    @property
    def kind(self) -> str:
        """What was done, its room first."""
        ...

    @property
    def target(self) -> str:
        """To what."""
        ...

    @property
    def params(self) -> Mapping[str, Any]:
        """How."""
        ...


@dataclass(frozen=True)
class Revision:
    """One approved figure.

    Attributes:
        by: who approved it, both names where two had to. ``reason``: why it was restated, by language; empty for the first.
        hours: SHA-256 of the month's hours.
    """

    figure: PeriodFigure
    by: str
    hours: str | None
    licence: str
    attribution: str
    reason: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Told:
    """A story and where it stands. ``state``: "proposed", "on_air" or "withdrawn"; ``by``: who proposed it."""

    written: StoryWritten
    state: str
    by: str
    decided_by: str = ""


@dataclass(frozen=True)
class Waiting:
    """A deed that waits for a second person. ``id``: of its line."""

    id: int
    by: str
    target: str
    asked: Asked


@dataclass(frozen=True)
class Published:
    """What stands.

    Attributes:
        revisions: period -> its revisions, oldest first. ``stories``: by id, oldest first. ``waiting``: by number of the line.
        embargo: None while there is none; its ``until`` may have passed. ``attribution``: "" until somebody chooses one.
        last_at: wall clock of the last deed that the public may notice; None before the first.
    """

    revisions: Mapping[str, tuple[Revision, ...]] = field(default_factory=dict)
    stories: Mapping[str, Told] = field(default_factory=dict)
    waiting: Mapping[int, Waiting] = field(default_factory=dict)
    embargo: Embargo | None = None
    declared: Declared | None = None
    licence: str = STANDING_LICENCE
    attribution: str = ""
    last_at: datetime | None = None

    def newest(self, period: str) -> Revision | None:
        """The revision that holds; None while nothing is approved."""
        return next(reversed(self.revisions.get(period, ())), None)

    def corrections(self) -> tuple[Correction, ...]:
        """Every restatement, newest first."""
        found = [
            Correction(
                period=after.figure.period,
                revision=after.figure.revision,
                at=after.figure.approved_at,
                before=before.figure.share,
                after=after.figure.share,
                reason=after.reason,
            )
            for revisions in self.revisions.values()
            for before, after in pairwise(revisions)
        ]
        return tuple(sorted(found, key=lambda each: (each.at, each.period), reverse=True))

    def embargo_at(self, now: datetime) -> Embargo | None:
        """The embargo that holds at ``now`` (wall clock)."""
        embargo = self.embargo
        return embargo if embargo is not None and (embargo.until is None or now < embargo.until) else None

    def changed_at(self, now: datetime) -> datetime | None:
        """When the public saw something else for the last time: the last deed, or the end of an embargo that has passed."""
        until = None if self.embargo is None else self.embargo.until
        if self.last_at is None or until is None or until > now:
            return self.last_at
        return max(self.last_at, until)

    def waiting_at(self, now: datetime) -> tuple[Waiting, ...]:
        """Deeds that somebody else may still confirm at ``now`` (wall clock)."""
        return tuple(each for each in self.waiting.values() if now < each.asked.expires)


def take(published: Published, line: Line) -> Published:
    """What stands after one more line."""
    room, _, kind = line.kind.partition(".")
    follow = _FOLLOW.get(kind) if room == ROOM else None
    if follow is None:
        return published
    try:
        after = follow(published, line)
    except (ValidationError, KeyError, TypeError, ValueError):
        return published
    return after if after is published or kind in _UNSEEN else replace(after, last_at=line.at)


def _params(line: Line) -> dict[str, Any]:
    return {name: value for name, value in line.params.items() if name != "as_of"}


def _approve(published: Published, line: Line) -> Published:
    return _revised(published, line.target, Approval.model_validate(_params(line)), line.at, line.by)


def _restate(published: Published, line: Line) -> Published:
    return _revised(published, line.target, Restatement.model_validate(_params(line)), line.at, line.by)


def _revised(published: Published, period: str, approval: Approval, at: datetime, by: str) -> Published:
    """One more revision: the first by approval, the others by restatement, each numbered after the last."""
    before = published.revisions.get(period, ())
    reason = approval.reason if isinstance(approval, Restatement) else {}
    figure = approval.figure
    if bool(before) != bool(reason) or figure.period != period or figure.revision != len(before) + 1:
        return published
    figure = figure.model_copy(update={"approved_at": at})
    revision = Revision(figure, by, approval.hours, approval.licence, approval.attribution, reason)
    return replace(published, revisions={**published.revisions, period: (*before, revision)})


def _notice(published: Published, line: Line) -> Published:
    notice, revisions = Notice.model_validate(_params(line)), list(published.revisions.get(line.target, ()))
    if notice.revision > len(revisions):
        return published
    revisions[notice.revision - 1] = replace(revisions[notice.revision - 1], reason=notice.reason)
    return replace(published, revisions={**published.revisions, line.target: tuple(revisions)})


def _embargo(published: Published, line: Line) -> Published:
    told = EmbargoSet.model_validate(_params(line))
    before = published.embargo_at(line.at)
    since = line.at if before is None else before.since
    return replace(published, embargo=Embargo(since=since, until=told.until, reason=told.reason))


def _lift(published: Published, _: Line) -> Published:
    return published if published.embargo is None else replace(published, embargo=None)


def _licence(published: Published, line: Line) -> Published:
    chosen = LicenceChosen.model_validate(_params(line))
    return replace(published, licence=chosen.licence, attribution=chosen.attribution)


def _declare(published: Published, line: Line) -> Published:
    return replace(published, declared=Declared(**DeclaredMix.model_validate(_params(line)).model_dump()))


def _propose(published: Published, line: Line) -> Published:
    """A new story, or another wording of one that is not on air."""
    before = published.stories.get(line.target)
    if before is not None and before.state == "on_air":
        return published
    told = Told(StoryWritten.model_validate(_params(line)), "proposed", line.by)
    return replace(published, stories={**published.stories, line.target: told})


def _air(published: Published, line: Line) -> Published:
    return _decided(published, line, "on_air", {"proposed"})


def _withdraw(published: Published, line: Line) -> Published:
    return _decided(published, line, "withdrawn", {"proposed", "on_air"})


def _decided(published: Published, line: Line, state: str, before: set[str]) -> Published:
    told = published.stories.get(line.target)
    if told is None or told.state not in before:
        return published
    return replace(published, stories={**published.stories, line.target: replace(told, state=state, decided_by=line.by)})


def _ask(published: Published, line: Line) -> Published:
    """The same period asked again takes the place of the first."""
    others = {number: each for number, each in published.waiting.items() if each.target != line.target}
    waiting = Waiting(line.id, line.by, line.target, Asked.model_validate(_params(line)))
    return replace(published, waiting={**others, line.id: waiting})


def _confirm(published: Published, line: Line) -> Published:
    """The deed is done as it was asked, in both names; nobody is their own second person."""
    number = int(line.params["ask"])
    one = published.waiting.get(number)
    if one is None or one.by == line.by or line.at >= one.asked.expires:
        return published
    model = Approval if one.asked.kind == "approve" else Restatement
    rest = replace(published, waiting={key: each for key, each in published.waiting.items() if key != number})
    return _revised(rest, one.target, model.model_validate(one.asked.params), line.at, f"{one.by} + {line.by}")


def _reject(published: Published, line: Line) -> Published:
    number = int(line.params["ask"])
    if number not in published.waiting:
        return published
    return replace(published, waiting={key: each for key, each in published.waiting.items() if key != number})


_UNSEEN = {"ask", "reject", "propose"}
"""Deeds that change nothing in public."""
_FOLLOW: Mapping[str, Callable[[Published, Line], Published]] = {
    "approve": _approve,
    "restate": _restate,
    "notice": _notice,
    "embargo": _embargo,
    "lift": _lift,
    "licence": _licence,
    "declare": _declare,
    "propose": _propose,
    "air": _air,
    "withdraw": _withdraw,
    "ask": _ask,
    "confirm": _confirm,
    "reject": _reject,
}
