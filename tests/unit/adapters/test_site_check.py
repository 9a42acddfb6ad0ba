"""Bad input: every fault at once with place, value, limit and remedy, and nothing written."""

import os

import pandapower as pp
import pytest

from twin.check import check_whole_site
from twin.site import site_path


def faults(path):
    return [str(problem) for problem in check_whole_site(path)[1]]


def test_demo_passes(demo):
    site, problems = check_whole_site("demo")
    assert problems == ()
    assert site.name == "demo"
    assert os.fspath(site.file) == os.fspath(site_path("demo"))


def test_a_good_small_site_passes(small):
    assert faults(small()) == []


BATTERY = """[[devices]]
group = "b"
id = "battery"
kind = "battery"
zone = "town"
buses = [99]
p_kw = 5
e_kwh = 10
efficiency = 0.9
feeds_in = true

[tariff]"""

CHARGER = """[[devices]]
group = "b"
id = "ev"
kind = "ev_charger"
zone = "town"
loads = [0]
p_kw = 11
e_kwh = 50
efficiency = 0.9
feeds_in = false

[tariff]"""


ROOF = """[[devices]]
group = "roof"
id = "roof"
kind = "pv_plant"
zone = "town"
sgens = [0]
kwp = 20
annual_mwh = 19
rights = { right = "guaranteed", price_chf_per_kwh = 0.1 }

[tariff]"""

PUMPS = """[[devices]]
group = "pumps"
id = "pumps"
kind = "heat_pumps"
zone = "town"
loads = [0]
p_kw = 3
ripple = { customers = 20, longest_block_h = 1.0, calls_per_day = 3, rest_h = 2.0, rebound_share = 0.9, rebound_h = 1.5 }
rights = { right = "contract", channel = "ripple", opted_out = [] }

[tariff]"""


def with_rights(right, channel):
    rights = f'rights = {{ right = "{right}", channel = "{channel}" }}'
    return BATTERY.replace("feeds_in = true", f"feeds_in = true\n{rights}")


SOC = """[[telemetry.channels]]
table = "device"
quantities = ["soc_percent"]
elements = ["battery"]
minimum = -5.0
maximum = 105.0

[[zones]]"""

STORAGE = 'storage = ["device.battery.soc_percent"]'

MIXED = """[[telemetry.channels]]
table = "market"
quantities = ["price_chf_per_kwh", "import_renewable_share"]
elements = ["site"]
minimum = -5.0
maximum = 2000.0

[[zones]]"""

STATION = """[[trafos]]
name = "station"
title = "Station"
index = 0
zone = "town"
sn_mva = 0.63
size = "distribution"
cooling = "ONAN"
paper = "normal"
hot_spot_limit_c = 120.0
top_oil_limit_c = 105.0
installed_year = 1990

[[boxes]]"""

BUILDING = ('kind = "site"', 'kind = "building"')
CONSENT = ("customers = 40\n", 'customers = 40\nconsent = "2026-05-01"\n')


def other_plants(*keys, channel="trafo.0.p_mw", also=""):
    """A zone with one plant of another carrier."""
    plant = ", ".join([f'channel = "{channel}"', "kw = 50.0", *keys])
    boundary = 'boundary = [{ channel = "trafo.0.p_mw" }]'
    return boundary, f"{boundary}\nother_plants = [{{ {plant} }}]\n{also}\n"


CONSENTED = """[[privacy.consents]]
plant = "{plant}"
owner = "the school board"
date = 2026-01-15
record = "file 12"
"""
HAMLET = """[[zones]]
name = "hamlet"
title = "Hamlet"
kind = "neighbourhood"
parent = "town"
customers = 41
holds = { behind_trafo = 0 }
boundary = [{ channel = "trafo.0.p_mw" }]
"""

BAD = {
    "'load_town' 2 times": (
        ('[[boxes]]\nname = "load_town"', '[[boxes]]\nname = "load_town"\nuse = "load"\n\n[[boxes]]\nname = "load_town"'),
    ),
    "trafo 7; expected a trafo of the grid; correct the index": (("elements = [0]", "elements = [0, 7]"),),
    "channel 'trafo.*.p_kw'": (('quantities = ["p_mw", "q_mvar"]', 'quantities = ["p_mw", "p_kw"]'),),
    "p_mw in kW; expected MW; convert the feed to MW": (
        ('quantities = ["p_mw", "q_mvar"]', 'quantities = ["p_mw"]\nunit = "kW"'),
    ),
    "sigma 0 of p_mw, q_mvar; expected above 0 [% of the value]": (("sigma = 1.0\n", ""),),
    "privacy k: 5; expected at least 15": (("[kpi]", "[privacy]\nk = 5\n\n[kpi]"),),
    "max_share: 0.3; expected at most 0.15": (("[kpi]", "[privacy]\nmax_share = 0.3\n\n[kpi]"),),
    "customers: 0; expected at least 1 customer": (("customers = 40\n", ""),),
    "consent: missing; expected its people's recorded consent": (
        ("customers = 40\n", 'customers = 40\nconsent = " "\n'),
        BUILDING,
    ),
    'of a site; expected consent of a zone of kind "building"': (CONSENT,),
    "device 'battery': bus 99; expected a bus of the grid": (("[tariff]", BATTERY),),
    "'Europe/Zurch'; expected an IANA time zone": (
        ('timezone = "Europe/Zurich"\nlatitude', 'timezone = "Europe/Zurch"\nlatitude'),
    ),
    "no such file; expected a pandapower JSON file": (('file = "grid.json"', 'file = "gird.json"'),),
    "channel 'trafo.1.p_mw'; expected a channel of [telemetry]": (("trafo.0.p_mw", "trafo.1.p_mw"),),
    "True; expected false: nothing behind this telemetry takes orders": (("[kpi]", "[orders]\nwrite = true\n\n[kpi]"),),
    "'evil:Box'; expected one of boxes_allowed load": (('use = "load"', 'use = "evil:Box"'),),
    "csv2; expected a folder": (('folder = "csv"', 'folder = "csv2"'),),
    "unknown key 'pvv' = 41; expected one of hydro, pv; did you mean 'pv'?": (("pv = 41", "pvv = 41"),),
    "co2_g_per_kwh pv: missing": ((", pv = 41", ""),),
    "channel 'trafo.0.q_mvar'; expected active power, p_mw": (("trafo.0.p_mw", "trafo.0.q_mvar"),),
    "channel 'trafo.0.p_mw' 2 times; expected every channel once": (
        ('[{ channel = "trafo.0.p_mw" }]', '[{ channel = "trafo.0.p_mw" }, { channel = "trafo.0.p_mw", sign = -1 }]'),
    ),
    "element '²'; expected an index of the grid; write the number": (("elements = [0]", 'elements = ["²"]'),),
    "element '0'; expected an index of the grid; write the number": (("elements = [0]", 'elements = ["0"]'),),
    "'trafo.0.p_mw' 2 times; expected every name once": (("elements = [0]", "elements = [0, 0]"),),
    "index: true; expected": (("[[boxes]]", STATION.replace("index = 0", "index = true")),),
    "index 0 2 times; expected one watch for a transformer": (
        ("[[boxes]]", STATION),
        ("[[boxes]]", STATION.replace('"station"', '"again"')),
    ),
    "unknown key 'bogus' = -3": (("[[boxes]]", STATION.replace("[[boxes]]", "thermal = { bogus = -3 }\n\n[[boxes]]")),),
    "group 'b' of battery and ev_charger; expected one kind": (("[tariff]", BATTERY), ("[tariff]", CHARGER)),
    "channel 'device.battery.soc_percent'; expected active power, p_mw": (
        ("[tariff]", BATTERY),
        ("[[zones]]", SOC),
        ('boundary = [{ channel = "trafo.0.p_mw" }]', 'boundary = [{ channel = "trafo.0.p_mw" }]\n' + STORAGE),
    ),
    "trafo 9; expected a trafo of the grid": (("holds = { everything = true }", "holds = { behind_trafo = 9 }"),),
    "price_chf_per_kwh [CHF/kWh], import_renewable_share [1]; expected quantities of one unit": (("[[zones]]", MIXED),),
    "maximum missing; expected the range of plausible values": (("maximum = 1.0\n", ""),),
    "minimum -100; expected no range for the power of devices": (
        ("[tariff]", BATTERY),
        ("[[zones]]", SOC.replace("soc_percent", "p_mw").replace("maximum = 105.0\n", "").replace("-5.0", "-100.0")),
    ),
    "'town' for bus 0; expected 'none', which holds it": (
        ("holds = { everything = true }", "holds = { behind_trafo = 0 }"),
        ("[tariff]", BATTERY.replace("99", "0")),
    ),
    '"guaranteed" over battery; expected kind "pv_plant"': (("[tariff]", with_rights("guaranteed", "direct")),),
    '"ripple" to battery; expected "direct"': (("[tariff]", with_rights("own", "ripple")),),
    '"direct" to heat_pumps; expected "ripple"': (("[tariff]", PUMPS.replace('"ripple"', '"direct"')),),
    "some of a ripple group; expected all of the group": (("[tariff]", PUMPS.replace("opted_out = []", "opted_out = [0]")),),
    "load 7; expected a load of the grid": (("[tariff]", PUMPS.replace("[0]", "[0, 7]", 1)),),
    "sgen 0; expected a sgen of the grid": (("[tariff]", ROOF),),
    "sgens 0 of pv_plant more than once": (("[tariff]", ROOF.replace("[0]", "[0, 0]")),),
    "a group of kind 'pv_plant' has no e_kwh": (("[tariff]", ROOF.replace("kwp = 20", "kwp = 20\ne_kwh = 3")),),
    "a group of kind 'pv_plant' needs annual_mwh": (("[tariff]", ROOF.replace("annual_mwh = 19\n", "")),),
    "site 'town'; expected a zone of kind \"plant\"": (("[kpi]", '[public]\nzone = "town"\nplant_zone = "town"\n\n[kpi]'),),
    "privacy plants: 2; expected at least 3 plants": (("[kpi]", "[privacy]\nplants = 2\n\n[kpi]"),),
    "privacy max_plant_share: 0.6; expected at most 0.5 (50%)": (("[kpi]", "[privacy]\nmax_plant_share = 0.6\n\n[kpi]"),),
    "plant: 'sgen.9.p_mw'; expected a channel in hydro, storage, pv_references or other_plants of a zone": (
        ("[kpi]", f"{CONSENTED.format(plant='sgen.9.p_mw')}\n[kpi]"),
    ),
    "largest_customer: missing; expected share, source and date of the largest customer": (
        ("[kpi]", '[public]\nzone = "town"\n\n[kpi]'),
    ),
    "formerly[0] joined: 41; expected at most its 40 customers": (
        ("customers = 40\n", "customers = 40\nformerly = [{ joined = 41, left = 0 }]\n"),
    ),
    "formerly[0]: 109; expected a table": (("customers = 40\n", "customers = 40\nformerly = [109]\n"),),
    "customers: 40; expected at least the 41 of the zones within": (("[[boxes]]", f"{HAMLET}\n[[boxes]]"),),
    **{
        f"channel 'trafo.0.p_mw' of zone 'hamlet'; expected a channel that {key} of zone 'town' around it has too; add it": (
            ("[[boxes]]", f"{HAMLET}{key} = [{plant}]\n\n[[boxes]]"),
        )
        for key, plant in {
            "hydro": '"trafo.0.p_mw"',
            "storage": '"trafo.0.p_mw"',
            "other_plants": '{ channel = "trafo.0.p_mw", carrier = "wind", kw = 50.0 }',
        }.items()
    },
    "co2_g_per_kwh: missing; expected grams of CO2 equivalent per kWh": (other_plants('carrier = "waste"'),),
    "co2_source: missing; expected whose figure it is, and its year": (
        other_plants('carrier = "waste"', "co2_g_per_kwh = 300.0"),
    ),
    "carrier: 'hydro'; expected one of wind, biomass": (other_plants('carrier = "hydro"'),),
    "carrier: 'wood'; expected one of wind, biomass": (other_plants('carrier = "wood"'),),
    "channel 'sgen.9.p_mw'; expected a channel of [telemetry]": (other_plants('carrier = "wind"', channel="sgen.9.p_mw"),),
    "channel 'trafo.0.p_mw'; expected no hydro plant or storage": (
        other_plants('carrier = "wind"', also='hydro = ["trafo.0.p_mw"]'),
    ),
    "import mix: 'green'; expected one of 'consumption' or 'production'": (("[kpi]", '[import]\nmix = "green"\n\n[kpi]'),),
    "unknown key 'simulated' = true": (("[kpi]", "[orders]\nsimulated = true\n\n[kpi]"),),
}


@pytest.mark.parametrize("expected", BAD)
def test_bad_input_is_named_with_place_and_remedy(small, expected):
    found = faults(small(*BAD[expected]))
    assert any(expected in fault for fault in found), found


def test_a_plant_with_another_power_than_in_the_grid_is_named(small):
    found = faults(small(("[tariff]", ROOF), change=lambda net: pp.create_sgen(net, 2, p_mw=0.0, sn_mva=0.03)))
    assert any("20 kWp; expected 30 kWp as in the grid, within 1 %" in fault for fault in found), found


def test_bus_without_supply_is_named(small):
    found = faults(small(change=lambda net: pp.create_bus(net, vn_kv=0.4)))
    assert any("no supply at bus 3" in fault for fault in found)


def test_grid_that_does_not_converge_is_refused(small):
    def overload(net):
        net.load["p_mw"] = 50.0  # kW read as MW

    found = faults(small(change=overload))
    assert any("no solution" in fault and "MW, not kW" in fault for fault in found)


def test_rating_that_contradicts_the_grid_is_named(small):
    assert any("0.63 MVA; expected 0.4 MVA as in the grid" in fault for fault in faults(small(("[[boxes]]", STATION))))


LINE = """[[telemetry.channels]]
table = "line"
quantities = ["i_ka"]
elements = [{index}]
minimum = 0.0
maximum = 1.0

[[lines]]
name = "feeder"
title = "Feeder"
index = {index}
kind = "{kind}"
rated_i_ka = {rated_i_ka}

[[boxes]]"""


@pytest.mark.parametrize(
    ("index", "kind", "rated_i_ka", "expected"),
    [
        (7, "cable", 0.27, "line 7; expected a line of the grid"),
        (0, "overhead", 0.27, '"overhead"; expected "cable" as in the grid'),
        (0, "cable", 0.5, "0.5 kA; expected 0.27 kA as in the grid"),
    ],
)
def test_watched_line_that_contradicts_the_grid_is_named(small, index, kind, rated_i_ka, expected):
    found = faults(small(("[[boxes]]", LINE.format(index=index, kind=kind, rated_i_ka=rated_i_ka))))
    assert any(expected in fault for fault in found), found


def test_a_level_without_a_voltage_band_is_named_with_its_buses(small):
    found = faults(small((", { up_to_kv = 36.0, vm_min_pu = 0.95, vm_max_pu = 1.05 }", "")))
    assert any("bands voltage: 20 kV at bus 0; expected a band; the highest ends at 1 kV" in fault for fault in found), found


def test_bad_csv_rows_are_part_of_the_check(small):
    found = faults(small(rows="2024-05-01T00:00:00,trafo.0.p_mw,lots\n"))
    assert any("day.csv:2" in fault for fault in found)


def test_a_grid_file_that_names_code_is_refused(small):
    path = small()
    grid = path.parent / "grid.json"
    hostile = '{"_module": "os", "_class": "system", "_object": "true"}'
    grid.write_text(grid.read_text().replace('"_object": {', f'"_object": {{"evil": {hostile}, ', 1))
    assert any("object os.system; expected plain data" in fault for fault in faults(path))
