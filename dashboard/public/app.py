"""The public app: raw ASGI, GET and HEAD only, every answer made once per edition and language."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dashboard.format import LANGUAGES, choose_language
from dashboard.public import shelf
from dashboard.public.addresses import AT_ROOT, BELOW, Asked, Place, place_of
from dashboard.public.extras import assets as extra_assets
from dashboard.public.feed import Edition, Feed
from dashboard.public.open_data import OpenFolder
from dashboard.public.pages.document import Assets
from dashboard.public.pages.error import error_page
from dashboard.public.pages.front import front_door
from dashboard.public.polling import polling
from dashboard.public.shelf import ASK_AGAIN, FOREVER, SHORT, Answer
from dashboard.public.view import View, render

log = logging.getLogger(__name__)

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_FOLDER = Path(__file__).parent / "assets"
_ERRORS: tuple[tuple[str, int, tuple[shelf.Header, ...]], ...] = (
    ("not_found", 404, ()),
    ("withheld", 403, ()),
    ("method", 405, ((b"allow", b"GET, HEAD"),)),
)


class PublicApp:
    """Serves one directory's files as pages in four languages, and its ``tariff.json`` as it is.

    Args:
        directory: where the loop and the publisher leave them.
        now: the clock on the wall, UTC; only to say 'stale' to browsers without a script and to `/health`.
        address: of the view where people open it, absolute, without a slash at its end: for feeds, calendars, embedding.
    """

    def __init__(self, directory: Path, now: Callable[[], datetime], address: str = "http://localhost") -> None:
        self._feed = Feed(directory)
        self._tariff_file = directory / "tariff.json"
        self._now = now
        self._address = address
        self._open = OpenFolder(directory / "open")
        files = {"page.css": (_FOLDER / "page.css").read_bytes(), "page.js": polling(_FOLDER / "page.js")}
        paths = {name: f"assets/{shelf.content_tag(body)}.{name}" for name, body in files.items()}
        build = shelf.content_tag("".join([*paths.values(), extra_assets.BUILD]).encode())
        self.assets = Assets(paths["page.css"], paths["page.js"], extra_assets.path_of("install.js"), build)
        self._fixed: dict[str, Answer] = {
            f"/{paths[name]}": shelf.answer(files[name], kind, cache=FOREVER)
            for name, kind in (("page.css", shelf.CSS), ("page.js", shelf.SCRIPT))
        }
        self._fixed["/index.html"] = shelf.answer(front_door(self.assets), shelf.HTML, cache=ASK_AGAIN)
        self._errors: dict[tuple[str, str], Answer] = {}
        base = f"{urlsplit(address).path.rstrip('/')}/"
        for language in LANGUAGES:
            for code, status, extra in _ERRORS:
                page = error_page(language, self.assets, code, base)
                self._errors[language, code] = shelf.answer(page, shelf.HTML, cache=ASK_AGAIN, status=status, extra=extra)
            for below in BELOW:
                if below == "" or below.endswith("/"):  # without its slash, a folder's address leads to the one with it
                    where = f"/{language}/{below}"
                    self._fixed[where[:-1]] = _moved(where, 308, ASK_AGAIN)
        self._made: dict[tuple[str, bool], Answer] = {}
        self._lasting: dict[str, Answer] = {}
        self._views: dict[str, View] = {}
        self._version = ""
        self._failed = ""

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
            body, lines = found.variant(gzipped=_takes_gzip(headers.get(b"accept-encoding", "")))
            status = found.status
        if scope["method"] == "HEAD":
            body = b""
        await send({"type": "http.response.start", "status": status, "headers": lines})
        await send({"type": "http.response.body", "body": body})

    @property
    def held_back(self) -> bool:
        """Whether the figures are withdrawn, or there are none: then nobody keeps a copy of what follows them."""
        edition = self._latest()
        return edition.withheld or edition.snapshot is None

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
        found = place_of(path, LANGUAGES)
        if found is not None:
            return self._placed(path, *found)
        if path.startswith("/open/"):
            return self._open_data(path.removeprefix("/open/"), language)
        made: Mapping[str, Callable[[], Answer | None]] = {"/health": self._health, "/tariff.json": self._tariff}
        one = made[path]() if path in made else self._fixed.get(path)
        return one or self._errors[language, "not_found"]

    def addresses(self) -> Iterator[str]:
        """Every address that answers now, for whoever writes them all to files; a folder's ends with a slash."""
        yield from (f"/{language}/{below}" for language in LANGUAGES for below in BELOW)
        yield from (f"/{path}" for path in AT_ROOT)
        yield from (path for path, one in self._fixed.items() if one.status == 200)
        if self._tariff() is not None:
            yield "/tariff.json"
        edition = self._latest()
        yield from (f"/open/{name}" for name in self._open.names(withheld=edition.withheld))

    def _latest(self) -> Edition:
        edition = self._feed.latest()
        return edition.unshown() if edition.version == self._failed else edition

    def _placed(self, path: str, language: str, place: Place) -> Answer:
        edition = self._latest()
        try:
            return self._of_edition(edition, path, language, place)
        except Exception:  # whatever a value does to a formatter: no figure is shown then, and least of all an older one
            if place.lasting or edition.trouble == "unshown":  # no figure stands there, so none is at fault
                raise
            log.exception("%s cannot be made; no figure is shown until the files change", path)
            self._failed = edition.version
            return self._of_edition(edition.unshown(), path, language, place)

    def _of_edition(self, edition: Edition, path: str, language: str, place: Place) -> Answer:
        if place.lasting and path in self._lasting:
            return self._lasting[path]
        if edition.version != self._version or not self._views:
            views = {language: render(edition, language) for language in LANGUAGES}
            self._version, self._views, self._made = edition.version, views, {}
        key = (path, self._is_stale(edition))
        if key not in self._made:
            asked = Asked(edition, self._views[language], self.assets, self._address, stale=key[1])
            self._made[key] = place.make(asked)
            if place.lasting:
                self._lasting[path] = self._made[key]
        return self._made[key]

    def _open_data(self, name: str, language: str) -> Answer:
        withheld = self._latest().withheld
        return self._open.answer(name, withheld=withheld) or self._errors[language, "withheld" if withheld else "not_found"]

    def _is_stale(self, edition: Edition) -> bool:
        return edition.snapshot is not None and self._now() > edition.snapshot.stale_after

    def _tariff(self) -> Answer | None:
        """The VSE's tariff document for energy managers, read anew each time: they ask once in a quarter hour."""
        try:
            return shelf.answer(self._tariff_file.read_bytes(), shelf.JSON, cache=SHORT)
        except OSError:
            return None

    def _health(self) -> Answer:
        """The process is well whenever it answers; ``data`` says how well it is fed (a restart here cures no stale feed)."""
        edition = self._latest()
        data = edition.trouble or ("stale" if self._is_stale(edition) else "ok")
        snapshot = edition.snapshot
        published = None if snapshot is None else snapshot.published_at.isoformat()
        told = {"status": "ok", "data": data, "published_at": published, "embargo": edition.embargo is not None}
        return shelf.answer(json.dumps(told).encode(), shelf.JSON, cache="no-store")


def _moved(where: str, status: int, cache: str, vary: bytes = b"") -> Answer:
    extra = ((b"location", where.encode()), *(((b"vary", vary),) if vary else ()))
    return shelf.answer(b"", shelf.HTML, cache=cache, status=status, extra=extra)


def _takes_gzip(codings: str) -> bool:
    """Accept-Encoding names gzip, and not with the weight 0 that refuses it (RFC 9110, 12.4.2 and 12.5.3)."""
    weights = dict(coding.replace(" ", "").lower().partition(";q=")[::2] for coding in codings.split(","))
    return "gzip" in weights and weights["gzip"] not in ("0", "0.", "0.0", "0.00", "0.000")


def _matches(tags: str, etag: str) -> bool:
    """If-None-Match, compared weakly as RFC 9110, 13.1.2 asks."""
    return tags.strip() == "*" or etag in {tag.strip().removeprefix("W/") for tag in tags.split(",")}
