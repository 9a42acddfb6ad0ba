"""Rows and losses against the AC power flow they stand for."""

import numpy as np
import pytest

from tests.unit.boxes.flexibility.grid.small_feeder import between, still
from twin.boxes.flexibility.grid.case import Inverters, Plan
from twin.boxes.flexibility.grid.linear import linearise
from twin.boxes.flexibility.grid.proof import prove
from twin.domain.controls import Controls, Curve, InverterControl

STEP_MW = 1e-5
"""A move so small that the grid's curvature, some 1e-10, is far below what is compared."""


def around(case, plan, ranges):
    return linearise({"": case}, {"": prove(case, plan)}, ranges)


def moved(plan, unit, *, p=0.0, q=0.0):
    p_mw, q_mvar = plan.p_mw.copy(), plan.q_mvar.copy()
    p_mw[unit] += p
    q_mvar[unit] += q
    return Plan(p_mw, q_mvar, plan.source_vm_pu)


def loaded(case, p=0.06, q=0.01):
    plan = still(case)
    return Plan(plan.p_mw + p, plan.q_mvar + q)


def value_of(case, plan, row):
    proof, grid = prove(case, plan), case.network.grid
    table, index = row.name.split(":")[-2:]
    if row.kind == "voltage":
        return proof.vm_pu[:, int(grid.bus_node[grid.bus == int(index)][0])]
    return proof.loading_percent[:, int(getattr(grid, f"{table}_branch")[getattr(grid, table) == int(index)][0])]


@pytest.fixture(scope="module")
def tight(feeder):
    """Every kind of limit close: rows of voltage, line and transformer."""
    case = feeder.case(units=(4, 2), network=feeder.network(low=0.985, line=45.0, trafo=20.0))
    return case, around(case, loaded(case), between(case, -0.1, 0.1, 0.04))


def test_voltage_line_and_transformer_have_rows_near_their_limits(tight):
    _, linear = tight
    assert {row.kind for row in linear.rows} == {"voltage", "line", "trafo"}


@pytest.mark.parametrize("how", ["p", "q"])
def test_a_row_moves_as_the_ac_power_flow_does(tight, how):
    case, linear = tight
    exact = [row for row in linear.rows if row.kind == "voltage" or "cut" in row.name]
    assert exact
    for row in exact:
        after = moved(linear.point, 0, **{how: STEP_MW})
        change = value_of(case, after, row) - value_of(case, linear.point, row)
        slope = (row.by_p if how == "p" else row.by_q)[0] * row.unit_per_mw
        here = np.isfinite(row.room_mw)
        assert slope[here] == pytest.approx((change / STEP_MW)[here], rel=1e-3)  # 0.1 %: the solver's 1e-9 over the step


def test_at_its_point_a_row_is_as_full_as_the_wire(tight):
    case, linear = tight
    for row, over in zip(linear.rows, linear.excess_mw(linear.point), strict=True):
        here = np.isfinite(row.room_mw)
        if row.kind == "voltage" or "cut" in row.name:
            full = (value_of(case, linear.point, row) - row.limit) / row.unit_per_mw
            assert over[here] == pytest.approx(full[here], abs=1e-9)


def test_slack_reads_in_mva_of_the_most_effective_unit(tight):
    _, linear = tight
    for row in linear.rows:
        most = np.maximum(np.abs(row.by_p), np.abs(row.by_q)).max(axis=0)
        assert most[np.isfinite(row.room_mw)] == pytest.approx(1.0)


def test_far_from_every_limit_there_are_no_rows(feeder):
    case = feeder.case(network=feeder.network(low=0.8, high=1.2, line=1000.0, trafo=1000.0))
    assert around(case, loaded(case), between(case, -0.05, 0.05)).rows == ()


def test_a_step_without_a_solution_has_no_rows_and_no_losses(feeder):
    case = feeder.case(factor=(60.0, 1.0), network=feeder.network(low=0.985))
    linear = around(case, loaded(case), between(case, -0.1, 0.1))
    assert linear.rows
    assert np.isinf([row.room_mw[0] for row in linear.rows]).all()
    assert (linear.losses.by_p[:, 0] == 0.0).all()
    assert (linear.losses.by_p[:, 1] > 0.0).all()


def test_a_unit_outside_the_grid_moves_nothing(feeder):
    case = feeder.case(units=(4, 2), network=feeder.network(low=0.985))
    outside = feeder.case(units=(4, 2), network=feeder.network(low=0.985))
    outside.unit_node[1] = -1
    linear = around(outside, loaded(outside), between(case, -0.1, 0.1))
    assert linear.rows
    assert not any(row.by_p[1].any() for row in linear.rows)
    assert not linear.losses.by_p[1].any()


def test_marginal_losses_are_the_slope_of_the_losses(tight):
    case, linear = tight
    for how, slope in (("p", linear.losses.by_p), ("q", linear.losses.by_q)):
        more = prove(case, moved(linear.point, 0, **{how: STEP_MW})).loss_mw
        less = prove(case, moved(linear.point, 0, **{how: -STEP_MW})).loss_mw
        assert slope[0] == pytest.approx((more - less) / (2.0 * STEP_MW), rel=1e-4)  # the solver's 1e-10 MW over the step


def test_a_unit_at_the_source_loses_nothing_on_the_way(feeder):
    case = feeder.case(units=(0,))
    assert around(case, loaded(case), between(case, -0.1, 0.1)).losses.by_p == pytest.approx(0.0, abs=1e-12)


def test_a_margin_is_what_the_worst_path_of_the_forecast_takes(feeder):
    network = feeder.network(low=0.985, line=1000.0, trafo=1000.0)
    case = feeder.case(network=network)
    paths = np.stack([0.7 * case.consumption, 1.3 * case.consumption])
    unsure = feeder.case(network=network, paths=paths)
    plan = loaded(case)
    (row,) = [row for row in around(unsure, plan, between(case, -0.1, 0.1)).rows if row.name == "low_voltage:bus:4"]
    node = feeder.node(4)
    drop = prove(case, plan).vm_pu[:, node] - prove(feeder.case(factor=(1.3, 1.04)), plan).vm_pu[:, node]
    assert row.margin_mw * np.abs(row.unit_per_mw) == pytest.approx(drop, abs=1e-8)
    assert row.paths_mw[1] == pytest.approx(row.margin_mw)
    assert (row.paths_mw[0] < 0.0).all()


def droop_case(feeder, network=None):
    from twin.engines.control.inverter_law import laws_of

    curve = Curve.of_corners((0.97, 0.98, 0.99, 1.04), 0.9)
    laws = laws_of(feeder.grid, Controls(inverters=(InverterControl(sgen=(0,), sn_mva=(0.1,), q_of_vm=curve),)))
    inverters = Inverters(laws=laws, p_mw=np.zeros((2, 1)), unit=np.array([-1]))
    return feeder.case(network=network, inverters=inverters)


def test_an_inverter_on_its_curve_holds_the_voltage_back(feeder):
    case, alone = droop_case(feeder), feeder.case()
    plan = loaded(alone, -0.06, 0.0)
    node = feeder.node(4)
    assert (prove(case, plan).vm_pu[:, node] < prove(alone, plan).vm_pu[:, node]).all()


def test_an_inverter_injects_what_its_curve_says_at_the_voltage_found(feeder):
    case = droop_case(feeder)
    proof = prove(case, loaded(case, -0.06, 0.0))
    node = feeder.node(4)
    share = Curve.of_corners((0.97, 0.98, 0.99, 1.04), 0.9).at(proof.vm_pu[:, node])
    own = (case.drawn(proof.plan.p_mw, proof.plan.q_mvar) - proof.state.drawn)[:, node].imag
    assert own == pytest.approx(0.1 * share, abs=1e-6)  # Mvar: 1e-5 of the rated power is where the fixed point ends


def test_rows_and_losses_follow_the_inverters_curve(feeder):
    case = droop_case(feeder, feeder.network(high=1.02, line=1000.0, trafo=1000.0))
    linear = around(case, loaded(case, -0.06, 0.0), between(case, -0.1, 0.1))
    (row,) = [row for row in linear.rows if row.name == "high_voltage:bus:4"]
    step = 1e-3  # large against where the fixed point ends, 1e-7 pu
    ends = [moved(linear.point, 0, p=way * step) for way in (1.0, -1.0)]
    change = value_of(case, ends[0], row) - value_of(case, ends[1], row)
    assert row.by_p[0] * row.unit_per_mw == pytest.approx(change / (2.0 * step), rel=2e-3)
    lost = prove(case, ends[0]).loss_mw - prove(case, ends[1]).loss_mw
    assert linear.losses.by_p[0] == pytest.approx(lost / (2.0 * step), rel=5e-3)
