"""Laws of the dispatch LP: energy, limits, prices, departure, determinism."""

import dataclasses

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twin.boxes.flexibility.devices.charger import Charger
from twin.boxes.flexibility.devices.storage import Storage
from twin.boxes.flexibility.lp.compiled import CompiledModel
from twin.boxes.flexibility.lp.model import build
from twin.boxes.flexibility.lp.numbers import numbers_of
from twin.boxes.flexibility.lp.problem import Penalties, Problem, Site
from twin.boxes.flexibility.lp.rows import GridRow
from twin.boxes.flexibility.lp.solution import Limits

HOURS = (0.25,) * 4 + (1.0,) * 5
STEPS = len(HOURS)
PENALTIES = Penalties.above(28_000.0)


def random_problem(seed: int, *, room_mw: float = 0.02, negative: bool = False, count: int = 3) -> Problem:
    """Batteries and cars, ``count`` of each, behind a limit, with random prices, loads and states."""
    rng = np.random.default_rng(seed)
    hours = np.asarray(HOURS)
    storages = [
        Storage(
            id=f"bat_{i}", efficiency=0.95, charge_max_mw=0.005, discharge_max_mw=0.005, e0_mwh=rng.uniform(0, 0.01),
            e_max_mwh=0.01, moving_chf_per_mwh=50.0, end_value_chf_per_mwh=150.0,
        )
        for i in range(count)
    ]  # fmt: skip
    chargers = []
    for i in range(count):
        here = np.where(np.arange(STEPS) < rng.integers(5, STEPS + 1), 0.011, 0.0)
        wanted = rng.uniform(0.2, 0.9) * float(here @ hours)
        chargers.append(
            Charger(id=f"car_{i}", efficiency=1.0, charge_max_mw=here, required_mwh=wanted, moving_chf_per_mwh=30.0)
        )
    price = rng.uniform(-300.0 if negative else 100.0, 400.0, STEPS)
    site = Site(
        net_p_mw=rng.uniform(-0.05, 0.05, STEPS), import_chf_per_mwh=price, export_chf_per_mwh=np.full(STEPS, 80.0),
        peak_chf_per_mw=7000.0, peak_so_far_mw=0.02,
    )  # fmt: skip
    row = GridRow(
        name="import:trafo:T", kind="trafo", element="T", limit=100.0, unit="%", by_p=np.ones((2 * count, STEPS)),
        room_mw=room_mw - rng.uniform(-0.01, 0.01, STEPS), margin_mw=0.002,
    )  # fmt: skip
    return Problem(hours=HOURS, devices=(*storages, *chargers), site=site, penalties=PENALTIES, rows=(row,))


def of(problem, kind):
    return [device for device in problem.devices if isinstance(device, kind)]


@pytest.fixture(scope="module")
def compiled():
    return CompiledModel(random_problem(0))


def test_energy_in_the_cells_is_what_went_in_less_losses_less_what_came_out(compiled):
    problem = random_problem(3)
    found = compiled.solve(problem).values
    start = np.array([[s.e0_mwh] for s in of(problem, Storage)])
    before = np.concatenate([start, found["level"][:3, :-1]], axis=1)
    flow = np.asarray(HOURS) * (0.95 * found["draw_mw"][:3] - found["feed_mw"] / 0.95)
    # 1e-9 MWh: the solver's primal tolerance
    np.testing.assert_allclose(found["level"][:3], before + flow, atol=1e-9)


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
    assert np.minimum(found.values["draw_mw"][:3], found.values["feed_mw"]).max() <= 1e-6


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
    energy = compiled.solve(problem).p_mw[3:] @ np.asarray(HOURS)
    np.testing.assert_allclose(energy, [c.required_mwh for c in of(problem, Charger)], atol=1e-8)


def test_the_grids_limit_comes_before_a_cars_departure(compiled):
    found = compiled.solve(random_problem(1, room_mw=-0.004))
    broken = found.excess_mw[0] > 1e-6
    assert found.values["short"].sum() > 0.0
    assert found.p_mw[3:, broken].max(initial=0.0) <= 1e-8  # no car draws where the limit is broken


def test_a_cars_departure_comes_before_the_months_peak(compiled):
    problem = random_problem(2, room_mw=1.0)
    dear = dataclasses.replace(problem, site=dataclasses.replace(problem.site, peak_chf_per_mw=7000.0, peak_so_far_mw=0.0))
    assert compiled.solve(dear).values["short"].max() <= 1e-8


@pytest.mark.parametrize("seed", [1, 2])
def test_compiled_model_has_the_optimum_of_pyomos_own_way_to_highs(compiled, seed):
    import pyomo.environ as pyo

    problem = random_problem(seed)
    model = build(problem.sets, numbers_of(problem), problem.rows)
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
        compiled.solve(dataclasses.replace(problem, devices=problem.devices[:1], rows=()))


def test_stopping_at_the_iteration_limit_is_told(compiled):
    assert compiled.solve(random_problem(1), limits=Limits(iterations=2)).status == "iteration_limit"


def test_peak_price_flattens_the_highest_import(compiled):
    problem = random_problem(5, room_mw=1.0)
    flat = dataclasses.replace(problem.site, import_chf_per_mwh=np.full(STEPS, 200.0), peak_so_far_mw=0.0)
    paid, free = (dataclasses.replace(problem, site=dataclasses.replace(flat, peak_chf_per_mw=p)) for p in (7000.0, 0.0))
    assert compiled.solve(paid).values["import_mw"].max() < compiled.solve(free).values["import_mw"].max() - 1e-3


def planned_by_itself(problem: Problem) -> Problem:
    """The same problem in which nobody may be moved."""
    return dataclasses.replace(problem, devices=tuple(dataclasses.replace(d, movable=0.0) for d in problem.devices))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), room=st.floats(0.0, 0.05), negative=st.booleans())
def test_no_plan_is_dearer_than_leaving_everybody_alone(compiled, seed, room, negative):
    problem = random_problem(seed, room_mw=room, negative=negative)
    alone = compiled.solve(planned_by_itself(problem))
    assert alone.optimal
    assert compiled.solve(problem).cost_chf <= alone.cost_chf + 1e-6 + 1e-9 * abs(alone.cost_chf)


def one_battery(*, price, wear=0.0, moving=0.0) -> np.ndarray:
    """What an idle battery of 1 MWh does at ``price``, MW per step."""
    battery = Storage(
        id="b", efficiency=1.0, charge_max_mw=0.1, discharge_max_mw=0.1, e0_mwh=0.5, e_max_mwh=1.0,
        moving_chf_per_mwh=moving, wear_chf_per_mwh=wear, end_value_chf_per_mwh=float(np.mean(price)),
    )  # fmt: skip
    price = np.asarray(price, dtype=float)
    site = Site(net_p_mw=np.ones(STEPS), import_chf_per_mwh=price, export_chf_per_mwh=price)
    problem = Problem(hours=HOURS, devices=(battery,), site=site, penalties=PENALTIES)
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
    car = Storage(
        id="v2g", efficiency=0.9, charge_max_mw=0.011, discharge_max_mw=0.011, e0_mwh=0.02, e_max_mwh=0.03,
        moving_chf_per_mwh=10.0, target_mwh=0.03,
    )  # fmt: skip
    price = np.array([400.0] * 4 + [100.0] * 5)
    site = Site(net_p_mw=np.full(STEPS, 0.1), import_chf_per_mwh=price, export_chf_per_mwh=np.full(STEPS, 80.0))
    problem = Problem(hours=HOURS, devices=(car,), site=site, penalties=PENALTIES)
    found = CompiledModel(problem).solve(problem)
    assert found.values["feed_mw"].max() > 0.005  # it sold in the dear hour
    assert found.values["level"][0, -1] == pytest.approx(0.03, abs=1e-8)
