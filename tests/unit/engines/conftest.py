"""Nets and steps for the engine tests. Nets are built once per session; no test may change one (engines copy)."""

import copy

import numpy as np
import pandapower as pp
import pandapower.networks as pn
import pytest
import xarray as xr

from twin.contracts.ports import Measurements


def make_four_bus():
    """110 kV grid, 110/10 kV transformer on tap -2, two 10 kV cables, a 10/0.4 kV transformer with a customer."""
    net = pp.create_empty_network(sn_mva=1.0)
    hv, mv1, mv2, mv3, lv = (pp.create_bus(net, vn_kv=v) for v in (110.0, 10.0, 10.0, 10.0, 0.4))
    pp.create_ext_grid(net, hv, vm_pu=1.02, va_degree=5.0)
    pp.create_transformer(net, hv, mv1, "25 MVA 110/10 kV", tap_pos=-2)
    pp.create_line(net, mv1, mv2, 4.0, "NA2XS2Y 1x240 RM/25 6/10 kV", parallel=2)
    pp.create_line(net, mv2, mv3, 3.0, "NA2XS2Y 1x240 RM/25 6/10 kV", df=0.8)
    pp.create_transformer(net, mv3, lv, "0.63 MVA 10/0.4 kV", tap_pos=1)
    pp.create_load(net, mv2, p_mw=3.0, q_mvar=1.0)
    pp.create_load(net, lv, p_mw=0.3, q_mvar=0.1, scaling=0.9)
    pp.create_sgen(net, lv, p_mw=0.1, q_mvar=0.0, sn_mva=0.2)
    pp.create_storage(net, mv2, p_mw=0.2, max_e_mwh=1.0, q_mvar=0.0)
    net.trafo["tap_changer_type"] = None  # as SimBench ships it
    return net


def random_steps(net, *, steps, seed, spread=0.9):
    """Loads, generation and storage around the net's own values, dims (time, element)."""
    rng = np.random.default_rng(seed)
    variables = {}
    for table in ("load", "sgen", "storage"):
        for quantity in ("p_mw", "q_mvar"):
            own = net[table][quantity].to_numpy(dtype=float)
            values = own * rng.uniform(1.0 - spread, 1.0 + spread, (steps, len(own)))
            variables[f"{table}_{quantity}"] = (("time", table), values)
    time = np.datetime64("2016-01-01T00:00", "ns") + np.arange(steps) * np.timedelta64(15, "m")
    return xr.Dataset(variables, coords={"time": time})


def measure(grid, truth, *, bus, lines, trafos, rng=None):
    """Measurements of a solved step: voltages, flows both ends of transformers, pseudo-measurements of every element."""
    noise = rng.standard_normal if rng is not None else np.zeros
    kinds = ["line_from"] * len(lines) + ["trafo_hv"] * len(trafos) + ["trafo_lv"] * len(trafos)
    names = {"line_from": "line_{}_from_{}", "trafo_hv": "trafo_{}_hv_{}", "trafo_lv": "trafo_{}_lv_{}"}
    index = [*lines, *trafos, *trafos]
    p, q = np.zeros(len(index)), np.zeros(len(index))
    for i, (kind, element) in enumerate(zip(kinds, index, strict=True)):
        table = kind.split("_")[0]
        p[i] = truth[names[kind].format("p", "mw")].sel({table: element})
        q[i] = truth[names[kind].format("q", "mvar")].sel({table: element})
    sigma = 0.01 * np.abs(p) + 1e-3
    fields = {}
    for table in ("load", "sgen", "storage"):
        power = truth.attrs[table]
        s = 0.3 * np.abs(power.real) + 1e-3
        fields[f"{table}_p_mw"] = power.real + s * noise(len(s))
        fields[f"{table}_q_mvar"] = power.imag + s * noise(len(s))
        fields[f"{table}_sigma_mva"] = s
    vm = truth.vm_pu.sel(bus=bus).values
    return Measurements(
        bus=np.array(bus),
        vm_pu=vm + 0.005 * noise(len(vm)),
        vm_sigma=np.full(len(vm), 0.005),
        flow_kind=tuple(kinds),
        flow_index=np.array(index),
        flow_p_mw=p + sigma * noise(len(p)),
        flow_q_mvar=q + sigma * noise(len(q)),
        flow_sigma_mva=sigma,
        **fields,
    )


FLOWS = ("line_p_from_mw", "line_q_from_mvar", "trafo_p_hv_mw", "trafo_q_hv_mvar", "trafo_p_lv_mw", "trafo_q_lv_mvar")


def solve_truth(model, injections):
    """One solved step with everything `measure` reads; element powers after scaling in attrs."""
    want = ("vm_pu", "line_loading_percent", "trafo_loading_percent", "loss_mw", *FLOWS)
    truth = model.solve(injections, want=want).isel(time=0)
    for table in ("load", "sgen", "storage"):
        power = injections[f"{table}_p_mw"].values[0] + 1j * injections[f"{table}_q_mvar"].values[0]
        truth.attrs[table] = power * getattr(model.grid, f"{table}_scaling")
    return truth


@pytest.fixture
def four_bus():
    return make_four_bus()


@pytest.fixture
def steps_of():
    return random_steps


@pytest.fixture
def measure_step():
    return measure


@pytest.fixture
def truth_of():
    return solve_truth


@pytest.fixture(scope="session")
def oberrhein():
    """Two islands, two transformers, 60 % load scaling, open line switches."""
    net = pn.mv_oberrhein()
    assert (net.load.scaling != 1.0).all()
    return net


@pytest.fixture(scope="session")
def published_nets(oberrhein):
    return {
        "mv_oberrhein": oberrhein,
        "cigre_mv_with_pv_and_wind": pn.create_cigre_network_mv(with_der="pv_wind"),
        "cigre_lv": pn.create_cigre_network_lv(),
        "four_loads_with_branches": pn.panda_four_load_branch(),
    }


@pytest.fixture(scope="session")
def simbench_town():
    """The demo town as shipped, without its profiles; takes ten to twenty seconds."""
    import simbench

    net = simbench.get_simbench_net("1-MVLV-urban-6.305-1-sw")
    net["profiles"] = {}
    net.storage["p_mw"], net.storage["q_mvar"] = 0.0, 0.0
    net.sgen["p_mw"] = 0.4 * net.sgen["sn_mva"]
    return copy.deepcopy(net)
