"""A small synthetic town for the flexibility box: a neighbourhood behind 400 kVA, batteries, cars, a winter evening."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import xarray as xr

from twin.contracts.box import BoxContext
from twin.contracts.frame import AsOfView, Frame, Layout
from twin.domain.time import QUARTER_HOUR, quarter_hours, to_epoch_s

AHEAD = 192  # quarter hours that forecasts reach
LEVELS = (0.1, 0.3, 0.5, 0.7, 0.9)
NOON = datetime(2016, 1, 25, 15, 0, tzinfo=UTC)  # 16 h local time on a Monday in January
TARIFF = {
    "energy_chf_per_kwh": 0.125,
    "feed_in_chf_per_kwh": 0.08,
    "grid_chf_per_kwh": {"high": 0.12, "low": 0.085},
    "high_hours": (7, 20),
    "peak_chf_per_kw_month": 6.5,
}


def right(kind="contract", *, opt_out=False, price=0.05):
    return {
        "right": kind,
        "acceptance": "automatic",
        "price_chf_per_kwh": price,
        "opt_out": opt_out,
        "channel": "direct",
    }


def _dispatchable(use):
    return use["right"] != "none" and not use["opt_out"]


def battery(name, *, p_mw=0.005, e_mwh=0.01, zone="neighbourhood", use=None):
    return {
        "id": name, "kind": "battery", "group": "batteries", "table": "storage", "element": 0, "bus": 1, "zone": zone,
        "p_min_mw": -p_mw, "p_max_mw": p_mw, "e_max_mwh": e_mwh, "efficiency": 0.95, "right_of_use": use or right(),
    }  # fmt: skip


def car(name, *, p_mw=0.011, zone="neighbourhood", use=None):
    return {
        "id": name, "kind": "ev_charger", "group": "cars", "table": "load", "element": 0, "bus": -1, "zone": zone,
        "p_min_mw": 0.0, "p_max_mw": p_mw, "e_max_mwh": 0.05, "efficiency": 0.92, "right_of_use": use or right(),
    }  # fmt: skip


def winter_evening(hour_of_day: np.ndarray, *, base_mw=0.30, top_mw=0.427) -> np.ndarray:
    """Neighbourhood load with a peak at 18 h local: above 379 kW for under two hours, about 57 kW and 99 kWh too much."""
    return base_mw + (top_mw - base_mw) * np.exp(-(((hour_of_day - 18.0) / 1.3) ** 2))


@dataclass
class Town:
    """Parts of a view; change them, then ask for `view` and `context`."""

    as_of: datetime = NOON
    devices: list = field(default_factory=lambda: [battery(f"bat_{i}") for i in range(8)] + [car(f"car_{i}") for i in range(8)])
    soc_percent: float = 60.0
    required_mwh: float = 0.010
    departure_h: float = 15.0
    limited_load_mw: np.ndarray | None = None
    spread: float = 0.0
    sun_mw: float = 0.0
    prices: np.ndarray | None = None
    refused: tuple = ()
    loading_percent: float = 85.0
    usual_car_mw: float = 0.0  # what every car drew from 17 to 19 h local time on every past day

    def local_hours(self) -> np.ndarray:
        first = (self.as_of + timedelta(hours=1)).hour + self.as_of.minute / 60.0
        return (first + 0.25 * np.arange(AHEAD)) % 24

    def context(self) -> BoxContext:
        return BoxContext(
            instance="flexibility", seed=1, timezone="Europe/Zurich", latitude=47.4, longitude=8.5, country="CH",
            subdivision="ZH",
            zones={
                "town": {"customers": 10000, "kwp": 30000.0, "parent": None},
                "neighbourhood": {"customers": 112, "kwp": 380.0, "parent": "town"},
            },
            trafos={"station": {"index": 2, "sn_mva": 0.4, "zone": "neighbourhood"}},
            devices=tuple({**d, "dispatchable": _dispatchable(d["right_of_use"])} for d in self.devices), tariff=TARIFF,
            bands={"voltage": [], "loading": {"line_percent": 100.0, "trafo_percent": 100.0}}, grid=b"",
        )  # fmt: skip

    def load_mw(self) -> np.ndarray:
        return winter_evening(self.local_hours()) if self.limited_load_mw is None else np.resize(self.limited_load_mw, AHEAD)

    def view(self) -> AsOfView:
        times = quarter_hours(self.as_of, AHEAD)
        z = np.array([-1.28, -0.52, 0.0, 0.52, 1.28])  # a normal band around the median, spread = one deviation
        near = self.load_mw()[None, :] + self.spread * z[:, None]
        town = 15.0 + 3.0 * np.sin((self.local_hours() - 12.0) / 24 * 2 * np.pi) + 10.0 * self.spread * z[:, None]
        sun = np.clip(np.sin((self.local_hours() - 6.0) / 12 * np.pi), 0.0, None)
        ahead = {
            "load_forecast_p_mw": self._zones(times, town, near, ("time", "quantile", "zone")),
            "pv_forecast_p_mw": self._zones(times, 80 * self.sun_mw * sun + 0 * town, self.sun_mw * sun + 0 * near, None),
        }
        if self.prices is not None:
            ahead["price_chf_per_kwh"] = xr.DataArray(
                self.prices, dims=("time",), coords={"time": times[: len(self.prices)]}, attrs=self._issued()
            )
        if self.refused:
            allowed = np.ones((AHEAD, len(self.refused)))
            allowed[:] = 0.0
            ahead["device_mandate"] = xr.DataArray(
                allowed, dims=("time", "device"), coords={"time": times, "device": list(self.refused)}, attrs=self._issued()
            )
        return AsOfView(self.as_of, self._frame(), ahead)

    def _issued(self) -> dict[str, str]:
        return {"issued_at": self.as_of.isoformat()}

    def _zones(self, times, town, near, order):
        array = xr.DataArray(
            np.stack([town, near]),
            dims=("zone", "quantile", "time"),
            coords={"zone": ["town", "neighbourhood"], "quantile": list(LEVELS), "time": times},
            attrs={"issued_at": self.as_of.isoformat(), "units": "MW"},
        )
        return array.transpose("time", "quantile", "zone") if order else array

    def _frame(self) -> Frame:
        columns = [("zone_net_p_mw", "town"), ("zone_net_p_mw", "neighbourhood"), ("trafo_loading_percent", "station")]
        last = [21.0, 0.323, self.loading_percent]
        for device in self.devices:
            columns += [("device_p_mw", device["id"]), ("device_available", device["id"])]
            last += [0.0, 1.0]
            if device["kind"] == "battery":
                columns.append(("device_soc_percent", device["id"]))
                last.append(self.soc_percent)
            else:
                columns += [("device_energy_required_mwh", device["id"]), ("device_departure_h", device["id"])]
                last += [self.required_mwh, self.departure_h]
        rows = 15 * 96
        values = np.tile(np.array(last), (rows, 1))
        hour = np.tile(self.local_hours()[:96], 15)
        for at, (signal, name) in enumerate(columns):
            if signal == "device_p_mw" and name.startswith("car"):
                values[:, at] = np.where((hour >= 17) & (hour < 19), self.usual_car_mw, 0.0)
        start = to_epoch_s(self.as_of - rows * QUARTER_HOUR)
        return Frame(Layout(tuple(columns)), start, values, np.zeros(values.shape, dtype=np.uint8))


@pytest.fixture
def town():
    return Town


@pytest.fixture
def make_battery():
    return battery


@pytest.fixture
def make_car():
    return car


@pytest.fixture
def make_right():
    return right
