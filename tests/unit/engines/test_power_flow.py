"""The batch kernel answers what pandapower answers, and refuses what it cannot."""

import copy
import subprocess
import sys

import numpy as np
import pandapower as pp
import pytest
import xarray as xr

from twin.domain.grid import NORMAL, Grid, Topology
from twin.domain.problems import BadInput
from twin.engines import compile_grid, make_engine

VM_PU = 1e-8  # the promise of the port; measured 2e-11 to 4e-10
PERCENT = 1e-5  # a loading moves about 1e3 times as much as its voltages on a short cable
EVERYTHING = (
    "vm_pu", "va_degree", "line_loading_percent", "trafo_loading_percent", "line_p_from_mw", "line_q_from_mvar",
    "line_i_ka", "trafo_p_hv_mw", "trafo_q_hv_mvar", "trafo_p_lv_mw", "trafo_q_lv_mvar", "loss_mw", "source_p_mw",
    "sgen_q_mvar",
)  # fmt: skip
KERNEL = "batch"


@pytest.mark.parametrize("name", ["mv_oberrhein", "cigre_mv_with_pv_and_wind", "cigre_lv", "four_loads_with_branches"])
def test_every_result_equals_runpp_on_published_grids(published_nets, steps_of, name):
    net = published_nets[name]
    steps = steps_of(net, steps=3, seed=1)
    ours = make_engine(KERNEL, net).model(NORMAL).solve(steps, want=EVERYTHING)
    theirs = make_engine("pandapower", net).model(NORMAL).solve(steps, want=EVERYTHING)
    assert ours.converged.all()
    assert theirs.converged.all()
    for variable in EVERYTHING:
        tolerance = VM_PU if variable == "vm_pu" else PERCENT
        np.testing.assert_allclose(ours[variable], theirs[variable], atol=tolerance, rtol=1e-9, err_msg=variable)
        assert ours[variable].dims == theirs[variable].dims


def test_reference_voltage_is_runpp_of_that_step(oberrhein, steps_of):
    steps = steps_of(oberrhein, steps=1, seed=2)
    net = copy.deepcopy(oberrhein)
    net.load["p_mw"], net.load["q_mvar"] = steps.load_p_mw.values[0], steps.load_q_mvar.values[0]
    net.sgen["p_mw"], net.sgen["q_mvar"] = steps.sgen_p_mw.values[0], steps.sgen_q_mvar.values[0]
    pp.runpp(net, tolerance_mva=1e-8, numba=False)
    found = make_engine(KERNEL, oberrhein).reference_vm_pu(NORMAL, steps)
    np.testing.assert_allclose(found, net.res_bus.vm_pu, atol=1e-12)


def test_transformer_taps_count_although_simbench_gives_them_no_type(four_bus):
    engine = make_engine(KERNEL, four_bus)
    found = engine.model(NORMAL).solve(xr.Dataset()).vm_pu.values[0]
    as_shipped, typed = copy.deepcopy(four_bus), copy.deepcopy(four_bus)
    typed.trafo["tap_changer_type"] = "Ratio"
    pp.runpp(as_shipped, tolerance_mva=1e-8, numba=False)
    pp.runpp(typed, tolerance_mva=1e-8, numba=False)
    np.testing.assert_allclose(found, typed.res_bus.vm_pu, atol=VM_PU)
    assert np.abs(found - as_shipped.res_bus.vm_pu).max() > 0.017  # what pitfall 1 costs
    assert four_bus.trafo["tap_changer_type"].isna().all()  # the caller's net is never touched


def test_step_that_diverges_is_nan_and_spares_its_neighbours(oberrhein, steps_of):
    steps = steps_of(oberrhein, steps=5, seed=3)
    stressed = steps.copy(deep=True)
    stressed["load_p_mw"][2] *= 100.0
    stressed["load_q_mvar"][2] *= 100.0
    for name in (KERNEL, "pandapower"):
        model = make_engine(name, oberrhein).model(NORMAL)
        calm, found = model.solve(steps, want=EVERYTHING), model.solve(stressed, want=EVERYTHING)
        assert found.converged.values.tolist() == [True, True, False, True, True]
        for variable in EVERYTHING:
            assert np.isnan(found[variable].values[2]).all(), variable
        others = [0, 1, 3, 4]
        np.testing.assert_allclose(found.vm_pu.values[others], calm.vm_pu.values[others], atol=VM_PU)


def test_heavy_step_that_iterative_current_cannot_settle_goes_to_newton(four_bus):
    heavy = xr.Dataset({"load_p_mw": (("time", "load"), [[3.0, 0.3], [3.0, 4.75 / 0.9]])})
    found = make_engine(KERNEL, four_bus).model(NORMAL).solve(heavy)
    expected = make_engine("pandapower", four_bus).model(NORMAL).solve(heavy)
    assert 0.7 < expected.vm_pu.values[1].min() < 0.8  # near the nose; iterative current needs more than 25
    np.testing.assert_allclose(found.vm_pu, expected.vm_pu, atol=VM_PU)


def test_missing_injection_is_never_solved_as_zero(four_bus):
    unknown = xr.Dataset({"load_p_mw": (("time", "load"), [[3.0, 0.3], [np.nan, 0.3], [3.0, 0.3]])})
    for name in (KERNEL, "pandapower"):
        found = make_engine(name, four_bus).model(NORMAL).solve(unknown)
        assert found.converged.values.tolist() == [True, False, True]
        assert np.isnan(found.vm_pu.values[1]).all()


def test_integer_zero_in_the_net_does_not_truncate_megawatts(four_bus):
    four_bus.sgen["p_mw"] = 0
    assert four_bus.sgen["p_mw"].dtype.kind == "i"
    steps = xr.Dataset({"sgen_p_mw": (("time", "sgen"), [[0.15]])})
    found = make_engine(KERNEL, four_bus).model(NORMAL).solve(steps)
    slow = make_engine("pandapower", four_bus).model(NORMAL).solve(steps)
    still = make_engine(KERNEL, four_bus).model(NORMAL).solve(xr.Dataset())
    np.testing.assert_allclose(found.vm_pu, slow.vm_pu, atol=VM_PU)
    assert found.vm_pu.values[0, 4] > still.vm_pu.values[0, 4] + 1e-4


def test_a_load_split_in_two_and_a_pair_that_cancels_change_nothing(four_bus):
    before = make_engine(KERNEL, four_bus).model(NORMAL).solve(xr.Dataset())
    four_bus.load.loc[0, ["p_mw", "q_mvar"]] = [1.0, 0.4]
    pp.create_load(four_bus, 2, p_mw=2.0, q_mvar=0.6)
    pp.create_load(four_bus, 3, p_mw=0.7, q_mvar=0.2)
    pp.create_sgen(four_bus, 3, p_mw=0.7, q_mvar=0.2)
    pp.create_load(four_bus, 1, p_mw=0.0, q_mvar=0.0)
    after = make_engine(KERNEL, four_bus).model(NORMAL).solve(xr.Dataset())
    np.testing.assert_allclose(after.vm_pu, before.vm_pu, atol=1e-12)


def test_power_balances_at_every_node_and_losses_are_positive(oberrhein, steps_of):
    model = make_engine(KERNEL, oberrhein).model(NORMAL)
    steps = steps_of(oberrhein, steps=4, seed=4)
    found = model.solve(steps, want=("loss_mw", "source_p_mw"))
    load = (steps.load_p_mw.values * model.grid.load_scaling).sum(axis=1)
    sgen = (steps.sgen_p_mw.values * model.grid.sgen_scaling).sum(axis=1)
    assert (found.loss_mw > 0.0).all()
    # two islands of about 20 MW each: 1e-6 MW is 1e-8 pu times the short-circuit power of a 10 kV busbar
    np.testing.assert_allclose(found.source_p_mw.sum("source"), load - sgen + found.loss_mw, atol=1e-6)


def test_unsupplied_bus_is_nan_and_its_load_draws_nothing(four_bus):
    dark = make_engine(KERNEL, four_bus).model(Topology(out_lines=frozenset({1})))
    found = dark.solve(xr.Dataset(), want=EVERYTHING)
    assert found.converged.all()
    assert np.isnan(found.vm_pu.values[0]).tolist() == [False, False, False, True, True]
    assert dark.grid.bus_node[3] == -1
    assert dark.grid.load_node[1] == -1
    assert found.line_loading_percent.values[0, 1] == 0.0
    assert found.trafo_loading_percent.values[0, 1] == 0.0
    slow = make_engine("pandapower", four_bus).model(Topology(out_lines=frozenset({1}))).solve(xr.Dataset())
    np.testing.assert_allclose(found.vm_pu, slow.vm_pu, atol=VM_PU)
    np.testing.assert_allclose(found.line_loading_percent, slow.line_loading_percent, atol=PERCENT)


def test_tap_step_and_switches_of_a_topology_equal_the_edited_net(four_bus):
    pp.create_line(four_bus, 1, 3, 6.0, "NA2XS2Y 1x240 RM/25 6/10 kV")
    opened = pp.create_switch(four_bus, 3, 2, et="l", closed=True)
    closed = pp.create_switch(four_bus, 1, 2, et="b", closed=False)
    topology = Topology(open_switches=frozenset({opened}), closed_switches=frozenset({closed}), tap_pos=frozenset({(0, 3)}))
    found = make_engine(KERNEL, four_bus).model(topology).solve(xr.Dataset(), want=EVERYTHING)
    edited = copy.deepcopy(four_bus)
    edited.switch["closed"] = [False, True]
    edited.trafo["tap_changer_type"] = "Ratio"
    edited.trafo.loc[0, "tap_pos"] = 3
    pp.runpp(edited, tolerance_mva=1e-8, numba=False)
    np.testing.assert_allclose(found.vm_pu[0], edited.res_bus.vm_pu, atol=VM_PU)
    np.testing.assert_allclose(found.line_loading_percent[0], edited.res_line.loading_percent, atol=PERCENT)
    # fused buses are one node; the cable that is open at bus 3 still carries its charging current
    grid = compile_grid(four_bus, topology).grid
    assert grid.bus_node[1] == grid.bus_node[2]
    assert 0.0 < found.line_loading_percent.values[0, 2] < 5.0


def test_compiled_grid_survives_packing(oberrhein):
    grid = compile_grid(oberrhein).grid
    again = Grid.from_bytes(grid.to_bytes())
    np.testing.assert_array_equal(again.branch_yff, grid.branch_yff)
    assert again.topology == grid.topology
    assert again.names["line"] == grid.names["line"]


def test_model_is_compiled_once_per_topology(four_bus):
    engine = make_engine(KERNEL, four_bus)
    outage = Topology(out_lines=frozenset({1}))
    assert engine.model(NORMAL) is engine.model(Topology())
    assert engine.model(outage) is engine.model(Topology(out_lines=frozenset({1})))
    assert engine.model(outage) is not engine.model(NORMAL)


def test_wrong_names_lengths_and_indices_are_refused(four_bus):
    model = make_engine(KERNEL, four_bus).model(NORMAL)
    with pytest.raises(BadInput, match="batch"):
        make_engine("matpower", four_bus)
    with pytest.raises(BadInput, match="line 99"):
        make_engine(KERNEL, four_bus).model(Topology(out_lines=frozenset({99})))
    with pytest.raises(BadInput, match="line_temperature"):
        model.solve(xr.Dataset(), want=("line_temperature",))
    with pytest.raises(BadInput, match="load_p_mw"):
        model.solve(xr.Dataset({"load_p_mw": (("time", "load"), [[1.0]])}))


def test_importing_the_engines_imports_no_solver():
    code = "import sys, twin.engines; print([m for m in ('pandapower', 'power_grid_model') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
