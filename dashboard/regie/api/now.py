"""Addresses of the present: the snapshot whole, and its lists page by page."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from pydantic import BaseModel

from dashboard.regie.access.asked import needs
from dashboard.regie.access.roles import Deed, Person
from dashboard.regie.api.paging import Cursor, Limit, Page, page
from dashboard.regie.api.problem import documented
from dashboard.regie.api.served import served_model
from dashboard.regie.desk import Desk
from dashboard.regie.money import without_money
from twin.contracts.diagram import DiagramFacts
from twin.contracts.snapshot import AlarmView, Band, OrderView, RecommendationView, Snapshot

Viewer = Annotated[Person, Depends(needs(Deed.SEE))]
SEEN: dict[int | str, dict[str, Any]] = {304: {"description": "Not Modified"}, **documented(401, 403, 404, 422, 503)}


class Forecast(BaseModel):
    """What a box says of the hours to come: median and the outer quantiles, its age and how far it can be trusted.

    Attributes:
        as_of: when the answer was made. ``service``: "fresh", "held", "fallback" or "absent"; ``fallback``: what answered then.
    """

    instance: str
    box: str
    role: str
    label: str
    unit: str
    as_of: datetime
    quality: tuple[str, ...]
    service: str
    fallback: str | None
    band: Band


def add_now(api: APIRouter, desk: Desk) -> None:
    """Add the addresses."""

    def seen(person: Person) -> Snapshot:
        snapshot = desk.now.snapshot
        if snapshot is None:
            raise HTTPException(404, "the loop has published nothing yet")
        return snapshot if person.may(Deed.SEE_MONEY) else without_money(snapshot)

    @api.get("/snapshot", response_model=Snapshot, responses=SEEN, tags=["now"])
    def snapshot(request: Request, person: Viewer) -> Response:
        """The whole tick as the screen shows it; economic figures only for roles that may see them."""
        return served_model(request, seen(person))

    @api.get("/grid", response_model=DiagramFacts, responses=SEEN, tags=["now"])
    def grid(request: Request, _: Viewer) -> Response:
        """Buses, lines and transformers in the order of the snapshot's ``grid``: indices, names, limits."""
        if desk.now.diagram is None:
            raise HTTPException(404, "nobody has described the grid yet")
        return served_model(request, desk.now.diagram.facts)

    @api.get("/forecasts", response_model=Page[Forecast], responses=SEEN, tags=["now"])
    def forecasts(request: Request, person: Viewer, limit: Limit = 100, cursor: Cursor = None) -> Response:
        """The newest forecast of every box that gives one."""
        now = seen(person)
        found = [
            Forecast(
                **card.model_dump(
                    include={"instance", "box", "role", "label", "unit", "as_of", "quality", "service", "fallback"}
                ),
                band=card.forecast,
            )
            for card in now.boxes
            if card.forecast is not None
        ]
        return served_model(request, page(now, found, lambda item: item.instance, limit, cursor))

    @api.get("/alarms", response_model=Page[AlarmView], responses=SEEN, tags=["now"])
    def alarms(
        request: Request,
        person: Viewer,
        priority: Annotated[int | None, Query(ge=1, le=4, description="1 is the most urgent.")] = None,
        state: Annotated[Literal["standing", "cleared"] | None, Query(description="Default: both.")] = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> Response:
        """Alarms, the most urgent first."""
        now = seen(person)
        found = [
            alarm
            for alarm in now.alarms
            if priority in (None, alarm.priority) and state in (None, "standing" if alarm.cleared_at is None else "cleared")
        ]
        return served_model(request, page(now, found, lambda item: f"{item.priority} {item.key}", limit, cursor))

    @api.get("/recommendations", response_model=Page[RecommendationView], responses=SEEN, tags=["now"])
    def recommendations(
        request: Request,
        person: Viewer,
        state: Annotated[str | None, Query(max_length=40, description='For example "open".')] = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> Response:
        """Recommendations, open ones and those that were answered."""
        now = seen(person)
        found = [item for item in now.recommendations if state in (None, item.state)]
        return served_model(request, page(now, found, lambda item: item.id, limit, cursor))

    @api.get("/orders", response_model=Page[OrderView], responses=SEEN, tags=["now"])
    def orders(
        request: Request,
        person: Viewer,
        state: Annotated[str | None, Query(max_length=40, description='For example "confirmed".')] = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> Response:
        """Orders to the field, from proposed to confirmed or failed."""
        now = seen(person)
        found = [item for item in now.orders if state in (None, item.state)]
        return served_model(request, page(now, found, lambda item: item.key, limit, cursor))
