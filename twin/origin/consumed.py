"""What a quarter hour adds to the sums of consumption: energy, the renewable part of it, emissions; each where it is known."""

from __future__ import annotations

import math
from dataclasses import dataclass

from twin.domain.time import HOURS_PER_STEP
from twin.origin.traced import Origin


@dataclass(frozen=True)
class Consumed:
    """What was consumed in the town in a quarter hour, what of it was renewable, what it emitted; NaN where unknown."""

    mwh: float
    renewable_mwh: float
    co2_t: float

    def known_with(self, other: Consumed) -> Consumed:
        """As far as the other knows the same."""
        pairs = zip((self.mwh, self.renewable_mwh, self.co2_t), (other.mwh, other.renewable_mwh, other.co2_t), strict=True)
        return Consumed(*(math.nan if math.isnan(theirs) else own for own, theirs in pairs))


def consumed_of(origin: Origin) -> Consumed:
    """What one quarter hour adds to the sums; a town in the dark consumes nothing, and that is known."""
    if origin.p_mw == 0.0:
        return Consumed(0.0, 0.0, 0.0)
    mwh = HOURS_PER_STEP * origin.p_mw
    share, co2 = (math.nan if value is None else value for value in (origin.share, origin.co2_g_per_kwh))
    return Consumed(mwh, mwh * share, mwh * co2 / 1000.0)
