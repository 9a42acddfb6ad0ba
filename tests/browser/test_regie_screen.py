"""What this screen does for itself: it freezes, turns dark, shows a map, reads hours ahead, asks what-ifs, fits on paper."""

import re

from playwright.sync_api import expect


def test_a_frozen_screen_holds_its_picture_while_counters_stay_live(page, regie, factory):
    page.keyboard.press("Space")
    expect(page.locator("#header .mode").first).to_contain_text("Frozen")
    calm = tuple(alarm for alarm in factory.alarms() if alarm.priority != 2)
    factory.write(regie.state, factory.snapshot(tick=77, interval_s=600.0, alarms=calm))
    expect(page.locator("#counters li").nth(1)).to_contain_text("0")
    expect(page.locator("#header .state")).to_contain_text("tick 41")
    page.keyboard.press("Space")
    expect(page.locator("#header .state")).to_contain_text("tick 77")
    expect(page.locator("body.frozen")).to_have_count(0)


def test_the_theme_is_chosen_once_and_holds_before_anything_is_painted(page, regie):
    before = page.evaluate("document.documentElement.dataset.theme")
    page.click('#tools [data-do="theme"]')
    after = page.evaluate("document.documentElement.dataset.theme")
    assert {before, after} == {"light", "dark"}
    page.add_init_script("""new MutationObserver((_, seen) => {
        if (document.body) { window.themeAtBody = document.documentElement.dataset.theme; seen.disconnect(); }
    }).observe(document, {childList: true, subtree: true});""")
    page.reload()
    page.wait_for_selector(".cards .card")
    assert page.evaluate("window.themeAtBody") == after


def test_the_map_comes_with_m_and_the_diagram_with_s(page):
    page.keyboard.press("m")
    expect(page.locator("#map-base svg.drawing")).to_be_visible()
    expect(page.locator("#grid-base svg.drawing")).to_be_hidden()
    page.keyboard.press("s")
    expect(page.locator("#grid-base svg.drawing")).to_be_visible()


def test_a_drawing_that_was_enlarged_moves_with_the_arrow_keys(page):
    page.click('[data-do="zoom-in"]')
    board = page.locator(".drawings")
    left = board.evaluate("e => e.scrollLeft")
    board.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("left => document.querySelector('.drawings').scrollLeft > left", arg=left)


def test_the_hours_ahead_are_read_by_keyboard_and_say_that_they_are_a_forecast(page):
    page.focus("#ahead-at")
    first = page.inner_text("#ahead-reads")
    page.keyboard.press("ArrowRight")
    then = page.inner_text("#ahead-reads")
    assert first != then
    assert "forecast" in then
    assert page.get_attribute("#ahead-at", "aria-valuetext") == then


def test_a_number_key_opens_the_inside_page_of_the_box_that_shows_it(page):
    page.keyboard.press("1")
    page.wait_for_url("**/regie/box/load_town/**")
    expect(page.locator("h1")).to_contain_text("Load")
    assert page.locator(".section-curves svg[role=img]").count() >= 1


def test_a_what_if_without_its_service_says_so_and_changes_nothing(page):
    shown = page.inner_html("#grid-overlay")
    page.keyboard.press("w")
    page.click('[data-focus="what-if-ask"]')
    expect(page.locator("#said")).not_to_be_empty()
    assert page.inner_html("#grid-overlay") == shown
    page.keyboard.press("Escape")
    expect(page.locator("#what-if-form")).to_be_hidden()


def test_a_closed_what_if_form_leaves_the_drawing_alone(page):
    assert page.locator("#what-if-diagram").inner_html() == ""


def test_on_paper_there_is_black_on_white_and_nothing_to_press(page):
    page.click('#tools [data-do="theme"]')
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    expect(page.locator("#tools")).to_be_hidden()
    expect(page.locator('[data-do="acknowledge"]').first).to_be_hidden()


def test_the_whole_screen_fits_on_two_sheets_of_a4_across(page):
    sheets = page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", sheets)) <= 2
    width, height = map(float, re.search(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", sheets).groups())
    assert (round(width), round(height)) == (842, 595)
