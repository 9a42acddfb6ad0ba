"""The citizens' page in a real browser, served by its own process: its values, live, stale, paused."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from public_stage import NOTICE, words_at
from public_town import EMBARGO, LANGUAGES, publish, story

from dashboard.public.feed import Edition
from dashboard.public.view import render

# ------------------------------------------------------------------------------------------ values


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_value_on_the_page_is_the_snapshots(calm_site, visit, language):
    page = visit(f"{calm_site.url}/{language}/")
    expected = render(Edition("1", calm_site.snapshot), language).text
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
    page.click("text=48 heures")
    page.wait_for_url("**/fr/hours/")
    assert {urlsplit(url).netloc for url in page.requested if not url.startswith("data:")} == {f"127.0.0.1:{calm_site.port}"}
    assert page.context.cookies() == []
    assert page.complaints == []


def test_first_load_stays_under_15_kb_on_the_wire(calm_site, browser):
    context = browser.new_context(service_workers="block")  # it comes after the first load
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    received = []
    addresses = {}
    session.on("Network.responseReceived", lambda event: addresses.update({event["requestId"]: event["response"]["url"]}))
    session.on("Network.loadingFinished", lambda event: received.append((event["requestId"], event["encodedDataLength"])))
    page.goto(f"{calm_site.url}/de/")
    page.wait_for_load_state("networkidle")
    context.close()
    sizes = {addresses[number]: size for number, size in received}
    page_itself = {url: size for url, size in sizes.items() if url.endswith(("/de/", ".css", ".js"))}
    assert len(page_itself) == 4  # page, style, two scripts
    assert sum(page_itself.values()) <= 15_000  # headers included
    values = next(size for url, size in sizes.items() if url.endswith("live.json"))
    assert values <= 4_000


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
    assert page.locator("#stale").inner_text() == render(Edition("1", snapshot), "de").text["stale"]
    assert page.locator("#say").text_content().startswith("Veraltet seit")
    advised = ('[data-k="best"]', ".advice", '[data-k="stories_next"]')
    assert [place for place in advised if page.locator(place).is_visible()] == []  # an old forecast recommends nothing
    site.publish(period_s=2.0)
    page.wait_for_selector("#stale", state="hidden")
    assert [place for place in advised if not page.locator(place).is_visible()] == []


def test_page_says_stale_after_two_missed_fetches_and_recovers(site, visit):
    site.publish(period_s=2.0, stale_after=datetime.now(UTC) + timedelta(hours=1))
    page = visit(f"{site.url}/en/")
    site.stop()
    page.wait_for_selector("#stale:visible")
    assert words_at(page, "share") == "73\u202f%"  # the last known value stays, marked
    site.start()
    site.publish(period_s=2.0)
    page.wait_for_selector("#stale", state="hidden")


def test_page_whose_every_fetch_fails_says_stale_by_the_clock_it_came_with(site, browser):
    context = browser.new_context(service_workers="block")
    page = context.new_page()
    missed = []
    page.route("**/live.json", lambda route: (missed.append(route.request.url), route.abort()))
    page.add_init_script("""
        const {fetch} = window;
        window.shown = [];
        window.fetch = (...asked) => {
            window.shown.push(!document.getElementById('stale').hidden);
            return fetch(...asked);
        };
    """)
    site.publish(period_s=2.0, stale_after=datetime.now(UTC) + timedelta(hours=1))
    page.goto(f"{site.url}/en/")
    while len(missed) < 4:
        page.wait_for_timeout(200)
    assert page.evaluate("window.shown.slice(0, 4)") == [False, False, True, True]  # marked after the second that was missed
    page.wait_for_selector("#stale:visible")
    assert "ago" in page.locator("#age").inner_text()
    context.close()


def test_page_without_values_asks_ever_more_seldom(site, browser):
    context = browser.new_context(service_workers="block")
    page = context.new_page()
    page.requested = []
    page.on("request", lambda request: page.requested.append(request.url))
    page.clock.install()
    page.goto(f"{site.url}/en/")
    page.wait_for_load_state("networkidle")
    for _ in range(40):
        page.clock.run_for(10_000)
        page.wait_for_timeout(100)
    assert 5 <= count_fetches(page) <= 14
    context.close()


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


def test_visitors_come_spread_over_fifteen_seconds_after_the_next_values_are_due(site, browser):
    context = browser.new_context(service_workers="block")
    page = context.new_page()
    page.requested = []
    page.on("request", lambda request: page.requested.append(request.url))
    page.clock.install()
    page.add_init_script("Math.random = () => .5")
    site.publish(
        period_s=895.0,
        published_at=datetime.now(UTC) - timedelta(seconds=865),
        next_at=datetime.now(UTC) + timedelta(seconds=30),
    )
    page.goto(f"{site.url}/en/")
    page.wait_for_load_state("networkidle")
    asked = count_fetches(page)
    page.clock.run_for(33_000)
    page.wait_for_timeout(300)
    assert count_fetches(page) == asked  # due at 30 s, and half of the spread of 15 s after it
    page.clock.run_for(6_000)
    page.wait_for_timeout(300)
    assert count_fetches(page) == asked + 1
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
    context = browser.new_context(locale="en-GB", service_workers="block")  # so that the test can hold an answer back
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


def test_page_is_readable_without_a_network_and_says_that_it_is_old(site, browser):
    site.publish()
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{site.url}/en/")
    kept = "caches.keys().then(n => n.length ? caches.match(location.href) : null).then(a => Boolean(a))"
    for _ in range(100):
        if page.evaluate(kept):
            break
        page.wait_for_timeout(100)
    site.stop()
    try:
        page.reload()
        page.wait_for_selector("#stale:visible")
        assert words_at(page, "share") == "73\u202f%"
        assert page.evaluate("document.querySelector('main').classList.contains('stale')")
    finally:
        site.start()
        context.close()


# ------------------------------------------------------------------------------------------ the publisher's deeds


def test_embargo_takes_every_figure_off_an_open_page_and_gives_it_back(site, visit):
    site.publish(period_s=2.0)
    page = visit(f"{site.url}/en/")
    site.release(embargo=EMBARGO)
    page.wait_for_selector("section.embargo:visible")
    assert "A meter is being checked (en)" in page.locator("section.embargo").inner_text()
    assert not page.locator(".cards").is_visible()
    assert "%" not in page.locator("main").inner_text()
    site.release()
    site.publish(period_s=2.0)
    page.evaluate("dispatchEvent(new Event('online'))")  # instead of waiting for the heartbeat
    page.wait_for_selector('[data-k="share"]:text("73")')
    assert not page.locator("section.embargo").is_visible()


def test_release_that_cannot_be_read_takes_every_figure_off_an_open_page(site, visit):
    site.publish(period_s=2.0)
    page = visit(f"{site.url}/en/")
    publish(site.directory, "{", "release.json")
    page.wait_for_selector(NOTICE)
    assert not page.locator(".cards").is_visible()
    assert "%" not in page.locator("main").inner_text()
    assert not page.locator("#stale").is_visible()
    site.release()
    site.publish(period_s=2.0)
    page.wait_for_selector('[data-k="share"]:text("73")')


def test_approved_story_comes_to_an_open_page(site, visit):
    site.publish(period_s=2.0)
    page = visit(f"{site.url}/en/")
    assert "Nothing is announced" in page.locator("section.news").inner_text()
    site.release(stories=(story(),))
    page.wait_for_selector('h3:text("Noon for fifty")')
    assert "On now, until 12:30 (2 hr left)" in page.locator("section.news").inner_text()
    assert "Nothing is announced" not in page.locator("section.news").inner_text()
