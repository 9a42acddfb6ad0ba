"""What tracing knows of a site, and a plant that is neither hydro nor photovoltaics."""

import math
from dataclasses import replace

import numpy as np
import pandapower as pp
import pytest
import xarray as xr

from twin.adapters.prepared import prepare
from twin.adapters.town_facts import town_facts
from twin.engines import make_engine
from twin.origin.book import Book
from twin.origin.ledger import NOTHING, Content, advanced
from twin.origin.town import Town
from twin.site import load_site


@pytest.fixture(scope="module")
def facts(demo_site, demo):
    return town_facts(demo_site, demo.zones, demo.storage.tolist())


def test_the_demo_town_is_the_root_and_its_quarter_is_within(facts):
    assert [zone.name for zone in facts.zones] == ["town", "neighbourhood"]
    assert facts.inside == {"town": (0, 1), "neighbourhood": (1,)}


def test_every_load_counts_in_the_smallest_zone_with_a_balance(facts):
    assert (len(facts.loads["town"]), len(facts.loads["neighbourhood"])) == (138, 112)


def test_every_metered_battery_keeps_a_ledger_of_its_own(facts):
    assert [kind for kind, _ in facts.sources] == ["pv", "hydro", *["storage"] * 9, "import"]
    assert facts.sources[2] == ("storage", "battery_community")


def test_storages_that_nobody_described_hold_no_more_after_a_year_than_a_battery_could(demo_site, demo):
    root, *others = demo.zones
    root = replace(root, storage=(*root.storage, "storage.99.p_mw"))
    store = town_facts(demo_site, [root, *others], demo.storage.tolist()).stores[-1]
    held, day = NOTHING, [(0.25, 0.0)] * 4 + [(0.0, 0.2)] * 4  # 1 MW for an hour, and 80 % of it back
    for charged, out in day * 365:
        held = advanced(
            held,
            charged=Content({"pv": charged}, 0.0, charged, 0.0),
            out_mwh=out,
            stored_mwh=math.nan,
            capacity_mwh=store.capacity_mwh,
            efficiency=store.efficiency,
            metered=False,
        )
    assert (store.id, store.efficiency**2) == ("", pytest.approx(0.85))
    assert held.total_mwh <= 4.0


def test_tracing_both_sides_of_the_demo_town_is_a_small_part_of_a_tick(facts, demo_site, demo_net, processor_s):
    model = make_engine("batch", demo_net).model()
    grid, columns = model.grid, demo_site.layout().columns
    state = model.solve(xr.Dataset(), want=("vm_pu", "va_degree")).isel(time=0)
    for table in ("load", "sgen", "storage"):
        p_mw = demo_net[table]["p_mw"].to_numpy() * getattr(grid, f"{table}_scaling")
        state = state.assign({f"{table}_p_mw": ((table,), p_mw)})
    row = np.full(len(columns), 0.5)
    town = Town(facts)
    assert town.pattern(grid, state).losses_mw > 0.0  # compiled, once for a topology

    def tick():
        for _ in ("ours", "the do-nothing twin's"):
            Book(facts, columns).write(0, town.pattern(grid, state), row)

    assert processor_s(tick) < 0.020


def test_plants_of_other_carriers_stand_with_their_part_and_their_factor_also_from_the_cache(small, tmp_path, monkeypatch):
    boundary = 'boundary = [{ channel = "trafo.0.p_mw" }]'
    plants = """other_plants = [
    { channel = "sgen.0.p_mw", carrier = "waste", kw = 300.0, co2_g_per_kwh = 250.0, co2_source = "its owner, 2024" },
    { channel = "sgen.1.p_mw", carrier = "wind", kw = 50.0 },
]"""
    telemetry = """[[telemetry.channels]]
table = "sgen"
quantities = ["p_mw"]
elements = [0, 1]
sigma = 1.0
minimum = -0.1
maximum = 1.0

[[zones]]"""

    def change(net):
        for bus in (1, 2):
            pp.create_sgen(net, bus, p_mw=0.0)

    monkeypatch.setenv("REGIE_CACHE", str(tmp_path / "prepared"))
    site = load_site(small((boundary, f"{boundary}\n{plants}"), ("[[zones]]", telemetry), change=change))
    first, cached = (town_facts(site, prepare(site).zones, []) for _ in range(2))
    assert first == cached
    waste, wind = first.others
    assert (waste.carrier, waste.sgens, waste.renewable, waste.co2_g_per_kwh) == ("waste", (0,), 0.5, 250.0)
    assert (wind.carrier, wind.sgens, wind.renewable, wind.co2_g_per_kwh) == ("wind", (1,), 1.0, 11.0)
    assert ("zone_other_p_mw", "town") in site.layout().columns
