"""What quarter hours add to the sums of consumption: energy, the renewable part of it, emissions."""

from __future__ import annotations

import math
from dataclasses import dataclass

from twin.domain.time import HOURS_PER_STEP
from twin.origin.traced import Origin


@dataclass(frozen=True)
class Consumed:
    """What was consumed in the town, what of it was renewable, what it emitted; or by how much these sums change."""

    mwh: float = 0.0
    renewable_mwh: float = 0.0
    co2_t: float = 0.0

    def plus(self, other: Consumed, sign: float = 1.0) -> Consumed:
        """The sum, or the difference with ``sign`` -1."""
        return Consumed(
            self.mwh + sign * other.mwh,
            self.renewable_mwh + sign * other.renewable_mwh,
            self.co2_t + sign * other.co2_t,
        )


NOTHING = Consumed()


def consumed_of(origin: Origin) -> Consumed | None:
    """What one quarter hour adds to the sums; a town in the dark consumes nothing, and that is known."""
    if origin.p_mw == 0.0:
        return NOTHING
    if math.isnan(origin.p_mw) or origin.share is None or origin.co2_g_per_kwh is None:
        return None
    mwh = HOURS_PER_STEP * origin.p_mw
    return Consumed(mwh, mwh * origin.share, mwh * origin.co2_g_per_kwh / 1000.0)
