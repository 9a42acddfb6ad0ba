"""N-1 of a played run by hour: in every quarter hour each line and transformer goes out, and the hour tells its worst."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from scenarios.play.security import NO_OUTAGE, element_key, security
from scenarios.play.tape import Side, Tape, side_of
from twin.contracts.ports import GridLimits, GridModel
from twin.domain.controls import Controls
from twin.domain.grid import Grid, Topology
from twin.domain.time import QUARTER_HOUR, from_epoch_s
from twin.engines.outages.closures import closures
from twin.regie.horizon import ELEMENT_POWERS, after_switching
from twin.regie.proof import Limits
from twin.wiring import controls_of

_HOUR_S = 3600
_FIGURES = {
    "margin_percent": "n1_margin_percent",
    "voltage_margin_pu": "n1_voltage_margin_pu",
    "unsupplied_before_mw": "n1_unsupplied_before_mw",
    "unsupplied_after_mw": "n1_unsupplied_mw",
}
_LEAST = {"margin_percent", "voltage_margin_pu"}


def n1_by_hour(tape: Tape, side: str) -> dict[str, list[Any]]:
    """N-1 of one side on the topology of each quarter hour, after the best permitted closure; worst of each hour.

    Inverters give the reactive power that their Q(U) gives in the state before the outage.

    Returns:
        By name, one entry an hour: ``hour`` (ISO 8601, its first instant), ``margin_percent`` (limit less highest loading),
        ``voltage_margin_pu`` (to the widest band of the site's levels), ``worst_outage`` ("line:66": the one
        with the highest loading after it), ``loaded`` (the element that then has it, "trafo:2"),
        ``unsupplied_before_mw`` and ``unsupplied_after_mw`` with the outage behind it, ``dark_outage``. None where some outage
        has no solution. An hour without one known state is absent.
    """
    parts = tape.wired.parts
    states: dict[Topology, list[tuple[int, Side]]] = defaultdict(list)
    for record in tape.regular():
        one = side_of(record, side)
        if one.known:
            states[one.topology].append((record.as_of_s - int(QUARTER_HOUR.total_seconds()), one))
    controls = controls_of(tape.wired.site, tape.wired.net)
    rows: list[dict[str, Any]] = []
    for topology, listed in states.items():
        model = parts.engine.model(topology)
        given = _injections([one for _, one in listed], model.grid, parts.estimator.load_tan_phi)
        given = with_inverters(given, model, controls)
        found = security(model, given, limits=grid_limits(tape.wired.limits), hours=np.arange(len(listed))).isel(future=0)
        rows += [_row(found, at, label_s) for at, (label_s, _) in enumerate(listed)]
    return _hourly(sorted(rows, key=lambda row: row["label_s"]))


def with_inverters(given: xr.Dataset, model: GridModel, controls: Controls | None) -> xr.Dataset:
    """Injections with the reactive power that the inverters' Q(U) gives in that state; as they are where there is none."""
    if controls is None:
        return given
    return given.assign(sgen_q_mvar=model.solve(given, want=("sgen_q_mvar",), controls=controls)["sgen_q_mvar"].fillna(0.0))


def minutes_to_restore(tape: Tape) -> float | None:
    """Longest time to operate a permitted closure by ``net.switch.minutes``; None where the net is silent about one."""
    found = [closure.minutes for closure in closures(tape.wired.net) if closure.permitted]
    return max(found) if found and bool(np.isfinite(found).all()) else None


def grid_limits(limits: Limits) -> GridLimits:
    """The site's limits as one band for all: the widest of its levels."""
    high, low = limits.bus_high_pu[np.isfinite(limits.bus_high_pu)], limits.bus_low_pu[limits.bus_low_pu > 0.0]
    known = GridLimits()
    return GridLimits(
        vm_min_pu=float(low.min()) if len(low) else known.vm_min_pu,
        vm_max_pu=float(high.max()) if len(high) else known.vm_max_pu,
        loading_percent=min(limits.line_percent, limits.trafo_percent),
    )


def _injections(sides: list[Side], grid: Grid, load_tan_phi: np.ndarray) -> xr.Dataset:
    steps = [
        after_switching(xr.Dataset({name: ((name,), side.grid[name]) for name in ELEMENT_POWERS}), grid, load_tan_phi)
        for side in sides
    ]
    given = xr.concat(steps, dim="time").fillna(0.0)  # an element in the dark has no estimate, and takes nothing
    return given.assign_coords(time=np.arange(len(sides)))


def _row(found: xr.Dataset, at: int, label_s: int) -> dict[str, Any]:
    one = found.isel(hour=at)
    names = [element_key(name) for name in found["outage"]]
    figures: dict[str, Any] = {name: float(one[variable]) for name, variable in _FIGURES.items()}
    worst, dark = int(one["n1_worst"]), int(one["n1_dark"])
    told = {"worst_outage": names[worst] if worst != NO_OUTAGE else None, "loaded": element_key(one["n1_loaded"]) or None}
    return {"label_s": label_s, **figures, **told, "dark_outage": names[dark] if dark != NO_OUTAGE else None}


def _hourly(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    by_hour: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_hour[row["label_s"] - row["label_s"] % _HOUR_S].append(row)
    hours = [_worst(listed) for listed in by_hour.values()]
    told: dict[str, list[Any]] = {"hour": [from_epoch_s(hour_s).isoformat() for hour_s in by_hour]}
    return told | {name: [hour[name] for hour in hours] for name in (*_FIGURES, "worst_outage", "loaded", "dark_outage")}


def _worst(rows: list[dict[str, Any]]) -> Mapping[str, Any]:
    """Of each figure the worst in the hour; outages and element are those behind the margin and behind what stays dark."""
    found: dict[str, Any] = {}
    for name in _FIGURES:
        values = np.array([row[name] for row in rows])
        unknown = bool(np.isnan(values).any())  # an outage without a solution is no margin
        found[name] = None if unknown else float(values.min() if name in _LEAST else values.max())
    margin = np.array([row["margin_percent"] for row in rows])
    least = rows[int(np.nan_to_num(margin, nan=-np.inf).argmin())]
    found |= {"worst_outage": least["worst_outage"], "loaded": least["loaded"]}
    found["dark_outage"] = max(rows, key=lambda row: row["unsupplied_after_mw"])["dark_outage"]
    return found
