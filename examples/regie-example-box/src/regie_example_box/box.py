"""The box: last week's load, moved by the difference in heating degree days. Translates only; the arithmetic is beside it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import numpy as np
import xarray as xr

from regie_example_box.degree_days import STEPS_A_WEEK, daily_mean_c, heating_degrees, heating_slope, residuals, stretches
from twin.contracts.box import BoxCard, BoxContext, Mode, Need, Provide
from twin.contracts.frame import AsOfView
from twin.contracts.messages import Headline, Report
from twin.domain.problems import BadInput, Problem
from twin.domain.signals import SIGNALS
from twin.domain.time import QUARTER_HOUR, floor_quarter, quarter_hours, to_epoch_s

LOAD, TEMP, FORECAST, PATHS = "zone_load_p_mw", "temp_c", "load_forecast_p_mw", "load_paths_p_mw"
QUANTILES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
HORIZON = timedelta(hours=48)
SCENARIOS = 10
"""As the load box of the house has them: a shadow offers what its champion does, so that it can take its place."""
HISTORY = timedelta(weeks=5)
ROOM_C, LIMIT_C = 20.0, 12.0
"""HGT 20/12, SIA 381/3."""
LEAST_SHARE = 0.1
"""Width of the band as a share of the load, each side, while fewer than a week of errors is known."""


class DegreeDayBox:
    """Forecast of a zone's load for 48 hours: quantiles, and courses that it may take.

    Args:
        config: ``zone``; ``room_c`` and ``limit_c`` where the site counts degree days otherwise.
        context: the site.

    Raises:
        BadInput: for a zone that the site does not have.
    """

    def __init__(self, config: Mapping[str, Any], context: BoxContext) -> None:
        zone = config.get("zone")
        if zone not in context.zones:
            remedy = f'write config = {{ zone = "{next(iter(context.zones), "town")}" }}'
            raise BadInput([Problem(f"box {context.instance!r}", f"zone={zone!r}", f"one of {sorted(context.zones)}", remedy)])
        self.zone = str(zone)
        self.room_c, self.limit_c = float(config.get("room_c", ROOM_C)), float(config.get("limit_c", LIMIT_C))
        customers = float(context.zones[self.zone].get("customers") or 0.0)
        self.card = BoxCard(
            name="degree_day",
            version="1.0.0",
            owner="forecasting",
            needs=(
                Need(LOAD, (self.zone,), history=HISTORY, min_coverage=0.3, max_age=timedelta(hours=2), mode=Mode.LAST_GOOD),
                Need(TEMP, history=HISTORY, max_age=timedelta(hours=3), mode=Mode.OPTIONAL),
                Need(TEMP, ahead=HORIZON, max_age=timedelta(hours=6), mode=Mode.OPTIONAL),
            ),
            provides=(
                Provide(FORECAST, (self.zone,), horizon=HORIZON, quantiles=QUANTILES),
                Provide(PATHS, (self.zone,), horizon=HORIZON, scenarios=SCENARIOS),
            ),
            constants=dict.fromkeys((FORECAST, PATHS), 0.001 * customers),  # 1 kW a customer, a yearly mean: a last resort
            memory_mb=256,
            preload=("xarray",),
            params={"zone": self.zone},
        )

    def fit(self, view: AsOfView, *, seed: int) -> bytes:
        """Nothing is trained: five weeks are regressed anew in every step, in a millisecond.

        Raises:
            TypeError: always; the card announces no training.
        """
        raise TypeError(f"the degree-day box of {self.zone!r} is not trained ({view.as_of}, seed {seed})")

    def step(self, view: AsOfView, artifact: bytes | None, state: bytes | None) -> tuple[Report, bytes | None]:
        """The next 48 hours; ``state`` is not used, what counts stands in the history."""
        del artifact, state
        as_of = floor_quarter(view.as_of)
        steps = int(HORIZON / QUARTER_HOUR)
        labels = quarter_hours(as_of, steps)
        load, temp = self._past(view, LOAD, self.zone), self._past(view, TEMP, "")
        degrees = heating_degrees(
            daily_mean_c(np.concatenate([temp, self._ahead(view, labels)])), room_c=self.room_c, limit_c=self.limit_c
        )
        rows = len(load)
        slope = heating_slope(load, degrees[:rows])
        base, apart = _weeks_before(load, degrees, steps)
        median = base + slope * np.nan_to_num(apart)
        errors = residuals(load, degrees[:rows], slope)
        if len(errors) < STEPS_A_WEEK:
            least_mw = LEAST_SHARE * float(np.nanmean(np.abs(median)))
            spread, moved = (
                np.interp(QUANTILES, (0.05, 0.95), (-least_mw, least_mw)),
                np.linspace(-least_mw, least_mw, SCENARIOS),
            )
        else:
            spread, moved = np.quantile(errors, QUANTILES), stretches(errors, SCENARIOS, steps)
        middle = spread[QUANTILES.index(0.5)]
        alike = ("scenario", np.full(SCENARIOS, 1.0 / SCENARIOS))
        outputs = {
            FORECAST: ("quantile", {"quantile": list(QUANTILES)}, spread - middle),
            PATHS: ("scenario", {"scenario": np.arange(SCENARIOS), "probability": alike}, moved - middle),
        }
        answer = {
            signal: xr.DataArray(
                np.maximum(median[:, None] + apart_mw, 0.0)[:, :, None],
                dims=("time", dim, "zone"),
                coords={"time": labels, "zone": [self.zone], **coords},
                name=signal,
                attrs={"units": SIGNALS[signal].unit, "issued_at": as_of.isoformat(), "source": "degree_day"},
            )
            for signal, (dim, coords, apart_mw) in outputs.items()
        }
        params = {
            "zone": self.zone,
            "slope_mw_per_k": round(slope, 6),
            "degree_days": _rounded(degrees[rows - 1]),
            "degree_days_tomorrow": _rounded(degrees[min(rows + 95, len(degrees) - 1)]),
            "error_rms_mw": _rounded(float(np.sqrt(np.mean(errors**2)))) if len(errors) else None,
        }
        return Report(answer, Headline("load_forecast", max(float(median[0]), 0.0), "MW"), params=params), None

    def _past(self, view: AsOfView, signal: str, element: str) -> np.ndarray:
        """Five weeks up to ``as_of``, dims (time,), NaN where the frame begins later or has not got a row yet."""
        as_of = floor_quarter(view.as_of)
        rows = int(HISTORY / QUARTER_HOUR)
        found = view.history(signal, (element,) if element else (), start=as_of - HISTORY)
        values = np.full(rows, np.nan)
        first = (to_epoch_s(as_of) - int(HISTORY.total_seconds())) // 900
        at = found["time"].values.astype("datetime64[s]").astype(np.int64) // 900 - first
        inside = (at >= 0) & (at < rows)
        values[at[inside]] = found.values.reshape(len(at))[inside]
        return values

    def _ahead(self, view: AsOfView, labels: np.ndarray) -> np.ndarray:
        """Temperatures ahead, NaN where nobody forecasts them: then last week's load stands as it was."""
        if TEMP not in view.ahead:
            return np.full(len(labels), np.nan)
        return view.outlook(TEMP).reindex(time=labels).values.astype(float)


def _weeks_before(load: np.ndarray, degrees: np.ndarray, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """``(load, difference in degrees)`` of the newest known same weekday for every step ahead, dims (time,)."""
    rows = len(load)
    base, apart = np.full(steps, np.nan), np.full(steps, np.nan)
    for weeks in (4, 3, 2, 1):  # the newest known one comes last and stays
        at = rows + np.arange(steps) - weeks * STEPS_A_WEEK
        known = np.isfinite(load[at])
        base[known] = load[at][known]
        apart[known] = (degrees[rows:] - degrees[at])[known]
    return np.where(np.isfinite(base), base, np.nanmean(load)), apart


def _rounded(value: float) -> float | None:
    return round(float(value), 4) if np.isfinite(value) else None
