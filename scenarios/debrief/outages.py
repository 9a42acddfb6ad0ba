"""N-1 of a window: every single outage in every hour as it was, and the best permitted closure after it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scenarios.debrief.moment import Moment
from scenarios.debrief.powers import by_topology, injections, powers_of
from scenarios.debrief.recall import Recalled
from scenarios.play.margins import grid_limits, with_inverters
from scenarios.play.security import element_key, security
from twin.domain.time import QUARTER_HOUR, from_datetime64
from twin.wiring import controls_of

_HOUR_S = 3600


@dataclass(frozen=True)
class Security:
    """By hour, dims (hour,).

    Attributes:
        times: labels of the quarter hours that stand for their hours.
        margin_percent: limit less the highest loading after any outage and its closure, NaN where some outage has no solution.
        worst: the outage behind it ("line:66"). ``loaded``: the element that then has that loading, "" where none has.
        dark: the outage that leaves most load without supply, "" where none does.
        before_mw, after_mw: unsupplied before and after its closure [MW].
    """

    times: np.ndarray
    margin_percent: np.ndarray
    worst: tuple[str, ...]
    loaded: tuple[str, ...]
    dark: tuple[str, ...]
    before_mw: np.ndarray
    after_mw: np.ndarray


def security_of(recalled: Recalled) -> Security:
    """N-1 of every hour's first quarter hour in the window, on its topology; inverters give what their Q(U) gave before."""
    powers, limits = powers_of(recalled.ours), grid_limits(recalled.limits)
    hourly = recalled.times.astype("datetime64[s]").astype(np.int64) % _HOUR_S == 0
    known = np.isfinite(recalled.ours["loss_mw"].values)
    controls = controls_of(recalled.site, recalled.net)
    rows = []
    for topology, steps in by_topology(recalled):
        at = steps[(hourly & known)[steps]]
        if not len(at):
            continue
        model = recalled.parts.engine.model(topology)
        given = with_inverters(injections(recalled, topology, powers, at), model, controls)
        found = security(model, given, limits=limits, hours=recalled.times[at]).isel(future=0)
        names = [*(element_key(name) for name in found["outage"]), ""]
        for i, step in enumerate(at):
            one = found.isel(hour=i)
            figures = [float(one[f"n1_{name}"]) for name in ("margin_percent", "unsupplied_before_mw", "unsupplied_mw")]
            keys = (names[int(one["n1_worst"])], element_key(one["n1_loaded"]), names[int(one["n1_dark"])])
            rows.append((recalled.times[step], *figures, *keys))
    rows.sort(key=lambda row: row[0])
    times, margin, before, after, worst, loaded, dark = zip(*rows, strict=True) if rows else ((),) * 7
    return Security(np.array(times), np.array(margin), worst, loaded, dark, np.array(before), np.array(after))


def security_moments(found: Security, recalled: Recalled) -> list[Moment]:
    """The hour with the least margin, of which element after which outage; dark people count more."""
    if not np.isfinite(found.margin_percent).any() and not found.after_mw.any():
        return []
    margin = np.where(np.isfinite(found.margin_percent), found.margin_percent, np.inf)
    at = int(found.after_mw.argmax() if found.after_mw.any() and not np.isfinite(margin).any() else margin.argmin())
    label = from_datetime64(found.times[at])
    dark = int(found.after_mw.argmax())
    facts = {
        "outage": recalled.name(found.worst[at]) if found.worst[at] else "",
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
    subject = found.loaded[at] or found.worst[at]
    name = recalled.name(subject) if subject else ""
    return [Moment("n1", label, label, label + 4 * QUARTER_HOUR, subject, name, value, "%", rank, facts, change)]
