"""What the page believes of time and connection: the server's clock, not this computer's; and it never waits in silence."""

import re
import signal

import pytest
from playwright.sync_api import expect

SECOND_MS = 1000
OFF = "const now = Date.now; Date.now = () => now() + OFF_MS;"


@pytest.fixture
def served(tmp_path, factory, serve_module):
    """A web process before the loop's first snapshot."""
    process = serve_module("twin.web", tmp_path, path="/regie/")
    process.start()
    yield process
    process.stop(signal.SIGKILL)


@pytest.mark.parametrize("minutes", [-10, 10])
def test_a_computer_whose_clock_is_off_shows_the_same_age_and_is_as_stale(regie, factory, open_page, minutes):
    page = open_page(f"{regie.url}/regie/help", wait_for="h1")
    page.add_init_script(OFF.replace("OFF_MS", str(minutes * 60 * SECOND_MS)))
    factory.write(regie.state, factory.snapshot(tick=60, interval_s=600.0))
    page.goto(f"{regie.url}/regie/?lang=en")
    expect(page.locator("[data-age]")).to_have_text(re.compile(r"^\d+ s ago$"))
    expect(page.locator("#banner")).to_be_hidden()
    factory.write(regie.state, factory.snapshot(tick=61, interval_s=0.2, tick_ms=0.0))
    expect(page.locator("#banner")).to_contain_text("Stale since")


def test_before_the_first_snapshot_a_dead_server_is_said_to_be_lost(served, open_page):
    page = open_page(f"{served.url}/regie/?lang=en", wait_for="#alarms h2")
    assert page.inner_text("#alarms h2") == "Alarms"
    assert "Waiting" in page.inner_text("#header")
    served.stop(signal.SIGKILL)
    expect(page.locator("#banner")).to_contain_text("Connection lost")


def test_a_snapshot_of_another_version_is_said_to_be_unreadable(served, factory, open_page):
    factory.write(served.state, factory.snapshot().model_copy(update={"schema_version": 99}))
    page = open_page(f"{served.url}/regie/?lang=en", wait_for="#banner:not([hidden])")
    assert "cannot be read" in page.inner_text("#banner")
    factory.write(served.state, factory.snapshot(interval_s=600.0))
    expect(page.locator("#banner")).to_be_hidden()


@pytest.mark.parametrize("language", ["fr", "de", "it", "en"])
def test_while_the_page_loads_no_english_word_stands_there(regie, open_page, language):
    page = open_page(f"{regie.url}/regie/help", wait_for="h1")
    page.route("**/_dash-layout", lambda _: None)  # never answered: the page stays as it is while it loads
    with page.expect_request("**/_dash-layout"):
        page.goto(f"{regie.url}/regie/?lang={language}")
    assert page.locator("._dash-loading").count() == 1
    assert page.inner_text("body").strip() == ""
