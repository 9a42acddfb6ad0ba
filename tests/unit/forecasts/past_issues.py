"""A town whose evening is as uncertain as its weather, forecast every midnight with honest quantiles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasts.past import Place
from forecasts.quantiles import LEVELS, NORMAL
from forecasts.series import Series

START_S = 1_704_063_600  # 2023-12-31T23:00Z, a midnight in Zurich
DAY = 96
STEPS = 192
SPREAD_MW = 2.0


@dataclass(frozen=True)
class PastIssues:
    """The part of a rehearsal's record that paths need."""

    series: Series
    origin: np.ndarray
    scored: np.ndarray
    quantiles: np.ndarray

    def forecast(self, name, origins=None):
        assert name == "champion"
        return self.quantiles[origins or slice(None)]

    def truth(self, origins=None):
        rows = self.origin[origins or slice(None)][:, None] + np.arange(self.quantiles.shape[1])
        padded = np.append(self.series.values, np.nan)
        return padded[np.minimum(rows, len(padded) - 1)]


def town(days=60, *, seed=1, sharpness=1.0):
    """Load with a morning and an evening peak whose sizes change from day to day; the forecast knows a share of that change.

    Args:
        sharpness: 1 = the forecast knows each day's sizes, 0 = it knows only what they usually are.
    """
    rng = np.random.default_rng(seed)
    hour = np.arange(DAY) / 4.0
    morning, evening = (np.exp(-(((hour - at) / 1.5) ** 2)) for at in (8.0, 19.0))
    size = np.stack([10.0 + 3.0 * rng.standard_normal(days + 2), 10.0 + 3.0 * rng.standard_normal(days + 2)])
    expected = 20.0 + size[0][:, None] * morning + size[1][:, None] * evening
    usual = 20.0 + 10.0 * (morning + evening)
    noise = np.zeros((days + 2) * DAY)
    shocks = rng.standard_normal(len(noise)) * SPREAD_MW * np.sqrt(1.0 - 0.97**2)
    for i in range(1, len(noise)):
        noise[i] = 0.97 * noise[i - 1] + shocks[i]
    values = (expected.ravel() + noise)[: days * DAY]
    known = (usual + sharpness * (expected - usual)).ravel()
    spread = np.hypot(SPREAD_MW, (1.0 - sharpness) * 3.0 * np.tile(morning + evening, days + 2))
    origin = np.arange(days) * DAY
    rows = origin[:, None] + np.arange(STEPS)
    quantiles = known[rows][..., None] + spread[rows][..., None] * NORMAL
    assert quantiles.shape[2] == len(LEVELS)
    series = Series("town", "load", START_S, 900, values, np.zeros(len(values), np.uint8), Place("Europe/Zurich", "CH", "ZH"))
    return PastIssues(series, origin, np.arange(days) >= 20, quantiles)
