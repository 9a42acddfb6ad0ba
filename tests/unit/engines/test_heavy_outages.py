"""Outages whose closures need Newton-Raphson, and closures that are no simple pair of buses."""

import numpy as np
import pandapower as pp
import pytest
import xarray as xr

from twin.engines import compile_grid
from twin.engines.pandapower_engine import PandapowerModel

CABLE = "NA2XS2Y 1x240 RM/25 12/20 kV"


def two_feeders(sn_mva=1.0, z_ohm=0.0):
    """Two feeders from one source, 5 and 20 km, 12 MW each, and an open coupler between their ends."""
    net = pp.create_empty_network(sn_mva=sn_mva)
    source, one, two = (pp.create_bus(net, 20.0) for _ in range(3))
    pp.create_ext_grid(net, source)
    pp.create_line(net, source, one, 5.0, CABLE)
    pp.create_line(net, source, two, 20.0, CABLE)
    for bus in (one, two):
        pp.create_load(net, bus, 12.0, 4.0)
    pp.create_switch(net, one, two, "b", closed=False, z_ohm=z_ohm)
    return net


@pytest.mark.parametrize(("sn_mva", "factor"), [(1.0, 1.2), (1.0, 1.25), (100.0, 1.15)])
def test_a_closure_that_the_grid_barely_carries_is_found_as_pandapower_finds_it(sn_mva, factor):
    net = two_feeders(sn_mva)
    loads = xr.Dataset({"load_p_mw": (("time", "load"), [[12.0 * factor, 12.0 * factor]])})
    found, expected = (model.contingencies(loads, [0]) for model in (compile_grid(net), PandapowerModel(net)))
    assert int(found.closure[0, 0]) == int(expected.closure[0, 0]) == 0
    assert float(found.unsupplied_after_mw[0, 0]) == 0.0
    np.testing.assert_allclose(found.after_vm_pu_min, expected.after_vm_pu_min, atol=1e-8)


def test_a_coupler_with_an_impedance_is_named_and_not_taken_for_none():
    found = compile_grid(two_feeders(z_ohm=2.0)).contingencies(xr.Dataset(), [0])
    assert int(found.closure[0, 0]) == -1
    assert found.attrs["untried_closures"] == [0]


def test_the_open_switch_of_a_three_winding_transformer_restores_supply():
    net = pp.create_empty_network()
    hv, mv, fed, lv = (pp.create_bus(net, v) for v in (110.0, 20.0, 20.0, 10.0))
    pp.create_ext_grid(net, hv)
    pp.create_transformer(net, hv, mv, "25 MVA 110/20 kV")
    pp.create_line(net, mv, fed, 2.0, CABLE)
    pp.create_load(net, fed, 3.0, 1.0)
    trafo = pp.create_transformer3w(net, hv, fed, lv, "63/25/38 MVA 110/20/10 kV")
    pp.create_switch(net, fed, trafo, "t3", closed=False)
    found = compile_grid(net).contingencies(xr.Dataset())
    assert int(found.closure[0, 0]) == 0
    assert float(found.unsupplied_before_mw[0, 0]) == 3.0
    assert float(found.unsupplied_after_mw[0, 0]) == 0.0
    net.line["in_service"], net.switch["closed"] = False, True
    pp.runpp(net, tolerance_mva=1e-8, numba=False)
    np.testing.assert_allclose(found.after_vm_pu_min[0, 0], net.res_bus.vm_pu.min(), atol=1e-8)


def test_a_grid_that_is_one_bus_has_no_outage_to_fear():
    net = pp.create_empty_network()
    pp.create_ext_grid(net, pp.create_bus(net, 20.0))
    pp.create_load(net, 0, 1.0)
    assert compile_grid(net).contingencies(xr.Dataset(), "trafos").sizes["outage"] == 0


def test_a_step_with_an_unknown_load_at_the_source_itself_is_not_solved():
    net = two_feeders()
    pp.create_load(net, 0, 1.0)
    loads = xr.Dataset({"load_p_mw": (("time", "load"), [[5.0, 5.0, np.nan], [5.0, 5.0, 1.0]])})
    model = compile_grid(net)
    assert model.solve(loads).converged.values.tolist() == [False, True]
    assert model.replay(loads, step_h=0.25).attrs["solved"] == 1


def test_a_quantile_beyond_the_scale_is_missing_and_the_extremes_are_exact():
    net = two_feeders()
    net.line["max_i_ka"] = 0.02
    loads = xr.Dataset({"load_p_mw": (("time", "load"), np.linspace(5.0, 9.0, 11)[:, None] * [1.0, 1.0])})
    model = compile_grid(net)
    year, states = model.replay(loads, step_h=0.25), model.solve(loads)
    assert year.line_loading_percent_quantile.isnull().all()
    np.testing.assert_allclose(year.line_loading_percent_max, states.line_loading_percent.max("time"), atol=1e-5)
