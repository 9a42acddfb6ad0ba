"""The shift's room: the log, the handover sheets, and the deeds on them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Request
from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.responses import HTMLResponse

from dashboard.regie.access.asked import needs
from dashboard.regie.access.roles import Deed, Person
from dashboard.regie.answering import answering
from dashboard.regie.conducteur.cue import Cue
from dashboard.regie.conducteur.day import Day
from dashboard.regie.desk import Desk, Look, Screen
from dashboard.regie.names import Names
from dashboard.regie.page import Visit
from dashboard.regie.shift.entries import LONGEST, ROOMS, entries, matching
from dashboard.regie.shift.log import Log, take
from dashboard.regie.shift.pages import ROOM, Spoken, log_page, sheet_page
from dashboard.regie.shift.sheet import Item, compile_sheet
from dashboard.regie.standing import Standing
from dashboard.regie.switching.life import Orders
from dashboard.regie.words import Words
from dashboard.regie.work.refusal import Refused
from twin.contracts.snapshot import Snapshot
from twin.contracts.work_order import Text, Why

_API = "/regie/api/shift"
See = Annotated[Person, Depends(needs(Deed.SEE))]
Command = Annotated[Person, Depends(needs(Deed.COMMAND))]


class _Asked(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EntryWritten(_Asked):
    """An entry. ``element``: what it is about, as the list of choices writes it, "" for nothing."""

    text: Annotated[Text, StringConstraints(min_length=1)]
    element: str = ""


class HandoverWritten(_Asked):
    """A sheet that is signed by who hands over. ``to``: who is expected to take over."""

    text: Text = ""
    to: Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)] = ""


class Takeover(_Asked):
    """The signature of who takes over."""

    text: Text = ""


class ShiftRoom:
    """The log of one desk."""

    panels: Collection[str] = ()

    def __init__(self, desk: Desk, orders: Standing[Orders], cues_of: Callable[[Day], tuple[Cue, ...]]) -> None:
        """``orders``: the switching orders. ``cues_of``: the run-of-show of a day."""
        self._desk = desk
        self._orders = orders
        self._cues_of = cues_of
        self._log: Standing[Log] = Standing(desk.book, ("log",), Log(), take)

    def stamp(self) -> Hashable:
        """It has no panel."""
        return None

    def draw(self, _: Look) -> Screen:
        """It has no panel."""
        return {}

    # ------------------------------------------------------------------------------------------ addresses

    def add_to(self, server: FastAPI) -> None:
        """Pages and deeds."""

        @server.get(f"/regie/{ROOM}")
        def log(request: Request, person: See, q: str = "", room: str = "") -> HTMLResponse:
            visit = Visit.of(request, person, self._desk, "shift")
            spoken = self._spoken(visit)
            lines = self._desk.book.lines(*ROOMS)
            told = entries(lines, self._desk.now.snapshot, self._orders.now(), visit.words, spoken.switching, spoken.names)
            found = matching(told, q, room)
            return log_page(visit, found[:LONGEST], len(found), self._log.now(), spoken, q=q, room=room, may=self._may(person))

        @server.get(f"/regie/{ROOM}handover")
        def handover(request: Request, person: See) -> HTMLResponse:
            visit, snapshot = Visit.of(request, person, self._desk, "shift"), self._desk.now.snapshot
            waiting = self._log.now().waiting
            items = [] if snapshot is None else self._items(snapshot)
            return sheet_page(visit, waiting, items, self._spoken(visit), may=self._may(person))

        @server.get(f"/regie/{ROOM}handover/{{sheet}}")
        def kept(request: Request, person: See, sheet: str) -> HTMLResponse:
            visit, found = Visit.of(request, person, self._desk, "shift"), self._log.now().sheets.get(sheet)
            if found is None:
                raise HTTPException(404, f"there is no handover sheet {sheet!r}")
            return sheet_page(visit, found, found.items, self._spoken(visit), may=self._may(person))

        @server.post(f"{_API}/write")
        def write(request: Request, person: Command, asked: EntryWritten) -> dict[str, Any]:
            return self._done(request, person, asked, self._write)

        @server.post(f"{_API}/handover")
        def hand_over(request: Request, person: Command, asked: HandoverWritten) -> dict[str, Any]:
            return self._done(request, person, asked, self._hand_over)

        @server.post(f"{_API}/takeover/{{sheet}}")
        def take_over(request: Request, person: Command, sheet: str, asked: Takeover) -> dict[str, Any]:
            return self._done(request, person, (sheet, asked), self._take_over)

    def _done(
        self, request: Request, person: Person, asked: Any, do: Callable[[Person, Any, Snapshot], tuple[str, str]]
    ) -> dict[str, Any]:
        visit = Visit.of(request, person, self._desk, "shift")
        with answering(self._desk, visit.words) as snapshot, self._log.turn():
            said, place = do(person, asked, snapshot)
        return {"said": visit.words(f"said.{said}"), "go": visit.address(f"{ROOM}{place}")}

    def _may(self, person: Person) -> bool:
        return person.may(Deed.COMMAND) and not self._desk.read_only

    def _spoken(self, visit: Visit) -> Spoken:
        snapshot, diagram, words = self._desk.now.snapshot, self._desk.now.diagram, visit.words
        names = None if snapshot is None else Names(words, snapshot.site, diagram.facts if diagram is not None else None)

        def of(room: str) -> Words:
            return Words.of(words.language, words.timezone, words.now, room)

        return Spoken(of("switching"), of("conducteur"), names)

    # ------------------------------------------------------------------------------------------ deeds

    def _items(self, snapshot: Snapshot) -> list[Item]:
        today = Day.of(snapshot.as_of, snapshot.site.timezone)
        cues = {cue.id: cue for day in (today, today.beside(1)) for cue in self._cues_of(day)}
        return compile_sheet(snapshot, self._orders.now(), tuple(cues.values()))

    def _note(self, person: Person, kind: str, target: str, snapshot: Snapshot, **params: Any) -> None:
        self._desk.note(person, f"log.{kind}", target, as_of=snapshot.as_of.isoformat(), **params)

    def _write(self, person: Person, asked: EntryWritten, snapshot: Snapshot) -> tuple[str, str]:
        key = asked.element.rpartition(" · ")[2].strip()
        self._note(person, "write", key, snapshot, text=asked.text)
        return "written", ""

    def _hand_over(self, person: Person, asked: HandoverWritten, snapshot: Snapshot) -> tuple[str, str]:
        log = self._log.now()
        if log.waiting is not None:
            raise Refused([Why(code="waits_already", params={"by": log.waiting.by})])
        if asked.to.casefold() == person.name.casefold():
            raise Refused([Why(code="two_people", params={"by": person.name})])
        sheet = f"HS-{len(log.sheets) + 1:04d}"
        self._note(person, "handover", sheet, snapshot, to=asked.to, text=asked.text, items=self._items(snapshot))
        return "handed_over", f"handover/{sheet}"

    def _take_over(self, person: Person, asked: tuple[str, Takeover], snapshot: Snapshot) -> tuple[str, str]:
        name, written = asked
        sheet = self._log.now().sheets.get(name)
        if sheet is None or sheet.taken_by:
            raise Refused([Why(code="not_waiting", params={"by": "" if sheet is None else sheet.taken_by})])
        if sheet.by == person.name:
            raise Refused([Why(code="two_people", params={"by": person.name})])
        self._note(person, "takeover", name, snapshot, text=written.text)
        return "taken_over", f"handover/{name}"
