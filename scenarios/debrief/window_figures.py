"""The three figures of a window: the journal's own accounts at its end, less what stood in them at its beginning."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from scenarios.debrief.limits import loading_of
from scenarios.debrief.recall import Recalled
from scenarios.debrief.tape import Tape

_NOT_SUMS = {"renewable_share", "max_loading_percent", "peak_import_kw"}
Figures = Mapping[str, Mapping[str, Mapping[str, float]]]
"""Triple ("economic", "grid", "climate") -> side ("value", "do_nothing", "difference") -> name -> figure."""


def window_figures(tape: Tape, recalled: Recalled) -> Figures:
    """KPI.md's figures; the peak charge is what the window added to the month's."""
    last = tape.regular[-1].meta["kpis"]
    first = None if tape.before is None else tape.before.meta["kpis"]
    found: dict[str, dict[str, dict[str, float]]] = {}
    for triple, kpi in last.items():
        sides = {}
        for side, key in (("value", "value"), ("do_nothing", "baseline")):
            if kpi[key] is not None:
                before = {} if first is None or first[triple][key] is None else first[triple][key]
                sides[side] = _less(kpi[key], before)
        found[triple] = sides
    _with_extremes(found, recalled)
    for sides in found.values():
        if "do_nothing" in sides:
            mine, theirs = sides["value"], sides["do_nothing"]
            sides["difference"] = {name: value - theirs[name] for name, value in mine.items() if name in theirs}
    return found


def _less(end: Mapping[str, float | None], begin: Mapping[str, float | None]) -> dict[str, float]:
    sums = {
        name: value - (begin.get(name) or 0.0) for name, value in end.items() if name not in _NOT_SUMS and value is not None
    }
    share, consumed = end.get("renewable_share"), sums.get("consumption_mwh")
    if share is not None and consumed:
        before = (begin.get("renewable_share") or 0.0) * (begin.get("consumption_mwh") or 0.0)
        sums["renewable_share"] = (share * float(end["consumption_mwh"] or 0.0) - before) / consumed
    return sums


def _with_extremes(found: dict[str, dict[str, dict[str, float]]], recalled: Recalled) -> None:
    """What is no sum: highest loading and highest import of the window itself."""
    sides = {"value": (recalled.ours, recalled.net_mw), "do_nothing": (recalled.alone, recalled.alone_net_mw)}
    for side, (state, net_mw) in sides.items():
        if state is None or side not in found["grid"]:
            continue
        percent = loading_of(state, recalled).percent
        if np.isfinite(percent).any():
            found["grid"][side]["max_loading_percent"] = float(np.nanmax(percent))
        if np.isfinite(net_mw).any():
            found["grid"][side]["peak_import_kw"] = max(0.0, 1000.0 * float(np.nanmax(net_mw)))
