"""Expert ``recession``: a river falls back to its season like a draining store, and rises with rain and melting snow.

Source: E. Maillet (1905) for exponential recession; Martinec's Snowmelt Runoff Model for the inputs, see `hydro_days`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from forecasts.expert import NotEnoughHistory
from forecasts.experts.day_path import along, days_touched
from forecasts.experts.hydro_days import DEGREE_DAY_FACTORS_MM_K_D, RiverDays, river_days, water_inputs
from forecasts.past import Past
from forecasts.sheet import Sheet, sheet_of
from twin.domain.pack import UnpackError, pack, unpack

_FEWEST_DAYS = 14  # to fit a recession; before, a level lasts
_FADES = 0.95  # a day's survival of an anomaly while there is nothing to fit it on: a river of some hundred km2
_HEADROOM = 0.15  # nothing is forecast above the history and this share of it
_SLOW_DAYS = 7  # groundwater remembers the week


@dataclass(frozen=True)
class FittedRecession:
    """How a day's anomaly becomes the next day's.

    Attributes:
        weights: on yesterday's anomaly, on the week's, on yesterday's rise, and [MW/mm] on the five water inputs, dims (8,).
        offset: [MW]: what the inputs bring on average, taken off again.
        factor_mm_k_d: degree-day factor. ``highest_mw``: limit of what is answered.
    """

    weights: np.ndarray
    offset: float
    factor_mm_k_d: float
    highest_mw: float

    @property
    def survival(self) -> float:
        """Share of an anomaly left after a dry, cold day, 0..1."""
        return float(self.weights[:2].sum())

    def predict(self, past: Past, steps: int) -> np.ndarray:
        """Point forecast [MW], dims (time,); NaN when no day of ``past`` is good enough to tell a level."""
        sheet = sheet_of(past, days_touched(past, steps))
        if not sheet.good.any():
            return np.full(steps, np.nan)
        river = river_days(sheet)
        water = water_inputs(sheet, self.factor_mm_k_d)
        anomaly = list(river.level - river.normal[: sheet.known])
        ahead = np.empty((sheet.days - sheet.known, sheet.slots))
        rising = river.rising[-1]
        for number, day in enumerate(range(sheet.known, sheet.days)):
            state = np.array([anomaly[-1], np.mean(anomaly[-_SLOW_DAYS:]), rising, *water[day]])
            anomaly.append(float(self.weights @ state) + self.offset)
            rising = 0.0  # the next evening is not known
            level = max(river.normal[day] + anomaly[-1], 0.0)
            ahead[number] = np.clip(level * river.habit[sheet.types[day]], 0.0, self.highest_mw)
        return along(ahead, past, steps)

    def to_bytes(self) -> bytes:
        """All of it."""
        meta = {"offset": self.offset, "factor_mm_k_d": self.factor_mm_k_d, "highest_mw": self.highest_mw}
        return pack(meta, {"weights": self.weights})


class Recession:
    """Expert ``recession``."""

    name: ClassVar[str] = "recession"
    kinds: ClassVar[frozenset[str]] = frozenset({"hydro"})

    def fit(self, past: Past, *, days_ahead: int, seed: int) -> FittedRecession:  # noqa: ARG002 - nothing here is random
        """Learn survival and inputs; in the first fortnight an anomaly fades by a twentieth a day.

        Raises:
            NotEnoughHistory: without a single day of values.
        """
        sheet = sheet_of(past, days_ahead)
        if not sheet.good.any():
            raise NotEnoughHistory("a river needs one day of values")
        highest = past.capacity_mw if past.capacity_mw is not None else (1.0 + _HEADROOM) * float(np.nanmax(past.values))
        river = river_days(sheet)
        if sheet.good.sum() < _FEWEST_DAYS:
            return FittedRecession(np.array([_FADES, *np.zeros(7)]), 0.0, DEGREE_DAY_FACTORS_MM_K_D[0], max(highest, 0.0))
        tried = [(*_fit(sheet, river, factor), factor) for factor in DEGREE_DAY_FACTORS_MM_K_D]
        weights, offset, _, factor = min(tried, key=lambda found: found[2])
        return FittedRecession(weights, offset, factor, max(highest, 0.0))

    def load(self, data: bytes) -> FittedRecession:
        """Inverse of `FittedRecession.to_bytes`."""
        meta, arrays = unpack(data)
        try:
            numbers = (float(meta[name]) for name in ("offset", "factor_mm_k_d", "highest_mw"))
            return FittedRecession(arrays["weights"], *numbers)
        except (KeyError, TypeError, ValueError) as error:
            raise UnpackError(f"no recession: {error!r}") from error


def _fit(sheet: Sheet, river: RiverDays, factor_mm_k_d: float) -> tuple[np.ndarray, float, float]:
    """(weights, offset [MW], mean squared error): nobody's rain makes a river fall, so no weight is negative."""
    from scipy.optimize import nnls

    anomaly = river.level - river.normal[: sheet.known]
    sums = np.concatenate([[0.0], np.cumsum(anomaly)])
    day = np.arange(1, sheet.known)
    since = np.maximum(day - _SLOW_DAYS, 0)
    slow = (sums[day] - sums[since]) / (day - since)
    state = np.column_stack([anomaly[day - 1], slow, river.rising[day - 1], water_inputs(sheet, factor_mm_k_d)[day]])
    both = river.measured[day] & river.measured[day - 1]
    x, y = state[both], anomaly[day][both]
    # Water counts as a departure from its mean; the anomalies keep their zero, which is the season.
    centre = np.concatenate([np.zeros(3), x[:, 3:].mean(axis=0)])
    scale = np.maximum(x.std(axis=0), 1e-12)
    weights = np.where(x.std(axis=0) > 1e-12, nnls((x - centre) / scale, y)[0] / scale, 0.0)
    if weights[:2].sum() > 1.0:  # a river that runs away from its season is a trend mistaken for a law
        weights[:2] /= weights[:2].sum()
    offset = -float(centre @ weights)
    return weights, offset, float(np.mean((y - x @ weights - offset) ** 2))
