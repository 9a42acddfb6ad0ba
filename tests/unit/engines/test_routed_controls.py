"""Nets with controllers that only pandapower holds: every step its own, nobody else's objects changed."""

import copy

import numpy as np
import pandapower as pp
import pandas as pd
import xarray as xr
from pandapower.control import ConstControl, DiscreteTapControl
from pandapower.timeseries import DFData

from twin.engines import compile_grid

CABLE = "NA2XS2Y 1x240 RM/25 12/20 kV"


def with_machine():
    """A 110/20 kV transformer, a line, a load; the machine at its busbar sends the net to pandapower."""
    net = pp.create_empty_network()
    hv, mv, end = pp.create_bus(net, 110.0), pp.create_bus(net, 20.0), pp.create_bus(net, 20.0)
    pp.create_ext_grid(net, hv)
    pp.create_transformer(net, hv, mv, "40 MVA 110/20 kV")
    net.trafo["tap_changer_type"] = "Ratio"
    pp.create_line(net, mv, end, 1.0, CABLE)
    pp.create_load(net, end, 1.0)
    pp.create_gen(net, hv, p_mw=0.1, vm_pu=1.0)
    return net


def loads(*p_mw):
    return xr.Dataset({"load_p_mw": (("time", "load"), [[p] for p in p_mw])})


def test_a_profile_controller_leaves_the_injections_to_the_caller():
    net = with_machine()
    expected = compile_grid(copy.deepcopy(net)).solve(loads(1.0, 2.0, 4.0), want=("line_p_from_mw",))
    ConstControl(net, "load", "p_mw", [0], data_source=DFData(pd.DataFrame({"p": [9.0, 9.0, 9.0]})), profile_name=["p"])
    for _ in range(2):
        found = compile_grid(net).solve(loads(1.0, 2.0, 4.0), want=("line_p_from_mw",))
        np.testing.assert_allclose(found.line_p_from_mw, expected.line_p_from_mw, atol=1e-8)


def test_a_step_whose_controller_hunts_is_marked_and_the_others_are_solved():
    net = with_machine()
    DiscreteTapControl(net, 0, 1.0001, 1.0002)  # a band that no tap meets under load
    model = compile_grid(net)
    assert model.engine == "pandapower"
    found = model.solve(loads(1.0, 30.0))
    assert found.converged.dtype == bool
    assert np.isnan(found.vm_pu.values[~found.converged.values]).all()


def test_a_batch_starts_from_the_nets_own_taps_and_leaves_its_controllers_alone():
    net = with_machine()
    DiscreteTapControl(net, 0, 0.99, 1.03)
    before = copy.deepcopy(vars(net.controller.object[0]))
    model = compile_grid(net)
    fresh = model.solve(loads(5.0)).vm_pu.values
    model.solve(loads(38.0))
    np.testing.assert_array_equal(model.solve(loads(5.0)).vm_pu.values, fresh)
    assert str(vars(net.controller.object[0])) == str(before)


def test_taps_stand_still_in_an_outage():
    net = with_machine()
    DiscreteTapControl(net, 0, 1.01, 1.02)
    found = compile_grid(net).contingencies(loads(5.0))
    standing = with_machine()
    expected = compile_grid(standing).contingencies(loads(5.0))
    np.testing.assert_allclose(found.vm_pu_min, expected.vm_pu_min, atol=1e-8)
