"""The hourly production mix of the coming two days, by carrier, with bands that add up.

Shares are a composition: each lies in 0..1 and all sum to one. Sampled futures are the point forecast plus the whole error of
one past issue, all carriers and hours of it together, brought back onto the simplex; so every path is a mix, and the band of
the renewable share, which no band of single carriers could give, is read off the same paths.

Source: R. Hyndman, G. Athanasopoulos, Forecasting: Principles and Practice, 3rd ed. (2021), section 5.5, for bootstrapped
residual paths; J. Aitchison, The Statistical Analysis of Compositional Data (1986), for closure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from forecasts.calendar import LocalCalendar
from forecasts.expert import NotEnoughHistory
from forecasts.mix.days import Rows, apply, features, learn
from forecasts.quantiles import error_quantiles
from twin.domain.problems import Problems

_DAY_S = 86_400
_TRAIN_DAYS = 365
_PATHS = 240  # newest errors: two seasons of them, because spring errs otherwise than winter
_FEWEST = 14  # issues to learn from, beyond the four weeks that their features look back
_FEWEST_ERRORS = 12  # what a band needs
_ALIKE_ISSUES = 4  # a weather regime lasts about so many days, and issues within it err alike
_CLOSURE = 1e-3  # shares published with three digits sum to one within this


@dataclass(frozen=True)
class MixForecast:
    """Coherent forecast of a mix.

    Attributes:
        carriers, renewable: names; the second are those that the renewable share counts, and nothing else decides it.
        paths: shares, dims (path, step, carrier), each path a mix in every step.
        shares: quantiles of each carrier's share, dims (step, carrier, quantile).
        renewable_share: quantiles of the sum over ``renewable``, dims (step, quantile).
    """

    carriers: tuple[str, ...]
    renewable: tuple[str, ...]
    paths: np.ndarray
    shares: np.ndarray
    renewable_share: np.ndarray


def forecast_mix(
    shares: np.ndarray,
    carriers: Sequence[str],
    *,
    renewable: Sequence[str],
    start_s: int,
    step_s: int,
    calendar: LocalCalendar,
    steps: int,
) -> MixForecast:
    """Forecast the ``steps`` intervals that follow the last row.

    Below six weeks the newest known day is the forecast, and its errors so far, at every hour, are the band. Hours in which any
    carrier is missing are taken from the day before; more than a tenth of them is too much.

    Args:
        shares: of each carrier, dims (time, carrier), rows summing to 1 or NaN; slightly negative shares (a modelled
            residual, a pump) count as zero.
        start_s: label of row 0, epoch seconds. ``step_s``: length of an interval; it divides a day.
        steps: how far; at most two days.

    Raises:
        BadInput: with every fault of the input.
        NotEnoughHistory: below about five days (twice what is asked, and half a day).
    """
    slots = _DAY_S // step_s
    _check(shares, carriers, renewable, step_s, steps)
    known = closed(_filled(shares, slots))
    now = len(known)
    labels = (start_s + np.arange(now + steps, dtype=np.int64) * step_s).astype("datetime64[s]").astype("datetime64[ns]")
    day, _ = calendar.locate(labels)
    types = calendar.day_type(np.arange(day[0], day[-1] + 1))[day - day[0]]
    point, errors = _learnt(known, Rows(np.array([now]), slots, steps, types), step_s / 3600.0)
    paths = closed(point + errors)
    share = paths[..., [list(carriers).index(name) for name in renewable]].sum(axis=-1)
    return MixForecast(
        tuple(carriers),
        tuple(renewable),
        paths,
        np.clip(error_quantiles(np.moveaxis(paths, 0, -1), copies=_ALIKE_ISSUES), 0.0, 1.0),
        np.clip(error_quantiles(np.moveaxis(share, 0, -1), copies=_ALIKE_ISSUES), 0.0, 1.0),
    )


def _learnt(known: np.ndarray, here: Rows, step_h: float) -> tuple[np.ndarray, np.ndarray]:
    """The point forecast, dims (step, carrier), and whole past errors, newest last, dims (path, step, carrier)."""
    now, slots, steps = len(known), here.slots, here.steps
    first = max(here.oldest, now - (_TRAIN_DAYS + 2) * slots)
    # Past issues at this time of day: each error knows its hour and its lead. The newest had to wait for its truth.
    origin = np.arange(now - steps, first - 1, -slots, dtype=np.int64)[::-1]
    if len(origin) >= _FEWEST:
        truth = known[origin[:, None] + np.arange(steps)]
        weights, errors = learn(*features(known, replace(here, origin=origin)), truth, step_h)
        return apply(*features(known, here), weights, step_h)[0], errors[-_PATHS:]
    origin = np.arange(int(here.days_back[-1]) * slots, now - steps + 1)
    if len(origin) < _FEWEST_ERRORS:
        raise NotEnoughHistory(f"a mix forecast of {steps} steps cannot rest on {now / slots:.1f} days of mixes")
    origin = origin[np.unique(np.linspace(0, len(origin) - 1, _PATHS).astype(np.int64))]
    rows = origin[:, None] + np.arange(steps)
    point = known[now + np.arange(steps) - here.days_back * slots]
    return point, known[rows] - known[rows - here.days_back * slots]


def closed(shares: np.ndarray) -> np.ndarray:
    """Onto the simplex along the last axis: negative shares become zero, the rest is scaled to sum to one."""
    positive = np.maximum(shares, 0.0)
    total = positive.sum(axis=-1, keepdims=True)
    return np.where(total > 0.0, positive / np.where(total > 0.0, total, 1.0), 1.0 / shares.shape[-1])


def _filled(shares: np.ndarray, slots: int) -> np.ndarray:
    """Incomplete rows replaced by the newest complete one at the same hour of an earlier day, or else of a later one."""
    found = np.array(shares, dtype=np.float64)
    bad = np.flatnonzero(~np.isfinite(found).all(axis=1))
    for row in bad:
        if row >= slots:
            found[row] = found[row - slots]
    for row in bad[::-1]:
        if not np.isfinite(found[row]).all():
            found[row] = found[row + slots]
    return found


def _check(shares: np.ndarray, carriers: Sequence[str], renewable: Sequence[str], step_s: int, steps: int) -> None:
    problems = Problems()
    if _DAY_S % step_s:
        problems.add("mix step_s", step_s, "a divisor of a day", "resample the mix to hours")
    elif not 0 < steps <= 2 * _DAY_S // step_s:
        problems.add("mix steps", steps, "up to two days", "ask for fewer steps")
    if shares.ndim != 2 or shares.shape[1] != len(carriers):
        problems.add("mix shares", f"dims {shares.shape}", f"(time, {len(carriers)})", "one column for each carrier")
        problems.raise_if_any()
    for name in renewable:
        if name not in carriers:
            problems.add("mix renewable", repr(name), f"one of {', '.join(carriers)}", "name carriers as the mix does")
    complete = np.isfinite(shares).all(axis=1)
    if len(shares) and complete.mean() < 0.9:
        problems.add("mix shares", f"{1 - complete.mean():.0%} of rows incomplete", "at most 10 %", "find the missing carriers")
    off = np.flatnonzero(complete & (np.abs(np.where(complete[:, None], shares, 0.0).sum(axis=1) - 1.0) > _CLOSURE))
    if len(off):
        problems.add(
            f"mix shares, rows {', '.join(map(str, off[:5]))}{' ...' if len(off) > 5 else ''}",
            f"sum {shares[off[0]].sum():.4f} in the first of {len(off)}",
            f"1 within {_CLOSURE:g}",
            "give shares 0..1 (not percent) of one whole",
        )
    problems.raise_if_any()
