"""The compiled model is the Pyomo model: after other numbers, with rows that come and go, with what is on held."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.boxes.flexibility.small_plan import EXACT, problem_of
from twin.boxes.flexibility.devices.heat import HeatBuffer, Heater
from twin.boxes.flexibility.devices.hydro import Hydro
from twin.boxes.flexibility.devices.plant import Plant
from twin.boxes.flexibility.devices.process import Process
from twin.boxes.flexibility.devices.programme import Programme
from twin.boxes.flexibility.devices.storage import Storage
from twin.boxes.flexibility.lp.compiled import CompiledModel
from twin.boxes.flexibility.lp.model import build
from twin.boxes.flexibility.lp.numbers import numbers_of
from twin.boxes.flexibility.lp.parts import Reactive
from twin.boxes.flexibility.lp.rows import GridRow, Linear, Trust
from twin.boxes.flexibility.lp.solution import Limits

STEPS = 6
PRICE = np.array([80.0, 60.0, 250.0, 300.0, 90.0, 120.0])


def every_kind(
    *, efficiency=0.9, loss_per_h=0.01, taper_from=0.8, cop=3.0, least_mw=0.002, p_max_mw=0.01, share=0.8, base=0.05, tau=1.5
):
    """Devices whose coefficients a tick may change, each by an argument of its own."""
    return problem_of(
        Storage(
            id="cells", efficiency=efficiency, charge_max_mw=0.02, discharge_max_mw=0.02, e0_mwh=0.02, e_max_mwh=0.04,
            loss_per_h=loss_per_h, taper_from=taper_from, end_value_chf_per_mwh=100.0,
        ),
        HeatBuffer(id="water", capacity_mwh=0.05, e0_mwh=0.01, demand_mw=0.01),
        Heater(id="rod", into="water", p_max_mw=p_max_mw, efficiency=cop, least_mw=least_mw),
        Programme(
            id="asked", base_mw=base, shed_share=0.5, shed_chf_per_mwh=30.0, rebound_share=share, rebound_within_h=2.0,
            calls_max=1,
        ),
        Programme(
            id="ripple", base_mw=0.05, shed_share=0.5, shed_chf_per_mwh=30.0, rebound_share=0.8, rebound_h=tau,
            all_or_nothing=True, longest_h=2.0, owed_mwh=0.01,
        ),
        price=PRICE,
    )  # fmt: skip


CHANGES = {
    "keep": {"loss_per_h": 0.05},
    "per_draw": {"cop": np.linspace(2.0, 4.0, STEPS)},
    "per_feed": {"efficiency": 0.8, "share": 0.5},
    "taper": {"taper_from": 0.5},
    "follow": {"tau": 3.0},
    "follow_most": {"tau": 0.8},
    "one_side": {"tau": 0.8},
    "run_min": {"least_mw": 0.004},
    "run_max": {"p_max_mw": 0.02, "base": np.linspace(0.02, 0.1, STEPS)},
}
"""What changes each of the coefficients."""


@pytest.fixture(scope="module")
def compiled():
    return CompiledModel(every_kind())


def matrix_of(model):
    """What HiGHS holds, without zeros, dims (row, column)."""
    from scipy.sparse import csc_array

    lp = model._highs.getLp()
    a = lp.a_matrix_
    found = csc_array((np.asarray(a.value_), np.asarray(a.index_), np.asarray(a.start_)), shape=(lp.num_row_, lp.num_col_))
    return found.toarray()


def test_every_coefficient_that_a_tick_may_change_is_looked_at_here():
    assert set(CHANGES) == set(numbers_of(every_kind()).coefficient)


@pytest.mark.parametrize("name", CHANGES)
def test_coefficients_of_another_tick_are_those_of_a_fresh_model(compiled, name):
    other = every_kind(**CHANGES[name])
    assert not np.array_equal(numbers_of(other).coefficient[name], numbers_of(every_kind()).coefficient[name])
    fresh = CompiledModel(other)
    assert compiled.solve(other).cost_chf == fresh.solve(other).cost_chf
    np.testing.assert_array_equal(matrix_of(compiled), matrix_of(fresh))


def test_least_power_of_nothing_becomes_one_in_another_tick():
    parts, whole = (
        problem_of(
            Programme(
                id="g", base_mw=0.1, shed_share=0.5, shed_chf_per_mwh=30.0, calls_max=2, all_or_nothing=switched,
                rebound_share=0.5,
            ),
            price=PRICE,
        )
        for switched in (False, True)
    )  # fmt: skip
    compiled, fresh = CompiledModel(parts), CompiledModel(whole)
    assert compiled.solve(whole).cost_chf == pytest.approx(fresh.solve(whole).cost_chf, rel=1e-7)
    np.testing.assert_array_equal(matrix_of(compiled), matrix_of(fresh))


def block(*, base, owed, calls, price):
    """A ripple group whose rebound nobody chooses."""
    group = Programme(
        id="g", base_mw=base, shed_share=0.5, shed_chf_per_mwh=50.0, rebound_share=0.9, rebound_h=1.5, longest_h=2.0,
        rest_h=2.0, calls_max=calls, all_or_nothing=True, owed_mwh=owed,
    )  # fmt: skip
    return problem_of(group, price=price)


def test_bits_do_not_depend_on_the_coefficients_that_were_solved_before():
    # a group of 10 kW scales the matrix otherwise than one of 300 kW; the next tick must not feel it
    evening = np.array([300.0, 300.0, 300.0, 100.0, 100.0, 350.0, 350.0, 100.0, 100.0, 400.0, 400.0, 100.0])
    small = block(base=0.01, owed=0.0, calls=0, price=np.zeros(12))
    large = block(base=0.3, owed=0.05, calls=2, price=evening)
    used = CompiledModel(small)
    used.solve(small)
    assert used.solve(large).p_mw.tobytes() == CompiledModel(large).solve(large).p_mw.tobytes()


WIRED = problem_of(
    Storage(
        id="cells", efficiency=0.9, charge_max_mw=0.05, discharge_max_mw=0.05, e0_mwh=0.05, e_max_mwh=0.1,
        end_value_chf_per_mwh=100.0,
    ),
    Plant(
        id="roof", available_mw=np.array([0.0, 0.02, 0.05, 0.06, 0.03, 0.0]), curtailed_chf_per_mwh=80.0,
        reactive=Reactive(max_mvar=0.03, tan_phi=0.5, s_max_mva=0.07),
    ),
    Hydro(
        id="lake", turbine_max_mw=0.05, turbine_efficiency=0.9, e0_mwh=0.1, e_max_mwh=0.2, inflow_mw=0.01,
        water_chf_per_mwh=90.0, pump_max_mw=0.03, pump_efficiency=0.8, reactive=Reactive(max_mvar=0.02),
    ),
    price=PRICE, net=0.05, peak_chf_per_mw=3000.0,
)  # fmt: skip


def rows_of(seed, count=3):
    """Rows with slopes in what is drawn, fed in and reactive; one step is watched by nobody."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(count):
        room = rng.uniform(-0.02, 0.05, STEPS)
        room[rng.integers(STEPS)] = np.inf
        rows.append(
            GridRow(
                name=f"row_{i}", kind="voltage", element="b", limit=1.05, unit="pu", by_p=rng.uniform(-1.0, 1.0, (3, STEPS)),
                by_q=rng.uniform(-1.0, 1.0, (3, STEPS)), room_mw=room, margin_mw=rng.uniform(0.0, 0.01),
            )
        )  # fmt: skip
    return tuple(rows)


@pytest.fixture(scope="module")
def wired():
    return CompiledModel(WIRED)


@pytest.mark.parametrize("seed", range(3))
def test_appended_rows_are_those_that_pyomo_writes(wired, seed):
    import pyomo.environ as pyo

    limited = dataclasses.replace(WIRED, rows=rows_of(seed))
    model = build(limited.sets, numbers_of(limited), limited.rows)
    pyo.SolverFactory("appsi_highs").solve(model)
    # 1e-7 relative: both stop at their dual tolerance
    assert wired.solve(limited).cost_chf == pytest.approx(pyo.value(model.cost), rel=1e-7)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_every_row_is_kept_up_to_the_excess_that_it_tells(wired, seed):
    rows = rows_of(seed)
    found = wired.solve(WIRED, Linear(rows=rows))
    for at, row in enumerate(rows):
        used = (row.by_p * found.p_mw).sum(axis=0) + (row.by_q * found.q_mvar).sum(axis=0)
        assert (used <= row.room_mw + found.excess_mw[at] + found.margin_used_mw[at] + EXACT).all()
        assert (found.margin_used_mw[at] <= row.margin_mw + EXACT).all()


def test_margin_is_used_before_the_limit_is_broken(wired):
    tight = tuple(dataclasses.replace(row, room_mw=row.room_mw - 0.1) for row in rows_of(3))
    found = wired.solve(WIRED, Linear(rows=tight))
    broken = found.excess_mw > EXACT
    assert broken.any()
    margin = np.stack([np.full(STEPS, row.margin_mw) for row in found.rows])
    np.testing.assert_allclose(found.margin_used_mw[broken], margin[broken], atol=EXACT)


def same_bits(one, other):
    return all(
        one_of[name].tobytes() == other_of[name].tobytes()
        for one_of, other_of in ((one.values, other.values), (one.duals, other.duals), (one.reduced, other.reduced))
        for name in one_of
    )


def test_rows_prices_of_losses_and_trust_leave_the_model_as_it_was(wired):
    before = wired.solve(WIRED)
    near = Trust(low_mw=before.p_mw - 0.01, high_mw=before.p_mw + 0.01)
    losses = np.full((3, STEPS), 0.05)
    between = wired.solve(WIRED, Linear(rows=rows_of(1), loss_by_p=losses, loss_by_q=losses, trust=near))
    assert between.cost_chf > before.cost_chf
    assert same_bits(wired.solve(WIRED), before)


def test_rows_are_gone_after_a_solve_that_was_stopped(wired):
    before = wired.solve(WIRED)
    assert wired.solve(WIRED, Linear(rows=rows_of(1)), limits=Limits(iterations=1)).status == "iteration_limit"
    assert same_bits(wired.solve(WIRED), before)


def test_trust_region_holds_powers_near_the_last_point(wired):
    free = wired.solve(WIRED)
    ahead = np.zeros((3, STEPS))
    found = wired.solve(WIRED, Linear(trust=Trust(low_mw=ahead - 0.01, high_mw=ahead + 0.01)))
    assert found.optimal
    assert np.abs(found.p_mw).max() <= 0.01 + EXACT
    assert np.abs(free.p_mw).max() > 0.02


CALLS = problem_of(
    Programme(id="g", base_mw=0.1, shed_share=0.5, shed_chf_per_mwh=30.0, calls_max=2, all_or_nothing=True),
    Process(id="oven", profile_mw=(0.01,) * 4),
    price=[20.0, 200.0, 20.0, 20.0, 300.0, 10.0],
)


@pytest.fixture(scope="module")
def calls():
    return CompiledModel(CALLS)


def test_what_can_wait_is_left_off_beyond_the_search(calls):
    all_, near = (calls.solve(CALLS, limits=Limits(search_h=h)) for h in (float("inf"), 2.0))
    np.testing.assert_allclose(all_.values["on"][0], [0, 1, 0, 0, 1, 0], atol=EXACT)
    np.testing.assert_allclose(near.values["on"][0], [0, 1, 0, 0, 0, 0], atol=EXACT)


def test_run_in_one_piece_is_placed_however_far_away_it_lies(calls):
    assert calls.solve(CALLS, limits=Limits(search_h=1.0)).values["begin"][0, 5] == pytest.approx(1.0)


def test_held_calls_stay_where_the_price_has_moved(calls):
    first = calls.solve(CALLS)
    moved = dataclasses.replace(
        CALLS, site=dataclasses.replace(CALLS.site, import_chf_per_mwh=CALLS.site.import_chf_per_mwh[::-1].copy())
    )
    held, free = calls.solve(moved, hold=first.switched), calls.solve(moved)
    np.testing.assert_allclose(held.values["on"], first.values["on"], atol=EXACT)
    np.testing.assert_allclose(held.values["begin"], first.values["begin"], atol=EXACT)
    assert free.cost_chf < held.cost_chf
    assert free.values["on"][0, 1] == pytest.approx(free.values["on"][0, 4])


def test_held_plan_has_prices(calls):
    found = calls.solve(CALLS, hold=calls.solve(CALLS).switched)
    # every MWh more at the connection costs the price of its hour
    np.testing.assert_allclose(found.duals["site_balance"], CALLS.site.import_chf_per_mwh, rtol=1e-6)


def test_warm_solve_of_the_same_tick_costs_the_same(wired):
    limited = Linear(rows=rows_of(2))
    cold = wired.solve(WIRED, limited)
    assert wired.solve(WIRED, limited, warm=True).cost_chf == pytest.approx(cold.cost_chf, rel=1e-9)
