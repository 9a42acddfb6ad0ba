"""The door: security headers on every answer, and a check of where a command or a live connection comes from."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.regie.access.roles import Person, Role

_SAFE = {"GET", "HEAD", "OPTIONS"}


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


def is_ours(name: str, bound: str) -> bool:
    """True when ``name``, the host that a browser asked for, can only be this server, which listens on ``bound``.

    A page from elsewhere reaches us by letting its own name point here (DNS rebinding). An address cannot be rebound, so any
    will do; a name must be the one that we were told to listen on, or the machine's own for itself.
    """
    if name in ("localhost", bound.lower()):
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

    def __init__(self, app: ASGIApp, *, policy: str, bound: str) -> None:
        """``bound``: address or name on which the server listens."""
        self._app = app
        self._policy = policy
        self._bound = bound

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on with headers."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})["person"] = Person("dispatcher", Role.ADMIN)  # until people log in
        reason = self._refusal(scope)
        if scope["type"] == "websocket":
            if reason is not None:
                await receive()
                await send({"type": "websocket.close", "code": 4403, "reason": reason[:120]})
                return
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("content-security-policy", self._policy)  # a made document brings its own, which is stricter
                headers["x-content-type-options"] = "nosniff"
                headers["referrer-policy"] = "same-origin"
                headers["cross-origin-opener-policy"] = "same-origin"
                headers["cross-origin-resource-policy"] = "same-origin"
            await send(message)

        if reason is not None:
            await PlainTextResponse(reason, status_code=403)(scope, receive, with_headers)
            return
        await self._app(scope, receive, with_headers)

    def _refusal(self, scope: Scope) -> str | None:
        headers = Headers(scope=scope)
        name = _name_of(headers.get("host", ""))
        if not is_ours(name, self._bound):
            return f"Host {name!r} is not this server; use its IP address"
        if scope["type"] == "websocket" or scope["method"] not in _SAFE:
            return foreign(headers)
        return None


def _name_of(host: str) -> str:
    """Host header without port and brackets, "" when it is malformed."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
