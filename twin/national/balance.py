"""A country's hours in MW: what it produced, used and bought net, from shares, a nuclear meter and daily totals.

The mix has shares and no power. Nuclear power is published in MW beside it, and agrees with the federal daily figures within
a percent on a usual day, over a year within a hundredth: production is nuclear power over nuclear share. Where next to
nothing of it is nuclear it is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from twin.domain.time import from_epoch_s
from twin.national.published import Published

HOUR_S, DAY_S = 3600, 86_400
_LEAST_NUCLEAR_SHARE = 0.02  # below, the quotient magnifies the share's rounding beyond use
_MOST_OF_A_DAY = 0.9  # of its hours, for a day's sum to say something of the day
CARRIERS_GWH = ("river_gwh", "reservoir_gwh", "nuclear_gwh", "solar_gwh", "thermal_gwh", "wind_gwh")


@dataclass(frozen=True)
class Balance:
    """Hours of a country, dims (time,), NaN = unknown.

    Attributes:
        hours_s: UTC starts [epoch s]. ``day``: local days since 1970-01-01 that they belong to.
        production_mw: as the mix counts it. ``unseen``: part of the daily production that the federal statistics count beyond
            it, 0..1.
        use_mw: all that the country uses, pumps and losses included: the day's energy along the hours of end use where they are
            published, else even.
        net_import_mw: use less production; negative where more goes out.
    """

    hours_s: np.ndarray
    day: np.ndarray
    production_mw: np.ndarray
    unseen: np.ndarray
    use_mw: np.ndarray

    @property
    def net_import_mw(self) -> np.ndarray:
        """Use less production [MW]."""
        return self.use_mw - self.production_mw


def balance(files: Mapping[str, Published], hours_s: np.ndarray, timezone: str) -> Balance:
    """The balance of ``hours_s``, from files of the kinds swiss_mix, swiss_market, swiss_load and the daily ones."""
    day = local_days(hours_s, timezone)
    share = files["swiss_mix"].at("nuclear", hours_s)
    with np.errstate(invalid="ignore", divide="ignore"):
        production = np.where(share >= _LEAST_NUCLEAR_SHARE, files["swiss_market"].at("nuclear_mw", hours_s) / share, np.nan)
    published = sum(files["swiss_production_day"].at(name, day * DAY_S) for name in CARRIERS_GWH)
    with np.errstate(invalid="ignore"):
        unseen = np.clip(1.0 - day_sums(production, day) / (1000.0 * published), 0.0, 1.0)
    return Balance(hours_s, day, production, unseen, _use(files, hours_s))


def _use(files: Mapping[str, Published], hours_s: np.ndarray) -> np.ndarray:
    """The days' use on their hours; the table's days are UTC's, so those at both ends are looked at as a whole."""
    first, end = int(hours_s[0]) // DAY_S * DAY_S, -(-(int(hours_s[-1]) + HOUR_S) // DAY_S) * DAY_S
    hours = np.arange(first, end, HOUR_S, dtype=np.int64)
    end_use = hourly_means(files["swiss_load"], "end_use_mw", hours)
    daily = 1000.0 * files["swiss_use_day"].at("national_use_gwh", hours)
    known = day_sums(end_use, hours // DAY_S)
    use = np.where(np.isfinite(known), daily * end_use / known, daily * HOUR_S / DAY_S)
    return np.asarray(use[(hours_s - first) // HOUR_S])


def local_days(labels_s: np.ndarray, timezone: str) -> np.ndarray:
    """Local days since 1970-01-01 of instants [epoch s]; of 23 or 25 hours at a clock change."""
    return on_the_wall(labels_s, timezone) // DAY_S


def on_the_wall(labels_s: np.ndarray, timezone: str) -> np.ndarray:
    """Seconds since 1970-01-01 of the clock on the wall at instants [epoch s]."""
    zone = ZoneInfo(timezone)
    offsets = {}
    for hour in np.unique(labels_s - labels_s % HOUR_S):  # clocks change at whole hours
        ahead = from_epoch_s(int(hour)).astimezone(zone).utcoffset()
        offsets[int(hour)] = 0 if ahead is None else int(ahead.total_seconds())
    ahead_s = np.array([offsets[int(at - at % HOUR_S)] for at in labels_s], dtype=np.int64)
    return np.asarray(labels_s + ahead_s)


def hourly_means(file: Published, quantity: str, hours_s: np.ndarray) -> np.ndarray:
    """Means over the hours that begin at ``hours_s``; NaN where any interval in one is missing."""
    inside = np.arange(0, HOUR_S, file.step_s, dtype=np.int64)
    return np.asarray(file.at(quantity, hours_s[:, None] + inside).mean(axis=1))


def day_sums(values: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Each hour's day's sum, dims (time,): single missing hours count as the day's mean, a day that lacks a tenth is NaN."""
    _, number = np.unique(day, return_inverse=True)
    known = np.isfinite(values)
    count, hours = np.bincount(number, known), np.bincount(number)
    total = np.bincount(number, np.where(known, values, 0.0))
    with np.errstate(invalid="ignore", divide="ignore"):
        sums = np.where(count >= _MOST_OF_A_DAY * hours, total * hours / count, np.nan)
    return np.asarray(sums[number])
