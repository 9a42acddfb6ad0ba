"""The two addresses of the town's own login: away to the provider, and back from it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Hashable
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboard.regie.access.asked import anybody
from dashboard.regie.access.door import OPEN, Caller, cookie, cookie_in, cookie_name
from dashboard.regie.access.login import LoginRoom, address_of, is_secure
from dashboard.regie.access.login_page import Form, login_page
from dashboard.regie.access.roles import Person
from dashboard.regie.access.settings import OidcSettings
from dashboard.regie.access.town import ERRAND_S, TownLogin, TownRefused
from dashboard.regie.desk import Look, Screen
from dashboard.regie.gate import LOGIN
from dashboard.regie.markup import Markup, tag

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class TownRoom:
    """Away and back, for a site whose settings name a provider."""

    login: LoginRoom
    settings: OidcSettings
    panels: Collection[str] = field(default=())

    def add_to(self, server: FastAPI) -> None:
        """Add the addresses."""
        door = self.login.door
        town = TownLogin(self.settings, self.login.desk.state, door.ledger, door.people)

        @server.get(f"{LOGIN}/town")
        async def away(request: Request, _: Annotated[Person | None, Depends(anybody)]) -> Response:
            return await asyncio.to_thread(self._away, town, request)

        @server.get(f"{LOGIN}/town/back")
        async def back(request: Request, _: Annotated[Person | None, Depends(anybody)]) -> Response:
            return await asyncio.to_thread(self._back, town, request)

    def stamp(self) -> Hashable:
        """It has no panel."""
        return None

    def draw(self, _: Look) -> Screen:
        """It has no panel."""
        return {}

    def _away(self, town: TownLogin, request: Request) -> Response:
        form = self.login.form(request, {"next": request.query_params.get("next", "")})
        if not form.private:
            return login_page(form, fault="unencrypted", status=403)
        try:
            address, secret = town.begin(_way_back(request), form.next)
        except (TownRefused, OSError) as error:
            return self._refused(request, form, error)
        answer = RedirectResponse(address, 303, {"cache-control": "no-store"})
        _keep(answer, request, secret, round(ERRAND_S))
        return answer

    def _back(self, town: TownLogin, request: Request) -> Response:
        form = self.login.form(request, {})
        secret = cookie_in(request.headers, _name(request))
        try:
            name, role, where = town.end(_way_back(request), dict(request.query_params), secret)
        except (TownRefused, OSError) as error:
            return self._refused(request, form, error)
        self.login.note(role, "access.login", name, by=name, address=address_of(request), by_town=True)
        # The session's cookie is Strict, and whoever comes back from the provider comes from elsewhere: a redirect would not
        # bring it along, a page of ours that goes on by itself does.
        on = tag("p", tag("a", form.words("login.go_on"), href=where))
        head = (
            Markup('<meta charset="utf-8">'),
            tag("meta", http_equiv="refresh", content=f"0;url={where}"),
            tag("title", "Régie"),
        )
        page = tag("html", tag("head", *head), tag("body", on), lang=form.language)
        answer = HTMLResponse(f"<!DOCTYPE html>\n{page}\n", headers={"cache-control": "no-store"})
        _keep(answer, request, "", 0)
        return self.login.let_in(request, name, role, OPEN, answer)

    def _refused(self, request: Request, form: Form, error: Exception) -> Response:
        _LOG.warning("the town's login let nobody in: %s", error)
        caller: Caller = request.scope["state"]["caller"]
        by = "-" if caller.person is None else caller.person.name
        self.login.note("-", "access.failed", "town", by=by, address=address_of(request), why=str(error)[:200])
        return login_page(form, fault="town", status=403)


def _way_back(request: Request) -> str:
    return f"{request.url.scheme}://{request.headers['host']}{LOGIN}/town/back"


def _name(request: Request) -> str:
    return f"town-{cookie_name(request.headers)}"


def _keep(answer: Response, request: Request, secret: str, longest_s: int) -> None:
    text = cookie(_name(request), secret, secure=is_secure(request), longest_s=longest_s, lax=True)
    answer.headers.append("set-cookie", text)
