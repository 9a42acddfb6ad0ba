"""Run-of-show, switching orders and shift log in a real browser: every control, both sizes, a kill in the middle of an edit."""

import signal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from dashboard.regie.book import Book

SIZES = [(1920, 1080), (1366, 768)]


def axe(page):
    found = Axe().run(page).response["violations"]
    assert [(each["id"], [node["html"][:160] for node in each["nodes"]]) for each in found] == []


@pytest.fixture(scope="module")
def desk(tmp_path_factory, factory, serve_module):
    """A régie of its own: these tests write into its book."""
    state = tmp_path_factory.mktemp("desk")
    factory.write(state, factory.facts(), "diagram.json")
    factory.write(state, factory.snapshot(interval_s=3600.0))
    served = serve_module("twin.web", state, path="/regie/")
    served.start()
    yield served
    served.stop(signal.SIGKILL)


def kinds(desk, room):
    return [line.kind for line in Book(desk.state).lines(room)]


def sure(page):
    page.on("dialog", lambda dialog: dialog.accept())
    return page


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_main_page_shows_the_day_with_its_now_line(desk, open_page, screenshots, width, height):
    page = open_page(f"{desk.url}/regie/?lang=en", width=width, height=height)
    page.wait_for_selector("#conducteur .now-line")
    page.locator("#conducteur").screenshot(path=screenshots / f"conducteur-panel-{width}.png")
    bars = page.evaluate(
        "() => [...document.querySelectorAll('#conducteur .cue')].map(e => { const b = e.getBoundingClientRect();"
        " return [b.left, b.right, b.top, b.bottom]; })"
    )
    assert len(bars) > 8
    for i, (left, right, top, bottom) in enumerate(bars):
        for other_left, other_right, other_top, other_bottom in bars[i + 1 :]:
            assert right <= other_left + 1 or other_right <= left + 1 or bottom <= other_top + 1 or other_bottom <= top + 1
    assert page.evaluate(
        "document.querySelector('#conducteur').scrollWidth <= document.querySelector('#conducteur').clientWidth"
    )


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_line_is_added_changed_taken_out_and_put_back_by_keyboard(desk, open_page, screenshots, width, height):
    page = sure(
        open_page(f"{desk.url}/regie/conducteur/?lang=en", width=width, height=height, wait_for="main table", role="dispatcher")
    )
    name = f"Concert {width}"
    page.locator("#title-new").focus()
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type("20:00")
    page.keyboard.press("Tab")
    page.keyboard.type("23:00")
    page.keyboard.press("Enter")
    row = page.locator("tr", has_text=name)
    expect(row).to_contain_text("20:00–23:00")
    row.locator("summary").focus()
    page.keyboard.press("Enter")
    row.get_by_label("From").fill("21:00")
    page.keyboard.press("Enter")
    expect(page.locator("tr", has_text=name)).to_contain_text("21:00–23:00")
    page.locator("tr", has_text=name).get_by_role("button", name="Take out").focus()
    page.keyboard.press("Enter")
    again = page.get_by_role("button", name=f"Put back: {name}")
    again.focus()
    page.keyboard.press("Enter")
    expect(page.locator("tr", has_text=name)).to_contain_text("dana")
    assert kinds(desk, "cue")[-4:] == ["cue.add", "cue.edit", "cue.drop", "cue.restore"]
    page.screenshot(path=screenshots / f"conducteur-page-{width}.png", full_page=True)
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_form_sent_before_the_other_scripts_have_come_is_sent_all_the_same(desk, open_page):
    """On a busy machine a key is pressed sooner than the last script runs; the browser would reload and lose the deed."""
    page = open_page(f"{desk.url}/regie/conducteur/?lang=en", wait_for="main table", role="dispatcher")
    deferred = page.eval_on_selector_all("script[defer]", "all => all.map(one => one.src)")
    late = []

    def hold(route):
        late.append(route)

    page.route(lambda address: address in deferred, hold)
    page.reload(wait_until="commit")
    page.locator("#title-new").fill("Fair")
    page.get_by_label("From").last.fill("19:00")
    with page.expect_response(lambda answer: "/conducteur/write" in answer.url) as sent:
        page.locator("#title-new").press("Enter")
    assert sent.value.ok
    assert late, "nothing was held back"
    for route in late:
        route.abort()
    assert kinds(desk, "cue")[-1] == "cue.add"


def test_a_day_is_frozen_and_what_the_draft_changes_since_is_listed(desk, open_page, factory, screenshots):
    page = sure(open_page(f"{desk.url}/regie/conducteur/?lang=de", wait_for="main table", role="dispatcher"))
    page.get_by_role("button", name="Diesen Tag einfrieren").click()
    expect(page.locator("main")).to_contain_text("Eingefroren von dana")
    factory.write(desk.state, factory.snapshot(interval_s=3600.0, recommendations=()))
    page.wait_for_timeout(600)
    page.reload()
    expect(page.locator("#deviations")).to_contain_text("Weggefallen:")
    page.screenshot(path=screenshots / "conducteur-frozen-de.png", full_page=True)
    page.get_by_role("button", name="Diesen Tag freigeben").click()
    expect(page.get_by_role("button", name="Diesen Tag einfrieren")).to_be_visible()
    factory.write(desk.state, factory.snapshot(interval_s=3600.0))


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_an_order_is_drafted_by_mouse_and_keyboard_and_read_in_four_languages(
    desk, open_page, factory, screenshots, width, height
):
    remote, manual = (next(s.index for s in factory.facts().switches if s.remote is how) for how in (True, False))
    page = sure(
        open_page(f"{desk.url}/regie/switching/new?lang=en", width=width, height=height, wait_for=".draft", role="dispatcher")
    )
    page.get_by_label("Title", exact=True).fill(f"Feed the street {width}")
    page.get_by_label("Planned start").fill("19:00")
    page.get_by_label("Element", exact=True).fill(f"switch:{manual}")
    page.locator("select[name=operation]").select_option("open")
    page.locator("select[name=how]").select_option("crew")
    page.get_by_label("Travel, min").fill("20")
    page.locator("select[name=tag]").select_option("hang")
    page.get_by_label("Words of the tag").fill("People at work")
    page.get_by_role("button", name="Add a step").focus()
    page.keyboard.press("Enter")
    second = page.locator(".draft-steps li").nth(1)
    expect(second.locator("legend")).to_have_text("Step 2")
    second.get_by_label("Element", exact=True).fill(f"switch:{remote}")
    second.locator("select[name=operation]").select_option("close")
    second.get_by_label("While steps stand (numbers)").fill("1")
    axe(page)
    page.screenshot(path=screenshots / f"switching-draft-{width}.png", full_page=True)
    page.get_by_role("button", name="Save the draft").click()
    expect(page.locator("h1")).to_contain_text(f"Feed the street {width}")
    expect(page.locator(".steps")).to_contain_text("while step 1 stands")
    address = page.url
    for language in ("fr", "de", "it"):
        page.goto(address.replace("lang=en", f"lang={language}"))
        axe(page)
        page.screenshot(path=screenshots / f"switching-order-{language}-{width}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_fault_of_a_draft_is_said_and_nothing_that_was_typed_is_lost(desk, open_page):
    page = open_page(f"{desk.url}/regie/switching/new?lang=en", wait_for=".draft", role="dispatcher")
    page.get_by_label("Title", exact=True).fill("Nowhere")
    page.get_by_label("Element", exact=True).fill("switch:99999")
    page.get_by_role("button", name="Save the draft").click()
    expect(page.locator("#said")).to_contain_text("the grid has no")
    expect(page.get_by_label("Title", exact=True)).to_have_value("Nowhere")


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_two_people_hand_over_and_the_sheet_stays(desk, open_page, screenshots, width, height):
    page = sure(open_page(f"{desk.url}/regie/shift/?lang=fr", width=width, height=height, wait_for="main", role="dispatcher"))
    page.get_by_label("Ce qui s'est passé").fill(f"Les pompiers sont au poste {width}")
    page.get_by_role("button", name="Inscrire").click()
    expect(page.locator("main table")).to_contain_text(f"Les pompiers sont au poste {width}")
    axe(page)
    page.screenshot(path=screenshots / f"shift-log-{width}.png")
    page.get_by_role("link", name="Relève", exact=True).click()
    page.get_by_label("Ce que le quart suivant doit savoir").fill("Surveiller la rue")
    page.get_by_role("button", name="Signer et transmettre").click()
    expect(page.locator("main")).to_contain_text("Transmis par dana")
    other = open_page(page.url.replace("lang=fr", "lang=it"), width=width, height=height, wait_for="main")
    axe(other)
    other.get_by_role("button", name="Firmare e prendere in consegna").click()
    expect(other.locator("main")).to_contain_text("Preso in consegna da")
    other.screenshot(path=screenshots / f"shift-sheet-{width}.png", full_page=True)
    assert kinds(desk, "log")[-2:] == ["log.handover", "log.takeover"]


@pytest.mark.parametrize("path", ["conducteur/", "switching/", "switching/new", "shift/", "shift/handover"])
def test_the_dark_theme_is_readable(desk, open_page, screenshots, path):
    page = open_page(f"{desk.url}/regie/{path}?lang=de", wait_for="main", color_scheme="dark", role="dispatcher")
    page.locator('[data-do="theme"]').first.click()
    axe(page)
    page.screenshot(path=screenshots / f"dark-{path.strip('/').replace('/', '-')}.png")


def test_what_was_acknowledged_is_there_after_a_kill_in_the_middle_of_an_edit(desk, open_page):
    page = open_page(f"{desk.url}/regie/shift/?lang=en", wait_for="main", role="dispatcher")
    page.get_by_label("What happened").fill("Before the kill")
    page.get_by_role("button", name="Enter").click()
    expect(page.locator("main table")).to_contain_text("Before the kill")
    page.get_by_label("What happened").fill("Never sent")
    desk.stop(signal.SIGKILL)
    desk.start()
    texts = [line.params.get("text") for line in Book(desk.state).lines("log")]
    assert "Before the kill" in texts
    assert "Never sent" not in texts
    page.get_by_role("button", name="Enter").click()
    expect(page.locator("main table")).to_contain_text("Never sent")
    assert Book(desk.state).verify()[0] == len(Book(desk.state).lines())
