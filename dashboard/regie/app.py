"""The app: Dash on FastAPI, one live callback, one address for commands."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from dash import Dash, State, ctx, set_props
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.format import LANGUAGES, choose_language
from dashboard.regie.access.asked import Asked, needs, refusal
from dashboard.regie.access.door import Caller, Door, again
from dashboard.regie.access.login import LoginRoom
from dashboard.regie.access.roles import Deed, Person
from dashboard.regie.access.who import who_panel
from dashboard.regie.api.problem import PREFIX as API
from dashboard.regie.api.room import METRICS
from dashboard.regie.book import Book
from dashboard.regie.commands import CommandQueue
from dashboard.regie.compressed import Compressed
from dashboard.regie.desk import Desk, Room
from dashboard.regie.feed import Files, Watcher, follow, language_of
from dashboard.regie.gate import Gate, content_security_policy, is_loopback
from dashboard.regie.layout import layout
from dashboard.regie.misread import misread
from dashboard.regie.rooms import rooms_of
from dashboard.regie.wish import Wish
from dashboard.regie.work.routes import add_work_orders
from twin.contracts.desk_ports import Ports

PREFIX = "/regie/"
_ASSETS = Path(__file__).parent / "assets"
_OF_THE_ANALYST = {"promote", "withdraw", "shadow"}
"""Commands that cast boxes."""
_INDEX = """<!DOCTYPE html>
<html lang="LANGUAGE">
  <head>
    {%metas%}
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>{%title%}</title>
    {%favicon%}
    {%css%}
    <script src="/regie/assets/05_theme.js"></script>
  </head>
  <body>
    {%app_entry%}
    <footer>
      {%config%}
      {%scripts%}
      {%renderer%}
    </footer>
  </body>
</html>"""


def create_app(
    state: Path,
    ports: Ports | None = None,
    *,
    host: str = "127.0.0.1",
    encrypted: bool = False,
    certified: frozenset[str] = frozenset(),
) -> ASGIApp:
    """The régie's web application for one state directory.

    Args:
        state: where the loop writes its snapshots and reads its commands.
        ports: jobs, what-ifs and history; without them the rooms that need them say so.
        host: address it will be bound to; on anything but loopback the screen is read-only, unless ``encrypted``.
        certified: names that its certificate is for; ``*.town.example`` stands for one label.

    Raises:
        ValueError: settings of the access with faults.
    """
    read_only = not (is_loopback(host) or encrypted)
    watcher = Watcher(Files(state), read_only=read_only)
    door = Door(state)
    eyes = door.settings.four_eyes
    life = timedelta(minutes=eyes.valid_min)
    desk = Desk(state, watcher, CommandQueue(state), Book(state), ports or Ports(), read_only, eyes.commands, life)
    login = LoginRoom(desk, door)
    rooms = (*rooms_of(desk), login, *_town(login))
    watcher.open(rooms)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(watcher.run())
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    server = FastAPI(
        lifespan=lifespan, exception_handlers={RequestValidationError: misread}, docs_url=None, redoc_url=None, openapi_url=None
    )
    _add_commands(server, desk)
    for room in rooms:
        room.add_to(server)
    add_work_orders(server, state, lambda: None if watcher.snapshot is None else watcher.snapshot.as_of, read_only=read_only)
    asked = Asked.of(server.routes)  # before Dash adds its own
    dash = Dash(
        __name__,
        server=server,  # type: ignore[arg-type]  # Dash types it as Flask's; FastAPI is its documented other backend
        url_base_pathname=PREFIX,
        assets_folder=str(_ASSETS),
        assets_ignore="05_theme|06_forms|rooms",  # the first is in the head, before the first paint; others are of other pages
        title="Régie",
        update_title="",
        serve_locally=True,
        include_pages_meta=False,
        index_string=_INDEX,
    )
    dash.layout = layout()
    _add_feed(dash, watcher)
    # Without this the first page after a restart would be the one to build the callback map, and pages that reconnect
    # before it ask for a callback that does not exist yet: their feed would never resume.
    dash._setup_server()  # noqa: SLF001 (Dash offers no public way)
    policy = content_security_policy(dash.csp_hashes())
    return Gate(Compressed(_Front(server)), policy=policy, names={host, *certified}, door=door, asked=asked, note=desk.note)


def _town(login: LoginRoom) -> tuple[Room, ...]:
    """The town's own login, where the site has one: what it speaks with is heavy, and most sites go without."""
    if login.door.settings.oidc is None:
        return ()
    from dashboard.regie.access.town_room import TownRoom

    return (TownRoom(login, login.door.settings.oidc),)


def _add_feed(dash: Dash, watcher: Watcher) -> None:
    @dash.callback(State("url", "search"), websocket=True, persistent=True)
    async def feed(search: str | None) -> None:
        socket, language, ask = ctx.websocket, language_of(search), again.get()
        shown: Caller | None = None

        def tell(panel: str, props: dict[str, Any]) -> None:
            set_props(panel, props)

        def deeds() -> frozenset[Deed]:
            nonlocal shown
            caller = ask()
            if shown is None or caller.person != shown.person:
                shown = caller
                tell("who", {"markup": who_panel(caller, language)})
            return frozenset() if caller.person is None else caller.person.deeds

        await follow(watcher, language, deeds, tell, lambda: socket is None or socket.is_shutdown)


def _add_commands(server: FastAPI, desk: Desk) -> None:
    @server.post(f"{PREFIX}api/command", status_code=202)
    def command(wish: Wish, person: Annotated[Person, Depends(needs(Deed.COMMAND))]) -> dict[str, int | None]:
        if desk.read_only:
            raise HTTPException(403, "this screen is read-only: it is not bound to the loopback address")
        if wish.kind == "switch":
            raise HTTPException(403, "a switch is moved by a switching order, not by a command of its own")
        if wish.kind in _OF_THE_ANALYST and not person.may(Deed.ANALYSE):
            raise HTTPException(403, refusal(person, Deed.ANALYSE))
        try:
            return {"id": desk.command(person, wish)}
        except sqlite3.Error as error:
            raise HTTPException(503, f"command not stored: {error}") from error


class _Front:
    """Sends people to the page in their language before Dash sees the request, and gives the page its ``lang``."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        path = scope["path"]
        if path in ("/", PREFIX, PREFIX.rstrip("/")) and request.method in ("GET", "HEAD"):
            language = choose_language(request.query_params.get("lang"), request.headers.get("accept-language"))
            if path != PREFIX or request.query_params.get("lang") != language:
                answer = RedirectResponse(f"{PREFIX}?lang={language}", status_code=302, headers={"vary": "accept-language"})
                await answer(scope, receive, send)
                return
            await self._app(scope, receive, _Titled(send, language))
            return
        if not path.startswith((PREFIX, f"{API}/", METRICS)):
            await Response("not found", status_code=404, media_type="text/plain")(scope, receive, send)
            return
        await self._app(scope, receive, send)


class _Titled:
    """Writes the language into the one page that Dash serves."""

    def __init__(self, send: Send, language: str) -> None:
        assert language in LANGUAGES
        self._send = send
        self._language = language.encode()
        self._start: Any = None
        self._body = b""

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        self._body += message.get("body", b"")
        if message.get("more_body"):
            return
        body = self._body.replace(b'lang="LANGUAGE"', b'lang="' + self._language + b'"', 1)
        headers = [(k, v) for k, v in self._start["headers"] if k.lower() != b"content-length"]
        await self._send({**self._start, "headers": [*headers, (b"content-length", str(len(body)).encode())]})
        await self._send({"type": "http.response.body", "body": body})
