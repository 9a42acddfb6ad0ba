"""A feeder with two stations alike: one has a normally-open tie on its low-voltage side, the other has none."""

from datetime import UTC, date, datetime

import numpy as np
import pandapower as pp
import pytest
import xarray as xr

from twin.contracts.ports import GridLimits
from twin.engines import make_engine
from twin.maintenance.ranking.assess import Known, own_classes
from twin.maintenance.ranking.outage_effects import outage_effects
from twin.maintenance.ranking.week import HOURS, Week
from twin.maintenance.register.asset import Asset
from twin.site.maintenance import Maintenance

LONELY, TIED, HELPER = 0, 1, 2
"""Transformers: without a tie, its twin with one, and the station on the tie's far side."""
TIE = 1
"""Switch of the tie."""


def village():
    """10 kV busbar, three stations of 400 kVA with 80 kW each; the low-voltage sides of two have a line between, open."""
    net = pp.create_empty_network()
    grid, bar = pp.create_bus(net, 110.0), pp.create_bus(net, 10.0)
    pp.create_ext_grid(net, grid)
    pp.create_transformer_from_parameters(
        net, grid, bar, sn_mva=10.0, vn_hv_kv=110.0, vn_lv_kv=10.0, vk_percent=10.0, vkr_percent=0.5, pfe_kw=5.0, i0_percent=0.1
    )
    low = []
    for _ in range(3):
        high, lv = pp.create_bus(net, 10.0), pp.create_bus(net, 0.4)
        pp.create_line(net, bar, high, length_km=0.5, std_type="NA2XS2Y 1x150 RM/25 6/10 kV")
        pp.create_transformer(net, high, lv, std_type="0.4 MVA 10/0.4 kV")
        pp.create_load(net, lv, p_mw=0.08, q_mvar=0.02)
        low.append(lv)
    tie = pp.create_line(net, low[1], low[2], length_km=0.1, std_type="NAYY 4x150 SE", parallel=2)
    pp.create_switch(net, low[1], tie, et="l", closed=True)
    pp.create_switch(net, low[2], tie, et="l", closed=False)
    return net


# The feeding transformer is index 0, the stations follow.
STATIONS = {LONELY: "trafo.1", TIED: "trafo.2", HELPER: "trafo.3"}


@pytest.fixture(scope="session")
def net():
    return village()


@pytest.fixture(scope="session")
def engine(net):
    return make_engine("batch", net)


@pytest.fixture(scope="session")
def week(net):
    """From Monday 00:00 UTC; at night each load is 40 kW, from 10 to 14 h UTC 160 kW, else 80 kW."""
    hour = np.arange(HOURS) % 24
    shape = np.where((hour >= 10) & (hour < 14), 0.16, np.where((hour < 6) | (hour >= 20), 0.04, 0.08))
    load = np.repeat(shape[:, None], len(net.load), axis=1)
    data = {"load_p_mw": (("time", "load"), load), "load_q_mvar": (("time", "load"), 0.25 * load)}
    return Week(datetime(2016, 2, 1, tzinfo=UTC), xr.Dataset(data), "last_week", HOURS)


TABLE = {
    "source": "figures of a test",
    "fleet": "fleet.csv",
    "horizon_years": 10,
    "discount_percent": 2.0,
    "pcb_limit_ppm": 50.0,
    "oil_kg_per_l": 0.88,
    "visit_years": 5.0,
    "values": {
        "interruption_chf": 8.0,
        "safety_chf": 250_000.0,
        "oil_chf_per_kg": 25.0,
        "pcb_chf_per_kg": 180.0,
        "gas_chf_per_kg": 900.0,
        "generation_chf_per_mwh": 90.0,
    },
    "crew": {"hours": {"electrician": 40.0}, "budget_chf": 50_000.0},
    "calendar": {"days": ["mon", "tue", "wed", "thu", "fri"], "hours": [7, 17], "holidays": False, "mobile_supply_mw": 0.0},
    "classes": {
        "mv_lv_transformer": {
            "switching_h": 1.0,
            "restoring_h": 6.0,
            "repair_h": 48.0,
            "spare_h": 8.0,
            "repair_chf": 9_000.0,
            "replace_chf": 28_000.0,
            "dangerous_share": 0.005,
            "oil_share": 0.3,
            "gas_kg": 0.0,
            "hidden_fault": 0.05,
            "fault_per_year": 0.1,
            "at_risk_limit_mw": 0.3,
            "second_per_year": 0.02,
            "second_h": 3.0,
        }
    },
    "actions": [
        {
            "action": "inspect",
            "kinds": ["mv_lv_transformer"],
            "causes": ["routine"],
            "cost_chf": 240.0,
            "crew_h": 2.0,
            "skill": "electrician",
            "duration_h": 2.0,
            "outage": False,
            "finds": 0.5,
            "mends": 0.6,
        },
        {
            "action": "replace",
            "kinds": ["mv_lv_transformer"],
            "causes": ["age", "inspection", "pcb"],
            "crew_h": 24.0,
            "skill": "electrician",
            "duration_h": 4.0,
            "outage": True,
            "renews": True,
            "cures_pcb": True,
        },
    ],
}


def table_of(**changes):
    return Maintenance.model_validate({**TABLE, **changes})


def asset_of(name, element, **changes):
    facts = {
        "row": 2,
        "asset": name,
        "kind": "mv_lv_transformer",
        "title": name,
        "element": element,
        "on_grid": bool(element),
        "maker": "",
        "model": "",
        "installed_year": 1970,
        "rating_mva": 0.4,
        "vn_kv": 10.0,
        "length_km": float("nan"),
        "inspections": (),
        "pcb_ppm": 0.0,
        "oil_l": 360.0,
        "spares": 0,
        "place": "",
        "customers": 60,
        "last_visit": date(2008, 5, 1),
        "parts": (),
    }
    return Asset(**{**facts, **changes})


@pytest.fixture(scope="session")
def limits():
    return GridLimits()


@pytest.fixture(scope="session")
def effects(engine, week, limits):
    return outage_effects(engine, sorted(STATIONS.values()), week, limits=limits)


@pytest.fixture(scope="session")
def known(effects):
    return Known(
        table=table_of(),
        lost_load_chf_per_kwh=15.0,
        as_of=datetime(2016, 1, 31, 23, tzinfo=UTC),
        customers=180,
        effects=effects,
    )


@pytest.fixture(scope="session")
def station_class():
    return own_classes(table_of())["mv_lv_transformer"]


@pytest.fixture(scope="session")
def make():
    """Makers of tables and assets, and the elements of the village."""
    return {"table": table_of, "asset": asset_of, "stations": STATIONS, "tie": TIE}
