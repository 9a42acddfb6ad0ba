"""From proposals to recommendations: who accepts, how long it holds, what a refusal does."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.contracts.devices import Acceptance, Device, Right, RightOfUse
from twin.contracts.messages import Command, Proposal
from twin.domain.time import QUARTER_HOUR
from twin.regie.recommend import LONGEST_MANDATE, PAUSE_AFTER_EXPIRY, active_groups, mandate, merge, rule, update

NOW = datetime(2016, 6, 15, 12, tzinfo=UTC)
CO2 = np.full(96, 100.0)


def device(name="b1", group="batteries", acceptance=Acceptance.DISPATCHER, right=Right.CONTRACT, opt_out=False) -> Device:
    use = RightOfUse(right, acceptance, 0.05, opt_out)
    return Device(name, "battery", group, "storage", 0, 0, "town", -1.0, 1.0, 2.0, 0.95, use)


def proposal(name="b1", p_mw=0.5, *, first=0, steps=96, **changes) -> Proposal:
    plan, alone = np.zeros(steps), np.zeros(steps)
    plan[first : first + 4] = p_mw
    known = Proposal(name, NOW, plan, np.full(steps, -1.0), np.full(steps, 1.0), alone, alone, 3, "peak", {}, 10.0, 0.8)
    return replace(known, **changes)


def begun(*members: Device, first: int = 0):
    """``(held, devices)`` after one tick in which every member is moved."""
    devices = {d.id: d for d in members or (device(),)}
    return update({}, {name: proposal(name, first=first) for name in devices}, devices, NOW, CO2), devices


def only(held):
    (item,) = held.values()
    return item


def command(kind, target, number=1) -> Command:
    return Command(number, kind, target, "anna", NOW, NOW + timedelta(minutes=5), "too early")


# ------------------------------------------------------------------------------------------------ merging


def test_the_lower_priority_number_wins_a_device():
    chosen = merge([proposal(p_mw=0.2), proposal(p_mw=0.7, priority=1)], {"b1": device()})
    assert chosen["b1"].p_mw[0] == 0.7


@pytest.mark.parametrize("still", [device(right=Right.NONE), device(opt_out=True)])
def test_a_device_without_right_or_whose_owner_opted_out_is_never_moved(still):
    assert merge([proposal()], {"b1": still}) == {}


def test_an_unknown_device_is_not_moved():
    assert merge([proposal("ghost")], {"b1": device()}) == {}


@settings(max_examples=60, deadline=None)
@given(st.floats(-5.0, 5.0), st.floats(-5.0, 5.0), st.floats(-5.0, 5.0))
def test_a_plan_stays_within_the_nameplate_whatever_its_bounds(p_mw, lower, upper):
    wild = proposal(p_mw=p_mw, lower_mw=np.full(96, lower), upper_mw=np.full(96, upper))
    merged = merge([wild], {"b1": device()})["b1"]
    assert (merged.p_mw >= -1.0).all()
    assert (merged.p_mw <= 1.0).all()


# ------------------------------------------------------------------------------------------------ life


def test_a_contract_accepts_at_once():
    item = only(begun(device(acceptance=Acceptance.AUTOMATIC))[0])
    assert (item.state, item.by) == ("accepted", "contract")


def test_everything_else_waits_for_the_dispatcher():
    item = only(begun()[0])
    assert (item.state, item.by, item.decide_before) == ("open", None, NOW + timedelta(minutes=30))


def test_one_member_without_contract_makes_the_whole_group_wait():
    held, _ = begun(device("b1", acceptance=Acceptance.AUTOMATIC), device("b2"))
    assert only(held).state == "open"
    assert only(held).devices == ("b1", "b2")


def test_in_manual_hours_no_contract_accepts():
    devices = {"b1": device(acceptance=Acceptance.AUTOMATIC)}
    item = only(update({}, {"b1": proposal()}, devices, NOW, CO2, manual=True))
    assert (item.state, item.by) == ("open", None)


@pytest.mark.parametrize("right", [Right.OWN, Right.GUARANTEED, Right.EMERGENCY])
def test_in_manual_hours_every_right_waits_for_a_person(right):
    devices = {"b1": device(acceptance=Acceptance.AUTOMATIC, right=right)}
    assert only(update({}, {"b1": proposal()}, devices, NOW, CO2, manual=True)).state == "open"


def test_what_a_contract_had_accepted_is_asked_again_when_manual_hours_begin():
    held, devices = begun(device(acceptance=Acceptance.AUTOMATIC))
    item = only(update(held, {"b1": proposal()}, devices, NOW + QUARTER_HOUR, CO2, manual=True))
    assert (item.state, item.by) == ("open", None)


def test_what_a_person_accepted_holds_through_the_end_of_manual_hours():
    held, devices = begun()
    held, _ = rule(held, [command("accept", only(held).id)], NOW)
    for manual in (True, False):
        held = update(held, {"b1": proposal()}, devices, NOW + QUARTER_HOUR, CO2, manual=manual)
    assert (only(held).state, only(held).by) == ("accepted", "anna")


@pytest.mark.parametrize("waited", [QUARTER_HOUR, timedelta(minutes=45)], ids=["open", "expired"])
def test_a_contract_accepts_again_as_soon_as_manual_hours_end(waited):
    devices = {"b1": device(acceptance=Acceptance.AUTOMATIC)}
    held = update({}, {"b1": proposal()}, devices, NOW, CO2, manual=True)
    held = update(held, {"b1": proposal()}, devices, NOW + waited, CO2, manual=True)
    held = update(held, {"b1": proposal()}, devices, NOW + waited + QUARTER_HOUR, CO2)
    assert (only(held).state, only(held).by) == ("accepted", "contract")


def test_a_later_move_leaves_time_until_it_begins():
    assert only(begun(first=8)[0]).decide_before == NOW + 8 * QUARTER_HOUR


def test_a_move_beyond_the_longest_mandate_is_not_asked_for_yet():
    assert begun(first=16)[0] == {}


def test_a_difference_that_no_meter_resolves_is_not_asked_for():
    assert update({}, {"b1": proposal(p_mw=1e-4)}, {"b1": device()}, NOW, CO2) == {}


def test_an_answer_of_the_dispatcher_is_a_mandate():
    held, _ = begun()
    item = only(held)
    held, (ruling,) = rule(held, [command("accept", item.id)], NOW)
    assert (ruling.accepted, ruling.code) == (True, "recommendation_accepted")
    assert (only(held).state, only(held).by) == ("accepted", "anna")
    assert active_groups(held, NOW) == {"batteries": item.id}


def test_an_open_question_gives_no_mandate():
    assert active_groups(begun()[0], NOW) == {}


def test_a_refusal_keeps_who_and_why():
    held, _ = begun()
    held, (ruling,) = rule(held, [command("refuse", only(held).id)], NOW)
    assert ruling.code == "recommendation_refused"
    assert (only(held).state, only(held).by, only(held).motive) == ("refused", "anna", "too early")


def test_what_a_contract_accepted_can_be_withdrawn():
    held, _ = begun(device(acceptance=Acceptance.AUTOMATIC))
    held, (ruling,) = rule(held, [command("refuse", only(held).id)], NOW)
    assert ruling.accepted
    assert active_groups(held, NOW) == {}


@pytest.mark.parametrize("kind", ["accept", "refuse"])
def test_an_answer_to_an_unknown_question_is_refused(kind):
    _, (ruling,) = rule({}, [command(kind, "ghost@x")], NOW)
    assert (ruling.accepted, ruling.code) == (False, "recommendation_not_open")


def test_only_the_first_of_two_answers_counts():
    held, _ = begun()
    target = only(held).id
    held, rulings = rule(held, [command("refuse", target), command("accept", target, 2)], NOW)
    assert [ruling.accepted for ruling in rulings] == [True, False]
    assert only(held).state == "refused"


def test_an_acceptance_after_the_last_moment_is_refused_even_between_two_ticks():
    held, _ = begun()
    _, (ruling,) = rule(held, [command("accept", only(held).id)], NOW + timedelta(minutes=31))
    assert not ruling.accepted


def test_a_question_that_nobody_answered_expires_and_is_not_asked_again_for_an_hour():
    held, devices = begun()
    expiry = NOW + timedelta(minutes=30)
    asked_again = []
    for step in range(1, 8):
        as_of = NOW + step * QUARTER_HOUR
        held = update(held, {"b1": proposal()}, devices, as_of, CO2)
        asked_again += [as_of for item in held.values() if item.state == "open" and item.id != f"batteries@{NOW:%Y%m%dT%H%MZ}"]
        if as_of == expiry:
            assert only(held).state == "expired"
    assert asked_again[0] == expiry + PAUSE_AFTER_EXPIRY


def test_the_next_block_of_a_contract_follows_its_end_at_once():
    held, devices = begun(device(acceptance=Acceptance.AUTOMATIC))
    end = NOW + LONGEST_MANDATE
    held = update(held, {"b1": proposal()}, devices, end, CO2)
    assert (only(held).state, only(held).until) == ("accepted", end + LONGEST_MANDATE)


def test_a_refused_group_is_asked_about_again_when_the_refusal_ends():
    held, devices = begun()
    held, _ = rule(held, [command("refuse", only(held).id)], NOW)
    during = update(held, {"b1": proposal()}, devices, NOW + LONGEST_MANDATE - QUARTER_HOUR, CO2)
    assert only(during).state == "refused"
    assert only(update(during, {"b1": proposal()}, devices, NOW + LONGEST_MANDATE, CO2)).state == "open"


def test_an_open_question_follows_the_newest_plan():
    held, devices = begun()
    again = update(held, {"b1": proposal(p_mw=-0.3, value_chf=22.0)}, devices, NOW + QUARTER_HOUR, CO2)
    assert only(again).id == only(held).id
    assert (only(again).p_mw_now, only(again).effect["chf"]) == (-0.3, -22.0)
    assert only(again).planned_at == NOW + QUARTER_HOUR


def test_figures_that_no_box_has_renewed_keep_the_hour_of_their_plan():
    held, devices = begun()
    assert only(update(held, {}, devices, NOW + QUARTER_HOUR, CO2)).planned_at == NOW


# ------------------------------------------------------------------------------------------------ mandates, effects


def test_a_refusal_sets_the_mandate_of_the_group_to_zero_for_as_long_as_it_holds():
    members = [device("b1"), device("b2"), device("c1", group="chargers")]
    held, _ = begun(*members[:2])
    held, _ = rule(held, [command("refuse", only(held).id)], NOW)
    values = mandate(held, members, NOW, 32)
    assert values.sel(device="c1").values.min() == 1.0
    for name in ("b1", "b2"):
        np.testing.assert_array_equal(values.sel(device=name).values, [0.0] * 16 + [1.0] * 16)


def test_a_refusal_between_two_quarter_hours_covers_the_one_it_ends_in():
    held, _ = begun()
    held, _ = rule(held, [command("refuse", only(held).id)], NOW + timedelta(minutes=7))
    assert mandate(held, [device()], NOW, 32).values[:, 0].sum() == 32 - 17


def test_an_open_question_leaves_the_boxes_free_to_plan():
    assert (mandate(begun()[0], [device()], NOW, 8).values == 1.0).all()


def test_moved_energy_is_weighed_with_the_intensity_of_its_hour():
    held, devices = begun()
    dirty_then_clean = np.r_[np.full(4, 400.0), np.full(92, 100.0)]
    shift = np.zeros(96)
    shift[:4], shift[4:8] = -0.4, 0.4
    held = update(held, {"b1": replace(proposal(), p_mw=shift)}, devices, NOW, dirty_then_clean)
    assert only(held).effect["co2_kg"] == pytest.approx(0.4 * (100.0 - 400.0))  # 0.4 MWh moved, g/kWh = kg/MWh


def test_without_any_known_intensity_the_effect_on_the_climate_is_unknown_and_not_zero():
    held = update({}, {"b1": proposal()}, {"b1": device()}, NOW, np.full(96, np.nan))
    assert math.isnan(only(held).effect["co2_kg"])
