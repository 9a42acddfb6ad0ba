"""Seconds that trainings and forecasts of the scored origins took, so that who warms up is not charged for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from forecasts.rehearsal.campaign import Campaign
from forecasts.rehearsal.rehearse import Block


@dataclass(frozen=True)
class Clock:
    """Seconds by expert, over the blocks that hold scored origins.

    Attributes:
        weighing_s: weights, bands and their width over the same days.
    """

    fit_s: dict[str, float]
    predict_s: dict[str, float]
    weighing_s: float

    @classmethod
    def of(cls, campaign: Campaign, blocks: Iterable[Block], *, weighing_s: float) -> Clock:
        """Of a campaign's blocks; ``weighing_s`` is that of all its days."""
        days = campaign.days.row
        first = max(0, int(np.searchsorted(days, campaign.plan.scored_from, side="right")) - 1)
        fit_s: dict[str, float] = {}
        predict_s: dict[str, float] = {}
        for block in blocks:
            # A block that begins in the warm-up counts with the share of its days that are scored.
            share = min(1.0, max(0.0, (block.first + block.issues - first) / block.issues))
            for total, part in ((fit_s, block.fit_s), (predict_s, block.predict_s)):
                for name, seconds in part.items():
                    total[name] = total.get(name, 0.0) + share * seconds
        return cls(fit_s, predict_s, weighing_s * (len(days) - first) / max(1, len(days)))
