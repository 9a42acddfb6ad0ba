"""Expert ``wind_quantile``: the boosted trees with a band that knows where on the power curve it stands.

On the plateau and in a calm a wrong wind costs nothing, on the slope it costs most. So errors are sorted by the forecast
itself: those of issues that the trees did not see, read around the level of power that is being forecast.

Source: V. Vovk, A. Gammerman, G. Shafer, Algorithmic Learning in a Random World (2005), for errors held out; P. Pinson, G.
Kariniotakis, IEEE Transactions on Power Systems 25 (2010), for wind errors conditional on the level of the forecast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from forecasts.experts.wind_boosted import FittedWindBoosted, WindBoosted, WindTable, answer, base_of, table_of, train
from forecasts.past import Past
from forecasts.quantiles import LEVELS, error_quantiles
from twin.domain.pack import UnpackError, pack, unpack

_FOLDS = 4
_KNOTS = 12  # levels of forecast power at which a band is kept
_NEAR = 0.12  # share of all errors that a knot reads
_ALIKE_H = 6  # hours that one error of the wind lasts


@dataclass(frozen=True)
class FittedWindQuantile:
    """A point forecast and its error quantiles over the level of the forecast.

    Attributes:
        level: forecast power [MW] of each knot, rising, dims (knot,).
        error_mw: dims (half, knot, quantile); the first half is for the first day ahead, the second for later.
    """

    point: FittedWindBoosted
    level: np.ndarray
    error_mw: np.ndarray

    def predict(self, past: Past, steps: int) -> np.ndarray:
        """Quantiles [MW], dims (time, quantile), within 0..capacity."""
        point = self.point.predict(past, steps)
        half = (np.arange(steps) >= past.slots_per_day).astype(np.int64)
        band = np.empty((steps, len(LEVELS)))
        for later in (0, 1):
            here = half == later
            for q in range(len(LEVELS)):
                band[here, q] = point[here] + np.interp(point[here], self.level, self.error_mw[later, :, q])
        return np.sort(np.clip(band, 0.0, self.point.base.decay.capacity_mw), axis=1)

    def to_bytes(self) -> bytes:
        """All of it."""
        point = np.frombuffer(self.point.to_bytes(), dtype=np.uint8)
        return pack({"expert": "wind_quantile"}, {"point": point, "level": self.level, "error_mw": self.error_mw})


class WindQuantile:
    """Expert ``wind_quantile``."""

    name: ClassVar[str] = "wind_quantile"
    kinds: ClassVar[frozenset[str]] = frozenset({"wind"})

    def fit(self, past: Past, *, days_ahead: int, seed: int) -> FittedWindQuantile:
        """Learn trees, and their errors on blocks of issues that were held out.

        Raises:
            NotEnoughHistory: below twenty days with both wind and power.
        """
        base, weather = base_of(past, days_ahead)
        steps = days_ahead * past.slots_per_day
        table = table_of(past, base, weather, steps, seed)
        capacity = base.decay.capacity_mw
        guess = _held_out(table, seed)
        later = np.arange(len(guess)) % steps >= past.slots_per_day
        checked = table.usable & np.isfinite(guess)
        level = np.quantile(guess[checked], (np.arange(_KNOTS) + 0.5) / _KNOTS) * capacity
        copies = max(1, _ALIKE_H * 3600 // past.step_s)
        halves = [checked & ~later, checked & later if days_ahead > 1 else checked & ~later]
        error = np.stack([_around(table.share[h] * capacity, guess[h] * capacity, level, copies) for h in halves])
        return FittedWindQuantile(FittedWindBoosted(train(table, table.usable, seed), base, weather), level, error)

    def load(self, data: bytes) -> FittedWindQuantile:
        """Inverse of `FittedWindQuantile.to_bytes`."""
        _, arrays = unpack(data)
        try:
            return FittedWindQuantile(WindBoosted().load(arrays["point"].tobytes()), arrays["level"], arrays["error_mw"])
        except KeyError as error:
            raise UnpackError(f"no wind quantiles: {error!r}") from error


def _held_out(table: WindTable, seed: int) -> np.ndarray:
    """Share of capacity that trees of other issues forecast for each row, dims (row,); NaN where the row is not usable."""
    guess = np.full(len(table.share), np.nan)
    for block in np.array_split(np.unique(table.issue), _FOLDS):
        asked = table.usable & (table.issue >= block[0]) & (table.issue <= block[-1])
        near = (table.issue >= block[0] - 1) & (table.issue <= block[-1] + 1)  # windows of neighbours overlap
        if asked.any():
            guess[asked] = answer(train(table, table.usable & ~near, seed), table.rows, asked, table.capacity_mw)
    return guess


def _around(truth: np.ndarray, guess: np.ndarray, level: np.ndarray, copies: int) -> np.ndarray:
    """Quantiles of the errors whose forecast lies nearest to each knot, dims (knot, quantile)."""
    order = np.argsort(guess, kind="stable")
    error, ranked = (truth - guess)[order], guess[order]
    wide = max(1, round(_NEAR * len(error)))
    middle = np.searchsorted(ranked, level)
    first = np.clip(middle - wide // 2, 0, max(0, len(error) - wide))
    return error_quantiles(np.stack([error[f : f + wide] for f in first]), copies=copies)
