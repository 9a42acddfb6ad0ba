"""Ripple groups: heat is withheld, drawn again to the declared share, and the agreement holds whoever calls."""

import numpy as np
import pytest

from twin.plant.ripple_groups import RippleGroups

OWN = np.array([0.1])


def group(**changes: float) -> RippleGroups:
    agreed = {"longest_block_h": 1.0, "calls_per_day": 2.0, "rest_h": 2.0, "rebound_share": 0.9, "rebound_h": 1.5} | changes
    member, weight = np.array([[1.0, 1.0, 0.0]]), np.array([[0.25, 0.75, 0.0]])
    limits = {name: np.array([value]) for name, value in agreed.items()}
    return RippleGroups(member, weight, np.array([0.2]), **limits)


def drawn(pumps: RippleGroups, calls: list[bool], day: int = 17000) -> np.ndarray:
    """Power in consecutive quarter hours [MW] under calls to block."""
    state, power = pumps.free(), []
    for called in calls:
        pumps.step(state, day, OWN, np.array([0.0 if called else np.nan]))
        power.append(float(state.power_mw[0]))
    return np.array(power)


def test_a_group_that_nobody_calls_draws_what_its_thermostats_ask_for() -> None:
    assert drawn(group(), [False] * 4) == pytest.approx(0.1)


def test_a_blocked_group_draws_nothing_and_more_afterwards() -> None:
    power = drawn(group(), [True, True, False, False])
    assert power[:2] == pytest.approx(0.0)
    assert power[2] > power[3] > 0.1


def test_the_declared_share_of_the_withheld_energy_comes_back() -> None:
    power = drawn(group(), [True] * 4 + [False] * 96)
    withheld, extra = 4 * 0.1, (power[4:] - 0.1).sum()
    assert extra == pytest.approx(0.9 * withheld, rel=1e-6)  # sixteen time constants later


def test_paying_back_never_exceeds_the_power_of_the_pumps() -> None:
    assert drawn(group(rebound_h=0.1), [True] * 4 + [False] * 8).max() <= 0.2


def test_a_block_ends_after_the_longest_agreed_time_and_the_next_waits_for_the_rest() -> None:
    blocked = drawn(group(), [True] * 16) == 0.0
    assert blocked.tolist() == [True] * 4 + [False] * 8 + [True] * 4


def test_a_third_call_of_a_day_reaches_nobody_and_the_next_day_begins_anew() -> None:
    pumps, call, free = group(rest_h=0.0), np.array([0.0]), np.array([np.nan])
    state, blocked = pumps.free(), []
    for day in (1, 1, 1, 2):
        pumps.step(state, day, OWN, call)
        blocked.append(state.power_mw[0] == 0.0)
        pumps.step(state, day, OWN, free)
    assert blocked == [True, True, False, True]


def test_loads_lose_their_own_heat_and_share_the_rebound_by_rated_power() -> None:
    heat = np.array([[0.01, 0.03, 0.05], [0.01, 0.03, 0.05]])
    change = group().load_change_mw(heat, np.array([[0.0], [1.0]]), np.array([[0.0], [0.04]]))
    assert change == pytest.approx(np.array([[-0.01, -0.03, 0.0], [0.01, 0.03, 0.0]]))
