"""Synthetic customers with an evening peak, whose truth without a call is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import xarray as xr

from twin.boxes.flexibility.verify.events import Event

MONDAY = datetime(2023, 1, 2, tzinfo=UTC)


def town(seed=0, *, days=70, customers=12, step_s=3600, noise=0.1, start=MONDAY, prefix="c"):
    """Power [MW] of customers around 1 kW: days that are high or low for all, and for each, and noise by the hour."""
    rng = np.random.default_rng(seed)
    per_day = 86_400 // step_s
    labels = np.datetime64(start.replace(tzinfo=None), "ns") + np.arange(days * per_day) * np.timedelta64(step_s, "s")
    hour = np.arange(days * per_day) * step_s / 3600 % 24
    shape = 1.0 + 0.5 * np.exp(-(((hour - 18) / 3) ** 2))
    common = 1.0 + noise * np.repeat(rng.normal(size=days), per_day)[:, None]
    own = 1.0 + noise * np.repeat(rng.normal(size=(days, customers)), per_day, axis=0)
    power = shape[:, None] * rng.uniform(0.5, 1.5, customers) * common * own
    power *= 1.0 + noise * rng.normal(size=power.shape)
    coords = {"time": labels, "customer": [f"{prefix}{i}" for i in range(customers)]}
    return xr.DataArray(power * 1e-3, dims=("time", "customer"), coords=coords, attrs={"units": "MW"})


def evening(day, **fields):
    """A call from 17 h to 21 h local time in winter, on a day after the Monday that the town begins with."""
    start = MONDAY + timedelta(days=day, hours=16)
    return Event(start, start + timedelta(hours=4), **fields)


def during(power, event, *, after_h=0.0):
    """Which intervals the event holds, or the hours after it."""
    start, end = event.start, event.end
    if after_h:
        start, end = end, end + timedelta(hours=after_h)
    first, last = (np.datetime64(each.replace(tzinfo=None), "ns") for each in (start, end))
    return (power.time >= first) & (power.time < last)
