"""A real loop under two browsers: one acknowledges, both see it; one refuses, and the next plan is without it."""

import signal
import sys
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

sys.path.insert(0, str(Path(__file__).parents[1] / "scenarios"))
from hamlet import hamlet
from on_air import Place, with_kernels

from twin.work.preview_port import PreviewsOfState

pytestmark = pytest.mark.slow

INTERVAL_S = 12.0
"""A recommendation is open for half an hour: at this pace a browser refuses it in time, on a loaded machine too."""
TICKS = 90

IMPORTS_S = 120.0
"""The first preview waits for the imports of its process, on a loaded machine too."""


@pytest.fixture(scope="module")
def on_air(tmp_path_factory, serve_module):
    """A hamlet whose battery waits for the dispatcher and one of whose boxes fails, and its web process."""
    made = hamlet(days=2.0).with_planner("dispatcher").with_moody("raises", 0, TICKS)
    folder = tmp_path_factory.mktemp("on_air")
    place = Place(
        made.write(folder / "site"),
        folder / "state",
        made.start.isoformat(),
        with_kernels(tmp_path_factory.mktemp("cache")),
    )
    run = place.start(TICKS, speed=str(900 / INTERVAL_S))
    run.until(lambda: place.snapshot.get("recommendations") and place.snapshot.get("alarms"))
    served = serve_module("twin.web", place.state, path="/regie/")
    served.start()
    yield SimpleNamespace(place=place, run=run, url=f"{served.url}/regie/?lang=en")
    served.stop(signal.SIGKILL)
    run.term()


@pytest.fixture(scope="module")
def desks(on_air, keep_page):
    """Two dispatchers' browsers."""
    return [keep_page(on_air.url, role=role) for role in ("dispatcher", "admin")]


def test_both_browsers_see_who_acknowledged(on_air, desks):
    first, _ = desks
    alarm = first.locator('[data-alarm="box:moody"]')
    alarm.locator('[data-do="acknowledge"]').click()
    for desk in desks:
        expect(desk.locator('[data-alarm="box:moody"]')).to_contain_text("acknowledged by dana")
        expect(desk.locator('[data-alarm="box:moody"] [data-do="acknowledge"]')).to_have_count(0)


def test_both_browsers_see_an_alarm_leave_for_the_shelf_and_come_back(on_air, desks):
    first, second = desks
    first.click('[data-alarm="box:moody"] [data-do="shelve"]')
    first.select_option("#shelve-motive", index=1)
    first.click('#shelve [type="submit"]')
    for desk in desks:
        expect(desk.locator('[data-alarm="box:moody"]')).to_have_count(0)
        expect(desk.locator("#alarms h2")).to_contain_text("1 shelved")
    second.click('[data-fold="shelf"]')
    second.click('[data-shelved="box:moody"] [data-do="unshelve"]')
    for desk in desks:
        expect(desk.locator('[data-alarm="box:moody"]')).to_have_count(1)


def just_opened(snapshot):
    """Id of the recommendation that this quarter hour brought: open for two, and when it has expired an hour brings none."""
    until = datetime.fromisoformat(snapshot["as_of"]) + timedelta(minutes=30)
    opened = (item for item in snapshot["recommendations"] if datetime.fromisoformat(item["decide_before"]) == until)
    return next((item["id"] for item in opened), None)


def test_a_refused_recommendation_is_gone_from_the_next_plan(on_air, desks):
    first, _ = desks
    id_ = on_air.run.until(lambda: just_opened(on_air.place.snapshot))
    asked = first.locator(f'.recommendation.open[data-recommendation="{id_}"]')
    asked.locator('[data-do="refuse"]').click()
    first.select_option("#motive", index=2)
    first.click('#confirm [type="submit"]')
    for desk in desks:
        item = desk.locator(f'[data-recommendation="{id_}"]')
        expect(item).to_contain_text("refused · dana · «Work on the grid»")
        expect(item).to_contain_text("Replanned at")
        expect(item.locator("[data-do]")).to_have_count(0)
    planned = on_air.place.snapshot
    (refused,) = (item for item in planned["recommendations"] if item["id"] == id_)
    assert [item["id"] for item in planned["recommendations"] if item["group"] == refused["group"]] == [id_]
    assert [order for order in planned["orders"] if order["device"] in refused["device_ids"]] == []
    loads = zip(planned["horizon"]["loading_before_percent"], planned["horizon"]["loading_after_percent"], strict=True)
    assert all(before == after for before, after in loads)


def asked(desk):
    """Press Enter once and wait; on a loaded machine an answer may come too late, and a person asks again."""
    desk.keyboard.press("Enter")
    desk.wait_for_timeout(3000.0)
    return desk.locator("#what-if-diagram svg").count() > 0


def test_a_what_if_is_drawn_in_the_browser_that_asked_and_in_no_other(on_air, desks):
    first, second = desks
    PreviewsOfState(on_air.place.state).ask({"kind": "what_if"}, IMPORTS_S)  # warms the grid
    lines = on_air.place.snapshot["grid"]["open_lines"]
    first.keyboard.press("w")
    first.focus('[data-focus="what-if-ask"]')
    on_air.run.until(lambda: asked(first), IMPORTS_S)
    expect(first.locator(".what-if-banner")).to_be_visible()
    tick = on_air.place.snapshot["tick"]
    on_air.run.until(lambda: on_air.place.snapshot["tick"] > tick)
    expect(first.locator(".what-if-banner")).to_be_visible()
    assert second.inner_html("#what-if-diagram") == second.inner_html("#what-if-answer") == ""
    assert on_air.place.snapshot["grid"]["open_lines"] == lines
    first.keyboard.press("Escape")
    expect(first.locator("#what-if-form")).to_be_hidden()
    assert first.inner_html("#what-if-diagram") == ""
