"""The view installed and without a network: the last one seen, always marked stale, never a withheld figure."""

import json
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "unit" / "dashboard" / "public_extras"))
from extras_town import embargoed

sys.path.insert(0, str(Path(__file__).parent))
from extras_stage import PATIENCE_MS, SIZES, now_town, share

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


def test_query_strings_fill_no_cache_and_a_page_is_found_without_a_network_whatever_stands_behind_its_address(served, visit):
    page = visit(f"{served.url}/en/?<script>")
    settle(page, "/en/live.json")
    before = sorted(page.evaluate(KEPT))
    page.evaluate(
        """Promise.all(['../icon.svg', 'live.json', 'board.json'].flatMap(path => [1, 2, 3].map(n => fetch(`${path}?${n}`))))
            .then(() => null)"""
    )
    page.goto(f"{served.url}/en/?share=100")
    after = page.evaluate(KEPT)
    assert sorted(set(after)) == sorted({*before, "/icon.svg", "/en/board.json"})
    assert len(after) == len(set(after))
    page.context.set_offline(True)
    page.goto(f"{served.url}/en/?other")
    assert share(page) == "73\u202f%"
    assert page.locator("#stale").is_visible()


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


@pytest.mark.parametrize("visited", ["hours/", "figures/", ""])
def test_an_embargo_that_only_a_page_tells_of_takes_every_figure_out_of_what_is_kept(served, visit, visited):
    page = visit(f"{served.url}/en/")
    settle(page, "/en/live.json")
    page.goto(f"{served.url}/de/hours/")
    settle(page, "/en/", "/en/live.json")
    served.show(now_town(), embargoed())
    page.context.route("**/*.json", lambda route: route.abort())
    page.goto(f"{served.url}/fr/{visited}")
    wait_until(page, lambda: not {"/de/hours/", "/en/", "/en/live.json"} & set(page.evaluate(KEPT)))
    settle(page)


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
