"""What was announced stands, unless leaving it saves more than the switch costs."""

import numpy as np
import pytest

from tests.unit.boxes.flexibility.small_plan import EXACT, problem_of
from twin.boxes.flexibility.commitment import Announced, keep_or_switch
from twin.boxes.flexibility.devices.storage import Storage
from twin.boxes.flexibility.lp.compiled import CompiledModel
from twin.boxes.flexibility.lp.rows import NOWHERE, Linear, Trust
from twin.boxes.flexibility.lp.solution import Limits

PRICE = [50.0, 300.0, 50.0, 200.0]
BATTERY = Storage(
    id="b", efficiency=1.0, charge_max_mw=0.1, discharge_max_mw=0.1, e0_mwh=0.0, e_max_mwh=0.1, end_value_chf_per_mwh=50.0
)
PROBLEM = problem_of(BATTERY, price=PRICE)


@pytest.fixture(scope="module")
def compiled():
    return CompiledModel(PROBLEM)


def ask(compiled, p_mw, switching_chf, linear=NOWHERE):
    """What stands, and why; the battery is told ``p_mw``, NaN where nothing."""
    best = compiled.solve(PROBLEM, linear)
    told = Announced(np.array([p_mw], dtype=float), switching_chf)
    return best, *keep_or_switch(compiled, PROBLEM, linear, best, told, Limits())


RESTS = [0.0, 0.0, np.nan, np.nan]
LOST = 0.1 * (300.0 - 50.0)  # CHF: the first cycle, 100 kWh between 50 and 300 CHF/MWh


def test_leaving_an_announced_rest_saves_what_the_missed_cycle_would_earn(compiled):
    _, _, kept = ask(compiled, RESTS, 1.0)
    # half a centime: earliness and the wish to leave the battery alone
    assert kept.gain_chf == pytest.approx(LOST, abs=0.05)


def test_plan_is_kept_where_the_switch_costs_more_than_it_saves(compiled):
    _, stands, kept = ask(compiled, RESTS, LOST + 0.1)
    assert kept.kept
    np.testing.assert_allclose(stands.p_mw[0, :2], 0.0, atol=EXACT)
    np.testing.assert_allclose(stands.p_mw[0, 2:], [0.1, -0.1], atol=EXACT)  # the rest is planned anew


def test_plan_is_switched_where_that_saves_more_than_it_costs(compiled):
    best, stands, kept = ask(compiled, RESTS, LOST - 0.1)
    assert not kept.kept
    assert stands is best


def test_announcement_that_cannot_be_followed_is_switched(compiled):
    best, stands, kept = ask(compiled, [-0.1, -0.1, np.nan, np.nan], 1e9)  # the battery is empty
    assert (kept.kept, kept.gain_chf) == (False, np.inf)
    assert stands is best


def test_nothing_announced_is_kept_for_nothing(compiled):
    best, stands, kept = ask(compiled, [np.nan] * 4, 0.0)
    assert (kept.kept, kept.gain_chf) == (True, 0.0)
    assert stands is best


def test_what_would_be_done_anyway_costs_nothing_to_keep(compiled):
    best = compiled.solve(PROBLEM)
    _, stands, kept = ask(compiled, best.p_mw[0], 0.0)
    assert kept.kept
    np.testing.assert_allclose(stands.p_mw, best.p_mw, atol=EXACT)


def test_announced_power_beyond_the_device_is_its_limit(compiled):
    _, stands, kept = ask(compiled, [0.5, np.nan, np.nan, np.nan], 1e9)
    assert kept.kept
    assert stands.p_mw[0, 0] == pytest.approx(0.1, abs=EXACT)


def test_what_was_not_announced_stays_near_the_last_linearisation(compiled):
    near = Linear(trust=Trust(low_mw=np.full((1, 4), -0.05), high_mw=np.full((1, 4), 0.05)))
    _, stands, _ = ask(compiled, RESTS, 1e9, near)
    np.testing.assert_allclose(stands.p_mw[0], [0.0, 0.0, 0.05, -0.05], atol=EXACT)
