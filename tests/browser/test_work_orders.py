"""A work order on a phone: found, read, reported with a photo, seen by the others; without a script and without a network."""

import importlib.util
import signal
from pathlib import Path

import pytest
from playwright.sync_api import expect

from dashboard.regie.work.store import OrderStore

PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def orders():
    path = Path(__file__).parent / "work_order_factory.py"
    spec = importlib.util.spec_from_file_location("work_order_factory", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def depot(tmp_path_factory, serve_module):
    """The régie's web process on a state directory that nothing but orders lie in."""
    served = serve_module("twin.web", tmp_path_factory.mktemp("depot"), path="/regie/work/")
    served.start()
    yield served
    served.stop(signal.SIGKILL)


@pytest.fixture
def issued(depot, orders):
    """A new order for the one test."""
    count = len(OrderStore(depot.state).all())
    return OrderStore(depot.state).issue([orders.order(intervention=f"station_{count}:replace")])[0].kept.order.id


def axe(page):
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.fixture
def photo(tmp_path, orders):
    path = tmp_path / "tank.jpg"
    path.write_bytes(orders.camera_jpeg())
    return path


def test_a_crew_opens_an_order_reports_it_done_with_a_photo_and_sees_it_in_the_list(depot, open_page, issued, photo, orders):
    page = open_page(
        f"{depot.url}/regie/work/", **PHONE, role="crew", locale="de-CH", wait_for=".cards", java_script_enabled=False
    )
    page.get_by_role("link", name=issued).click()
    page.get_by_label("1. Bei der Leitstelle melden").check()
    page.get_by_label("Was gefunden wurde").fill("Rost am Kessel")
    page.get_by_label("4 · Schaden").check()
    page.get_by_label("Fotos, höchstens").set_input_files(photo)
    page.get_by_role("button", name="Erledigt", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Als erledigt gemeldet")
    shown = page.get_by_role("img", name="Foto 1 von carl")
    expect(shown).to_be_visible()
    # 16 x 8 pixels lying on their side: the orientation was kept
    expect(shown).to_have_js_property("naturalWidth", 8)  # known only once it has come
    expect(shown).to_have_js_property("naturalHeight", 16)
    page.get_by_role("link", name="Alle Arbeitsaufträge").click()
    expect(page.locator(".card", has_text=issued).locator(".state")).to_have_text("erledigt")
    report = OrderStore(depot.state).get(issued).report
    assert (report.by, report.found, report.score, report.ticked, len(report.photos)) == (
        "carl",
        "Rost am Kessel",
        4,
        (1,),
        1,
    )
    assert page.complaints == []


def test_pressing_done_twice_reports_once(depot, open_page, issued):
    page = open_page(f"{depot.url}/regie/work/{issued}?lang=en", **PHONE, role="crew", wait_for="form")
    page.get_by_role("button", name="Done", exact=True).dblclick()
    expect(page.get_by_role("status")).to_contain_text("Reported done")
    assert len(OrderStore(depot.state).get(issued).changes) == 2


def test_enter_in_a_field_reports_nothing(depot, open_page, issued):
    page = open_page(f"{depot.url}/regie/work/{issued}?lang=en", **PHONE, role="crew", wait_for="form")
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    assert OrderStore(depot.state).get(issued).state == "issued"


def test_not_done_without_a_motive_comes_back_with_what_was_typed(depot, open_page, issued):
    page = open_page(f"{depot.url}/regie/work/{issued}?lang=fr", **PHONE, role="crew", wait_for="form")
    page.get_by_label("Ce qui a été constaté").fill("Portail")
    page.get_by_role("button", name="Pas fait").click()
    expect(page.get_by_role("alert")).to_contain_text("demande un motif")
    expect(page.get_by_label("Ce qui a été constaté")).to_have_value("Portail")
    axe(page)
    page.get_by_label("Remarque").fill("Portail fermé")
    page.get_by_role("button", name="Pas fait").click()
    expect(page.get_by_role("status")).to_contain_text("Rapporté comme pas fait")


@pytest.mark.parametrize(
    ("language", "scheme"), [("fr", "light"), ("de", "light"), ("it", "light"), ("en", "light"), ("de", "dark")]
)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(depot, open_page, screenshots, issued, language, scheme):
    for name, path in (("list", ""), ("order", issued)):
        page = open_page(
            f"{depot.url}/regie/work/{path}?lang={language}", **PHONE, role="crew", wait_for="main", color_scheme=scheme
        )
        page.screenshot(path=screenshots / f"work-{name}-{language}-{scheme}.png", full_page=True)
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert page.complaints == []


def test_everything_that_is_pressed_is_large_enough_for_a_thumb(depot, open_page, issued):
    page = open_page(f"{depot.url}/regie/work/{issued}?lang=de", **PHONE, role="crew", wait_for="form")
    # 44 CSS pixels: WCAG 2.1, 2.5.5
    low = page.evaluate(
        """() => [...document.querySelectorAll(
            'button:not([hidden]), .ticks label, .scores label, input[type=text], .bar a, .jump'
        )].filter(e => e.getBoundingClientRect().height < 44).map(e => e.outerHTML)"""
    )
    assert low == []
    assert page.locator("button.strong").bounding_box()["height"] >= 72


def test_the_saved_document_opens_without_a_network(depot, open_page, issued, tmp_path):
    page = open_page(f"{depot.url}/regie/work/{issued}?lang=it", **PHONE, role="crew", wait_for="form")
    with page.expect_download() as download:
        page.get_by_role("link", name="Salvare per il viaggio").click()
    saved = tmp_path / "order.html"
    download.value.save_as(saved)
    offline = open_page(saved.as_uri(), **PHONE, role="crew", wait_for="main", offline=True)
    expect(offline.get_by_role("heading", name="Passi")).to_be_visible()
    assert offline.requested == [saved.as_uri()]
    assert offline.complaints == []
    axe(offline)
