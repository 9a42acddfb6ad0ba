"""Solved futures: held against pandapower, the same in whatever chunks, both sides apart by the plan alone."""

import numpy as np
import pytest
from small_start import CURVE, KWP, TAN_PHI, WEIGHTS, small_start, small_town, street_net

from scenarios.futures.chances import Chances
from scenarios.futures.paths import drawn_paths
from scenarios.futures.schema import VARIABLES
from scenarios.futures.solve import FutureSolver

STEP = 6


def by_pandapower(load_mw, pv_mw, battery_mw):
    """One quarter hour of the street by `runpp`, the inverters' Q(U) settled by hand; nothing of ours but the numbers."""
    import pandapower as pp

    net = street_net()
    net.load["p_mw"] = load_mw * WEIGHTS / WEIGHTS.sum()
    net.load["q_mvar"] = TAN_PHI * net.load["p_mw"]
    net.sgen["p_mw"] = pv_mw * KWP / KWP.sum()
    net.storage["p_mw"] = battery_mw
    for _ in range(200):
        pp.runpp(net, tolerance_mva=1e-10, trafo_model="t")
        wanted = KWP / 1000.0 * CURVE.at(net.res_bus.vm_pu[net.sgen.bus].to_numpy())
        if np.abs(wanted - net.sgen["q_mvar"]).max() < 1e-9:
            break
        net.sgen["q_mvar"] = 0.5 * (net.sgen["q_mvar"] + wanted)
    return net


def test_a_future_is_what_pandapower_says_of_its_powers():
    solver = FutureSolver(small_town(q_of_vm=True), small_start(), Chances(seed=3, n1_every=0))
    found = solver.solve([41])
    load, pv = drawn_paths(solver.start, 41, seed=3)[:, STEP]
    for side, battery in enumerate((-0.03, 0.0)):
        net = by_pandapower(load, pv, battery)
        assert abs(net.sgen["q_mvar"]).max() > 1e-4  # the curve acts
        # voltages within 1e-6 pu, powers within a few watts of 150 kW: what both iterations leave
        assert found["import_p_mw"][side, 0, STEP] == pytest.approx(net.res_ext_grid.p_mw.sum(), abs=1e-6)
        assert found["vm_pu_min"][side, 0, STEP] == pytest.approx(net.res_bus.vm_pu.min(), abs=1e-6)
        assert found["vm_pu_max"][side, 0, STEP] == pytest.approx(net.res_bus.vm_pu.max(), abs=1e-6)
        loading = max(net.res_line.loading_percent.max(), net.res_trafo.loading_percent.max())
        assert found["loading_percent_max"][side, 0, STEP] == pytest.approx(loading, abs=1e-3)
        loss = net.res_line.pl_mw.sum() + net.res_trafo.pl_mw.sum()
        assert found["loss_mw"][side, 0, STEP] == pytest.approx(loss, abs=1e-6)


def test_futures_are_the_same_alone_and_in_any_chunk(town):
    solver = FutureSolver(town, small_start(), Chances(seed=3, line_per_100km_year=1e6, unavailable_share=0.3, n1_every=2))
    together = solver.solve(range(20))
    apart = [solver.solve([number]) for number in range(20)]
    for name, kind in VARIABLES.items():
        if "future" in kind.dims and name in together:
            joined = np.concatenate([one[name] for one in apart], axis=kind.dims.index("future"))
            if kind.dtype.startswith("<U"):
                assert together[name].tolist() == joined.tolist()
            else:
                # the last bit of a vectorised absolute value depends on its place in the array
                np.testing.assert_allclose(together[name], joined, rtol=1e-12, atol=1e-11, err_msg=name)


def test_what_chunks_count_adds_up_to_what_all_futures_count(solver):
    together = solver.solve(range(12))
    apart = [solver.solve(numbers) for numbers in (range(5), range(5, 12))]
    assert together["violating"].sum() > 0
    for name in ("violating", "excess", "excess_mwh"):
        assert np.allclose(together[name], sum(one[name] for one in apart), rtol=1e-12), name


def test_the_sides_differ_where_the_plan_moves_something_and_nowhere_else(solver):
    found = solver.solve([3])["import_p_mw"][:, 0]
    assert np.array_equal(found[0, :4], found[1, :4])
    # the battery gives 30 kW, and less current makes less loss
    assert found[1, 4:] - found[0, 4:] == pytest.approx(0.03, abs=0.003)
    assert (found[1, 4:] - found[0, 4:] > 0.03).all()


def test_a_device_that_obeys_nobody_leaves_its_future_as_it_would_be(town):
    deaf = FutureSolver(town, small_start(), Chances(seed=3, unavailable_share=1.0))
    found = deaf.solve([3])["import_p_mw"]
    assert np.array_equal(found[0], found[1])


def test_the_share_of_futures_in_which_a_device_obeys_nobody_is_the_one_declared(town):
    solver = FutureSolver(town, small_start(), Chances(seed=3, unavailable_share=0.2))
    deaf = np.mean([not solver.fate.obeys(number)[0] for number in range(1000)])
    assert deaf == pytest.approx(0.2, abs=4.0 * np.sqrt(0.2 * 0.8 / 1000))  # four standard deviations


def test_overloads_and_their_energy_are_those_of_the_loadings(solver):
    found = solver.solve(range(6))
    over = found["overload_percent"].sum(axis=1)
    branches = found["excess"][:, 0, :7]
    assert np.allclose(branches.sum(axis=1), over, rtol=1e-9)
    # the transformer, the seventh branch: its excess in MVA is its share of 250 kVA
    trafo = found["excess"][:, 0, 6] / 100.0 * 0.25 * 0.25
    assert np.allclose(found["excess_mwh"][:, 0, 6], trafo, rtol=1e-9)


def test_security_is_looked_at_in_the_declared_share_of_futures(town):
    found = FutureSolver(town, small_start(), Chances(seed=3, n1_every=3)).solve(range(7))
    looked = np.isfinite(found["n1_margin_percent"]).all(axis=(0, 2))
    assert looked.tolist() == [True, False, False, True, False, False, True]
    # the street hangs on one transformer: without it everything is dark
    assert found["n1_unsupplied_mw"][1, 0] == pytest.approx(0.15, abs=0.08)
