"""A small made-up site with nine weeks of plausible telemetry: what `check_box` and every box's own tests run on.

Two zones ("town", which holds "neighbourhood"), two transformers, a cable, a hydro unit, five devices, every frame signal of
`SIGNALS`. The figures are smooth functions of time plus a hash of (seed, signal, element, time): any row can be made without
the others, so two views of one instant agree whatever was asked before. They resemble a town; they are nobody's measurements.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import xarray as xr

from twin.contracts import synthetic_facts as facts
from twin.contracts.box import BoxContext
from twin.contracts.frame import AsOfView, Frame, Layout
from twin.domain.chance import stream, uniform
from twin.domain.quality import Quality
from twin.domain.signals import OUTSIDE_SIGNALS, SIGNALS
from twin.domain.time import QUARTER_HOUR, QUARTER_HOUR_S, floor_quarter, quarter_hours, to_epoch_s

ZONES = ("town", "neighbourhood")
TRAFOS = ("main_1", "neighbourhood")
LINES = ("feeder",)
MACHINES = ("river_plant",)
DEVICES = ("battery_458", "battery_school", "ev_12", "pv_12", "pumps")
QUANTILES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
SCENARIOS = 10
NINE_WEEKS = 9 * 7 * 96
AS_OF = datetime(2016, 6, 15, 10, 0, tzinfo=UTC)
AHEAD_STEPS = 192
_SEED = 7

_ELEMENTS = {"zone": ZONES, "trafo": TRAFOS, "line": LINES, "machine": MACHINES, "device": DEVICES, "": ("",)}
_AHEAD_ONLY = (
    "load_forecast_p_mw",
    "pv_forecast_p_mw",
    "load_paths_p_mw",
    "pv_paths_p_mw",
    "renewable_share_forecast",
    "pv_share_forecast",
    "hydro_share_forecast",
    "import_share_forecast",
    "hot_spot_c",
    "top_oil_c",
    "ageing_rate",
    "line_rating_ka",
    "line_temp_c",
    "machine_severity",
    "machine_deviation",
    "grid_tariff_chf_per_kwh",
    "plan_p_mw",
    "device_mandate",
    "device_curtailed_mwh",
    "device_calls_left",
    "device_block_left_h",
)
_USED = {"device_curtailed_mwh": ("pv_12", 0.2), "device_calls_left": ("pumps", 2.0), "device_block_left_h": ("pumps", 1.0)}
"""What was used of the rights: signal -> device and its value, the same for all quarter hours ahead."""
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
            zones=facts.zones(),
            trafos=facts.trafos(),
            lines=facts.lines(),
            machines=facts.machines(),
            devices=facts.devices(),
            tariff=facts.tariff(),
            bands=facts.bands(),
            grid=facts.grid().to_bytes(),
            members=facts.members(),
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
        for name, of in (("load_paths_p_mw", "zone_load_p_mw"), ("pv_paths_p_mw", "zone_pv_p_mw")):
            signals[name] = self._paths(name, of, as_of, seconds)
        for name, (device, value) in _USED.items():
            values = np.full((len(seconds), 1), value)
            signals[name] = _labelled(name, values, as_of, seconds, coords={"device": [device]}, source="decide")
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

    def _paths(self, name: str, of: str, as_of: datetime, seconds: np.ndarray) -> xr.DataArray:
        middle = np.stack([_series(of, zone, seconds, self.seed + 1) for zone in ZONES], axis=-1)
        # From a tenth below to a tenth above, the outer ones half as probable as the others.
        factor = np.linspace(0.9, 1.1, SCENARIOS)[:, None]
        share = np.where(np.isin(np.arange(SCENARIOS), (0, SCENARIOS - 1)), 0.5, 1.0)
        paths = _labelled(
            name,
            middle[:, None, :] * factor,
            as_of,
            seconds,
            coords={"scenario": np.arange(SCENARIOS), "zone": list(ZONES)},
            source="box",
        )
        return paths.assign_coords(probability=("scenario", share / share.sum()))


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
    load_shape = 0.45 + 0.3 * np.sin(np.pi * day) ** 2
    load = load * (1.0 + 0.15 * np.cos(2 * np.pi * (year - 0.04))) * (1.0 + 0.03 * noise)
    generation = np.maximum(0.0, pv * sun * cloud)
    temp = 9.5 - 9.0 * np.cos(2 * np.pi * (year - 0.05)) - 4.0 * np.cos(2 * np.pi * (day - 0.1)) + noise
    plugged = (np.abs(np.mod(day - 0.05, 1.0) - 0.5) > 0.25).astype(float)
    storage = 0.1 * peak / 12.0 * np.sin(2 * np.pi * day)
    battery = 0.05 * np.sin(2 * np.pi * (day - 0.3))
    loading = 18.0 + 30.0 * np.sin(np.pi * day) ** 2 + 2.0 * noise
    river = 0.65 + 0.3 * np.sin(seconds / 86400.0 * 0.9)  # share of rated power that the river brings
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
        "machine_p_mw": 0.6 * river,
        "machine_vibration_mm_s": (0.5 + 0.4 * river) * (1.0 + 0.05 * noise),
        "machine_bearing_c": 30.0 + 0.3 * (temp - noise) + 20.0 * river + 0.5 * noise,
        "machine_crest_factor": 4.0 + 0.2 * noise,
        "machine_kurtosis": 3.1 + 0.2 * noise,
        "machine_envelope_ratio": 1.2 + 0.1 * noise,
        "machine_once_mm_s": (0.3 + 0.2 * river) * (1.0 + 0.05 * noise),
        "machine_twice_mm_s": (0.1 + 0.1 * river) * (1.0 + 0.05 * noise),
        "line_i_ka": 0.004 * loading,
        "wind_m_s": 2.5 + 1.5 * np.sin(2 * np.pi * day) + noise,
        "wind_degree": np.mod(230.0 + 60.0 * noise, 360.0),
        "trafo_top_oil_c": temp + 25.0 * (loading / 60.0) ** 1.6,
        "device_p_mw": _device_power(element, battery=battery, plugged=plugged, sun=sun * cloud, load=load_shape),
        "device_soc_percent": 50.0 - 30.0 * np.cos(2 * np.pi * (day - 0.3)),
        "device_available": plugged if element.startswith("ev") else np.ones(len(seconds)),
        "device_energy_required_mwh": 0.02 * plugged if element.startswith("ev") else np.zeros(len(seconds)),
        "device_departure_h": 8.0 * plugged if element.startswith("ev") else np.zeros(len(seconds)),
    }
    return np.asarray(table[signal], dtype=np.float64)


def _device_power(element: str, *, battery: np.ndarray, plugged: np.ndarray, sun: np.ndarray, load: np.ndarray) -> np.ndarray:
    """Power of a device [MW], drawing positive, dims (time,)."""
    if element == "pv_12":
        return -np.clip(0.03 * sun, 0.0, 0.03)
    if element == "pumps":
        return 0.04 * load
    return battery * plugged if element.startswith("ev") else battery


def _noise(signal: str, element: str, seconds: np.ndarray, seed: int) -> np.ndarray:
    """Uniform in -1..1, drawn from (seed, column, time)."""
    return 2.0 * uniform(stream(seed, signal, element), seconds) - 1.0
