"""Everything that `regie public export` writes, on a host that knows no more than files, below a folder of it."""

import json
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from public_stage import PHONE, ROOT, assert_accessible, words_at

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "dashboard"))
from public_town import LANGUAGES, publish, release, story, town

FOLDER = "/strom"
PACKAGE = {
    "resources": [
        {"path": "months.csv", "title": "Months", "alternatives": ["months.json"]},
        {"path": "schema-months.json", "title": "What the columns mean"},
    ]
}


class Host(SimpleHTTPRequestHandler):
    """Files as they are, and what was asked for in vain."""

    missing: list[str]

    def log_message(self, *_):
        pass

    def send_error(self, code, *_):
        self.missing.append(f"{code} {self.path}")
        super().send_error(code)


class Site:
    """A town's outlet, its export by the command line, and the plain host that hands the export out."""

    def __init__(self, folder):
        self.source, self.export, web = folder / "public", folder / "export", folder / "web"
        self.missing = []
        for each in (self.source / "open", web):
            each.mkdir(parents=True)
        for name, content in (("datapackage.json", json.dumps(PACKAGE)), ("months.csv", "period,share\n2016-05,0.512\n")):
            (self.source / "open" / name).write_text(content)
        for name in ("months.json", "schema-months.json"):
            (self.source / "open" / name).write_text("[]")
        (self.source / "tariff.json").write_text('{"grid": []}')
        (web / FOLDER[1:]).symlink_to(self.export / "current")
        handler = type("OurHost", (Host,), {"missing": self.missing})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=web))
        self.url = f"http://127.0.0.1:{self._server.server_port}{FOLDER}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def show(self, period_s=600.0, **fields):
        """What the loop and the publisher leave, exported."""
        now = datetime.now(UTC)
        publish(self.source, town(published=now, period_s=period_s, **fields))
        publish(self.source, release(stories=(story(zone="old_mill"),)))
        regie = [sys.executable, "-c", "from twin.cli import main; main()"]
        command = [*regie, "public", "export", str(self.export), "--from", str(self.source)]
        subprocess.run(command, check=True, cwd=ROOT, env=os.environ | {"REGIE_PUBLIC_URL": self.url}, timeout=300)
        self.missing.clear()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def files(self):
        """Addresses below the folder of everything that is handed out."""
        root = self.export / "current"
        return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() and path.suffix != ".gz")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    made = Site(tmp_path_factory.mktemp("static"))
    made.show()
    yield made
    made.close()


LINKED = """[...document.querySelectorAll('[href], [src], [srcset], [data-board]')].flatMap(e =>
    ['href', 'src', 'srcset', 'data-board'].map(name => e.getAttribute(name)).filter(Boolean)
        .map(value => new URL(value, document.baseURI).href))"""


def test_every_page_opens_without_a_complaint_and_every_link_of_it_leads_to_a_file(site, open_page):
    files, linked = site.files(), set()
    pages = [path for path in files if path.endswith(".html")]
    assert len(pages) >= 1 + len(LANGUAGES) * 8
    page = open_page(f"{site.url}/", wait_for="a")
    for path in pages:
        page.goto(f"{site.url}/{path.removesuffix('index.html')}", wait_until="networkidle")
        linked |= set(page.evaluate(LINKED))
    ours = {urlsplit(address).path for address in linked if address.startswith(site.url)}
    assert {address for address in linked if not address.startswith(site.url)} <= {
        "data:,",
        "https://creativecommons.org/licenses/by/4.0/",
    }
    known = {f"{FOLDER}/{path.removesuffix('index.html')}" for path in files}
    assert sorted(ours - known) == []
    assert (page.complaints, site.missing) == ([], [])


def test_a_reader_walks_through_the_view_by_its_own_links(site, open_page):
    page = open_page(f"{site.url}/", width=PHONE[0], height=PHONE[1], wait_for="a")
    assert_accessible(page)
    boxes = page.evaluate("[...document.querySelectorAll('a')].map(e => [e.textContent, e.offsetWidth, e.offsetHeight])")
    assert [box for box in boxes if box[1] < 44 or box[2] < 44] == []
    page.click("text=Français")
    page.wait_for_selector("#age:not(:empty)")
    assert words_at(page, "share") == "73\u202f%"
    page.click('a[hreflang="it"]')
    page.wait_for_url(f"{site.url}/it/")
    assert page.locator("html").get_attribute("lang") == "it"
    assert "Il vecchio mulino" in page.inner_text(".stories")
    for name, seen in (("hours", "table"), ("figures", "table"), ("how", "h2")):
        page.click(f'nav.pages a[href$="it/{name}/"]')
        page.wait_for_url(f"{site.url}/it/{name}/")
        assert page.locator(seen).first.is_visible()
        page.click('a[hreflang="de"]')
        page.wait_for_url(f"{site.url}/de/{name}/")
        page.click('a[hreflang="it"]')
    page.click('nav.pages a[href$="it/figures/"]')
    with page.expect_download() as fetched:
        page.click('a[download][href$="months.csv"]')
    assert fetched.value.path().read_text().startswith("period,share")
    assert (page.complaints, site.missing) == ([], [])


@pytest.mark.parametrize("name", ["widget", "tv"])
def test_widget_and_screen_show_the_values_and_renew_themselves_from_the_next_export(site, open_page, name):
    site.show(period_s=2.0, stale_after=datetime.now(UTC) + timedelta(hours=1))
    page = open_page(f"{site.url}/de/{name}/", width=1280, height=720, wait_for="#age:not(:empty)")
    assert words_at(page, "share") == "73\u202f%"
    assert page.locator(".strip li:visible").count() == 12
    site.show(share=0.41)
    page.wait_for_selector('[data-k="share"]:text("41")')
    assert (page.complaints, site.missing) == ([], [])


def test_the_page_is_read_again_without_a_network_and_says_that_it_is_old(site, open_page):
    site.show()
    page = open_page(f"{site.url}/en/", wait_for="#age:not(:empty)")
    kept = "caches.match(new URL('live.json', document.baseURI).href).then(found => found !== undefined)"
    for _ in range(200):
        if page.evaluate("navigator.serviceWorker.controller !== null") and page.evaluate(kept):
            break
        page.wait_for_timeout(100)
    assert (page.complaints, site.missing) == ([], [])
    page.context.set_offline(True)
    page.reload()
    assert words_at(page, "share") == "73\u202f%"
    assert page.locator("#stale").is_visible()


@pytest.mark.parametrize("name", ["", "widget/"])
def test_what_a_cache_on_the_way_has_held_for_hours_is_as_old_as_it_is(site, browser, name):
    site.show()
    context = browser.new_context(locale="en-GB", service_workers="block")
    page = context.new_page()
    then = datetime.now(UTC) - timedelta(hours=3)

    def held(route):
        answer = route.fetch()
        told = answer.json() | {"published_at": then.isoformat(), "stale_after": (then + timedelta(minutes=20)).isoformat()}
        route.fulfill(json=told, headers=answer.headers | {"date": format_datetime(then, usegmt=True), "age": "10800"})

    page.route("**/*.json", held)
    page.goto(f"{site.url}/en/{name}")
    page.wait_for_selector('#age:text("3 hr. ago")')
    assert page.locator("#stale").is_visible()
    context.close()


def test_every_file_is_handed_out_as_it_was_written(site):
    for path in site.files():
        with urlopen(f"{site.url}/{path}", timeout=30.0) as answer:
            assert answer.read() == (site.export / "current" / path).read_bytes(), path
