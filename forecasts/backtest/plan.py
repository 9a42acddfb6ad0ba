"""Which rows of a series are origins, which of them are scored, and how far each forecast reaches."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from forecasts.backtest.options import DAY_S, BacktestOptions, day_of
from forecasts.rehearsal.plan import Plan
from forecasts.series import Series
from twin.domain.problems import Problems
from twin.domain.time import from_epoch_s

WARM_DAYS = 56
"""Origins of eight weeks warm up weights and calibration, where there are as many."""
TRAINING_DAYS = 14
"""Days of training that the first warm-up origin must have behind it."""

_SCORED_SHARE = 0.25
_SCORED_DAYS = 90
_EPOCH = date(1970, 1, 1).toordinal()


def make_plan(options: BacktestOptions, series: Series, experts: Sequence[str]) -> Plan:
    """The rehearsal that ``options`` ask of ``series``.

    Raises:
        BadInput: when the flags do not fit the series: its step, its span, or too little of it; all faults at once.
    """
    problems = Problems()
    issue_every = _steps("--issue-every", options.issue_every_s, series.step_s, problems)
    horizon = _steps("--horizon", options.horizon_s(series.kind), series.step_s, problems)
    known = np.flatnonzero(np.isfinite(series.values))
    if not len(known):
        problems.add(series.name, "no value at all", "measured values", "check --value, --time and --unit")
        problems.raise_if_any()
    first, end = int(known[0]), int(known[-1]) + 1
    midnights = local_midnights(series)
    usable = midnights[(midnights > first) & (midnights < end)]
    if not len(usable):
        problems.add(
            series.name,
            f"{(end - first) * series.step_s / 3600.0:.1f} h of values",
            "more than a local day",
            "give a longer series",
        )
        problems.raise_if_any()
    scored_from, scored_to = _scored(options, series, usable, end, horizon, problems)
    problems.raise_if_any()
    return Plan(
        train_days=options.train_days,
        refit_days=options.refit_days,
        issue_every=issue_every,
        horizon=horizon,
        warm_from=_warm_from(usable, first, scored_from, series.step_s),
        scored_from=scored_from,
        end=scored_to,
        experts=tuple(experts),
    )


def local_midnights(series: Series) -> np.ndarray:
    """Rows at which a local day begins, dims (day,); on clock-change days they are 23 or 25 hours apart."""
    seconds = series.start_s + np.arange(-1, len(series.values), dtype=np.int64) * series.step_s
    days, _ = series.place.calendar.locate(seconds.astype("datetime64[s]").astype("datetime64[ns]"))
    return np.flatnonzero(np.diff(days))


def _scored(
    options: BacktestOptions, series: Series, usable: np.ndarray, end: int, horizon: int, problems: Problems
) -> tuple[int, int]:
    """First row and end of the scored origins."""
    last = _row_of("--to", options.end, series, problems)
    if last is None:
        # The last origin whose whole path can be judged; in a very short series the last of all.
        last = max(end - horizon, int(usable[0])) + 1
    elif last > len(series.values):
        problems.add("--to", options.end, f"at most {_instant(series, end)}, the end of the values", "choose an earlier day")
    start = _row_of("--from", options.start, series, problems)
    if start is None:
        candidates = usable[usable < last]
        days = min(_SCORED_DAYS, int(len(candidates) * _SCORED_SHARE)) if len(candidates) else 0
        start = int(candidates[-max(1, days)]) if len(candidates) else last
    elif not usable[0] <= start <= usable[-1]:
        limit = f"{_instant(series, int(usable[0]))} to {_instant(series, int(usable[-1]))}, with a day of values before it"
        problems.add("--from", options.start, limit, "choose another day")
    if not problems and start >= last:
        problems.add("--from/--to", "no origin between them", "at least one local midnight", "choose --to after --from")
    return start, last


def _warm_from(usable: np.ndarray, first: int, scored_from: int, step_s: int) -> int:
    per_day = DAY_S // step_s
    # Of a short series a third: the floor experts need no more, and bands need issues to be made from.
    taught = min(TRAINING_DAYS, (scored_from - first) // per_day // 3)
    oldest = max(scored_from - WARM_DAYS * per_day, first + taught * per_day)
    # An hour of slack: eight weeks that hold the spring change begin an hour after the midnight that is meant.
    warm = usable[(usable >= oldest - per_day // 24) & (usable < scored_from)]
    return int(warm[0]) if len(warm) else scored_from


def _row_of(flag: str, text: str | None, series: Series, problems: Problems) -> int | None:
    """Row of the local midnight of a day, None when the flag is not given."""
    if text is None:
        return None
    midnight = series.place.calendar.midnight(day_of(text).toordinal() - _EPOCH)
    row = -((series.start_s - int(midnight.timestamp())) // series.step_s)  # rounded up
    if row < 0:
        problems.add(flag, text, f"after {_instant(series, 0)}, the start of the series", "choose a later day")
        return None
    return row


def _steps(flag: str, seconds: int, step_s: int, problems: Problems) -> int:
    if seconds % step_s:
        problems.add(flag, f"{seconds} s", f"whole steps of the series, {step_s} s", "choose a multiple of the step")
    return max(1, seconds // step_s)


def _instant(series: Series, row: int) -> str:
    calendar = series.place.calendar
    return from_epoch_s(series.start_s + row * series.step_s).astimezone(calendar.zone).isoformat(timespec="minutes")
