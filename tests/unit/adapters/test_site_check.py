"""Bad input: every fault at once with place, value, limit and remedy, and nothing written."""

import os

import pandapower as pp
import pytest

from twin.adapters.site_check import check_site
from twin.site import site_path

SMALL = """
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
config = { zone = "town" }

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
co2_g_per_kwh = { hydro = 24 }
"""


def small_net():
    """A 20 kV source, one transformer, two LV buses."""
    net = pp.create_empty_network()
    hv, lv, end = (pp.create_bus(net, vn_kv=vn_kv) for vn_kv in (20.0, 0.4, 0.4))
    pp.create_ext_grid(net, hv)
    pp.create_transformer(net, hv, lv, std_type="0.4 MVA 20/0.4 kV")
    pp.create_line(net, lv, end, length_km=0.1, std_type="NAYY 4x150 SE")
    pp.create_load(net, end, p_mw=0.05, q_mvar=0.01)
    return net


@pytest.fixture
def small(tmp_path):
    """Writes a small site; arguments are replacements in its file and a change to its grid."""

    def write(*replacements, change=None, rows="2024-05-01T00:00:00,trafo.0.p_mw,0.05\n"):
        text = SMALL
        for old, new in replacements:
            assert old in text, old
            text = text.replace(old, new, 1)
        net = small_net()
        if change is not None:
            change(net)
        pp.to_json(net, str(tmp_path / "grid.json"))
        (tmp_path / "csv").mkdir(exist_ok=True)
        (tmp_path / "csv" / "day.csv").write_text("time,channel,value\n" + rows, encoding="utf-8")
        (tmp_path / "small.toml").write_text(text, encoding="utf-8")
        return tmp_path / "small.toml"

    return write


@pytest.fixture(autouse=True)
def nothing_is_written(tmp_path, monkeypatch, request):
    """Every check leaves the cache folder untouched; the demo's own test uses the real cache and only reads it."""
    if "small" not in request.fixturenames:
        yield
        return
    cache = tmp_path / "cache"
    monkeypatch.setenv("REGIE_CACHE", str(cache))
    yield
    assert not cache.exists()


def faults(path):
    return [str(problem) for problem in check_site(path)[1]]


def test_demo_passes(demo):
    site, problems = check_site("demo")
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

BAD = {
    "'load_town' 2 times": (
        ('[[boxes]]\nname = "load_town"', '[[boxes]]\nname = "load_town"\nuse = "load"\n\n[[boxes]]\nname = "load_town"'),
    ),
    "trafo 7; expected a trafo of the grid; correct the index": (("elements = [0]", "elements = [0, 7]"),),
    "channel 'trafo.0.p_kw'": (('quantities = ["p_mw", "q_mvar"]', 'quantities = ["p_mw", "p_kw"]'),),
    "p_mw in kW; expected MW; convert the feed to MW": (
        ('quantities = ["p_mw", "q_mvar"]', 'quantities = ["p_mw"]\nunit = "kW"'),
    ),
    "privacy k: 5; expected at least 15": (("[kpi]", "[privacy]\nk = 5\n\n[kpi]"),),
    "max_share: 0.3; expected at most 0.15": (("[kpi]", "[privacy]\nmax_share = 0.3\n\n[kpi]"),),
    "customers: 0; expected at least 1 customer": (("customers = 40\n", ""),),
    "device 'battery': bus 99; expected a bus of the grid": (("[tariff]", BATTERY),),
    "'Europe/Zurch'; expected an IANA time zone": (
        ('timezone = "Europe/Zurich"\nlatitude', 'timezone = "Europe/Zurch"\nlatitude'),
    ),
    "no such file; expected a pandapower JSON file": (('file = "grid.json"', 'file = "gird.json"'),),
    "channel 'trafo.1.p_mw'; expected a channel of [telemetry]": (("trafo.0.p_mw", "trafo.1.p_mw"),),
    "True; expected false: nothing behind this telemetry takes orders": (("[kpi]", "[orders]\nwrite = true\n\n[kpi]"),),
    "'evil:Box'; expected one of boxes_allowed ['load']": (('use = "load"', 'use = "evil:Box"'),),
    "csv2; expected a folder": (('folder = "csv"', 'folder = "csv2"'),),
}


@pytest.mark.parametrize("expected", BAD)
def test_bad_input_is_named_with_place_and_remedy(small, expected):
    found = faults(small(*BAD[expected]))
    assert any(expected in fault for fault in found), found


def test_faults_of_keys_names_and_grid_come_together(small):
    found = "\n".join(
        faults(
            small(
                ("seed = 1", "seed = 1\nsede = 2"), ("elements = [0]", "elements = [0, 7]"), ("customers = 40", "customers = 0")
            )
        )
    )
    for part in ("did you mean 'seed'?", "trafo 7", "customers"):
        assert part in found


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
