"""The dynamic grid-usage tariff of one local day: a monotone function of the grid's load, worth the static one.

The price of a quarter hour is

    price = clip(base + swing * z, minimum, maximum),   z = (net - mean(net)) / spread(net),

so the more a quarter hour draws compared with its own day, the dearer it is, never the other way round. ``swing``
spans the allowed band over +-2 standard deviations. ``base`` is found such that the day's consumption pays in total
exactly what it would pay under the static tariff (revenue neutrality): the mean price weighted by energy is the
static tariff's. Local time decides day and high hours; everything else is UTC.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from twin.domain.time import QUARTER_HOUR, from_epoch_s, to_epoch_s

SPAN_SIGMA = 4.0
"""The band from minimum to maximum corresponds to so many standard deviations of the day's net load."""
FLAT_DAY = 0.05
"""Floor of the spread as a share of the day's mean consumption: a day without shape gets no artificial one."""
BISECTIONS = 60
"""Halvings of the band, to below 1e-17 CHF/kWh."""


@dataclass(frozen=True)
class TariffFacts:
    """What the site charges for using the grid.

    Attributes:
        high_chf_per_kwh, low_chf_per_kwh: static tariff [CHF/kWh].
        high_from, high_to: local hours [from, to) of the high tariff on working days.
        holidays: public holidays, on which, as on Saturdays and Sundays, nobody works.
        minimum_chf_per_kwh, maximum_chf_per_kwh: band of the dynamic tariff [CHF/kWh].
        timezone: whose clock the tariff follows.
    """

    high_chf_per_kwh: float
    low_chf_per_kwh: float
    high_from: int
    high_to: int
    holidays: Container[date]
    minimum_chf_per_kwh: float
    maximum_chf_per_kwh: float
    timezone: ZoneInfo


def local_day(instant: datetime, timezone: ZoneInfo) -> date:
    """The local calendar day that holds ``instant``."""
    return instant.astimezone(timezone).date()


def day_bounds(day: date, timezone: ZoneInfo) -> tuple[datetime, datetime]:
    """Start and end of a local day in UTC: 92, 96 or 100 quarter hours apart."""
    first, second = (
        from_epoch_s(to_epoch_s(datetime.combine(midnight, time(0), tzinfo=timezone)))
        for midnight in (day, day + timedelta(days=1))
    )
    return first, second


def static_prices(facts: TariffFacts, start: datetime, steps: int) -> np.ndarray:
    """The static tariff of ``steps`` quarter hours from ``start`` [CHF/kWh], dims (time,)."""
    prices = np.empty(steps)
    for step in range(steps):
        local = (start + step * QUARTER_HOUR).astimezone(facts.timezone)
        working = local.weekday() < 5 and local.date() not in facts.holidays
        high = working and facts.high_from <= local.hour < facts.high_to
        prices[step] = facts.high_chf_per_kwh if high else facts.low_chf_per_kwh
    return prices


def dynamic_prices(
    *,
    net_p_mw: np.ndarray,
    consumption_p_mw: np.ndarray,
    static_chf_per_kwh: np.ndarray,
    minimum_chf_per_kwh: float,
    maximum_chf_per_kwh: float,
) -> np.ndarray:
    """The day's dynamic prices [CHF/kWh], dims (time,).

    Args:
        net_p_mw: forecast power into the zone, import positive [MW], dims (time,), finite.
        consumption_p_mw: forecast consumption, the weight of revenue neutrality [MW], dims (time,), finite;
            negative counts as none.
        static_chf_per_kwh: static tariff of the same quarter hours, dims (time,).
        minimum_chf_per_kwh: lower end of the band.
        maximum_chf_per_kwh: upper end of the band; the static tariff's mean lies between them.
    """
    weight = np.maximum(consumption_p_mw, 0.0)
    if not weight.sum() > 0.0:
        weight = np.ones_like(weight)
    weight = weight / weight.sum()
    target = float(weight @ static_chf_per_kwh)
    floor = FLAT_DAY * float(np.mean(np.abs(consumption_p_mw)))
    spread = max(float(net_p_mw.std()), floor) or 1.0
    z = (net_p_mw - net_p_mw.mean()) / spread
    shape = (maximum_chf_per_kwh - minimum_chf_per_kwh) / SPAN_SIGMA * z

    def priced(base: float) -> np.ndarray:
        return np.clip(base + shape, minimum_chf_per_kwh, maximum_chf_per_kwh)

    low, high = minimum_chf_per_kwh - shape.max(), maximum_chf_per_kwh - shape.min()
    for _ in range(BISECTIONS):
        base = 0.5 * (low + high)
        if float(weight @ priced(base)) < target:
            low = base
        else:
            high = base
    return priced(0.5 * (low + high))
