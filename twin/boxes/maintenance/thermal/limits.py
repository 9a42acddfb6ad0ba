"""Limits of loading by IEC 60076-7: how hot and how far above its rating, by size and by how long it is to last.

The standard knows three sizes: distribution (up to 2.5 MVA), medium power (up to 100 MVA) and large power; the thermal
characteristics tell the first from the other two, the limits tell all three apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

DISTRIBUTION_MVA = 2.5
"""Up to it a transformer is a distribution transformer (IEC 60076-7, 3.2, three phases)."""
LARGE_MVA = 100.0
"""Above it a power transformer is a large one (IEC 60076-7, 3.3 and 3.4, three phases)."""


class Loading(StrEnum):
    """How a transformer may be loaded: which column of limits holds."""

    NORMAL_CYCLIC = "normal_cyclic"  # a day's cycle whose ageing evens out: no loss beyond the expected one
    LONG_EMERGENCY = "long_emergency"  # an outage that lasts for days or weeks: ages faster, and accepted
    SHORT_EMERGENCY = "short_emergency"  # at most half an hour; bubbles become possible, the reason for the limit


@dataclass(frozen=True)
class Limits:
    """Limits of one kind of loading: hot-spot and top-oil temperature [degC], current over rated current [%]."""

    hot_spot_c: float
    top_oil_c: float
    current_percent: float


LIMITS: dict[tuple[Loading, str], Limits] = {
    (Loading.NORMAL_CYCLIC, "distribution"): Limits(120.0, 105.0, 150.0),
    (Loading.NORMAL_CYCLIC, "medium"): Limits(120.0, 105.0, 150.0),
    (Loading.NORMAL_CYCLIC, "large"): Limits(120.0, 105.0, 130.0),
    (Loading.LONG_EMERGENCY, "distribution"): Limits(140.0, 115.0, 180.0),
    (Loading.LONG_EMERGENCY, "medium"): Limits(140.0, 115.0, 150.0),
    (Loading.LONG_EMERGENCY, "large"): Limits(140.0, 115.0, 130.0),
    (Loading.SHORT_EMERGENCY, "distribution"): Limits(140.0, 115.0, 200.0),
    (Loading.SHORT_EMERGENCY, "medium"): Limits(160.0, 115.0, 180.0),
    (Loading.SHORT_EMERGENCY, "large"): Limits(160.0, 115.0, 150.0),
}
"""(kind of loading, size) -> limits. Source: IEC 60076-7:2005, table 4.

The table gives no temperatures for the short emergency of a distribution transformer, whose end nobody can see to; those of the
long emergency stand in.
"""


def limits_of(loading: Loading, size: str, *, sn_mva: float) -> Limits:
    """The standard's limits for a transformer of ``size`` ("distribution", "power") and rating [MVA]."""
    power = "large" if sn_mva > LARGE_MVA else "medium"
    return LIMITS[loading, size if size == "distribution" else power]
