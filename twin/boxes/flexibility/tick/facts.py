"""What the view says, as plain arrays: forecasts, prices, devices' states. Missing stays NaN; nothing is judged here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from twin.boxes.flexibility.horizon import DAY_QUARTERS, QUARTERS
from twin.contracts.frame import AsOfView, MissingSignalError
from twin.domain.quality import Quality
from twin.domain.time import to_datetime64

LAST_GOOD = timedelta(hours=1)


@dataclass(frozen=True)
class Forecast:
    """A zone's forecast.

    Attributes:
        levels: quantile levels, dims (quantile,). ``values``: [MW], dims (quantile, time).
    """

    levels: np.ndarray
    values: np.ndarray

    @property
    def median(self) -> np.ndarray:
        """The level nearest to 0.5, dims (time,)."""
        return self.at(0.5)

    def at(self, level: float) -> np.ndarray:
        """The quantile nearest to ``level``, dims (time,)."""
        return self.values[int(np.argmin(np.abs(self.levels - level)))]

    def above_median(self, level: float) -> np.ndarray:
        """How far the quantile nearest to ``level`` stands above the median, >= 0, dims (time,)."""
        return np.maximum(self.at(level) - self.median, 0.0)

    @property
    def paths(self) -> np.ndarray:
        """Every quantile's path less the median, dims (quantile, time)."""
        return self.values - self.median


def forecast(view: AsOfView, signal: str, zone: str) -> Forecast:
    """The forecast of ``zone`` over the plan's quarter hours; a short one holds its last value, a gap the value before.

    Raises:
        MissingSignalError: when nobody provides it for that zone, or all of it is NaN.
    """
    array = view.outlook(signal)
    if "zone" in array.dims:
        if zone not in array["zone"].values:
            raise MissingSignalError(f"signal {signal!r} has no zone {zone!r}; it has {list(array['zone'].values)}")
        array = array.sel(zone=zone)
    if "quantile" in array.dims:
        levels = array["quantile"].values.astype(float)
        values = array.transpose("quantile", "time").values
    else:
        levels, values = np.array([0.5]), array.values[None, :]
    aligned = _hold(_align(values, array["time"].values, view.as_of))
    if not np.isfinite(aligned).all():
        raise MissingSignalError(f"signal {signal!r} of zone {zone!r} has no value from {view.as_of.isoformat()} on")
    return Forecast(levels, aligned)


def ahead(view: AsOfView, signal: str) -> np.ndarray | None:
    """A signal without elements over the plan's quarter hours, NaN where not published; None when nobody provides it."""
    if signal not in view.ahead:
        return None
    array = view.outlook(signal)
    return _align(array.values[None, :], array["time"].values, view.as_of)[0]


def mandate(view: AsOfView, devices: Sequence[str]) -> np.ndarray:
    """Where each device may be moved (the dispatcher has not refused), dims (device, time). Absent means everywhere."""
    allowed = np.ones((len(devices), QUARTERS), dtype=bool)
    if "device_mandate" not in view.ahead:
        return allowed
    array = view.outlook("device_mandate").transpose("device", "time")
    values = _align(array.values, array["time"].values, view.as_of)
    for row, name in zip(values, array["device"].values, strict=True):
        if name in devices:
            allowed[list(devices).index(str(name))] = ~(row <= 0.0)
    return allowed


def newest(view: AsOfView, signal: str, elements: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Newest valid value within the last hour and its age in hours, dims (element,); NaN where there is none."""
    nothing = np.full(len(elements), np.nan)
    if not elements:
        return nothing, nothing
    try:
        values = _valid(*view.past(signal, elements, start=view.as_of - LAST_GOOD))
    except MissingSignalError:
        return nothing, nothing
    good = np.isfinite(values)
    back = np.argmax(good[::-1], axis=0) if len(values) else np.zeros(len(elements), dtype=int)
    found = good.any(axis=0) if len(values) else np.zeros(len(elements), dtype=bool)
    picked = values[len(values) - 1 - back, np.arange(len(elements))] if len(values) else nothing
    return np.where(found, picked, np.nan), np.where(found, back * 0.25, np.nan)


def highest_since(view: AsOfView, signal: str, element: str, start: datetime) -> float:
    """Highest valid value from ``start`` on; 0 when there is none yet."""
    if start >= view.as_of:
        return 0.0
    try:
        values = _valid(*view.past(signal, [element], start=start))
    except MissingSignalError:
        return 0.0
    return float(np.nanmax(values)) if np.isfinite(values).any() else 0.0


def past(view: AsOfView, signal: str, elements: Sequence[str], days: int) -> np.ndarray:
    """Valid values of the last ``days`` in the signal's unit, dims (time, element), NaN where there is none."""
    if not elements:
        return np.zeros((0, 0))
    try:
        return _valid(*view.past(signal, elements, start=view.as_of - timedelta(days=days)))
    except MissingSignalError:
        return np.zeros((0, len(elements)))


def usual_sum(view: AsOfView, signal: str, elements: Sequence[str], days: int) -> np.ndarray:
    """Mean of the elements' sum at the same time of day in the last ``days``, dims (time,) from ``as_of`` on; 0 if unknown."""
    values = past(view, signal, elements, days)
    whole = len(values) // DAY_QUARTERS
    if not whole:
        return np.zeros(QUARTERS)
    by_day = values[len(values) - whole * DAY_QUARTERS :].reshape(whole, DAY_QUARTERS, len(elements))
    known = np.isfinite(by_day)
    count = known.sum(axis=0)
    mean = np.where(count > 0, np.where(known, by_day, 0.0).sum(axis=0) / np.maximum(count, 1), 0.0)
    # Row i of every day is the same time of day as quarter hour i ahead, and the next day repeats it.
    return np.resize(mean.sum(axis=1), QUARTERS)


def _valid(values: np.ndarray, quality: np.ndarray) -> np.ndarray:
    return np.where(quality & int(Quality.INVALID), np.nan, values)


def _align(values: np.ndarray, times: np.ndarray, as_of: datetime) -> np.ndarray:
    """Columns from ``as_of`` on, NaN where the array ends, dims (row, quarter hour)."""
    skip = int((to_datetime64(as_of) - times[0].astype("datetime64[ns]")) / np.timedelta64(900, "s"))
    out = np.full((len(values), QUARTERS), np.nan)
    part = values[:, max(skip, 0) : max(skip, 0) + QUARTERS]
    first = max(-skip, 0)
    out[:, first : first + part.shape[1]] = part[:, : QUARTERS - first]
    return out


def _hold(values: np.ndarray) -> np.ndarray:
    good = np.isfinite(values)
    last = np.maximum.accumulate(np.where(good, np.arange(values.shape[1]), 0), axis=1)
    return np.take_along_axis(values, last, axis=1)
