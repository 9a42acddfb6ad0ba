"""A synthetic town for the forecast tests: daily and weekly load, a cloudy sky, noise as a hash of (channel, time)."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import xarray as xr

from forecasts.past import Place
from forecasts.series import Series
from twin.contracts.box import BoxContext
from twin.contracts.frame import AsOfView, Frame, Layout
from twin.domain.quality import Quality
from twin.domain.time import quarter_hours, to_epoch_s

LATITUDE, LONGITUDE = 53.647, 11.372
GROUPS = (
    {"tilt_deg": 35.0, "azimuth_deg": 210.0, "kwp": 3000.0},
    {"tilt_deg": 25.0, "azimuth_deg": 120.0, "kwp": 1000.0},
)

PLANES = tuple((g["tilt_deg"], g["azimuth_deg"], g["kwp"]) for g in GROUPS)
ZURICH = Place("Europe/Zurich", "CH", "ZH", LATITUDE, LONGITUDE)


def context(timezone="Europe/Zurich", zones=None):
    zones = zones or {"town": {"customers": 10_000, "pv_groups": list(GROUPS)}}
    return BoxContext("box", 7, timezone, LATITUDE, LONGITUDE, "CH", "ZH", zones, {}, (), {}, {}, b"")


def noise(labels, channel):
    """Standard normal-ish noise, a function of channel and time alone."""
    seed = int.from_bytes(hashlib.sha256(channel.encode()).digest()[:8], "little")
    x = labels.astype("datetime64[s]").astype(np.uint64) + np.uint64(seed)
    with np.errstate(over="ignore"):
        total = np.zeros(len(x))
        for _ in range(4):
            x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            x ^= x >> np.uint64(31)
            total += x.astype(np.float64) / 2**64 - 0.5
    return total * np.sqrt(3.0)


def slow(labels, channel, hours):
    """Noise with an exponential memory of ``hours`` and unit variance; the same at a label whatever the window."""
    burn_in = int(32 * hours)
    first = labels[0] - np.timedelta64(15, "m") * burn_in
    white = noise(first + np.timedelta64(15, "m") * np.arange(burn_in + len(labels)), channel)
    a = np.exp(-0.25 / hours)
    out = np.empty(len(white))
    level = 0.0
    for i, v in enumerate(white):
        level = a * level + np.sqrt(1.0 - a * a) * v
        out[i] = level
    return out[burn_in:]


def load_mw(labels, timezone="Europe/Zurich"):
    """About 12 MW: two daily bumps, quiet weekends, an error that persists for some hours, a little white noise."""
    local = pd.DatetimeIndex(labels).tz_localize("UTC").tz_convert(timezone)
    hour = np.asarray(local.hour + local.minute / 60.0)
    weekend = np.asarray(local.dayofweek) >= 5
    bumps = 3.0 * np.exp(-(((hour - 8.0) / 2.5) ** 2)) + 4.0 * np.exp(-(((hour - 19.0) / 2.5) ** 2))
    shape = 9.0 + bumps * np.where(weekend, 0.7, 1.0) - 1.5 * weekend
    return shape + 0.5 * slow(labels, "load.slow", 6.0) + 0.05 * noise(labels, "load.white")


def frame(values, start, quality=None):
    """A frame of the given columns ``(signal, element) -> (time,)``."""
    layout = Layout(tuple(values))
    table = np.column_stack([values[column] for column in layout.columns])
    flags = np.zeros(table.shape, dtype=np.uint8) if quality is None else quality
    flags = np.where(np.isnan(table), np.uint8(Quality.INVALID), flags).astype(np.uint8)
    return Frame(layout, to_epoch_s(start), table, flags)


def load_view(end, days=62, edit=None, as_of=None):
    """Load history up to ``end``, read there or at ``as_of`` within the quarter hour that begins then.

    Args:
        edit: may punch holes into (labels, values).
    """
    start = end - timedelta(days=days)
    labels = quarter_hours(start, int((end - start) / timedelta(minutes=15)))
    values = load_mw(labels)
    if edit is not None:
        values = edit(labels, values)
    return AsOfView(as_of or end, frame({("zone_load_p_mw", "town"): values}, start))


def temp_c(labels):
    """A winter that is mild until 17 January 2016, then 9 K colder within two days."""
    days = (labels - np.datetime64("2016-01-18")) / np.timedelta64(1, "D")
    daily = 2.0 * np.sin(2.0 * np.pi * (days - 0.375))
    return 4.0 - 9.0 * np.clip(days / 2.0, 0.0, 1.0) + daily + 1.5 * slow(labels, "temp", 30.0)


def heated_mw(labels):
    """The town's load with heat pumps: 0.2 MW for each degree that the mean of the last half day lies below 15."""
    back = 47
    early = labels[0] - np.timedelta64(15, "m") * np.arange(back, 0, -1)
    behind = np.convolve(temp_c(np.concatenate([early, labels])), np.full(back + 1, 1.0 / (back + 1)), mode="valid")
    return load_mw(labels) + 0.2 * np.maximum(15.0 - behind, 0.0)


def heated_view(as_of, days=62, degrees=0.0, edit=None):
    """History of heated town and weather up to ``as_of``, and a forecast of the temperature that errs by ``degrees``."""
    start = as_of - timedelta(days=days)
    past = int((as_of - start) / timedelta(minutes=15))
    labels = quarter_hours(start, past + 192)
    temp = temp_c(labels)
    known = temp[:past] if edit is None else edit(labels[:past], temp[:past])
    columns = {("zone_load_p_mw", "town"): heated_mw(labels[:past]), ("temp_c", ""): known}
    return AsOfView(as_of, frame(columns, start), {"temp_c": outlook("temp_c", as_of, temp[past:] + degrees, "degC")})


def instant(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def outlook(signal, as_of, values, unit):
    labels = quarter_hours(as_of, len(values))
    return xr.DataArray(values, dims=("time",), coords={"time": labels}, attrs={"units": unit, "issued_at": as_of.isoformat()})


def sky_index(labels):
    """A clear-sky index 0.1..1.05 that drifts over hours and days."""
    raw = 0.75 * slow(labels, "sky.days", 30.0) + 0.5 * slow(labels, "sky.hours", 2.0)
    return 0.1 + 0.95 / (1.0 + np.exp(-(1.6 * raw + 0.3)))


class Plant:
    """The town's plant under a clear sky, by pvlib's own functions: whoever forecasts it has another implementation.

    Args:
        planes: (tilt [deg], azimuth [deg, 180 = south], peak power [kW]) of each orientation.
    """

    def __init__(self, planes=PLANES, latitude=LATITUDE, longitude=LONGITUDE):
        self.planes, self.latitude, self.longitude = planes, latitude, longitude
        self.peak_mw = sum(kwp for _, _, kwp in planes) / 1000.0

    def clear_sky(self, labels):
        """(power [MW], irradiance on the horizontal [W/m2]) of each quarter hour, dims (time,); 0 while the sun is down."""
        from pvlib import atmosphere, clearsky, irradiance, solarposition

        power, ghi = np.zeros(len(labels)), np.zeros(len(labels))
        middle = pd.DatetimeIndex(labels + np.timedelta64(450, "s")).tz_localize("UTC")
        sun = solarposition.get_solarposition(middle, self.latitude, self.longitude, method="ephemeris")
        up = sun["apparent_elevation"].to_numpy() > 0.0
        zenith, azimuth = sun["apparent_zenith"].to_numpy()[up], sun["azimuth"].to_numpy()[up]
        extra = irradiance.get_extra_radiation(middle[up]).to_numpy()
        sky = clearsky.ineichen(zenith, atmosphere.get_relative_airmass(zenith), 3.0, altitude=0.0, dni_extra=extra)
        ghi[up] = sky["ghi"]
        for tilt, facing, kwp in self.planes:
            plane = irradiance.get_total_irradiance(
                tilt, facing, zenith, azimuth, sky["dni"], sky["ghi"], sky["dhi"],
                dni_extra=extra, albedo=0.2, model="haydavies",
            )  # fmt: skip
            power[up] += kwp / 1000.0 * np.asarray(plane["poa_global"]) / 1000.0
        return power, ghi


PLANT = Plant()


def sun(labels):
    """Hidden truth of the plant: (power [MW], irradiance [W/m2]) with other losses and a 70 % inverter cap."""
    clear, ghi = PLANT.clear_sky(labels)
    index = sky_index(labels)
    power = clear * (0.05 + 0.8 * index) * (1.0 + 0.03 * noise(labels, "pv.white"))
    return np.clip(power, 0.0, 0.7 * PLANT.peak_mw), ghi * index


def pv_view(as_of, days=35, edit=None, with_outlook=True, measured_ghi=True):
    """PV and irradiance history up to ``as_of``, and an irradiance forecast whose error grows with lead."""
    start = as_of - timedelta(days=days)
    past = int((as_of - start) / timedelta(minutes=15))
    labels = quarter_hours(start, past + 192)
    power, ghi = sun(labels)
    known = power[:past] if edit is None else edit(labels[:past], power[:past])
    columns = {("zone_pv_p_mw", "town"): known}
    if measured_ghi:
        columns[("ghi_w_m2", "")] = ghi[:past]
    ahead = {}
    if with_outlook:
        lead = np.minimum(np.arange(192) / 96.0, 1.0)
        error = 0.25 * lead * slow(labels[past:], "outlook", 4.0)
        ahead["ghi_w_m2"] = outlook("ghi_w_m2", as_of, np.clip(ghi[past:] * (1.0 + error), 0.0, None), "W/m2")
    return AsOfView(as_of, frame(columns, start), ahead), power[past:]


def series(first_day, days, *, heated=False, edit=None, zone="Europe/Zurich"):
    """The town as a series of whole local days, and some more weather beyond their end.

    Args:
        heated: with heat pumps, and the temperature that they feel. ``edit``: (labels, values) -> values.
    """
    local = pd.date_range(first_day, periods=days + 1, tz=zone)
    begin, end = (int(local[i].timestamp()) for i in (0, -1))
    labels = quarter_hours(datetime.fromtimestamp(begin, UTC), (end - begin) // 900)
    values = heated_mw(labels) if heated else load_mw(labels)
    if edit is not None:
        values = edit(labels, values)
    weather = {"temp_c": temp_c(quarter_hours(datetime.fromtimestamp(begin, UTC), len(labels) + 600))} if heated else {}
    source = "measured" if heated else "none"
    return Series("town", "load", begin, 900, values, np.zeros(len(values), np.uint8), ZURICH, weather, source)


def midnight(one, day):
    """Row at which a local day begins, counted from the first."""
    local = pd.Timestamp(one.start_s, unit="s", tz="UTC").tz_convert(one.place.timezone) + pd.DateOffset(days=day)
    return int((local.timestamp() - one.start_s) // one.step_s)
