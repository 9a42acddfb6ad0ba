"""The highest import of a window, what doing nothing would have drawn then, and what charged meanwhile."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from scenarios.debrief.moment import Moment
from scenarios.debrief.recall import Recalled
from twin.domain.time import QUARTER_HOUR, from_datetime64

_CHARGING_MW = 0.01


def peak_moments(recalled: Recalled, figures: Mapping[str, Mapping[str, Mapping[str, float]]]) -> list[Moment]:
    """The peak quarter hour; empty where the connection was never metered.

    Args:
        figures: of the window, by group and side: what the month's peak charge came to, which an earlier hour may have set.
    """
    net = recalled.net_mw
    if not np.isfinite(net).any() or np.nanmax(net) <= 0.0:
        return []
    step = int(np.nanargmax(net))
    alone = recalled.alone_net_mw
    alone_mw = float(np.nanmax(alone)) if np.isfinite(alone).any() else float("nan")
    saved_kw = 1000.0 * (alone_mw - float(net[step]))
    charging = {
        device.group: float(
            np.nansum([recalled.moved_mw[d.id][step] for d in recalled.site.dispatchable if d.group == device.group])
        )
        for device in recalled.site.dispatchable
        if device.id in recalled.moved_mw
    }
    group = max(charging, key=lambda name: charging[name], default="")
    more_mw = charging.get(group, 0.0)
    charged_chf = figures["economic"].get("difference", {}).get("peak_chf", float("nan"))
    facts = {
        "alone_mw": alone_mw,
        "saved_kw": saved_kw,
        "saved_chf": -charged_chf,
        "cost_chf": charged_chf,
        "price_chf_per_kwh": float(recalled.price_chf_per_kwh[step]),
        "group": group,
        "more_kw": 1000.0 * more_mw,
        "chf": 1000.0 * more_mw * recalled.parts.kpi_facts.peak_chf_per_kw_month,
    }
    label = from_datetime64(recalled.times[step])
    change = "peak_charging" if more_mw > _CHARGING_MW else None
    kind = "peak" if not np.isfinite(saved_kw) else "peak_lowered" if saved_kw > 0.0 else "peak_raised"
    rank = 44.0 if kind == "peak_raised" else 33.0
    root = recalled.parts.root
    return [Moment(kind, label, label, label + QUARTER_HOUR, root, root, float(net[step]), "MW", rank, facts, change)]
