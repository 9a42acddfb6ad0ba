"""Wind power without a wind forecast: what blows now fades into what usually blows at this hour.

The share that survives is measured for every lead, as the slope of later anomalies on the present one; for a first-order
process it is the exponential of the textbook. Serves on its own and under the other wind experts, where their wind is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from forecasts.expert import NotEnoughHistory
from forecasts.past import Past
from twin.domain.pack import UnpackError, pack, unpack

_FEWEST_DAYS = 2
_RECENT_S = 3600  # the mean of the last hour is the present: a single quarter hour holds a gust
_WORTHLESS = 0.02  # a survival below this is noise
_SEASON_DAYS = 90  # of history that the usual hour is taken from


@dataclass(frozen=True)
class FittedWindDecay:
    """Usual power and how long a departure from it lasts.

    Attributes:
        usual_mw: median [MW] of each UTC slot of a day, smoothed over neighbouring hours, dims (slot,).
        survival: share of the present anomaly left at each lead, 1 -> 0, dims (lead,).
        capacity_mw: nothing above it is forecast.
    """

    usual_mw: np.ndarray
    survival: np.ndarray
    capacity_mw: float

    def predict(self, past: Past, steps: int) -> np.ndarray:
        """Point forecast [MW], dims (time,); the usual alone where the last hours are missing."""
        return self.from_rows(past, np.array([past.rows]), steps)[0][0]

    def from_rows(self, past: Past, origin: np.ndarray, steps: int) -> tuple[np.ndarray, np.ndarray]:
        """What would have been forecast at each row, dims (origin, step), and how many rows old the present was, (origin,)."""
        slots = len(self.usual_mw)
        first_slot = past.start_s // past.step_s % slots
        usual = self.usual_mw[(first_slot + origin[:, None] + np.arange(steps)) % slots]
        present, age = self._present(past, origin)
        lead = np.minimum(np.arange(steps) + age[:, None], len(self.survival) - 1)
        anomaly = present - self.usual_mw[(first_slot + origin - 1 - age) % slots]
        path = np.clip(usual + np.nan_to_num(anomaly)[:, None] * self.survival[lead], 0.0, self.capacity_mw)
        return path, age

    def _present(self, past: Past, origin: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean [MW] of the last known hour before each origin (NaN: none within the leads), and how many rows ago it ended."""
        known = np.isfinite(past.values)
        newest = np.concatenate([[-1], np.maximum.accumulate(np.where(known, np.arange(past.rows), -1))])[origin]
        rows = newest[:, None] - np.arange(max(1, _RECENT_S // past.step_s))
        seen = np.where(rows >= 0, np.append(past.values, np.nan)[rows], np.nan)
        count = np.isfinite(seen).sum(axis=1)
        mean = np.nansum(seen, axis=1) / np.maximum(count, 1)
        age = origin - 1 - newest
        return np.where((count > 0) & (age < len(self.survival)), mean, np.nan), age

    def to_bytes(self) -> bytes:
        """All of it."""
        return pack({"capacity_mw": self.capacity_mw}, self.arrays())

    def arrays(self) -> dict[str, np.ndarray]:
        """What `restored` needs beside the capacity."""
        return {"usual_mw": self.usual_mw, "survival": self.survival}


def restored(arrays: dict[str, np.ndarray], capacity_mw: float) -> FittedWindDecay:
    """Inverse of `FittedWindDecay.arrays`."""
    return FittedWindDecay(arrays["usual_mw"], arrays["survival"], capacity_mw)


class WindDecay:
    """Expert ``wind_decay``."""

    name: ClassVar[str] = "wind_decay"
    kinds: ClassVar[frozenset[str]] = frozenset({"wind"})

    def fit(self, past: Past, *, days_ahead: int, seed: int) -> FittedWindDecay:  # noqa: ARG002 - nothing is drawn
        """Learn the usual hours and the survival of an anomaly.

        Raises:
            NotEnoughHistory: below two days of values.
        """
        if np.isfinite(past.values).sum() < _FEWEST_DAYS * past.slots_per_day:
            raise NotEnoughHistory(f"wind needs {_FEWEST_DAYS} days of values")
        if capacity_of(past) <= 0.0:
            raise NotEnoughHistory("the plant has made nothing yet, and its capacity is not declared")
        slots = past.slots_per_day
        usual = _usual(past, slots)
        anomaly = past.values - usual[(past.start_s // past.step_s + np.arange(past.rows)) % slots]
        return FittedWindDecay(usual, _survival(anomaly, (days_ahead + 1) * slots, slots), capacity_of(past))

    def load(self, data: bytes) -> FittedWindDecay:
        """Inverse of `FittedWindDecay.to_bytes`."""
        meta, arrays = unpack(data)
        try:
            return restored(arrays, float(meta["capacity_mw"]))
        except (KeyError, TypeError, ValueError) as error:
            raise UnpackError(f"no wind decay: {error!r}") from error


def capacity_of(past: Past) -> float:
    """Capacity [MW]: the declared one, else 1.02 times the 99.9 % quantile of the history, which one spike does not move."""
    if past.capacity_mw is not None:
        return past.capacity_mw
    return float(max(1.02 * np.nanquantile(past.values, 0.999), 0.0))


def _usual(past: Past, slots: int) -> np.ndarray:
    """Median of each slot with its neighbours within two hours, dims (slot,)."""
    kept = past.values[-_SEASON_DAYS * slots :]
    first = past.start_s // past.step_s + past.rows - len(kept)
    days = len(kept) // slots + 2
    sheet = np.full(days * slots, np.nan)
    sheet[first % slots : first % slots + len(kept)] = kept
    wide = min(2 * 3600 // past.step_s, (slots - 1) // 2)
    near = np.concatenate([np.roll(sheet.reshape(days, slots), shift, axis=1) for shift in range(-wide, wide + 1)])
    known = np.isfinite(near).any(axis=0)
    usual = np.full(slots, float(np.nanmedian(kept)))
    usual[known] = np.nanmedian(near[:, known], axis=0)
    return usual


def _survival(anomaly: np.ndarray, leads: int, slots: int) -> np.ndarray:
    """Slope of the anomaly ``lead + 1`` rows on, on the present one, never rising, dims (lead,)."""
    nodes = np.unique(np.round(np.geomspace(1, max(2, min(leads, len(anomaly) - slots)), 24)).astype(np.int64))
    slope = np.empty(len(nodes))
    for i, node in enumerate(nodes):
        product = anomaly[node:] * anomaly[:-node]
        both = np.isfinite(product)
        power = np.sum(anomaly[:-node][both] ** 2)
        slope[i] = np.sum(product[both]) / power if power > 0.0 else 0.0
    slope = np.minimum.accumulate(np.clip(slope, 0.0, 1.0))
    slope[slope < _WORTHLESS] = 0.0
    return np.interp(np.arange(1, leads + 1), nodes, slope, right=0.0)
