"""The Prophet engine: a nightly fit with its errors judged on days it had not seen, and the path it stands for at a tick."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import numpy as np

from forecasts.calendar import LocalCalendar
from forecasts.correction import DAY, Correction, error_predictors
from forecasts.history import measured
from forecasts.load.errors import default_spread, fit_load_errors
from forecasts.load.model import LoadModel
from forecasts.load.prophet_curve import Curve
from forecasts.load.prophet_fit import curve_of, fit_prophet, hourly_table
from forecasts.load.temperature import seen
from forecasts.quantiles import STEPS
from forecasts.windows import gather, origins, window_rows
from twin.contracts.frame import AsOfView
from twin.domain.time import QUARTER_HOUR, floor_quarter, quarter_hours, to_epoch_s

FEWEST_DAYS = 14
"""Days of history below which two weekends have not been seen and the weekly cycle would be invented."""

_JUDGED_DAYS = 30  # days whose errors make correction and band
_FOLD_DAYS = 3  # a fit made at night serves a day and looks two more ahead: its errors are judged over as many
# An hourly mean belongs to the middle of its hour, a quarter hour to the middle of its own.
_TO_HOUR_LABEL = np.timedelta64(7 * 60 + 30 - 30 * 60, "s")


def train(view: AsOfView, signal: str, zone: str, calendar: LocalCalendar, history: timedelta, *, seed: int) -> bytes:
    """The artifact: curve, correction and band as canonical JSON.

    Raises:
        ValueError: with fewer than `FEWEST_DAYS` days of valid load.
    """
    end = floor_quarter(view.as_of)
    end -= timedelta(minutes=end.minute)
    start = calendar.midnight(calendar.day_of(end) - history.days)
    values = measured(view, signal, zone, start, end)
    if np.isfinite(values).sum() < FEWEST_DAYS * DAY:
        raise ValueError(
            f"zone {zone!r}: {np.isfinite(values).sum() / DAY:.1f} days of valid {signal} before "
            f"{view.as_of.isoformat()}; Prophet needs at least {FEWEST_DAYS}; let the day-type engine serve until then"
        )
    reference_c, warm_k = seen(measured(view, "temp_c", "", start, end), values)
    labels = quarter_hours(start, len(values))
    day, slot = calendar.locate(labels)
    wall, types, holiday = calendar.wall_clock(labels), calendar.day_type(day), calendar.holiday(day)

    def curve(until: int) -> Curve:
        rows = slice(0, until)
        table = hourly_table(values[rows], warm_k[:, rows], wall[rows], types[rows], holiday[rows])
        return curve_of(fit_prophet(table, seed=seed), reference_c=reference_c)

    errors, predictors, rows = judge(curve, calendar, labels, values, warm_k)
    correction, table = fit_load_errors(
        errors,
        predictors,
        rows=rows,
        day=day,
        slot=slot,
        spread=default_spread(values),
    )
    content = {
        "curve": curve(len(values)).to_meta(),
        "phi": correction.phi.tolist(),
        "table": table.tolist(),
        "days": int(np.isfinite(values).sum() // DAY),
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def judge(
    curve: Callable[[int], Curve], calendar: LocalCalendar, labels: np.ndarray, values: np.ndarray, warm_k: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Errors of past paths (origin, time), what was known at their origins (predictor, origin), and their rows (origin, time).

    An origin reads one curve, trained on nothing after it, for its whole path and for the errors of the day behind it: as a
    tick does.

    Args:
        curve: the one that was trained on the rows before a given one.
        labels, values: of the history, load [MW], dims (time,). ``warm_k``: its warmth, dims (feature, time).
    """
    day, _ = calendar.locate(labels)
    errors, predictors, at = [np.empty((0, STEPS))], [np.empty((2, 0))], [np.empty((0, STEPS), dtype=np.int64)]
    for begin, until in _folds(values, day):
        known, rows = curve(begin), slice(begin - DAY, min(until + STEPS, len(values)))
        error = values[rows] - path(known, calendar, labels[rows]) - known.slope @ warm_k[:, rows]
        issued = origins(until - rows.start, DAY)
        errors.append(gather(error, window_rows(issued)))
        predictors.append(error_predictors(error, np.ones(len(error)))[:, issued])
        at.append(rows.start + window_rows(issued))
    return np.concatenate(errors), np.concatenate(predictors, axis=1), np.minimum(np.concatenate(at), len(values) - 1)


def _folds(values: np.ndarray, day: np.ndarray) -> list[tuple[int, int]]:
    """(first row, end row) of each judged stretch; each has `FEWEST_DAYS` valid days before it."""
    last = int(day[-1])
    enough = np.flatnonzero(np.cumsum(np.isfinite(values)) >= FEWEST_DAYS * DAY)
    first = max(last - _JUDGED_DAYS, int(day[enough[0]]) + 1)
    edges = [int(np.searchsorted(day, d)) for d in range(first, last + 1, _FOLD_DAYS)] + [len(values)]
    return [(a, b) for a, b in pairwise(edges) if b > a]


def path(curve: Curve, calendar: LocalCalendar, labels: np.ndarray) -> np.ndarray:
    """The curve at UTC quarter hours and its reference temperature [MW], dims (time,)."""
    wall = calendar.wall_clock(labels) + _TO_HOUR_LABEL
    day = wall.astype("datetime64[D]").astype(np.int64)
    return curve.load_mw(wall, calendar.day_type(day), calendar.holiday(day))


def recall(view: AsOfView, artifact: bytes, calendar: LocalCalendar) -> LoadModel:
    """The model of this tick: the curve over the last day and the coming 48 hours, with its correction and band."""
    content: dict[str, Any] = json.loads(artifact)
    issue = floor_quarter(view.as_of)
    start = issue - DAY * QUARTER_HOUR
    labels = quarter_hours(start, DAY + STEPS)
    curve = Curve.from_meta(content["curve"])
    return LoadModel(
        day=calendar.day_of(view.as_of),
        start_s=to_epoch_s(start),
        base=path(curve, calendar, labels),
        reference_c=curve.reference_c,
        slope=curve.slope,
        correction=Correction(np.array(content["phi"])),
        table=np.array(content["table"]),
        days=content["days"],
        settled=True,
    )
