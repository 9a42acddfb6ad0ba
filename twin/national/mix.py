"""How renewable a country's production is, hour by hour, and how far the published mix leaves it open.

The mix names 23 carriers. Three things in it are modelled or missing, and each takes the share with it:
the *residual* "other", what the grid operator counted beyond all reporting plants, has no known carrier (0 to 100 %);
*pumped storage* gives back what was pumped up before, of which only the year's energy is known (see `literature.toml`);
and what the federal statistics count beyond the whole mix (`twin.national.balance`) is in no hour of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.national.published import Published

FULLY = (
    "residual_reservoir", "residual_river", "reservoir", "river", "solar", "wind_onshore", "wind_offshore", "biomass",
    "geothermal", "marine", "other_renewable",
)  # fmt: skip
"""Carriers that count 100 % renewable (KPI.md, local renewable share); nuclear and fossil ones count nothing."""
WASTE_SHARE = 0.5
"""Waste counts half (KPI.md, local renewable share)."""


@dataclass(frozen=True)
class Bounded:
    """A share and its bounds, 0..1, dims (time,), NaN = unknown.

    The bounds are what cannot be excluded, no quantiles: summed over a year they stay bounds, and do not narrow.
    """

    share: np.ndarray
    low: np.ndarray
    high: np.ndarray


def production_share(mix: Published, labels_s: np.ndarray, *, pumped_part: float) -> Bounded:
    """Renewable share of the production in the intervals that hold ``labels_s`` [epoch s].

    The share itself counts half of the residual "other", as of waste; what was pumped up has the mix of all else that is
    produced in the hour.

    Args:
        pumped_part: of what pumped-storage stations give, the part that was pumped up before, 0..1.
    """
    carrier = {name: mix.at(name, labels_s) for name in mix.values}
    sure = sum((carrier[name] for name in FULLY), np.zeros(len(labels_s))) + WASTE_SHARE * carrier["waste"]
    other, pumped = carrier["residual_other"], carrier["pumped"]
    flowed = (1.0 - pumped_part) * pumped
    # share = sure + other / 2 + flowed + pumped_part * pumped * share, solved for share
    share = (sure + WASTE_SHARE * other + flowed) / (1.0 - pumped_part * pumped)
    return Bounded(*(np.clip(part, 0.0, 1.0) for part in (share, sure, sure + other + pumped)))
