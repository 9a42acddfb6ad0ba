"""Three-winding transformers: loading of the worst winding, losses, taps, and windings that stand open."""

import numpy as np
import pandapower as pp
import pytest
import xarray as xr

from twin.contracts.ports import GridLimits
from twin.engines import compile_grid
from twin.engines.pandapower_engine import PandapowerModel

VM_PU = 1e-8  # the promise of the port
KIND = "63/25/38 MVA 110/20/10 kV"


def substation(*, tap_pos=2, parts=2):
    """A 110 kV grid, three-winding transformers to 20 and 10 kV, each with its own buses; the last one out of service."""
    net = pp.create_empty_network()
    hv = pp.create_bus(net, 110.0)
    pp.create_ext_grid(net, hv, vm_pu=1.01, va_degree=3.0)
    for part in range(parts):
        mv, lv = pp.create_bus(net, 20.0), pp.create_bus(net, 10.0)
        pp.create_transformer3w(
            net, hv, mv, lv, KIND, tap_pos=tap_pos, in_service=part < parts - 1 or parts == 1, index=5 - part
        )
        pp.create_load(net, mv, 15.0, 4.0)
        pp.create_load(net, lv, 20.0, 5.0)
    return net


def day(net, steps=24):
    factor = np.random.default_rng(2).uniform(-0.3, 1.2, (steps, len(net.load)))
    columns = {f"load_{name}": (("time", "load"), net.load[name].to_numpy() * factor) for name in ("p_mw", "q_mvar")}
    return xr.Dataset(columns)


WANT = ("vm_pu", "va_degree", "trafo3w_loading_percent", "loss_mw", "source_p_mw")
PERCENT = 1e-4  # a winding of 25 MVA: 1e-9 pu are 1e-6 %; runpp's own 1e-8 MVA is less


@pytest.mark.parametrize("tap_pos", [-7, 0, 5])
@pytest.mark.parametrize("phase", [0.0, 30.0])
def test_loading_losses_and_voltages_equal_runpp(tap_pos, phase):
    net = substation(tap_pos=tap_pos)
    net.trafo3w["shift_mv_degree"] = phase
    steps = day(net, 5)
    ours, theirs = compile_grid(net).solve(steps, want=WANT), PandapowerModel(net).solve(steps, want=WANT)
    for name in WANT:
        tolerance = {"vm_pu": VM_PU, "va_degree": 1e-6}.get(name, PERCENT)
        np.testing.assert_allclose(ours[name], theirs[name], atol=tolerance, rtol=0, err_msg=name)
    assert ours.trafo3w.values.tolist() == [5, 4]
    assert (ours.trafo3w_loading_percent.sel(trafo3w=4) == 0.0).all()  # out of service


@pytest.mark.parametrize("side", [1, 2])
def test_a_winding_that_stands_open_feeds_nobody(side):
    net = substation(parts=1)
    pp.create_switch(net, side, 5, et="t3", closed=False)
    ours, theirs = compile_grid(net).solve(xr.Dataset(), want=WANT), PandapowerModel(net).solve(xr.Dataset(), want=WANT)
    assert ours.vm_pu.isnull().values[0].tolist() == [False, side == 1, side == 2]
    for name in WANT:
        np.testing.assert_allclose(ours[name], theirs[name], atol=PERCENT, rtol=0, err_msg=name)


def test_statistics_are_those_of_the_solved_steps():
    net, limits = substation(), GridLimits(loading_percent=50.0)
    model, steps = compile_grid(net), day(net)
    solved = model.solve(steps, want=("trafo3w_loading_percent", "loss_mw"))
    found = model.replay(steps, step_h=0.5, limits=limits, chunk=9)
    loading = solved.trafo3w_loading_percent
    for kind in ("min", "max", "mean"):
        np.testing.assert_allclose(found[f"trafo3w_loading_percent_{kind}"], getattr(loading, kind)("time"), atol=1e-5)
    np.testing.assert_array_equal(found.trafo3w_hours_over, 0.5 * (loading > 50.0).sum("time"))
    assert 0.0 < found.trafo3w_hours_over.values[0] < 12.0
    np.testing.assert_array_equal(found.trafo3w_loading_percent_max_time.values[0], loading.argmax("time").values[0])
    # there is nothing else that could lose anything
    np.testing.assert_allclose(found.trafo3w_loss_mwh.sum(), found.loss_mwh, atol=1e-9)
    np.testing.assert_allclose(found.loss_mwh, 0.5 * solved.loss_mw.sum(), atol=1e-6)


def test_replay_of_pandapower_gives_the_same_statistics():
    net = substation()
    steps = day(net, 6)
    ours, theirs = (model.replay(steps, step_h=0.5) for model in (compile_grid(net), PandapowerModel(net)))
    assert set(ours.data_vars) == set(theirs.data_vars)
    for name, variable in ours.data_vars.items():
        if variable.dtype.kind == "f":
            bin_width = 2e-4 if name.startswith("vm") else 0.2  # a value at the edge of two bins may fall into either
            atol = bin_width if name.endswith("quantile") else PERCENT
            np.testing.assert_allclose(theirs[name], variable, atol=atol, rtol=0, err_msg=name)
