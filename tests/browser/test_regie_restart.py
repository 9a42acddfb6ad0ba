"""The web process may die: the page says so at once and resumes by itself."""

import signal

import pytest
from playwright.sync_api import expect


@pytest.fixture
def served(tmp_path, factory, serve_module):
    """A web process of this test's own, to kill."""
    factory.write(tmp_path, factory.facts(), "diagram.json")
    factory.write(tmp_path, factory.snapshot(interval_s=600.0))
    process = serve_module("twin.web", tmp_path, path="/regie/")
    process.start()
    yield process
    process.stop(signal.SIGKILL)


def test_after_a_restart_the_page_resumes_without_reload(served, factory, open_page):
    page = open_page(f"{served.url}/regie/?lang=en")
    page.evaluate("window.sameDocument = true")
    served.stop(signal.SIGKILL)
    page.wait_for_selector("#banner:not([hidden])")
    assert "Connection lost" in page.inner_text("#banner")
    served.start()
    factory.write(served.state, factory.snapshot(tick=77, interval_s=600.0))
    # Dash's worker tries again with growing pauses; half a minute covers its longest one.
    expect(page.locator("#header .state")).to_contain_text("tick 77")
    page.wait_for_selector("#banner", state="hidden")
    assert page.evaluate("window.sameDocument") is True
