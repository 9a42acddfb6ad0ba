"""Hydro power: the worth of water decides, the reservoir's balance holds, residual flow runs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.boxes.flexibility.small_plan import EXACT, plan, problem_of
from twin.boxes.flexibility.devices.hydro import Hydro
from twin.boxes.flexibility.lp.compiled import CompiledModel

WATER = 90.0  # CHF per MWh of water; through the turbine 100 CHF per MWh of power


def plant(**changes):
    given = {
        "turbine_max_mw": 1.0, "turbine_efficiency": 0.9, "e0_mwh": 5.0, "e_max_mwh": 10.0, "inflow_mw": 0.0,
        "water_chf_per_mwh": WATER,
    }  # fmt: skip
    return Hydro(id="lake", **{**given, **changes})


def test_turbine_runs_where_power_is_worth_more_than_its_water():
    p = plan(plant(), price=[95.0, 105.0, 99.0, 120.0]).p_mw[0]
    np.testing.assert_allclose(p, [0.0, -1.0, 0.0, -1.0], atol=EXACT)


def test_pump_runs_where_the_water_it_lifts_is_worth_more_than_its_power():
    # 0.8 MWh of water by MWh drawn are worth 72 CHF
    p = plan(plant(pump_max_mw=0.5, pump_efficiency=0.8), price=[70.0, 80.0, 60.0]).p_mw[0]
    np.testing.assert_allclose(p, [0.5, 0.0, 0.5], atol=EXACT)


def test_use_of_the_turbine_raises_the_price_from_which_it_runs():
    p = plan(plant(use_chf_per_mwh=10.0), price=[105.0, 115.0]).p_mw[0]
    np.testing.assert_allclose(p, [0.0, -1.0], atol=EXACT)


def test_water_beyond_the_brim_is_spilt():
    found = plan(plant(e0_mwh=9.5, inflow_mw=1.0), price=[-20.0] * 3)
    assert found.values["spill"][0].sum() == pytest.approx(9.5 + 3.0 - 10.0, abs=EXACT)
    assert np.abs(found.p_mw).max() <= EXACT


def test_plant_that_must_not_spill_turbines_the_flood_even_at_a_loss():
    found = plan(plant(e0_mwh=9.5, inflow_mw=1.0, spill_chf_per_mwh=None), price=[-20.0] * 3)
    assert -found.p_mw[0].sum() / 0.9 == pytest.approx(9.5 + 3.0 - 10.0, abs=EXACT)


def test_residual_flow_runs_whatever_the_price():
    p = plan(plant(turbine_min_mw=0.1), price=[-50.0, 50.0]).p_mw[0]
    np.testing.assert_allclose(p, -0.1, atol=EXACT)


def test_lake_is_not_emptied_below_its_least_level():
    found = plan(plant(e_min_mwh=4.0), price=[500.0] * 4)
    assert found.values["level"][0, -1] == pytest.approx(4.0, abs=EXACT)
    assert -found.p_mw[0].sum() == pytest.approx(0.9, abs=EXACT)


@pytest.fixture(scope="module")
def pumped():
    return CompiledModel(problem_of(plant(pump_max_mw=0.5, pump_efficiency=0.8), price=[0.0] * 6))


@settings(max_examples=20, deadline=None)
@given(
    price=st.lists(st.floats(-100.0, 300.0), min_size=6, max_size=6),
    inflow=st.floats(0.0, 2.0),
    start=st.floats(0.0, 10.0),
)
def test_water_in_the_lake_is_what_was_there_and_came_less_what_left(pumped, price, inflow, start):
    lake = plant(pump_max_mw=0.5, pump_efficiency=0.8, inflow_mw=inflow, e0_mwh=start)
    found = pumped.solve(problem_of(lake, price=price))
    assert found.optimal
    level, p = found.values["level"][0], found.p_mw[0]
    gained = inflow + 0.8 * np.maximum(p, 0.0) - np.maximum(-p, 0.0) / 0.9 - found.values["spill"][0]
    np.testing.assert_allclose(np.diff(level, prepend=start), gained, atol=1e-5)  # MW: one way at once up to 1 W is allowed
    assert (level >= -EXACT).all()
    assert (level <= 10.0 + EXACT).all()
