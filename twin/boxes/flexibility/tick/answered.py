"""How devices answered the last plan, from their own meters."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from twin.boxes.flexibility.response import delivered
from twin.boxes.flexibility.tick import facts
from twin.boxes.flexibility.tick.remembered import Remembered
from twin.contracts.frame import AsOfView
from twin.domain.time import QUARTER_HOUR_S, to_epoch_s


def measured_response(view: AsOfView, kept: Remembered, automatic: Collection[str]) -> Mapping[str, float]:
    """By device, the share of what is asked that arrives; absent: all of it.

    Learns from what was asked a quarter hour ago of devices that need nobody's yes (``automatic``): of the others nobody
    knows here whether they were asked at all.
    """
    if to_epoch_s(view.as_of) - kept.start_s != QUARTER_HOUR_S:
        return kept.response
    names = [name for name in kept.asked if name in automatic]
    power, age_h = facts.newest(view, "device_p_mw", names)
    shares = dict(kept.response)
    for name, p_mw, age in zip(names, power, age_h, strict=True):
        asked, own = kept.asked[name]
        measured = float(p_mw) if age == 0.0 else np.nan
        shares[name] = delivered(shares.get(name, 1.0), asked_mw=asked, own_mw=own, measured_mw=measured)
    return shares
