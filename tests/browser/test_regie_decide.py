"""Deciding on recommendations: what an answer does is told first, or simulated, and what a refusal did is told afterwards."""

import sqlite3
from datetime import timedelta

import pytest
from playwright.sync_api import expect


def commands(regie):
    path = regie.state / "commands.sqlite"
    if not path.exists():
        return []
    with sqlite3.connect(path) as db:
        return db.execute("SELECT kind, target, motive FROM command ORDER BY id").fetchall()


def text(page, selector):
    return page.inner_text(selector).replace("\u202f", " ").replace("\u00a0", " ")


def test_a_recommendation_tells_figures_constraint_confidence_and_until_when(page, factory):
    told = text(page, f'[data-recommendation="{factory.recommendations()[0].id}"]')
    assert "Against doing nothing" in told
    assert "-6.40 CHF" in told
    assert "113.6 % → 97.8 %" in told
    assert "Binding constraint: Street transformer relieved: 113.6 % expected at 18:30" in told
    assert "confidence: likely (82 %)" in told
    assert "Decide before 18:30" in told
    assert "min left" in told


def test_before_accepting_one_is_told_what_it_does(page, factory):
    page.click(f'[data-do="accept"][data-target="{factory.recommendations()[0].id}"]')
    assert "8 devices get orders until 22:00" in text(page, "#confirm-effect")
    assert "-6.40 CHF" in text(page, "#confirm-effect")


def test_before_refusing_one_is_told_that_the_plan_is_made_anew(page):
    page.keyboard.press("n")
    assert "the plan is recomputed without it" in text(page, "#confirm-effect")


@pytest.mark.parametrize("by", ["mouse", "keyboard"])
def test_simulating_first_says_that_it_is_not_on_air_and_gives_the_focus_back(page, regie, factory, by):
    """This process has no work process beside it: the dialog says so, and nothing is ordered."""
    before, id_ = commands(regie), factory.recommendations()[0].id
    button = f'[data-do="simulate"][data-target="{id_}"]'
    if by == "mouse":
        page.click(button)
    else:
        page.focus(button)
        page.keyboard.press("g")
    expect(page.locator("#trial")).to_be_visible()
    expect(page.locator("#trial .not-on-air")).to_contain_text("Simulation, not on air")
    expect(page.locator("#trial-answer")).to_contain_text("No simulation")
    page.keyboard.press("Escape")
    expect(page.locator(button)).to_be_focused()
    assert commands(regie) == before


def test_a_refused_recommendation_says_that_the_plan_is_being_made_without_it(page, next_tick, factory):
    (refused,) = (item for item in factory.recommendations() if item.state == "refused")
    line = factory.JournalLine(
        at=factory.AS_OF + timedelta(minutes=3), code="recommendation_refused", params={"by": "Desk 2", "id": refused.id}
    )
    next_tick(journal=(line,))
    told = text(page, f'[data-recommendation="{refused.id}"]')
    assert "refused · Desk 2 · «Owner's wish»" in told
    assert "The plan is being recomputed without it." in told


def test_then_it_says_what_the_next_plan_did_instead(page, next_tick, factory):
    (refused,) = (item for item in factory.recommendations() if item.state == "refused")
    line = factory.JournalLine(
        at=factory.AS_OF - factory.QUARTER, code="recommendation_refused", params={"by": "Desk 2", "id": refused.id}
    )
    next_tick(journal=(line,))
    told = text(page, f'[data-recommendation="{refused.id}"]')
    assert "Replanned at 18:00 without it." in told
    assert "Instead: Home batteries (8 devices): -31 kW now; Electric cars (30 devices): -121 kW now." in told
    assert "Highest loading ahead: 97.8 %." in told


def test_orders_are_shown_from_accepted_to_confirmed_and_failures_first(page):
    page.click("#tab-orders")
    entries = page.locator("#orders .lives > li")
    for failed in (0, 1):
        expect(entries.nth(failed)).to_contain_text("▲ failed")
        expect(entries.nth(failed)).to_contain_text("telemetry does not show")
    life = text(page, '[data-life="cars@20160125T1645Z"]')
    assert "Electric cars (17:45)" in life
    for station in ("accepted 0", "sent 0", "confirmed 6", "failed 1", "expired 1"):
        assert station in life


def test_the_newest_orders_unfold_one_by_one(page):
    page.click("#tab-orders")
    expect(page.locator("#orders table")).to_be_hidden()
    page.focus('[data-fold="orders"]')
    page.keyboard.press("Enter")
    expect(page.locator("#orders tbody tr")).to_have_count(4)
    expect(page.locator("#orders table")).to_be_visible()


def test_a_switch_that_was_ordered_to_move_is_among_the_orders(page):
    page.click("#tab-orders")
    told = text(page, "#orders")
    assert "telemetry does not show the position in time" in told
    assert "Desk 2" in told
