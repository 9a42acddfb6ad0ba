"""Figures and dates as the report writes them: three significant digits, a unit always, local time always named."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

MISSING = "–"


@dataclass(frozen=True)
class Unit:
    """The unit in which a series is shown: ``name``, and how many of it make one MW."""

    name: str
    per_mw: float


def unit_for(values: np.ndarray) -> Unit:
    """The unit for a series: kW for a building, MW for a town, GW for a country; by the 95th percentile of ``values`` [MW]."""
    known = np.abs(values[np.isfinite(values)])
    usual = float(np.percentile(known, 95)) if len(known) else 1.0
    if usual < 1.0:
        return Unit("kW", 1000.0)
    return Unit("MW", 1.0) if usual < 10_000.0 else Unit("GW", 0.001)


def figure(value: object, digits: int = 3) -> str:
    """A number with ``digits`` significant digits and no exponent; an en dash where there is none."""
    if not isinstance(value, int | float | np.floating | np.integer) or not math.isfinite(value):
        return MISSING
    size = abs(float(value))
    if size == 0.0:
        return "0"
    places = max(0, digits - 1 - math.floor(math.log10(size)))
    text = f"{value:,.{min(places, 6)}f}"
    return text if any(digit in text for digit in "123456789") else "0"


def whole(value: object) -> str:
    """A count."""
    return f"{value:,}" if isinstance(value, int | np.integer) else figure(value)


def percent(share: object, digits: int = 1) -> str:
    """A share 0..1 as a percentage."""
    if not isinstance(share, int | float | np.floating) or not math.isfinite(share):
        return MISSING
    return f"{100.0 * share:.{digits}f} %"


def day(instant: np.datetime64) -> str:
    """A local day: ``Mon 6 Jan 2020``."""
    return instant.astype("datetime64[s]").item().strftime("%a %-d %b %Y")


def minute(instant: np.datetime64) -> str:
    """A local instant: ``Mon 6 Jan 2020 00:00``."""
    return instant.astype("datetime64[s]").item().strftime("%a %-d %b %Y %H:%M")


def counted(number: int, thing: str) -> str:
    """``1 origin``, ``12 origins``."""
    return f"{number:,} {thing}" + ("" if number == 1 else "s")
