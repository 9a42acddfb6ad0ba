"""Prices at every unit: they add up to what the plan's cost grows by, and the programme's own balance closes with them."""

import dataclasses

import numpy as np
import pytest
from small_town import HOURS, STEPS, battery, full_town, row, solved, town

from twin.boxes.flexibility.lp.compiled import CompiledModel
from twin.boxes.flexibility.lp.numbers import EARLINESS_CHF_PER_MWH_H, numbers_of
from twin.boxes.flexibility.lp.parts import Parts, Unit
from twin.boxes.flexibility.lp.rows import Linear
from twin.boxes.flexibility.lp.solution import Solution
from twin.boxes.flexibility.why.prices import PARTS, prices_of, tariff_prices
from twin.boxes.flexibility.why.stored import stored_value

NOBODY_CAPS = float("inf")
HUNDREDTH = 0.01  # CHF/MWh: 1e-7 of dual feasibility over steps of 1e-5 MW leaves a few thousandths


@dataclasses.dataclass(frozen=True)
class Probe:
    """A forced draw that stands where another unit stands."""

    p_mw: np.ndarray
    id: str = "probe"

    def parts(self, hours):
        return Parts((Unit(id=self.id, draw_max_mw=1.0, own_p_mw=self.p_mw, movable=0.0),))


@pytest.fixture(scope="module")
def whole():
    problem, linear = full_town()
    return problem, linear, solved(problem, linear)[1]


def beside(problem, linear, unit, p_mw):
    """The problem and its grid with a forced draw at the node of ``unit``."""
    joined = dataclasses.replace(problem, devices=(*problem.devices, Probe(p_mw)))
    rows = tuple(
        dataclasses.replace(
            one,
            by_p=np.vstack([one.by_p, one.by_p[unit]]),
            by_q=None if one.by_q is None else np.vstack([one.by_q, np.zeros(STEPS)]),
        )
        for one in linear.rows
    )
    by_p, by_q = linear.loss_by_p, linear.loss_by_q
    lost = Linear(rows=rows, loss_by_p=np.vstack([by_p, by_p[unit]]), loss_by_q=np.vstack([by_q, np.zeros(STEPS)]))
    return joined, lost


def test_parts_add_up_to_what_a_forced_kilowatt_hour_costs_at_every_unit_and_step(whole):
    problem, linear, _ = whole
    step_mw, exact = 1e-5, 0
    starts = np.cumsum(HOURS) - HOURS
    for unit in range(len(problem.parts.units)):
        base = np.full(STEPS, 1e-4)
        compiled = CompiledModel(beside(problem, linear, unit, base)[0])

        def cost(p_mw, unit=unit, compiled=compiled):
            return compiled.solve(*beside(problem, linear, unit, p_mw), warm=True).cost_chf

        forced, grid = beside(problem, linear, unit, base)
        prices = prices_of(forced, compiled.solve(forced, grid), grid, overload_chf_per_kwh=NOBODY_CAPS)
        here, told = cost(base), prices.total[-1]
        for k in range(0, STEPS, 3):
            by = step_mw * np.eye(STEPS)[k]
            early = EARLINESS_CHF_PER_MWH_H * starts[k]
            more, less = ((sign * (cost(base + sign * by) - here)) / step_mw / HOURS[k] - early for sign in (1, -1))
            # at a kink of the cost the price lies between what one more and one less would make
            assert less - HUNDREDTH <= told[k] <= more + HUNDREDTH
            exact += more - less < HUNDREDTH
    assert exact >= 12  # of 16: kinks are the exception


def test_reduced_costs_and_values_of_stores_close_the_balance_of_every_column(whole):
    problem, linear, solution = whole
    prices = prices_of(problem, solution, linear, overload_chf_per_kwh=NOBODY_CAPS)
    stored = stored_value(problem, solution, overload_chf_per_kwh=NOBODY_CAPS)
    numbers, sets, hours = numbers_of(problem), problem.sets, np.asarray(HOURS)
    gained = {link.unit: (link.per_draw, problem.parts.stores[sets.store_at[link.store]]) for link in problem.parts.links}
    for at, u in enumerate(sets.drawing):
        unit = problem.parts.units[u]
        per_draw, store = gained[unit.id]
        worth = per_draw * store.mwh_per_level * stored[sets.store_at[store.id]] * hours
        left = numbers.cost["draw_mw"][at] + prices.total[u] * hours - worth - solution.duals["own_behaviour"][u]
        # 1e-6 CHF/MW: the solver's dual feasibility is 1e-7
        np.testing.assert_allclose(solution.reduced["draw_mw"][at], left, atol=1e-6, rtol=1e-9)


def test_reactive_power_is_settled_where_its_price_is_nothing_or_its_reach_ends(whole):
    problem, linear, solution = whole
    prices = prices_of(problem, solution, linear, overload_chf_per_kwh=NOBODY_CAPS)
    roof = problem.unit_of["roof"]
    # 1e-6 CHF/Mvar: as above
    left = solution.reduced["q_mvar"][0] + solution.duals["q_split"][0]
    np.testing.assert_allclose(left, prices.total_q[roof] * np.asarray(HOURS), atol=1e-6)


def test_every_part_of_the_price_is_at_work_in_the_town(whole):
    problem, linear, solution = whole
    prices = prices_of(problem, solution, linear)
    assert all(np.abs(getattr(prices, part)).max() > 0.1 for part in PARTS)


def test_without_a_grid_the_price_is_the_import_tariff_while_the_site_imports():
    problem = town(battery())
    _, solution = solved(problem)
    np.testing.assert_allclose(prices_of(problem, solution).energy[0], problem.site.import_chf_per_mwh, atol=HUNDREDTH)


def test_a_tariff_interval_of_two_steps_spreads_its_peak_over_both():
    whole_hours = (((0, 0.5), (1, 0.5)), ((2, 0.5), (3, 0.5)), *(((k, 1.0),) for k in range(4, STEPS)))
    problem = town(battery(), peak_chf_per_mw=6500.0, interval_steps=whole_hours)
    _, solution = solved(problem)
    peak = prices_of(problem, solution, overload_chf_per_kwh=NOBODY_CAPS).peak[0]
    assert peak[0] == pytest.approx(peak[1])
    assert float(peak @ np.asarray(HOURS)) == pytest.approx(6500.0)  # all intervals together carry the month's price


def test_a_broken_limit_is_valued_and_not_fined():
    problem = town(battery(), net_mw=0.02)
    linear = Linear(rows=(row(problem, {"battery": 1.0}, -0.05),))  # even a full discharge leaves 40 kW too much
    _, solution = solved(problem, linear)
    assert solution.excess_mw.max() > 0.01
    assert prices_of(problem, solution, linear, overload_chf_per_kwh=15.0).loading[0] == pytest.approx(15_000.0)
    free = prices_of(problem, solution, linear, overload_chf_per_kwh=NOBODY_CAPS)
    assert free.loading[0] == pytest.approx(problem.penalties.excess)


def test_stored_energy_is_worth_what_it_saves_in_the_dearest_hour_after_losses():
    problem = town(battery(e0_mwh=0.0, e_max_mwh=0.005))
    _, solution = solved(problem)
    value = stored_value(problem, solution)[0]
    dearest = int(np.argmax(problem.site.import_chf_per_mwh))
    # a kWh in the cells gives 0.95 kWh at 310 CHF/MWh, less half of the preference for rest (0.1 CHF/MWh)
    assert value[dearest] == pytest.approx(0.95 * (310.0 - 0.1), abs=HUNDREDTH)


def test_a_plan_without_a_solver_is_valued_at_the_tariff():
    problem, linear = full_town()
    prices = tariff_prices(problem, linear)
    np.testing.assert_allclose(prices.total, prices.energy + prices.losses)
    assert prices.rows.shape == (len(linear.rows), STEPS)


def test_a_solution_without_a_plan_has_no_prices():
    problem = town(battery())
    with pytest.raises(ValueError, match="time_limit"):
        prices_of(problem, Solution("time_limit"))
    with pytest.raises(ValueError, match="time_limit"):
        stored_value(problem, Solution("time_limit"))
