"""The conducteur's room: the run-of-show on the main page, a page on which it is edited, and the deeds on it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Literal
from uuid import uuid4

from fastapi import Depends, FastAPI, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import HTMLResponse

from dashboard.regie.access.asked import needs
from dashboard.regie.access.roles import Deed, Person
from dashboard.regie.answering import answering
from dashboard.regie.conducteur.cue import Cue, Hand, run_of_show, take
from dashboard.regie.conducteur.day import Day
from dashboard.regie.conducteur.draft import Planned, draft
from dashboard.regie.conducteur.pages import ROOM, Show, panel, show_page
from dashboard.regie.desk import Desk, Look, Screen
from dashboard.regie.grid.ahead import AheadRoom
from dashboard.regie.names import Names
from dashboard.regie.page import Visit
from dashboard.regie.standing import Standing
from dashboard.regie.switching.life import Orders
from dashboard.regie.wish import Line
from dashboard.regie.work.refusal import Refused
from dashboard.regie.work.store import OrderStore
from twin.contracts.snapshot import Snapshot
from twin.contracts.work_order import Why

_API = "/regie/api/conducteur"
See = Annotated[Person, Depends(needs(Deed.SEE))]
Command = Annotated[Person, Depends(needs(Deed.COMMAND))]


class _Asked(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    day: date


class CueWritten(_Asked):
    """A cue as somebody writes it: a new one, or one that is edited.

    Attributes:
        id: of the cue that is edited; "" for a new one. ``seen``: its version when it was read.
        start, end: times of day; no end is an instant.
    """

    id: str = ""
    seen: int = 0
    kind: Literal["critical", "action", "maintenance", "event", "market"] = "action"
    title: Line
    start: str
    end: str = ""


class CueChosen(_Asked):
    """A cue that is dropped or restored."""

    id: str
    seen: int


class ConducteurRoom:
    """The run-of-show of one desk."""

    panels: Collection[str] = ("conducteur",)

    def __init__(
        self, desk: Desk, planned: Callable[[], Sequence[Planned]], orders: Standing[Orders], ahead: AheadRoom
    ) -> None:
        """``planned``: switching orders with a planned start. ``orders``: all of them, for the tags that hang."""
        self._desk = desk
        self._planned = planned
        self._orders = orders
        self._ahead = ahead
        self._hand: Standing[Hand] = Standing(desk.book, ("cue",), Hand(), take)
        self._work = OrderStore(desk.state)

    def stamp(self) -> Hashable:
        """Changes with every line of the book about a cue or a switching order, and with every look-ahead."""
        return self._hand.last(), self._orders.last(), self._ahead.stamp()

    def draw(self, look: Look) -> Screen:
        """The day's timeline."""
        words = look.with_words("conducteur")
        show = self._show(look.snapshot, Day.of(look.snapshot.as_of, look.snapshot.site.timezone))
        return {"conducteur": {"markup": panel(show, self._orders.now().tags, words, look.names), "label": words("ui.title")}}

    def cues_of(self, day: Day) -> tuple[Cue, ...]:
        """The run-of-show of a day, for the handover; nothing before the first snapshot."""
        snapshot = self._desk.now.snapshot
        return () if snapshot is None else self._show(snapshot, day).cues

    def _show(self, snapshot: Snapshot, day: Day) -> Show:
        hand, diagram = self._hand.now(), self._desk.now.diagram
        facts, ahead = None if diagram is None else diagram.facts, self._ahead.known(snapshot)
        drafted = draft(day, snapshot, facts, self._work.all(), self._planned(), ahead)
        frozen = hand.frozen.get(day.date.isoformat())
        shown = run_of_show(drafted if frozen is None else frozen.cues, hand)
        cues = tuple(cue for cue in shown if day.touches(cue.start, cue.end))
        return Show(
            day, snapshot.as_of, cues, tuple(c for c in hand.dropped.values() if day.touches(c.start, c.end)), drafted, frozen
        )

    # ------------------------------------------------------------------------------------------ addresses

    def add_to(self, server: FastAPI) -> None:
        """The page and its deeds."""

        @server.get(f"/regie/{ROOM}")
        def shown(request: Request, person: See, day: date | None = None) -> HTMLResponse:
            visit, snapshot = Visit.of(request, person, self._desk, "conducteur"), self._desk.now.snapshot
            if snapshot is None:
                return show_page(visit, None, None, may_edit=False)
            chosen = Day.of(snapshot.as_of, snapshot.site.timezone) if day is None else Day(day, snapshot.site.timezone)
            names = self._names(visit, snapshot)
            may = person.may(Deed.COMMAND) and not self._desk.read_only
            return show_page(visit, self._show(snapshot, chosen), names, may_edit=may)

        @server.post(f"{_API}/write")
        def write(request: Request, person: Command, asked: CueWritten) -> dict[str, Any]:
            return self._done(request, person, asked, self._write)

        @server.post(f"{_API}/drop")
        def drop(request: Request, person: Command, asked: CueChosen) -> dict[str, Any]:
            return self._done(request, person, asked, self._drop)

        @server.post(f"{_API}/restore")
        def restore(request: Request, person: Command, asked: CueChosen) -> dict[str, Any]:
            return self._done(request, person, asked, self._restore)

        @server.post(f"{_API}/freeze")
        def freeze(request: Request, person: Command, asked: _Asked) -> dict[str, Any]:
            return self._done(request, person, asked, self._freeze)

        @server.post(f"{_API}/release")
        def release(request: Request, person: Command, asked: _Asked) -> dict[str, Any]:
            return self._done(request, person, asked, self._release)

    def _done(self, request: Request, person: Person, asked: Any, do: Callable[[Person, Any, Snapshot], str]) -> dict[str, Any]:
        """Do it and say so; a refusal says every fault in the reader's language."""
        visit = Visit.of(request, person, self._desk, "conducteur")
        with answering(self._desk, visit.words) as snapshot, self._hand.turn():
            said = do(person, asked, snapshot)
        return {"said": visit.words(f"said.{said}"), "go": visit.address(f"{ROOM}?day={asked.day}")}

    def _names(self, visit: Visit, snapshot: Snapshot) -> Names:
        diagram = self._desk.now.diagram
        return Names(visit.words, snapshot.site, diagram.facts if diagram is not None else None)

    # ------------------------------------------------------------------------------------------ deeds

    def _note(self, person: Person, kind: str, target: str, snapshot: Snapshot, **params: Any) -> None:
        self._desk.note(person, f"cue.{kind}", target, as_of=snapshot.as_of.isoformat(), **params)

    def _write(self, person: Person, asked: CueWritten, snapshot: Snapshot) -> str:
        day = Day(asked.day, snapshot.site.timezone)
        start = day.instant(asked.start)
        end = day.instant(asked.end) if asked.end.strip() else start
        if end < start:
            raise Refused([Why(code="end_before_start", params={"start": asked.start, "end": asked.end})])
        if asked.id:
            old = self._find(asked.id, asked.seen, snapshot, day)
            cue = replace(old, title=asked.title, start=start, end=end)
            self._note(person, "edit", cue.id, snapshot, cue=cue.to_json(), before=old.to_json())
            return "edited"
        cue = Cue(f"hand:{uuid4().hex[:12]}", asked.kind, "", "hand", {}, start, end, title=asked.title)
        self._note(person, "add", cue.id, snapshot, cue=cue.to_json())
        return "added"

    def _drop(self, person: Person, asked: CueChosen, snapshot: Snapshot) -> str:
        cue = self._find(asked.id, asked.seen, snapshot, Day(asked.day, snapshot.site.timezone))
        self._note(person, "drop", cue.id, snapshot, cue=cue.to_json())
        return "dropped"

    def _restore(self, person: Person, asked: CueChosen, snapshot: Snapshot) -> str:
        cue = self._hand.now().dropped.get(asked.id)
        if cue is None or cue.version != asked.seen:
            raise Refused([Why(code="changed_meanwhile")])
        self._note(person, "restore", cue.id, snapshot, cue=cue.to_json())
        return "restored"

    def _freeze(self, person: Person, asked: _Asked, snapshot: Snapshot) -> str:
        day = Day(asked.day, snapshot.site.timezone)
        show = self._show(snapshot, day)
        if show.frozen is not None:
            raise Refused([Why(code="frozen_already", params={"by": show.frozen.by})])
        told = [cue.to_json() for cue in show.drafted]
        self._note(person, "freeze", asked.day.isoformat(), snapshot, cues=told)
        return "frozen"

    def _release(self, person: Person, asked: _Asked, snapshot: Snapshot) -> str:
        if asked.day.isoformat() not in self._hand.now().frozen:
            raise Refused([Why(code="not_frozen")])
        self._note(person, "release", asked.day.isoformat(), snapshot)
        return "released"

    def _find(self, wanted: str, seen: int, snapshot: Snapshot, day: Day) -> Cue:
        """The cue as the reader saw it.

        Raises:
            Refused: when somebody has changed it meanwhile, or it is no longer there.
        """
        cue = next((cue for cue in self._show(snapshot, day).cues if cue.id == wanted), None)
        if cue is None or cue.version != seen:
            raise Refused([Why(code="changed_meanwhile", params={} if cue is None else {"by": cue.by})])
        return cue
