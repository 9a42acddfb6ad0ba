"""What of a rehearsal can be put on air now, and why the rest cannot."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.regie.rehearsal.on_air import NEAR, proposals
from dashboard.regie.rehearsal.result import Result
from dashboard.regie.rehearsal.switchings import Switching

AT = datetime(2016, 1, 25, 17, 0, tzinfo=UTC)


def order(group="cars", at=AT, state="confirmed", device="ev_1", hours=0.5, p_mw=-0.01):
    label = f"{at:%Y%m%dT%H%MZ}"
    return {
        "device": device,
        "recommendation": f"{group}@{label}",
        "start": at.isoformat(),
        "expires": (at + timedelta(hours=hours)).isoformat(),
        "state": state,
        "p_mw": p_mw,
        "life": [["accepted", at.isoformat()]],
    }


def rehearsed(*orders, site, other_grid=None):
    facts = {"order_list": list(orders), "other_grid": other_grid}
    end = AT + timedelta(hours=4)
    return Result({"en": "Evening"}, site, "Europe/Zurich", AT, end, 1, None, facts)


@pytest.fixture
def now(factory):
    return factory.snapshot()


@pytest.fixture
def open_group(now):
    return next(one.group for one in now.recommendations if one.state == "open")


def look(result, snapshot, switchings=()):
    return proposals(result, switchings, snapshot, snapshot.published_at)


def answer(found, kind="accept"):
    return next(one for one in found if one.kind == kind)


def test_a_rehearsed_acceptance_answers_the_recommendation_of_its_group_that_is_open_now(now, open_group):
    one = answer(look(rehearsed(order(open_group, now.as_of), site=now.site.name), now))
    assert one.reason == ""
    assert one.target == next(r.id for r in now.recommendations if r.group == open_group and r.state == "open")


def test_orders_that_were_all_refused_are_a_refusal(now, open_group):
    found = look(rehearsed(order(open_group, now.as_of, "refused"), site=now.site.name), now)
    assert [one.kind for one in found] == ["refuse"]


def test_a_group_without_an_open_recommendation_cannot_be_answered(now):
    one = answer(look(rehearsed(order("nobody", now.as_of), site=now.site.name), now))
    assert (one.reason, one.target) == ("not_open", "")


def test_another_site_is_no_place_for_what_was_rehearsed(now, open_group):
    found = look(rehearsed(order(open_group, now.as_of), site="elsewhere"), now)
    assert {one.reason for one in found} == {"other_site"}


def test_another_grid_of_the_same_site_is_none_either(now, open_group):
    found = look(rehearsed(order(open_group, now.as_of), site=now.site.name, other_grid={"file": "town.json"}), now)
    assert {one.reason for one in found} == {"other_grid"}


@pytest.mark.parametrize(("beyond", "reason"), [(timedelta(0), ""), (timedelta(minutes=15), "other_hour")])
def test_an_answer_holds_for_four_quarter_hours_around_its_own(now, open_group, beyond, reason):
    found = look(rehearsed(order(open_group, now.as_of - NEAR - beyond), site=now.site.name), now)
    assert answer(found).reason == reason


def test_a_stale_state_is_no_ground_for_anything(now, open_group):
    result = rehearsed(order(open_group, now.as_of), site=now.site.name)
    found = proposals(result, (), now, now.published_at + timedelta(hours=2))
    assert {one.reason for one in found} == {"stale"}


def test_before_anything_is_on_air_nothing_can_be_put_there(now):
    found = proposals(rehearsed(order(), site=now.site.name), (), None, AT)
    assert {one.reason for one in found} == {"nothing_on_air"}


def test_what_was_rehearsed_for_later_goes_into_the_run_of_show_and_what_is_past_does_not(now):
    later, past = now.as_of + timedelta(hours=2), now.as_of - timedelta(hours=2)
    found = look(rehearsed(order(at=later), order("batteries", past), site=now.site.name), now)
    assert {one.ref: one.reason for one in found if one.kind == "action"} == {"group:cars": "", "group:batteries": "past"}


def test_a_rehearsed_switching_is_planned_and_never_switched(now):
    switching = Switching("switch.7", True, now.as_of + timedelta(minutes=22), None)
    (one,) = look(rehearsed(site=now.site.name), now, [switching])
    assert (one.kind, one.ref, one.reason, one.target) == ("switching", "switch:7", "", "")


def test_the_power_of_a_decision_is_that_of_the_quarter_hour_in_which_most_is_moved(now, open_group):
    two = [order(open_group, now.as_of, device=f"ev_{n}", p_mw=-0.01) for n in (1, 2)]
    one = answer(look(rehearsed(*two, site=now.site.name), now))
    assert (one.devices, round(one.p_mw, 6)) == (2, -0.02)


def test_an_answer_that_is_too_late_to_be_given_is_not_offered(now, open_group):
    late = tuple(r.model_copy(update={"decide_before": now.as_of}) if r.group == open_group else r for r in now.recommendations)
    then = now.model_copy(update={"recommendations": late})
    assert answer(look(rehearsed(order(open_group, now.as_of), site=now.site.name), then)).reason == "not_open"


def test_nothing_is_offered_twice(now, open_group):
    result = rehearsed(order(open_group, now.as_of), order(open_group, now.as_of, device="ev_2"), site=now.site.name)
    ids = [one.id for one in look(replace(result), now)]
    assert len(ids) == len(set(ids))
