"""What the pictures of a year show: its days, its months by the hour, and its days beside those that others publish."""

from __future__ import annotations

import numpy as np

from twin.national.balance import CARRIERS_GWH, DAY_S, HOUR_S, day_sums, on_the_wall
from twin.national.drawings import days_compared, days_with_band, hours_by_month
from twin.national.figures import months_of
from twin.national.words import Words
from twin.national.year import Year


def share_of_days(year: Year, words: Words) -> str:
    """Renewable share of every local day, with its bounds."""
    _, first = np.unique(year.country.day, return_index=True)
    known = year.known
    drawn = np.where(known, year.load_mw, np.nan)
    energy = day_sums(drawn, year.country.day)
    rows = [day_sums(drawn * part, year.country.day) / energy for part in (year.share.share, year.share.low, year.share.high)]
    middle, low, high = (row[first].tolist() for row in rows)
    return days_with_band(middle, low, high, months=words.months, title=words("picture.days", year=str(year.year)))


def share_by_the_hour(year: Year, words: Words) -> str:
    """Mean renewable share of each local hour of day in each month, weighted with what the town drew."""
    month = months_of(year) - 1
    hour = (on_the_wall(year.hours_s, year.site.timezone) % DAY_S) // HOUR_S
    known = year.known
    cell = (month * 24 + hour)[known]
    energy = np.bincount(cell, year.load_mw[known], minlength=288)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = (np.bincount(cell, (year.load_mw * year.share.share)[known], minlength=288) / energy).reshape(12, 24)
    texts = [
        [words("picture.cell", month=words.months[m], hour=h, share=words.percent(float(shares[m, h]))) for h in range(24)]
        for m in range(12)
    ]
    return hours_by_month(shares, months=words.months, texts=texts, title=words("picture.hours", year=str(year.year)))


def production_of_days(year: Year, words: Words) -> str:
    """The country's daily production as our hours sum, beside the published one."""
    day = year.country.day
    _, first = np.unique(day, return_index=True)
    ours = day_sums(year.country.production_mw, day)[first] / 1000.0
    daily = year.files["swiss_production_day"]
    theirs = np.sum([daily.at(name, day[first] * DAY_S) for name in CARRIERS_GWH], axis=0)
    title = words("picture.production", year=str(year.year))
    return days_compared(ours.tolist(), theirs.tolist(), unit="GWh", months=words.months, title=title)
