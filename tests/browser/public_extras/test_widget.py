"""The widget and the image, framed and shown by another origin, paused, stale and withheld."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "unit" / "dashboard" / "public_extras"))
from extras_town import LANGUAGES, embargoed

from dashboard.public.extras.embed import FRAME_WIDTH, frame_code, image_code
from dashboard.public.extras.widget import LOWEST, NARROWEST

sys.path.insert(0, str(Path(__file__).parent))
from extras_stage import PATIENCE_MS, assert_accessible, cut, now_town, share


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
    said = page.get_by_role("status")
    assert said.text_content() == "Paused"
    served.show(now_town(period_s=2.0, share=0.25))
    page.wait_for_timeout(4_000)
    assert share(page) == "73\u202f%"
    assert page.locator("#age").inner_text() != ""
    page.keyboard.press("Enter")
    assert said.text_content() == "Resumed"
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


def test_an_embargo_on_stale_values_is_not_told_as_fresh_ones(served, visit):
    served.show(now_town(period_s=2.0, stale_after=datetime.now(UTC) - timedelta(seconds=1)))
    page = visit(f"{served.url}/en/widget/", (FRAME_WIDTH, LOWEST))
    page.wait_for_selector("#stale:visible")
    served.show(now_town(period_s=2.0), embargoed())
    page.wait_for_selector("#stale", state="hidden")
    assert "fresh" not in page.get_by_role("status").text_content()


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
