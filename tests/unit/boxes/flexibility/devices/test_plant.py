"""Plants: what may be curtailed for nothing, what is paid, and inverters that help the voltage."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.boxes.flexibility.small_plan import EXACT, plan, problem_of
from twin.boxes.flexibility.devices.plant import Plant
from twin.boxes.flexibility.lp.compiled import CompiledModel
from twin.boxes.flexibility.lp.parts import Reactive
from twin.boxes.flexibility.lp.rows import GridRow

SUN = np.array([0.02, 0.05, 0.04, 0.01])
EXPORT = 0.03  # MW that the site may feed in: 20 and 10 kWh are too much
SELLS = 60.0


def roof(**changes):
    return Plant(id="roof", **{"available_mw": SUN, "curtailed_chf_per_mwh": 100.0, **changes})


def crowded(**changes):
    return plan(roof(**changes), price=[SELLS] * 4, limits=((-1.0, EXPORT),))


def test_plant_gives_all_it_can_where_nothing_stands_against_it():
    np.testing.assert_allclose(plan(roof(), price=[SELLS] * 4).p_mw[0], -SUN, atol=EXACT)


def test_tiny_negative_sun_counts_as_nothing():
    night = np.array([-1e-9, 0.02])
    np.testing.assert_allclose(plan(roof(available_mw=night), price=[SELLS] * 2).p_mw[0], [0.0, -0.02], atol=EXACT)


def test_no_more_is_curtailed_than_the_limit_asks():
    np.testing.assert_allclose(crowded().p_mw[0], -np.minimum(SUN, EXPORT), atol=EXACT)


def test_free_energy_is_used_first_and_only_the_rest_is_paid():
    none, part, all_ = (crowded(free_mwh=free).values["paid_mwh"][0] for free in (0.0, 0.025, 0.1))
    assert none == pytest.approx(0.03, abs=EXACT)
    assert part == pytest.approx(0.03 - 0.025, abs=EXACT)
    assert all_ == pytest.approx(0.0, abs=EXACT)


@pytest.mark.parametrize(("free", "worth"), [(0.01, 100.0), (0.1, 0.0)])
def test_another_free_mwh_is_worth_the_price_of_curtailing_while_it_lacks_and_nothing_after(free, worth):
    # d(cost)/d(free energy); 1e-6 CHF/MWh: the solver's dual tolerance is 1e-7
    assert -crowded(free_mwh=free).duals["budget"][0] == pytest.approx(worth, abs=1e-6)


def test_negative_price_curtails_what_is_free_and_leaves_what_would_be_paid():
    # 40 CHF/MWh lost by feeding in, 100 paid for curtailing beyond the free 30 kWh
    found = plan(roof(free_mwh=0.03), price=[-40.0] * 4)
    assert (SUN + found.p_mw[0]).sum() == pytest.approx(0.03, abs=EXACT)
    assert found.values["paid_mwh"][0] <= EXACT


def test_refused_plant_is_not_curtailed_and_the_limit_is_broken_instead():
    found = crowded(movable=0.0)
    np.testing.assert_allclose(found.p_mw[0], -SUN, atol=EXACT)
    np.testing.assert_allclose(found.excess_mw[0], np.maximum(SUN - EXPORT, 0.0), atol=EXACT)


INVERTER = Reactive(max_mvar=0.04, tan_phi=0.5, s_max_mva=0.05)


def asking(relief_mvar, *, inverter=INVERTER):
    """A roof at a bus whose voltage needs ``relief_mvar`` of reactive power drawn in every step."""
    problem = problem_of(roof(reactive=inverter), price=[SELLS] * 4)
    row = GridRow(
        name="high_voltage:bus:1", kind="voltage", element="b1", limit=1.05, unit="pu", by_p=problem.slopes({}),
        by_q=problem.slopes({"roof": -1.0}), room_mw=-np.asarray(relief_mvar) * np.ones(4),
    )  # fmt: skip
    return dataclasses.replace(problem, rows=(row,))


@pytest.fixture(scope="module")
def inverter():
    return CompiledModel(asking(0.0))


def test_inverter_draws_no_more_reactive_power_than_the_voltage_needs(inverter):
    q = inverter.solve(asking([0.0, 0.01, 0.005, 0.002])).q_mvar[0]
    np.testing.assert_allclose(q, [0.0, 0.01, 0.005, 0.002], atol=EXACT)


def test_reactive_power_stays_within_the_power_factor_of_what_is_fed_in(inverter):
    found = inverter.solve(asking(0.1))
    assert (np.abs(found.q_mvar[0]) <= 0.5 * np.abs(found.p_mw[0]) + EXACT).all()
    assert found.q_mvar[0, 0] == pytest.approx(0.5 * 0.02, abs=EXACT)


def test_plant_gives_up_power_for_reactive_power_where_a_limit_asks_and_the_circle_is_full(inverter):
    # 50 kW of sun fill the 50 kVA: reactive power at that hour costs active power, a broken voltage more
    found = inverter.solve(asking([0.0, 0.02, 0.0, 0.0]))
    assert found.p_mw[0, 1] > -0.05 + 1e-3
    assert np.hypot(found.p_mw[0, 1], found.q_mvar[0, 1]) <= 0.05 + EXACT


@settings(max_examples=20, deadline=None)
@given(relief=st.lists(st.floats(-0.06, 0.06), min_size=4, max_size=4))
def test_no_wish_of_the_grid_leaves_wedge_and_circle(inverter, relief):
    found = inverter.solve(asking(relief))
    p, q = found.p_mw[0], found.q_mvar[0]
    assert found.optimal
    assert (np.hypot(p, q) <= 0.05 + EXACT).all()
    assert (np.abs(q) <= 0.5 * np.abs(p) + EXACT).all()
    assert (q >= np.minimum(0.0, relief) - EXACT).all()
    assert (q <= np.maximum(0.0, relief) + EXACT).all()


def test_inverter_without_wedge_helps_at_night():
    dark = dataclasses.replace(
        asking(0.0, inverter=Reactive(max_mvar=0.04)), devices=(roof(available_mw=0.0, reactive=Reactive(max_mvar=0.04)),)
    )
    (row,) = dark.rows
    found = CompiledModel(dark).solve(dataclasses.replace(dark, rows=(dataclasses.replace(row, room_mw=np.full(4, -0.03)),)))
    np.testing.assert_allclose(found.q_mvar[0], 0.03, atol=EXACT)
