"""Metered generation that nobody forecasts and that runs on as it does: rivers, and plants of other carriers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np

from twin.contracts.frame import AsOfView
from twin.domain.quality import Quality

RUNNING_ON = ("zone_hydro_p_mw", "zone_other_p_mw")
"""Signals of it; a box needs them optionally, for a zone has a column only where it has such plants."""
_LAST_GOOD = timedelta(hours=1)


def running_on(view: AsOfView, zones: Sequence[str]) -> np.ndarray:
    """Newest valid power within the last hour, of all such plants together [MW], dims (zone,); 0 where none is known."""
    found = np.zeros(len(zones))
    for signal in RUNNING_ON:
        have = set(view.frame.layout.elements(signal))
        known = [place for place, zone in enumerate(zones) if zone in have]
        if not known:
            continue
        values, flags = view.past(signal, [zones[place] for place in known], start=view.as_of - _LAST_GOOD)
        good = np.isfinite(values) & ((flags & int(Quality.INVALID)) == 0)
        newest = np.zeros(len(known))
        for row, valid in zip(values, good, strict=True):
            newest = np.where(valid, row, newest)
        found[known] += newest
    return found
