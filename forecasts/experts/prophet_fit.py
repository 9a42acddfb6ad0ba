"""Prophet on hourly means: daily shapes by day type, a weekly cycle, holidays, and weather where it is known.

Only here is Prophet imported; what it finds leaves as a `Curve`. A yearly term is left out: sixty days cannot know it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd

from forecasts.calendar import DAY_TYPES
from forecasts.experts.prophet_curve import Curve, Seasonality

_DAILY_ORDER = 8  # down to three hours: the evening peak of a residential feeder is about that wide
_WEEKLY_ORDER = 3  # Prophet's default
_CHANGEPOINTS = 12  # one in four days of the window's first 80 %, as Prophet places them


def hourly_table(
    load_mw: np.ndarray,
    wall: np.ndarray,
    day_type: np.ndarray,
    holiday: np.ndarray,
    weather: Mapping[str, np.ndarray],
    per_hour: int,
) -> tuple[pd.DataFrame, dict[str, float], dict[str, float]]:
    """Prophet's training table: one row per hour with at least half of its load known; and regressors' centre and scale.

    Args:
        load_mw: dims (time,), whole hours, NaN = missing. ``wall``: wall clock of each interval. ``day_type``, ``holiday``: of
            its day. ``weather``: by name, dims (time,). ``per_hour``: intervals of an hour.
    """
    hours = len(load_mw) // per_hour
    parts = load_mw[: hours * per_hour].reshape(hours, per_hour)
    count = np.isfinite(parts).sum(axis=1)
    first = slice(0, hours * per_hour, per_hour)
    table = pd.DataFrame(
        {"ds": wall[first], "y": np.nansum(parts, axis=1) / np.maximum(count, 1), "holiday": holiday[first]},
    )
    for kind, name in enumerate(DAY_TYPES):
        table[name] = day_type[first] == kind
    centre, scale = {}, {}
    for name, values in weather.items():
        hourly = values[: hours * per_hour].reshape(hours, per_hour).mean(axis=1)
        known = np.isfinite(hourly)
        if known.mean() < 0.9 or np.nanstd(hourly) <= 0.0:
            continue
        centre[name], scale[name] = float(np.nanmean(hourly)), float(np.nanstd(hourly))
        table[name] = np.where(known, (hourly - centre[name]) / scale[name], 0.0)
    return table[2 * count >= per_hour].reset_index(drop=True), centre, scale


def fit_prophet(table: pd.DataFrame, regressors: tuple[str, ...], *, seed: int) -> Any:
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
    for name in regressors:
        model.add_regressor(name, standardize=False)
    with quiet():
        model.fit(table.drop(columns="holiday"), seed=seed % 2**31)
        model.stan_backend.cleanup()  # the optimiser's output files; a worker that trains daily would collect them
    return model


def curve_of(model: Any, centre: dict[str, float], scale: dict[str, float]) -> Curve:
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
        regressors={name: part(name)[0] for name in centre},
        centre=centre,
        scale=scale,
    )


@contextmanager
def quiet() -> Iterator[None]:
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
