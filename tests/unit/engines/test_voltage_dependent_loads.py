"""Loads of constant current and constant impedance: the textbook's formula, and runpp."""

import numpy as np
import pandapower as pp
import pytest
import xarray as xr

from twin.engines import compile_grid
from twin.engines.pandapower_engine import PandapowerModel

VM_PU = 1e-8  # the promise of the port
CABLE = "NA2XS2Y 1x240 RM/25 6/10 kV"


def feeder(shares, *, source_vm_pu=1.0):
    """A 10 kV feeder, one load a bus: pandapower spreads the mean shares of a bus over everything that is connected there."""
    net = pp.create_empty_network()
    at = pp.create_bus(net, 10.0)
    pp.create_ext_grid(net, at, vm_pu=source_vm_pu)
    for share in shares:
        bus = pp.create_bus(net, 10.0)
        pp.create_line(net, at, bus, 4.0, CABLE)
        pp.create_load(net, bus, 1.5, 0.6, scaling=0.8, **{f"const_{name}_percent": value for name, value in share.items()})
        at = bus
    return net


MIXED = [{"z_p": 100.0, "z_q": 100.0}, {"i_p": 70.0, "z_q": 40.0}, {}, {"z_p": 30.0, "i_p": 30.0, "i_q": 100.0}]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_any_mix_of_shares_equals_runpp(dtype):
    net = feeder(MIXED, source_vm_pu=1.03)
    factor = np.random.default_rng(1).uniform(-0.5, 1.5, (19, len(MIXED)))
    steps = xr.Dataset({f"load_{name}": (("time", "load"), net.load[name].to_numpy() * factor) for name in ("p_mw", "q_mvar")})
    ours, theirs = compile_grid(net).solve(steps, dtype=dtype), PandapowerModel(net).solve(steps)
    np.testing.assert_allclose(ours.vm_pu, theirs.vm_pu, atol=VM_PU if dtype == "float64" else 1e-6, rtol=0)


@pytest.mark.parametrize(("kind", "power"), [("z", 2), ("i", 1), (None, 0)])
def test_power_follows_the_voltage_as_its_kind_says(kind, power):
    share = {f"{kind}_p": 100.0, f"{kind}_q": 100.0} if kind else {}
    net = feeder([share])
    found = compile_grid(net).solve(xr.Dataset(), want=("vm_pu", "line_p_from_mw", "line_loss_mw")).isel(time=0)
    drawn = found.line_p_from_mw.item() - found.line_loss_mw.item()
    vm = found.vm_pu.values[1]
    assert 0.98 < vm < 0.9999
    # 1e-9 pu over 0.5 ohm are 2e-7 MW
    np.testing.assert_allclose(drawn, 1.5 * 0.8 * vm**power, atol=1e-6)


def test_a_load_of_constant_impedance_is_a_shunt():
    net = feeder([{"z_p": 100.0, "z_q": 100.0}])
    as_shunt = feeder([{}])
    as_shunt.load["in_service"] = False
    pp.create_shunt(as_shunt, 1, p_mw=1.5 * 0.8, q_mvar=0.6 * 0.8)
    found, expected = (compile_grid(n).solve(xr.Dataset()).vm_pu for n in (net, as_shunt))
    np.testing.assert_allclose(found, expected, atol=2e-9)


def test_two_loads_at_one_bus_keep_each_its_own_law():
    # the one of constant power, the other of constant impedance: as if they stood at two buses that a short cable joins
    net = feeder([{}])
    pp.create_load(net, 1, 1.0, 0.3, const_z_p_percent=100.0, const_z_q_percent=100.0)
    apart = feeder([{}])
    pp.create_shunt(apart, 1, p_mw=1.0, q_mvar=0.3)
    found, expected = (compile_grid(n).solve(xr.Dataset()).vm_pu for n in (net, apart))
    np.testing.assert_allclose(found, expected, atol=2e-9)


def test_heavy_loads_that_follow_the_voltage_go_to_newton_with_their_law():
    net = feeder([{"i_p": 20.0, "z_q": 20.0}] * 3)
    factor = np.array([1.0, 5.0, 6.25])
    columns = {f"load_{name}": (("time", "load"), net.load[name].to_numpy() * factor[:, None]) for name in ("p_mw", "q_mvar")}
    ours = compile_grid(net).solve(xr.Dataset(columns))
    assert ours.engine.values.tolist() == ["batch", "batch", "newton"]
    for step in range(3):
        net.load["p_mw"], net.load["q_mvar"] = (columns[f"load_{name}"][1][step] for name in ("p_mw", "q_mvar"))
        # pandapower leaves the shares out of its Jacobian: the last state takes it 15 iterations, more than its own limit of 10
        pp.runpp(net, tolerance_mva=1e-8, max_iteration=40, numba=False)
        np.testing.assert_allclose(ours.vm_pu.values[step], net.res_bus.vm_pu, atol=VM_PU, rtol=0)


def test_replay_and_solve_hold_the_same_law():
    net = feeder(MIXED)
    factor = np.linspace(0.1, 1.5, 30)[:, None]
    steps = xr.Dataset({"load_p_mw": (("time", "load"), net.load.p_mw.to_numpy() * factor)})
    model = compile_grid(net)
    solved, replayed = model.solve(steps, want=("vm_pu", "loss_mw")), model.replay(steps, step_h=1.0, chunk=11)
    np.testing.assert_allclose(replayed.vm_pu_min, solved.vm_pu.min("time"), atol=VM_PU, rtol=0)
    np.testing.assert_allclose(replayed.loss_mwh, solved.loss_mw.sum(), atol=1e-6)
