"""What the publisher does: each deed checked with all its faults and written into the book in one turn."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from pydantic import ValidationError

from dashboard.regie.access.roles import Person
from dashboard.regie.desk import Desk
from dashboard.regie.publishing.asked import (
    Approved,
    Declaration,
    Embargoed,
    Licensed,
    Noticed,
    Restated,
    StoryTyped,
    instant,
)
from dashboard.regie.standing import Standing
from dashboard.regie.work.refusal import Refused
from twin.contracts.desk_ports import Figures
from twin.contracts.open_tables import LICENCES
from twin.contracts.public_release import PeriodFigure
from twin.contracts.publication import DraftFigure, PublicationFacts
from twin.contracts.snapshot import Snapshot
from twin.contracts.work_order import Why
from twin.publication.deeds import (
    LONGEST_REASON,
    LONGEST_TEXT,
    LONGEST_TITLE,
    ROOM,
    Approval,
    DeclaredMix,
    EmbargoSet,
    LicenceChosen,
    Notice,
    Restatement,
    StoryWritten,
    faults_in,
    languages_missing,
)
from twin.publication.kept_hours import KeptHours
from twin.publication.release import attribution_of
from twin.publication.standing import Published, Waiting

APPROVE, AIR = f"{ROOM}.approve", f"{ROOM}.air"
"""Names among the site's commands that need a second person (``access/settings.toml``)."""
ENOUGH = 0.95
"""Coverage below which an approval says that it is meant: our own bound, told to the publisher."""
AT_A_TIME = 1000
"""Records of the journal that one look or one deed reads on: a quarter of a second on the demo town (0.23 ms each)."""


def mark(draft: DraftFigure) -> str:
    """Changes with every figure of the draft: whoever approves names what they saw."""
    return hashlib.sha256(draft.model_dump_json().encode()).hexdigest()[:16]


class PublishingDeeds:
    """The deeds of one desk. Each raises `Refused` with every fault, and sqlite3.Error where the book takes nothing."""

    def __init__(self, desk: Desk, standing: Standing[Published], figures: Figures, kept: KeptHours) -> None:
        self._desk = desk
        self._standing = standing
        self._figures = figures
        self._kept = kept

    def _note(self, person: Person, kind: str, target: str, snapshot: Snapshot, params: Mapping[str, Any]) -> None:
        self._desk.note(person, f"{ROOM}.{kind}", target, as_of=snapshot.as_of.isoformat(), **params)

    # ------------------------------------------------------------------------------------------ figures

    def approve(self, person: Person, period: str, asked: Approved, snapshot: Snapshot) -> str:
        """Make a draft public, or ask for a second person; returns what to say."""
        self._refuse(self._no_program(person, APPROVE))
        self._figures.drafts(AT_A_TIME)  # before the turn, in which nobody else can look at the book
        with self._standing.turn() as published:
            draft, faults = self._draft(period, asked.seen, asked.despite, snapshot)
            if published.newest(period) is not None:
                faults.append(Why(code="approved_already"))
            approval = Approval(**self._approval(draft, published, faults))
            return self._public(person, "approve", approval, period, snapshot)

    def restate(self, person: Person, period: str, asked: Restated, snapshot: Snapshot) -> str:
        """Put a draft in the place of what is public and say why, or ask for a second person; returns what to say."""
        self._refuse(self._no_program(person, APPROVE))
        self._figures.drafts(AT_A_TIME)
        with self._standing.turn() as published:
            draft, faults = self._draft(period, asked.seen, asked.despite, snapshot)
            newest = published.newest(period)
            if newest is None:
                faults.append(Why(code="not_approved"))
            elif same(newest.figure, draft):
                faults.append(Why(code="nothing_changed"))
            faults += self._faults(asked.text, LONGEST_REASON)
            restatement = Restatement(**self._approval(draft, published, faults), reason=asked.text)
            return self._public(person, "restate", restatement, period, snapshot)

    def _draft(self, period: str, seen: str, despite: str, snapshot: Snapshot) -> tuple[DraftFigure, list[Why]]:
        """The draft and what speaks against it; refused at once where there is none, or not the one that was seen."""
        drafts = self._figures.drafts(0)
        draft = drafts.of(period)
        if draft is None:
            raise Refused([Why(code="unknown_period", params={"period": period})])
        if drafts.behind:
            raise Refused([Why(code="still_reading", params={"behind": drafts.behind})])
        if mark(draft) != seen:
            raise Refused([Why(code="draft_changed")])
        faults = self._withheld()
        if snapshot.as_of < draft.end:
            faults.append(Why(code="not_ended", params={"end": draft.end.isoformat()}))
        if not draft.known:
            faults.append(Why(code="nothing_known"))
        elif draft.coverage < ENOUGH and not despite:
            faults.append(Why(code="little_known", params={"coverage": draft.coverage, "enough": ENOUGH}))
        return draft, faults

    def _approval(self, draft: DraftFigure, published: Published, faults: list[Why]) -> dict[str, Any]:
        """What the book holds of an approval; the month's hours are kept first, for the line names them.

        Raises:
            Refused: with ``faults``, or when somebody read more of the journal meanwhile.
        """
        if faults:
            raise Refused(faults)
        hours = None
        if "-" in draft.period:
            hours = self._kept.keep(self._figures.hours(draft.period))
            if self._figures.drafts(0).of(draft.period) != draft:
                raise Refused([Why(code="draft_changed")])
        figure = PeriodFigure(
            period=draft.period,
            revision=len(published.revisions.get(draft.period, ())) + 1,
            approved_at=datetime.now(UTC),
            consumption_mwh=draft.consumption_mwh,
            share=draft.share,
            co2_g_per_kwh=draft.co2_g_per_kwh,
            parts=draft.parts,
            coverage=draft.coverage,
        )
        attribution = attribution_of(published, self._figures.facts())
        return {"figure": figure, "hours": hours, "licence": published.licence, "attribution": attribution}

    def _public(self, person: Person, kind: str, approval: Approval, period: str, snapshot: Snapshot) -> str:
        params = approval.model_dump(mode="json")
        if APPROVE not in self._desk.second:
            self._note(person, kind, period, snapshot, params)
            return kind
        expires = datetime.now(UTC) + self._desk.second_life
        self._note(person, "ask", period, snapshot, {"kind": kind, "params": params, "expires": expires.isoformat()})
        return "asked"

    def confirm(self, person: Person, ask: int, snapshot: Snapshot) -> str:
        """Confirm what somebody else asked for."""
        with self._standing.turn() as published:
            one = self._waiting(published, ask)
            self._refuse(self._no_program(person, APPROVE))
            if person.name == one.by:
                raise Refused([Why(code="two_people", params={"by": one.by})])
            if one.asked.params["figure"]["revision"] != len(published.revisions.get(one.target, ())) + 1:
                raise Refused([Why(code="draft_changed")])
            self._refuse(self._withheld())
            self._note(person, "confirm", one.target, snapshot, {"ask": ask, "asked_by": one.by})
        return one.asked.kind

    def reject(self, person: Person, ask: int, snapshot: Snapshot) -> str:
        """Take back, or refuse, what waits for a second person."""
        with self._standing.turn() as published:
            one = self._waiting(published, ask)
            self._note(person, "reject", one.target, snapshot, {"ask": ask, "asked_by": one.by})
        return "rejected"

    def _waiting(self, published: Published, ask: int) -> Waiting:
        one = next((each for each in published.waiting_at(datetime.now(UTC)) if each.id == ask), None)
        if one is None:
            raise Refused([Why(code="not_waiting")])
        return one

    def notice(self, person: Person, period: str, revision: int, asked: Noticed, snapshot: Snapshot) -> str:
        """Put other words to a correction; the book keeps the former ones."""
        with self._standing.turn() as published:
            if not 2 <= revision <= len(published.revisions.get(period, ())):
                raise Refused([Why(code="no_correction", params={"period": period})])
            self._refuse(self._faults(asked.text, LONGEST_REASON))
            notice = Notice(revision=revision, reason=asked.text)
            self._note(person, "notice", period, snapshot, notice.model_dump(mode="json"))
        return "notice"

    # ------------------------------------------------------------------------------------------ embargo, licence, declaration

    def embargo(self, person: Person, asked: Embargoed, snapshot: Snapshot) -> str:
        """Show nothing from now on. One person is enough: it is the brake."""
        until = instant(asked.until, self._facts.timezone)
        faults = self._faults(asked.text, LONGEST_REASON)
        if until is not None and until <= datetime.now(UTC):
            faults.append(Why(code="in_the_past", params={"at": until.isoformat()}))
        self._refuse(faults)
        self._note(person, "embargo", "", snapshot, EmbargoSet(until=until, reason=asked.text).model_dump(mode="json"))
        return "embargo"

    def lift(self, person: Person, snapshot: Snapshot) -> str:
        """Show again what is approved."""
        with self._standing.turn() as published:
            if published.embargo_at(datetime.now(UTC)) is None:
                raise Refused([Why(code="no_embargo")])
            self._note(person, "lift", "", snapshot, {})
        return "lift"

    def licence(self, person: Person, asked: Licensed, snapshot: Snapshot) -> str:
        """Choose the licence of what is approved from now on; what is out there keeps its own."""
        if asked.licence not in LICENCES:
            raise Refused([Why(code="unknown_licence", params={"licence": asked.licence})])
        try:
            chosen = LicenceChosen(licence=asked.licence, attribution=asked.attribution)
        except ValidationError:
            raise Refused([Why(code="no_name", params={"typed": asked.attribution})]) from None
        self._note(person, "licence", "", snapshot, chosen.model_dump(mode="json"))
        return "licence"

    def declare(self, person: Person, asked: Declaration, snapshot: Snapshot) -> str:
        """Tell the supplier's own declaration, a line apart from the traced share."""
        try:
            share = _share(asked.percent)
            published = date.fromisoformat(asked.published) if asked.published else None
            mix = DeclaredMix(year=asked.year, renewable_share=share, supplier=asked.supplier, published=published)
        except ValueError:
            raise Refused([Why(code="no_declaration")]) from None
        self._note(person, "declare", str(asked.year), snapshot, mix.model_dump(mode="json"))
        return "declare"

    # ------------------------------------------------------------------------------------------ stories

    def propose(self, person: Person, asked: StoryTyped, snapshot: Snapshot) -> str:
        """Propose a story, or another wording of one that is not on air; returns its id."""
        self._refuse(self._no_program(person, AIR))
        facts, title, text = self._facts, asked.spoken("title"), asked.spoken("text")
        faults = [*self._faults(title, LONGEST_TITLE), *self._faults(text, LONGEST_TEXT)]
        start, end = instant(asked.start, facts.timezone), instant(asked.end, facts.timezone)
        if start is None or (end is None and asked.kind != "story"):
            faults.append(Why(code="no_instant", params={"typed": ""}))
        elif end is not None and end <= start:
            faults.append(Why(code="ends_before", params={"at": end.isoformat()}))
        if asked.zone and asked.zone not in facts.zones:
            faults.append(Why(code="unknown_zone", params={"zone": asked.zone}))
        with self._standing.turn() as published:
            before = published.stories.get(asked.id)
            if asked.id and (before is None or before.state == "on_air"):
                faults.append(Why(code="not_to_be_written"))
            self._refuse(faults)
            assert start is not None
            story = StoryWritten(kind=asked.kind, title=title, text=text, start=start, end=end, zone=asked.zone or None)
            name = asked.id or f"ST-{len(published.stories) + 1:04d}"
            self._note(person, "propose", name, snapshot, story.model_dump(mode="json"))
        return name

    def air(self, person: Person, story: str, seen: str, snapshot: Snapshot) -> str:
        """Put a proposed story on air, as it was seen; by somebody else than its author where the site wants four eyes."""
        with self._standing.turn() as published:
            told = published.stories.get(story)
            if told is None or told.state != "proposed":
                raise Refused([Why(code="not_proposed")])
            if story_mark(told.written) != seen:
                raise Refused([Why(code="draft_changed")])
            self._refuse(self._no_program(person, AIR))
            if AIR in self._desk.second and told.by == person.name:
                raise Refused([Why(code="two_people", params={"by": told.by})])
            self._note(person, "air", story, snapshot, {})
        return "air"

    def withdraw(self, person: Person, story: str, snapshot: Snapshot) -> str:
        """Take a story off the air, or out of the proposals. One person is enough."""
        with self._standing.turn() as published:
            told = published.stories.get(story)
            if told is None or told.state == "withdrawn":
                raise Refused([Why(code="not_proposed")])
            self._note(person, "withdraw", story, snapshot, {})
        return "withdraw"

    # ------------------------------------------------------------------------------------------ rules

    @property
    def _facts(self) -> PublicationFacts:
        return self._figures.facts()

    def _faults(self, text: Mapping[str, str], longest: int) -> list[Why]:
        """Of words that go public: in each language of the town, plain text, not too long."""
        found = [Why(code=code, params=params) for code, params in faults_in(text, longest) if code != "text_missing"]
        missing = languages_missing(text, self._facts.languages)
        return found + ([Why(code="languages_missing", params={"languages": ", ".join(missing)})] if missing else [])

    def _no_program(self, person: Person, command: str) -> list[Why]:
        """Of four eyes none is a token's: whoever holds it could be both persons."""
        return [Why(code="no_program")] if person.program and command in self._desk.second else []

    def _withheld(self) -> list[Why]:
        """Why no figure at all may be told of this town."""
        return [] if self._facts.share_public else [Why(code="share_withheld")]

    def _refuse(self, faults: Iterable[Why]) -> None:
        if found := tuple(faults):
            raise Refused(found)


def _share(percent: str) -> float:
    """A share as it is typed in percent; more than plain digits may look like another number than Python reads.

    Raises:
        ValueError: for what is none.
    """
    typed = re.fullmatch(r"([0-9]+(?:[.,][0-9]+)?)[ \u202f\u00a0]*%?", percent)
    if typed is None:
        raise ValueError(f"percent {percent!r}: no number; write plain digits, such as 97,5")
    return float(typed[1].replace(",", ".")) / 100.0


def story_mark(written: StoryWritten) -> str:
    """Changes with every word of the story: whoever puts it on air names what they read."""
    return hashlib.sha256(written.model_dump_json().encode()).hexdigest()[:16]


def same(figure: PeriodFigure, draft: DraftFigure) -> bool:
    """Whether the draft tells what is public already."""
    return (figure.consumption_mwh, figure.share, figure.co2_g_per_kwh, dict(figure.parts), figure.coverage) == (
        draft.consumption_mwh,
        draft.share,
        draft.co2_g_per_kwh,
        dict(draft.parts),
        draft.coverage,
    )
