"""A debrief's page in a real browser: its replays by keyboard, nothing fetched, accessible in light and dark."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "scenarios"))
sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "scenarios" / "debrief"))
from evening import debriefed, played

from scenarios.debrief.page import write_page, write_replays


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The page of the hamlet's evening, and its first replay alone."""
    folder = tmp_path_factory.mktemp("debrief")
    found = debriefed(played(folder))
    write_page(found, folder / "debrief.html", "de")
    return folder / "debrief.html", write_replays(found, folder / "replays", "en")[0]


@pytest.fixture(params=["light", "dark"])
def opened(browser, request):
    """Opens a file offline; whatever it asks for or complains of is kept."""
    context = browser.new_context(offline=True, color_scheme=request.param, viewport={"width": 1280, "height": 800})
    asked = []

    def open_page(path):
        page = context.new_page()
        page.on("request", lambda one: asked.append(one.url))
        page.on("console", lambda one: asked.append(one.text))
        page.on("pageerror", lambda error: asked.append(str(error)))
        page.goto(path.as_uri())
        return page, asked

    yield open_page
    context.close()


def test_a_replay_steps_by_arrow_keys_and_plays_to_its_end_by_the_space_bar(opened, written):
    page, _ = opened(written[1])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "play"
    page.keyboard.press("Tab")
    page.keyboard.press("Home")
    first = page.locator(".clock").inner_text()
    page.keyboard.press("ArrowRight")
    second = page.locator(".clock").inner_text()
    assert first != second
    assert page.locator("input").get_attribute("aria-valuetext") == second
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    last = page.locator("input").get_attribute("max")
    page.wait_for_function("(last) => document.querySelector('input').value === last", arg=last)
    assert page.locator(".play").get_attribute("aria-pressed") == "false"  # it stops at the end by itself


def test_the_curtain_hides_what_comes_after_the_chosen_moment(opened, written):
    page, _ = opened(written[1])
    page.locator("input").focus()
    page.keyboard.press("Home")
    early = page.locator(".curtain").first.bounding_box()["width"]
    page.keyboard.press("End")
    assert page.locator(".curtain").first.bounding_box()["width"] < 0.1 * early


def test_the_page_fetches_nothing_and_complains_of_nothing(opened, written):
    _, asked = opened(written[0])
    assert asked == [written[0].as_uri()]


def test_the_page_has_no_fault_that_axe_finds(opened, written):
    from axe_playwright_python.sync_playwright import Axe

    page, _ = opened(written[0])
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]}).response["violations"]
    assert [(fault["id"], fault["nodes"][0]["html"][:120]) for fault in found] == []


def test_paper_leaves_the_replays_out(opened, written):
    page, _ = opened(written[0])
    page.emulate_media(media="print")
    assert not page.locator(".replays").is_visible()
    assert page.locator("ol.moments").is_visible()
