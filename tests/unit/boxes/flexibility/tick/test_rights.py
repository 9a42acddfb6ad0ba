"""What is left of the rights to curtail and to block, as the plan sees it."""

import numpy as np
import pytest

from tests.unit.boxes.flexibility.tick.small_view import EARLIER_S, NOW, view_of
from twin.boxes.flexibility.horizon import STEP_HOURS, step_start_h
from twin.boxes.flexibility.tick.remembered import Remembered
from twin.boxes.flexibility.tick.rights import COLDER, EMERGENCY_CHF_PER_MWH, owed_mwh, read_groups, read_plants
from twin.domain.time import QUARTER_HOUR_S, to_epoch_s

STEPS = len(STEP_HOURS)
EVERYWHERE = np.ones(STEPS, dtype=bool)
STARTS = step_start_h(STEP_HOURS)


def use(right, price=0.1):
    return {"right": right, "price_chf_per_kwh": price}


def plant(right="guaranteed", *, curtailed=None, price=0.1):
    """A roof of 40 MWh a year, of which 1.2 MWh may be curtailed for nothing under a guaranteed right."""
    device = {"id": "roof", "right_of_use": use(right, price), "panels": {"annual_mwh": 40.0}}
    view = view_of(ahead=None if curtailed is None else {"device_curtailed_mwh": {"roof": curtailed}})
    sun = np.linspace(0.0, 0.03, STEPS)
    (found,) = read_plants(view, [device], movable={"roof": EVERYWHERE}, available_mw=lambda _: sun)
    return found


def test_free_energy_is_three_percent_of_a_year_less_what_was_curtailed():
    assert plant(curtailed=0.5).free_mwh == pytest.approx(0.03 * 40.0 - 0.5)


def test_nothing_is_free_once_the_counter_has_passed_three_percent():
    assert plant(curtailed=1.5).free_mwh == 0.0


def test_all_is_free_where_nobody_counts_yet():
    assert plant().free_mwh == pytest.approx(1.2)


def test_beyond_what_is_free_the_agreed_price_is_paid():
    assert plant(curtailed=1.5).curtailed_chf_per_mwh == pytest.approx(100.0)


def test_own_plant_costs_nothing_and_has_no_guarantee_to_count():
    assert (plant("own").curtailed_chf_per_mwh, plant("own").free_mwh) == (0.0, 0.0)


@pytest.mark.parametrize(("price", "counts"), [(0.1, EMERGENCY_CHF_PER_MWH), (2.0, 2000.0)])
def test_emergency_right_is_dearer_than_any_energy(price, counts):
    found = plant("emergency", price=price)
    assert (found.curtailed_chf_per_mwh, found.free_mwh) == (counts, 0.0)


def test_contract_is_paid_from_the_first_mwh():
    assert (plant("contract").curtailed_chf_per_mwh, plant("contract").free_mwh) == (pytest.approx(100.0), 0.0)


PUMPS = {
    "id": "pumps", "p_max_mw": 0.06, "right_of_use": use("contract", 0.02),
    "ripple": {"longest_block_h": 1.0, "rest_h": 2.0, "rebound_share": 0.9, "rebound_h": 1.5},
}  # fmt: skip
FORTNIGHT = 14 * 96


def left(*, calls=2.0, block_h=0.0):
    return {"device_calls_left": {"pumps": calls}, "device_block_left_h": {"pumps": block_h}}


def group(*, p_mw=None, ahead=None, kept=None, movable=EVERYWHERE):
    view = view_of(p_mw={"pumps": np.full(FORTNIGHT, 0.02) if p_mw is None else p_mw}, ahead=left() if ahead is None else ahead)
    (found,) = read_groups(view, [PUMPS], kept or Remembered(EARLIER_S), movable={"pumps": movable})
    return found


BLOCKED = Remembered(EARLIER_S, asked={"pumps": (0.0, 0.02)})


def test_calls_of_the_day_that_are_left_are_those_of_the_plan():
    assert group().calls_max == 2
    assert np.all(group().movable == 1.0)


def test_group_without_a_call_left_is_not_called():
    assert not np.any(group(ahead=left(calls=0.0)).movable)


def test_group_of_which_nobody_says_what_is_left_is_not_called():
    assert not np.any(group(ahead={}).movable)


def test_running_block_goes_on_though_it_was_the_last_call():
    found = group(ahead=left(calls=0.0, block_h=0.5), kept=BLOCKED)
    assert found.called
    assert found.calls_max == 0
    np.testing.assert_array_equal(found.movable[STARTS < 0.5], 1.0)


def test_running_block_ends_when_it_must_and_the_group_rests_after_it():
    found = group(ahead=left(block_h=0.5), kept=BLOCKED)
    resting = (STARTS >= 0.5) & (STARTS < 2.5)
    np.testing.assert_array_equal(found.movable, np.where(resting, 0.0, 1.0))


def test_block_of_an_earlier_hour_does_not_run_any_more():
    assert not group(kept=Remembered(EARLIER_S - 900, asked=BLOCKED.asked)).called


def test_refused_group_stays_refused():
    refused = STARTS >= 3.0
    np.testing.assert_array_equal(group(movable=refused).movable, refused.astype(float))


def test_call_sheds_all_of_the_group_and_pays_what_was_agreed():
    found = group()
    assert (found.all_or_nothing, found.shed_share, found.shed_chf_per_mwh) == (True, 1.0, pytest.approx(20.0))


def test_base_is_the_usual_day_hour_by_hour():
    day = np.where(np.arange(96) < 48, 0.01, 0.03)  # the view ends at noon: its rows begin at noon, too
    base = group(p_mw=np.tile(day, 14)).base_mw
    # quarter hours of the plan's first four hours, then hours
    np.testing.assert_allclose(base[STARTS < 12.0], 0.01)
    np.testing.assert_allclose(base[(STARTS >= 12.0) & (STARTS < 24.0)], 0.03)


def test_base_is_as_warm_or_cold_as_the_last_day_was():
    cold = np.full(FORTNIGHT, 0.02)
    cold[-96:] = 0.03
    np.testing.assert_allclose(group(p_mw=cold).base_mw, 0.03)
    np.testing.assert_allclose(group(p_mw=np.full(FORTNIGHT, 0.02)).base_mw, 0.02)


def test_last_day_scales_the_base_no_further_than_weather_does():
    frost = np.full(FORTNIGHT, 0.001)
    frost[-96:] = 0.05
    usual = frost.mean()
    np.testing.assert_allclose(group(p_mw=frost).base_mw, COLDER * usual)


def test_base_never_passes_the_rated_power():
    full = np.full(FORTNIGHT, 0.05)
    full[-96:] = 0.2
    np.testing.assert_allclose(group(p_mw=full).base_mw, PUMPS["p_max_mw"])
    np.testing.assert_allclose(group(p_mw=full).rebound_max_mw, 0.0)


def test_group_without_a_past_has_no_base():
    np.testing.assert_array_equal(group(p_mw=np.full(FORTNIGHT, np.nan)).base_mw, 0.0)


def owed(kept):
    return owed_mwh(view_of(), [PUMPS], kept)["pumps"]


def test_what_is_owed_decays_by_the_groups_time_constant_while_nobody_blocks_it():
    assert owed(Remembered(EARLIER_S, owed_mwh={"pumps": 0.01})) == pytest.approx(0.01 * np.exp(-0.25 / 1.5))


def test_block_adds_its_share_of_what_it_withheld_and_nothing_is_caught_up_meanwhile():
    kept = Remembered(EARLIER_S, asked={"pumps": (0.0, 0.04)}, owed_mwh={"pumps": 0.01})
    assert owed(kept) == pytest.approx(0.01 + 0.9 * 0.04 * 0.25)


def test_after_a_pause_only_the_first_quarter_hour_was_a_block():
    kept = Remembered(to_epoch_s(NOW) - 3600, asked={"pumps": (0.0, 0.04)})
    assert owed(kept) == pytest.approx(0.9 * 0.04 * 0.25 * np.exp(-0.75 / 1.5))


def test_group_that_was_asked_for_nothing_owes_nothing():
    assert owed(Remembered(EARLIER_S)) == 0.0


def test_what_is_owed_by_the_plan_is_what_was_remembered():
    assert group(kept=BLOCKED).owed_mwh == pytest.approx(0.9 * 0.02 * 0.25)


def test_hour_of_blocking_and_an_hour_after_it_owe_what_the_simulated_pumps_owe():
    from twin.plant.ripple_groups import RippleGroups

    one = np.ones(1)
    field = RippleGroups(
        member=np.ones((1, 1)), weight=np.ones((1, 1)), p_max_mw=0.06 * one, longest_block_h=one, calls_per_day=3 * one,
        rest_h=2 * one, rebound_share=0.9 * one, rebound_h=1.5 * one,
    )  # fmt: skip
    state, owing, start_s = field.free(), 0.0, to_epoch_s(NOW) - QUARTER_HOUR_S
    for blocked in [True] * 4 + [False] * 4:
        field.step(state, 1, np.array([0.02]), np.array([0.0 if blocked else np.nan]))
        asked = {"pumps": (0.0, 0.02)} if blocked else {}
        owing = owed(Remembered(start_s, asked=asked, owed_mwh={"pumps": owing}))
    assert owing == pytest.approx(float(state.debt_mwh[0]), rel=1e-9)
