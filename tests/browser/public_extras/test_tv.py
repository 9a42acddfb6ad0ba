"""The screen of a hall: everything at once, legible from afar, recovering by itself."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "unit" / "dashboard" / "public_extras"))
from extras_town import LANGUAGES, TOWN, approved, embargoed, nothing_known, story

sys.path.insert(0, str(Path(__file__).parent))
from extras_stage import SIZES, assert_accessible, cut, now_town, overlaps, share

LONG = {"fr": "Cuisiner avec le soleil de midi, tous ensemble, sur la place du marché et dans chaque quartier"}


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
    about = {"zone": snapshot.site, "start": snapshot.as_of, "end": snapshot.as_of + timedelta(hours=3), "title": LONG}
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
        old = now_town(notes=made_up, stale_after=datetime.now(UTC) - timedelta(seconds=1))
        about = {"zone": old.site, "start": old.as_of, "end": old.as_of + timedelta(hours=30), "title": LONG, "text": LONG}
        served.show(old, approved(stories=(story(**about),)))
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
    assert page.get_by_role("status").text_content().startswith("Stale")
    served.show(now_town(share=0.44))
    context.set_offline(False)
    page.wait_for_timeout(500)  # a question that was on its way comes to its end
    page.clock.run_for(61_000)  # the next one is due within a minute
    page.wait_for_selector('[data-k="share"]:text("44")')
    page.wait_for_selector("#stale", state="hidden")
    context.close()
