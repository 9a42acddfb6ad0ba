"""The inside page of a box: ``/regie/box/<instance>/``, what every box has first, then what its own package adds."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, FastAPI, HTTPException, Request
from starlette.responses import HTMLResponse

from dashboard.regie.access.asked import needs
from dashboard.regie.access.roles import Deed, Person
from dashboard.regie.desk import Desk, Look, Screen
from dashboard.regie.inside.draw import draw
from dashboard.regie.inside.longer import past_week
from dashboard.regie.inside.plugins import Failed, Plugins
from dashboard.regie.inside.sections import sections
from dashboard.regie.markup import Markup, join, tag
from dashboard.regie.money import without_money
from dashboard.regie.names import Names
from dashboard.regie.page import Visit, page
from twin.contracts.snapshot import BoxCardView, Snapshot

_EVERY_S = 10


class InsideRoom:
    """Pages of boxes."""

    panels: Collection[str] = ()

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._plugins = Plugins()

    def add_to(self, server: FastAPI) -> None:
        """Add the page, and its content alone, which the page fetches anew by itself."""

        @server.get("/regie/box/{instance}/")
        def whole(request: Request, instance: str, person: Annotated[Person, Depends(needs(Deed.SEE))]) -> HTMLResponse:
            visit = Visit.of(request, person, self._desk, "inside")
            address = visit.address(f"box/{quote(instance, safe='')}/content")
            title, content = self._content(visit, instance)
            return page(visit, "box/", title, tag("div", content, data_refresh=address, data_every=_EVERY_S, class_="inside"))

        @server.get("/regie/box/{instance}/content")
        def content(request: Request, instance: str, person: Annotated[Person, Depends(needs(Deed.SEE))]) -> HTMLResponse:
            visit = Visit.of(request, person, self._desk, "inside")
            return HTMLResponse(self._content(visit, instance)[1], headers={"cache-control": "no-store"})

    def _content(self, visit: Visit, instance: str) -> tuple[str, Markup]:
        """Name of the box, and every section of its page."""
        now, words = self._desk.now, visit.words
        if now.snapshot is None:
            return instance, tag("p", words("ui.waiting"), class_="empty")
        snapshot = now.snapshot if visit.person.may(Deed.SEE_MONEY) else without_money(now.snapshot, words("ui.money_hidden"))
        card = next((card for card in snapshot.boxes if card.instance == instance), None)
        if card is None:
            raise HTTPException(404, f"box {instance!r}: this site has {', '.join(box.instance for box in snapshot.boxes)}")
        names = Names(words, snapshot.site, now.diagram.facts if now.diagram is not None else None)
        drawn = [draw(section, words) for section in sections(card, snapshot, names)]
        week = past_week(self._desk.ports.history, instance, snapshot.as_of, card.unit, words)
        drawn[3:3] = [draw(section, words) for section in week]
        return names.of(f"box:{instance}"), join([*drawn, *self._added(card, snapshot, visit)])

    def _added(self, card: BoxCardView, snapshot: Snapshot, visit: Visit) -> list[Markup]:
        """What its package adds; where that fails, a section says so."""
        words = visit.words
        try:
            added = self._plugins.page(card, snapshot, words.language)
        except Failed as failed:
            why = tag("p", words("ui.technical", text=str(failed)), class_="meta")
            return [
                tag(
                    "section",
                    tag("h2", words("inside.added")),
                    tag("p", "▲ ", words("inside.failed"), class_="warn"),
                    why,
                    class_="panel",
                )
            ]
        if added is None:
            return []
        return [
            tag("p", words("inside.added_by", box=card.box), class_="meta"),
            *(draw(section, words) for section in added.sections),
        ]

    def stamp(self) -> Hashable:
        """Nothing of it stands on the main page."""
        return None

    def draw(self, look: Look) -> Screen:  # noqa: ARG002 - the signature is every room's
        """Nothing of it stands on the main page."""
        return {}
