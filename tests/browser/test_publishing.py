"""The publisher's room in a real browser: approved by keyboard and public at once, restated, hidden, stories without markup."""

import json
import signal
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from dashboard.format import LANGUAGES
from dashboard.regie.book import Book
from tests.browser import publication_factory

SIZES = [(1920, 1080), (1366, 768)]
FEBRUARY = datetime(2016, 2, 1, 17, tzinfo=UTC)
HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=2</script>'


def axe(page):
    found = Axe().run(page).response["violations"]
    assert [(each["id"], [node["html"][:160] for node in each["nodes"]]) for each in found] == []


@pytest.fixture(scope="session")
def town():
    return publication_factory


@pytest.fixture
def office(tmp_path, factory, town, serve_module):
    """A régie whose January is known, on an evening in February."""
    factory.write(tmp_path, factory.facts(), "diagram.json")
    factory.write(tmp_path, factory.snapshot(as_of=FEBRUARY, interval_s=3600.0))
    town.january(tmp_path)
    served = serve_module("twin.web", tmp_path, path="/regie/")
    served.start()
    yield served
    served.stop(signal.SIGKILL)


@pytest.fixture
def enter(office, open_page):
    """Open a page of the room as the publisher; what is asked before a deed is answered with yes."""

    def entered(place="", language="en", role="publisher", **options):
        address = f"{office.url}/regie/publishing/{place}?lang={language}"
        page = open_page(address, wait_for="main h1", role=role, **options)
        page.on("dialog", lambda dialog: dialog.accept())
        return page

    return entered


def release(office):
    return json.loads((office.state / "public" / "release.json").read_bytes())


def kinds(office):
    return [line.kind for line in Book(office.state).lines("publish")]


def fill(page, label, text):
    for language in ("German", "French", "Italian", "English"):
        page.get_by_label(f"{label}, {language}", exact=True).fill(text)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_month_is_approved_by_keyboard_and_is_in_the_public_file_at_once(office, enter, screenshots, width, height):
    page = enter(width=width, height=height)
    row = page.locator("tr", has_text="2016-01")
    expect(row).to_contain_text("not approved")
    axe(page)
    page.screenshot(path=screenshots / f"publishing-{width}.png", full_page=True)
    assert not (office.state / "public" / "release.json").exists()
    row.get_by_role("link").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Figures of 2016-01")
    page.get_by_role("button", name="Approve").focus()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("Revision 1: 50.0")
    axe(page)
    assert [(month["period"], month["share"]) for month in release(office)["months"]] == [("2016-01", 0.5)]
    assert (office.state / "public" / "open" / "hours-2016-01.csv").read_text().count("\n") == 745
    assert kinds(office) == ["publish.approve"]
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_restated_month_is_public_only_with_its_reason_and_an_embargo_hides_all_of_it(office, enter, town, screenshots):
    page = enter("period/2016-01")
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("main")).to_contain_text("Revision 1: 50.0")
    first, late = town.labels(town.NEW_YEAR, 1)[0], town.labels(town.NEW_YEAR + timedelta(days=33), 1)[0]
    town.Air(office.state).tell({first: town.origin(share=1.0, p_mw=400.0), late: town.origin()})
    page.reload()
    fill(page, "Reason", "A meter told late")
    page.screenshot(path=screenshots / "publishing-restate.png", full_page=True)
    axe(page)
    page.get_by_role("button", name="Restate").click()
    expect(page.locator("main")).to_contain_text("Revision 2:")
    told = release(office)
    assert [(month["revision"], month["share"] > 0.5) for month in told["months"]] == [(2, True)]
    assert told["corrections"][0]["reason"]["fr"] == "A meter told late"
    page.get_by_role("link", name="Back to publishing").click()
    page.get_by_text("Set an embargo").click()
    fill(page, "Reason", "The import meter is doubted")
    page.get_by_role("button", name="Show nothing from now on").click()
    expect(page.locator("main")).to_contain_text("no share is shown")
    axe(page)
    page.screenshot(path=screenshots / "publishing-embargo.png", full_page=True)
    assert (release(office)["months"], release(office)["corrections"]) == ([], [])
    page.get_by_role("button", name="Lift the embargo").click()
    expect(page.locator("main")).to_contain_text("No embargo")
    assert release(office)["months"] == told["months"]


def test_a_story_is_read_in_four_languages_before_it_is_on_air_and_never_becomes_markup(office, enter, screenshots):
    page = enter("story/")
    page.get_by_label("Start").fill("2016-05-01T10:00")
    page.get_by_label("End").fill("2016-05-01T16:00")
    fill(page, "Title", "Open day at the hydro plant")
    fill(page, "Text", HOSTILE)
    axe(page)
    page.get_by_role("button", name="Propose").click()
    expect(page.locator("h1")).to_have_text("Story ST-0001")
    expect(page.locator(".slot")).to_have_count(4)
    expect(page.locator(".slot[lang=it]")).to_contain_text(HOSTILE)
    assert page.locator(".slot img, .slot script").count() == 0
    axe(page)
    page.screenshot(path=screenshots / "publishing-story.png", full_page=True)
    assert not (office.state / "public" / "release.json").exists()
    page.get_by_role("button", name="Put on air").click()
    expect(page.locator("main")).to_contain_text("on air, proposed by")
    assert [story["text"]["de"] for story in release(office)["stories"]] == [HOSTILE]
    assert "Story" in page.title()
    page.get_by_role("button", name="Withdraw").click()
    expect(page.locator("main")).to_contain_text("withdrawn, proposed by")
    assert release(office)["stories"] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_room_speaks_every_language_and_is_readable_in_the_dark(enter, screenshots, language):
    for place in ("", "period/2016-01", "story/"):
        page = enter(place, language, color_scheme="dark", width=1366, height=768)
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        name = place.strip("/").replace("/", "-") or "index"
        page.screenshot(path=screenshots / f"publishing-{name}-{language}-dark.png", full_page=True)


def test_a_dispatcher_does_not_find_the_room(office, open_page):
    page = open_page(f"{office.url}/regie/shift/?lang=en", wait_for="main h1", role="dispatcher")
    assert page.get_by_role("link", name="Publishing").count() == 0
    assert page.request.get(f"{office.url}/regie/publishing/").status == 403


def test_what_was_approved_is_public_after_the_web_process_was_killed_and_its_file_torn(office, enter):
    page = enter("period/2016-01")
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("main")).to_contain_text("Revision 1: 50.0")
    path = office.state / "public" / "release.json"
    whole = path.read_bytes()
    office.stop(signal.SIGKILL)
    path.write_bytes(whole[: len(whole) // 2])
    office.start()
    page.reload()
    expect(page.locator("main")).to_contain_text("Revision 1: 50.0")
    page.wait_for_timeout(1000)  # the watcher looks five times a second
    assert path.read_bytes() == whole
