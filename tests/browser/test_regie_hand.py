"""What a dispatcher has in hand stays there: focus, scroll position, the meaning of a key, and an answer to every command."""

import pytest
from playwright.sync_api import expect

SECOND_MS = 1000


@pytest.fixture
def evening(regie, factory):
    """A list that scrolls: twelve overloads of falling age, none acknowledged."""
    first = factory.alarms()[0]

    def alarms(acknowledged=()):
        return tuple(
            first.model_copy(
                update={
                    "key": f"now:overload:line:{line.index}",
                    "element": f"line:{line.index}",
                    "acknowledged_by": "Desk 1" if i in acknowledged else None,
                    "acknowledged_at": factory.AS_OF if i in acknowledged else None,
                }
            )
            for i, line in enumerate(factory.facts().lines[:12])
        )

    return alarms


@pytest.fixture
def page(regie, factory, open_page, evening):
    """The evening, in a window where every list is longer than its panel."""
    factory.write(regie.state, factory.snapshot(alarms=evening()))
    return open_page(f"{regie.url}/regie/?lang=en", width=1366, height=768)


def focused(page):
    return page.evaluate("document.activeElement.dataset.focus")


def scrolled(page, selector):
    return page.eval_on_selector(selector, "e => [e.scrollLeft, e.scrollTop]")


@pytest.mark.parametrize("selector", ["#alarms .scroll", "#recommendations .scroll", "#wall .cards"])
def test_a_list_stays_where_it_was_scrolled_when_its_content_changes(page, next_tick, factory, evening, selector):
    page.eval_on_selector(selector, "e => e.scrollTo({left: 90, top: 40, behavior: 'instant'})")
    before = scrolled(page, selector)
    assert max(before) > 0
    shown = page.inner_html(selector)
    cards = [card.model_copy(update={"value": 1.5}) for card in factory.boxes()]
    items = [item.model_copy(update={"p_mw_now": 0.05}) for item in factory.recommendations()]
    next_tick(alarms=evening(acknowledged={0}), boxes=cards, recommendations=items)
    assert page.inner_html(selector) != shown
    assert scrolled(page, selector) == before


@pytest.mark.parametrize("name", ["alarms", "cards", "figure-grid", "box-load_town"])
def test_a_list_or_figure_keeps_its_focus_when_its_content_changes(page, next_tick, factory, evening, name):
    page.focus(f'[data-focus="{name}"]')
    cards = [card.model_copy(update={"value": 1.5}) for card in factory.boxes()]
    next_tick(alarms=evening(acknowledged={0}), boxes=cards)
    assert focused(page) == name


def test_when_an_acknowledge_button_goes_its_alarms_other_button_has_the_focus(page, next_tick, evening):
    key = evening()[0].key
    page.focus(f'[data-focus="ack-{key}"]')
    page.keyboard.press("Enter")
    next_tick(alarms=evening(acknowledged={0}))
    assert focused(page) == f"shelve-{key}"


def test_when_an_alarm_goes_its_list_has_the_focus(page, next_tick, evening):
    page.focus(f'[data-focus="ack-{evening()[0].key}"]')
    next_tick(alarms=evening()[1:])
    assert focused(page) == "alarms"


def test_acknowledging_by_key_goes_on_with_the_next_alarm(page, next_tick, evening):
    sent = []
    page.on("request", lambda request: sent.append(request.post_data_json["target"]) if request.post_data else None)
    for i in range(3):
        page.keyboard.press("a")
        expect(page.locator("#said")).to_contain_text("Sent")
        next_tick(alarms=evening(acknowledged=set(range(i + 1))))
    assert sent == [alarm.key for alarm in evening()[:3]]


def test_a_key_held_down_acknowledges_once(page, evening):
    sent = []
    page.on("request", lambda request: sent.append(request.post_data_json["target"]) if request.post_data else None)
    for _ in range(4):
        page.keyboard.down("a")
    page.keyboard.up("a")
    expect(page.locator("#said")).to_contain_text("Sent")
    assert sent == [evening()[0].key]


def test_accepting_by_key_goes_on_with_the_next_open_recommendation(page, next_tick, factory, evening):
    first, second = factory.recommendations()[:2]
    page.keyboard.press("y")
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("Sent")
    accepted = first.model_copy(update={"state": "accepted", "by": "Dispatcher"})
    next_tick(alarms=evening(), recommendations=(accepted, second))
    page.keyboard.press("y")
    expect(page.locator("#confirm")).to_be_visible()
    assert page.inner_text("#confirm-what") == page.locator(f'[data-do="accept"][data-target="{second.id}"]').get_attribute(
        "data-what"
    )


def test_after_a_question_is_dismissed_its_button_has_the_focus_and_keys_work_again(page, factory):
    page.keyboard.press("n")
    expect(page.locator("#motive")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#confirm")).to_be_hidden()
    expect(page.locator(f'[data-focus="refuse-{factory.recommendations()[0].id}"]')).to_be_focused()
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()


def test_a_key_pressed_before_a_dismissed_question_gives_up_the_focus_counts(page):
    page.keyboard.press("n")
    expect(page.locator("#motive")).to_be_focused()
    page.evaluate(
        """() => {
            document.getElementById("confirm").close();
            document.getElementById("motive").dispatchEvent(new KeyboardEvent("keydown", {key: "?", bubbles: true}));
        }"""
    )
    expect(page.locator("#help")).to_be_visible()


def test_what_was_done_is_said_in_sight_and_goes_by_itself(page):
    page.keyboard.press("a")
    said = page.locator("#said")
    expect(said).to_contain_text("Sent")
    place = said.bounding_box()
    assert place["height"] > 20
    assert place["x"] > 0
    assert place["y"] + place["height"] <= 768
    expect(said).to_have_text("")


@pytest.fixture
def broken_store(regie):
    """The queue's file cannot be opened: where it was lies a folder."""
    path = regie.state / "commands.sqlite"
    files = [file for file in regie.state.glob("commands.sqlite*") if file.is_file()]
    for file in files:
        file.rename(file.with_name(f"kept.{file.name}"))
    path.mkdir()
    yield
    path.rmdir()
    for file in files:
        file.with_name(f"kept.{file.name}").rename(file)


@pytest.mark.usefixtures("broken_store")
def test_a_command_that_is_not_stored_is_said_in_sight_until_dismissed_and_stops_nobody(page, evening):
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.keyboard.press("a")
    said = page.locator("#said")
    expect(said).to_contain_text("Not sent")
    assert asked == []
    expect(page.locator(f'[data-focus="ack-{evening()[0].key}"]')).to_have_attribute("aria-disabled", "false")
    page.wait_for_timeout(7 * SECOND_MS)
    expect(said).to_contain_text("Not sent")
    page.keyboard.press("Escape")
    expect(said).to_have_text("")


def test_an_alarm_that_stands_nowhere_on_the_diagram_is_said_to(page, next_tick, factory, evening):
    box = factory.alarms()[2]
    next_tick(alarms=(box, *evening()))
    page.click(f'[data-alarm="{box.key}"] strong')
    page.keyboard.press("l")
    expect(page.locator("#said")).to_contain_text("not on the diagram")
    assert page.locator(".located").count() == 0


def test_the_wall_says_how_many_boxes_are_in_sight_and_shows_the_next(page, factory):
    more, total = page.locator("#wall .more"), len(factory.boxes())
    expect(more).to_contain_text(f"1–4 of {total}")
    more.click()
    expect(more).to_contain_text(f"5–8 of {total}")
    more.click()
    expect(more).to_contain_text(f"–{total} of {total}")
    more.click()
    expect(more).to_contain_text(f"1–4 of {total}")


def test_where_all_boxes_are_in_sight_nothing_is_counted(page, next_tick, factory):
    next_tick(boxes=factory.boxes()[:3])
    expect(page.locator("#wall .more")).to_be_hidden()
