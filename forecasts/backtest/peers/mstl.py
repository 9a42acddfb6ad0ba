"""MSTL of statsforecast: day and week taken off by repeated STL, what is left followed by exponential smoothing.

Trained anew every day on the hourly means of the last 60 days (quarter hours take fifteen times as long). Its bands are
those of the exponential smoothing.

Source: K. Bandara, R. J. Hyndman, C. Bergmeir, MSTL: a seasonal-trend decomposition algorithm for time series with multiple
seasonal patterns, Int. J. of Operational Research 52 (2025) 79-98.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from forecasts.backtest.peers.window import filled, hourly_means, last_days, rows_per_hour
from forecasts.past import Past
from forecasts.quantiles import LEVELS
from forecasts.series import KINDS
from twin.domain.pack import UnpackError, pack, unpack

_CENTRAL = tuple(round(100 * (1.0 - 2.0 * level)) for level in LEVELS if level < 0.5)  # 90, 80, 60, 40, 20


class Mstl:
    """MSTL with seasons of a day and a week."""

    name: ClassVar[str] = "mstl"
    kinds: ClassVar[frozenset[str]] = frozenset(KINDS)
    window_days: ClassVar[int] = 60
    refit_days: ClassVar[int] = 1

    def fit(self, past: Past, *, days_ahead: int, seed: int) -> FittedMstl:  # noqa: ARG002 - nothing here is drawn
        """Decompose the last 60 days.

        Raises:
            NotEnoughHistory: below two weeks.
        """
        return FittedMstl.of(past)

    def load(self, data: bytes) -> FittedMstl:
        """Inverse of `FittedMstl.to_bytes`."""
        meta, arrays = unpack(data)
        if set(arrays) != {"values"} or set(meta) != {"end_s", "rows_per_day"}:
            raise UnpackError("no MSTL window")
        return FittedMstl(meta["end_s"], meta["rows_per_day"], arrays["values"], _model(arrays["values"], meta["rows_per_day"]))


@dataclass(frozen=True)
class FittedMstl:
    """A decomposed window that ends at ``end_s``; from a later instant it is decomposed anew, because MSTL only goes on.

    Attributes:
        rows_per_day: of the window. ``values``: means of its rows [MW], without holes, dims (time,).
    """

    end_s: int
    rows_per_day: int
    values: np.ndarray
    model: Any

    @classmethod
    def of(cls, past: Past) -> FittedMstl:
        """Of the last days of ``past``."""
        window, per_hour = last_days(past, Mstl.window_days), rows_per_hour(past)
        rows_per_day = past.slots_per_day // per_hour
        values = filled(hourly_means(window.values, per_hour), 7 * rows_per_day)
        return cls(past.start_s + past.rows * past.step_s, rows_per_day, values, _model(values, rows_per_day))

    def predict(self, past: Past, steps: int) -> np.ndarray:
        """Quantiles by the model's own central intervals, read between the middles of the hours [MW], dims (time, quantile)."""
        now = self if past.start_s + past.rows * past.step_s == self.end_s else FittedMstl.of(past)
        per_hour = rows_per_hour(past)
        hours = -(-steps // per_hour)
        found = now.model.predict(h=hours, level=list(_CENTRAL))
        low = [found[f"lo-{level}"] for level in _CENTRAL]
        high = [found[f"hi-{level}"] for level in reversed(_CENTRAL)]
        middle = (np.arange(steps) + 0.5) / per_hour
        quantiles = np.stack([np.interp(middle, np.arange(hours) + 0.5, q) for q in (*low, found["mean"], *high)], axis=1)
        return quantiles if past.kind == "load" else np.clip(quantiles, 0.0, float(now.values.max()))

    def to_bytes(self) -> bytes:
        """The window: decomposing it again gives the same model."""
        return pack({"end_s": self.end_s, "rows_per_day": self.rows_per_day}, {"values": self.values})


def _model(values: np.ndarray, rows_per_day: int) -> Any:
    from statsforecast.models import MSTL, AutoETS

    seasons = [rows_per_day, 7 * rows_per_day]
    return MSTL(season_length=seasons, trend_forecaster=AutoETS(model="ZZN")).fit(np.ascontiguousarray(values))
