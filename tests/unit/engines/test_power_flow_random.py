"""Random radial nets with open switches, taps, parallel lines and outages: the kernel equals runpp on every one."""

import numpy as np
import pandapower as pp
import xarray as xr
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from twin.domain.grid import NORMAL
from twin.engines import make_engine
from twin.engines.control.voltage_response import admittance

VM_PU = 1e-8
# building nets is slow, so a failing one is reported as found instead of being shrunk for minutes
QUICK = {
    "deadline": None,
    "derandomize": True,
    "phases": (Phase.explicit, Phase.generate),
    "suppress_health_check": list(HealthCheck),
}
CABLE = "NA2XS2Y 1x240 RM/25 6/10 kV"


@st.composite
def radial_nets(draw):
    """A 110/10 kV transformer and a random tree of cables with a bus each; one branch may be a 10/0.4 kV transformer."""
    net = pp.create_empty_network(sn_mva=draw(st.sampled_from([1.0, 100.0])))
    hv, top = pp.create_bus(net, 110.0), pp.create_bus(net, 10.0)
    pp.create_ext_grid(net, hv, vm_pu=draw(st.floats(0.97, 1.05)), va_degree=draw(st.floats(-30, 30)))
    tap = draw(st.integers(-9, 9))
    pp.create_transformer(net, hv, top, "25 MVA 110/10 kV", tap_pos=tap, parallel=draw(st.integers(1, 2)))
    net.trafo["tap_changer_type"] = draw(st.sampled_from([None, "Ratio"]))
    buses = [top]
    for _ in range(draw(st.integers(1, 6))):
        parent, bus = draw(st.sampled_from(buses)), pp.create_bus(net, 10.0, in_service=draw(st.integers(0, 9)) > 0)
        kind = draw(st.sampled_from(["line", "line", "line", "coupler"]))
        if kind == "line":
            line = pp.create_line(
                net, parent, bus, draw(st.floats(0.1, 5.0)), CABLE, parallel=draw(st.integers(1, 3)),
                df=draw(st.sampled_from([1.0, 0.7])), in_service=draw(st.integers(0, 9)) > 0,
            )  # fmt: skip
            pp.create_switch(net, draw(st.sampled_from([parent, bus])), line, et="l", closed=draw(st.integers(0, 4)) > 0)
        else:
            pp.create_switch(net, parent, bus, et="b", closed=draw(st.booleans()))
        buses.append(bus)
        scaling = draw(st.sampled_from([1.0, 0.6]))
        pp.create_load(net, bus, draw(st.floats(-1.0, 2.0)), draw(st.floats(-0.5, 0.5)), scaling=scaling)
        pp.create_sgen(net, bus, draw(st.floats(0.0, 1.0)), 0.0, in_service=draw(st.booleans()))
    lv = pp.create_bus(net, 0.4)
    pp.create_transformer(net, draw(st.sampled_from(buses)), lv, "0.4 MVA 10/0.4 kV", tap_pos=draw(st.integers(-2, 2)))
    pp.create_switch(net, lv, 1, et="t", closed=draw(st.integers(0, 4)) > 0)
    pp.create_load(net, lv, draw(st.floats(0.0, 0.3)), 0.05)
    pp.create_shunt(net, top, q_mvar=draw(st.floats(-1.0, 1.0)), p_mw=0.01)
    return net


@given(net=radial_nets())
@settings(max_examples=25, **QUICK)
def test_kernel_equals_runpp_on_any_radial_net(net):
    want = ("vm_pu", "va_degree", "line_loading_percent", "trafo_loading_percent", "loss_mw", "source_p_mw")
    ours = make_engine("batch", net).model(NORMAL).solve(xr.Dataset(), want=want)
    theirs = make_engine("pandapower", net).model(NORMAL).solve(xr.Dataset(), want=want)
    assert ours.converged.item() == theirs.converged.item()
    np.testing.assert_allclose(ours.vm_pu, theirs.vm_pu, atol=VM_PU)
    np.testing.assert_allclose(ours.va_degree, theirs.va_degree, atol=1e-6)  # 1e-8 rad
    for name in ("line_loading_percent", "trafo_loading_percent"):
        # 100 m of three parallel cables turn 1e-10 pu into about 1e-6 % of loading
        np.testing.assert_allclose(ours[name], theirs[name], atol=1e-4, err_msg=name)
    for name in ("loss_mw", "source_p_mw"):
        np.testing.assert_allclose(ours[name], theirs[name], atol=1e-6, err_msg=name)
    assert ours.loss_mw.item() >= 0.0


@given(net=radial_nets())
@settings(max_examples=10, **QUICK)
def test_current_balances_at_every_node(net):
    model = make_engine("batch", net).model(NORMAL)
    grid = model.grid
    consumption = np.zeros((1, grid.nodes), dtype=complex)
    for table, sign in (("load", 1.0), ("sgen", -1.0)):
        power = net[table].p_mw.to_numpy() + 1j * net[table].q_mvar.to_numpy()
        on = getattr(grid, f"{table}_node") >= 0
        scaled = sign * (power * getattr(grid, f"{table}_scaling"))[on]
        np.add.at(consumption[0], getattr(grid, f"{table}_node")[on], scaled)
    solved = model.solver().solve_nodes(consumption)
    assert solved.converged.all()
    v = solved.v
    injected = v[0] * np.conj(admittance(grid) @ v[0]) * grid.base_mva
    free = np.setdiff1d(np.arange(grid.nodes), grid.source_node)
    # 1e-10 pu of voltage times the largest admittance of these nets (about 1e4 pu on 1 MVA)
    np.testing.assert_allclose(injected[free], -consumption[0, free], atol=1e-5)
