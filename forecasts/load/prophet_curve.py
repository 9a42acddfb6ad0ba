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
        reference_c: temperature at which the curve itself holds [degC]. ``warmth``: coefficients of `temperature.warmth`,
            scaled load per K.
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
    reference_c: float
    warmth: tuple[float, ...]

    @property
    def slope(self) -> np.ndarray:
        """What a degree above the reference adds [MW/K], dims (feature,)."""
        return self.y_scale * np.array(self.warmth)

    def load_mw(self, wall: np.ndarray, day_type: np.ndarray, holiday: np.ndarray) -> np.ndarray:
        """The curve at the reference temperature [MW], dims (time,).

        Args:
            wall: what the clock on the wall shows, ``datetime64[ns]``. ``day_type``, ``holiday``: of its day. All dims
                (time,).
        """
        ns = wall.astype(np.int64)
        t = (ns - self.start_s * _NS_PER_S) / (self.t_scale_s * _NS_PER_S)
        passed = np.array(self.changepoints)[None, :] <= t[:, None]
        steps = passed * np.array(self.deltas)
        scaled = (steps.sum(axis=1) + self.k) * t + self.m - (steps * np.array(self.changepoints)).sum(axis=1)
        days = ns / (_S_PER_DAY * _NS_PER_S)
        for part in self.seasonalities:
            values = part.at(days)
            scaled += values if part.day_type is None else np.where(day_type == part.day_type, values, 0.0)
        scaled += self.holiday * holiday
        return scaled * self.y_scale

    def to_meta(self) -> dict[str, Any]:
        """JSON-able; Python writes floats so that they are read back bit by bit."""
        return asdict(self)

    @classmethod
    def from_meta(cls, meta: Mapping[str, Any]) -> Curve:
        """Inverse of `to_meta`."""
        parts = tuple(Seasonality(**{**part, "beta": tuple(part["beta"])}) for part in meta["seasonalities"])
        lists = {name: tuple(meta[name]) for name in ("changepoints", "deltas", "warmth")}
        return cls(**{**meta, **lists, "seasonalities": parts})
