"""Voltage sensitivities against pandapower's own power flow on a small feeder."""

from itertools import pairwise

import numpy as np
import pytest

from twin.boxes.flexibility.horizon import QUARTERS
from twin.boxes.flexibility.sensitivity import bus_sensitivity, nodes_behind, worst_node
from twin.boxes.flexibility.voltage import voltage_rows, worst_bus
from twin.engines.compile import compile_net

BANDS = {"voltage": [{"up_to_kv": 1.0, "vm_min_pu": 0.94, "vm_max_pu": 1.05}]}


@pytest.fixture(scope="module")
def feeder():
    """10 kV slack, 400 kVA Dyn5 transformer, three 0.4 kV buses in a row, two loads, a plant and a battery at the end."""
    import pandapower as pp

    net = pp.create_empty_network()
    mv = pp.create_bus(net, 10.0)
    low = [pp.create_bus(net, 0.4) for _ in range(4)]
    pp.create_ext_grid(net, mv, vm_pu=1.02)
    pp.create_transformer(net, mv, low[0], std_type="0.4 MVA 10/0.4 kV")
    for a, b in pairwise(low):
        pp.create_line(net, a, b, length_km=0.15, std_type="NAYY 4x150 SE")
    pp.create_load(net, mv, p_mw=0.5, q_mvar=0.1)
    pp.create_load(net, low[1], p_mw=0.0)
    pp.create_load(net, low[3], p_mw=0.0)
    pp.create_sgen(net, low[3], p_mw=0.0)
    pp.create_storage(net, low[3], p_mw=0.0, max_e_mwh=0.01)
    return net


def voltage(net, bus, p_mw, q_mvar=0.0):
    import pandapower as pp

    net.sgen.loc[0, ["p_mw", "q_mvar"]] = [float(p_mw), float(q_mvar)]
    pp.runpp(net, tolerance_mva=1e-10, calculate_voltage_angles=True)
    return float(net.res_bus.vm_pu[bus])


@pytest.mark.parametrize(("quantity", "change"), [("per_mw", (0.01, 0.0)), ("per_mvar", (0.0, 0.01))])
def test_sensitivity_is_the_slope_of_the_power_flow(feeder, quantity, change):
    grid = compile_net(feeder).grid
    node = int(grid.sgen_node[0])
    slope = (voltage(feeder, 4, *change) - voltage(feeder, 4, -change[0], -change[1])) / (2 * sum(change))
    # 5 %: the slope is taken at no load of the feeder; the medium-voltage load lowers the operating point a little
    assert getattr(bus_sensitivity(grid, node), quantity)[node] == pytest.approx(slope, rel=0.05)


def test_feeding_in_raises_voltage_most_at_the_feeders_end(feeder):
    grid = compile_net(feeder).grid
    inside = nodes_behind(grid, 0)
    assert len(inside) == 4
    assert worst_node(grid, inside) == int(grid.sgen_node[0])


def test_voltage_of_the_source_bus_cannot_be_moved(feeder):
    grid = compile_net(feeder).grid
    with pytest.raises(ValueError, match="is a source"):
        bus_sensitivity(grid, int(grid.source_node[0]))


def test_high_voltage_row_asks_the_battery_for_what_the_power_flow_needs(feeder):
    battery = {"id": "battery", "table": "storage", "element": 0}
    grid = compile_net(feeder).grid
    at = worst_bus(grid, 0, (battery,), BANDS, 0.95)
    sun = np.full(QUARTERS, 0.08)
    none, paths = np.zeros(QUARTERS), np.zeros((1, 36))
    high, low = voltage_rows(at, load=none, sun=sun, rest=none + 0.5, load_paths=paths, sun_paths=paths)
    assert at.bus == 4
    needed = -float(high.room_mw[0])  # charging power that brings the voltage down to the band
    assert needed > 0.0
    # 0.004 pu: the curvature of 0.06 pu of rise, which the linear row does not see
    assert voltage(feeder, 4, 0.08 - needed) == pytest.approx(1.05, abs=0.004)
    assert (low.room_mw > 0.0).all()
