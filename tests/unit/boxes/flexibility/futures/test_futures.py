"""Plans over several forecast paths: one order now, each path its own plan afterwards."""

from dataclasses import replace

import numpy as np
import pytest

from twin.boxes.flexibility.devices.plant import Plant
from twin.boxes.flexibility.devices.process import Process
from twin.boxes.flexibility.devices.storage import Storage
from twin.boxes.flexibility.futures.extensive import Risk
from twin.boxes.flexibility.futures.paths import Futures, along
from twin.boxes.flexibility.futures.plan import plan_futures
from twin.boxes.flexibility.lp.compiled import CompiledModel
from twin.boxes.flexibility.lp.problem import Penalties, Problem, Site
from twin.boxes.flexibility.lp.rows import GridRow
from twin.domain.problems import BadInput

HOURS = (1.0, 1.0, 1.0)
PENALTIES = Penalties.above(100_000.0)
# Two solves of one problem end within HiGHS's own relative optimality of 1e-7; the money here is some 1000 CHF.
CHF = 1e-3


def battery(**changes):
    given = {"charge_max_mw": 1.0, "discharge_max_mw": 1.0, "e0_mwh": 0.0, "e_max_mwh": 1.0, **changes}
    return Storage(**{"id": "battery", "efficiency": 1.0, **given})


def problem(net, *devices, price=(100.0, 100.0, 100.0), peak=0.0, so_far=0.0):
    price = np.asarray(price)
    site = Site(
        net_p_mw=np.asarray(net, dtype=float),
        import_chf_per_mwh=price,
        export_chf_per_mwh=0.5 * price,
        peak_chf_per_mw=peak,
        peak_so_far_mw=so_far,
    )
    return Problem(hours=HOURS, devices=devices, site=site, penalties=PENALTIES)


def equally(*problems, **changes):
    count = len(problems)
    return Futures(problems=problems, probabilities=(1.0 / count,) * count, **changes)


def row(of, room):
    by_p = of.slopes(dict.fromkeys(of.unit_of, 1.0))
    return GridRow(
        name="r", kind="trafo", element="T", limit=1.0, unit="MW", by_p=by_p, room_mw=np.asarray(room), margin_mw=0.2
    )


# A peak that comes with one chance in two: the battery must be filled before anybody knows.
CALM, STORM = (problem((0.5, 0.5, net), battery(), price=(100, 120, 100), peak=10_000, so_far=1.0) for net in (0.5, 2.0))


def test_one_path_costs_what_the_plain_model_costs():
    alone = CompiledModel(STORM).solve(STORM)
    assert plan_futures(equally(STORM)).expected_chf == pytest.approx(alone.cost_chf, abs=CHF)


def test_equal_paths_cost_what_one_of_them_costs():
    one, three = plan_futures(equally(STORM)), plan_futures(equally(STORM, STORM, STORM))
    np.testing.assert_allclose(three.costs_chf, one.expected_chf, atol=CHF)
    assert three.value_chf == pytest.approx(0.0, abs=CHF)


def test_the_first_step_is_the_same_on_all_paths_and_later_steps_differ():
    plan = plan_futures(equally(CALM, STORM))
    calm, storm = (path.p_mw for path in plan.paths)
    assert calm[0, 0] == storm[0, 0] == plan.p_mw[0, 0]
    assert abs(calm[0, 2] - storm[0, 2]) > 0.1


def test_a_battery_is_filled_for_a_peak_that_only_one_path_has():
    # Half of 10,000 CHF/MW outweighs any price; the storm's peak of 2 MW falls to 1 MW with a full megawatt hour.
    plan = plan_futures(equally(CALM, STORM, shared_steps=2))
    assert plan.p_mw[0, :2].sum() == pytest.approx(1.0, abs=1e-6)
    np.testing.assert_allclose(plan.peaks_mw, [1.0, 1.0], atol=1e-6)


def test_knowing_the_paths_never_costs_more_than_planning_for_their_mean():
    # The mean's peak of 1.25 MW asks for a quarter megawatt hour; the storm then finds the battery too empty by three.
    plan = plan_futures(equally(CALM, STORM, shared_steps=2))
    assert plan.value_chf == pytest.approx(0.75 * 0.5 * 10_000, rel=0.05)  # energy costs a few CHF beside it


def test_expected_cost_lies_between_perfect_foresight_and_the_mean_plan():
    plan = plan_futures(equally(CALM, STORM, shared_steps=2))
    foresight = np.mean([CompiledModel(path).solve(path).cost_chf for path in (CALM, STORM)])
    assert foresight - CHF <= plan.expected_chf <= plan.mean_plan_chf + CHF


def test_weighing_the_worst_path_lowers_its_cost_and_raises_the_mean():
    # A storm of one chance in fifty does not pay for dear energy bought in advance; to the worst case it does.
    calm, storm = (problem((0.0, 0.0, net), battery(), price=(400, 400, 0), peak=10_000, so_far=1.0) for net in (0.0, 2.0))
    rare = Futures(problems=(calm, storm), probabilities=(0.98, 0.02), shared_steps=2)
    mean, wary = plan_futures(rare), plan_futures(rare, risk=Risk(weight=0.9, alpha=0.95))
    assert wary.tail_chf < mean.tail_chf - 1.0
    assert wary.expected_chf > mean.expected_chf + 1.0


def test_the_tail_of_equal_chances_is_the_mean_of_the_worst():
    costs = np.array([4.0, 1.0, 3.0, 2.0])
    assert Risk(alpha=0.5).tail_chf(costs, (0.25,) * 4) == pytest.approx(3.5)
    # Beyond 90 % lies a part of the worst path alone; beyond 0 % lies everything.
    assert Risk(alpha=0.9).tail_chf(costs, (0.25,) * 4) == pytest.approx(4.0)
    assert Risk(alpha=0.0).tail_chf(costs, (0.25,) * 4) == pytest.approx(2.5)


def test_what_is_minimised_is_what_the_costs_say():
    risk = Risk(weight=0.3, alpha=0.6)
    plan = plan_futures(equally(CALM, STORM), risk=risk)
    assert plan.objective_chf == pytest.approx(0.7 * plan.expected_chf + 0.3 * plan.tail_chf, abs=CHF)


def test_a_plant_is_told_a_share_where_the_sun_is_not_known():
    base = problem((0.0, 0.0, 0.0), Plant(id="sun", available_mw=1.0, curtailed_chf_per_mwh=50.0))
    base = replace(base, rows=(replace(row(base, (9.0, 9.0, 9.0)), by_p=base.slopes({"sun": -1.0}), room_mw=np.full(3, 0.6)),))
    paths = [along(base, net_p_mw=np.zeros(3), available_mw={"sun": np.full(3, sun)}) for sun in (0.4, 1.0)]
    first = [float(path.p_mw[0, 0]) for path in plan_futures(equally(*paths)).paths]
    assert first[0] / 0.4 == pytest.approx(first[1] / 1.0, abs=1e-6)
    assert -first[1] <= 0.6 + 0.2 + 1e-6  # the limit, with the margin that may be used at a price


def test_what_runs_in_one_piece_begins_on_all_paths_or_on_none():
    washing = Process(id="wash", profile_mw=(0.5,) * 4)
    cheap = [problem((0.0,) * 3, washing, price=price) for price in ((10, 20, 500), (500, 20, 10))]
    plan = plan_futures(equally(*cheap))
    begun = [path.values["begin"][0] for path in plan.paths]
    assert begun[0][0] == begun[1][0]
    assert [float(path.sum()) for path in begun] == pytest.approx([1.0, 1.0])


def test_no_battery_charges_and_discharges_at_once_where_energy_is_paid_to_be_used():
    lossy = battery(efficiency=0.5)
    paths = [problem((0.0,) * 3, lossy, price=(-100, -100, price)) for price in (-100, 50)]
    for path in plan_futures(equally(*paths)).paths:
        assert float(np.minimum(path.values["draw_mw"], path.values["feed_mw"]).max()) < 1e-6  # 1 W


def test_prices_are_those_of_the_path_and_not_of_its_probability():
    # Shared or not: in a step of its own every path pays its own price for the next megawatt hour.
    paths = [problem((1.0, 1.0, 1.0), battery(), price=(100, 100, price)) for price in (150.0, 250.0)]
    plan = plan_futures(Futures(problems=tuple(paths), probabilities=(0.9, 0.1)))
    for path, price in zip(plan.paths, (150.0, 250.0), strict=True):
        assert path.duals["site_balance"][2] == pytest.approx(price, abs=1e-6)


def test_a_row_has_the_room_that_its_path_leaves_and_no_margin():
    base = problem((0.0,) * 3, battery())
    base = replace(base, rows=(row(base, (1.0, 1.0, 1.0)),))
    path = along(base, net_p_mw=np.ones(3), used_mw={"r": np.array([0.0, 0.1, -0.1])})
    np.testing.assert_allclose(path.rows[0].room_mw, [1.2, 1.1, 1.3])
    assert path.rows[0].margin_mw == 0.0


def test_a_full_row_on_one_path_holds_the_order_back_for_all():
    base = problem((0.0,) * 3, battery(), price=(10, 100, 100))
    base = replace(base, rows=(replace(row(base, (1.0,) * 3), margin_mw=0.0),))
    paths = [along(base, net_p_mw=np.zeros(3), used_mw={"r": np.full(3, used)}) for used in (0.0, 0.7)]
    plan = plan_futures(equally(*paths))
    assert plan.p_mw[0, 0] == pytest.approx(0.3, abs=1e-6)
    assert plan.paths[1].row_duals[0, 0] < -1.0


def test_equal_numbers_give_equal_bits():
    first, second = (plan_futures(equally(CALM, STORM)) for _ in range(2))
    assert np.array_equal(first.p_mw, second.p_mw)


def test_every_fault_of_the_futures_is_named_at_once():
    with pytest.raises(BadInput) as refused:
        Futures(problems=(CALM, problem((0.0,) * 3)), probabilities=(0.7, 0.7), shared_steps=4)
    assert len(refused.value.problems) == 3


def test_a_device_that_must_not_be_moved_does_its_own_on_every_path():
    own = [problem((0.0,) * 3, battery(movable=0.0, own_p_mw=p, e_max_mwh=9.0, e0_mwh=5.0)) for p in (-0.5, 0.5)]
    done = [path.p_mw[0, 0] for path in plan_futures(equally(*own)).paths]
    np.testing.assert_allclose(done, [-0.5, 0.5], atol=1e-9)
