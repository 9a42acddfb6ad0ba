"""A net that would be solved wrongly, or end in a solver's error, is refused by name under either engine."""

import copy

import numpy as np
import pandapower as pp
import pytest

from twin.domain.grid import NORMAL
from twin.domain.problems import BadInput
from twin.engines import compile_grid, make_engine
from twin.engines.net_problems import net_problems

ENGINES = ("batch", "pandapower")


def test_published_grids_have_no_problem(published_nets, simbench_town):
    for name, net in {**published_nets, "town": simbench_town}.items():
        assert net_problems(net) == (), name


def add_three_winding(net):
    pp.create_bus(net, vn_kv=20.0)
    pp.create_transformer3w(net, 0, 5, 1, "63/25/38 MVA 110/20/10 kV")


FOREIGN = {
    # an estimator that does not see them takes their buses for idle ones, and converges on a state that is not there
    "net.gen 0": lambda net: pp.create_gen(net, 2, p_mw=1.0, vm_pu=1.0),
    "net.ward 0": lambda net: pp.create_ward(net, 3, 0.1, 0.1, 0.1, 0.1),
    "net.motor 0": lambda net: pp.create_motor(net, 3, pn_mech_mw=0.1, cos_phi=0.9),
}


@pytest.mark.parametrize("engine", ENGINES)
def test_elements_that_an_estimator_would_not_see_are_refused_together_under_either_engine(four_bus, engine):
    for add in FOREIGN.values():
        add(four_bus)
    pp.create_gen(four_bus, 3, p_mw=1.0, vm_pu=1.0, in_service=False)
    with pytest.raises(BadInput) as refused:
        make_engine(engine, four_bus)
    assert sorted(p.place for p in refused.value.problems) == sorted(FOREIGN)
    assert not any("engine" in p.remedy for p in refused.value.problems)


def test_what_the_engine_solves_and_no_screen_shows_is_refused_on_air_only(four_bus):
    add_three_winding(four_bus)
    four_bus.load["const_z_p_percent"] = [0.0, 40.0]
    assert {p.place for p in net_problems(four_bus)} == {"net.trafo3w 0", "net.load 1, const_z_p_percent"}
    assert compile_grid(four_bus).engine == "batch"


def at(table, index, column, value):
    def change(net):
        net[table][column] = net[table][column].astype(object)
        net[table].at[index, column] = value

    return change


def two_sources(net):
    pp.create_ext_grid(net, 0, vm_pu=1.05, va_degree=5.0)


def without_sources(net):
    net.ext_grid["in_service"] = False


def numbered_in_halves(net):
    net.line.index = [0.5, 1.5]


def numbered_twice(net):
    net.load.index = [3, 3]


def switch_on_nothing(net):
    pp.create_switch(net, 1, 0, et="l")
    net.switch["element"] = 77


FAULTS = {
    "net.ext_grid: none in service": without_sources,
    "net.ext_grid at bus 0: vm_pu 1.02, 1.05": two_sources,
    "net.line 1, length_km: 0.0; expected a number above 0": at("line", 1, "length_km", 0.0),
    "net.line 0, length_km: nan": at("line", 0, "length_km", np.nan),
    "net.line 0, max_i_ka: nan": at("line", 0, "max_i_ka", np.nan),
    "net.line 0, max_i_ka: 0.0": at("line", 0, "max_i_ka", 0.0),
    "net.trafo 1, sn_mva: -0.63": at("trafo", 1, "sn_mva", -0.63),
    "net.load 0, p_mw: nan": at("load", 0, "p_mw", np.nan),
    "net.line 0, r_ohm_per_km: much": at("line", 0, "r_ohm_per_km", "much"),
    "net.line 1, to_bus: bus 99; expected a bus of the grid": at("line", 1, "to_bus", 99),
    "net.load 0, bus: bus 99": at("load", 0, "bus", 99),
    "net.line: index 0.5 ...; expected whole numbers": numbered_in_halves,
    "net.load 3: there twice": numbered_twice,
    "net.switch 0, element: line 77": switch_on_nothing,
    "net.trafo: no parallel": lambda net: net.trafo.drop(columns="parallel", inplace=True),
}


@pytest.mark.parametrize("expected", FAULTS)
def test_a_fault_of_the_grid_is_named_with_element_value_and_limit(four_bus, expected):
    FAULTS[expected](four_bus)
    found = [str(problem) for problem in net_problems(four_bus)]
    assert any(fault.startswith(expected) for fault in found), found


def test_every_fault_is_found_at_once(four_bus):
    at("line", 1, "length_km", 0.0)(four_bus)
    at("line", 0, "max_i_ka", np.nan)(four_bus)
    at("load", 0, "bus", 99)(four_bus)
    two_sources(four_bus)
    assert len(net_problems(four_bus)) == 4


def test_an_empty_net_has_no_source(four_bus):
    [fault] = net_problems(pp.create_empty_network())
    assert (fault.place, fault.value) == ("net.ext_grid", "none in service")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_net_that_pandapower_cannot_convert_is_bad_input_and_no_crash(four_bus, engine):
    # two sources with different set values behind a closed coupler: pandapower raises a warning as an error
    net = copy.deepcopy(four_bus)
    other = pp.create_bus(net, vn_kv=110.0)
    pp.create_ext_grid(net, other, vm_pu=1.05)
    pp.create_switch(net, 0, other, et="b")
    with pytest.raises(BadInput, match="a net that pandapower converts"):
        make_engine(engine, net).model(NORMAL)
