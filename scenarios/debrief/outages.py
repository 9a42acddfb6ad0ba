"""N-1 of a window: every single outage in every hour as it was, and the best permitted closure after it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scenarios.debrief.moment import Moment
from scenarios.debrief.powers import by_topology, injections, powers_of
from scenarios.debrief.recall import Recalled
from scenarios.play.margins import grid_limits
from scenarios.play.security import security
from twin.domain.time import QUARTER_HOUR, from_datetime64

_HOUR_S = 3600


@dataclass(frozen=True)
class Security:
    """By hour, dims (hour,).

    Attributes:
        times: labels of the quarter hours that stand for their hours.
        margin_percent: limit less the highest loading after any outage and its closure, NaN where some outage has no solution.
        worst: the outage behind it ("line:66"). ``dark``: the one that leaves most load without supply, "" where none does.
        before_mw, after_mw: unsupplied before and after its closure [MW].
    """

    times: np.ndarray
    margin_percent: np.ndarray
    worst: tuple[str, ...]
    dark: tuple[str, ...]
    before_mw: np.ndarray
    after_mw: np.ndarray


def security_of(recalled: Recalled) -> Security:
    """N-1 of every hour's first quarter hour in the window, on the topology of that moment."""
    powers, limits = powers_of(recalled.ours), grid_limits(recalled.limits)
    hourly = recalled.times.astype("datetime64[s]").astype(np.int64) % _HOUR_S == 0
    known = np.isfinite(recalled.ours["loss_mw"].values)
    rows = []
    for topology, steps in by_topology(recalled):
        at = steps[(hourly & known)[steps]]
        if not len(at):
            continue
        model = recalled.parts.engine.model(topology)
        given = injections(recalled, topology, powers, at)
        found = security(model, given, limits=limits, hours=recalled.times[at]).isel(future=0)
        names = [*(str(name).replace(" ", ":") for name in found["outage"].values), ""]
        for i, step in enumerate(at):
            one = found.isel(hour=i)
            figures = [float(one[f"n1_{name}"]) for name in ("margin_percent", "unsupplied_before_mw", "unsupplied_mw")]
            rows.append((recalled.times[step], *figures, names[int(one["n1_worst"])], names[int(one["n1_dark"])]))
    rows.sort(key=lambda row: row[0])
    times, margin, before, after, worst, dark = map(list, zip(*rows, strict=True)) if rows else ([], [], [], [], [], [])
    return Security(np.array(times), np.array(margin), tuple(worst), tuple(dark), np.array(before), np.array(after))


def security_moments(found: Security, recalled: Recalled) -> list[Moment]:
    """The hour with the least margin; where an outage would have left people in the dark, it counts more."""
    if not np.isfinite(found.margin_percent).any() and not found.after_mw.any():
        return []
    margin = np.where(np.isfinite(found.margin_percent), found.margin_percent, np.inf)
    at = int(found.after_mw.argmax() if found.after_mw.any() and not np.isfinite(margin).any() else margin.argmin())
    label = from_datetime64(found.times[at])
    dark = int(found.after_mw.argmax())
    facts = {
        "hours": int((margin < 0.0).sum()),
        "count": len(margin),
        "dark_at": from_datetime64(found.times[dark]),
        "dark": recalled.name(found.dark[dark]) if found.dark[dark] else "",
        "before_mw": float(found.before_mw.max()),
        "after_mw": float(found.after_mw.max()),
    }
    value = float(found.margin_percent[at])
    short = value < 0.0
    change = "n1_short" if short else "n1_dark" if found.after_mw.any() else None
    rank = 55.0 + min(20.0, -value / 5.0) if short else 25.0
    name = recalled.name(found.worst[at]) if found.worst[at] else ""
    return [Moment("n1", label, label, label + 4 * QUARTER_HOUR, found.worst[at], name, value, "%", rank, facts, change)]
