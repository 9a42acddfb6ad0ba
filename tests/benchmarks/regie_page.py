"""The page's first load: what comes over the wire, and when a real Chromium has cards on screen."""

from __future__ import annotations

import re
import shutil
import time

from regie_sockets import fetched

_PAGE = "/regie/?lang=fr"
_LINKED = re.compile(r'(?:src|href)="(/regie/[^"]+)"')
_ASKED = ("/regie/_dash-layout", "/regie/_dash-dependencies")
_FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
_CARD = ".cards .card"


def page_bytes(url: str, cookie: str) -> int:
    """Bytes of the page and of all that it asks for before its live connection, as they come over the wire."""
    import gzip

    raw = fetched(f"{url}{_PAGE}", cookie)
    text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode()
    return len(raw) + sum(len(fetched(f"{url}{path}", cookie)) for path in {*_LINKED.findall(text), *_ASKED})


def usable_s(url: str, cookie: str) -> float | None:
    """Seconds from asking for the page to a card in a new Chromium with an empty cache; None without playwright."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    name, _, value = cookie.partition("=")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=_FLAGS)
        context = browser.new_context(viewport={"width": 1920, "height": 1080})
        context.add_cookies([{"name": name, "value": value, "url": url}])
        page = context.new_page()
        begun = time.monotonic()
        page.goto(f"{url}{_PAGE}")
        page.wait_for_selector(_CARD, timeout=60_000.0)
        took = time.monotonic() - begun
        browser.close()
    return took
