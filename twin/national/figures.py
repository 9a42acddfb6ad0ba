"""A year in figures: totals, months, comparisons, as one JSON value; and its hours as CSV."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from twin.domain.finite import finite
from twin.domain.time import from_epoch_s
from twin.national.balance import DAY_S
from twin.national.compare import comparison, own_use_share
from twin.national.kinds import KINDS
from twin.national.year import Year

CSV_COLUMNS = (
    "start_utc", "start_local", "load_mw", "share", "share_low", "share_high", "production_share_low", "production_share_high",
    "foreign_part_low", "foreign_part_high", "co2_g_per_kwh",
)  # fmt: skip


def figures(year: Year) -> dict[str, Any]:
    """Everything that is told of a year, finite numbers only: what is unknown is None.

    ``load_gwh`` is of the hours whose load is known, ``hours_known`` are those of which all is. Shares are weighted with what
    the town drew: ``share`` by the country's production mix, ``share_low`` and ``share_high`` what cannot be excluded.
    ``foreign_part_low`` and ``_high``: imported part of the country's pool.
    """
    known = year.known
    hours = np.flatnonzero(known)
    share = year.share.share
    least, most = (int(hours[pick(share[hours])]) for pick in (np.argmin, np.argmax))
    outside = known & ((share < year.share.low) | (share > year.share.high))
    made = {
        "site": year.site.name,
        "title": year.site.about.title.model_dump(),
        "timezone": year.site.timezone,
        "year": year.year,
        "mix_kind": year.site.import_mix.mix,
        "hours": len(known),
        "hours_known": len(hours),
        "hours_without_a_station": int(year.gaps.sum()),
        "hours_outside_bounds": int(outside.sum()),
        "load_gwh": _load_gwh(year, np.ones(len(known), dtype=bool)),
        **_totals(year, known),
        "least_renewable_hour": {"start": _utc(year, least), "share": float(share[least])},
        "most_renewable_hour": {"start": _utc(year, most), "share": float(share[most])},
        "own_use_share": own_use_share(year),
        "months": [_month(year, number) for number in range(1, 13)],
        "comparison": [{**vars(row), "difference": row.difference} for row in comparison(year)],
        "files": {
            kind: {"files": KINDS[kind].files, "source": KINDS[kind].source, "faults": dict(file.faults)}
            for kind, file in year.files.items()
        },
    }
    told: dict[str, Any] = finite(made)
    return told


def hours_csv(year: Year) -> str:
    """The hours of a year, an unknown value empty."""
    zone = ZoneInfo(year.site.timezone)
    columns = (
        year.load_mw, year.share.share, year.share.low, year.share.high, year.production.low, year.production.high,
        year.foreign_low, year.foreign_high, year.co2_g_per_kwh,
    )  # fmt: skip
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for i, start_s in enumerate(year.hours_s.tolist()):
        start = from_epoch_s(start_s)
        values = ("" if np.isnan(column[i]) else f"{column[i]:.4f}" for column in columns)
        writer.writerow([start.strftime("%Y-%m-%dT%H:%MZ"), start.astimezone(zone).isoformat(timespec="minutes"), *values])
    return text.getvalue()


def months_of(year: Year) -> np.ndarray:
    """Local month 1..12 of every hour."""
    months = year.country.day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return np.asarray(months % 12 + 1)


def weighted(year: Year, values: np.ndarray, hours: np.ndarray) -> float:
    """Mean of ``values`` over a mask of hours, weighted with what the town drew; NaN where nothing was known to be drawn."""
    there = hours & np.isfinite(values) & np.isfinite(year.load_mw)
    energy = year.load_mw[there]
    return float((values[there] * energy).sum() / energy.sum()) if energy.sum() > 0.0 else float("nan")


def _load_gwh(year: Year, hours: np.ndarray) -> float:
    return float(np.nansum(year.load_mw[hours])) / 1000.0


def _totals(year: Year, hours: np.ndarray) -> dict[str, float]:
    return {
        "share": weighted(year, year.share.share, hours),
        "share_low": weighted(year, year.share.low, hours),
        "share_high": weighted(year, year.share.high, hours),
        "production_share_low": weighted(year, year.production.low, hours),
        "production_share_high": weighted(year, year.production.high, hours),
        "foreign_part_low": weighted(year, year.foreign_low, hours),
        "foreign_part_high": weighted(year, year.foreign_high, hours),
        "co2_g_per_kwh": weighted(year, year.co2_g_per_kwh, hours),
    }


def _month(year: Year, number: int) -> dict[str, Any]:
    inside = months_of(year) == number
    lakes, end_day = year.files["swiss_reservoirs"], int(year.country.day[inside].max())
    stored, room = (float(lakes.at(name, np.array([end_day * DAY_S]))[0]) for name in ("stored_gwh", "capacity_gwh"))
    known = inside & year.known
    return {
        "month": number,
        "hours": int(inside.sum()),
        "hours_known": int(known.sum()),
        "load_gwh": _load_gwh(year, inside),
        **_totals(year, known),
        "lakes_filled": stored / room,
    }


def _utc(year: Year, hour: int) -> str:
    return from_epoch_s(int(year.hours_s[hour])).isoformat()
