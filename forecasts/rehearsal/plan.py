"""Which days a rehearsal goes through, and which of its issues are scored."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasts.series import Series


@dataclass(frozen=True)
class Plan:
    """A rolling origin; rows are rows of the series.

    Attributes:
        train_days: days that a fit learns from at most. ``refit_days``: days between fits.
        issue_every, horizon: in steps.
        warm_from: first origin; origins before ``scored_from`` warm up weights and calibration and are not scored.
        end: origins lie before it.
        experts: names, in the order in which weights are shown.
    """

    train_days: int
    refit_days: int
    issue_every: int
    horizon: int
    warm_from: int
    scored_from: int
    end: int
    experts: tuple[str, ...]


@dataclass(frozen=True)
class IssueDays:
    """Local days whose midnights begin a path, consecutive.

    Attributes:
        row: row at which each day begins, dims (issue,). ``first``: number of the first day, days since 1970-01-01.
        midnight: row of every local midnight of the series. ``day``, ``slot``: of every row, some days beyond the end.
    """

    row: np.ndarray
    first: int
    midnight: np.ndarray
    day: np.ndarray
    slot: np.ndarray


def issue_days(series: Series, plan: Plan) -> IssueDays:
    """The days of all origins of a plan, and the local day and slot of every row."""
    spare = plan.horizon + 3 * 86_400 // series.step_s
    seconds = series.start_s + np.arange(len(series.values) + spare, dtype=np.int64) * series.step_s
    labels = seconds.astype("datetime64[s]").astype("datetime64[ns]")
    day, slot = series.place.calendar.locate(labels, step_s=series.step_s)
    begins = np.flatnonzero(np.concatenate([[slot[0] == 0], day[1:] != day[:-1]]))
    inside = begins[(begins > plan.warm_from - 86_400 // series.step_s - 4) & (begins < plan.end)]
    inside = inside[np.searchsorted(begins, inside) >= 0]
    # the day that holds the first origin, and every later one
    start = begins[max(0, int(np.searchsorted(begins, plan.warm_from, side="right")) - 1)]
    row = inside[inside >= start]
    return IssueDays(row, int(day[row[0]]) if len(row) else 0, begins, day, slot)


def origins_of(plan: Plan, days: IssueDays, slots: int) -> np.ndarray:
    """Rows of all origins, dims (origin,). An interval that divides the day keeps its time on the wall across clock changes.

    Args:
        slots: steps of a day without clock change.
    """
    if slots % plan.issue_every:
        return np.arange(plan.warm_from, plan.end, plan.issue_every)
    rows = np.arange(plan.warm_from, plan.end)
    return rows[days.slot[rows] % plan.issue_every == 0]
