"""The gate: who calls, whether they may, where a command or a live connection comes from; security headers on every answer.

Deny by default: whoever shows neither a session nor a token comes to the login page and to its style sheets, and nowhere else.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import sqlite3
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.regie.access.asked import ANYBODY, KNOWN, Asked
from dashboard.regie.access.door import NOBODY, Caller, Door, again
from dashboard.regie.access.roles import Deed, Person
from dashboard.regie.api.problem import PREFIX as API
from dashboard.regie.api.problem import refused

_LOG = logging.getLogger(__name__)

LOGIN = "/regie/login"
ASSETS = "/regie/assets/"
Note = Callable[..., Any]
"""`Desk.note`."""

_SAFE = {"GET", "HEAD", "OPTIONS"}
_WATCHED = {"/", "/regie", "/regie/", "/regie/api/pulse", "/regie/api/here"}
"""What a locked session still reaches beside Dash's own addresses: alarms and grid."""
_DASH = "/regie/_dash"
_DENIAL_S = 60.0


def content_security_policy(script_hashes: Iterable[str]) -> str:
    """Own files only. ``script_hashes``: of Dash's inline scripts (`Dash.csp_hashes`), after all callbacks are registered.

    Plotly and React set inline styles, hence 'unsafe-inline' for styles; Dash's socket lives in a worker.
    """
    return "; ".join(
        (
            "default-src 'self'",
            "script-src 'self' " + " ".join(script_hashes),
            "style-src 'self' 'unsafe-inline'",
            "worker-src 'self' blob:",
            "img-src 'self' data: blob:",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def is_loopback(host: str) -> bool:
    """True when only this machine can reach ``host``."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def is_ours(name: str, names: Collection[str]) -> bool:
    """True when ``name``, the host that a browser asked for, can only be this server, which goes by ``names``.

    A page from elsewhere reaches us by letting its own name point here (DNS rebinding). An address cannot be rebound, so any
    will do; a name must be the one that we were told to listen on, one of our certificate, or the machine's own for itself.
    """
    ours = {"localhost", *(known.lower() for known in names)}
    if name in ours or f"*.{name.partition('.')[2]}" in ours:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def foreign(headers: Headers) -> str | None:
    """Why a command or a live connection is refused, or None when it comes from our own page."""
    site = headers.get("sec-fetch-site")
    if site is not None and site != "same-origin":
        return f"Sec-Fetch-Site is {site!r}, expected 'same-origin'"
    origin, host = headers.get("origin"), headers.get("host")
    if not origin:
        return "Origin is missing"
    if not host or origin.partition("://")[2].lower() != host.lower():
        return f"Origin {origin!r} is not {host!r}"
    return None


class Gate:
    """ASGI middleware around everything, live connections included."""

    def __init__(self, app: ASGIApp, *, policy: str, names: Collection[str], door: Door, asked: Asked, note: Note) -> None:
        """Stand in front of an application.

        Args:
            policy: content security policy. ``names``: by which the server goes, beside its addresses.
            asked: what each address asks. ``note``: writes who was denied what into the book.
        """
        self._app = app
        self._policy = policy
        self._names = names
        self._door = door
        self._asked = asked
        self._note = note
        self._noted: dict[tuple[str, str], float] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on with the person and with headers."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        caller, refusal = self._judge(scope)
        scope.setdefault("state", {}).update(person=caller.person, caller=caller)
        if refusal is not None and caller.person is not None:
            await self._deny(caller.person, scope["path"], refusal.reason)
        if scope["type"] == "websocket":
            await self._live(scope, receive, send, refusal)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add_headers(MutableHeaders(scope=message))
                if message["status"] == 403 and refusal is None and caller.person is not None:
                    await self._deny(caller.person, scope["path"], f"the role {caller.person.role}")
            await send(message)

        if refusal is not None:
            await refusal.answer(scope)(scope, receive, with_headers)
            return
        if _is_a_hand(scope):
            await asyncio.to_thread(self._door.touch, caller)
        await self._app(scope, receive, with_headers)

    async def _live(self, scope: Scope, receive: Receive, send: Send, refusal: _Refusal | None) -> None:
        if refusal is not None:
            await receive()
            await send({"type": "websocket.close", "code": 4000 + refusal.status, "reason": refusal.reason[:120]})
            return
        headers = Headers(scope=scope)
        again.set(lambda: self._door.caller(headers))
        await self._app(scope, receive, send)

    def _judge(self, scope: Scope) -> tuple[Caller, _Refusal | None]:
        headers = Headers(scope=scope)
        name = _name_of(headers.get("host", ""))
        if not is_ours(name, self._names):
            return NOBODY, _Refusal(403, f"Host {name!r} is not this server; use its IP address")
        try:
            caller = self._door.caller(headers)
        except (ValueError, sqlite3.Error) as error:
            return NOBODY, _Refusal(503, f"who may come in cannot be read: {error}")
        if scope["type"] == "websocket" or scope["method"] not in _SAFE:
            why = None if caller.by_token else foreign(headers)
            if why is not None:
                return caller, _Refusal(403, why)
        return caller, self._may(caller, scope)

    def _may(self, caller: Caller, scope: Scope) -> _Refusal | None:
        path, person = scope["path"], caller.person
        asks = Deed.SEE if scope["type"] == "websocket" else self._asked.at(scope)
        if asks == ANYBODY or path.startswith(ASSETS):
            return None
        if person is None:
            return _Refusal(401, caller.why or "log in first, or send a token", to_login=True)
        if person.locked and not (path in _WATCHED or path.startswith(_DASH)):
            return _Refusal(403, "locked: log in again", to_login=True)
        if asks != KNOWN and not person.may(Deed(asks)):
            return _Refusal(403, f"the role {person.role} may not {asks}")
        return None

    async def _deny(self, person: Person, path: str, reason: str) -> None:
        """Once a minute per person and address: a page that keeps asking must not fill the book."""
        key, now = (person.name, path), time.monotonic()
        if now - self._noted.get(key, -_DENIAL_S) < _DENIAL_S:
            return
        self._noted = {known: at for known, at in self._noted.items() if now - at < _DENIAL_S} | {key: now}
        try:
            await asyncio.to_thread(self._note, person, "access.denied", path, why=reason)
        except sqlite3.Error:
            _LOG.exception("%s was denied %s, and the book takes nothing", person.name, path)

    def _add_headers(self, headers: MutableHeaders) -> None:
        headers.setdefault("content-security-policy", self._policy)  # a made document brings its own, which is stricter
        headers["x-content-type-options"] = "nosniff"
        headers["referrer-policy"] = "same-origin"
        headers["cross-origin-opener-policy"] = "same-origin"
        headers["cross-origin-resource-policy"] = "same-origin"


@dataclass(frozen=True)
class _Refusal:
    """Why somebody does not come in; ``to_login``: whoever opens a page is led to the login instead."""

    status: int
    reason: str
    to_login: bool = False

    def answer(self, scope: Scope) -> Response:
        headers = Headers(scope=scope)
        opens = scope["method"] in ("GET", "HEAD") and "text/html" in headers.get("accept", "")
        if self.to_login and opens and "authorization" not in headers:
            back = scope["path"] + ("?" + scope["query_string"].decode("latin-1") if scope["query_string"] else "")
            language = QueryParams(scope["query_string"]).get("lang")
            asked = {"next": back} | ({"lang": language} if language else {})
            return RedirectResponse(f"{LOGIN}?{urlencode(asked)}", 303, {"cache-control": "no-store"})
        if scope["path"].startswith(API):
            return refused(self.status, self.reason)
        kept = {"cache-control": "no-store"} | ({"www-authenticate": "Bearer"} if self.status == 401 else {})
        return PlainTextResponse(self.reason, self.status, kept)


def _is_a_hand(scope: Scope) -> bool:
    """True for what only somebody at the screen does: open a page, send something. What pages ask by themselves is none."""
    return scope["method"] not in _SAFE or Headers(scope=scope).get("sec-fetch-mode") == "navigate"


def _name_of(host: str) -> str:
    """Host header without port and brackets, "" when it is malformed."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
