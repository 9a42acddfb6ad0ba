"""A published grid with plants and storages: CIGRE's medium voltage benchmark with its distributed generation, loops closed."""

import numpy as np
import pandapower as pp
import pandapower.networks as pn
import xarray as xr

from twin.domain.zones import Zone
from twin.engines import make_engine
from twin.origin.town import Plants, Store, TownFacts


def make_net(*, meshed=True):
    net = pn.create_cigre_network_mv(with_der="pv_wind")
    net.switch["closed"] = net.switch["closed"] | meshed
    pp.create_storage(net, 5, p_mw=0.4, max_e_mwh=2.0)
    pp.create_storage(net, 10, p_mw=-0.3, max_e_mwh=2.0)
    net.trafo["tap_changer_type"] = None
    return net


def zone(name, parent=None):
    return Zone(name, {"en": name}, 100, pv_kwp=0.0, parent=parent, boundary=(("trafo.0.p_mw", 1.0),))


def facts(net):
    """The town, and in it a quarter that holds the first five loads."""
    wind = net.sgen.index[net.sgen["type"] == "WP"].tolist()
    loads = net.load.index.tolist()
    return TownFacts(
        zones=(zone("town"), zone("quarter", "town")),
        pv=True,
        pv_sgens=tuple(net.sgen.index[net.sgen["type"] == "PV"].tolist()),
        loads={"town": tuple(loads[5:]), "quarter": tuple(loads[:5])},
        has_hydro=False,
        hydro=(),
        others=(Plants("wind", tuple(wind), 1500.0, 1.0, 11.0),),
        stores=(Store("one", (0,), 2.0, 0.95), Store("two", (1,), 2.0, 0.95)),
        co2_g_per_kwh={"pv": 41.0, "hydro": 24.0},
    )


def solved(net):
    """``(grid, state)``: the net's own powers, by the engine's AC power flow, as an estimate would tell them."""
    model = make_engine("batch", net).model()
    found = model.solve(xr.Dataset(), want=("vm_pu", "va_degree", "loss_mw", "source_p_mw")).isel(time=0)
    powers = {
        f"{table}_p_mw": ((table,), net[table]["p_mw"].to_numpy() * net[table]["scaling"].to_numpy())
        for table in ("load", "sgen", "storage")
    }
    return model.grid, found.assign({name: (dims, np.asarray(values)) for name, (dims, values) in powers.items()})
