"""Prophet on hourly means: daily shapes by day type, a weekly cycle, holidays, and warmth where temperature is measured.

Only here is Prophet imported; what it finds leaves as a `Curve`. A yearly term is left out: sixty days
cannot know it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd

from forecasts.calendar import DAY_TYPES
from forecasts.load.prophet_curve import Curve, Seasonality

_DAILY_ORDER = 8  # down to three hours: the evening peak of a residential feeder is about that wide
_WEEKLY_ORDER = 3  # Prophet's default
_REGRESSORS = ("warmth_now", "warmth_day")
_CHANGEPOINTS = 12  # one in four days of the window's first 80 %, as Prophet places them


def hourly_table(
    load_mw: np.ndarray, warm_k: np.ndarray, wall: np.ndarray, day_type: np.ndarray, holiday: np.ndarray
) -> pd.DataFrame:
    """Prophet's training table from quarter hours: one row per hour with at least half of its load known.

    Args:
        load_mw: dims (time,), whole hours, NaN = missing. ``warm_k``: of `temperature.warmth`, dims (feature, time).
        wall: wall clock of each quarter hour. ``day_type``, ``holiday``: of its day.
    """
    hours = len(load_mw) // 4
    quarter = load_mw[: hours * 4].reshape(hours, 4)
    count = np.isfinite(quarter).sum(axis=1)
    first = slice(0, hours * 4, 4)
    table = pd.DataFrame(
        {
            "ds": wall[first],
            "y": np.nansum(quarter, axis=1) / np.maximum(count, 1),
            "holiday": holiday[first],
        }
    )
    for kind, name in enumerate(DAY_TYPES):
        table[name] = day_type[first] == kind
    for name, values in zip(_REGRESSORS, warm_k, strict=True):
        table[name] = values[: hours * 4].reshape(hours, 4).mean(axis=1)
    return table[count >= 2].reset_index(drop=True)


def fit_prophet(table: pd.DataFrame, *, seed: int) -> Any:
    """A fitted ``prophet.Prophet`` of `hourly_table`; silent, and the same for the same table and seed."""
    from prophet import Prophet

    days = table.loc[table["holiday"], "ds"].dt.normalize().drop_duplicates()
    holidays = pd.DataFrame({"holiday": "holiday", "ds": days}) if len(days) else None
    model: Any = Prophet(
        growth="linear",
        n_changepoints=_CHANGEPOINTS,
        yearly_seasonality=False,
        weekly_seasonality=_WEEKLY_ORDER,
        daily_seasonality=False,
        holidays=holidays,
        uncertainty_samples=0,
    )
    for name in DAY_TYPES:
        model.add_seasonality(f"daily_{name}", period=1, fourier_order=_DAILY_ORDER, condition_name=name)
    for name in _REGRESSORS:
        model.add_regressor(name, standardize=False)
    with _silence():
        model.fit(table.drop(columns="holiday"), seed=seed % 2**31)
        model.stan_backend.cleanup()  # the optimiser's output files; a worker that trains daily would collect them
    return model


def curve_of(model: Any, *, reference_c: float) -> Curve:
    """The numbers that `Curve` needs, out of a fitted Prophet model (whose attributes are typed as not yet fitted)."""
    columns, beta = model.train_component_cols, model.params["beta"][0]

    def part(name: str) -> tuple[float, ...]:
        return tuple(float(b) for b in beta[columns[name].to_numpy() == 1])

    seasonalities = [Seasonality(7.0, part("weekly"))]
    seasonalities += [Seasonality(1.0, part(f"daily_{name}"), kind) for kind, name in enumerate(DAY_TYPES)]
    return Curve(
        start_s=int(model.start.value // 1_000_000_000),
        t_scale_s=model.t_scale.total_seconds(),
        y_scale=float(model.y_scale),
        k=float(model.params["k"][0, 0]),
        m=float(model.params["m"][0, 0]),
        changepoints=tuple(float(t) for t in model.changepoints_t),
        deltas=tuple(float(d) for d in model.params["delta"][0]),
        seasonalities=tuple(seasonalities),
        holiday=part("holiday")[0] if "holiday" in columns else 0.0,
        reference_c=reference_c,
        warmth=tuple(part(name)[0] for name in _REGRESSORS),
    )


@contextmanager
def _silence() -> Iterator[None]:
    """Prophet and its optimiser report every fit; the régie reports trainings itself.

    Disabled rather than set to a level: the optimiser sets its own level when it first speaks.
    """
    loggers = [logging.getLogger(name) for name in ("prophet", "prophet.models", "cmdstanpy")]
    before = [logger.disabled for logger in loggers]
    for logger in loggers:
        logger.disabled = True
    try:
        yield
    finally:
        for logger, disabled in zip(loggers, before, strict=True):
            logger.disabled = disabled
