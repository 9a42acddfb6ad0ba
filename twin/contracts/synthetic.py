"""A small made-up site with nine weeks of plausible telemetry: what `check_box` and every box's own tests run on.

Two zones ("town", which holds "neighbourhood"), two transformers, a cable, a hydro unit, five devices, every frame signal of
`SIGNALS`. The figures are smooth functions of time plus a hash of (seed, signal, element, time): any row can be made without
the others, so two views of one instant agree whatever was asked before. They resemble a town; they are nobody's measurements.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

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
    "other_share_forecast",
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


@dataclass(frozen=True)
class _Sky:
    """What all columns share at the labels ``seconds``: where day, year and sun stand, dims (time,)."""

    seconds: np.ndarray
    day: np.ndarray
    year: np.ndarray
    weekend: np.ndarray
    sun: np.ndarray
    haze: np.ndarray
    load_shape: np.ndarray
    plugged: np.ndarray
    river: np.ndarray

    @classmethod
    def at(cls, seconds: np.ndarray) -> _Sky:
        return _sky(int(seconds[0]), len(seconds)) if len(seconds) else _sky(0, 0)


@lru_cache(maxsize=16)
def _sky(start_s: int, steps: int) -> _Sky:
    seconds = start_s + np.arange(steps, dtype=np.int64) * QUARTER_HOUR_S
    day = np.mod(seconds / 86400.0, 1.0)
    year = np.mod(seconds / (365.25 * 86400.0), 1.0)
    return _Sky(
        seconds=seconds,
        day=day,
        year=year,
        weekend=(np.mod(seconds // 86400 + 3, 7) >= 5).astype(float),  # 1970-01-01 was a Thursday
        # Height of the sun as a share of the zenith: a bell by day, nothing at night, longer in June.
        sun=np.maximum(0.0, np.sin(2 * np.pi * (day - 0.27)) * 0.8 - 0.25 * np.cos(2 * np.pi * (year + 0.03))),
        haze=0.55 + 0.45 * np.sin(seconds / 86400.0 * 2.1) ** 2,
        load_shape=0.45 + 0.3 * np.sin(np.pi * day) ** 2,
        plugged=(np.abs(np.mod(day - 0.05, 1.0) - 0.5) > 0.25).astype(float),
        river=0.65 + 0.3 * np.sin(seconds / 86400.0 * 0.9),  # share of rated power that the river brings
    )


def _series(signal: str, element: str, seconds: np.ndarray, seed: int) -> np.ndarray:
    """Values of one column at the labels ``seconds``, quarter hours on end."""
    values = _COLUMNS[signal](_Column(_Sky.at(seconds), element, _noise(signal, element, seconds, seed)))
    return np.array(values, dtype=np.float64)


@dataclass(frozen=True)
class _Column:
    """One column's figures, each made when it is asked for, dims (time,)."""

    sky: _Sky
    element: str
    noise: np.ndarray

    @property
    def cloud(self) -> np.ndarray:
        return self.sky.haze + 0.1 * self.noise

    @property
    def load(self) -> np.ndarray:
        sky, peak = self.sky, _SIZE.get(self.element, (0.0, 0.0, 0.0))[0]
        evening = 0.2 * np.exp(-(((sky.day - 0.75) / 0.08) ** 2))
        load = peak * (sky.load_shape + evening - 0.06 * sky.weekend)
        return load * (1.0 + 0.15 * np.cos(2 * np.pi * (sky.year - 0.04))) * (1.0 + 0.03 * self.noise)

    @property
    def generation(self) -> np.ndarray:
        return np.maximum(0.0, _SIZE.get(self.element, (0.0, 0.0, 0.0))[1] * self.sky.sun * self.cloud)

    @property
    def hydro(self) -> np.ndarray:
        return np.full(len(self.noise), _SIZE.get(self.element, (0.0, 0.0, 0.0))[2])

    @property
    def storage(self) -> np.ndarray:
        return 0.1 * _SIZE.get(self.element, (0.0, 0.0, 0.0))[0] / 12.0 * np.sin(2 * np.pi * self.sky.day)

    @property
    def temp(self) -> np.ndarray:
        yearly, daily = (np.cos(2 * np.pi * part) for part in (self.sky.year - 0.05, self.sky.day - 0.1))
        return 9.5 - 9.0 * yearly - 4.0 * daily + self.noise

    @property
    def loading(self) -> np.ndarray:
        return 18.0 + 30.0 * np.sin(np.pi * self.sky.day) ** 2 + 2.0 * self.noise

    @property
    def car_here(self) -> np.ndarray:
        return self.sky.plugged if self.element.startswith("ev") else np.zeros(len(self.noise))

    @property
    def device_power(self) -> np.ndarray:
        """Power of a device [MW], drawing positive."""
        if self.element == "pv_12":
            return -np.clip(0.03 * (self.sky.sun * self.cloud), 0.0, 0.03)
        if self.element == "pumps":
            return 0.04 * self.sky.load_shape
        battery = 0.05 * np.sin(2 * np.pi * (self.sky.day - 0.3))
        return battery * self.sky.plugged if self.element.startswith("ev") else battery


_COLUMNS: Mapping[str, Callable[[_Column], np.ndarray]] = {
    "zone_net_p_mw": lambda c: c.load + c.storage - c.generation - c.hydro,
    "zone_load_p_mw": lambda c: c.load,
    "zone_pv_p_mw": lambda c: c.generation,
    "zone_hydro_p_mw": lambda c: c.hydro,
    "zone_other_p_mw": lambda c: np.zeros(len(c.noise)),
    "zone_storage_p_mw": lambda c: c.storage,
    "temp_c": lambda c: c.temp,
    "ghi_w_m2": lambda c: np.maximum(0.0, 950.0 * c.sky.sun * c.cloud),
    "price_chf_per_kwh": lambda c: 0.12 + 0.05 * np.sin(2 * np.pi * (c.sky.day - 0.45)) + 0.005 * c.noise,
    "import_renewable_share": lambda c: np.clip(0.5 + 0.2 * c.sky.sun + 0.02 * c.noise, 0.0, 1.0),
    "import_co2_g_per_kwh": lambda c: 120.0 - 60.0 * c.sky.sun + 5.0 * c.noise,
    "trafo_loading_percent": lambda c: c.loading,
    "machine_p_mw": lambda c: 0.6 * c.sky.river,
    "machine_vibration_mm_s": lambda c: (0.5 + 0.4 * c.sky.river) * (1.0 + 0.05 * c.noise),
    "machine_bearing_c": lambda c: 30.0 + 0.3 * (c.temp - c.noise) + 20.0 * c.sky.river + 0.5 * c.noise,
    "machine_crest_factor": lambda c: 4.0 + 0.2 * c.noise,
    "machine_kurtosis": lambda c: 3.1 + 0.2 * c.noise,
    "machine_envelope_ratio": lambda c: 1.2 + 0.1 * c.noise,
    "machine_once_mm_s": lambda c: (0.3 + 0.2 * c.sky.river) * (1.0 + 0.05 * c.noise),
    "machine_twice_mm_s": lambda c: (0.1 + 0.1 * c.sky.river) * (1.0 + 0.05 * c.noise),
    "line_i_ka": lambda c: 0.004 * c.loading,
    "wind_m_s": lambda c: 2.5 + 1.5 * np.sin(2 * np.pi * c.sky.day) + c.noise,
    "wind_degree": lambda c: np.mod(230.0 + 60.0 * c.noise, 360.0),
    "trafo_top_oil_c": lambda c: c.temp + 25.0 * (c.loading / 60.0) ** 1.6,
    "device_p_mw": lambda c: c.device_power,
    "device_soc_percent": lambda c: 50.0 - 30.0 * np.cos(2 * np.pi * (c.sky.day - 0.3)),
    "device_available": lambda c: c.sky.plugged if c.element.startswith("ev") else np.ones(len(c.noise)),
    "device_energy_required_mwh": lambda c: 0.02 * c.car_here,
    "device_departure_h": lambda c: 8.0 * c.car_here,
}


def _noise(signal: str, element: str, seconds: np.ndarray, seed: int) -> np.ndarray:
    """Uniform in -1..1, drawn from (seed, column, time)."""
    return 2.0 * uniform(stream(seed, signal, element), seconds) - 1.0
