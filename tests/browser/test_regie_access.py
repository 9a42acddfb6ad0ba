"""Locked, revoked, restarted: what a screen shows of alarms and grid while nobody may command, and how somebody comes back."""

import signal
import sqlite3

import pytest
from playwright.sync_api import expect

from dashboard.format import LANGUAGES

WITHIN_MS = 2_000
"""Between a revocation and its effect on a screen."""


@pytest.fixture
def served(serve_module, tmp_path, factory):
    factory.write(tmp_path, factory.facts(), "diagram.json")
    factory.write(tmp_path, factory.snapshot(interval_s=600.0))
    served = serve_module("twin.web", tmp_path, path="/regie/")
    served.start()
    yield served
    served.stop(signal.SIGKILL)


def age_sessions(served, minutes):
    """Make every session as old as if nobody had touched it for so long."""
    with sqlite3.connect(served.state / "access" / "access.sqlite") as db:
        db.execute("UPDATE session SET seen_at = seen_at - ?", (60.0 * minutes,))


def axe(page):
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_a_screen_that_locks_keeps_its_alarms_and_follows_the_grid(served, open_page, factory):
    page = open_page(f"{served.url}/regie/?lang=en", role="dispatcher")
    alarms = page.locator("[data-alarm]").count()
    assert alarms
    age_sessions(served, 31)
    expect(page.locator("#who .locked")).to_contain_text("Locked, log in again", timeout=5 * WITHIN_MS)
    factory.write(served.state, factory.snapshot(tick=77, interval_s=600.0))
    expect(page.locator("#header .state")).to_contain_text("tick 77")
    assert page.locator("[data-alarm]").count() == alarms
    assert page.locator('[data-do="acknowledge"]').count() == 0
    assert page.evaluate("fetch('/regie/shift/').then(a => a.status)") == 403


def test_whoever_unlocks_a_screen_stays_on_it(served, open_page):
    page = open_page(f"{served.url}/regie/?lang=en", role="dispatcher")
    age_sessions(served, 31)
    page.get_by_label("Password of dana").fill("a brook runs under the old mill")
    page.get_by_role("button", name="Unlock").click()
    expect(page.locator('[data-do="acknowledge"]').first).to_be_visible()
    assert page.url.endswith("/regie/?lang=en")


def test_somebody_who_is_disabled_sees_nothing_within_two_seconds(served, open_page, contention):
    from dashboard.regie.access.people import People

    page = open_page(f"{served.url}/regie/?lang=en", role="viewer")
    page.evaluate(
        """() => {
            const gone = () => !document.querySelector("[data-alarm]");
            const look = () => { if (gone()) { window.goneAt = window.goneAt || Date.now(); } };
            new MutationObserver(look).observe(document.body, {childList: true, subtree: true});
        }"""
    )
    at = page.evaluate("Date.now()")
    People(served.state).disable("vera")
    expect(page.locator("#who")).to_contain_text("Nobody is logged in here any more")
    page.wait_for_function("window.goneAt")
    assert (page.evaluate("window.goneAt") - at) / contention() < WITHIN_MS
    assert page.locator(".card").count() == 0


def test_a_restart_of_the_web_process_keeps_a_screen_logged_in(served, open_page, factory):
    page = open_page(f"{served.url}/regie/?lang=en", role="dispatcher")
    served.stop(signal.SIGKILL)
    served.start()
    factory.write(served.state, factory.snapshot(tick=78, interval_s=600.0))
    expect(page.locator("#header .state")).to_contain_text("tick 78")
    expect(page.locator("#who")).to_contain_text("dana")


def test_a_viewers_screen_names_what_it_hides_and_holds_no_franc(served, open_page):
    page = open_page(f"{served.url}/regie/?lang=en", role="viewer")
    expect(page.locator("#header")).to_contain_text("not shown to this role")
    assert "\u202fCHF" not in page.inner_text("body")
    assert page.locator('[data-do="acknowledge"], [data-do="accept"]').count() == 0


def test_the_login_leads_back_and_works_without_a_script(served, open_page):
    page = open_page(f"{served.url}/regie/shift/?lang=de", role=None, wait_for="form", java_script_enabled=False)
    page.get_by_label("Name").fill("dana")
    page.get_by_label("Passwort").fill("a brook runs under the old mill")
    page.get_by_role("button", name="Anmelden").click()
    assert page.url.endswith("/regie/shift/?lang=de")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_login_and_the_books_page_are_accessible_in_both_themes(served, open_page, language, screenshots):
    for scheme in ("light", "dark"):
        page = open_page(f"{served.url}/regie/login?lang={language}", role=None, wait_for="form", color_scheme=scheme)
        axe(page)
        page.screenshot(path=screenshots / f"login_{language}_{scheme}.png")
        book = open_page(f"{served.url}/regie/audit/?lang={language}", wait_for="table", color_scheme=scheme)
        book.wait_for_selector("#pulse-bar p")
        axe(book)
        book.screenshot(path=screenshots / f"audit_{language}_{scheme}.png")
