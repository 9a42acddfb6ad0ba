"""Four eyes: what one person asks for waits on every screen, and another person answers it."""

import signal
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from dashboard.format import LANGUAGES, texts
from dashboard.regie.book import Book
from dashboard.regie.wish import Wish

SETTINGS = '[four_eyes]\ncommands = ["acknowledge", "shelve", "accept"]\n'


@pytest.fixture(scope="module")
def served(serve_module, tmp_path_factory, factory):
    state = tmp_path_factory.mktemp("second")
    factory.write(state, factory.facts(), "diagram.json")
    factory.write(state, factory.snapshot(interval_s=600.0))
    served = serve_module("twin.web", state, path="/regie/")
    (state / "access" / "settings.toml").write_text(SETTINGS)
    served.start()
    yield served
    served.stop(signal.SIGKILL)


@pytest.fixture(scope="module")
def desks(served, keep_page):
    """Dana the dispatcher's screen, and the administrator's."""
    return [keep_page(f"{served.url}/regie/?lang=en", role=role) for role in ("dispatcher", "admin")]


@pytest.fixture
def asked(served, desks, factory):
    """Dana has asked for an acknowledgement; gives the alarm's key. Nothing waits afterwards."""
    key = factory.alarms()[0].key
    desks[0].click(f'[data-do="acknowledge"][data-target="{key}"]')
    expect(desks[0].locator("#said")).to_have_text(texts("en", "access").get("second.asked"))
    yield key
    for waiting in desks[1].locator('#second [data-second$="reject"]').all():
        waiting.click()
    expect(desks[1].locator("#second li")).to_have_count(0)


def commands(served):
    path = served.state / "commands.sqlite"
    if not path.exists():
        return []
    with sqlite3.connect(path) as db:
        return db.execute("SELECT kind, target, by FROM command ORDER BY id").fetchall()


def test_a_wish_is_told_to_wait_and_is_not_sent(served, desks, asked):
    button = desks[0].locator(f'[data-do="acknowledge"][data-target="{asked}"]')
    expect(button).to_have_attribute("aria-disabled", "false")
    assert (("acknowledge", asked, "dana") in commands(served)) is False
    for desk in desks:
        expect(desk.locator("#second li")).to_contain_text("dana asked: Acknowledge")


def test_a_wish_that_is_asked_again_waits_once(served, desks, asked):
    first = Book(served.state).lines("second")[-1].id
    desks[0].click(f'[data-do="acknowledge"][data-target="{asked}"]')
    for desk in desks:
        expect(desk.locator(f'[data-second="{first}/reject"]')).to_have_count(0)
        expect(desk.locator("#second li")).to_have_count(1)


def test_whoever_asked_cannot_confirm(served, desks, asked):
    before = commands(served)
    desks[0].get_by_role("button", name="Confirm", exact=True).click()
    expect(desks[0].locator("#said")).to_contain_text("A second person must confirm it")
    expect(desks[0].locator("#second li")).to_have_count(1)
    assert commands(served) == before


def test_a_second_person_confirms_and_it_is_sent_in_both_names(served, desks, asked):
    desks[1].get_by_role("button", name="Confirm", exact=True).click()
    for desk in desks:
        expect(desk.locator("#second li")).to_have_count(0)
    assert commands(served)[-1] == ("acknowledge", asked, "dana + dispatcher")


def test_a_recommendation_waits_like_an_alarm(served, desks):
    before = commands(served)
    desks[0].locator('[data-do="accept"]').first.click()
    desks[0].click('#confirm [type="submit"]')
    expect(desks[0].locator("#said")).to_contain_text("second person")
    expect(desks[1].locator("#second li")).to_contain_text("dana asked: Accept")
    assert commands(served) == before
    desks[1].get_by_role("button", name="Reject", exact=True).click()
    expect(desks[0].locator("#second li")).to_have_count(0)
    assert commands(served) == before


def test_a_wish_that_nobody_answers_in_time_leaves_every_screen(served, desks, factory):
    now, key = datetime.now(UTC), factory.alarms()[0].key
    wish, ends = Wish(kind="acknowledge", target=key).model_dump(), now + timedelta(seconds=5)
    Book(served.state).write(now, "vera", "dispatcher", "second.ask", key, wish=wish, expires=ends.isoformat())
    for desk in desks:
        expect(desk.locator("#second li")).to_contain_text("vera asked")
    for desk in desks:
        expect(desk.locator("#second li")).to_have_count(0)
    assert datetime.now(UTC) >= ends


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_waits_is_readable_in_both_themes(served, asked, open_page, language, screenshots):
    from axe_playwright_python.sync_playwright import Axe

    for scheme in ("light", "dark"):
        page = open_page(f"{served.url}/regie/?lang={language}", color_scheme=scheme)
        expect(page.locator("#second li")).to_be_visible()
        found = Axe().run(page, context="#second")
        assert found.violations_count == 0, found.generate_report()
        page.screenshot(
            path=screenshots / f"second_{language}_{scheme}.png", clip={"x": 0, "y": 0, "width": 1920, "height": 400}
        )
        page.context.close()
