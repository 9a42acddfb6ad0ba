"""The citizens' pages for everybody: by keyboard, by ear, on a phone and a desk, calm, in the dark, in trouble."""

import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from public_stage import DESK, NOTICE, PHONE, assert_accessible
from public_town import AS_OF, EMBARGO, LANGUAGES, hours, nothing_known, story

from dashboard.format import texts

SIZES = pytest.mark.parametrize("size", [PHONE, DESK], ids=["390x844", "1280x800"])
IN_EACH_LANGUAGE = pytest.mark.parametrize("language", LANGUAGES)


@pytest.fixture
def full_site(calm_site):
    """With everything that a publisher can approve."""
    calm_site.release(stories=(story(), story("event", begins_in=5.0)))
    return calm_site


# ------------------------------------------------------------------------------------------ by keyboard and by ear


def test_everything_can_be_reached_and_used_by_keyboard_alone(calm_site, visit):
    page = visit(f"{calm_site.url}/en/")
    reached = []
    for _ in range(16):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    pages = ["Now", "48 hours", "Figures", "Method"]
    inside = ["Pause updates", "All 48 hours, with the mix", "How is this computed?"]
    assert reached[:12] == ["Skip to the content", "FR", "DE", "IT", "EN", *pages, *inside]
    assert reached[12:] == [
        "Green hours as a calendar (ICS)",
        "Green hours as a feed (RSS)",
        "For a big screen",
        "For your own site",
    ]
    page.focus("#pause")
    page.keyboard.press("Enter")
    assert page.locator("#pause").inner_text() == "Resume updates"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/en/hours/")


def test_skipping_leads_past_the_navigation(calm_site, visit):
    page = visit(f"{calm_site.url}/en/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "pause"


def test_wide_table_scrolls_by_keyboard_on_a_phone(full_site, visit):
    page = visit(f"{full_site.url}/de/hours/", wait_for="table")
    page.focus(".wide")
    page.keyboard.press("ArrowRight")
    for _ in range(100):  # the page's policy keeps the browser from watching by itself
        if page.evaluate("document.querySelector('.wide').scrollLeft") > 0:
            return
        page.wait_for_timeout(50)
    pytest.fail("the table does not scroll")


@IN_EACH_LANGUAGE
def test_screen_reader_hears_each_card_by_its_name_and_every_picture_in_words(full_site, visit, language):
    page = visit(f"{full_site.url}/{language}/")
    say = texts(language, "public").get
    for name in ("share", "green", "news", "advice", "greener", "sources", "zoned", "notes"):
        assert page.get_by_role("region", name=say(f"card.{name}"), exact=True).count() == 1
    for code in ("roof.picture", "source.picture"):
        assert page.get_by_role("img", name=say(code)).count() == 1
    strip = page.get_by_role("list", name=say("green.list"))
    assert strip.get_by_role("listitem").count() == 12
    silent = "[...document.querySelectorAll('svg:not([aria-hidden]):not([aria-label])')].length"
    assert page.evaluate(silent) == 0
    assert page.get_by_role("navigation", name=say("page.languages")).count() == 1
    assert page.get_by_role("status").count() == 1


@IN_EACH_LANGUAGE
@pytest.mark.parametrize("below", ["", "hours/", "figures/", "how/"])
def test_axe_finds_nothing(full_site, visit, language, below):
    assert_accessible(visit(f"{full_site.url}/{language}/{below}", wait_for="#age:not(:empty)" if below == "" else "h1"))


def test_axe_finds_nothing_on_pages_in_trouble(site, visit):
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
    site.release(embargo=EMBARGO)
    for below in ("", "hours/", "figures/"):
        page.goto(f"{site.url}/de/{below}")
        assert_accessible(page)
    page.goto(f"{site.url}/fr/nothing")
    assert_accessible(page)


# ------------------------------------------------------------------------------------------ for the eye


@IN_EACH_LANGUAGE
@pytest.mark.parametrize("below", ["", "hours/", "figures/", "how/"])
def test_every_target_is_at_least_44_px(full_site, visit, language, below):
    page = visit(f"{full_site.url}/{language}/{below}", wait_for="h1")
    targets = "[...document.querySelectorAll('a:not(.skip, p:not(.more) a), button')].filter(e => e.offsetParent)"
    boxes = page.evaluate(f"{targets}.map(e => [e.textContent, e.offsetWidth, e.offsetHeight])")
    assert len(boxes) >= 8
    assert [box for box in boxes if box[1] < 44 or box[2] < 44] == []


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_reduced_motion_moves_nothing(calm_site, visit, motion):
    page = visit(f"{calm_site.url}/fr/", reduced_motion=motion)
    lasting = "[...document.querySelectorAll('rect, circle')].map(e => getComputedStyle(e).transitionDuration)"
    still = set(page.evaluate(lasting)) == {"0s"}
    assert still is (motion == "reduce")


CUT = """[...document.querySelectorAll('body *')].filter(e => !e.closest('.aside, svg, [hidden], .skip, .wide, .strip li')
    && e.clientWidth && e.scrollWidth > e.clientWidth + 1).map(e => e.className + ': ' + e.textContent)"""
SMALL = """[...document.querySelectorAll('body *')].filter(e => e.textContent.trim() && !e.closest('svg')
    && parseFloat(getComputedStyle(e).fontSize) < 13).map(e => e.className)"""


@SIZES
@IN_EACH_LANGUAGE
@pytest.mark.parametrize("below", ["", "hours/", "figures/", "how/"])
def test_nothing_is_cut_and_text_is_readable(full_site, visit, screenshots, language, size, below):
    page = visit(f"{full_site.url}/{language}/{below}", size, wait_for="h1")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(700)
        name = f"public-{below.rstrip('/') or 'live'}-{language}-{size[0]}x{size[1]}-{scheme}.png"
        page.screenshot(path=screenshots / name, full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert page.evaluate(CUT) == []
    assert page.evaluate(SMALL) == []


@pytest.mark.parametrize("language", ["de", "fr"])
def test_type_twice_as_large_is_not_cut_on_a_phone(full_site, visit, language):
    page = visit(f"{full_site.url}/{language}/")
    page.evaluate("new CSSStyleSheet().replace(':root { font-size: 200% }').then(s => { document.adoptedStyleSheets = [s]; })")
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "32px"
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


# WCAG 2.2, 1.4.12: what a reader may set without losing anything.
SPACED = """:root * { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
    :root p { margin-bottom: 2em !important }"""


@IN_EACH_LANGUAGE
def test_text_flows_anew_at_320_px_and_with_a_readers_own_spacing(full_site, visit, language):
    for below in ("", "hours/", "figures/", "how/", "embed/", "widget/"):
        page = visit(f"{full_site.url}/{language}/{below}", (320, 640), wait_for="h1")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        assert page.evaluate(CUT) == []
        page.evaluate("css => new CSSStyleSheet().replace(css).then(s => { document.adoptedStyleSheets = [s]; })", SPACED)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        assert page.evaluate(CUT) == []


# ------------------------------------------------------------------------------------------ what is not as usual


@SIZES
@IN_EACH_LANGUAGE
def test_nothing_produced_and_nothing_consumed_is_said_within_the_ring(site, visit, screenshots, language, size):
    idle = {"share": None, "made_here": None, "co2_g_per_kwh": None, "sources": ()}
    site.publish(status="no_production_and_no_consumption", **idle)
    page = visit(f"{site.url}/{language}/", size)
    words = page.locator('[data-k="share"]')
    assert words.inner_text() == texts(language, "public").get("share.undefined")
    assert "%" not in words.inner_text()
    ring, said = page.locator(".ring").bounding_box(), words.bounding_box()
    assert said["x"] >= ring["x"]
    assert said["x"] + said["width"] <= ring["x"] + ring["width"]
    page.screenshot(path=screenshots / f"public-undefined-{language}-{size[0]}.png")


@SIZES
@pytest.mark.parametrize("share", [0.0, 0.73, 1.0])
def test_figure_stands_within_its_ring(site, visit, share, size):
    site.publish(share=share, made_here=share)
    page = visit(f"{site.url}/fr/", size)
    ring, figure = page.locator(".ring").bounding_box(), page.locator('[data-k="share"]').bounding_box()
    line = ring["width"] * (120 - 2 * (52 - 5.5)) / 120 / 2  # from the drawing's edge to the ring's inner one
    assert figure["x"] >= ring["x"] + line
    assert figure["x"] + figure["width"] <= ring["x"] + ring["width"] - line


@SIZES
def test_unknown_share_and_withheld_neighbourhood_are_said_in_words(site, visit, screenshots, size):
    site.publish(make=nothing_known, neighbourhood=None)
    page = visit(f"{site.url}/fr/", size)
    assert page.locator('[data-k="share"]').inner_text() == "inconnue"
    assert "la protection des données exige" in page.locator("section.neighbourhood").inner_text()
    assert "0 %" not in page.locator(".cards").inner_text().replace("100 %", "")
    page.screenshot(path=screenshots / f"public-unknown-{size[0]}.png", full_page=True)


@SIZES
@pytest.mark.parametrize("language", ["de", "it"])
def test_embargo_shows_words_and_no_figure_on_any_page(calm_site, visit, screenshots, language, size):
    calm_site.release(embargo=EMBARGO)
    for below in ("", "hours/", "figures/"):
        page = visit(f"{calm_site.url}/{language}/{below}", size, wait_for="section.embargo:visible")
        assert "%" not in page.locator("main").inner_text()
        assert f"A meter is being checked ({language})" in page.locator("section.embargo").inner_text()
        page.screenshot(path=screenshots / f"public-embargo-{below.rstrip('/') or 'live'}-{language}-{size[0]}.png")


def test_hours_that_are_not_known_are_gaps(site, visit, screenshots):
    shares = (0.5, None, 0.6, *[0.4] * 10, None, None, *[0.7] * 33)
    site.publish(coming=hours(AS_OF.replace(minute=0), shares=shares, green=(2,)))
    page = visit(f"{site.url}/en/")
    assert page.locator(".strip .gap").count() == 1
    page.locator("section.green").screenshot(path=screenshots / "public-gap.png")
    page.goto(f"{site.url}/en/hours/")
    assert page.locator("path.line").count() == 3


def test_pages_in_trouble_for_the_eye(site, visit, screenshots):
    page = visit(f"{site.url}/it/", wait_for=NOTICE)
    page.screenshot(path=screenshots / "public-it-starting.png")
    site.publish(stale_after=datetime.now(UTC) - timedelta(seconds=1))
    page = visit(f"{site.url}/de/")
    page.wait_for_selector("#stale:visible")
    page.screenshot(path=screenshots / "public-de-stale.png")
    page.goto(f"{site.url}/de/nichts")
    page.screenshot(path=screenshots / "public-de-404.png")
    assert re.search(texts("de", "public").get("error.not_found_title"), page.inner_text("h1"))
