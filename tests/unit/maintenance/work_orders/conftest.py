"""A town with two feeders and a tie, and orders as the phone page's tests have them."""

import importlib.util
from pathlib import Path

import pandapower as pp
import pytest

from twin.engines import make_engine

CABLE = "NA2XS2Y 1x240 RM/25 6/10 kV"


def make_town():
    """110/10 kV transformer 0, busbar 1; feeder 1-2-3 (lines 0, 1), feeder 1-4-5 (lines 2, 3), tie line 4 between 3 and 5.

    Switches: 2 line + 0 and 2 line + 1 at the from and to end of each line; 9, at bus 5, is open; 10 and 11 of transformer 0.
    Station 1 at bus 3 with switches 12 (high side) and 13 (low side, bus 6); station 2 at bus 2 without any.
    """
    net = pp.create_empty_network()
    high = pp.create_bus(net, vn_kv=110.0, name="Grid")
    for number in range(1, 6):
        pp.create_bus(net, vn_kv=10.0, name=f"Bus {number}", geodata=(8.54, 47.37))
    pp.create_ext_grid(net, high, s_sc_max_mva=2000.0, s_sc_min_mva=1000.0, rx_max=0.1, rx_min=0.1)
    trafo = pp.create_transformer(net, high, 1, "25 MVA 110/10 kV", name="Main")
    for one, two in ((1, 2), (2, 3), (1, 4), (4, 5), (3, 5)):
        line = pp.create_line(net, one, two, 2.0, CABLE)
        kind = "CB" if one == 1 else "LBS"
        pp.create_switch(net, one, line, et="l", type=kind, name=f"{kind} {one}-{two}")
        pp.create_switch(net, two, line, et="l", type="LBS", closed=two != 5 or line != 4, name=f"LBS {two}-{one}")
    for bus in (high, 1):
        pp.create_switch(net, bus, trafo, et="t", type="CB", name=f"CB trafo {bus}")
    for bus in (3, 2):
        low = pp.create_bus(net, vn_kv=0.4, name=f"Low {bus}")
        station = pp.create_transformer(net, bus, low, "0.4 MVA 10/0.4 kV", name=f"Station {bus}")
        load_bus = pp.create_bus(net, vn_kv=0.4, name=f"Street {bus}")
        pp.create_line(net, low, load_bus, 0.05, "NAYY 4x150 SE", parallel=3)
        if bus == 3:
            pp.create_switch(net, bus, station, et="t", type="LBS", name="LBS station")
            pp.create_switch(net, low, station, et="t", type="CB", name="CB station")
        pp.create_load(net, load_bus, p_mw=0.1, q_mvar=0.02)
    for bus, mw in ((2, 1.0), (3, 0.8), (4, 0.6), (5, 0.4)):
        pp.create_load(net, bus, p_mw=mw, q_mvar=0.2 * mw)
    return net


@pytest.fixture(scope="session")
def town():
    return make_town()


@pytest.fixture(scope="session")
def engine(town):
    return make_engine("batch", town)


@pytest.fixture(scope="session")
def orders():
    path = Path(__file__).parents[3] / "browser" / "work_order_factory.py"
    spec = importlib.util.spec_from_file_location("work_order_factory", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
