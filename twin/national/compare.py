"""Our sums of hours against totals that others publish of the same days: the same electricity, counted twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.national.balance import CARRIERS_GWH, DAY_S, HOUR_S, day_sums, hourly_means
from twin.national.literature import literature
from twin.national.mix import WASTE_SHARE
from twin.national.year import BESIDE, Year

_HYDRO = ("residual_reservoir", "residual_river", "reservoir", "river", "pumped")
_THERMAL = (
    "residual_other", "biomass", "lignite", "coal_gas", "gas", "hard_coal", "oil", "oil_shale", "peat", "other_fossil", "waste",
)  # fmt: skip
_FEWEST_HOURS = 23
"""Of a day: those of the change to summer time."""


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes:
        key: what is compared; screens have words and an explanation for it. ``unit``: of both figures, "GWh", "1", "EUR/MWh".
        ours, published: over ``days`` days that both know, sums of energies, else means; 0 days: figures of the whole year.
        typical: median of the days' absolute differences, in percent of the published figure (of a share: in points); None
            where days are not compared.
        difference_unit: "%" of the published figure; of a share "points"; ``unit`` itself for a sum of either sign, of which
            a percentage says nothing.
    """

    key: str
    unit: str
    ours: float
    published: float
    days: int
    typical: float | None
    difference_unit: str = "%"

    @property
    def difference(self) -> float:
        """Ours less theirs, in ``difference_unit``."""
        apart = self.ours - self.published
        if self.difference_unit == self.unit:
            return apart
        return 100.0 * apart if self.difference_unit == "points" else 100.0 * apart / abs(self.published)


def comparison(year: Year) -> tuple[Row, ...]:
    """Every comparison that the year's files allow, in the order in which they explain each other."""
    rows = [*_production(year), *_use(year), _net_import(year), _price(year), _city(year)]
    return tuple(row for row in rows if row is not None)


def own_use_share(year: Year) -> float | None:
    """Part of what a metered roof generates in the year that it uses itself and no grid sees; None in years without meter."""
    file = year.files["pv_site"]
    made = hourly_means(file, "generation_mw", year.hours_s)
    fed = hourly_means(file, "feed_in_mw", year.hours_s)
    known = np.isfinite(made + fed)
    return 1.0 - float(fed[known].sum() / made[known].sum()) if known.any() and made[known].sum() > 0.0 else None


def _production(year: Year) -> list[Row | None]:
    files, hours, country = year.files, year.hours_s, year.country
    mix, daily = files["swiss_mix"], files["swiss_production_day"]

    def published(names: Sequence[str]) -> np.ndarray:
        return np.sum([daily.at(name, country.day * DAY_S) for name in names], axis=0)

    def made(names: Sequence[str]) -> np.ndarray:
        return np.asarray(np.sum([mix.at(name, hours) for name in names], axis=0) * country.production_mw)

    def row(key: str, ours_mw: np.ndarray, names: Sequence[str]) -> Row | None:
        return _energies(key, ours_mw, published(names), country.day)

    market = files["swiss_market"]
    seen = ("river_gwh", "reservoir_gwh", "solar_gwh", "wind_gwh")
    total = published(CARRIERS_GWH)
    theirs = (published(seen) + WASTE_SHARE * published(("thermal_gwh",))) / total
    return [
        row("nuclear", market.at("nuclear_mw", hours), ("nuclear_gwh",)),
        row("reporting", market.at("renewable_mw", hours), seen),
        row("production", country.production_mw, CARRIERS_GWH),
        row("hydro", made(_HYDRO), ("river_gwh", "reservoir_gwh")),
        row("solar", made(("solar",)), ("solar_gwh",)),
        row("wind", made(("wind_onshore", "wind_offshore")), ("wind_gwh",)),
        row("thermal", made(_THERMAL), ("thermal_gwh",)),
        _shares(year, year.production.share, theirs, total),
    ]


def _use(year: Year) -> list[Row | None]:
    """By UTC days, as the table counts them; once by local days, to see what the calendar alone does."""
    files, local, utc = year.files, year.country.day, year.hours_s // DAY_S
    end_use = hourly_means(files["swiss_load"], "end_use_mw", year.hours_s)
    table = files["swiss_use_day"]
    return [
        _energies("end_use", end_use, table.at("end_use_gwh", utc * DAY_S), utc),
        _energies("calendar", end_use, table.at("end_use_gwh", local * DAY_S), local),
        _energies("losses", end_use, table.at("national_use_gwh", utc * DAY_S), utc),
    ]


def _net_import(year: Year) -> Row | None:
    net = year.country.net_import_mw
    known = np.isfinite(net)
    if not known.any():
        return None
    ours = float(net[known].mean()) * len(net) / 1000.0
    return Row("net_import", "GWh", ours, 1000.0 * literature().net_import_twh[year.year], 0, None, "GWh")


def _price(year: Year) -> Row | None:
    ours = day_sums(year.files["swiss_market"].at("price_eur_per_mwh", year.hours_s), year.country.day)
    hours = day_sums(np.ones(len(ours)), year.country.day)
    theirs = year.files["swiss_price_day"].at("base_price_eur_per_mwh", year.country.day * DAY_S)
    return _of_days("price", "EUR/MWh", ours / hours, theirs, year.country.day, total=False)


def _city(year: Year) -> Row | None:
    """The town's hourly delivery, bin by bin as they lie, against its quarter hours."""
    other = year.files.get(BESIDE.get(year.load_kind, ""))
    if other is None:
        return None
    bins = np.arange(other.start_s, other.end_s, HOUR_S, dtype=np.int64)
    bins = bins[(bins >= year.hours_s[0]) & (bins + HOUR_S <= year.hours_s[-1] + HOUR_S)]
    ours = hourly_means(year.files[year.load_kind], "load_mw", bins)
    theirs = other.at("ne5_mw", bins) + other.at("ne7_mw", bins)
    known = np.isfinite(ours + theirs)
    if not known.any():
        return None
    day = bins[known] // DAY_S
    sums = [np.bincount(np.unique(day, return_inverse=True)[1], part[known]) / 1000.0 for part in (ours, theirs)]
    typical = 100.0 * float(np.median(np.abs(sums[0] - sums[1]) / sums[1]))
    return Row("city", "GWh", float(sums[0].sum()), float(sums[1].sum()), len(sums[0]), typical)


def _energies(key: str, ours_mw: np.ndarray, theirs_gwh: np.ndarray, day: np.ndarray) -> Row | None:
    """Energies of days; ``theirs_gwh`` stands in every hour of its day."""
    return _of_days(key, "GWh", day_sums(ours_mw, day) / 1000.0, theirs_gwh, day, total=True)


def _shares(year: Year, share: np.ndarray, theirs: np.ndarray, total_gwh: np.ndarray) -> Row | None:
    day, power = year.country.day, year.country.production_mw
    ours = day_sums(share * power, day) / day_sums(np.where(np.isnan(share), np.nan, power), day)
    first = _firsts(day, ours, theirs)
    if not len(first):
        return None
    weight = total_gwh[first] / total_gwh[first].sum()
    typical = 100.0 * float(np.median(np.abs(ours[first] - theirs[first])))
    sums = float((ours[first] * weight).sum()), float((theirs[first] * weight).sum())
    return Row("renewable_share", "1", *sums, len(first), typical, "points")


def _of_days(key: str, unit: str, ours: np.ndarray, theirs: np.ndarray, day: np.ndarray, *, total: bool) -> Row | None:
    first = _firsts(day, ours, theirs)
    if not len(first):
        return None
    a, b = ours[first], theirs[first]
    nonzero = b != 0.0
    typical = 100.0 * float(np.median(np.abs(a - b)[nonzero] / np.abs(b[nonzero])))
    figures = (a.sum(), b.sum()) if total else (a.mean(), b.mean())
    return Row(key, unit, float(figures[0]), float(figures[1]), len(first), typical)


def _firsts(day: np.ndarray, ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """The first hour of every day that both know; a day that reaches out of the year is none."""
    _, first, hours = np.unique(day, return_index=True, return_counts=True)
    return np.asarray(first[np.isfinite(ours[first] + theirs[first]) & (hours >= _FEWEST_HOURS)])
