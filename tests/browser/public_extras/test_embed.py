"""The page from which others copy, and the images that they show."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "unit" / "dashboard" / "public_extras"))
from extras_town import LANGUAGES

from dashboard.public.extras.embed import frame_code

sys.path.insert(0, str(Path(__file__).parent))
from extras_stage import assert_accessible, now_town


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
