"""An oil sample: gases dissolved in a transformer's mineral oil."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

from twin.domain.time import require_utc

Gas = Literal["h2", "ch4", "c2h6", "c2h4", "c2h2", "co", "co2", "o2", "n2"]
GASES: tuple[Gas, ...] = get_args(Gas)
HYDROCARBONS: tuple[Gas, ...] = ("ch4", "c2h6", "c2h4", "c2h2")
FAULT_GASES: tuple[Gas, ...] = ("h2", *HYDROCARBONS)
"""Gases of oil that breaks down: triangles and ratios read them."""
CARBON_OXIDES: tuple[Gas, ...] = ("co", "co2")
WHOLE_PPM = 1e6


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Gases dissolved in oil, each in ppm by volume (µl of gas per l of oil, IEC 60567); NaN where not measured.

    Attributes:
        at: when the oil was drawn, UTC.
        h2_ppm, ch4_ppm, c2h6_ppm, c2h4_ppm, c2h2_ppm: hydrogen, methane, ethane, ethylene, acetylene.
        co_ppm, co2_ppm: carbon oxides. ``o2_ppm``, ``n2_ppm``: air gases, often not measured.
    """

    at: datetime
    h2_ppm: float
    ch4_ppm: float
    c2h6_ppm: float
    c2h4_ppm: float
    c2h2_ppm: float
    co_ppm: float
    co2_ppm: float
    o2_ppm: float = math.nan
    n2_ppm: float = math.nan

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", require_utc(self.at, what="oil sample").astimezone(UTC))

    def __getitem__(self, gas: Gas) -> float:
        """Concentration of one gas [ppm], NaN where not measured."""
        return float(getattr(self, f"{gas}_ppm"))


@dataclass(frozen=True)
class Implausible:
    """What cannot be true of a sample: ``what`` (a gas, or 'gases'), its ``value``, the ``limit`` and the ``remedy``."""

    what: str
    value: str
    limit: str
    remedy: str


def implausible(sample: Sample) -> tuple[Implausible, ...]:
    """What cannot be true of ``sample``: a concentration that is negative or above the whole, no fault gas measured."""
    found = []
    for gas in GASES:
        ppm = sample[gas]
        if not math.isnan(ppm) and not 0.0 <= ppm <= WHOLE_PPM:
            limit = f"0 to {WHOLE_PPM:.0f} ppm"
            found.append(Implausible(gas, f"{ppm:g} ppm", limit, "correct it or leave it empty when not measured"))
    if all(math.isnan(sample[gas]) for gas in FAULT_GASES):
        limit = f"at least one of {', '.join(FAULT_GASES)}"
        found.append(Implausible("gases", "no fault gas measured", limit, "leave the row out"))
    return tuple(found)
