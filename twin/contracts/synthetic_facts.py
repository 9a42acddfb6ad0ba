"""The facts of the made-up site: zones, transformers, devices, tariff, bands and a grid; nobody's real figures."""

from __future__ import annotations

import numpy as np

from twin.domain.grid import Grid


def zones() -> dict[str, dict[str, object]]:
    """Static facts of each zone."""
    south = {"tilt_deg": 30.0, "azimuth_deg": 180.0}
    return {
        "town": {
            "kind": "site",
            "parent": None,
            "customers": 9000,
            "pv_kwp": 5200.0,
            "pv_groups": [{**south, "kwp": 3200.0}, {"tilt_deg": 10.0, "azimuth_deg": 90.0, "kwp": 2000.0}],
        },
        "neighbourhood": {
            "kind": "neighbourhood",
            "parent": "town",
            "customers": 140,
            "pv_kwp": 205.0,
            "pv_groups": [{**south, "kwp": 205.0}],
        },
    }


def trafos() -> dict[str, dict[str, object]]:
    """Nameplate facts of each transformer."""
    # Limits of normal cyclic loading: IEC 60076-7:2018, table 2.
    limits = {"hot_spot_limit_c": 120.0, "top_oil_limit_c": 105.0, "ambient_surcharge_k": 0.0}
    return {
        "main_1": {
            **limits,
            "index": 0,
            "zone": "town",
            "sn_mva": 63.0,
            "size": "power",
            "cooling": "ONAF",
            "paper": "upgraded",
            "installed_year": 1994,
        },
        "neighbourhood": {
            **limits,
            "index": 1,
            "zone": "neighbourhood",
            "sn_mva": 0.4,
            "size": "distribution",
            "cooling": "ONAN",
            "paper": "normal",
            "installed_year": 1986,
        },
    }


def lines() -> dict[str, dict[str, object]]:
    """Nameplate facts of each watched line; the rest stands at typical values."""
    return {"feeder": {"index": 0, "kind": "cable", "zone": "town", "conductor_mm2": 240.0, "material": "aluminium"}}


def machines() -> dict[str, dict[str, object]]:
    """Facts of each rotating machine."""
    limits = {"vibration_class": "hydro_vertical_braced", "bearing_limits_c": [75.0, 85.0]}
    return {"river_plant": {**limits, "kind": "hydro", "index": 1, "zone": "town", "rated_mw": 0.6, "speed_rpm": 375.0}}


def devices() -> tuple[dict[str, object], ...]:
    """Two batteries, a charger, a plant that may be curtailed, a ripple group of heat pumps."""
    battery = {"kind": "battery", "table": "storage", "efficiency": 0.95, "zone": "neighbourhood"}
    car = {"kind": "ev_charger", "table": "load", "efficiency": 0.92, "zone": "neighbourhood"}
    plant = {"kind": "pv_plant", "table": "sgen", "efficiency": 1.0, "zone": "neighbourhood"}
    pumps = {"kind": "heat_pumps", "table": "load", "efficiency": 1.0, "zone": "neighbourhood"}
    agreed = {"customers": 20, "longest_block_h": 1.0, "calls_per_day": 3, "rest_h": 2.0}
    return (
        {**battery, **_size("battery_458", 0, -0.1, 0.1, e_max_mwh=0.2), "right_of_use": _right("own")},
        {**battery, **_size("battery_school", 1, -0.06, 0.06, e_max_mwh=0.12), "right_of_use": _right("contract")},
        {**car, **_size("ev_12", 0, 0.0, 0.022, e_max_mwh=0.06), "right_of_use": _right("contract")},
        {
            **plant,
            **_size("pv_12", 0, -0.03, 0.0, e_max_mwh=0.0),
            "right_of_use": _right("guaranteed"),
            "panels": {"kwp": 30.0, "annual_mwh": 29.0},
        },
        {
            **pumps,
            **_size("pumps", 0, 0.0, 0.06, e_max_mwh=0.0),
            "right_of_use": {**_right("contract"), "channel": "ripple"},
            "ripple": {**agreed, "rebound_share": 0.9, "rebound_h": 1.5},
            "elements": (0,),
            "shares": (1.0,),
        },
    )


def _size(name: str, element: int, p_min_mw: float, p_max_mw: float, *, e_max_mwh: float) -> dict[str, object]:
    return {
        "id": name,
        "group": name,
        "element": element,
        "bus": 2,
        "p_min_mw": p_min_mw,
        "p_max_mw": p_max_mw,
        "e_max_mwh": e_max_mwh,
        "dispatchable": True,
        "behind": None,
        "panels": None,
        "ripple": None,
        "elements": (),
        "shares": (),
    }


def _right(right: str) -> dict[str, object]:
    return {"right": right, "acceptance": "automatic", "price_chf_per_kwh": 0.02, "opt_out": False, "channel": "direct"}


def tariff() -> dict[str, object]:
    """The tariff's facts."""
    return {
        "energy_chf_per_kwh": 0.125,
        "feed_in_chf_per_kwh": 0.08,
        "grid_chf_per_kwh": {"high": 0.12, "low": 0.085},
        "high_hours": [7, 20],
        "peak_chf_per_kw_month": 6.5,
        "dynamic": {"min_chf_per_kwh": 0.04, "max_chf_per_kwh": 0.22},
        "source": "made up",
    }


def bands() -> dict[str, object]:
    """Voltage bands and loading limits."""
    return {
        "voltage": [
            {"up_to_kv": 1.0, "vm_min_pu": 0.94, "vm_max_pu": 1.05},
            {"up_to_kv": 36.0, "vm_min_pu": 0.95, "vm_max_pu": 1.05},
        ],
        "loading": {"line_percent": 100.0, "trafo_percent": 100.0},
    }


def grid() -> Grid:
    """Source, transformer, 20 kV line: three nodes, enough for arrays of the right kind and shape."""
    none, one = np.zeros(0, np.int64), np.zeros(1, np.int64)
    series = np.array([1 / (0.01 + 0.1j), 1 / (0.05 + 0.04j)])
    return Grid(
        name="synthetic",
        base_mva=1.0,
        node_vn_kv=np.array([110.0, 10.0, 10.0]),
        node_shunt=np.zeros(3, complex),
        bus=np.arange(3),
        bus_node=np.arange(3),
        bus_vn_kv=np.array([110.0, 10.0, 10.0]),
        source=one,
        source_node=one,
        source_vm_pu=np.ones(1),
        source_va_degree=np.zeros(1),
        branch_from=np.array([1, 0]),
        branch_to=np.array([2, 1]),
        branch_yff=series,
        branch_yft=-series,
        branch_ytf=-series,
        branch_ytt=series,
        line=one,
        line_branch=one,
        line_max_i_ka=np.array([0.4]),
        trafo=one,
        trafo_branch=one + 1,
        trafo_sn_mva=np.array([63.0]),
        trafo_vn_kv=np.array([[110.0, 10.0]]),
        trafo_hv_node=one,
        trafo_lv_node=one + 1,
        load=one,
        load_node=one + 2,
        load_scaling=np.ones(1),
        sgen=one,
        sgen_node=one + 2,
        sgen_scaling=np.ones(1),
        storage=none,
        storage_node=none,
        storage_scaling=np.zeros(0),
        load_share=np.zeros((1, 4)),
        sgen_share=np.zeros((1, 4)),
        trafo3w=none,
        trafo3w_branch=np.zeros((0, 3), np.int64),
        trafo3w_sn_mva=np.zeros((0, 3)),
        trafo3w_vn_kv=np.zeros((0, 3)),
        names={"line": ("Line 1",), "trafo": ("Main 1",), "bus": ("HV", "MV", "End")},
    )


def members() -> dict[str, dict[str, object]]:
    """The one load and the one plant of `grid` stand for the inner zone."""
    inner = {"element": [0], "zone": [next(name for name, zone in zones().items() if zone.get("parent"))], "weight": [1.0]}
    return {
        "load": inner | {"tan_phi": [0.2]},
        "pv": dict(inner),
        "hydro": {"element": [], "zone": [], "weight": []},
        "inverters": {"element": [0], "sn_mva": [0.3], "vm_pu": [0.92, 0.96, 1.05, 1.08], "share": [0.4, 0.0, 0.0, -0.4]},
    }
