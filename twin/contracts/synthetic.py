"""A small made-up site with nine weeks of plausible telemetry: what `check_box` and every box's own tests run on.

Two zones ("town", which holds "neighbourhood"), two transformers, three devices, every frame signal of `SIGNALS`. The
figures are smooth functions of time plus a hash of (seed, signal, element, time): any row can be made without the others,
so two views of one instant agree whatever was asked before. They resemble a town; they are nobody's measurements.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import xarray as xr

from twin.contracts.box import BoxContext
from twin.contracts.frame import AsOfView, Frame, Layout
from twin.domain.chance import stream, uniform
from twin.domain.grid import Grid
from twin.domain.quality import Quality
from twin.domain.signals import OUTSIDE_SIGNALS, SIGNALS
from twin.domain.time import QUARTER_HOUR, QUARTER_HOUR_S, floor_quarter, quarter_hours, to_epoch_s

ZONES = ("town", "neighbourhood")
TRAFOS = ("main_1", "neighbourhood")
DEVICES = ("battery_458", "battery_school", "ev_12")
QUANTILES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
NINE_WEEKS = 9 * 7 * 96
AS_OF = datetime(2016, 6, 15, 10, 0, tzinfo=UTC)
AHEAD_STEPS = 192
_SEED = 7

_ELEMENTS = {"zone": ZONES, "trafo": TRAFOS, "device": DEVICES, "": ("",)}
_AHEAD_ONLY = (
    "load_forecast_p_mw",
    "pv_forecast_p_mw",
    "hot_spot_c",
    "top_oil_c",
    "ageing_rate",
    "grid_tariff_chf_per_kwh",
    "plan_p_mw",
    "device_mandate",
)
# MW, by zone: evening peak of consumption, PV at 1,000 W/m2 and hydro.
_SIZE = {"town": (12.0, 4.0, 0.5), "neighbourhood": (0.25, 0.16, 0.0)}
_OBSERVED = tuple(signal for name, signal in SIGNALS.items() if name not in _AHEAD_ONLY)
SYNTHETIC_LAYOUT = Layout(tuple((signal.name, element) for signal in _OBSERVED for element in _ELEMENTS[signal.dim]))
"""Every signal that is observed or estimated, each with all of its elements."""


@dataclass(frozen=True)
class SyntheticSite:
    """The context and as many views of it as asked for; see the module.

    Attributes:
        rows: length of the history in quarter hours. ``timezone`` and place are those of Zurich.
    """

    rows: int = NINE_WEEKS
    seed: int = _SEED
    layout: Layout = SYNTHETIC_LAYOUT

    def context(self, instance: str = "box") -> BoxContext:
        """What a box may know of the site."""
        return BoxContext(
            instance=instance,
            seed=self.seed,
            timezone="Europe/Zurich",
            latitude=47.37,
            longitude=8.54,
            country="CH",
            subdivision="ZH",
            zones=_zones(),
            trafos=_trafos(),
            devices=_devices(),
            tariff=_tariff(),
            bands=_bands(),
            grid=_grid().to_bytes(),
        )

    def view(self, as_of: datetime = AS_OF, *, ahead: Mapping[str, xr.DataArray] | None = None) -> AsOfView:
        """What was known at ``as_of``: ``rows`` of history, weather, prices and the other boxes' forecasts ahead."""
        return AsOfView(as_of, self.frame(as_of), self.ahead(as_of) if ahead is None else ahead)

    def frame(self, as_of: datetime = AS_OF) -> Frame:
        """The history up to the last complete quarter hour, read-only."""
        start_s = to_epoch_s(floor_quarter(as_of)) - self.rows * QUARTER_HOUR_S
        seconds = start_s + np.arange(self.rows, dtype=np.int64) * QUARTER_HOUR_S
        values = np.stack([_series(signal, element, seconds, self.seed) for signal, element in self.layout.columns], axis=1)
        quality = np.zeros(values.shape, np.uint8)
        values.flags.writeable = quality.flags.writeable = False
        return Frame(self.layout, start_s, values, quality)

    def ahead(self, as_of: datetime = AS_OF) -> dict[str, xr.DataArray]:
        """Outside outlook, and what the other boxes would have said."""
        start = floor_quarter(as_of)
        seconds = to_epoch_s(start) + np.arange(AHEAD_STEPS, dtype=np.int64) * QUARTER_HOUR_S
        signals = {name: self._outlook(name, as_of, seconds) for name in OUTSIDE_SIGNALS}
        for name, of in (("load_forecast_p_mw", "zone_load_p_mw"), ("pv_forecast_p_mw", "zone_pv_p_mw")):
            signals[name] = self._forecast(name, of, as_of, seconds)
        price = _series("price_chf_per_kwh", "", seconds, self.seed) * 0.4
        signals["grid_tariff_chf_per_kwh"] = _labelled(
            "grid_tariff_chf_per_kwh", price, as_of, seconds, coords={}, source="box"
        )
        return signals

    def _outlook(self, name: str, as_of: datetime, seconds: np.ndarray) -> xr.DataArray:
        return _labelled(name, _series(name, "", seconds, self.seed + 1), as_of, seconds, coords={}, source="synthetic")

    def _forecast(self, name: str, of: str, as_of: datetime, seconds: np.ndarray) -> xr.DataArray:
        middle = np.stack([_series(of, zone, seconds, self.seed + 1) for zone in ZONES], axis=-1)
        band = 1.0 + 0.3 * (np.array(QUANTILES) - 0.5)
        return _labelled(
            name,
            middle[:, None, :] * band[:, None],
            as_of,
            seconds,
            coords={"quantile": list(QUANTILES), "zone": list(ZONES)},
            source="box",
        )


def with_gap(
    view: AsOfView, signal: str, *, rows: int, value: float | np.ndarray = np.nan, end: timedelta = timedelta(0)
) -> AsOfView:
    """``view`` with ``rows`` values of ``signal`` up to ``as_of - end`` replaced, NaN flagged invalid.

    Args:
        value: one for all elements, or one for each, dims (element,).
    """
    values, quality = view.frame.values.copy(), view.frame.quality.copy()
    last = len(values) - int(end / QUARTER_HOUR)
    first, positions = max(0, last - rows), view.frame.layout.positions(signal)
    values[first:last, positions] = value
    quality[first:last, positions] |= np.where(np.isnan(values[first:last, positions]), int(Quality.INVALID), 0).astype(
        np.uint8
    )
    values.flags.writeable = quality.flags.writeable = False
    return AsOfView(view.as_of, Frame(view.frame.layout, view.frame.start_s, values, quality), view.ahead)


def _labelled(
    name: str, values: np.ndarray, as_of: datetime, seconds: np.ndarray, *, coords: Mapping[str, object], source: str
) -> xr.DataArray:
    attrs = {"units": SIGNALS[name].unit, "issued_at": as_of.isoformat(), "source": source, "quality": int(Quality.FORECAST)}
    times = quarter_hours(floor_quarter(as_of), len(seconds))
    return xr.DataArray(values, dims=("time", *coords), coords={"time": times, **coords}, name=name, attrs=attrs)


# ---------------------------------------------------------------------------------------------- the figures


def _series(signal: str, element: str, seconds: np.ndarray, seed: int) -> np.ndarray:
    """Values of one column at the labels ``seconds``."""
    day = np.mod(seconds / 86400.0, 1.0)
    year = np.mod(seconds / (365.25 * 86400.0), 1.0)
    weekend = (np.mod(seconds // 86400 + 3, 7) >= 5).astype(float)  # 1970-01-01 was a Thursday
    noise = _noise(signal, element, seconds, seed)
    # Height of the sun as a share of the zenith: a bell by day, nothing at night, longer in June.
    sun = np.maximum(0.0, np.sin(2 * np.pi * (day - 0.27)) * 0.8 - 0.25 * np.cos(2 * np.pi * (year + 0.03)))
    cloud = 0.55 + 0.45 * np.sin(seconds / 86400.0 * 2.1) ** 2 + 0.1 * noise
    peak, pv, hydro = _SIZE.get(element, (0.0, 0.0, 0.0))
    load = peak * (0.45 + 0.3 * np.sin(np.pi * day) ** 2 + 0.2 * np.exp(-(((day - 0.75) / 0.08) ** 2)) - 0.06 * weekend)
    load = load * (1.0 + 0.15 * np.cos(2 * np.pi * (year - 0.04))) * (1.0 + 0.03 * noise)
    generation = np.maximum(0.0, pv * sun * cloud)
    temp = 9.5 - 9.0 * np.cos(2 * np.pi * (year - 0.05)) - 4.0 * np.cos(2 * np.pi * (day - 0.1)) + noise
    plugged = (np.abs(np.mod(day - 0.05, 1.0) - 0.5) > 0.25).astype(float)
    storage = 0.1 * peak / 12.0 * np.sin(2 * np.pi * day)
    battery = 0.05 * np.sin(2 * np.pi * (day - 0.3))
    loading = 18.0 + 30.0 * np.sin(np.pi * day) ** 2 + 2.0 * noise
    table = {
        "zone_net_p_mw": load + storage - generation - hydro,
        "zone_load_p_mw": load,
        "zone_pv_p_mw": generation,
        "zone_hydro_p_mw": np.full(len(seconds), hydro),
        "zone_storage_p_mw": storage,
        "temp_c": temp,
        "ghi_w_m2": np.maximum(0.0, 950.0 * sun * cloud),
        "price_chf_per_kwh": 0.12 + 0.05 * np.sin(2 * np.pi * (day - 0.45)) + 0.005 * noise,
        "import_renewable_share": np.clip(0.5 + 0.2 * sun + 0.02 * noise, 0.0, 1.0),
        "import_co2_g_per_kwh": 120.0 - 60.0 * sun + 5.0 * noise,
        "trafo_loading_percent": loading,
        "trafo_top_oil_c": temp + 25.0 * (loading / 60.0) ** 1.6,
        "device_p_mw": battery * plugged if element.startswith("ev") else battery,
        "device_soc_percent": 50.0 - 30.0 * np.cos(2 * np.pi * (day - 0.3)),
        "device_available": plugged if element.startswith("ev") else np.ones(len(seconds)),
        "device_energy_required_mwh": 0.02 * plugged if element.startswith("ev") else np.zeros(len(seconds)),
        "device_departure_h": 8.0 * plugged if element.startswith("ev") else np.zeros(len(seconds)),
    }
    return np.asarray(table[signal], dtype=np.float64)


def _noise(signal: str, element: str, seconds: np.ndarray, seed: int) -> np.ndarray:
    """Uniform in -1..1, drawn from (seed, column, time)."""
    return 2.0 * uniform(stream(seed, signal, element), seconds) - 1.0


# ---------------------------------------------------------------------------------------------- the facts


def _zones() -> dict[str, dict[str, object]]:
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


def _trafos() -> dict[str, dict[str, object]]:
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


def _devices() -> tuple[dict[str, object], ...]:
    battery = {"kind": "battery", "table": "storage", "efficiency": 0.95, "zone": "neighbourhood"}
    car = {"kind": "ev_charger", "table": "load", "efficiency": 0.92, "zone": "neighbourhood"}
    return (
        {**battery, **_size("battery_458", 0, -0.1, 0.1, e_max_mwh=0.2), "right_of_use": _right("own")},
        {**battery, **_size("battery_school", 1, -0.06, 0.06, e_max_mwh=0.12), "right_of_use": _right("contract")},
        {**car, **_size("ev_12", 0, 0.0, 0.022, e_max_mwh=0.06), "right_of_use": _right("contract")},
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
    }


def _right(right: str) -> dict[str, object]:
    return {"right": right, "acceptance": "automatic", "price_chf_per_kwh": 0.02, "opt_out": False, "channel": "direct"}


def _tariff() -> dict[str, object]:
    return {
        "energy_chf_per_kwh": 0.125,
        "feed_in_chf_per_kwh": 0.08,
        "grid_chf_per_kwh": {"high": 0.12, "low": 0.085},
        "high_hours": [7, 20],
        "peak_chf_per_kw_month": 6.5,
        "dynamic": {"min_chf_per_kwh": 0.04, "max_chf_per_kwh": 0.22},
        "source": "made up",
    }


def _bands() -> dict[str, object]:
    return {
        "voltage": [
            {"up_to_kv": 1.0, "vm_min_pu": 0.94, "vm_max_pu": 1.05},
            {"up_to_kv": 36.0, "vm_min_pu": 0.95, "vm_max_pu": 1.05},
        ],
        "loading": {"line_percent": 100.0, "trafo_percent": 100.0},
    }


def _grid() -> Grid:
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
        names={"line": ("Line 1",), "trafo": ("Main 1",), "bus": ("HV", "MV", "End")},
    )
