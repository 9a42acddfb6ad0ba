"""Small grids and states made by hand; figures of risk without any box."""

from types import SimpleNamespace

import numpy as np
import pandapower as pp
import pytest
import xarray as xr

from scenarios.futures.schema import data_set
from scenarios.risk.facts import RiskFacts
from scenarios.risk.states import States
from twin.domain.grid import NORMAL
from twin.regie.proof import Limits


@pytest.fixture(scope="session")
def facts():
    return RiskFacts(
        value_of_lost_load_chf_per_kwh=15.0,
        outages_per_year={"line 0": 0.1, "line 1": 0.2},
        switching_h=1.0,
        repair_h=4.0,
        source="invented for tests",
    )


def make_loadings(plan, do_nothing, *, per_chunk, **more):
    """Futures in which one line is all there is: loadings in %, dims (future, time); 1 MVAh a quarter hour at 100 %.

    Args:
        more: variables that replace these.
    """
    loading = np.stack([plan, do_nothing])
    _, futures, steps = loading.shape
    over = np.maximum(loading - 100.0, 0.0)
    starts = np.arange(0, futures, per_chunk)

    def by_chunk(values):
        return np.add.reduceat(values, starts, axis=1)[:, :, None, :]

    path = loading.shape
    time = np.datetime64("2016-01-25T17:00", "ns") + np.arange(steps) * np.timedelta64(15, "m")
    nothing = np.zeros((2, len(starts), 1, steps))
    values = {
        "import_p_mw": loading / 100.0,
        "loss_mw": np.zeros(path),
        "unserved_mw": np.zeros(path),
        "loading_percent_max": loading,
        "vm_pu_min": np.ones(path),
        "vm_pu_max": np.ones(path),
        "overload_percent": over,
        "voltage_violation_pu": np.zeros(path),
        "price_chf_per_kwh": np.full(steps, 0.1),
        "violating": by_chunk(over > 0.0),
        "excess": by_chunk(over),
        "excess_mwh": by_chunk(over / 100.0),
        "unserved": nothing,
        "unserved_mwh": nothing,
        "futures_in_chunk": np.diff([*starts, futures]),
    }
    coords = {"future": np.arange(futures), "time": time, "hour": time[::4][: steps // 4]}
    return data_set({**values, **more}, {**coords, "chunk": np.arange(len(starts)), "element": ["line:0"]})


def make_states(net, *, load_mw=(), sgen_mw=(), storage_mw=None, sun=None, topology=NORMAL):
    """States of a net: powers by element, dims (state, element); everything else is nothing."""
    count = max(len(load_mw), len(sgen_mw), 1)

    def of(values, table):
        array = np.asarray(values, dtype=float).reshape(-1, len(net[table])) if len(net[table]) else np.zeros((count, 0))
        return np.broadcast_to(array if len(array) else np.zeros((1, len(net[table]))), (count, len(net[table]))).copy()

    data = {
        "load_p_mw": (("time", "load"), of(load_mw, "load")),
        "load_q_mvar": (("time", "load"), np.zeros((count, len(net.load)))),
        "sgen_p_mw": (("time", "sgen"), of(sgen_mw, "sgen")),
        "storage_p_mw": (("time", "storage"), of([] if storage_mw is None else storage_mw, "storage")),
    }
    time = np.datetime64("2016-05-22T10:00", "ns") + np.arange(count) * np.timedelta64(15, "m")
    topologies = np.empty(count, dtype=object)
    topologies[:] = [topology] * count
    return States(xr.Dataset(data, coords={"time": time}), topologies, np.ones(count) if sun is None else np.asarray(sun))


def make_limits(net, low=0.9, high=1.1, percent=100.0):
    return Limits(np.full(len(net.bus), low), np.full(len(net.bus), high), percent, percent)


def add_line(net, one, two, *, r_ohm=0.05, x_ohm=1e-6, max_i_ka=0.3, **more):
    return pp.create_line_from_parameters(net, one, two, 1.0, r_ohm, x_ohm, 0.0, max_i_ka, **more)


def make_two_bus(*, r_ohm=0.05):
    """A source at 0.4 kV, a wire without reactance, a bus with nothing."""
    net = pp.create_empty_network(sn_mva=1.0)
    one, two = pp.create_bus(net, 0.4), pp.create_bus(net, 0.4)
    pp.create_ext_grid(net, one, vm_pu=1.0)
    add_line(net, one, two, r_ohm=r_ohm, max_i_ka=10.0)
    return net


def make_ring():
    """A source with two feeders of two lines, 10 kV; their ends are joined by an open switch; customers at all four buses.

    Buses 1 and 2 hang on feeder one (lines 0, 1), buses 3 and 4 on feeder two (lines 2, 3); line 4 is the tie, open at bus 4.
    Every line has a load switch at its beginning.
    """
    net = pp.create_empty_network(sn_mva=1.0)
    hv = pp.create_bus(net, 10.0)
    buses = [pp.create_bus(net, 10.0) for _ in range(4)]
    pp.create_ext_grid(net, hv, vm_pu=1.0, s_sc_max_mva=500.0, s_sc_min_mva=400.0, rx_max=0.1, rx_min=0.1)
    for one, two in ((hv, buses[0]), (buses[0], buses[1]), (hv, buses[2]), (buses[2], buses[3])):
        line = add_line(net, one, two, r_ohm=0.2, x_ohm=0.1, max_i_ka=0.2, endtemp_degree=80.0)
        pp.create_switch(net, one, line, "l", closed=True, type="LBS")
    tie = add_line(net, buses[1], buses[3], r_ohm=0.2, x_ohm=0.1, max_i_ka=0.2, endtemp_degree=80.0)
    pp.create_switch(net, buses[1], tie, "l", closed=True, type="LBS")
    pp.create_switch(net, buses[3], tie, "l", closed=False, type="LBS")
    for bus in buses:
        pp.create_load(net, bus, p_mw=1.0)
    return net


@pytest.fixture
def made():
    """Makers: nets, states, limits, futures."""
    return SimpleNamespace(
        loadings=make_loadings, states=make_states, limits=make_limits, line=add_line, two_bus=make_two_bus, ring=make_ring
    )
