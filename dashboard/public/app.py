"""The public app: raw ASGI, GET and HEAD only, every answer made once per snapshot and language."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from datetime import datetime
from pathlib import Path
from typing import Any

from dashboard.format import LANGUAGES, choose_language
from dashboard.public import shelf
from dashboard.public.feed import Feed, Reading
from dashboard.public.page import Assets, error_page, how_page, live_page
from dashboard.public.shelf import Answer
from dashboard.public.view import View, render

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

FOREVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
SHORT = "public, max-age=1"  # a proxy in front asks at most once a second, whatever the crowd behind it
RETRY_S = b"5"

_FOLDER = Path(__file__).parent / "assets"


class PublicApp:
    """Serves one directory's ``public.json`` as a page in four languages, and its ``tariff.json`` as it is.

    Args:
        directory: where the loop leaves both.
        now: the clock on the wall, UTC; only to say 'stale' to browsers without a script and to `/health`.
    """

    def __init__(self, directory: Path, now: Callable[[], datetime]) -> None:
        self._feed = Feed(directory)
        self._tariff_file = directory / "tariff.json"
        self._now = now
        files = {name: (_FOLDER / name).read_bytes() for name in ("page.css", "page.js")}
        paths = {name: f"/assets/{shelf.content_tag(body)}.{name}" for name, body in files.items()}
        self.assets = Assets(style=paths["page.css"], script=paths["page.js"])
        self._fixed: dict[str, Answer] = {
            paths["page.css"]: shelf.answer(files["page.css"], shelf.CSS, cache=FOREVER),
            paths["page.js"]: shelf.answer(files["page.js"], shelf.SCRIPT, cache=FOREVER),
        }
        self._errors: dict[tuple[str, str], Answer] = {}
        for language in LANGUAGES:
            page = how_page(language, self.assets)
            self._fixed[f"/{language}/how"] = shelf.answer(page, shelf.HTML, cache="public, max-age=300")
            self._fixed[f"/{language}"] = _moved(f"/{language}/", 308, ASK_AGAIN)
            for code, status, extra in (("not_found", 404, ()), ("method", 405, ((b"allow", b"GET, HEAD"),))):
                page = error_page(language, self.assets, code)
                self._errors[language, code] = shelf.answer(page, shelf.HTML, cache=ASK_AGAIN, status=status, extra=extra)
        self._made: dict[tuple[str, str, bool], Answer] = {}
        self._views: dict[str, View] = {}
        self._version = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI connection; anything but HTTP is turned away."""
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        found = self.answer(scope["method"], scope["path"], headers.get(b"accept-language", ""))
        tags = headers.get(b"if-none-match", "")
        if found.status == 200 and _matches(tags, found.etag.decode()):
            body, lines, status = b"", found.headers, 304
        else:
            body, lines = found.variant(gzipped="gzip" in headers.get(b"accept-encoding", ""))
            status = found.status
        if scope["method"] == "HEAD":
            body = b""
        await send({"type": "http.response.start", "status": status, "headers": lines})
        await send({"type": "http.response.body", "body": body})

    def answer(self, method: str, path: str, accept_language: str) -> Answer:
        """The answer to one request; its query string plays no part.

        Args:
            path: decoded path of the address.
            accept_language: the header, "" when absent.
        """
        part = path[1:3]
        language = part if part in LANGUAGES else choose_language(None, accept_language)
        if method not in ("GET", "HEAD"):
            return self._errors[language, "method"]
        if path == "/":
            return _moved(f"/{language}/", 302, ASK_AGAIN, vary=b"accept-language")
        made: dict[str, Callable[[], Answer | None]] = {
            "/health": self._health,
            "/tariff.json": self._tariff,
            f"/{language}/": lambda: self._live(language, "page"),
            f"/{language}/live.json": lambda: self._live(language, "json"),
        }
        found = made[path]() if path in made else self._fixed.get(path)
        return found or self._errors[language, "not_found"]

    def _live(self, language: str, kind: str) -> Answer:
        reading = self._feed.latest()
        if reading.version != self._version or not self._views:
            self._version = reading.version
            self._made.clear()
            self._views = {language: render(reading, language) for language in LANGUAGES}
        stale = kind == "page" and self._is_stale(reading)
        key = (language, kind, stale)
        if key not in self._made:
            make = _page_answer if kind == "page" else _json_answer
            self._made[key] = make(reading, self._views[language], self.assets, stale)
        return self._made[key]

    def _is_stale(self, reading: Reading) -> bool:
        return reading.snapshot is not None and self._now() > reading.snapshot.stale_after

    def _tariff(self) -> Answer | None:
        """The VSE's tariff document for energy managers, read anew each time: they ask once in a quarter hour."""
        try:
            return shelf.answer(self._tariff_file.read_bytes(), shelf.JSON, cache=SHORT)
        except OSError:
            return None

    def _health(self) -> Answer:
        """The process is well whenever it answers; ``data`` says how well it is fed (a restart here cures no stale feed)."""
        reading = self._feed.latest()
        data = reading.trouble or ("stale" if self._is_stale(reading) else "ok")
        snapshot = reading.snapshot
        published = None if snapshot is None else snapshot.published_at.isoformat()
        body = json.dumps({"status": "ok", "data": data, "published_at": published}).encode()
        return shelf.answer(body, shelf.JSON, cache="no-store")


def _page_answer(reading: Reading, view: View, assets: Assets, stale: bool) -> Answer:
    failing = reading.trouble not in ("", "starting")
    status, extra = (503, ((b"retry-after", RETRY_S),)) if failing else (200, ())
    return shelf.answer(live_page(view, assets, stale=stale), shelf.HTML, cache=ASK_AGAIN, status=status, extra=extra)


def _json_answer(reading: Reading, view: View, _assets: Assets, _stale: bool) -> Answer:
    if reading.trouble:
        return shelf.answer(view.to_json(), shelf.JSON, cache="no-store", status=503, extra=((b"retry-after", RETRY_S),))
    return shelf.answer(view.to_json(), shelf.JSON, cache=SHORT)


def _moved(where: str, status: int, cache: str, vary: bytes = b"") -> Answer:
    extra = ((b"location", where.encode()), *(((b"vary", vary),) if vary else ()))
    return shelf.answer(b"", shelf.HTML, cache=cache, status=status, extra=extra)


def _matches(tags: str, etag: str) -> bool:
    """If-None-Match, compared weakly as RFC 9110, 13.1.2 asks."""
    return tags.strip() == "*" or etag in {tag.strip().removeprefix("W/") for tag in tags.split(",")}
