"""Prophet as a careful user would run it every day: 60 days, hourly rows, daily shapes by day type, weather, holidays.

Trained anew every day. Its bands are its own: quantiles of samples of its predictive distribution.

Source: S. J. Taylor, B. Letham, Forecasting at scale, The American Statistician 72 (2018) 37-45.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from forecasts.backtest.peers.window import Window, hourly_means, last_days, rows_per_hour
from forecasts.calendar import DAY_TYPES
from forecasts.experts.prophet_fit import quiet
from forecasts.past import Past
from forecasts.quantiles import LEVELS
from forecasts.series import KINDS
from twin.domain.pack import UnpackError

if TYPE_CHECKING:
    import pandas as pd

_NS_PER_S = 1_000_000_000
_SAMPLES = 400
_DAYS_BEYOND = 8  # holidays are listed so far ahead of the window


class ProphetTuned:
    """Tuned Prophet."""

    name: ClassVar[str] = "prophet_tuned"
    kinds: ClassVar[frozenset[str]] = frozenset(KINDS)
    window_days: ClassVar[int] = 60
    refit_days: ClassVar[int] = 1

    def fit(self, past: Past, *, days_ahead: int, seed: int) -> FittedProphet:  # noqa: ARG002 - one curve for all leads
        """Fit the curve to the last 60 days.

        Raises:
            NotEnoughHistory: below two weeks.
        """
        window = last_days(past, self.window_days)
        table = _hourly(window)
        fill = {name: float(table[name].mean()) for name in window.weather}
        top = float(np.nanmax(window.values))
        return FittedProphet(_fit(table.fillna(fill), past, list(fill), seed), fill, top, seed)

    def load(self, data: bytes) -> FittedProphet:
        """Inverse of `FittedProphet.to_bytes`."""
        from prophet.serialize import model_from_json

        try:
            kept = json.loads(data)
            return FittedProphet(model_from_json(kept["model"]), kept["fill"], kept["top"], kept["seed"])
        except (ValueError, LookupError, TypeError) as error:
            raise UnpackError(f"no Prophet model: {error}") from error


@dataclass(frozen=True)
class FittedProphet:
    """A fitted model; ``fill`` stands for unknown weather (the window's mean), ``top`` is the highest value seen [MW]."""

    model: Any
    fill: dict[str, float]
    top: float
    seed: int

    def predict(self, past: Past, steps: int) -> np.ndarray:
        """Quantiles of samples of the predictive distribution [MW], dims (time, quantile)."""
        table = _rows(past, past.labels(past.rows, past.rows + steps), past.step_s)
        for name, mean in self.fill.items():
            ahead = past.ahead(name, steps)
            table[name] = np.where(np.isfinite(ahead), ahead, mean)
        with _seeded(self.seed), quiet():
            samples = self.model.predictive_samples(table)["yhat"]
        quantiles = np.quantile(samples, LEVELS, axis=1).T
        return quantiles if past.kind == "load" else np.clip(quantiles, 0.0, self.top)

    def to_bytes(self) -> bytes:
        """The model as Prophet itself writes it, in JSON."""
        from prophet.serialize import model_to_json

        kept = {"model": model_to_json(self.model), "fill": self.fill, "top": self.top, "seed": self.seed}
        return json.dumps(kept, sort_keys=True).encode()


def _hourly(window: Window) -> pd.DataFrame:
    """One row per hour with a known value; weather as the hour's mean, NaN where unknown."""
    past, per_hour = window.past, rows_per_hour(window.past)
    skipped = len(window.values) % per_hour
    table = _rows(past, window.labels[skipped::per_hour], per_hour * past.step_s)
    table["y"] = hourly_means(window.values, per_hour)
    for name, column in window.weather.items():
        table[name] = hourly_means(column, per_hour)
    return table[np.isfinite(table["y"])].reset_index(drop=True)


def _rows(past: Past, labels: np.ndarray, length_s: int) -> pd.DataFrame:
    """Prophet's table of intervals, each at its middle on the wall clock, with the conditions of its day type."""
    import pandas as pd

    calendar = past.place.calendar
    days, _ = calendar.locate(labels)
    types = calendar.day_type(days)
    table = pd.DataFrame({"ds": calendar.wall_clock(labels) + np.timedelta64(length_s * _NS_PER_S // 2, "ns")})
    for kind, name in enumerate(DAY_TYPES):
        table[name] = types == kind
    return table


def _fit(table: pd.DataFrame, past: Past, regressors: list[str], seed: int) -> Any:
    import pandas as pd
    from prophet import Prophet

    calendar = past.place.calendar
    days, _ = calendar.locate(past.labels(0, past.rows + _DAYS_BEYOND * past.slots_per_day))
    off = np.unique(days[calendar.holiday(days)])
    holidays = pd.DataFrame({"holiday": "holiday", "ds": off.astype("datetime64[D]")}) if len(off) else None
    # The best of seven settings on a town and two feeders: Prophet's own prior for the trend's bends, rounder curves than its
    # defaults, and tighter holidays, of which two months hold few.
    model: Any = Prophet(
        growth="linear",
        changepoint_prior_scale=0.05,
        holidays_prior_scale=1.0,
        yearly_seasonality=False,
        weekly_seasonality=6,
        daily_seasonality=False,
        holidays=holidays,
        uncertainty_samples=_SAMPLES,
    )
    for name in DAY_TYPES:
        model.add_seasonality(f"daily_{name}", period=1, fourier_order=10, condition_name=name)
    for name in regressors:
        model.add_regressor(name)
    with quiet():
        model.fit(table, seed=seed % 2**31)
        model.stan_backend.cleanup()  # the optimiser's files, one set a day
    return model


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Prophet draws from numpy's global generator; it is put back as it was."""
    before = np.random.get_state()  # noqa: NPY002 - the generator that Prophet uses
    np.random.seed(seed % 2**32)  # noqa: NPY002 - as above
    try:
        yield
    finally:
        np.random.set_state(before)  # noqa: NPY002 - as above
