"""What a series can physically do at each interval, and how large its errors may be there: nothing at night for a plant."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasts.campaign import Campaign


@dataclass(frozen=True)
class Limits:
    """Of every issue of a campaign.

    Attributes:
        low, high: [MW], dims (issue, depth, slot). ``scale``: of the errors [MW or 1], same dims; 0 where nothing can err.
    """

    low: np.ndarray
    high: np.ndarray
    scale: np.ndarray


def limits_of(campaign: Campaign) -> Limits:
    """Limits of a campaign's issues: a load has none, a plant gives nothing below zero."""
    shape = campaign.truth.shape
    low = np.full(shape, -np.inf if campaign.series.kind == "load" else 0.0)
    return Limits(low, np.full(shape, np.inf), np.ones(shape))
