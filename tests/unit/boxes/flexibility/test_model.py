"""Laws of the dispatch LP: energy, limits, prices, departure, determinism."""

import dataclasses

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twin.boxes.flexibility.compiled import CompiledModel
from twin.boxes.flexibility.model import build
from twin.boxes.flexibility.numbers import numbers_of
from twin.boxes.flexibility.problem import Charger, GridRow, Penalties, Problem, Site, Storage

HOURS = (0.25,) * 4 + (1.0,) * 5
STEPS = len(HOURS)
PENALTIES = Penalties.above(28_000.0)


def random_problem(seed: int, *, room_mw: float = 0.02, negative: bool = False) -> Problem:
    """Three batteries and three cars behind a limit, with random prices, loads and states."""
    rng = np.random.default_rng(seed)
    free, hours = np.ones(STEPS, dtype=bool), np.asarray(HOURS)
    storages = tuple(
        Storage(
            f"bat_{i}", 0.95, np.full(STEPS, 0.005), np.full(STEPS, 0.005), rng.uniform(0, 0.01), np.zeros(STEPS),
            np.full(STEPS, 0.01), np.zeros(STEPS), free, 50.0, 0.0, 150.0,
        )
        for i in range(3)
    )  # fmt: skip
    chargers = []
    for i in range(3):
        here = np.where(np.arange(STEPS) < rng.integers(5, STEPS + 1), 0.011, 0.0)
        wanted = rng.uniform(0.2, 0.9) * float(here @ hours)
        chargers.append(Charger(f"car_{i}", 1.0, here, wanted, np.zeros(STEPS), free, np.zeros(STEPS), 30.0))
    price = rng.uniform(-300.0 if negative else 100.0, 400.0, STEPS)
    site = Site(rng.uniform(-0.05, 0.05, STEPS), price, np.full(STEPS, 80.0), 7000.0, 0.02, np.zeros(STEPS))
    load = rng.uniform(-0.01, 0.01, STEPS)
    ids = [s.id for s in storages] + [c.id for c in chargers]
    row = GridRow(
        "import:trafo:T", "trafo", "T", 100.0, "%", tuple((i, 1.0) for i in ids), room_mw - load, np.full(STEPS, 0.002), 1.0
    )
    return Problem(HOURS, storages, tuple(chargers), site, (row,), PENALTIES)


@pytest.fixture(scope="module")
def compiled():
    return CompiledModel(random_problem(0))


def test_energy_in_the_cells_is_what_went_in_less_losses_less_what_came_out(compiled):
    problem = random_problem(3)
    found = compiled.solve(problem).values
    start = np.array([[s.e0_mwh] for s in problem.storages])
    before = np.concatenate([start, found["energy_mwh"][:, :-1]], axis=1)
    flow = np.asarray(HOURS) * (0.95 * found["charge_mw"] - found["discharge_mw"] / 0.95)
    # 1e-9 MWh: the solver's primal tolerance
    np.testing.assert_allclose(found["energy_mwh"], before + flow, atol=1e-9)


def test_site_import_less_export_is_its_net_load_and_the_devices(compiled):
    problem = random_problem(4)
    solution = compiled.solve(problem)
    net = problem.site.net_p_mw + solution.p_mw.sum(axis=0)
    np.testing.assert_allclose(solution.values["import_mw"] - solution.values["export_mw"], net, atol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_no_battery_charges_and_discharges_at_once_even_when_prices_are_negative(compiled, seed):
    found = compiled.solve(random_problem(seed, negative=True))
    assert found.optimal
    # 1 W: below it is the solver's tolerance
    assert np.minimum(found.values["charge_mw"], found.values["discharge_mw"]).max() <= 1e-6


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), room=st.floats(0.0, 0.05), tighter=st.floats(0.0, 0.05))
def test_tightening_a_limit_never_lowers_the_cost(compiled, seed, room, tighter):
    wide = compiled.solve(random_problem(seed, room_mw=room)).cost_chf
    tight = compiled.solve(random_problem(seed, room_mw=room - tighter)).cost_chf
    # relative 1e-9: sums of penalties in the millions, in double precision
    assert tight >= wide - 1e-6 - 1e-9 * abs(wide)


@pytest.mark.parametrize("seed", range(5))
def test_every_car_departs_with_its_energy_when_nothing_limits_it(compiled, seed):
    problem = random_problem(seed, room_mw=1.0)
    energy = compiled.solve(problem).values["charging_mw"] @ np.asarray(HOURS)
    np.testing.assert_allclose(energy, [c.required_mwh for c in problem.chargers], atol=1e-8)


def test_the_grids_limit_comes_before_a_cars_departure(compiled):
    found = compiled.solve(random_problem(1, room_mw=-0.004))
    broken = found.values["excess_mw"][0] > 1e-6
    assert found.values["short_mwh"].sum() > 0.0
    assert found.values["charging_mw"][:, broken].max(initial=0.0) <= 1e-8  # no car draws where the limit is broken


def test_a_cars_departure_comes_before_the_months_peak(compiled):
    problem = random_problem(2, room_mw=1.0)
    dear = dataclasses.replace(problem, site=dataclasses.replace(problem.site, peak_chf_per_mw=7000.0, peak_so_far_mw=0.0))
    assert compiled.solve(dear).values["short_mwh"].max() <= 1e-8


@pytest.mark.parametrize("seed", [1, 2])
def test_compiled_model_has_the_optimum_of_pyomos_own_way_to_highs(compiled, seed):
    import pyomo.environ as pyo

    problem = random_problem(seed)
    model = build(problem.structure, numbers_of(problem))
    pyo.SolverFactory("appsi_highs").solve(model)
    # 1e-7 relative: both stop at their dual tolerance
    assert compiled.solve(problem).cost_chf == pytest.approx(pyo.value(model.cost), rel=1e-7)


def test_answer_does_not_depend_on_what_was_solved_before(compiled):
    problem = random_problem(7)
    compiled.solve(random_problem(8))
    used = compiled.solve(problem)
    fresh = CompiledModel(random_problem(9)).solve(problem)
    assert used.p_mw.tobytes() == fresh.p_mw.tobytes()
    assert used.cost_chf == fresh.cost_chf


def test_another_device_set_is_refused_by_a_compiled_model(compiled):
    problem = random_problem(1)
    with pytest.raises(ValueError, match="compile anew"):
        compiled.solve(dataclasses.replace(problem, chargers=problem.chargers[:1]))


def test_stopping_at_the_iteration_limit_is_told(compiled):
    assert compiled.solve(random_problem(1), iteration_limit=2).status == "iteration_limit"


def test_peak_price_flattens_the_highest_import(compiled):
    problem = random_problem(5, room_mw=1.0)
    flat = dataclasses.replace(problem.site, import_chf_per_mwh=np.full(STEPS, 200.0), peak_so_far_mw=0.0)
    paid, free = (dataclasses.replace(problem, site=dataclasses.replace(flat, peak_chf_per_mw=p)) for p in (7000.0, 0.0))
    assert compiled.solve(paid).values["import_mw"].max() < compiled.solve(free).values["import_mw"].max() - 1e-3


def planned_by_itself(problem: Problem) -> Problem:
    """The same problem in which nobody may be moved."""
    still = np.zeros(STEPS, dtype=bool)
    storages = tuple(dataclasses.replace(s, movable=still) for s in problem.storages)
    chargers = tuple(dataclasses.replace(c, movable=still) for c in problem.chargers)
    return dataclasses.replace(problem, storages=storages, chargers=chargers)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), room=st.floats(0.0, 0.05), negative=st.booleans())
def test_no_plan_is_dearer_than_leaving_everybody_alone(compiled, seed, room, negative):
    problem = random_problem(seed, room_mw=room, negative=negative)
    alone = compiled.solve(planned_by_itself(problem))
    assert alone.optimal
    assert compiled.solve(problem).cost_chf <= alone.cost_chf + 1e-6 + 1e-9 * abs(alone.cost_chf)


def one_battery(*, price, wear=0.0, moving=0.0) -> np.ndarray:
    """What an idle battery of 1 MWh does at ``price``, MW per step."""
    none, free = np.zeros(STEPS), np.ones(STEPS, dtype=bool)
    battery = Storage(
        "b", 1.0, none + 0.1, none + 0.1, 0.5, none, none + 1.0, none, free, moving, wear, float(np.mean(price)),
    )  # fmt: skip
    site = Site(none + 1.0, np.asarray(price, dtype=float), np.asarray(price, dtype=float), 0.0, 0.0, none)
    problem = Problem(HOURS, (battery,), (), site, (), PENALTIES)
    return CompiledModel(problem).solve(problem).p_mw[0]


CHEAP_THEN_DEAR = [50.0] * 4 + [80.0] * 5


def test_a_battery_cycles_for_a_spread_above_its_wear_and_rests_below_it():
    assert np.abs(one_battery(price=CHEAP_THEN_DEAR, wear=20.0)).max() > 0.05
    assert np.abs(one_battery(price=CHEAP_THEN_DEAR, wear=40.0)).max() < 1e-6


def test_a_battery_shifts_for_a_spread_above_what_its_owner_earns_and_not_below_it():
    assert np.abs(one_battery(price=CHEAP_THEN_DEAR, moving=20.0)).max() > 0.05
    assert np.abs(one_battery(price=CHEAP_THEN_DEAR, moving=40.0)).max() < 1e-6


def test_selling_dearer_than_buying_does_not_run_away(compiled):
    problem = random_problem(6)
    site = dataclasses.replace(problem.site, export_chf_per_mwh=problem.site.import_chf_per_mwh + 100.0)
    found = compiled.solve(dataclasses.replace(problem, site=site))
    assert found.optimal
    assert np.minimum(found.values["import_mw"], found.values["export_mw"]).max() < 1e-9


def test_car_that_may_feed_back_leaves_with_its_target():
    free = np.ones(STEPS, dtype=bool)
    car = Storage(
        "v2g", 0.9, np.full(STEPS, 0.011), np.full(STEPS, 0.011), 0.02, np.zeros(STEPS), np.full(STEPS, 0.03),
        np.zeros(STEPS), free, 10.0, target_mwh=0.03,
    )  # fmt: skip
    price = np.array([400.0] * 4 + [100.0] * 5)
    site = Site(np.full(STEPS, 0.1), price, np.full(STEPS, 80.0), 0.0, 0.0, np.zeros(STEPS))
    problem = Problem(HOURS, (car,), (), site, (), PENALTIES)
    found = CompiledModel(problem).solve(problem)
    assert found.values["discharge_mw"].max() > 0.005  # it sold in the dear hour
    assert found.values["energy_mwh"][0, -1] == pytest.approx(0.03, abs=1e-8)
