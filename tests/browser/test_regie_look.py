"""How the régie looks: accessible by axe, nothing cut at either size, in four languages; pictures for the eye."""

import pytest

SIZES = ((1920, 1080), (1366, 768))


@pytest.mark.parametrize("language", ["fr", "de", "it", "en"])
def test_axe_finds_nothing(regie, factory, open_page, language):
    from axe_playwright_python.sync_playwright import Axe

    factory.write(regie.state, factory.snapshot(interval_s=600.0))
    page = open_page(f"{regie.url}/regie/?lang={language}")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("language", ["fr", "de", "it", "en"])
def test_nothing_is_cut_and_text_is_readable(regie, factory, open_page, screenshots, language, size):
    factory.write(regie.state, factory.snapshot(interval_s=600.0))
    page = open_page(f"{regie.url}/regie/?lang={language}", width=size[0], height=size[1])
    page.wait_for_timeout(300)
    page.screenshot(path=screenshots / f"regie-{language}-{size[0]}x{size[1]}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "the page scrolls sideways"
    cut = page.evaluate(
        """() => [...document.querySelectorAll('main *, header *')].filter(e => {
            const style = getComputedStyle(e);
            return e.clientWidth && e.scrollWidth > e.clientWidth + 1 && style.overflowX === 'hidden'
                && !e.classList.contains('sr') && e.textContent.trim();
        }).map(e => e.className + ': ' + e.textContent)"""
    )
    assert cut == []
    small = page.evaluate(
        """() => [...document.querySelectorAll('body *')].filter(e =>
            [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())
            && e.getClientRects().length && parseFloat(getComputedStyle(e).fontSize) < 13
            && !['SCRIPT', 'STYLE'].includes(e.tagName)).map(e => e.tagName + ': ' + e.textContent)"""
    )
    assert small == []


def test_dialogs_and_stale_page_for_the_eye(regie, factory, open_page, screenshots):
    factory.write(regie.state, factory.snapshot(interval_s=600.0))
    page = open_page(f"{regie.url}/regie/?lang=fr")
    page.keyboard.press("n")
    page.screenshot(path=screenshots / "regie-fr-refuse.png")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.screenshot(path=screenshots / "regie-fr-help.png")
    page.keyboard.press("Escape")
    factory.write(regie.state, factory.snapshot(interval_s=0.1, tick_ms=0.0))
    page.wait_for_selector("#banner:not([hidden])", timeout=6_000)
    page.screenshot(path=screenshots / "regie-fr-stale.png")
