"""Everything that was outside its limits in a played run, as spans: from when to when, how bad, how much in all."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import xarray as xr

from scenarios.file.scenario import Import
from twin.domain.time import HOURS_PER_STEP, QUARTER_HOUR, from_datetime64, to_datetime64
from twin.regie.proof import Limits

SITE = "site"
"""The element of what happens to the whole town."""


@dataclass(frozen=True)
class _Kind:
    """A kind of violation. ``beyond``: in which direction it is worst, +1 up, -1 down. ``unit``: of value and limit."""

    name: str
    beyond: int
    unit: str
    integral_unit: str


_OVERLOAD = _Kind("overload", 1, "%", "%.h")
_UNDER = _Kind("undervoltage", -1, "pu", "pu.h")
_OVER = _Kind("overvoltage", 1, "pu", "pu.h")
_UNSERVED = _Kind("unserved", 1, "MW", "MWh")
_IMPORT = _Kind("import", 1, "MW", "MWh")


def violations(
    series: xr.Dataset,
    side: str,
    *,
    limits: Limits,
    imports: Sequence[Import] = (),
    names: Mapping[str, str],
    dark: Sequence[Collection[str]] = (),
) -> list[dict[str, Any]]:
    """Spans of consecutive quarter hours in which an element was outside its limit, by time and element.

    Args:
        series: see `scenarios.play.series`. ``imports``: when how much may come from the grid above.
        names: of elements, "trafo:2" -> what people call it. ``dark``: zones with loads without supply, by quarter hour.

    Returns:
        ``element``, ``name``, ``kind``, ``from``, ``until`` (ISO 8601), ``worst`` value, ``limit`` and their ``unit``, and
        ``integral``: how far beyond the limit over time, in ``integral_unit``; where energy is not
        served the ``zones`` in which it is not. A quarter hour that nobody knows ends a span.
    """
    here = series.sel(side=side)
    times = here["time"].values
    found: list[dict[str, Any]] = []

    def add(kind: _Kind, keys: Sequence[str], values: np.ndarray, limit: np.ndarray) -> None:
        for element, first, last in _spans(kind.beyond * (values - limit) > 0.0):
            span, bound = values[first:last, element], np.broadcast_to(limit, values.shape)[first:last, element]
            excess = kind.beyond * (span - bound)
            worst = int(excess.argmax())
            end = from_datetime64(times[last - 1]) + QUARTER_HOUR
            told: dict[str, Any] = {
                "element": keys[element],
                "name": names.get(keys[element], keys[element]),
                "kind": kind.name,
            }
            told |= {"from": from_datetime64(times[first]).isoformat(), "until": end.isoformat()}
            told |= {"worst": float(span[worst]), "limit": float(bound[worst]), "unit": kind.unit}
            found.append(told | {"integral": HOURS_PER_STEP * float(excess.sum()), "integral_unit": kind.integral_unit})

    for table, limit in (("line", limits.line_percent), ("trafo", limits.trafo_percent)):
        loading = here[f"{table}_loading_percent"].values.astype(float)
        add(_OVERLOAD, [f"{table}:{index}" for index in here[table].values], loading, np.array(limit))
    buses, vm_pu = [f"bus:{index}" for index in here["bus"].values], here["vm_pu"].values.astype(float)
    add(_UNDER, buses, vm_pu, limits.bus_low_pu)
    add(_OVER, buses, vm_pu, limits.bus_high_pu)
    add(_UNSERVED, [SITE], here["unsupplied_mw"].values.astype(float)[:, None], np.array(0.0))
    add(_IMPORT, [SITE], here["import_p_mw"].values.astype(float)[:, None], _import_limit(times, imports)[:, None])
    for one in found:
        if one["kind"] == _UNSERVED.name:
            begin, end = (to_datetime64(datetime.fromisoformat(one[name])) for name in ("from", "until"))
            within = np.flatnonzero((times >= begin) & (times < end)).tolist()
            one["zones"] = sorted({zone for at in within if at < len(dark) for zone in dark[at]})
    return sorted(found, key=lambda one: (one["from"], one["kind"], one["element"]))


def _spans(beyond: np.ndarray) -> list[tuple[int, int, int]]:
    """(element, first, behind the last) of every run of True along time, dims (time, element)."""
    edges = np.diff(np.pad(beyond.astype(np.int8), ((1, 1), (0, 0))), axis=0)
    found = []
    for element in np.flatnonzero(beyond.any(axis=0)).tolist():
        begins, ends = np.flatnonzero(edges[:, element] == 1), np.flatnonzero(edges[:, element] == -1)
        found += [(element, first, last) for first, last in zip(begins.tolist(), ends.tolist(), strict=True)]
    return found


def _import_limit(times: np.ndarray, imports: Sequence[Import]) -> np.ndarray:
    """What may be imported in each quarter hour that lies wholly within a limit [MW], infinite elsewhere, dims (time,)."""
    limit = np.full(len(times), np.inf)
    for cut in imports:
        within = (times >= to_datetime64(cut.at)) & (times + np.timedelta64(900, "s") <= to_datetime64(cut.until))
        limit[within] = np.minimum(limit[within], cut.limit_mw)
    return limit
