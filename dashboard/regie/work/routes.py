"""Addresses of the work orders in the régie's web application: list, order, document, photo, report."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from fastapi import Depends, FastAPI, Request
from pydantic import ValidationError
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, RedirectResponse, Response

from dashboard.format import choose_language
from dashboard.regie.access.asked import known, needs
from dashboard.regie.access.roles import Deed
from dashboard.regie.work.document import offline_document
from dashboard.regie.work.multipart import NoForm, read_form
from dashboard.regie.work.pages import ROOT, View, list_page, message_page, order_page
from dashboard.regie.work.photos import MAX_BYTES, MAX_PHOTOS, MEDIA_TYPES
from dashboard.regie.work.refusal import Refused
from dashboard.regie.work.store import OrderStore
from dashboard.regie.work.words import OrderWords
from twin.contracts.work_order import Change, Kept, Why

MAX_BODY = MAX_PHOTOS * MAX_BYTES + 100_000
READ_ONLY = "reports are refused here: this server is not bound to the loopback address"
REPORTS = Depends(needs(Deed.REPORT))
_SAID = ("accepted", "started", "done", "not_done")
_TYPED = ("found", "note", "score")


class _TooLarge(ValueError):
    """The body exceeds `MAX_BODY`."""


def add_work_orders(server: FastAPI, state: Path, site_clock: Callable[[], datetime | None], *, read_only: bool) -> None:
    """Add the addresses below `ROOT`.

    Args:
        state: of the run. ``site_clock``: instant of the newest snapshot, which an order's validity is measured by.
        read_only: refuse reports.
    """
    store = OrderStore(state)

    def view_of(request: Request) -> View:
        said = request.query_params.get("said", "")
        return View(
            language=choose_language(request.query_params.get("lang"), request.headers.get("accept-language")),
            read_only=read_only,
            now=site_clock(),
            by=known(request).name,
            key=uuid4().hex,
            said=said if said in _SAID else "",
        )

    @server.get(ROOT, dependencies=[REPORTS])
    def work_orders(request: Request) -> Response:
        return _listed(store, view_of(request))

    @server.get(f"{ROOT}photo/{{name}}", dependencies=[REPORTS])
    def photo(name: str) -> Response:
        path = store.photo(name)
        if path is None:
            return PlainTextResponse("there is no such photo", status_code=404)
        kept = {"cache-control": "private, max-age=31536000, immutable"}
        return FileResponse(path, media_type=MEDIA_TYPES[path.suffix[1:]], headers=kept)

    @server.get(f"{ROOT}{{order}}", dependencies=[REPORTS])
    def work_order(order: str, request: Request) -> Response:
        return _shown(store, order, view_of(request), order_page)

    @server.get(f"{ROOT}{{order}}/document.html", dependencies=[REPORTS])
    def document(order: str, request: Request) -> Response:
        return _shown(store, order, view_of(request), _document)

    @server.post(f"{ROOT}{{order}}/report", dependencies=[REPORTS])
    async def report(order: str, request: Request) -> Response:
        if read_only:
            return PlainTextResponse(READ_ONLY, status_code=403)
        view = view_of(request)
        try:
            body = await _body(request)
        except _TooLarge:
            return _refusal(store, order, view, [Why(code="large", params={"limit_mb": MAX_BODY / 1e6})], status=413)
        # photos are written and synced: not on the thread that serves everybody
        return await asyncio.to_thread(_report, store, order, request.headers.get("content-type", ""), body, view)


def _report(store: OrderStore, order: str, content_type: str, body: bytes, view: View) -> Response:
    try:
        fields = read_form(content_type, body)
        typed = {field.name: field.text for field in fields if field.file is None}
        ticked = [field.text for field in fields if field.name == "ticked" and field.file is None]
    except NoForm as error:
        return _refusal(store, order, view, [Why(code="form", params={"why": str(error)})], status=400)
    view = View(**{**vars(view), "typed": {name: typed.get(name, "") for name in _TYPED}})
    change = _change(order, view.by, typed, ticked)
    if not isinstance(change, Change):
        return _refusal(store, order, view, change)
    try:
        kept = store.report(change, [(field.file or "photo", field.data) for field in fields if field.file is not None])
    except Refused as refused:
        return _refusal(store, order, view, refused.faults)
    except (OSError, sqlite3.Error) as error:
        return _refusal(store, order, view, [Why(code="not_stored", params={"why": str(error)})], status=503)
    return RedirectResponse(f"{view.address(kept.order.id)}&said={change.state}", status_code=303)


def _change(order: str, by: str, typed: dict[str, str], ticked: Sequence[str]) -> Change | list[Why]:
    """What the form says, or every fault of it."""
    given = {
        "order": order,
        "state": typed.get("state", ""),
        "by": by[:40],
        "at": datetime.now(UTC),
        "note": typed.get("note", ""),
        "found": typed.get("found", ""),
        "score": int(typed["score"]) if typed.get("score", "").isdecimal() else None,
        "ticked": tuple(int(number) for number in ticked if number.isdecimal()),
        "key": typed.get("key", ""),
    }
    try:
        if typed.get("state") in _SAID:
            return Change.model_validate(given)
        faults = [Why(code="field", params={"field": "state", "value": repr(typed.get("state"))})]
    except ValidationError as error:
        faults = []
        for found in error.errors():
            field = str(found["loc"][0]) if found["loc"] else ""
            params = {"field": field, "value": repr(found["input"])[:80]}
            faults.append(Why(code="field", params=params))
    return faults


async def _body(request: Request) -> bytes:
    """The whole body, given up as soon as it is too large."""
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY:
            raise _TooLarge
        chunks.append(chunk)
    return b"".join(chunks)


def _read(store: OrderStore) -> tuple[Kept, ...] | str:
    try:
        return store.all()
    except (sqlite3.Error, ValueError) as error:
        return str(error).splitlines()[0]


def _one(store: OrderStore, order: str, view: View) -> Kept | Response:
    found = _read(store)
    if isinstance(found, str):
        return _unreadable(found, view)
    kept = next((kept for kept in found if kept.order.id == order), None)
    if kept is not None:
        return kept
    words = OrderWords.of(view.language)
    return _html(message_page(words.fault(Why(code="unknown", params={"order": order[:40]})), view), status=404)


def _listed(store: OrderStore, view: View) -> Response:
    found = _read(store)
    return _unreadable(found, view) if isinstance(found, str) else _html(list_page(found, view))


def _shown(store: OrderStore, order: str, view: View, draw: Callable[[Kept, View], str]) -> Response:
    kept = _one(store, order, view)
    return kept if isinstance(kept, Response) else _html(draw(kept, view))


def _document(kept: Kept, view: View) -> str:
    return offline_document(kept, OrderWords.of(view.language, kept.order.timezone))


def _unreadable(why: str, view: View) -> Response:
    return _html(message_page(OrderWords.of(view.language)("unreadable", why=why), view), status=503)


def _refusal(store: OrderStore, order: str, view: View, faults: Sequence[Why], *, status: int = 422) -> Response:
    """The order's page again, with every fault and what was typed."""
    kept = _one(store, order, view)
    if isinstance(kept, Response):
        return kept
    words = OrderWords.of(view.language, kept.order.timezone)
    view = View(**{**vars(view), "faults": tuple(map(words.fault, faults))})
    return _html(order_page(kept, view), status=status)


def _html(text: str, *, status: int = 200) -> Response:
    return HTMLResponse(text, status_code=status, headers={"cache-control": "no-store", "vary": "accept-language"})
