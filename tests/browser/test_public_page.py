"""The citizens' page in a real browser, served by its own process: live, stale, paused, by keyboard, accessible."""

import re
import socket
import subprocess
import sys
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "dashboard"))
from public_town import LANGUAGES, nothing_known, publish, town

from dashboard.format import texts
from dashboard.public.feed import Reading
from dashboard.public.view import render

ROOT = Path(__file__).parents[2]
PHONE, DESK = (390, 844), (1280, 800)
FRESH_S = 600.0
NOTICE = '[data-k="notice"]:visible'


class Site:
    """One public process and its directory."""

    def __init__(self, directory: Path):
        self.directory = directory
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = None

    def start(self):
        command = [sys.executable, "-m", "dashboard.public", "--dir", str(self.directory), "--port", str(self.port)]
        self.process = subprocess.Popen(command, cwd=ROOT)
        end = time.monotonic() + 60.0
        while time.monotonic() < end:
            try:
                with urllib.request.urlopen(self.url + "/health", timeout=5.0):
                    return self
            except OSError:
                time.sleep(0.05)
        raise TimeoutError("the public process does not answer")

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10.0)
            self.process = None

    def publish(self, period_s=FRESH_S, make=town, **fields):
        now = datetime.now(UTC)
        if make is town:
            fields = {"published": now, "period_s": period_s} | fields
        else:
            fields = {"published_at": now, "stale_after": now + timedelta(seconds=FRESH_S)} | fields
        snapshot = make(**fields)
        publish(self.directory, snapshot)
        return snapshot


@pytest.fixture(scope="module")
def process(tmp_path_factory):
    served = Site(tmp_path_factory.mktemp("public")).start()
    yield served
    served.stop()


@pytest.fixture
def site(process):
    """The process before its first snapshot."""
    (process.directory / "public.json").unlink(missing_ok=True)
    return process


@pytest.fixture
def calm_site(site):
    """One June morning, fresh for as long as the test lasts."""
    site.snapshot = site.publish()
    return site


@pytest.fixture
def visit(open_page):
    def visited(url, size=PHONE, wait_for="#age:not(:empty)", **options):
        return open_page(url, width=size[0], height=size[1], wait_for=wait_for, **options)

    return visited


def words_at(page, place):
    return page.locator(f'[data-k="{place}"]').inner_text()


# ------------------------------------------------------------------------------------------ values


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_value_on_the_page_is_the_snapshots(calm_site, visit, language):
    page = visit(f"{calm_site.url}/{language}/")
    expected = render(Reading("1", calm_site.snapshot), language).text
    shown = page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('[data-k]')].map(e => [e.dataset.k, e.textContent]))"
    )
    assert {place: shown[place] for place in expected} == dict(expected)
    assert page.complaints == []


def test_page_reads_the_same_without_javascript(calm_site, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{calm_site.url}/en/")
    assert words_at(page, "share") == "73\u202f%"
    assert "does not renew itself" in page.locator("noscript").inner_text()
    assert not page.locator("#pause").is_visible()
    context.close()


def test_no_request_leaves_the_machine_and_nothing_is_stored(calm_site, visit):
    page = visit(f"{calm_site.url}/")
    page.click("text=FR")
    page.wait_for_selector("#age:not(:empty)")
    page.click(".more a")
    assert {urlsplit(url).netloc for url in page.requested if not url.startswith("data:")} == {f"127.0.0.1:{calm_site.port}"}
    assert page.context.cookies() == []
    assert page.complaints == []


def test_first_load_stays_under_15_kb_on_the_wire(calm_site, browser):
    context = browser.new_context()
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    received = []
    session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    page.goto(f"{calm_site.url}/de/")
    page.wait_for_load_state("networkidle")
    context.close()
    assert len(received) >= 4  # page, style, script, values
    assert sum(received) <= 15_000  # headers included


# ------------------------------------------------------------------------------------------ live


def test_new_snapshot_appears_without_reloading(site, visit):
    site.publish(period_s=2.0)
    page = visit(f"{site.url}/en/", wait_for='#age:text("ago")')
    page.evaluate("window.here = true")
    site.publish(period_s=2.0, share=0.31)
    page.wait_for_selector('[data-k="share"]:text("31")')
    assert page.evaluate("window.here") is True
    page.wait_for_selector('#say:text("Local renewable share: 31")', state="attached")


def test_small_change_is_shown_but_not_announced(site, visit):
    site.publish(period_s=2.0, share=0.60)
    page = visit(f"{site.url}/en/")
    site.publish(period_s=2.0, share=0.62)
    page.wait_for_selector('[data-k="share"]:text("62")')
    assert page.locator("#say").text_content() == ""


def test_page_opened_before_the_first_snapshot_fills_itself(site, visit):
    page = visit(f"{site.url}/fr/", wait_for=NOTICE)
    assert "La régie démarre" in words_at(page, "notice")
    site.publish()
    page.wait_for_selector('[data-k="share"]:text("73")')
    assert not page.locator('[data-k="notice"]').is_visible()


def test_page_says_stale_when_the_file_stops_changing(site, visit):
    site.publish(period_s=2.0, stale_after=datetime.now(UTC) + timedelta(hours=1))
    page = visit(f"{site.url}/de/")
    assert not page.locator("#stale").is_visible()
    snapshot = site.publish(period_s=2.0, stale_after=datetime.now(UTC) + timedelta(seconds=1))
    page.wait_for_selector("#stale:visible")
    assert page.locator("#stale").inner_text() == render(Reading("1", snapshot), "de").text["stale"]
    assert page.locator("#say").text_content().startswith("Veraltet seit")
    site.publish(period_s=2.0)
    page.wait_for_selector("#stale", state="hidden")


def test_page_says_stale_after_two_missed_fetches_and_recovers(site, visit):
    site.publish(period_s=2.0, stale_after=datetime.now(UTC) + timedelta(hours=1))
    page = visit(f"{site.url}/en/")
    site.stop()
    page.wait_for_selector("#stale:visible")
    assert words_at(page, "share") == "73\u202f%"  # the last known value stays, marked
    site.start()
    site.publish(period_s=2.0)
    page.wait_for_selector("#stale", state="hidden")


def count_fetches(page):
    return sum(url.endswith("live.json") for url in page.requested)


def test_quarter_hour_tick_is_asked_for_once_a_minute_and_never_while_hidden(site, browser):
    context = browser.new_context()
    page = context.new_page()
    page.requested = []
    page.on("request", lambda request: page.requested.append(request.url))
    page.clock.install()
    site.publish(period_s=895.0)
    page.goto(f"{site.url}/en/")
    page.wait_for_load_state("networkidle")
    assert count_fetches(page) == 1
    for _ in range(3):
        page.clock.run_for(60_000)
        page.wait_for_timeout(200)
    assert count_fetches(page) == 4
    page.evaluate(
        "Object.defineProperty(document, 'hidden', {value: true, configurable: true});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    page.clock.run_for(300_000)
    page.wait_for_timeout(200)
    assert count_fetches(page) == 4
    page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_timeout(300)
    assert count_fetches(page) == 5
    context.close()


def test_pause_holds_the_values_and_resume_fetches_at_once(site, visit):
    site.publish(period_s=2.0)
    page = visit(f"{site.url}/en/")
    page.click("#pause")
    asked = count_fetches(page)
    site.publish(period_s=2.0, share=0.25)
    page.wait_for_timeout(4_000)
    assert words_at(page, "share") == "73\u202f%"
    assert count_fetches(page) == asked
    assert page.locator("#paused").inner_text().startswith("Paused.")
    page.click("text=Resume updates")
    page.wait_for_selector('[data-k="share"]:text("25")')
    assert not page.locator("#paused").is_visible()


def test_values_go_on_ageing_and_turn_stale_while_the_page_is_paused(site, browser):
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.clock.install()
    site.publish(period_s=60.0)
    page.goto(f"{site.url}/en/")
    page.wait_for_selector("#age:not(:empty)")
    page.click("#pause")
    page.clock.run_for(100_000)
    assert page.locator("#age").inner_text() == "(2 min. ago)"
    assert not page.locator("#stale").is_visible()
    page.clock.run_for(3_500_000)
    assert page.locator("#age").inner_text() == "(60 min. ago)"
    assert page.locator("#stale").is_visible()
    assert page.locator("#say").text_content().startswith("Stale since")
    assert words_at(page, "share") == "73\u202f%"
    context.close()


def test_answer_that_comes_after_the_pause_makes_nothing_younger(site, browser):
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.clock.install()
    site.publish(published=datetime.now(UTC) - timedelta(minutes=5))
    page.goto(f"{site.url}/en/")
    page.wait_for_selector('#age:text("5 min. ago")')
    held = []
    page.route("**/live.json", lambda route: held.append(route))  # noqa: PLW0108 (playwright marks its handlers)
    page.click("#pause")
    with page.expect_request("**/live.json"):
        page.click("#pause")  # on again: fetches at once
    page.click("#pause")
    site.publish(share=0.25)
    with page.expect_response("**/live.json"):
        held[0].continue_()
    page.wait_for_timeout(200)
    page.clock.run_for(10_000)  # the age is told every 5 s
    assert words_at(page, "share") == "73\u202f%"
    assert page.locator("#age").inner_text() == "(5 min. ago)"
    context.close()


# ------------------------------------------------------------------------------------------ for everybody


def test_everything_can_be_reached_and_used_by_keyboard_alone(calm_site, visit):
    page = visit(f"{calm_site.url}/en/")
    reached = []
    for _ in range(7):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert reached == ["Skip to the values", "FR", "DE", "IT", "EN", "How is this computed?", "Pause updates"]
    page.keyboard.press("Enter")
    assert page.locator("#pause").inner_text() == "Resume updates"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/en/how")


def test_every_target_is_at_least_44_px(calm_site, visit):
    page = visit(f"{calm_site.url}/fr/")
    targets = "[...document.querySelectorAll('nav a, button, .more a')].map(e => e.getBoundingClientRect())"
    boxes = page.evaluate(targets + ".map(b => [b.width, b.height])")
    assert len(boxes) == 6
    assert all(width >= 44 and height >= 44 for width, height in boxes)


def test_reduced_motion_moves_nothing(calm_site, visit):
    still = visit(f"{calm_site.url}/fr/", reduced_motion="reduce")
    assert still.evaluate("getComputedStyle(document.querySelector('rect')).transitionDuration") == "0s"


def assert_accessible(page):
    from axe_playwright_python.sync_playwright import Axe

    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = Axe().run(page)
        assert found.violations_count == 0, f"{page.url} {scheme}: {found.generate_report()}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_on_the_live_page(calm_site, visit, language):
    assert_accessible(visit(f"{calm_site.url}/{language}/"))


def test_axe_finds_nothing_on_a_page_in_trouble(site, visit):
    page = visit(f"{site.url}/de/", wait_for=NOTICE)
    assert_accessible(page)
    site.publish(make=nothing_known)
    page.reload()
    page.click("#pause")
    assert_accessible(page)
    site.publish(stale_after=datetime.now(UTC) - timedelta(seconds=1))
    page.reload()
    page.wait_for_selector("#stale:visible")
    assert_accessible(page)


@pytest.mark.parametrize("path", ["it/how", "fr/nothing"])
def test_axe_finds_nothing_beside_the_live_page(site, visit, path):
    assert_accessible(visit(f"{site.url}/{path}", wait_for="h1"))


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["390x844", "1280x800"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_cut_and_text_is_readable(calm_site, visit, screenshots, language, size):
    page = visit(f"{calm_site.url}/{language}/", size)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=screenshots / f"public-{language}-{size[0]}x{size[1]}-{scheme}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    cut = page.evaluate(
        """[...document.querySelectorAll('body *')].filter(e => !e.closest('.aside, svg, [hidden], .skip') && e.clientWidth
            && e.scrollWidth > e.clientWidth + 1).map(e => e.className + ': ' + e.textContent)"""
    )
    assert cut == []
    small = page.evaluate(
        """[...document.querySelectorAll('body *')].filter(e => e.textContent.trim() && !e.closest('svg')
            && parseFloat(getComputedStyle(e).fontSize) < 13).map(e => e.className)"""
    )
    assert small == []


def test_pages_in_trouble_for_the_eye(site, visit, screenshots):
    page = visit(f"{site.url}/it/", wait_for=NOTICE)
    page.screenshot(path=screenshots / "public-it-starting.png")
    site.publish(make=nothing_known)
    page = visit(f"{site.url}/fr/")
    page.screenshot(path=screenshots / "public-fr-unknown.png", full_page=True)
    site.publish(stale_after=datetime.now(UTC) - timedelta(seconds=1))
    page = visit(f"{site.url}/de/")
    page.wait_for_selector("#stale:visible")
    page.screenshot(path=screenshots / "public-de-stale.png")
    page.goto(f"{site.url}/en/how")
    page.screenshot(path=screenshots / "public-en-how.png", full_page=True)
    page.goto(f"{site.url}/de/nichts")
    page.screenshot(path=screenshots / "public-de-404.png")
    assert re.search(texts("de", "public").get("error.not_found_title"), page.inner_text("h1"))
