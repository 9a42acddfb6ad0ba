"""The room of the switching orders: their pages, and the deeds on them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import HTMLResponse

from dashboard.regie.access.asked import needs
from dashboard.regie.access.roles import Deed, Person
from dashboard.regie.answering import answering
from dashboard.regie.conducteur.draft import Planned
from dashboard.regie.desk import Desk, Look, Screen
from dashboard.regie.names import Names
from dashboard.regie.page import Visit
from dashboard.regie.standing import Standing
from dashboard.regie.switching.content import Content
from dashboard.regie.switching.deeds import FOUR_EYES, Deeds
from dashboard.regie.switching.field import Field
from dashboard.regie.switching.form import Written
from dashboard.regie.switching.life import OPEN, Order, Orders, take
from dashboard.regie.switching.order_page import order_page, order_part
from dashboard.regie.switching.pages import ROOM, draft_page, list_page
from dashboard.regie.switching.words import refusal
from twin.contracts.desk_ports import Unavailable
from twin.domain.problems import BadInput

API = "/regie/api/switching"
See = Annotated[Person, Depends(needs(Deed.SEE))]
Command = Annotated[Person, Depends(needs(Deed.COMMAND))]


class Asked(BaseModel):
    """What is asked of one order, by somebody who saw its version ``seen``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seen: int
    step: int = 0
    crew: str = ""
    at: str = ""
    note: str = ""
    despite: str = ""


class SwitchingRoom:
    """The switching orders of one desk."""

    panels: Collection[str] = ()

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.standing: Standing[Orders] = Standing(desk.book, ("switching",), Orders(), take)
        self._deeds = Deeds(desk, self.standing)

    def stamp(self) -> Hashable:
        """It has no panel; what telemetry confirms is taken over whenever the watcher looks, whether anybody is here or not."""
        if (field := self._field()) is not None:
            self._deeds.settle(field)
        return None

    def draw(self, _: Look) -> Screen:
        """It has no panel."""
        return {}

    def planned(self) -> Sequence[Planned]:
        """Open orders that have a planned start."""
        return tuple(
            Planned(order.id, order.content.title, start, start + order.content.takes)
            for order in self.standing.now().all.values()
            if order.state in OPEN and (start := order.content.planned_at) is not None
        )

    def draft(self, request: Request, person: Person, content: Content) -> str:
        """Draft an order for another room; returns the address of its page.

        Raises:
            HTTPException: with every fault, in the reader's language.
        """
        with self._answering(request, person) as (visit, field):
            return visit.address(f"{ROOM}{self._deeds.draft_of(person, content, field)}")

    def _field(self) -> Field | None:
        snapshot, diagram = self._desk.now.snapshot, self._desk.now.diagram
        return None if snapshot is None or diagram is None else Field(snapshot, diagram.facts)

    # ------------------------------------------------------------------------------------------ pages

    def add_to(self, server: FastAPI) -> None:
        """Pages and deeds."""
        self._add_pages(server)

        @server.post(f"{API}/draft")
        def draft(request: Request, person: Command, written: Written) -> dict[str, Any]:
            with self._answering(request, person) as (visit, field):
                order = self._deeds.draft(person, written, field)
            return {"said": visit.words("said.draft"), "go": visit.address(f"{ROOM}{order}")}

        @server.post(f"{API}/{{order}}/{{deed}}")
        def do(request: Request, person: Command, order: str, deed: str, asked: Asked) -> dict[str, Any]:
            with self._answering(request, person) as (visit, field):
                done = self._deed(deed)
                place = done(person, self._deeds.find(order, None if deed == "abort" else asked.seen), asked, field)
            return {"said": visit.words(f"said.{deed}"), "go": visit.address(f"{ROOM}{place or order}")}

    def _deed(self, name: str) -> Callable[[Person, Order, Any, Field], str | None]:
        deeds = self._deeds
        known: dict[str, Callable[[Person, Order, Any, Field], str | None]] = {
            "check": deeds.check,
            "release": deeds.release,
            "recall": deeds.plain("recall"),
            "withdraw": deeds.plain("withdraw"),
            "order": deeds.order,
            "report": deeds.report,
            "fail": deeds.fail,
            "abort": deeds.plain("abort"),
            "sign": deeds.plain("sign"),
            "back": deeds.back,
        }
        if name not in known:
            raise HTTPException(404, name)
        return known[name]

    def _add_pages(self, server: FastAPI) -> None:

        @server.get(f"/regie/{ROOM}")
        def listed(request: Request, person: See) -> HTMLResponse:
            visit = Visit.of(request, person, self._desk, "switching")
            return list_page(visit, self.standing.now(), self._names(visit), may_edit=self._may(person))

        @server.get(f"/regie/{ROOM}new")
        def new(request: Request, person: See) -> HTMLResponse:
            visit = Visit.of(request, person, self._desk, "switching")
            return draft_page(visit, None, self._field(), self._names(visit))

        @server.get(f"/regie/{ROOM}{{order}}")
        def shown(request: Request, person: See, order: str) -> HTMLResponse:
            visit = Visit.of(request, person, self._desk, "switching")
            orders = self.standing.now()
            found = self._found(orders, order)
            eyes, names = FOUR_EYES in self._desk.second, self._names(visit)
            return order_page(visit, found, orders.tags, self._field(), names, may_edit=self._may(person), four_eyes=eyes)

        @server.get(f"/regie/{ROOM}{{order}}/part")
        def part(request: Request, person: See, order: str, seen: int) -> HTMLResponse:
            visit = Visit.of(request, person, self._desk, "switching")
            orders = self.standing.now()
            found, names = self._found(orders, order), self._names(visit)
            told = order_part(visit, found, orders.tags, self._field(), names, may_edit=self._may(person), seen=seen)
            return HTMLResponse(told, headers={"cache-control": "no-store"})

        @server.get(f"/regie/{ROOM}{{order}}/edit")
        def edit(request: Request, person: See, order: str) -> HTMLResponse:
            visit = Visit.of(request, person, self._desk, "switching")
            return draft_page(visit, self._found(self.standing.now(), order), self._field(), self._names(visit))

    def _found(self, orders: Orders, order: str) -> Order:
        if order not in orders.all:
            raise HTTPException(404, f"there is no switching order {order!r}")
        return orders.all[order]

    def _may(self, person: Person) -> bool:
        return person.may(Deed.COMMAND) and not self._desk.read_only

    def _names(self, visit: Visit) -> Names | None:
        snapshot, diagram = self._desk.now.snapshot, self._desk.now.diagram
        if snapshot is None:
            return None
        return Names(visit.words, snapshot.site, diagram.facts if diagram is not None else None)

    @contextmanager
    def _answering(self, request: Request, person: Person) -> Iterator[tuple[Visit, Field]]:
        """Refusals and failures in the reader's language; nothing was written then, but what the message says."""
        visit, field = Visit.of(request, person, self._desk, "switching"), self._field()
        words, names = visit.words, self._names(visit)
        with answering(self._desk, words, lambda why: refusal(why, words, names)):
            if field is None:  # the loop has shown a state, and no diagram yet
                raise HTTPException(409, words("refused.no_snapshot"))
            try:
                yield visit, field
            except Unavailable as error:
                raise HTTPException(503, words("refused.no_engine", why=str(error))) from None
            except BadInput as error:
                raise HTTPException(409, words("refused.engine_refuses", why=str(error))) from None
