"""A small real grid for the stages: 110 kV, two 10 kV stations, a roof, hydro, batteries, a neighbourhood behind 400 kVA."""

from datetime import UTC, datetime

import numpy as np
import pandapower as pp

from twin.contracts.devices import Acceptance, Device, Right, RightOfUse
from twin.contracts.messages import Proposal
from twin.domain.channels import parse_channel
from twin.domain.grid import NORMAL
from twin.domain.zones import Zone
from twin.engines import make_engine
from twin.regie.proof import Limits, Outlooks

NOW = datetime(2016, 6, 15, 12, tzinfo=UTC)
STEPS = 96


def make_net(*, scaling: float = 1.0):
    """Buses 0: 110 kV, 1-3: 10 kV, 4: 0.4 kV; loads 0, 1 at station 2, load 2 at station 3, load 3 in the neighbourhood."""
    net = pp.create_empty_network(sn_mva=1.0)
    hv, mv1, mv2, mv3, lv = (pp.create_bus(net, vn_kv=v) for v in (110.0, 10.0, 10.0, 10.0, 0.4))
    pp.create_ext_grid(net, hv, vm_pu=1.02)
    pp.create_transformer(net, hv, mv1, "25 MVA 110/10 kV")
    pp.create_line(net, mv1, mv2, 3.0, "NA2XS2Y 1x240 RM/25 6/10 kV")
    pp.create_line(net, mv2, mv3, 2.0, "NA2XS2Y 1x240 RM/25 6/10 kV")
    pp.create_transformer(net, mv3, lv, "0.4 MVA 10/0.4 kV")
    for bus, p_mw in ((mv2, 0.6), (mv2, 0.3), (mv3, 0.8), (lv, 0.2)):
        pp.create_load(net, bus, p_mw=p_mw, q_mvar=0.2 * p_mw, scaling=scaling)
    pp.create_sgen(net, mv2, p_mw=0.0, sn_mva=0.5)
    pp.create_sgen(net, mv3, p_mw=0.0, sn_mva=1.0)  # hydro
    pp.create_storage(net, mv2, p_mw=0.0, max_e_mwh=2.0)
    pp.create_storage(net, lv, p_mw=0.0, max_e_mwh=1.0)
    net.trafo["tap_changer_type"] = None
    return net


def engine(**changes):
    return make_engine("batch", make_net(**changes))


def grid():
    return engine().model(NORMAL).grid


USE = RightOfUse(Right.OWN, Acceptance.AUTOMATIC, 0.05)
STATION = Device("station_battery", "battery", "station", "storage", 0, 2, "town", -0.5, 0.5, 2.0, 0.95, USE)
RENTED = RightOfUse(Right.CONTRACT, Acceptance.AUTOMATIC, 0.05)
STREET = Device("street_battery", "battery", "street", "storage", 1, 4, "quarter", -0.5, 0.5, 1.0, 0.95, RENTED)
DEVICES = {device.id: device for device in (STATION, STREET)}

TOWN = Zone(
    "town",
    {"en": "town"},
    100,
    pv_kwp=500.0,
    boundary=(("trafo.0.p_mw", 1.0),),
    hydro=("sgen.1.p_mw",),
    storage=("device.station_battery.p_mw",),
    pv_references=(("sgen.0.p_mw", 500.0),),
    loads=(0, 1, 2),
    pv_sgens=(0,),
)
QUARTER = Zone("quarter", {"en": "quarter"}, 40, pv_kwp=0.0, parent="town", boundary=(("trafo.1.p_mw", 1.0),), loads=(3,))

CHANNELS = [
    parse_channel(name, sigma=sigma, minimum=minimum, maximum=maximum)
    for name, sigma, minimum, maximum in (
        ("bus.1.vm_pu", 0.002, 0.5, 1.5),
        ("bus.2.p_mw", 1.0, -5.0, 5.0),
        ("bus.2.q_mvar", 1.0, -5.0, 5.0),
        ("trafo.0.p_mw", 1.0, -30.0, 30.0),
        ("trafo.0.q_mvar", 1.0, -30.0, 30.0),
        ("trafo.1.p_mw", 1.0, -2.0, 2.0),
        ("trafo.1.q_mvar", 1.0, -2.0, 2.0),
        ("sgen.0.p_mw", 1.0, -0.1, 1.0),
        ("sgen.1.p_mw", 1.0, -0.1, 1.0),
        ("device.station_battery.p_mw", 0.5, -1.0, 1.0),
    )
]


def limits(**changes) -> Limits:
    """A wide band on five buses; lines 100 %, transformers 100 %."""
    known = {"low": np.full(5, 0.9), "high": np.full(5, 1.1), "line": 100.0, "trafo": 100.0} | changes
    return Limits(known["low"], known["high"], known["line"], known["trafo"])


def proposal(device: Device, p_mw: float, *, steps: int = STEPS) -> Proposal:
    """The device at one power all day, instead of doing nothing."""
    bound = np.full(steps, 0.5)
    plan = np.full(steps, p_mw)
    alone = np.zeros(steps)
    return Proposal(device.id, NOW, plan, -bound, bound, alone, alone, 3, "peak", {}, 10.0, 0.9)


def horizon(load=(0.6, 0.3, 0.8, 0.2), pv=0.0, hydro=0.0) -> Outlooks:
    """Element powers of a day of equal quarter hours."""
    powers = np.tile(load, (STEPS, 1)), np.tile([pv, hydro], (STEPS, 1)), np.zeros((STEPS, 2))
    return Outlooks(*powers, np.full(STEPS, 100.0))
