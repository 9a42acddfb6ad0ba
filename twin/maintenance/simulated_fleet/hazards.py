"""The failure modes of the simulated fleet and their true hazards, fixed before any policy was measured.

A mode with a precursor starts as a defect (Poisson process), grows during its P-F interval (the time from the
first possible sign to the failure, lognormal) and then fails. A mode without one fails at once: no policy can
avoid it. Rates are those of an *untreated* asset; what statistics report comes from maintained fleets and is lower.

Anchors, all orders of magnitude:
    HV/MV: 964 major failures in 167,459 unit-years = 0.58 % a year, windings, tap changers and bushings leading
        (CIGRE TB 642, 2015); 1,159 in 425,000 = 0.27 % (CIGRE WG A2.62, 2023).
    MV/LV: 0.22 % a year in good health to 2.2 % in the worst (CNAIM, K = 0.0078 %, C = 1.087).
    MV cable: 0.43 to 2.5 failures a year per 100 km without third parties (EPRI, 19 utilities, 0.7 to 4 per 100 miles).
    Hydro: no public statistics of small units per mode were found; the figures are an assumption.
The split into modes and the P-F intervals are assumptions of this project, written here to be argued with.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

PURPOSE = "simulated fleet"
"""Stands beside every figure."""


class Kind(StrEnum):
    """Kinds of assets."""

    MV_LV = "mv_lv"
    HV_MV = "hv_mv"
    CABLE = "cable"
    HYDRO = "hydro"


@dataclass(frozen=True)
class Mode:
    """One way for one kind of asset to fail.

    Attributes:
        kind, name: of the asset; of the mode.
        rate_percent: defects (or failures, without precursor) per 100 untreated asset-years, average of the fleet at start.
        pf_weeks: median P-F interval [weeks]; 0: no precursor.
        pf_spread: standard deviation of its logarithm.
        age_exponent: the rate grows with (age / mean age) to this power (Weibull shape minus 1).
        fail_chf: repair or replacement after the failure, standby service within, without energy not served.
        fix_chf, fix_h: planned correction of the defect, and its crew hours.
    """

    kind: Kind
    name: str
    rate_percent: float
    pf_weeks: float
    pf_spread: float
    age_exponent: float
    fail_chf: float
    fix_chf: float
    fix_h: float

    @property
    def has_precursor(self) -> bool:
        """Whether anybody could see it coming."""
        return self.pf_weeks > 0.0


AGEING = "ageing"
MODES: tuple[Mode, ...] = (
    # Lightning, through-faults, vermin, third parties.
    Mode(Kind.MV_LV, "external", 0.10, 0.0, 0.0, 0.0, 30_000, 0, 0),
    # Blocked ventilation, low oil; the oil runs hotter and hotter.
    Mode(Kind.MV_LV, "cooling", 0.08, 26.0, 0.6, 0.5, 32_000, 1_500, 8),
    # Discharge or overheating under oil: visible in gas only; planned replacement is the only correction.
    Mode(Kind.MV_LV, "internal", 0.12, 52.0, 0.6, 0.5, 34_000, 26_000, 16),
    # Bushings and low-voltage terminals: thermography sees a hot joint.
    Mode(Kind.MV_LV, "connection", 0.15, 40.0, 0.6, 0.5, 14_000, 900, 6),
    # Brittle paper gives way at a through-fault: no sign before, but the life used up can be calculated.
    Mode(Kind.MV_LV, AGEING, 0.08, 0.0, 0.0, 0.0, 34_000, 26_000, 16),
    Mode(Kind.HV_MV, "external", 0.15, 0.0, 0.0, 0.0, 250_000, 0, 0),
    Mode(Kind.HV_MV, "cooling", 0.10, 20.0, 0.6, 0.0, 150_000, 6_000, 24),
    Mode(Kind.HV_MV, "internal", 0.30, 60.0, 0.6, 0.0, 700_000, 120_000, 60),
    # Contact wear: grows with operations, an overhaul renews the contacts.
    Mode(Kind.HV_MV, "tap_changer", 0.50, 78.0, 0.5, 0.0, 200_000, 18_000, 48),
    Mode(Kind.HV_MV, "bushing", 0.12, 60.0, 0.7, 0.0, 300_000, 35_000, 40),
    Mode(Kind.HV_MV, AGEING, 0.08, 0.0, 0.0, 0.0, 800_000, 700_000, 160),
    # A section of half a kilometre: 0.7 a year per 100 km dug up or otherwise unforeseen, 1.0 from joints and insulation.
    Mode(Kind.CABLE, "external", 0.35, 0.0, 0.0, 0.0, 15_000, 0, 0),
    Mode(Kind.CABLE, "joint", 0.50, 104.0, 0.6, 0.5, 15_000, 8_000, 24),
    Mode(Kind.HYDRO, "external", 10.0, 0.0, 0.0, 0.0, 25_000, 0, 0),
    Mode(Kind.HYDRO, "bearing", 15.0, 16.0, 0.6, 0.0, 90_000, 20_000, 60),
    Mode(Kind.HYDRO, "winding", 5.0, 30.0, 0.6, 0.0, 140_000, 30_000, 60),
)

AGEING_STEEPNESS = 4.0
"""Hazard of brittle paper ~ exp(steepness x life used up): 55 times from new to a whole normal life; an assumption."""
NORMAL_LIFE_H = 180_000.0
"""Normal insulation life, degree of polymerisation down to 200 (IEC 60076-7:2005, table 2: 150,000 to 180,000 h)."""
FRAILTY_SHAPE = 2.0
"""Units differ by more than age shows: gamma frailty of mean 1, variance 1 / shape, seen by nobody; an assumption."""


def stated_failures_per_year(counts: dict[Kind, int]) -> float:
    """Failures a year of the untreated fleet in its steady state: every defect that starts ends in one.

    Args:
        counts: number of assets of each kind.

    >>> stated_failures_per_year({Kind.CABLE: 100, Kind.MV_LV: 0, Kind.HV_MV: 0, Kind.HYDRO: 0})
    0.85
    """
    return sum(counts[mode.kind] * mode.rate_percent / 100.0 for mode in MODES)
