"""The public app and somebody else's website on ports of this machine, and what is looked for on a small page."""

import socket
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import uvicorn

sys.path.insert(0, str(Path(__file__).parents[2] / "unit" / "dashboard" / "public_extras"))
from extras_town import approved, coming, town

from dashboard.public.app import PublicApp

SIZES = {"1920x1080": (1920, 1080), "1280x720": (1280, 720)}
PATIENCE_MS = 30_000


def now_town(period_s=900.0, **other):
    """The town at this very moment."""
    now = datetime.now(UTC)
    as_of = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)
    return town(as_of=as_of, published=now, period_s=period_s, coming=coming(as_of.replace(minute=0)), **other)


class Served:
    """An ASGI app on a port of this machine, and how often it was asked."""

    def __init__(self, make):
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.app = make(self.url)
        self._server = uvicorn.Server(uvicorn.Config(self.app, lifespan="off", log_level="warning", ws="none"))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)

    def start(self):
        self._thread.start()
        end = time.monotonic() + 60.0
        while not self._server.started and time.monotonic() < end:
            time.sleep(0.02)
        assert self._server.started
        return self

    def stop(self):
        self._server.should_exit = True
        self._thread.join(30.0)


class View(Served):
    """The public app with its directory."""

    def __init__(self, directory):
        super().__init__(lambda url: PublicApp(directory, lambda: datetime.now(UTC), url))
        self._directory = directory

    def show(self, snapshot, release=None):
        """Publish what the loop and the publisher would leave, each beside and renamed."""
        for name, content in (("public.json", snapshot), ("release.json", release or approved())):
            beside = self._directory / f"{name}.tmp"
            beside.write_text(content.model_dump_json(), encoding="utf-8")
            beside.replace(self._directory / name)
        return snapshot


class Website:
    """Somebody else's website: pages by their path."""

    def __init__(self):
        self.pages = {}

    async def __call__(self, scope, _receive, send):
        body = self.pages.get(scope["path"], "").encode()
        headers = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200 if body else 404, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def share(page):
    return page.locator('[data-k="share"]').inner_text()


def assert_accessible(page, schemes=("light", "dark")):
    from axe_playwright_python.sync_playwright import Axe

    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        found = Axe().run(page)
        assert found.violations_count == 0, f"{page.url} {scheme}: {found.generate_report()}"


def cut(page):
    """Elements whose words do not fit in them."""
    return page.evaluate(
        """[...document.querySelectorAll('main *')].filter(e => !e.closest('.aside, svg, [hidden], .clamped') && e.clientWidth
            && e.scrollWidth > e.clientWidth + 1).map(e => e.tagName + ' ' + e.textContent)"""
    )


ROWS = "h1, .notice:not([hidden]), .now, .beside, .ahead, .values:not([hidden]) footer, .now > *, .ahead > *, .card, .card > *"


def overlaps(page):
    """Rows of the screen that lie on each other."""
    return page.evaluate(
        """selector => {
            const box = e => e.getBoundingClientRect();
            const seen = e => e.textContent.trim() && e.getClientRects().length;
            const rows = [...document.querySelectorAll(selector)].filter(seen);
            const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom - 1 && b.top < a.bottom - 1;
            const apart = (a, b) => a.contains(b) || b.contains(a) || !meet(box(a), box(b));
            const words = (a, b) => a.textContent + ' | ' + b.textContent;
            return rows.flatMap((a, i) => rows.slice(i + 1).filter(b => !apart(a, b)).map(b => words(a, b)));
        }""",
        ROWS,
    )
