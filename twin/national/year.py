"""A town's year from published files: what it drew, hour by hour, and how renewable that was at least, about and at most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from twin.domain.problems import BadInput, Problem
from twin.domain.time import QUARTER_HOUR_S, to_epoch_s
from twin.national.balance import HOUR_S, Balance, balance
from twin.national.consumption import consumption_share, foreign_parts
from twin.national.literature import literature
from twin.national.mix import Bounded, production_share
from twin.national.nuclear_gaps import nuclear_gaps
from twin.national.published import Published, read_published
from twin.national.series import SERIES, quarter_hours_of
from twin.site import Site

COUNTRY = (
    "swiss_mix", "swiss_impact", "swiss_market", "swiss_load", "swiss_production_day", "swiss_use_day", "swiss_price_day",
    "swiss_reservoirs", "pv_site",
)  # fmt: skip
"""Kinds of files that a year is made from, beside the town's own."""
BESIDE = {"zurich_load": "zurich_delivery"}
"""A town's own second publication, which its load is held against."""


@dataclass(frozen=True)
class Year:
    """Hours of a local calendar year, dims (time,), NaN = unknown.

    Attributes:
        hours_s: UTC starts [epoch s].
        load_mw: mean of the hour's quarter hours. ``load_kind``: of the file that it comes from.
        share: of what the town drew, with the bounds of a consumption mix. ``production``: of the country's production, with
            the bounds of its own residuals alone.
        foreign_low, foreign_high: part of the country's pool that is imported.
        co2_g_per_kwh: of the country's production, life cycle.
        gaps: mask of hours from which a nuclear station is missing; their mix is not used.
    """

    site: Site
    year: int
    hours_s: np.ndarray
    load_mw: np.ndarray
    load_kind: str
    share: Bounded
    production: Bounded
    foreign_low: np.ndarray
    foreign_high: np.ndarray
    co2_g_per_kwh: np.ndarray
    gaps: np.ndarray
    country: Balance
    files: Mapping[str, Published]

    @property
    def known(self) -> np.ndarray:
        """Hours of which load, share and bounds are known."""
        return np.isfinite(self.load_mw + self.share.share + self.share.low + self.share.high)


def year_of(site: Site, data: Path, year: int) -> Year:
    """One year of a site that replays published files.

    Raises:
        BadInput: for a site that is not fed by published files, a year without figures of import, files that cannot be read
            and files without that year, with every fault found.
    """
    _check(site)
    literature().check_year(year)
    root = next(zone for zone in site.zones if zone.parent is None)
    series = [(site.telemetry.published[term.channel], term.sign) for term in root.boundary]
    kinds = list(dict.fromkeys(SERIES[name].kind for name, _ in series))
    files = read_published(data, [*COUNTRY, *kinds, *(BESIDE[kind] for kind in kinds if kind in BESIDE)])
    hours_s = hours_of_year(year, site.timezone)
    load = sum((sign * _hourly(files, name, hours_s) for name, sign in series), np.zeros(len(hours_s)))
    country = balance(files, hours_s, site.timezone)
    facts = literature()
    gaps = nuclear_gaps(files, hours_s)
    mix = production_share(files["swiss_mix"], hours_s, pumped_part=facts.pumped_part)
    production = Bounded(*(np.where(gaps, np.nan, part) for part in (mix.share, mix.low, mix.high)))
    gross = facts.gross_import_twh[year]
    share = consumption_share(
        production,
        country,
        gross_import_twh=gross,
        foreign_low=facts.foreign_low,
        foreign_high=facts.foreign_high,
    )
    low, high = foreign_parts(country, gross)
    co2 = np.where(gaps, np.nan, files["swiss_impact"].at("co2_g_per_kwh", hours_s))
    made = Year(site, year, hours_s, load, kinds[0], share, production, low, high, co2, gaps, country, files)
    if not made.known.any():
        limit = "a year in the files of the load, the mix and the country's days"
        raise BadInput([Problem(f"--year {year}", "no hour of it is known", limit, "choose another year, or add its files")])
    return made


def hours_of_year(year: int, timezone: str) -> np.ndarray:
    """UTC starts of the hours of a local calendar year [epoch s]."""
    first, end = (to_epoch_s(datetime(number, 1, 1, tzinfo=ZoneInfo(timezone))) for number in (year, year + 1))
    return np.arange(first, end, HOUR_S, dtype=np.int64)


def _check(site: Site) -> None:
    if site.telemetry.source != "published":
        limit, remedy = 'source = "published"', "name a site that replays published files, such as zurich"
        raise BadInput([Problem(f"{site.file.name}: telemetry.source", f'"{site.telemetry.source}"', limit, remedy)])
    if site.about.country != "CH":
        limit, remedy = '"CH": the published mix is Switzerland\'s', "add the loaders of that country"
        raise BadInput([Problem(f"{site.file.name}: site.country", f'"{site.about.country}"', limit, remedy)])


def _hourly(files: Mapping[str, Published], name: str, hours_s: np.ndarray) -> np.ndarray:
    """Mean of each hour; NaN where one of its quarter hours is missing."""
    labels, values = quarter_hours_of(files, name)
    row = (hours_s[:, None] + QUARTER_HOUR_S * np.arange(4) - labels[0]) // QUARTER_HOUR_S
    inside = (row >= 0) & (row < len(values))
    return np.asarray(np.where(inside, values[np.clip(row, 0, len(values) - 1)], np.nan).mean(axis=1))
