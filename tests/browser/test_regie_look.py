"""How the régie looks: accessible by axe, nothing cut at either size, in four languages; pictures for the eye."""

import pytest
from playwright.sync_api import expect

SIZES = ((1920, 1080), (1366, 768))

CUT = """() => {
    const holders = '.card, #strip, #alarms, #recommendations, .records, .grid-zone, #ahead, .top', found = [];
    for (const holder of document.querySelectorAll(holders)) {
        const edge = holder.getBoundingClientRect(), texts = document.createTreeWalker(holder, NodeFilter.SHOW_TEXT);
        while (texts.nextNode()) {
            const text = texts.currentNode, range = document.createRange(), inside = text.parentElement;
            if (!text.textContent.trim() || inside.closest('.sr, [hidden], [popover]')) continue;
            range.selectNodeContents(text);
            for (const place of range.getClientRects()) {
                const sideways = place.left < edge.left - 1 || place.right > edge.right + 1;
                const below = !inside.closest('.scroll, .abnormal, .drawings') && place.bottom > edge.bottom + 1;
                if (sideways || below) found.push(`${holder.id || holder.className}: ${text.textContent}`);
            }
        }
    }
    return [...new Set(found)];
}"""
"""Text that reaches beyond the panel or card it stands in; downwards a list may, for it scrolls."""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["fr", "de", "it", "en"])
@pytest.mark.parametrize("path", ["", "box/load_town/", "ahead/"])
def test_axe_finds_nothing(regie, factory, open_page, language, theme, path):
    from axe_playwright_python.sync_playwright import Axe

    factory.write(regie.state, factory.snapshot(interval_s=600.0))
    page = open_page(
        f"{regie.url}/regie/{path}?lang={language}", color_scheme=theme, wait_for="main h1" if path else ".cards .card"
    )
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("language", ["fr", "de", "it", "en"])
def test_nothing_is_cut_and_text_is_readable(regie, factory, open_page, screenshots, language, size, theme):
    factory.write(regie.state, factory.snapshot(interval_s=600.0))
    page = open_page(f"{regie.url}/regie/?lang={language}", width=size[0], height=size[1], color_scheme=theme)
    page.wait_for_timeout(300)
    page.screenshot(path=screenshots / f"regie-{language}-{theme}-{size[0]}x{size[1]}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "the page scrolls sideways"
    assert page.evaluate(CUT) == []
    small = page.evaluate(
        """() => [...document.querySelectorAll('body *')].filter(e =>
            [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())
            && e.getClientRects().length && parseFloat(getComputedStyle(e).fontSize) < 13
            && !['SCRIPT', 'STYLE'].includes(e.tagName)).map(e => e.tagName + ': ' + e.textContent)"""
    )
    assert small == []


@pytest.mark.parametrize("place", [".card h3", "#alarms h2", "#strip dd"])
def test_a_text_that_is_too_long_for_its_place_would_be_noticed(regie, factory, open_page, place):
    factory.write(regie.state, factory.snapshot(interval_s=600.0))
    page = open_page(f"{regie.url}/regie/?lang=de", width=1366, height=768)
    page.eval_on_selector(place, "e => { e.textContent = 'Donaudampfschifffahrtsgesellschaftskapitän'.repeat(4); }")
    assert any("Donaudampf" in cut for cut in page.evaluate(CUT))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_what_waits_for_an_answer_is_in_sight_without_scrolling(regie, factory, open_page, size):
    factory.write(regie.state, factory.snapshot(interval_s=600.0))
    page = open_page(f"{regie.url}/regie/?lang=de", width=size[0], height=size[1])
    for button in (
        f'[data-do="acknowledge"][data-target="{factory.alarms()[0].key}"]',
        f'[data-do="accept"][data-target="{factory.recommendations()[0].id}"]',
        f'[data-do="refuse"][data-target="{factory.recommendations()[0].id}"]',
    ):
        on_top = page.eval_on_selector(
            button,
            """e => {
                const r = e.getBoundingClientRect();
                return e.contains(document.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2));
            }""",
        )
        assert on_top, f"{button} is not where a pointer can reach it"


def test_on_a_large_screen_nothing_is_below_the_fold(regie, factory, open_page):
    factory.write(regie.state, factory.snapshot(interval_s=600.0))
    page = open_page(f"{regie.url}/regie/?lang=fr")
    assert page.evaluate("document.documentElement.scrollHeight") <= 1080


def test_dialogs_and_stale_page_for_the_eye(regie, factory, open_page, screenshots):
    factory.write(regie.state, factory.snapshot(interval_s=600.0))
    page = open_page(f"{regie.url}/regie/?lang=fr")
    page.keyboard.press("n")
    expect(page.locator("#confirm")).to_be_visible()
    page.screenshot(path=screenshots / "regie-fr-refuse.png")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    assert "Aide" in page.inner_text("#help")
    page.screenshot(path=screenshots / "regie-fr-help.png")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    expect(page.locator("#said")).to_contain_text("Envoyé")
    page.screenshot(path=screenshots / "regie-fr-said.png")
    factory.write(regie.state, factory.snapshot(interval_s=0.1, tick_ms=0.0))
    page.wait_for_selector("#banner:not([hidden])")
    page.screenshot(path=screenshots / "regie-fr-stale.png")


def test_the_page_before_the_first_snapshot_for_the_eye(tmp_path, serve_module, open_page, screenshots):
    process = serve_module("twin.web", tmp_path, path="/regie/")
    process.start()
    page = open_page(f"{process.url}/regie/?lang=fr", wait_for="#alarms h2")
    page.screenshot(path=screenshots / "regie-fr-waiting.png")
    process.stop()
