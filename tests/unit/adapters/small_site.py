"""A small site of CSV telemetry on a grid of three buses, whole as it stands; tests change what they need."""

import pandapower as pp

RULES = """
[tariff]
source = "assumption"
energy_chf_per_kwh = 0.12
feed_in_chf_per_kwh = 0.08
grid_chf_per_kwh = { high = 0.12, low = 0.08 }
high_hours = [7, 20]
peak_chf_per_kw_month = 6.0
dynamic = { min_chf_per_kwh = 0.04, max_chf_per_kwh = 0.2 }

[bands]
voltage = [{ up_to_kv = 1.0, vm_min_pu = 0.94, vm_max_pu = 1.05 }, { up_to_kv = 36.0, vm_min_pu = 0.95, vm_max_pu = 1.05 }]

[kpi]
value_of_lost_load_chf_per_kwh = 15.0
co2_source = "IPCC AR5 WG III, annex III"
co2_year = 2014
co2_g_per_kwh = { hydro = 24, pv = 41 }
"""
"""What every site file must say of money and bands, whatever its grid."""
SMALL = (
    """
boxes_allowed = ["load"]

[site]
name = "small"
title = "A small town"
timezone = "Europe/Zurich"
latitude = 47.4
longitude = 8.5
country = "CH"
seed = 1

[grid]
source = "pandapower"
file = "grid.json"

[telemetry]
source = "csv"
folder = "csv"
timezone = "Europe/Zurich"

[[telemetry.channels]]
table = "trafo"
quantities = ["p_mw", "q_mvar"]
elements = [0]
sigma = 1.0
minimum = -1.0
maximum = 1.0

[[zones]]
name = "town"
title = "Town"
kind = "site"
customers = 40
holds = { everything = true }
boundary = [{ channel = "trafo.0.p_mw" }]

[[boxes]]
name = "load_town"
use = "load"
config = { zone = "town", engine = "day_type" }
"""
    + RULES
)


def small_net():
    """A 20 kV source, one transformer, two LV buses."""
    net = pp.create_empty_network()
    hv, lv, end = (pp.create_bus(net, vn_kv=vn_kv) for vn_kv in (20.0, 0.4, 0.4))
    pp.create_ext_grid(net, hv)
    pp.create_transformer(net, hv, lv, std_type="0.4 MVA 20/0.4 kV")
    pp.create_line(net, lv, end, length_km=0.1, std_type="NAYY 4x150 SE")
    pp.create_load(net, end, p_mw=0.05, q_mvar=0.01)
    return net
