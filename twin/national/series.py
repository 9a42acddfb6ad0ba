"""Named series that a site's channels may be fed from, each from a kind of published file, in the channel's unit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from twin.domain.time import QUARTER_HOUR_S
from twin.national.literature import literature
from twin.national.mix import production_share
from twin.national.nuclear_gaps import nuclear_gaps
from twin.national.published import Published

Files = Mapping[str, Published]


@dataclass(frozen=True)
class Series:
    """A series of quarter hours.

    Attributes:
        quantity: of the channel that it may feed. ``kind``: of the file that it comes from.
        values: from the files, at labels [epoch s]. ``beside``: kinds of further files that it is judged by.
    """

    quantity: str
    kind: str
    values: Callable[[Files, np.ndarray], np.ndarray]
    beside: tuple[str, ...] = ()


def _plain(quantity: str, kind: str, column: str) -> Series:
    return Series(quantity, kind, lambda files, labels: files[kind].at(column, labels))


def _renewable_share(files: Files, labels_s: np.ndarray) -> np.ndarray:
    share = production_share(files["swiss_mix"], labels_s, pumped_part=literature().pumped_part).share
    return np.where(nuclear_gaps(files, labels_s), np.nan, share)


def _co2(files: Files, labels_s: np.ndarray) -> np.ndarray:
    return np.where(nuclear_gaps(files, labels_s), np.nan, files["swiss_impact"].at("co2_g_per_kwh", labels_s))


def _price_chf(files: Files, labels_s: np.ndarray) -> np.ndarray:
    """CHF/kWh, by the mean exchange rate of each year; NaN in years without one."""
    rates = literature().chf_per_eur
    chf_per_eur = np.full(len(labels_s), np.nan)
    for year, rate in rates.items():
        first, end = (int(datetime(y, 1, 1, tzinfo=UTC).timestamp()) for y in (year, year + 1))
        chf_per_eur[(labels_s >= first) & (labels_s < end)] = rate
    return files["swiss_market"].at("price_eur_per_mwh", labels_s) * chf_per_eur / 1000.0


_JUDGES = ("swiss_mix", "swiss_market", "swiss_production_day")


SERIES: dict[str, Series] = {
    "zurich_load": _plain("p_mw", "zurich_load", "load_mw"),
    "zurich_temp": _plain("temp_c", "zurich_weather", "temp_c"),
    "zurich_sun": _plain("ghi_w_m2", "zurich_weather", "ghi_w_m2"),
    "swiss_renewable_share": Series("import_renewable_share", "swiss_mix", _renewable_share, beside=_JUDGES),
    "swiss_co2": Series("import_co2_g_per_kwh", "swiss_impact", _co2, beside=_JUDGES),
    "swiss_price": Series("price_chf_per_kwh", "swiss_market", _price_chf),
}
"""Name in a site file -> series."""


def quarter_hours_of(files: Files, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Labels [epoch s] and values of a series, every quarter hour of its file; an hour's value stands for its four."""
    series = SERIES[name]
    file = files[series.kind]
    first = -(-file.start_s // QUARTER_HOUR_S) * QUARTER_HOUR_S
    labels = np.arange(first, file.end_s, QUARTER_HOUR_S, dtype=np.int64)
    return labels, series.values(files, labels)


def kinds_of(names: Iterable[str]) -> list[str]:
    """Kinds of the files that some series need."""
    return sorted({kind for name in names for kind in (SERIES[name].kind, *SERIES[name].beside)})
