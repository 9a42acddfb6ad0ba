"""A fitted Prophet curve as plain numbers: evaluated with numpy alone, equal to Prophet's own ``yhat``.

Source: S. J. Taylor, B. Letham, Forecasting at scale, The American Statistician 72 (2018) 37-45: trend with
changepoints (3.1), Fourier seasonalities (3.2), holidays (3.3); regressors enter like a holiday.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

_NS_PER_S = 1_000_000_000
_S_PER_DAY = 86_400.0


@dataclass(frozen=True)
class Seasonality:
    """A Fourier series, on days of one type only when ``day_type`` is given.

    Attributes:
        period_days: length of the cycle. ``beta``: sine and cosine coefficients in turn, scaled load.
    """

    period_days: float
    beta: tuple[float, ...]
    day_type: int | None = None

    def at(self, days: np.ndarray) -> np.ndarray:
        """Values at ``days`` since 1970-01-01 by the wall clock, dims (time,)."""
        phase = (np.pi * 2.0 * days)[:, None]
        orders = np.arange(1, len(self.beta) // 2 + 1) / self.period_days
        beta = np.array(self.beta)
        return np.einsum("th,h->t", np.sin(phase * orders), beta[0::2]) + np.einsum(
            "th,h->t", np.cos(phase * orders), beta[1::2]
        )


@dataclass(frozen=True)
class Curve:
    """Parameters of a fitted Prophet model, maximum a posteriori.

    Attributes:
        start_s: wall-clock seconds of the first training row. ``t_scale_s``: length of the training window
            [s].
        y_scale: load that scaled values are multiplied with [MW]. ``k``, ``m``: initial slope and offset,
            scaled.
        changepoints, deltas: scaled times and slope changes. ``holiday``: effect of a public holiday, scaled.
        regressors: coefficient of each regressor's standardised value, scaled; ``centre``, ``scale``: what standardises it.
    """

    start_s: int
    t_scale_s: float
    y_scale: float
    k: float
    m: float
    changepoints: tuple[float, ...]
    deltas: tuple[float, ...]
    seasonalities: tuple[Seasonality, ...]
    holiday: float
    regressors: dict[str, float]
    centre: dict[str, float]
    scale: dict[str, float]

    def components(
        self, wall: np.ndarray, day_type: np.ndarray, holiday: np.ndarray, weather: Mapping[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """Trend, daily, weekly, holiday and weather [MW], dims (time,) each; their sum is Prophet's ``yhat``.

        Args:
            wall: what the clock on the wall shows, ``datetime64[ns]``. ``day_type``, ``holiday``: of its day. All dims
                (time,).
            weather: regressors by name, dims (time,); one that is missing or NaN is at its mean.
        """
        ns = wall.astype(np.int64)
        t = (ns - self.start_s * _NS_PER_S) / (self.t_scale_s * _NS_PER_S)
        passed = np.array(self.changepoints)[None, :] <= t[:, None]
        steps = passed * np.array(self.deltas)
        scaled = (steps.sum(axis=1) + self.k) * t + self.m - (steps * np.array(self.changepoints)).sum(axis=1)
        days = ns / (_S_PER_DAY * _NS_PER_S)
        daily, weekly = np.zeros(len(t)), np.zeros(len(t))
        for part in self.seasonalities:
            values = part.at(days)
            if part.day_type is None:
                weekly += values
            else:
                daily += np.where(day_type == part.day_type, values, 0.0)
        felt = np.zeros(len(t))
        for name, beta in sorted(self.regressors.items()):  # in one order, whatever it travelled as
            if name in weather:
                felt += beta * np.nan_to_num((weather[name] - self.centre[name]) / self.scale[name])
        parts = {"trend": scaled, "daily": daily, "weekly": weekly, "holiday": self.holiday * holiday, "weather": felt}
        return {name: values * self.y_scale for name, values in parts.items()}

    def to_meta(self) -> dict[str, Any]:
        """JSON-able; Python writes floats so that they are read back bit by bit."""
        return asdict(self)

    @classmethod
    def from_meta(cls, meta: Mapping[str, Any]) -> Curve:
        """Inverse of `to_meta`."""
        parts = tuple(Seasonality(**{**part, "beta": tuple(part["beta"])}) for part in meta["seasonalities"])
        lists = {name: tuple(meta[name]) for name in ("changepoints", "deltas")}
        return cls(**{**meta, **lists, "seasonalities": parts})
