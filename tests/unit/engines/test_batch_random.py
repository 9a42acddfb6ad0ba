"""Random meshed nets with several sources: the batch engine equals runpp on every one, and keeps the laws of the field."""

import copy

import numpy as np
import pandapower as pp
import pytest
import xarray as xr
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from twin.engines import compile_grid
from twin.engines.topology import with_topology

VM_PU = 1e-8  # the promise of the port
# an iteration stops at an estimated error (twin.engines.batch.kernel.TOLERANCE_PU): two solutions differ by twice that
STOP_PU = 4e-9
CABLE = "NA2XS2Y 1x240 RM/25 6/10 kV"
QUICK = {
    "deadline": None,
    "derandomize": True,
    "phases": (Phase.explicit, Phase.generate),  # building nets is slow: a failing one is reported as found
    "suppress_health_check": list(HealthCheck),
}
WANT = (
    "vm_pu", "va_degree", "line_loading_percent", "trafo_loading_percent", "trafo3w_loading_percent", "line_p_from_mw",
    "line_q_from_mvar", "line_loss_mw", "trafo_p_hv_mw", "trafo_p_lv_mw", "trafo_loss_mw", "loss_mw", "source_p_mw",
)  # fmt: skip
COLUMNS = {
    "vm_pu": "bus", "va_degree": "bus", "line_loading_percent": "line", "trafo_loading_percent": "trafo",
    "trafo3w_loading_percent": "trafo3w", "line_p_from_mw": "line", "line_q_from_mvar": "line", "trafo_p_hv_mw": "trafo",
    "trafo_p_lv_mw": "trafo", "source_p_mw": "ext_grid",
}  # fmt: skip
often, seldom = st.sampled_from([True, True, True, False]), st.sampled_from([False, False, False, True])


@st.composite
def meshed_nets(draw):
    """One or two 110 kV grids, phase-shifting transformers, a mesh of cables, couplers, open ends, a trafo3w, ZIP loads."""
    net = pp.create_empty_network(sn_mva=draw(st.sampled_from([1.0, 100.0])))
    number = iter(draw(st.permutations(range(30))))

    def bus(vn_kv):
        return pp.create_bus(net, vn_kv, index=next(number))

    mv = [bus(10.0) for _ in range(draw(st.integers(2, 6)))]
    for place in range(draw(st.integers(1, 2))):
        hv = bus(110.0)
        pp.create_ext_grid(net, hv, vm_pu=draw(st.floats(0.99, 1.03)), va_degree=draw(st.floats(-1.0, 1.0)))
        tap, twins = draw(st.integers(-2, 2)), draw(st.integers(1, 2))
        pp.create_transformer(net, hv, mv[place % len(mv)], "25 MVA 110/10 kV", tap_pos=tap, parallel=twins)
    pairs = [(mv[draw(st.integers(0, i - 1))], mv[i]) for i in range(1, len(mv))]  # a tree, so that most are supplied
    for one, two in pairs + draw(st.lists(st.tuples(st.sampled_from(mv), st.sampled_from(mv)), max_size=3)):
        if one == two or draw(seldom):
            pp.create_switch(net, one, next(b for b in mv if b != one), et="b", closed=draw(st.booleans()))
            continue
        line = pp.create_line(
            net, one, two, draw(st.floats(0.3, 4.0)), CABLE, parallel=draw(st.integers(1, 2)), in_service=draw(often)
        )
        if draw(seldom):
            pp.create_switch(net, draw(st.sampled_from([one, two])), line, et="l", closed=draw(st.booleans()))
    for at in mv:
        pp.create_load(
            net, at, draw(st.floats(0.0, 1.5)), draw(st.floats(-0.3, 0.5)), scaling=draw(st.sampled_from([1.0, 0.6]))
        )
        pp.create_sgen(net, at, draw(st.floats(0.0, 1.0)), draw(st.floats(-0.2, 0.2)), in_service=draw(often))
    pp.create_storage(net, draw(st.sampled_from(mv)), p_mw=draw(st.floats(-0.5, 0.5)), max_e_mwh=1.0)
    lv = bus(0.4)
    pp.create_transformer(net, draw(st.sampled_from(mv)), lv, "0.63 MVA 10/0.4 kV", tap_pos=draw(st.integers(-2, 2)))
    pp.create_switch(net, lv, net.trafo.index[-1], et="t", closed=draw(often))
    # the only load at its bus: pandapower spreads the mean shares of a bus over everything that is connected there
    pp.create_load(net, lv, draw(st.floats(0.0, 0.3)), 0.05, const_z_p_percent=40.0, const_i_q_percent=draw(st.floats(0, 100)))
    if draw(st.booleans()):
        far, near = bus(20.0), bus(10.0)
        top = int(net.ext_grid.bus.iloc[-1])
        tap = draw(st.integers(-3, 3))
        pp.create_transformer3w(net, top, far, near, "63/25/38 MVA 110/20/10 kV", tap_pos=tap, in_service=draw(often))
        pp.create_load(net, far, draw(st.floats(0.0, 15.0)), 2.0)
        pp.create_load(net, near, draw(st.floats(0.0, 15.0)), 1.0)
    return net


def run_exactly(net):
    """runpp to 1e-8 MVA. pandapower compares its per-unit mismatch with ``tolerance_mva``, whatever ``sn_mva`` is."""
    pp.runpp(net, tolerance_mva=1e-8 / net.sn_mva, max_iteration=30, numba=False)


@given(net=meshed_nets())
@settings(max_examples=15, **QUICK)
def test_batch_engine_equals_runpp_on_any_meshed_net(net):
    factor = np.array([[1.0], [-0.4]])  # as drawn, then feeding back
    steps = xr.Dataset({"load_p_mw": (("time", "load"), net.load.p_mw.to_numpy() * factor)})
    found, reference = compile_grid(net).solve(steps, want=WANT), with_topology(net)
    assert found.converged.all()
    for step in (0, 1):
        reference.load["p_mw"] = steps.load_p_mw.values[step]
        run_exactly(reference)
        for name, table in COLUMNS.items():
            expected = reference[f"res_{table}"][name.removeprefix(f"{table}_").removeprefix("source_")].to_numpy()
            if table != "bus":
                expected = np.nan_to_num(expected)  # pandapower leaves NaN on what has no supply; nothing flows there
            # 1e-9 pu over the 0.02 ohm of two parallel cables of 300 m are 1e-6 MW and 1e-4 %; 1e-8 rad are 6e-7 degree
            tolerance = {"vm_pu": VM_PU, "va_degree": 1e-6}.get(name, 1e-4)
            np.testing.assert_allclose(found[name].values[step], expected, atol=tolerance, rtol=0, err_msg=name)


@given(net=meshed_nets())
@settings(max_examples=8, **QUICK)
def test_losses_are_never_negative_and_every_bus_keeps_its_balance(net):
    net.switch.loc[net.switch.et == "b", "closed"] = False  # every bus a node of its own
    net.load[["const_z_p_percent", "const_i_q_percent"]] = 0.0
    net.trafo3w["in_service"] = False
    found = compile_grid(net).solve(xr.Dataset(), want=WANT).isel(time=0)
    assert found.converged
    for name in ("line_loss_mw", "trafo_loss_mw"):
        assert (found[name] > -1e-12).all(), name  # rounding of two powers of some MW that cancel
    drawn = {int(bus): 0.0 for bus in net.bus.index}
    for table, sign in (("load", 1.0), ("sgen", -1.0), ("storage", 1.0)):
        for element in net[table].itertuples():
            drawn[element.bus] += sign * element.p_mw * element.scaling * element.in_service
    for line in net.line.itertuples():
        from_mw = found.line_p_from_mw.sel(line=line.Index).item()
        drawn[line.from_bus] += from_mw
        drawn[line.to_bus] += found.line_loss_mw.sel(line=line.Index).item() - from_mw
    for trafo in net.trafo.itertuples():
        drawn[trafo.hv_bus] += found.trafo_p_hv_mw.sel(trafo=trafo.Index).item()
        drawn[trafo.lv_bus] += found.trafo_p_lv_mw.sel(trafo=trafo.Index).item()
    fed = [bus for bus in net.bus.index if np.isfinite(found.vm_pu.sel(bus=bus)) and bus not in set(net.ext_grid.bus)]
    # 1e-9 pu times the largest admittance of these nets (300 m of two cables: 2e4 pu on 1 MVA) is 2e-5 MW
    np.testing.assert_allclose([drawn[bus] for bus in fed], 0.0, atol=2e-5)


@given(net=meshed_nets(), turn=st.randoms(use_true_random=False))
@settings(max_examples=5, **QUICK)
def test_order_of_elements_and_elements_of_zero_change_nothing(net, turn):
    before = compile_grid(net).solve(xr.Dataset(), want=WANT).isel(time=0)
    shuffled = copy.deepcopy(net)
    for table in ("bus", "line", "trafo", "load", "sgen", "switch", "ext_grid"):
        shuffled[table] = shuffled[table].loc[turn.sample(list(net[table].index), len(net[table]))]
    idle = int(net.load.bus.iloc[0])
    pp.create_load(shuffled, idle, 0.0, 0.0)
    pp.create_sgen(shuffled, idle, 0.0, 0.0)
    pp.create_storage(shuffled, idle, p_mw=0.0, max_e_mwh=1.0)
    after = compile_grid(shuffled).solve(xr.Dataset(), want=WANT).isel(time=0)
    np.testing.assert_allclose(after.vm_pu.sel(bus=before.bus), before.vm_pu, atol=STOP_PU, rtol=0)
    for table in ("line", "trafo"):
        name = f"{table}_loading_percent"
        np.testing.assert_allclose(after[name].sel({table: before[table]}), before[name], atol=1e-5, rtol=0)


@pytest.fixture(scope="module")
def fifty(oberrhein):
    """Fifty random steps of a published grid: more than six lanes full, and two left over."""
    rng = np.random.default_rng(5)
    p, q = oberrhein.load.p_mw.to_numpy(), oberrhein.load.q_mvar.to_numpy()
    factor = rng.uniform(0.1, 1.9, (50, len(p)))
    return xr.Dataset(
        {"load_p_mw": (("time", "load"), p * factor), "load_q_mvar": (("time", "load"), q * factor)},
        coords={"time": np.arange(50)},
    )


def test_order_of_time_steps_changes_nothing(oberrhein, fifty):
    model = compile_grid(oberrhein)
    turn = np.random.default_rng(6).permutation(50)
    once = model.solve(fifty)
    again = model.solve(fifty.isel(time=turn).drop_vars("time"))
    for name in ("vm_pu", "line_loading_percent", "iterations"):  # bit for bit: every step starts from no load
        np.testing.assert_array_equal(again[name].values, once[name].values[turn])


def test_a_step_does_not_depend_on_its_neighbours_in_the_batch(oberrhein, fifty):
    model = compile_grid(oberrhein)
    together = model.solve(fifty).vm_pu.values
    for step in (0, 7, 8, 31, 49):
        alone = compile_grid(oberrhein).solve(fifty.isel(time=[step])).vm_pu.values[0]
        np.testing.assert_array_equal(together[step], alone)
    cut = model.solve(fifty.isel(time=slice(3, 20))).vm_pu.values
    np.testing.assert_array_equal(cut, together[3:20])
