"""What hangs around the public page, in a real browser: framed elsewhere, on a hall's screen, installed, without a network."""

import json
import socket
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import uvicorn

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "dashboard" / "public_extras"))
from extras_town import LANGUAGES, TOWN, approved, coming, embargoed, nothing_known, story, town

from dashboard.public.app import PublicApp
from dashboard.public.extras.embed import FRAME_WIDTH, frame_code, image_code
from dashboard.public.extras.widget import LOWEST, NARROWEST

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


@pytest.fixture(scope="module")
def public(tmp_path_factory):
    here = View(tmp_path_factory.mktemp("public")).start()
    yield here
    here.stop()


@pytest.fixture
def served(public):
    """The view at an ordinary moment, fresh for a quarter of an hour."""
    public.snapshot = public.show(now_town())
    return public


@pytest.fixture(scope="module")
def elsewhere():
    here = Served(lambda _url: Website()).start()
    yield here
    here.stop()


@pytest.fixture
def visit(open_page):
    def visited(url, size=(390, 844), wait_for="#age:not(:empty)", **options):
        return open_page(url, width=size[0], height=size[1], wait_for=wait_for, **options)

    return visited


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


ROWS = "h1, .notice:not([hidden]), .now, .beside, .ahead, .values:not([hidden]) footer, .now > *, .ahead > *, .card > *"


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


# ------------------------------------------------------------------------------------------ the widget elsewhere


def host(served, elsewhere, language="en", code=frame_code):
    elsewhere.app.pages["/host"] = (
        f'<!doctype html><html lang="{language}"><title>A school</title><link rel="icon" href="data:,"><h1>A school</h1>'
        f"{code('The town', language, served.url)}</html>"
    )
    return f"http://school.town.example:{elsewhere.port}/host"


def test_the_widget_lives_in_a_frame_of_another_origin_and_renews_itself(served, elsewhere, visit, screenshots):
    served.show(now_town(period_s=2.0))
    page = visit(host(served, elsewhere), (420, 620), wait_for="iframe")
    frame = page.frame_locator("iframe")
    frame.locator("#age:not(:empty)").wait_for(timeout=PATIENCE_MS)
    assert frame.locator('[data-k="share"]').inner_text() == "73\u202f%"
    page.screenshot(path=screenshots / "extras-widget-elsewhere.png")
    served.show(now_town(period_s=2.0, share=0.31))
    frame.locator('[data-k="share"]:text("31")').wait_for(timeout=PATIENCE_MS)
    assert page.complaints == []


def test_the_screen_refuses_a_frame_of_another_origin(served, elsewhere, visit):
    elsewhere.app.pages["/thief"] = f'<!doctype html><title>x</title><iframe src="{served.url}/en/tv/"></iframe>'
    page = visit(f"{elsewhere.url}/thief", wait_for="iframe")
    page.wait_for_timeout(500)
    assert page.frame_locator("iframe").locator("#main").count() == 0
    assert any("frame-ancestors" in complaint for complaint in page.complaints)


def test_the_image_is_shown_by_another_origin_without_any_script(served, elsewhere, browser, screenshots):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 900, "height": 600})
    page = context.new_page()
    page.goto(host(served, elsewhere, "de", image_code))
    picture = page.locator("img")
    assert picture.evaluate("e => [e.complete, e.naturalWidth]") == [True, 1200]
    page.screenshot(path=screenshots / "extras-image-elsewhere.png")
    context.close()


def test_the_widget_can_be_paused_by_keyboard_and_goes_on_ageing(served, visit):
    served.show(now_town(period_s=2.0))
    page = visit(f"{served.url}/en/widget/", (FRAME_WIDTH, LOWEST))
    reached = []
    for _ in range(2):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert reached == ["All values", "Pause"]
    page.keyboard.press("Enter")
    served.show(now_town(period_s=2.0, share=0.25))
    page.wait_for_timeout(4_000)
    assert share(page) == "73\u202f%"
    assert page.locator("#age").inner_text() != ""
    page.keyboard.press("Enter")
    page.wait_for_selector('[data-k="share"]:text("25")')


def test_the_widget_says_stale_when_values_stop_and_when_nobody_answers(served, visit):
    served.show(now_town(period_s=2.0, stale_after=datetime.now(UTC) + timedelta(hours=1)))
    page = visit(f"{served.url}/de/widget/", (FRAME_WIDTH, LOWEST))
    page.context.set_offline(True)
    page.wait_for_selector("#stale:visible")
    assert page.locator("#stale").inner_text().startswith("Veraltet")
    assert not page.locator(".best").is_visible()
    assert share(page) == "73\u202f%"  # the last known value stays, marked
    page.context.set_offline(False)
    page.wait_for_selector("#stale", state="hidden")
    served.show(now_town(period_s=2.0, stale_after=datetime.now(UTC) + timedelta(seconds=1)))
    page.wait_for_selector("#stale:visible")


def test_an_embargo_takes_the_figure_out_of_an_open_widget(served, visit):
    served.show(now_town(period_s=2.0))
    page = visit(f"{served.url}/en/widget/", (FRAME_WIDTH, LOWEST))
    served.show(now_town(period_s=2.0), embargoed())
    page.wait_for_selector('[data-k="notice"]:visible')
    assert not page.locator('[data-k="values"]').is_visible()
    assert not page.locator("#stale").is_visible()
    assert "%" not in page.inner_text("body")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_widget_fits_its_frame_in_every_language(served, visit, screenshots, language):
    for width, height in ((NARROWEST, LOWEST), (FRAME_WIDTH, LOWEST)):
        page = visit(f"{served.url}/{language}/widget/", (width, height))
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=screenshots / f"extras-widget-{language}-{width}-{scheme}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate("document.documentElement.scrollHeight") <= height
        assert cut(page) == []
    assert_accessible(page)


# ------------------------------------------------------------------------------------------ the screen of a hall


def test_whoever_moves_a_pointer_before_the_screen_can_pause_it(served, visit):
    served.show(now_town(period_s=2.0))
    page = visit(f"{served.url}/en/tv/", SIZES["1280x720"])
    assert page.locator("#pause").bounding_box()["x"] < 0
    page.mouse.move(200, 200)
    page.mouse.move(240, 220)
    page.wait_for_function("document.getElementById('pause').getBoundingClientRect().left >= 0")
    page.locator("#pause").click()
    served.show(now_town(period_s=2.0, share=0.25))
    page.wait_for_timeout(4_000)
    assert share(page) == "73\u202f%"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_screen_shows_everything_at_once(served, visit, screenshots, language, size):
    made_up = ("benchmark_town", "simulated_plant", "synthetic_outside")
    snapshot = now_town(notes=made_up)
    about = {"zone": snapshot.site, "start": snapshot.as_of, "end": snapshot.as_of + timedelta(hours=3)}
    served.show(snapshot, approved(stories=(story(**about),)))
    page = visit(f"{served.url}/{language}/tv/", SIZES[size])
    page.screenshot(path=screenshots / f"extras-tv-{language}-{size}.png")
    assert TOWN[language] in page.locator('[data-k="story_about"]').inner_text()  # in which part of the town
    width, height = SIZES[size]
    boxes = page.evaluate(
        """[...document.querySelectorAll('main *')].filter(e => !e.closest('.aside, svg, [hidden]') && e.textContent.trim())
            .map(e => [e.textContent, ...Object.values(e.getBoundingClientRect().toJSON()).slice(0, 4)])"""
    )
    for text, x, y, wide, high in boxes:
        assert x >= 0, text
        assert y >= 0, text
        assert x + wide <= width, text
        assert y + high <= height, text
    assert cut(page) == []
    assert overlaps(page) == []
    figure = page.evaluate("parseFloat(getComputedStyle(document.querySelector('[data-k=share]')).fontSize)")
    assert figure >= 0.25 * height  # legible from the far end of a hall
    smallest = page.evaluate(
        """Math.min(...[...document.querySelectorAll('main *')].filter(e => !e.closest('.aside, svg, [hidden], noscript')
            && e.textContent.trim()).map(e => parseFloat(getComputedStyle(e).fontSize)))"""
    )
    assert smallest >= 0.02 * height
    assert page.complaints == []


@pytest.mark.parametrize("moment", ["stale", "embargo", "unknown", "plain"])
def test_the_screen_in_other_moments_for_the_eye_and_for_axe(served, visit, screenshots, moment):
    if moment == "stale":
        made_up = ("benchmark_town", "simulated_plant", "synthetic_outside")
        served.show(now_town(notes=made_up, stale_after=datetime.now(UTC) - timedelta(seconds=1)))
    elif moment == "embargo":
        served.show(now_town(), embargoed())
    elif moment == "unknown":
        now = datetime.now(UTC)
        served.show(nothing_known(published=now))
    page = visit(f"{served.url}/fr/tv/", SIZES["1280x720"], wait_for="#main")
    if moment == "stale":
        page.wait_for_selector("#stale:visible")
    page.screenshot(path=screenshots / f"extras-tv-fr-{moment}.png")
    assert page.evaluate("document.documentElement.scrollHeight") <= 720
    assert cut(page) == []
    assert overlaps(page) == []
    assert_accessible(page, schemes=("dark",))


def test_the_screen_drifts_each_minute_and_stays_whole(served, browser):
    context = browser.new_context(viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
    page = context.new_page()
    page.clock.install()
    page.goto(f"{served.url}/en/tv/")
    page.wait_for_selector("#age:not(:empty)")
    places = set()
    for _ in range(90):
        page.clock.run_for(60_000)
        left, top, right, bottom = page.evaluate(
            "(b => [b.left, b.top, b.right, b.bottom])(document.querySelector('#main').getBoundingClientRect())"
        )
        places.add((round(left), round(top)))
        # Its padding (1.6 and 1 em of 25.6 px) is what may leave the screen, never its words.
        assert left >= -41
        assert top >= -26
        assert right <= 1280 + 41
        assert bottom <= 720 + 26
    assert len(places) > 40
    assert page.evaluate("getComputedStyle(document.querySelector('#main')).transitionDuration") == "0s"
    place = page.evaluate("document.querySelector('#main').style.transform")
    page.locator("#pause").press("Enter")
    page.clock.run_for(10 * 60_000)
    assert page.evaluate("document.querySelector('#main').style.transform") == place  # paused, it stands still
    context.close()


def test_the_screen_recovers_by_itself_after_hours_without_a_network(served, browser):
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    page = context.new_page()
    page.clock.install()
    page.goto(f"{served.url}/en/tv/")
    page.wait_for_selector("#age:not(:empty)")
    context.set_offline(True)
    for _ in range(8):
        page.clock.run_for(30 * 60_000)
        page.wait_for_timeout(50)
    assert page.locator("#stale").is_visible()
    assert page.locator("#age").inner_text() == "(4 hr. ago)"
    served.show(now_town(share=0.44))
    context.set_offline(False)
    page.wait_for_timeout(500)  # a question that was on its way comes to its end
    page.clock.run_for(61_000)  # the next one is due within a minute
    page.wait_for_selector('[data-k="share"]:text("44")')
    page.wait_for_selector("#stale", state="hidden")
    context.close()


# ------------------------------------------------------------------------------------------ installed, without a network


KEPT = """(async () => {
    const kept = [];
    for (const name of await caches.keys()) kept.push(...await (await caches.open(name)).keys());
    return kept.map(request => new URL(request.url).pathname);
})()"""


def wait_until(page, holds):
    """Ask again and again; the page's own policy forbids the expressions that a browser would have to evaluate by itself."""
    end = time.monotonic() + PATIENCE_MS / 1e3
    while not holds():
        assert time.monotonic() < end
        page.wait_for_timeout(50)


def settle(page, *paths):
    """Wait until the worker is in charge and has kept the page, and ``paths`` beside it."""
    wait_until(page, lambda: page.evaluate("navigator.serviceWorker.controller !== null"))
    wait_until(page, lambda: {page.evaluate("location.pathname"), *paths} <= set(page.evaluate(KEPT)))


REGISTERED = """const register = ServiceWorkerContainer.prototype.register;
ServiceWorkerContainer.prototype.register = function (...given) {
    window.loadedBefore = performance.getEntriesByType('navigation')[0].loadEventStart > 0;
    return register.apply(this, given);
};"""


def test_the_worker_is_fetched_only_once_the_page_is_loaded(served, browser):
    context = browser.new_context()
    context.add_init_script(REGISTERED)
    page = context.new_page()
    page.goto(f"{served.url}/en/")
    settle(page)
    assert page.evaluate("window.loadedBefore") is True
    context.close()


def test_a_page_without_a_network_is_the_last_one_seen_and_says_stale_at_once(served, visit):
    page = visit(f"{served.url}/en/")
    settle(page, "/en/live.json")
    assert page.complaints == []
    page.context.set_offline(True)
    page.reload()
    assert share(page) == "73\u202f%"
    assert page.locator("#stale").is_visible()
    asked = "fetch('live.json', {cache: 'reload'})"  # for a second the browser's own copy is fresh
    kept = page.evaluate(f"{asked}.then(async a => [a.headers.get('x-kept'), a.headers.get('date'), await a.json()])")
    assert kept[:2] == ["1", None]
    assert kept[2]["stale_after"] == kept[2]["published_at"] == served.snapshot.published_at.isoformat().replace("+00:00", "Z")
    page.context.set_offline(False)
    served.show(now_town(share=0.5))
    page.reload()
    assert share(page) == "50\u202f%"
    assert not page.locator("#stale").is_visible()
    assert page.evaluate("fetch('live.json').then(a => a.headers.get('x-kept'))") is None


def test_a_page_never_seen_says_so_and_leads_to_the_last_values(served, visit, screenshots):
    page = visit(f"{served.url}/fr/")
    settle(page)
    page.context.set_offline(True)
    page.goto(f"{served.url}/fr/figures/")
    assert "hors ligne" in page.inner_text("h1")
    page.screenshot(path=screenshots / "extras-offline-fr.png")
    page.click("a")
    page.wait_for_selector("#stale:visible")


def test_figures_in_images_and_feeds_are_never_served_from_a_copy(served, visit):
    page = visit(f"{served.url}/en/")
    settle(page)
    for path in ("share.svg", "share.png", "green.rss", "green.ics"):
        assert page.evaluate(f"fetch('{path}', {{cache: 'reload'}}).then(a => a.ok)") is True
    page.context.set_offline(True)
    for path in ("share.svg", "share.png", "green.rss", "green.ics", "nothing.json"):
        assert page.evaluate(f"fetch('{path}', {{cache: 'reload'}}).then(() => true, () => false)") is False


@pytest.mark.parametrize("witness", ["live.json", "board.json"])
def test_an_embargo_takes_every_figure_out_of_what_is_kept(served, visit, witness):
    page = visit(f"{served.url}/en/")
    settle(page, "/en/live.json")
    page.goto(f"{served.url}/de/figures/")
    settle(page, "/en/", "/en/live.json")
    served.show(now_town(), embargoed())
    page.evaluate(f"fetch('/en/{witness}', {{cache: 'no-cache'}}).then(() => null)")
    pages = {"/de/figures/", "/en/", "/en/live.json", "/en/board.json"}
    wait_until(page, lambda: pages & set(page.evaluate(KEPT)) == {f"/en/{witness}"})
    assert any("/assets/" in path for path in page.evaluate(KEPT))


def test_a_new_build_empties_the_cache_of_the_old_one(served, visit):
    page = visit(f"{served.url}/it/")
    settle(page)
    assert page.evaluate("caches.keys()") == [f"regie-public-{served.app.assets.build}"]
    served.app.assets = replace(served.app.assets, build="next")
    served.app._lasting.clear()
    served.show(now_town())
    page.evaluate("navigator.serviceWorker.getRegistration().then(found => found.update()).then(() => null)")
    wait_until(page, lambda: page.evaluate("caches.keys()") == ["regie-public-next"])
    settle(page)


def test_a_screen_that_starts_without_a_network_shows_the_last_values_as_stale(served, visit):
    served.show(now_town(period_s=2.0, stale_after=datetime.now(UTC) + timedelta(hours=1)))
    page = visit(f"{served.url}/de/tv/", SIZES["1280x720"])
    settle(page, "/de/board.json")
    page.context.set_offline(True)
    page.reload()
    page.wait_for_selector("#age:not(:empty)")
    assert page.locator("#stale").is_visible()
    page.wait_for_timeout(3_000)  # a fetch or two, answered from the copy
    assert page.locator("#stale").is_visible()
    page.context.set_offline(False)
    served.show(now_town(period_s=2.0, share=0.52))
    page.wait_for_selector('[data-k="share"]:text("52")')
    page.wait_for_selector("#stale", state="hidden")


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_view_can_be_installed(served, visit, language):
    page = visit(f"{served.url}/{language}/")
    session = page.context.new_cdp_session(page)
    found = session.send("Page.getAppManifest")
    assert found["errors"] == []
    assert found["url"] == f"{served.url}/{language}/manifest.webmanifest"
    assert json.loads(found["data"])["lang"] == language
    errors = {error["errorId"] for error in session.send("Page.getInstallabilityErrors")["installabilityErrors"]}
    assert errors <= {"in-incognito"}  # every window of these tests is a private one
    assert page.complaints == []


# ------------------------------------------------------------------------------------------ the embed page


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_embed_page_shows_what_it_offers(served, visit, screenshots, language):
    for size in ((390, 844), (1280, 800)):
        page = visit(f"{served.url}/{language}/embed/", size, wait_for="textarea")
        page.locator("img").scroll_into_view_if_needed()
        page.frame_locator("iframe").locator("#age:not(:empty)").wait_for()
        assert page.evaluate("document.querySelector('img').decode().then(() => true)")
        page.screenshot(path=screenshots / f"extras-embed-{language}-{size[0]}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        assert page.complaints == []
    assert_accessible(page)


def test_the_code_is_copied_with_one_press(served, visit):
    page = visit(f"{served.url}/en/embed/", (1280, 800), wait_for="button", permissions=["clipboard-read", "clipboard-write"])
    page.click("button >> nth=0")
    page.wait_for_selector('button:text("Copied")')
    assert page.evaluate("navigator.clipboard.readText()") == frame_code("The town on the lake", "en", served.url)


@pytest.mark.parametrize("path", ["share.svg", "share-dark.svg", "share.png", "share-dark.png"])
def test_images_for_the_eye(served, visit, screenshots, path):
    served.show(now_town(stale_after=datetime.now(UTC) - timedelta(seconds=1)) if "dark" in path else now_town())
    page = visit(f"{served.url}/fr/{path}", (1200, 630), wait_for="svg" if path.endswith("svg") else "img")
    page.screenshot(path=screenshots / f"extras-{path.replace('.', '-')}.png")
    if path.endswith("svg"):
        wide = page.evaluate("Math.max(...[...document.querySelectorAll('text')].map(e => e.getBoundingClientRect().right))")
        assert wide <= 1190  # this browser's own fonts fit the room that was measured with another
        said = page.evaluate("document.querySelector('svg').textContent")
        assert ("Périmé" in said) == ("dark" in path)
