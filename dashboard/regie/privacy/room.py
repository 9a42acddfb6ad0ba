"""The officer's room: one page, read anew at every visit, and to take away as data. It works without a script."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request
from pydantic import ValidationError
from starlette.responses import Response

from dashboard.regie.access.asked import needs
from dashboard.regie.access.roles import Deed, Person
from dashboard.regie.desk import Desk, Look, Screen
from dashboard.regie.page import Visit, page
from dashboard.regie.privacy.pages import PATH, body
from twin.contracts.desk_ports import Unavailable
from twin.contracts.privacy import FILE, Disclosure, Holdings

_ROOT = f"/regie/{PATH}"


@dataclass(frozen=True)
class PrivacyRoom:
    """Two addresses: the page, and the same as JSON."""

    desk: Desk
    panels: Collection[str] = ()

    def add_to(self, server: FastAPI) -> None:
        """Add the addresses."""

        @server.get(_ROOT)
        def officer(request: Request, person: Annotated[Person, Depends(needs(Deed.INSPECT))]) -> Response:
            visit = Visit.of(request, person, self.desk, "privacy")
            parts = body(visit, self._holdings(), self._disclosure())
            return page(visit, PATH, visit.words("title"), *parts, styles=("privacy.css",), scripts=("switching.js",))

        @server.get(f"{_ROOT}held.json")
        def held(person: Annotated[Person, Depends(needs(Deed.INSPECT))]) -> Response:
            self.desk.note(person, "access.export", "held.json")
            kept = {"content-disposition": 'attachment; filename="held.json"', "cache-control": "no-store"}
            return Response(self._holdings().model_dump_json(indent=1), media_type="application/json", headers=kept)

    def stamp(self) -> Hashable:
        """It has no panel."""
        return None

    def draw(self, _: Look) -> Screen:
        """It has no panel."""
        return {}

    def _holdings(self) -> Holdings:
        if self.desk.ports.privacy is None:
            raise HTTPException(503, "this web process was started without what it needs to look; start it with regie live")
        try:
            return self.desk.ports.privacy.holdings(datetime.now(UTC))
        except Unavailable as error:
            raise HTTPException(503, str(error)) from error

    def _disclosure(self) -> Disclosure | None:
        """None while no loop has told it here."""
        try:
            return Disclosure.model_validate_json((self.desk.state / "snapshots" / FILE).read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            raise HTTPException(503, f"{FILE} cannot be read: {error}") from error
