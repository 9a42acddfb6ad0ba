"""The officer's page in a real browser: both sizes, four languages, both themes, by keyboard, and on paper."""

import importlib.util
import signal
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from twin.contracts.privacy import FILE, Consent, Disclosure, Published
from twin.privacy.kinds import KINDS
from twin.regie.publish import write_atomically

QUARTER = {"de": "Quartier", "fr": "Quartier", "it": "Quartiere", "en": "Neighbourhood"}
ROOF = {"de": "Schulhausdach", "fr": "Toit de l’école", "it": "Tetto della scuola", "en": "School roof"}
FEW = {"customers": 9, "k": 15}
SHOWN = Disclosure(
    published=(
        Published(figure="share", where=QUARTER, resolution_s=3600, public=True, reason="hours_only", params={}),
        Published(figure="plant", where=ROOF, resolution_s=3600, public=True, reason="hours_only", params={}),
        Published(figure="load", where=QUARTER, resolution_s=3600, public=False, reason="too_few_customers", params=FEW),
    ),
    consents=(Consent(where=ROOF, words="2026-01-05, letter 12 of the school board"),),
)


@pytest.fixture(scope="module")
def office(tmp_path_factory, serve_module):
    """Fourteen months of everything, nothing of which has gone yet."""
    path = Path(__file__).parents[1] / "unit" / "privacy" / "old_town.py"
    spec = importlib.util.spec_from_file_location("old_town", path)
    town = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(town)
    state = tmp_path_factory.mktemp("office")
    town.make(state)
    (state / "snapshots" / "regie.json").unlink()
    write_atomically(state / "snapshots" / FILE, SHOWN)
    served = serve_module("twin.web", state, path="/regie/privacy/")
    served.start()
    yield served
    served.stop(signal.SIGKILL)


def visit(office, open_page, language="en", **options):
    options = {"role": "officer", "wait_for": "main h1", **options}
    return open_page(f"{office.url}/regie/privacy/?lang={language}", **options)


@pytest.mark.parametrize("language", ["de", "fr", "it", "en"])
def test_the_page_is_whole_in_every_language_and_nobody_is_shut_out_of_it(office, open_page, screenshots, language):
    page = visit(office, open_page, language, width=1366, height=768)
    assert page.locator("section.privacy").count() == 4
    assert page.locator("section.privacy").first.locator("tbody tr").count() == len(KINDS)
    found = Axe().run(page).response["violations"]
    assert [(each["id"], [node["html"][:160] for node in each["nodes"]]) for each in found] == []
    assert page.complaints == []
    page.screenshot(path=screenshots / f"officer-{language}.png", full_page=True)


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 800), (1920, 1080)])
def test_nothing_runs_out_of_the_page_at_any_size(office, open_page, screenshots, width, height):
    page = visit(office, open_page, width=width, height=height)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.screenshot(path=screenshots / f"officer-{width}.png")


def test_the_dark_theme_has_contrast_too(office, open_page, screenshots):
    page = visit(office, open_page, color_scheme="dark")
    page.locator("[data-do=theme]").click()
    if page.locator("html").get_attribute("data-theme") != "dark":
        page.locator("[data-do=theme]").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    found = Axe().run(page).response["violations"]
    assert [each["id"] for each in found] == []
    page.screenshot(path=screenshots / "officer-dark.png")


def test_wide_tables_are_reached_and_scrolled_by_keyboard(office, open_page):
    page = visit(office, open_page, width=390, height=844)
    table = page.get_by_role("region", name="What is held, and why")
    for _ in range(40):
        page.keyboard.press("Tab")
        if table.evaluate("e => e === document.activeElement"):
            break
    else:
        raise AssertionError("no keyboard comes to the table")
    page.keyboard.press("ArrowRight")
    expect(table).to_be_focused()
    for _ in range(100):
        if table.evaluate("e => e.scrollLeft") > 0:
            return
        page.wait_for_timeout(50)
    raise AssertionError("the table does not move")


def test_on_paper_the_whole_table_stands_and_no_button(office, open_page, screenshots):
    page = visit(office, open_page)
    page.emulate_media(media="print")
    assert not page.locator("[data-do=print]").is_visible()
    assert page.locator("section.privacy table").first.is_visible()
    page.screenshot(path=screenshots / "officer-print.png", full_page=True)


def test_the_print_button_prints(office, open_page):
    page = visit(office, open_page)
    page.evaluate("window.print = () => { window.printed = true; }")
    page.get_by_role("button", name="Print").click()
    assert page.evaluate("window.printed") is True


def test_an_officer_asks_for_nothing_beside_their_room(office, open_page):
    page = visit(office, open_page)
    page.wait_for_timeout(2500)  # a pulse of other rooms would have been asked for by now
    asked = {address.split("?")[0].removeprefix(office.url) for address in page.requested}
    assert {path for path in asked if not path.startswith("/regie/assets/")} == {"/regie/privacy/"}
    assert page.get_by_role("navigation", name="Rooms").get_by_role("link").all_inner_texts() == ["Data protection"]
