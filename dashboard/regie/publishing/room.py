"""The publisher's room: its pages, the deeds, and the outlet that follows the book."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Request
from starlette.responses import HTMLResponse

from dashboard.regie.access.asked import needs
from dashboard.regie.access.roles import Deed, Person
from dashboard.regie.answering import answering
from dashboard.regie.desk import Desk, Look, Screen
from dashboard.regie.page import Visit
from dashboard.regie.publishing.asked import (
    Approved,
    Declaration,
    Embargoed,
    Licensed,
    Nothing,
    Noticed,
    Restated,
    Seen,
    StoryTyped,
)
from dashboard.regie.publishing.deeds import AT_A_TIME, PublishingDeeds
from dashboard.regie.publishing.pages import ROOM, Outside, index_page, reading_part, unavailable_page
from dashboard.regie.publishing.period_page import period_page
from dashboard.regie.publishing.shop import Shop
from dashboard.regie.publishing.story_pages import story_form_page, story_page
from dashboard.regie.standing import Standing
from twin.contracts.desk_ports import Figures, Unavailable
from twin.contracts.publication import FOLDER, Drafts
from twin.contracts.snapshot import Snapshot
from twin.publication.deeds import ROOM as BOOK
from twin.publication.kept_hours import KeptHours
from twin.publication.outlet import Outlet
from twin.publication.standing import Published, take

API = "/regie/api/publishing"
PER_TICK = 40
"""Records of the journal that one tick reads on: some 10 ms of the thread that draws the screens."""
Publish = Annotated[Person, Depends(needs(Deed.PUBLISH))]
Do = Callable[[Person, Snapshot, PublishingDeeds], tuple[str, str]]
"""A deed: what to say, and the page to go to."""


class PublishingRoom:
    """The publication of one desk."""

    panels: Collection[str] = ()

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._figures: Figures | None = desk.ports.figures
        self._standing: Standing[Published] = Standing(desk.book, (BOOK,), Published(), take)
        self._shop: Shop | None = None
        self._followed: int | None = None
        if self._figures is not None:
            kept = KeptHours(desk.state / FOLDER / "hours")
            self._deeds = PublishingDeeds(desk, self._standing, self._figures, kept)
            self._shop = Shop(self._standing, self._figures, kept, Outlet(desk.state))

    def stamp(self) -> Hashable:
        """It has no panel; outlet and journal are looked after whenever the watcher looks, whether anybody is here or not."""
        self._keep(patient=False)
        self._follow()
        return None

    def draw(self, _: Look) -> Screen:
        """It has no panel."""
        return {}

    def _keep(self, *, patient: bool = True) -> None:
        if self._shop is not None and not self._desk.read_only:
            self._shop.keep(datetime.now(UTC), patient=patient)

    def _follow(self) -> None:
        """Read the journal on with every tick: a room that nobody opens for a year misses nothing that has gone by then."""
        snapshot = self._desk.now.snapshot
        if self._figures is None or self._desk.read_only or snapshot is None or snapshot.tick == self._followed:
            return
        self._followed = snapshot.tick
        with suppress(Unavailable):  # no journal yet, or no public page: who opens the room is told
            self._figures.follow(PER_TICK)

    # ------------------------------------------------------------------------------------------ addresses

    def add_to(self, server: FastAPI) -> None:
        """Pages and deeds."""
        self._add_pages(server)
        self._add_figures(server)
        self._add_switches(server)
        self._add_stories(server)

    def _add_pages(self, server: FastAPI) -> None:
        @server.get(f"/regie/{ROOM}")
        def index(request: Request, person: Publish) -> HTMLResponse:
            visit = self._visit(request, person)
            return self._shown(visit, lambda out: index_page(visit, out))

        @server.get(f"/regie/{ROOM}reading")
        def reading(request: Request, person: Publish) -> HTMLResponse:
            visit = self._visit(request, person)
            return self._shown(visit, lambda out: HTMLResponse(reading_part(visit, out), headers={"cache-control": "no-store"}))

        @server.get(f"/regie/{ROOM}period/{{period}}")
        def period(request: Request, person: Publish, period: str) -> HTMLResponse:
            visit = self._visit(request, person)
            return self._shown(visit, lambda out: period_page(visit, out, period))

        @server.get(f"/regie/{ROOM}story/")
        def new(request: Request, person: Publish) -> HTMLResponse:
            visit = self._visit(request, person)
            return self._shown(visit, lambda out: story_form_page(visit, out, ""))

        @server.get(f"/regie/{ROOM}story/{{story}}")
        def story(request: Request, person: Publish, story: str) -> HTMLResponse:
            visit = self._visit(request, person)
            return self._shown(visit, lambda out: story_page(visit, out, story))

        @server.get(f"/regie/{ROOM}story/{{story}}/edit")
        def edit(request: Request, person: Publish, story: str) -> HTMLResponse:
            visit = self._visit(request, person)
            return self._shown(visit, lambda out: story_form_page(visit, out, story))

    def _add_figures(self, server: FastAPI) -> None:
        @server.post(f"{API}/approve/{{period}}")
        def approve(request: Request, person: Publish, period: str, asked: Approved) -> dict[str, Any]:
            place = f"period/{period}"
            return self._done(request, person, lambda p, now, deeds: (deeds.approve(p, period, asked, now), place))

        @server.post(f"{API}/restate/{{period}}")
        def restate(request: Request, person: Publish, period: str, asked: Restated) -> dict[str, Any]:
            place = f"period/{period}"
            return self._done(request, person, lambda p, now, deeds: (deeds.restate(p, period, asked, now), place))

        @server.post(f"{API}/notice/{{period}}/{{revision}}")
        def notice(request: Request, person: Publish, period: str, revision: int, asked: Noticed) -> dict[str, Any]:
            place = f"period/{period}"
            return self._done(request, person, lambda p, now, deeds: (deeds.notice(p, period, revision, asked, now), place))

        @server.post(f"{API}/confirm/{{ask}}")
        def confirm(request: Request, person: Publish, ask: int, _: Nothing) -> dict[str, Any]:
            return self._done(request, person, lambda p, now, deeds: (deeds.confirm(p, ask, now), ""))

        @server.post(f"{API}/reject/{{ask}}")
        def reject(request: Request, person: Publish, ask: int, _: Nothing) -> dict[str, Any]:
            return self._done(request, person, lambda p, now, deeds: (deeds.reject(p, ask, now), ""))

    def _add_switches(self, server: FastAPI) -> None:
        @server.post(f"{API}/embargo")
        def embargo(request: Request, person: Publish, asked: Embargoed) -> dict[str, Any]:
            return self._done(request, person, lambda p, now, deeds: (deeds.embargo(p, asked, now), ""))

        @server.post(f"{API}/lift")
        def lift(request: Request, person: Publish, _: Nothing) -> dict[str, Any]:
            return self._done(request, person, lambda p, now, deeds: (deeds.lift(p, now), ""))

        @server.post(f"{API}/licence")
        def licence(request: Request, person: Publish, asked: Licensed) -> dict[str, Any]:
            return self._done(request, person, lambda p, now, deeds: (deeds.licence(p, asked, now), ""))

        @server.post(f"{API}/declare")
        def declare(request: Request, person: Publish, asked: Declaration) -> dict[str, Any]:
            return self._done(request, person, lambda p, now, deeds: (deeds.declare(p, asked, now), ""))

    def _add_stories(self, server: FastAPI) -> None:
        @server.post(f"{API}/propose")
        def propose(request: Request, person: Publish, asked: StoryTyped) -> dict[str, Any]:
            return self._done(request, person, lambda p, now, deeds: ("propose", f"story/{deeds.propose(p, asked, now)}"))

        @server.post(f"{API}/air/{{story}}")
        def air(request: Request, person: Publish, story: str, asked: Seen) -> dict[str, Any]:
            place = f"story/{story}"
            return self._done(request, person, lambda p, now, deeds: (deeds.air(p, story, asked.seen, now), place))

        @server.post(f"{API}/withdraw/{{story}}")
        def withdraw(request: Request, person: Publish, story: str, _: Nothing) -> dict[str, Any]:
            return self._done(request, person, lambda p, now, deeds: (deeds.withdraw(p, story, now), f"story/{story}"))

    # ------------------------------------------------------------------------------------------ answers

    def _visit(self, request: Request, person: Person) -> Visit:
        return Visit.of(request, person, self._desk, "publishing")

    def _done(self, request: Request, person: Person, do: Do) -> dict[str, Any]:
        """Do it, and let the outlet follow before the answer goes out."""
        visit = self._visit(request, person)
        words = visit.words
        if self._figures is None:
            raise HTTPException(503, words("refused.no_figures", why=words("ui.not_wired")))
        try:
            with answering(self._desk, words) as snapshot:
                said, place = do(person, snapshot, self._deeds)
                self._keep()
        except Unavailable as error:
            raise HTTPException(503, words("refused.no_figures", why=str(error))) from error
        except OSError as error:
            raise HTTPException(503, words("refused.not_stored", why=str(error))) from error
        return {"said": words(f"said.{said}"), "go": visit.address(f"{ROOM}{place}")}

    def _shown(self, visit: Visit, draw: Callable[[Outside], HTMLResponse]) -> HTMLResponse:
        try:
            return draw(self._outside(visit))
        except Unavailable as error:
            return unavailable_page(visit, str(error))

    def _outside(self, visit: Visit) -> Outside:
        """What a page is drawn from.

        Raises:
            Unavailable: without a journal, or on a site without a public page.
        """
        if self._figures is None or self._shop is None:
            raise Unavailable(visit.words("ui.not_wired"))
        facts = self._figures.facts()
        try:
            drafts, why = self._figures.drafts(AT_A_TIME), ""
        except Unavailable as error:  # what is approved is shown all the same
            drafts, why = Drafts(months=(), years=(), until=None, behind=0), str(error)
        return Outside(
            facts=facts,
            drafts=drafts,
            published=self._standing.now(),
            now=datetime.now(UTC),
            fault=self._shop.fault or why,
            lost=self._shop.lost,
            may=not self._desk.read_only,
            second=self._desk.second,
        )
