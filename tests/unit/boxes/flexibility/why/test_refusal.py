"""What a refusal costs, who moves instead, and which limits give way."""

import dataclasses

import numpy as np
import pytest
from small_town import STEPS, battery, car, full_town, heat_pump, roof, row, solved, town

from twin.boxes.flexibility.devices.process import Process
from twin.boxes.flexibility.devices.programme import Programme
from twin.boxes.flexibility.lp.compiled import CompiledModel
from twin.boxes.flexibility.lp.rows import NOWHERE, Linear
from twin.boxes.flexibility.lp.solution import Solution
from twin.boxes.flexibility.why.refusal import without

EXACT_CHF = 1e-5  # costs of some CHF, solved to 1e-9 MW and 1e-7 CHF/MW


def test_a_refused_device_does_what_it_would_do_by_itself_and_the_cost_is_that_of_a_plan_without_it():
    problem, linear = full_town()
    compiled, solution = solved(problem, linear)
    refusal = without(compiled, problem, linear, solution, ["car"])
    at = problem.unit_of["car"]
    np.testing.assert_allclose(refusal.solution.p_mw[at], problem.parts.units[at].own_p_mw, atol=1e-9)
    fixed = dataclasses.replace(
        problem, devices=tuple(dataclasses.replace(d, movable=0.0) if d.id == "car" else d for d in problem.devices)
    )
    cold = CompiledModel(fixed).solve(fixed, linear)
    assert refusal.solution.cost_chf == pytest.approx(cold.cost_chf, abs=EXACT_CHF)
    assert refusal.cost_chf == pytest.approx(cold.cost_chf - solution.cost_chf, abs=EXACT_CHF)
    assert refusal.cost_chf >= -EXACT_CHF  # less choice is never cheaper


def test_a_battery_beside_takes_over_and_is_named_with_its_energy():
    problem = town(battery("first"), battery("second", moving_chf_per_mwh=5.0, charge_max_mw=0.02, discharge_max_mw=0.02))
    linear = Linear(rows=(row(problem, {"first": 1.0, "second": 1.0}, np.where(np.arange(STEPS) == 6, -0.012, 1.0)),))
    compiled, solution = solved(problem, linear)
    refusal = without(compiled, problem, linear, solution, ["first"])
    (instead,) = refusal.instead
    moved = np.abs(refusal.solution.p_mw[1] - solution.p_mw[1])
    assert instead.device == "second"
    assert instead.energy_mwh > 0.001
    assert instead.at_h == pytest.approx((np.cumsum(problem.hours) - problem.hours)[np.argmax(moved * problem.hours)])
    assert refusal.exceeded == ()


def test_a_group_is_refused_together_and_a_limit_gives_way():
    problem = town(battery("first"), battery("second"))
    linear = Linear(rows=(row(problem, {"first": 1.0, "second": 1.0}, np.where(np.arange(STEPS) == 6, -0.012, 1.0)),))
    compiled, solution = solved(problem, linear)
    refusal = without(compiled, problem, linear, solution, ["first", "second"])
    (limit,) = refusal.exceeded
    assert (limit.row, limit.step, limit.at_h) == ("import:trafo:T", 6, 4.0)
    assert limit.excess_mw == pytest.approx(0.012)
    assert limit.value == pytest.approx(100.0 + 0.012 * 2500.0)
    assert refusal.instead == ()
    # what the broken limit is fined is told apart from what is paid
    assert refusal.cost_chf - refusal.money_chf == pytest.approx(0.012 * problem.penalties.excess)


def test_a_warm_refusal_leaves_the_compiled_model_as_it_was():
    problem, linear = full_town()
    compiled, solution = solved(problem, linear)
    without(compiled, problem, linear, solution, ["battery"])
    again = compiled.solve(problem, linear)
    np.testing.assert_array_equal(again.p_mw, solution.p_mw)


def test_reactive_power_of_a_refused_plant_is_gone_too():
    problem = town(roof())
    voltage = row(problem, {"roof": -1.0}, 0.018, kind="voltage", by_q={"roof": -0.5}, unit="pu", unit_per_mw=0.9)
    linear = Linear(rows=(voltage,))
    compiled, solution = solved(problem, linear)
    assert np.abs(solution.q_mvar).max() > 0.001
    refusal = without(compiled, problem, linear, solution, ["roof"])
    np.testing.assert_allclose(refusal.solution.q_mvar, 0.0, atol=1e-9)
    assert refusal.exceeded[0].excess_mw == pytest.approx(0.002)


def test_a_compressor_that_runs_at_its_average_by_itself_can_be_refused_below_its_least_power():
    problem = town(heat_pump(least_mw=0.004))
    compiled, solution = solved(problem)
    refusal = without(compiled, problem, NOWHERE, solution, ["pump"])
    assert refusal.status == "optimal"
    np.testing.assert_allclose(refusal.solution.p_mw[0], problem.parts.units[0].own_p_mw, atol=1e-9)


def test_a_programme_that_is_not_called_still_catches_up_what_it_owes():
    programme = Programme(
        id="ripple", base_mw=0.01, shed_share=0.5, shed_chf_per_mwh=5.0, rebound_share=1.0, rebound_within_h=4.0, owed_mwh=0.004
    )
    problem = town(programme)
    compiled, solution = solved(problem)
    refusal = without(compiled, problem, NOWHERE, solution, ["ripple"])
    assert refusal.solution.p_mw.min() == pytest.approx(0.0, abs=1e-9)
    assert refusal.solution.p_mw[0] @ np.asarray(problem.hours) == pytest.approx(0.004)


def test_a_behaviour_that_its_store_has_no_room_for_counts_as_far_as_it_goes():
    problem = town(battery(own_p_mw=0.01))
    compiled, solution = solved(problem)
    refusal = without(compiled, problem, NOWHERE, solution, ["battery"])
    assert refusal.status == "optimal"
    assert refusal.solution.values["level"].max() == pytest.approx(0.03)


def test_a_process_is_refused_to_its_own_hours():
    own = np.where(np.arange(STEPS) == 6, 0.004, 0.0)
    problem = town(Process(id="oven", profile_mw=(0.004,) * 4, own_p_mw=own), car())
    compiled, solution = solved(problem)
    refusal = without(compiled, problem, NOWHERE, solution, ["oven"])
    np.testing.assert_allclose(refusal.solution.p_mw[0], own, atol=1e-9)
    assert refusal.cost_chf > 0.0


def test_a_device_that_is_not_there_cannot_be_refused():
    problem = town(battery())
    compiled, solution = solved(problem)
    with pytest.raises(ValueError, match="batery are not in the problem; it has battery"):
        without(compiled, problem, NOWHERE, solution, ["batery"])
    with pytest.raises(ValueError, match="iteration_limit"):
        without(compiled, problem, NOWHERE, Solution("iteration_limit"), ["battery"])
