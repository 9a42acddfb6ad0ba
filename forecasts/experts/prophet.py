"""Prophet on the last sixty days: a forecast that explains itself, and the one that needs no recent telemetry.

Source: S. J. Taylor, B. Letham, Forecasting at scale, The American Statistician 72 (2018) 37-45.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from forecasts.expert import NotEnoughHistory
from forecasts.experts.day_path import days_touched
from forecasts.experts.prophet_curve import Curve
from forecasts.past import Past
from forecasts.sheet import bridge, sheet_of
from twin.domain.pack import UnpackError

WINDOW_DAYS = 60
"""Longer windows were measured to be slower and worse."""

FEWEST_DAYS = 14
"""Days below which two weekends have not been seen and the weekly cycle would be invented."""

_HOUR_S = 3600


@dataclass(frozen=True)
class ProphetFit:
    """A fitted curve; evaluated with numpy alone."""

    curve: Curve

    def predict(self, past: Past, steps: int) -> np.ndarray:
        """[MW], dims (time,)."""
        return np.sum(list(self.contributions(past, steps).values()), axis=0)

    def contributions(self, past: Past, steps: int) -> dict[str, np.ndarray]:
        """Trend, daily, weekly, holiday and weather [MW], dims (time,) each."""
        return self.curve.components(*_place(past, past.rows, past.rows + steps), _weather(past, steps))

    def to_bytes(self) -> bytes:
        """Canonical JSON."""
        return json.dumps(self.curve.to_meta(), sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


class ProphetExpert:
    """The expert."""

    name: ClassVar[str] = "prophet"
    kinds: ClassVar[frozenset[str]] = frozenset({"load"})

    def fit(self, past: Past, *, days_ahead: int, seed: int) -> ProphetFit:  # noqa: ARG002 - its reach has no end
        """The curve of the last sixty days.

        Raises:
            NotEnoughHistory: with fewer than two weeks of values.
        """
        per_hour = max(1, _HOUR_S // past.step_s)
        first = max(0, past.rows - WINDOW_DAYS * past.slots_per_day)
        values = bridge(past.values, past.step_s)[first:]
        if np.isfinite(values).sum() < FEWEST_DAYS * past.slots_per_day:
            raise NotEnoughHistory(
                f"{np.isfinite(values).sum() / past.slots_per_day:.1f} days of values; Prophet needs at least {FEWEST_DAYS}"
            )
        from forecasts.experts.prophet_fit import curve_of, fit_prophet, hourly_table

        weather = {name: column[first : past.rows] for name, column in _weather(past, 0, whole=True).items()}
        table, centre, scale = hourly_table(values, *_place(past, first, past.rows), weather, per_hour)
        return ProphetFit(curve_of(fit_prophet(table, tuple(centre), seed=seed), centre, scale))

    def load(self, data: bytes) -> ProphetFit:
        """Inverse of `ProphetFit.to_bytes`.

        Raises:
            UnpackError: when the bytes are no curve.
        """
        try:
            return ProphetFit(Curve.from_meta(json.loads(data)))
        except (ValueError, KeyError, TypeError) as error:
            raise UnpackError(f"no Prophet curve: {error}") from error


def _place(past: Past, first: int, end: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Wall clock at the middle of each interval's hour label, and the day type and holiday of its day, dims (time,)."""
    calendar = past.place.calendar
    wall = calendar.wall_clock(past.labels(first, end))
    # an hourly mean belongs to the middle of its hour, a quarter hour to the middle of its own
    wall = wall + np.timedelta64(past.step_s // 2 - _HOUR_S // 2, "s") if past.step_s < _HOUR_S else wall
    day = wall.astype("datetime64[D]").astype(np.int64)
    numbers, at = np.unique(day, return_inverse=True)
    return wall, calendar.day_type(numbers)[at], calendar.holiday(numbers)[at]


def _weather(past: Past, steps: int, *, whole: bool = False) -> dict[str, np.ndarray]:
    """Every weather column now and as mean of the last day; ahead only, or (``whole``) from the first row on."""
    sheet = sheet_of(past, max(1, days_touched(past, max(steps, 1))))
    found = {}
    for name in sheet.weather:
        column = bridge(past.weather[name], past.step_s)
        known = np.isfinite(column)
        total = np.concatenate([[0.0], np.cumsum(np.where(known, column, 0.0))])
        count = np.concatenate([[0], np.cumsum(known)])
        rows = np.arange(len(column))
        since = np.maximum(rows + 1 - past.slots_per_day, 0)
        n = count[rows + 1] - count[since]
        day = np.where(n > 0, (total[rows + 1] - total[since]) / np.maximum(n, 1), np.nan)
        chosen = slice(0, None) if whole else slice(past.rows, past.rows + steps)
        for label, values in ((name, column), (f"{name}_24h", day)):
            part = values[chosen]
            found[label] = part if whole else np.concatenate([part, np.full(max(0, steps - len(part)), np.nan)])
    return found
