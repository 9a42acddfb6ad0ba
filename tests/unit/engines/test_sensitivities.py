"""Slopes of voltages and loadings by injected power: they are the tangent of runpp and keep the laws of the grid."""

import copy

import numpy as np
import pandapower as pp
import pytest
import xarray as xr

from twin.domain.grid import Topology
from twin.engines.batch.solver import Solver
from twin.engines.compile import compile_net
from twin.engines.control.voltage_response import admittance
from twin.engines.flows import Flows
from twin.engines.injections import read_profiles
from twin.engines.tangents.sensitivity import sensitivities
from twin.engines.tangents.tangent import Tangent
from twin.engines.tangents.tangent_kernel import row_slopes
from twin.engines.tangents.watched import Rows

CABLE = "NA2XS2Y 1x240 RM/25 6/10 kV"
LV_CABLE = "NAYY 4x150 SE"
STEP_MW = 1e-4
SLOPE = 5e-6  # the curvature of low voltage over 2 x 100 W is 2e-6 of the slope
ROUNDING = {"dvm": 1e-10, "dline_loading": 1e-7, "dtrafo_loading": 1e-7, "dtrafo3w_loading": 1e-7}  # of runpp over 2 x 100 W
QUANTITIES = (
    ("dvm", "res_bus", "vm_pu"),
    ("dline_loading", "res_line", "loading_percent"),
    ("dtrafo_loading", "res_trafo", "loading_percent"),
    ("dtrafo3w_loading", "res_trafo3w", "loading_percent"),
)


def substation(*, sources=1):
    """110 kV grid, 110/10 kV transformer on a tap, 10 kV busbar."""
    net = pp.create_empty_network(sn_mva=1.0)
    hv, mv = pp.create_bus(net, 110.0), pp.create_bus(net, 10.0)
    for _ in range(sources):
        pp.create_ext_grid(net, hv, vm_pu=1.02, va_degree=5.0)
    pp.create_transformer(net, hv, mv, "25 MVA 110/10 kV", tap_pos=-2)
    net.trafo["tap_changer_type"] = "Ratio"
    return net, mv


def feeder(net, start, kilometres, loads_mw, **line):
    """Cables one after the other with a load at each new bus; the buses."""
    buses = [start]
    for length, load in zip(kilometres, loads_mw, strict=True):
        buses.append(pp.create_bus(net, 10.0))
        pp.create_line(net, buses[-2], buses[-1], length, CABLE, **line)
        pp.create_load(net, buses[-1], load, 0.3 * load)
    return buses[1:]


def radial():
    net, mv = substation()
    far = feeder(net, mv, (3.0, 4.0, 2.0), (2.0, 1.0, 0.5))
    pp.create_sgen(net, far[-1], 1.5, 0.2)
    return net


def meshed():
    net, mv = substation()
    ring = feeder(net, mv, (2.0, 3.0, 1.0, 4.0), (1.0, 2.0, 0.5, 1.5))
    pp.create_line(net, ring[-1], mv, 2.5, CABLE)
    pp.create_line(net, ring[0], ring[2], 1.5, CABLE)
    pp.create_shunt(net, ring[1], q_mvar=-0.5, p_mw=0.02)
    return net


def phase_shifting():
    """Two tapped Dyn5 transformers side by side, one tap apart, so that a current circulates; an LV feeder behind."""
    net, mv = substation()
    far = feeder(net, mv, (3.0,), (1.0,))[0]
    low, end = pp.create_bus(net, 0.4), pp.create_bus(net, 0.4)
    for tap in (1, 2):
        pp.create_transformer(net, far, low, "0.63 MVA 10/0.4 kV", tap_pos=tap)
    net.trafo["tap_changer_type"] = "Ratio"
    assert set(net.trafo.shift_degree) == {150.0}
    pp.create_line(net, low, end, 0.1, LV_CABLE)
    pp.create_load(net, end, 0.05, 0.01)
    pp.create_sgen(net, low, 0.02, 0.0)
    return net


def parallel_lines():
    net, mv = substation()
    far = feeder(net, mv, (3.0, 2.0), (4.0, 1.0), parallel=3, df=0.8)
    pp.create_line(net, mv, far[0], 6.0, CABLE)
    net.trafo["parallel"] = 2
    return net


def several_sources():
    """Two sources at one bus, and a third at the other end of the feeder."""
    net, mv = substation(sources=2)
    far = feeder(net, mv, (3.0, 2.0, 3.0), (2.0, 1.0, 1.0))
    hv = pp.create_bus(net, 110.0)
    pp.create_ext_grid(net, hv, vm_pu=1.01, va_degree=4.0)
    pp.create_transformer(net, hv, far[-1], "25 MVA 110/10 kV")
    net.trafo["tap_changer_type"] = "Ratio"
    return net


def open_switches():
    """A ring opened at the end of a cable, a coupler that joins two buses, a cable and a bus out of service."""
    net, mv = substation()
    far = feeder(net, mv, (3.0, 2.0), (2.0, 1.0))
    tie = pp.create_line(net, mv, far[-1], 8.0, CABLE)
    pp.create_switch(net, far[-1], tie, et="l", closed=False)
    joined = pp.create_bus(net, 10.0)
    pp.create_switch(net, far[0], joined, et="b", closed=True)
    pp.create_load(net, joined, 0.4, 0.1)
    pp.create_line(net, mv, joined, 1.0, CABLE, in_service=False)
    dark = pp.create_bus(net, 10.0)
    pp.create_switch(net, joined, dark, et="b", closed=False)
    pp.create_load(net, dark, 0.3)
    return net


def three_windings():
    """A 110/20/10 kV transformer whose 10 kV winding is the one that limits, feeders on both lower sides."""
    net = pp.create_empty_network(sn_mva=1.0)
    hv, mv, lv = pp.create_bus(net, 110.0), pp.create_bus(net, 20.0), pp.create_bus(net, 10.0)
    pp.create_ext_grid(net, hv)
    pp.create_transformer3w(net, hv, mv, lv, "63/25/38 MVA 110/20/10 kV", tap_pos=2)
    net.trafo3w["tap_changer_type"] = "Ratio"
    pp.create_load(net, mv, 3.0, 1.0)
    feeder(net, lv, (2.0, 1.0), (2.0, 6.0))
    return net


def voltage_dependent_loads():
    """Loads of mixed kinds, and a plant at a bus of its own: pandapower lets whatever shares a bus follow the voltage."""
    net, mv = substation()
    far = feeder(net, mv, (3.0, 4.0, 2.0), (2.0, 1.0, 0.5))
    net.load["const_z_p_percent"] = [50.0, 0.0, 20.0]
    net.load["const_i_p_percent"] = [30.0, 0.0, 0.0]
    net.load["const_z_q_percent"] = [100.0, 40.0, 0.0]
    net.load["const_i_q_percent"] = [0.0, 60.0, 0.0]
    plant = pp.create_bus(net, 10.0)
    pp.create_line(net, far[-1], plant, 1.0, CABLE)
    pp.create_sgen(net, plant, 1.5, 0.2)
    return net


NETS = {f.__name__: f for f in (radial, meshed, phase_shifting, parallel_lines, several_sources, open_switches, three_windings)}


def slope_of_runpp(net, bus, quantity):
    """Central differences of runpp: vm_pu and loadings of every element."""
    up, down = copy.deepcopy(net), copy.deepcopy(net)
    for there, step in ((up, STEP_MW), (down, -STEP_MW)):
        pp.create_sgen(there, bus, **{"p_mw": 0.0, "q_mvar": 0.0} | {quantity: step})
    up, down = runpp(up), runpp(down)
    return {slope: (up[slope] - down[slope]) / (2.0 * STEP_MW) for slope in up}


def assert_slopes_are_runpps(net, found, bus):
    for by, quantity in (("dp", "p_mw"), ("dq", "q_mvar")):
        for slope, expected in slope_of_runpp(net, bus, quantity).items():
            ours = found[f"{slope}_{by}"].sel(at=bus).values
            known = np.isfinite(expected)  # what carries nothing is NaN in runpp
            largest = np.abs(expected[known]).max(initial=0.0)
            assert largest > 0.0 or not len(expected)
            tolerance = SLOPE * largest + ROUNDING[slope]
            np.testing.assert_allclose(ours[known], expected[known], atol=tolerance, err_msg=f"{slope}_{by} at {bus}")


def states_of(net, steps=None):
    """Grid, node voltages of some states, and loading by current."""
    compiled = compile_net(net)
    profiles = read_profiles(compiled.grid, compiled.own, xr.Dataset() if steps is None else steps)
    solved = Solver(compiled.grid).solve(profiles.chunk(0, profiles.steps), profiles.fixed, profiles.steps)
    return compiled.grid, solved.v, Flows(compiled.grid).percent_per_pu()


def runpp(net, *, source=1.0):
    """vm_pu and loadings of the net as it is, with the source voltages multiplied."""
    there = copy.deepcopy(net)
    there.ext_grid["vm_pu"] *= source
    pp.runpp(there, tolerance_mva=1e-10, calculate_voltage_angles=True, voltage_depend_loads=True, numba=False)
    return {slope: there[table][column].to_numpy() for slope, table, column in QUANTITIES}


@pytest.mark.parametrize("name", NETS)
def test_every_slope_is_the_finite_difference_of_runpp(name):
    net = NETS[name]()
    found = sensitivities(net, xr.Dataset()).isel(time=0)
    for bus in {int(found["at"][0]), int(found["at"][-1])}:
        assert_slopes_are_runpps(net, found, bus)


def test_loads_that_follow_the_voltage_soften_the_slopes_as_in_runpp():
    net = voltage_dependent_loads()
    plant = net.bus.index[-1]
    found = sensitivities(net, xr.Dataset()).isel(time=0)
    assert_slopes_are_runpps(net, found, plant)
    net.load[[name for name in net.load if name.startswith("const_")]] = 0.0
    stiff = sensitivities(net, xr.Dataset()).isel(time=0)
    assert found.dvm_dp.sel(bus=plant, at=plant) < 0.999 * stiff.dvm_dp.sel(bus=plant, at=plant)


def test_the_point_of_the_tangent_is_the_solved_state():
    net = phase_shifting()
    found = sensitivities(net, xr.Dataset())
    solved = runpp(net)
    # what an engine promises against runpp
    np.testing.assert_allclose(found.vm_pu[0], solved["dvm"], atol=1e-8)
    np.testing.assert_allclose(found.line_loading_percent[0], solved["dline_loading"], atol=1e-5)
    np.testing.assert_allclose(found.trafo_loading_percent[0], solved["dtrafo_loading"], atol=1e-5)


def test_generation_raises_voltage_most_at_the_feeders_end_and_a_load_lowers_it():
    net = radial()
    found = sensitivities(net, xr.Dataset()).isel(time=0)
    own = [float(found.dvm_dp.sel(bus=bus, at=bus)) for bus in (2, 3, 4)]
    assert 0.0 < own[0] < own[1] < own[2]
    more = copy.deepcopy(net)
    more.load.loc[2, "p_mw"] += 0.01  # at bus 4
    fall = runpp(more)["dvm"][4] - runpp(net)["dvm"][4]
    assert fall == pytest.approx(-0.01 * own[2], rel=1e-3)  # 10 kW of 3 MW: curvature
    assert found.dvm_dp.attrs["units"] == "pu/MW"
    assert found.dline_loading_dq.attrs["units"] == "%/Mvar"


def test_voltage_of_a_source_does_not_move_and_power_injected_there_moves_nothing():
    net = several_sources()
    found = sensitivities(net, xr.Dataset(), at=[0, 2, 5]).isel(time=0)
    for name in ("dvm_dp", "dvm_dq"):
        assert not found[name].sel(bus=[0, 5]).values.any()
    for name in ("dvm_dp", "dvm_dq", "dline_loading_dp", "dtrafo_loading_dq"):
        assert not found[name].sel(at=[0, 5]).values.any()
        assert found[name].sel(at=2).values.any()


def test_an_injection_enters_the_grid_at_its_node_and_nowhere_else(published_nets, steps_of):
    for name, net in published_nets.items():
        grid, v, _ = states_of(net, steps_of(net, steps=2, seed=4))
        node = np.setdiff1d(np.arange(grid.nodes), grid.source_node)
        parts = [_part_of_voltage(v, node, weight) for weight in (1.0, -1.0j)]  # real and imaginary part of dV
        by_p, by_q = Tangent(grid).slopes(v, node, Rows.join(*parts))
        dv = np.concatenate([by[:, : len(node)] + 1j * by[:, len(node) :] for by in (by_p, by_q)], axis=2)
        y = admittance(grid)
        inside = y[node][:, node].toarray()
        ds = dv * np.conj(y @ v.T).T[:, node, None] + v[:, node, None] * np.conj(inside @ dv)
        expected = np.concatenate([np.eye(len(node)), 1j * np.eye(len(node))], axis=1) / grid.base_mva
        # short branches of up to 1e5 pu multiply the rounding of dV
        np.testing.assert_allclose(ds, np.broadcast_to(expected, ds.shape), atol=1e-9 / grid.base_mva, err_msg=name)


def test_one_step_and_many_in_any_order_of_memory_meet_the_same_compiled_kernel(published_nets, steps_of):
    # the first plan of a day has many steps, and its deadline has no seconds for a compilation
    grid, v, _ = states_of(next(iter(published_nets.values())), steps_of(next(iter(published_nets.values())), steps=3, seed=4))
    node = np.setdiff1d(np.arange(grid.nodes), grid.source_node)
    tangent = Tangent(grid)
    found = []
    for states in (v[:1], v, np.asfortranarray(v)):
        found.append(tangent.slopes(states, node, _part_of_voltage(states, node, 1.0))[0])
        if len(found) == 1:
            met = len(row_slopes.signatures)
    assert len(row_slopes.signatures) == met
    np.testing.assert_array_equal(found[2], found[1])


def _part_of_voltage(v, node, weight):
    return Rows(np.zeros((len(v), len(node))), node[:, None], np.full((len(v), len(node), 1), weight, dtype=complex))


def test_small_moves_at_several_places_add_up():
    net = meshed()
    found = sensitivities(net, xr.Dataset())
    base, errors = runpp(net)["dvm"], []
    for share in (0.02, 0.01):
        moved = copy.deepcopy(net)
        change = share * np.array([1.0, -2.0, 0.5, 1.5])
        moved.load["p_mw"] -= change
        moved.load["q_mvar"] += 0.5 * change
        linear = found.dvm_dp.values[0] @ change - found.dvm_dq.values[0] @ (0.5 * change)
        errors.append(np.abs(runpp(moved)["dvm"] - base - linear).max())
    # what is left is of second order: half the move, a quarter of it
    assert errors[0] < 1e-6
    assert errors[0] / errors[1] == pytest.approx(4.0, rel=0.05)


def test_scaling_all_powers_and_source_voltages_together_keeps_eulers_theorem():
    # V(k S, sqrt(k) Vs) = sqrt(k) V(S, Vs): vm and loading are homogeneous of degree 1/2, so that
    # sum of S dX/dS + 1/2 dX/dln(Vs) = X/2
    net, h = phase_shifting(), 1e-4
    found = sensitivities(net, xr.Dataset()).isel(time=0)
    up, down = runpp(net, source=1.0 + h), runpp(net, source=1.0 - h)
    p = xr.DataArray([-1.0, 0.02, -0.05], coords={"at": [2, 3, 4]})
    q = xr.DataArray([-0.3, 0.0, -0.01], coords={"at": [2, 3, 4]})
    for value, slope in (
        ("vm_pu", "dvm"),
        ("line_loading_percent", "dline_loading"),
        ("trafo_loading_percent", "dtrafo_loading"),
    ):
        by_power = (found[f"{slope}_dp"] * p + found[f"{slope}_dq"] * q).sum("at")
        by_source = (up[slope] - down[slope]) / (2.0 * h)
        # 1e-6: curvature of the central difference over +-1e-4 of the source voltage
        np.testing.assert_allclose(by_power + 0.5 * by_source, 0.5 * found[value], rtol=1e-6, err_msg=value)


def test_without_load_two_buses_influence_each_other_alike():
    net = meshed()
    net.load[["p_mw", "q_mvar"]] = 0.0
    net.shunt["in_service"] = False
    net.line["c_nf_per_km"] = 0.0
    found = sensitivities(net, xr.Dataset(), watch={"bus": net.bus.index}).isel(time=0)
    at = found["at"].values
    assert len(at) == 4
    mutual = found.dvm_dq.sel(bus=at).values
    # the impedance matrix is symmetric; voltages differ by the magnetising current of the transformer alone
    np.testing.assert_allclose(mutual, mutual.T, rtol=1e-9)


def test_topology_moves_the_slopes():
    net = meshed()
    ring, opened = (sensitivities(net, xr.Dataset(), topology=t) for t in (Topology(), Topology(out_lines=frozenset({4}))))
    assert opened.dvm_dp.sel(bus=5, at=5).item() > 1.5 * ring.dvm_dp.sel(bus=5, at=5).item()
    assert not opened.dline_loading_dp.sel(line=4).values.any()
