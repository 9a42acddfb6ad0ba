"""Hours in which a nuclear station is missing from what was reported: its power counts as hydropower or "other" in the mix.

The mix fills up to the country's total with a modelled residual, so an hour in which a station failed to report looks green:
the greenest hour of 2021 would be one of a January night. The federal daily figures know better. Nuclear stations stop for days
and not for hours, so an hour far below the least of its day and both neighbours, as those are published, is a gap.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from twin.national.balance import DAY_S, local_days
from twin.national.published import Published

LEAST_OF_THE_DAY = 0.8
"""The smallest units are an eighth of all: one that trips stays above, a large station that is missing falls to two thirds."""
MOST_MW = 15_000.0
"""The country never produced more (14.2 GW in 2019 to 2021): by it a share of nuclear power has an upper bound in MW."""
CLOCK = "Europe/Zurich"
_HOURS_A_DAY = 24.0  # the daily table's days have no other, at clock changes neither


def nuclear_gaps(files: Mapping[str, Published], hours_s: np.ndarray) -> np.ndarray:
    """Mask of hours [epoch s], dims (time,), in which the power in MW or the share in the mix is too small to be true.

    Where the days are not published, nothing is known to be missing.
    """
    day = local_days(hours_s, CLOCK)
    daily = [files["swiss_production_day"].at("nuclear_gwh", (day + shift) * DAY_S) for shift in (-1, 0, 1)]
    least_mw = LEAST_OF_THE_DAY * 1000.0 * np.minimum.reduce(daily) / _HOURS_A_DAY
    power_mw = files["swiss_market"].at("nuclear_mw", hours_s)
    bound_mw = MOST_MW * files["swiss_mix"].at("nuclear", hours_s)
    with np.errstate(invalid="ignore"):
        return np.asarray((power_mw < least_mw) | (bound_mw < least_mw))
