"""Who calls: the person behind a cookie or a token, asked anew at every request and at every beat of a live connection."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from dashboard.regie.access.ledger import Ledger, Session
from dashboard.regie.access.people import People
from dashboard.regie.access.roles import Person
from dashboard.regie.access.settings import read_settings
from dashboard.regie.access.throttle import Throttle

OPEN, PASSWORD, LOCKED = "open", "password", "locked"
TOUCH = timedelta(seconds=15)
"""A hand on the screen is written down at most this often."""


@dataclass(frozen=True)
class Caller:
    """What was shown at the door.

    Attributes:
        person: None for nobody, and for somebody who still has to replace a one-time password.
        session: None for programs and for nobody. ``by_token``: a program, which no other site can send here.
        why: what is wrong with a token that was shown.
    """

    person: Person | None = None
    session: Session | None = None
    by_token: bool = False
    why: str = ""


NOBODY = Caller()

again: ContextVar[Callable[[], Caller]] = ContextVar("again", default=lambda: NOBODY)
"""Within a live connection: asks who is at its other end now."""


class Door:
    """The door of one state directory.

    Args:
        clock: wall clock, for tests.

    Raises:
        ValueError: settings with faults.
    """

    def __init__(self, state: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.settings = read_settings(state)
        self.people = People(state)
        self.ledger = Ledger(state)
        self.throttle = Throttle(self.ledger)
        self.clock = clock

    def caller(self, headers: Headers) -> Caller:
        """Who sends these headers.

        Raises:
            ValueError: the list of people cannot be read.
            sqlite3.Error: sessions and tokens cannot be read.
        """
        kind, _, secret = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return self._by_token(secret.strip())
        secret = cookie_in(headers)
        session = self.ledger.session(secret) if secret else None
        return NOBODY if session is None else self._by_session(session)

    def touch(self, caller: Caller) -> None:
        """Somebody has a hand on the screen; a session that is locked stays locked."""
        session, now = caller.session, self.clock()
        if session is not None and not self._locked(session) and now - session.seen_at > TOUCH:
            self.ledger.touch(session, now)

    def _by_session(self, session: Session) -> Caller:
        if self.clock() - session.opened_at > self.settings.session.forget:
            return NOBODY
        entry = self.people.get(session.name)
        if entry is not None and entry.disabled:
            return NOBODY
        if session.role is not None:  # of the town's own login
            return Caller(Person(session.name, session.role, self._locked(session)), session)
        if entry is None or entry.password is None or session.opened_at < entry.changed_at:
            return NOBODY
        if session.stage == PASSWORD:
            return Caller(None, session)
        return Caller(Person(session.name, entry.role, self._locked(session)), session)

    def _by_token(self, secret: str) -> Caller:
        token = self.ledger.token(secret)
        if token is None:
            return Caller(by_token=True, why="this token is not known here")
        if token.revoked_at is not None:
            return Caller(by_token=True, why=f"token {token.id} was revoked; ask an administrator for another")
        if token.expires <= self.clock():
            return Caller(by_token=True, why=f"token {token.id} expired on {token.expires:%Y-%m-%d %H:%M} UTC; ask for another")
        return Caller(Person(f"token {token.id} {token.label}"[:60], token.role, program=True), by_token=True)

    def _locked(self, session: Session) -> bool:
        now, limits = self.clock(), self.settings.session
        return session.stage == LOCKED or now - session.seen_at > limits.idle or now - session.opened_at > limits.longest


def cookie_name(headers: Headers) -> str:
    """Browsers keep one set of cookies for all ports of a machine: two régies side by side must not log each other out."""
    try:
        port = urlsplit(f"//{headers.get('host', '')}").port
    except ValueError:
        port = None
    return "regie" if port is None else f"regie-{port}"


def cookie_in(headers: Headers, name: str | None = None) -> str:
    """The session's secret that a browser sends, "" for none."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name or cookie_name(headers))
    except CookieError:
        return ""
    return "" if found is None else found.value


def cookie(name: str, value: str, *, secure: bool, longest_s: int | None = None, lax: bool = False) -> str:
    """A Set-Cookie header that no script reads; ``longest_s`` 0 takes it away, ``lax`` lets it come back from elsewhere."""
    parts = [f"{name}={value}", "Path=/", "HttpOnly", f"SameSite={'Lax' if lax else 'Strict'}"]
    if secure:
        parts.append("Secure")
    if longest_s is not None:
        parts.append(f"Max-Age={longest_s}")
    return "; ".join(parts)
