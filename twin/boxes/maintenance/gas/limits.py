"""Typical gas values and rates, and the gate: no diagnosis of a transformer whose gases are typical.

Ratios and triangles name a fault for any mixture of gases, a healthy transformer's too. IEC 60599 therefore reads them only
when a gas, or its rate of increase, exceeds what 90 % of transformers in service show.

Sources: IEC 60599:2015, annex A, tables A.2 (concentrations) and A.3 (rates), power transformers; the 2022 edition keeps the
concentrations (A.2.4, table A.2). Networks differ, hence ranges; a utility's own 90 % values are better than either end.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median
from typing import Literal

from twin.boxes.maintenance.gas.sample import GASES, Gas, Sample

Equipment = Literal["power", "power_communicating_oltc", "distribution"]
DAYS_PER_YEAR = 365.25
_DAY_S = 86_400.0

_CONCENTRATIONS: Mapping[Gas, tuple[float, float]] = {
    "h2": (50, 150),
    "ch4": (30, 130),
    "c2h6": (20, 90),
    "c2h4": (60, 280),
    "c2h2": (2, 20),
    "co": (400, 600),
    "co2": (3800, 14_000),
}
_RATES: Mapping[Gas, tuple[float, float]] = {
    "h2": (35, 132),
    "ch4": (10, 120),
    "c2h6": (5, 90),
    "c2h4": (32, 146),
    "c2h2": (0, 4),
    "co": (260, 1060),
    "co2": (1700, 10_000),
}
TYPICAL_PPM: Mapping[Equipment, Mapping[Gas, tuple[float, float]]] = {
    "power": _CONCENTRATIONS,
    "power_communicating_oltc": {**_CONCENTRATIONS, "c2h2": (60, 280)},
    # One value each, from the annex on industrial and special transformers; the least well founded of the three.
    "distribution": {
        "h2": (100, 100),
        "ch4": (50, 50),
        "c2h6": (50, 50),
        "c2h4": (50, 50),
        "c2h2": (5, 5),
        "co": (200, 200),
        "co2": (5000, 5000),
    },
}
"""90 % typical concentrations [ppm], lower and upper end of the range. ``power_communicating_oltc``: tap changer and main tank
share oil or gas space."""
TYPICAL_PPM_PER_YEAR: Mapping[Equipment, Mapping[Gas, tuple[float, float]]] = {
    "power": _RATES,
    "power_communicating_oltc": {**_RATES, "c2h2": (21, 37)},
    "distribution": {},
}
"""90 % typical rates of increase [ppm/year]; none is published for distribution transformers, which gate on limits only."""
DETECTABLE_PPM: Mapping[Gas, float] = {
    "h2": 5,
    "ch4": 1,
    "c2h6": 1,
    "c2h4": 1,
    "c2h2": 1,
    "co": 25,
    "co2": 25,
    "o2": 50,
    "n2": 50,
}
"""Detection limits required in service [ppm] (IEC 60567): a rise of less than twice this is laboratory noise."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What is still typical, and how a trend is taken.

    Attributes:
        ppm, ppm_per_year: typical concentration [ppm] and rate of increase [ppm/year] by gas; a gas left out does not gate.
        least_spacing_days: two samples nearer than this make no rate.
        trend_days: samples older than this, seen from the last one, do not enter the rate.
        interval_days: days to the next sample by severity; a choice of this project, not of the standard.
    """

    ppm: Mapping[Gas, float]
    ppm_per_year: Mapping[Gas, float]
    least_spacing_days: float
    trend_days: float
    interval_days: Mapping[str, int]


INTERVAL_DAYS = {"normal": 365, "watch": 90, "act": 30, "urgent": 7}


def limits_for(
    equipment: Equipment,
    *,
    cautious: bool,
    ppm: Mapping[Gas, float] | None = None,
    ppm_per_year: Mapping[Gas, float] | None = None,
    least_spacing_days: float = 30.0,
    trend_days: float = 3 * DAYS_PER_YEAR,
    interval_days: Mapping[str, int] | None = None,
) -> Limits:
    """Limits of a kind of equipment, with a utility's own values laid over them.

    Args:
        equipment: whose typical values. ``cautious``: the lower end of each range (more transformers gate) or the upper.
        ppm, ppm_per_year: own values, gas by gas. ``least_spacing_days``, ``trend_days``, ``interval_days``: see `Limits`.
    """
    end = 0 if cautious else 1
    return Limits(
        ppm={**{gas: ends[end] for gas, ends in TYPICAL_PPM[equipment].items()}, **(ppm or {})},
        ppm_per_year={**{gas: ends[end] for gas, ends in TYPICAL_PPM_PER_YEAR[equipment].items()}, **(ppm_per_year or {})},
        least_spacing_days=least_spacing_days,
        trend_days=trend_days,
        interval_days={**INTERVAL_DAYS, **(interval_days or {})},
    )


@dataclass(frozen=True)
class Excess:
    """A gas above its typical value (``kind`` 'concentration' [ppm]) or rate ('rate' [ppm/year])."""

    kind: Literal["concentration", "rate"]
    gas: Gas
    value: float
    limit: float

    def __str__(self) -> str:
        unit = "ppm" if self.kind == "concentration" else "ppm/year"
        return f"{self.gas} {self.kind} {self.value:.4g} {unit} is above the typical {self.limit:.4g} {unit}"


def rate_ppm_per_year(samples: Sequence[Sample], gas: Gas, *, least_spacing_days: float, trend_days: float) -> float:
    """Robust slope of one gas [ppm/year]: median over pairs of samples far enough apart (Theil 1950, Sen 1968).

    One sample in four may be spoilt without moving it far. NaN without a pair; 0 when the rise over the whole span is below
    twice the detection limit. ``samples``: in order of time.
    """
    taken = [(sample.at.timestamp() / _DAY_S, sample[gas]) for sample in samples if not math.isnan(sample[gas])]
    taken = [(day, ppm) for day, ppm in taken if taken[-1][0] - day <= trend_days]
    slopes = [
        (b - a) / (late - early) for (early, a), (late, b) in combinations(taken, 2) if late - early >= least_spacing_days
    ]
    if not slopes:
        return math.nan
    slope = median(slopes)
    span_days = taken[-1][0] - taken[0][0]
    return slope * DAYS_PER_YEAR if abs(slope) * span_days >= 2.0 * DETECTABLE_PPM[gas] else 0.0


def rates_ppm_per_year(samples: Sequence[Sample], limits: Limits) -> dict[Gas, float]:
    """Rate of every gas [ppm/year]; NaN where there is none."""
    spacing, days = limits.least_spacing_days, limits.trend_days
    return {gas: rate_ppm_per_year(samples, gas, least_spacing_days=spacing, trend_days=days) for gas in GASES}


def excesses(latest: Sample, rates: Mapping[Gas, float], limits: Limits) -> tuple[Excess, ...]:
    """Everything above typical in the latest sample and in the rates; NaN exceeds nothing."""
    high = [Excess("concentration", gas, latest[gas], limit) for gas, limit in limits.ppm.items() if latest[gas] > limit]
    fast = [Excess("rate", gas, rates[gas], limit) for gas, limit in limits.ppm_per_year.items() if rates[gas] > limit]
    return (*high, *fast)
