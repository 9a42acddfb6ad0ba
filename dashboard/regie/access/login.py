"""Login, logout and one's own password: plain forms that work without a script."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import Depends, FastAPI, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from dashboard.format import choose_language
from dashboard.regie.access import passwords
from dashboard.regie.access.asked import anybody, known
from dashboard.regie.access.door import OPEN, PASSWORD, Caller, Door, cookie, cookie_name
from dashboard.regie.access.login_page import Form, login_page, password_page
from dashboard.regie.access.people import Entry
from dashboard.regie.access.roles import Person, Role
from dashboard.regie.desk import Desk, Look, Screen
from dashboard.regie.gate import LOGIN, is_loopback
from dashboard.regie.page import home_of
from dashboard.regie.words import Words

ROOT = "/regie/"
_BODY_MAX = 8192
_NOBODY = "-"


@dataclass(frozen=True)
class LoginRoom:
    """The addresses below `LOGIN`, and the one by which a page tells that somebody has a hand on it."""

    desk: Desk
    door: Door
    panels: Collection[str] = ()

    def add_to(self, server: FastAPI) -> None:
        """Add the addresses; they are the only open ones."""

        @server.get(LOGIN)
        def form(request: Request, _: Annotated[Person | None, Depends(anybody)]) -> Response:
            return login_page(self.form(request, {"next": request.query_params.get("next", "")}))

        @server.post(LOGIN)
        async def login(request: Request, _: Annotated[Person | None, Depends(anybody)]) -> Response:
            return await asyncio.to_thread(self._login, request, await fields_of(request))

        @server.get(f"{LOGIN}/password")
        def password_form(request: Request, _: Annotated[Person | None, Depends(anybody)]) -> Response:
            caller = request.scope["state"]["caller"]
            if caller.session is None:
                return RedirectResponse(LOGIN, 303)
            return password_page(
                self.form(request, {"next": request.query_params.get("next", "")}), first=caller.person is None
            )

        @server.post(f"{LOGIN}/password")
        async def password(request: Request, _: Annotated[Person | None, Depends(anybody)]) -> Response:
            return await asyncio.to_thread(self._password, request, await fields_of(request))

        @server.post("/regie/logout")
        def logout(request: Request, _: Annotated[Person | None, Depends(anybody)]) -> Response:
            return self._logout(request)

        @server.post("/regie/api/here", status_code=204)
        def here(_: Annotated[Person, Depends(known)]) -> None:
            """Somebody has a hand on a page that needs no request for it; the gate has taken notice."""

    def stamp(self) -> Hashable:
        """It has no panel."""
        return None

    def draw(self, _: Look) -> Screen:
        """It has no panel."""
        return {}

    # ------------------------------------------------------------------------------------------ what forms do

    def _login(self, request: Request, fields: Mapping[str, str]) -> Response:
        form = self.form(request, fields)
        name, address = form.name, address_of(request)
        if not form.private:
            return login_page(form, fault="unencrypted", status=403)
        wait = self.door.throttle.take(name, address, self.door.clock())
        if wait is not None:
            self.note(_NOBODY, "access.throttled", name, address=address)
            minutes = max(1, round(wait.total_seconds() / 60.0 + 0.5))
            return login_page(form, fault="throttled", minutes=minutes, status=429)
        entry = self.door.people.get(name)
        if not self._right(entry, fields.get("password", "")) or entry is None:
            self.note(_NOBODY, "access.failed", name, address=address)
            return login_page(form, fault="wrong", status=401)
        self.door.throttle.forgive(name, address)
        stage = OPEN if entry.once_until is None else PASSWORD
        self.note(entry.role, "access.login", name, by=name, address=address, by_one_time_password=stage == PASSWORD)
        where = home(form, entry.role) if stage == OPEN else f"{LOGIN}/password?lang={form.language}&next={form.next_quoted}"
        return self.let_in(request, entry.name, None, stage, _to(where))

    def _right(self, entry: Entry | None, password: str) -> bool:
        right = passwords.matches(None if entry is None else entry.password, password)
        if entry is None or entry.disabled:
            return False
        return right and (entry.once_until is None or self.door.clock() < entry.once_until)

    def let_in(self, request: Request, name: str, role: Role | None, stage: str, answer: Response) -> Response:
        """Open a new session, whatever the browser brought; the one that it replaces keeps the alarms in sight and no more."""
        caller: Caller = request.scope["state"]["caller"]
        if caller.session is not None:
            self.door.ledger.lock(caller.session)
        now = self.door.clock()
        self.door.ledger.forget_before(now - self.door.settings.session.forget)
        secret = self.door.ledger.open_session(name, role, stage, now)
        longest_s = round(self.door.settings.session.forget.total_seconds())
        self._set(answer, request, secret, longest_s)
        return answer

    def _password(self, request: Request, fields: Mapping[str, str]) -> Response:
        caller: Caller = request.scope["state"]["caller"]
        form = self.form(request, fields)
        entry = None if caller.session is None else self.door.people.get(caller.session.name)
        if entry is None or entry.password is None or (caller.person is not None and caller.person.locked):
            return RedirectResponse(LOGIN, 303)
        fault = self._fault(entry, caller, request, fields)
        if fault:
            return password_page(form, first=caller.person is None, fault=fault, status=429 if fault == "throttled" else 422)
        self.note(entry.role, "access.password", entry.name, by=entry.name)
        self.door.people.set_password(entry.name, fields["new"], once=False)
        self.door.ledger.end_sessions_of(entry.name)
        return self.let_in(request, entry.name, None, OPEN, _to(home(form, entry.role)))

    def _fault(self, entry: Entry, caller: Caller, request: Request, fields: Mapping[str, str]) -> str | None:
        new = fields.get("new", "")
        if caller.person is not None:
            if self.door.throttle.take(entry.name, address_of(request), self.door.clock()) is not None:
                return "throttled"
            if not passwords.matches(entry.password, fields.get("password", "")):
                return "wrong"
            self.door.throttle.forgive(entry.name, address_of(request))
        if new != fields.get("again", ""):
            return "differs"
        return "same" if passwords.matches(entry.password, new) else passwords.weakness(new, entry.name)

    def _logout(self, request: Request) -> Response:
        caller: Caller = request.scope["state"]["caller"]
        if caller.session is not None:
            self.door.ledger.end_session(caller.session)
            role = caller.person.role if caller.person is not None else _NOBODY
            self.note(role, "access.logout", caller.session.name, by=caller.session.name)
        answer = _to(LOGIN)
        self._set(answer, request, "", 0)
        return answer

    # ------------------------------------------------------------------------------------------ inside

    def note(self, role: str, kind: str, target: str, *, by: str = _NOBODY, **params: Any) -> None:
        """A line of the book about who came in, or did not."""
        self.desk.book.write(self.door.clock(), by, str(role), kind, target[:40], **params)

    def _set(self, answer: Response, request: Request, secret: str, longest_s: int) -> None:
        text = cookie(cookie_name(request.headers), secret, secure=is_secure(request), longest_s=longest_s)
        answer.headers.append("set-cookie", text)

    def form(self, request: Request, fields: Mapping[str, str]) -> Form:
        """What the forms of this request need to know; ``fields``: as typed so far."""
        snapshot = self.desk.now.snapshot
        language = choose_language(request.query_params.get("lang"), request.headers.get("accept-language"))
        words = Words.of(language, "UTC" if snapshot is None else snapshot.site.timezone, None, "access")
        caller: Caller = request.scope["state"]["caller"]
        name = fields.get(
            "name", caller.person.name if caller.person is not None and caller.session is not None else ""
        ).strip()
        private = request.url.scheme == "https" or is_loopback(request.url.hostname or "")
        town = self.door.settings.oidc is not None
        return Form(words, inside(fields.get("next", ""), language), name[:40], private=private, town=town)


def _to(where: str) -> Response:
    return RedirectResponse(where, 303, {"cache-control": "no-store"})


def home(form: Form, role: Role) -> str:
    """Where a login leads: to what was asked for, or the first room that is open to the role."""
    asked_for_none = form.next == inside("", form.language)
    return f"{ROOT}{home_of(role)}?lang={form.language}" if asked_for_none else form.next


def inside(where: str, language: str) -> str:
    """Where somebody goes after the login: a page of ours, never another server's."""
    ours = where.startswith(ROOT) and not any(c in where for c in "\\\r\n") and "//" not in where.partition("?")[0]
    return where if ours and not where.startswith(LOGIN) else f"{ROOT}?lang={language}"


def address_of(request: Request) -> str:
    """Where a request comes from."""
    return "-" if request.client is None else request.client.host


def is_secure(request: Request) -> bool:
    """Whether cookies must travel encrypted: everywhere but on this machine itself."""
    return not (request.url.scheme == "http" and is_loopback(request.url.hostname or ""))


async def fields_of(request: Request) -> dict[str, str]:
    """The fields of a small form.

    Raises:
        HTTPException: for a body that no form of ours sends.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _BODY_MAX:
            raise HTTPException(413, f"the form is longer than {_BODY_MAX} bytes")
    try:
        return dict(parse_qsl(body.decode("utf-8"), max_num_fields=12, strict_parsing=False, keep_blank_values=True))
    except ValueError as error:
        raise HTTPException(422, f"this is no form: {error}") from error
