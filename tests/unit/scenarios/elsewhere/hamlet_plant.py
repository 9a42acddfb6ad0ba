"""A hamlet on a grid of its own with a simulated plant: its elements bear names, its profiles are lent by SimBench."""

from pathlib import Path

import pandapower as pp

from tests.unit.adapters.small_site import RULES

CODE = "1-MVLV-urban-6.305-1-sw"
SITE = (
    """
[site]
name = "hamlet_plant"
title = "A hamlet"
timezone = "Europe/Zurich"
latitude = 47.4
longitude = 8.5
country = "CH"
seed = 1

[grid]
source = "pandapower"
file = "grid.json"
profiles = "1-MVLV-urban-6.305-1-sw"

[grid.overlay]
slack_vm_pu = 1.01
tap_pos = { 0 = 1 }

[grid.overlay.pv]
new = [{ bus = 2, kwp = 5.0, profile = "PV8" }]

[telemetry]
source = "plant"

[[telemetry.channels]]
table = "trafo"
quantities = ["p_mw", "q_mvar"]
elements = [0]
sigma = 1.0
minimum = -1.0
maximum = 1.0

[[telemetry.channels]]
table = "line"
quantities = ["p_mw"]
elements = [0, 1]
sigma = 1.0
minimum = -1.0
maximum = 1.0

[[telemetry.channels]]
table = "sgen"
quantities = ["p_mw"]
elements = [0, 1]
sigma = 1.0
minimum = -0.1
maximum = 0.1

[[telemetry.channels]]
table = "device"
quantities = ["p_mw"]
elements = ["kind:battery"]
sigma = 1.0

[[telemetry.channels]]
table = "market"
quantities = ["price_chf_per_kwh"]
elements = ["site"]
minimum = -1.0
maximum = 5.0

[[telemetry.channels]]
table = "market"
quantities = ["import_renewable_share"]
elements = ["site"]
minimum = 0.0
maximum = 1.0

[[telemetry.channels]]
table = "market"
quantities = ["import_co2_g_per_kwh"]
elements = ["site"]
minimum = 0.0
maximum = 1500.0

[[telemetry.silences]]
at = 2016-01-25T16:00:00+01:00
until = 2016-01-25T16:15:00+01:00
channels = ["line.0.*", "trafo.*"]

[[zones]]
name = "town"
title = "Town"
kind = "site"
customers = 40
holds = { everything = true }
boundary = [{ channel = "line.0.p_mw" }]
storage = ["device.battery_2.p_mw", "device.battery_3.p_mw"]
pv_kwp = 9.2
pv_references = [{ channel = "sgen.0.p_mw", kwp = 4.2 }]
pv_groups = [{ tilt_deg = 30, azimuth_deg = 180, kwp = 9.2 }]

[[devices]]
group = "batteries"
title = "Batteries"
id = "battery"
kind = "battery"
zone = "town"
buses = [2, 3]
p_kw = 5.0
e_kwh = 10.0
efficiency = 0.95
feeds_in = true
rights = { right = "contract", acceptance = "automatic", price_chf_per_kwh = 0.1, of = [3, 2] }

[plant]
heat_pumps = [{ load = 1, kw = 3.0 }]

[[plant.events]]
at = 2016-01-25T17:00:00+01:00
until = 2016-01-25T17:15:00+01:00
kind = "outage"
element = "line.1"
"""
    + RULES
)
SCENARIO = """
sites = ["hamlet_plant.toml"]

[scenario]
name = "hamlet_evening"
title = "An evening"
teaches = "That it travels"

[window]
start = 2016-01-25T18:00:00
hours = 0.75

[[outages]]
element = "line.1"
at = 18:15:00
until = 18:30:00

[[refusals]]
device = "battery_3"
at = 18:00:00

[[telemetry_lost]]
channels = ["line.1.p_mw", "*.q_mvar"]
at = 18:30:00
until = 18:45:00
"""


def hamlet_net(*, first: int = 0, feeder: str = "Feeder", drawn_back: bool = False):
    """Source, transformer, a feeder and a branch, two loads, a plant.

    Args:
        first: index of every table's last-made element; at home, 0, the made order. ``feeder``: name of the first line.
        drawn_back: the feeder runs from its end to the busbar.
    """
    net = pp.create_empty_network()
    bus = {}
    number = (lambda count: list(range(count))) if not first else (lambda count: [first + count - 1 - i for i in range(count)])
    for index, (name, vn_kv) in zip(number(4), (("Head", 20.0), ("Board", 0.4), ("Mill", 0.4), ("Farm", 0.4)), strict=True):
        bus[name] = int(pp.create_bus(net, vn_kv=vn_kv, name=name, index=index))
    pp.create_ext_grid(net, bus["Head"])
    pp.create_transformer(net, bus["Head"], bus["Board"], std_type="0.25 MVA 20/0.4 kV", name="Station", index=number(1)[0])
    ends = [(bus["Mill"], bus["Board"]) if drawn_back else (bus["Board"], bus["Mill"]), (bus["Mill"], bus["Farm"])]
    for index, (start, end), name in zip(number(2), ends, (feeder, "Branch"), strict=True):
        pp.create_line(net, start, end, length_km=0.1, std_type="NAYY 4x150 SE", name=name, index=index)
    for index, at, name in zip(number(2), ("Mill", "Farm"), ("LV6.305 Load 105", "LV6.305 Load 106"), strict=True):
        pp.create_load(net, bus[at], p_mw=0.02, q_mvar=0.005, name=name, index=index)
    pp.create_sgen(net, bus["Farm"], p_mw=0.0042, sn_mva=0.0042, type="PV", name="LV6.305 SGen 5", index=number(1)[0])
    return net


def hamlet(folder: Path) -> Path:
    """The scenario's file, beside its site and the site's grid."""
    pp.to_json(hamlet_net(), str(folder / "grid.json"))
    (folder / "hamlet_plant.toml").write_text(SITE, encoding="utf-8")
    (folder / "hamlet_evening.toml").write_text(SCENARIO, encoding="utf-8")
    return folder / "hamlet_evening.toml"
