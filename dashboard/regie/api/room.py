"""The room of programs: ``/api/v1`` with its own OpenAPI document, and ``/metrics``."""

from __future__ import annotations

import json
from collections.abc import Collection, Hashable
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi.openapi.utils import get_openapi
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Match

from dashboard.regie.access.asked import known, needs
from dashboard.regie.access.roles import Deed, Person
from dashboard.regie.api.metrics import MEDIA_TYPE, exposition
from dashboard.regie.api.now import add_now
from dashboard.regie.api.past import add_past
from dashboard.regie.api.problem import PREFIX, ProblemDetails, RefusingRoute, documented
from dashboard.regie.api.served import served
from dashboard.regie.api.work import add_work
from dashboard.regie.desk import Desk, Look, Screen

METRICS = "/metrics"
LARGEST_BODY = 16 * 1024
"""Bytes; the longest command with its motive has one."""
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
_ABOUT = (
    "The state of the grid, its history, forecasts, alarms and recommendations, and the commands of the screen. Instants are "
    "ISO 8601 UTC, a timestamp labels the start of its quarter hour; units stand in the names; null is missing, never zero. "
    "A token is sent as `Authorization: Bearer ...`; it has a role, and every command is written into the audit."
)


class ApiRoom:
    """Reads for every role that may see, commands for those that may command."""

    panels: Collection[str] = ()

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def add_to(self, server: FastAPI) -> None:
        """Add the API and the metrics."""
        router = APIRouter(prefix=PREFIX, route_class=RefusingRoute, dependencies=[Depends(_small)])
        for add in (add_now, add_past, add_work):
            add(router, self._desk)
        document = json.dumps(_document(router)).encode()

        @router.get("/openapi.json", include_in_schema=False)
        def openapi(request: Request, _: Annotated[Person, Depends(known)]) -> Response:
            return served(request, document, "application/json")

        declared = list(router.routes)

        @router.api_route("/{rest:path}", methods=_METHODS, include_in_schema=False)
        def nothing(request: Request, _: Annotated[Person, Depends(known)]) -> Response:
            partly = [route for route in declared if route.matches(request.scope)[0] is Match.PARTIAL]
            others = {method for route in partly for method in getattr(route, "methods", ())}
            if others:
                raise HTTPException(405, f"{request.method} is not taken here", {"allow": ", ".join(sorted(others))})
            raise HTTPException(404, f"no such address; see {PREFIX}/openapi.json")

        server.router.routes += router.routes  # each for itself, so that the gate's table sees what it asks

        @server.get(METRICS)
        def metrics(_: Annotated[Person, Depends(needs(Deed.SEE))]) -> Response:
            now = self._desk.now
            text = exposition(now.snapshot, datetime.now(UTC), readable=now.readable, dispatchers=now.followers)
            return PlainTextResponse(text, media_type=MEDIA_TYPE, headers={"cache-control": "no-store"})

    def stamp(self) -> Hashable:
        """It has no panel."""
        return None

    def draw(self, _: Look) -> Screen:
        """It has no panel."""
        return {}


def _small(request: Request) -> None:
    """Refuse a body that is larger than any command, before it is read."""
    told = request.headers.get("content-length", "0")
    if "transfer-encoding" in request.headers or not (told.isdecimal() and int(told) <= LARGEST_BODY):
        raise HTTPException(413, f"a body of at most {LARGEST_BODY} bytes, with its Content-Length")


def _document(router: APIRouter) -> dict[str, Any]:
    """OpenAPI 3.1, every address with the token it asks for and with problem details for what it refuses."""
    document = get_openapi(title="Régie", version="1", routes=router.routes, description=_ABOUT)
    schemas = document["components"]["schemas"]
    schema = ProblemDetails.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= schema.pop("$defs") | {"ProblemDetails": schema}
    document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{"token": []}]
    everywhere = {str(status): told for status, told in documented(400, 413).items()}
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["responses"] |= everywhere
    return document
