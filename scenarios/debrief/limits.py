"""How close the grid came to its limits, element by element, and what doing nothing would have brought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import xarray as xr

from scenarios.debrief.moment import Moment
from scenarios.debrief.recall import Recalled
from twin.domain.time import HOURS_PER_STEP, QUARTER_HOUR, from_datetime64

MOST = 3
"""Elements of a kind that get a moment of their own."""
NARROW_PERCENT = 10.0
NARROW_PU = 0.005
"""Below such a margin the closest element is a moment although nothing was beyond its limit."""


@dataclass(frozen=True)
class Loading:
    """Loading of all lines and transformers [%], dims (time, element), and the limit of each, dims (element,)."""

    percent: np.ndarray
    limit: np.ndarray
    keys: tuple[str, ...]


def loading_of(state: xr.Dataset, recalled: Recalled) -> Loading:
    """Lines, then transformers."""
    limits = {"line": recalled.limits.line_percent, "trafo": recalled.limits.trafo_percent}
    keys = tuple(f"{table}:{index}" for table in limits for index in state[table].values.tolist())
    percent = np.concatenate([state[f"{table}_loading_percent"].values for table in limits], axis=1)
    limit = np.concatenate([np.full(state.sizes[table], value) for table, value in limits.items()])
    return Loading(percent, limit, keys)


def loading_moments(recalled: Recalled) -> list[Moment]:
    """Elements beyond their limit, those that only doing nothing would have overloaded, else the closest one."""
    ours = loading_of(recalled.ours, recalled)
    alone = None if recalled.alone is None else loading_of(recalled.alone, recalled)
    over = _beyond(ours.percent - ours.limit)
    found = [_overload(recalled, ours, alone, column) for column in _worst(over)]
    if alone is not None:
        avoided = np.where(over > 0.0, 0.0, _beyond(alone.percent - alone.limit))
        found += [_avoided(recalled, ours, alone, column) for column in _worst(avoided)]
    if not over.any():
        found += _closest(recalled, ours)
    return found


def voltage_moments(recalled: Recalled) -> list[Moment]:
    """The bus furthest outside its band, or nearest to leaving it."""
    vm = recalled.ours["vm_pu"].values
    distance = np.minimum(vm - recalled.limits.bus_low_pu, recalled.limits.bus_high_pu - vm)
    if not np.isfinite(distance).any():
        return []
    step, column = np.unravel_index(int(np.nanargmin(distance)), distance.shape)
    margin = float(distance[step, column])
    if margin > NARROW_PU:
        return []
    low = float(vm[step, column]) < 1.0
    bus = int(recalled.ours["bus"].values[column])
    outside = np.nan_to_num(np.maximum(-distance, 0.0))
    facts = {
        "vm_pu": float(vm[step, column]),
        "limit_pu": float((recalled.limits.bus_low_pu if low else recalled.limits.bus_high_pu)[column]),
        "pu_h": float(HOURS_PER_STEP * outside.sum()),
        "buses": int((outside > 0.0).any(axis=0).sum()),
        "alone_pu": float("nan") if recalled.alone is None else float(recalled.alone["vm_pu"].values[step, column]),
    }
    if margin >= 0.0:
        return [
            _moment(
                recalled,
                "voltage_close",
                f"bus:{bus}",
                step=step,
                value=margin,
                unit="pu",
                rank=15.0,
                facts=facts,
                steps=np.array([step]),
            )
        ]
    kind, change = ("voltage_low", "voltage_low") if low else ("voltage_high", "voltage_high")
    steps = np.flatnonzero(outside[:, column] > 0.0)
    return [
        _moment(
            recalled,
            kind,
            f"bus:{bus}",
            step=step,
            value=-margin,
            unit="pu",
            rank=60.0 - 1000.0 * margin,
            facts=facts,
            steps=steps,
            change=change,
        )
    ]


# ------------------------------------------------------------------------------------------------------------ inside


def _beyond(excess: np.ndarray) -> np.ndarray:
    """Sum of what lies beyond the limit [%.h], dims (element,)."""
    return HOURS_PER_STEP * np.nan_to_num(np.maximum(excess, 0.0)).sum(axis=0)


def _worst(percent_h: np.ndarray) -> list[int]:
    ranked = np.argsort(-percent_h)[:MOST].tolist()
    return [column for column in ranked if percent_h[column] > 0.0]


def _overload(recalled: Recalled, ours: Loading, alone: Loading | None, column: int) -> Moment:
    percent, limit = ours.percent[:, column], float(ours.limit[column])
    step = int(np.nanargmax(percent))
    excess = np.nan_to_num(np.maximum(percent - limit, 0.0))
    through_mw = _through_mw(recalled, ours.keys[column])
    facts = {
        "limit_percent": limit,
        "percent_h": float(HOURS_PER_STEP * excess.sum()),
        "hours": float(HOURS_PER_STEP * (excess > 0.0).sum()),
        "excess_kw": float(1000.0 * np.nanmax(through_mw * excess / np.maximum(percent, 1e-9))),
        "alone_percent": float("nan") if alone is None else float(np.nanmax(alone.percent[:, column])),
        "alone_percent_h": float("nan") if alone is None else float(_beyond(alone.percent - alone.limit)[column]),
    }
    rank = min(95.0, 60.0 + float(percent[step]) - limit)
    steps = np.flatnonzero(excess > 0.0)
    return _moment(
        recalled,
        "overload",
        ours.keys[column],
        step=step,
        value=float(percent[step]),
        unit="%",
        rank=rank,
        facts=facts,
        steps=steps,
        change="overload",
    )


def _avoided(recalled: Recalled, ours: Loading, alone: Loading, column: int) -> Moment:
    step = int(np.nanargmax(alone.percent[:, column]))
    excess = np.nan_to_num(np.maximum(alone.percent[:, column] - alone.limit[column], 0.0))
    facts = {
        "limit_percent": float(alone.limit[column]),
        "alone_percent": float(alone.percent[step, column]),
        "alone_percent_h": float(HOURS_PER_STEP * excess.sum()),
        "hours": float(HOURS_PER_STEP * (excess > 0.0).sum()),
    }
    value = float(np.nanmax(ours.percent[:, column]))
    steps = np.flatnonzero(excess > 0.0)
    return _moment(
        recalled, "overload_avoided", ours.keys[column], step=step, value=value, unit="%", rank=50.0, facts=facts, steps=steps
    )


def _closest(recalled: Recalled, ours: Loading) -> list[Moment]:
    margin = ours.limit - ours.percent
    if not np.isfinite(margin).any():
        return []
    step, column = np.unravel_index(int(np.nanargmin(margin)), margin.shape)
    value = float(margin[step, column])
    facts = {"limit_percent": float(ours.limit[column]), "loading_percent": float(ours.percent[step, column])}
    narrow = value < NARROW_PERCENT
    rank, change = (45.0, "loading_close") if narrow else (10.0, None)
    facts["spare_kw"] = 1000.0 * value / 100.0 * _rating_mw(recalled, ours, int(step), int(column))
    return [
        _moment(
            recalled,
            "loading_close",
            ours.keys[column],
            step=step,
            value=value,
            unit="%",
            rank=rank,
            facts=facts,
            steps=np.array([step]),
            change=change,
        )
    ]


def _rating_mw(recalled: Recalled, ours: Loading, step: int, column: int) -> float:
    """What the element carries at 100 % with the power factor of that moment [MW]."""
    percent = float(ours.percent[step, column])
    return float(_through_mw(recalled, ours.keys[column])[step]) / max(percent, 1e-9) * 100.0


def _through_mw(recalled: Recalled, key: str) -> np.ndarray:
    """Active power through an element on our side [MW], dims (time,)."""
    table, index = key.split(":")
    name = "line_p_from_mw" if table == "line" else "trafo_p_hv_mw"
    values: np.ndarray = np.abs(recalled.ours[name].sel({table: int(index)}).values)
    return values


def _moment(
    recalled: Recalled,
    kind: str,
    subject: str,
    *,
    step: int | np.integer,
    value: float,
    unit: str,
    rank: float,
    facts: dict[str, float | int],
    steps: np.ndarray,
    change: str | None = None,
) -> Moment:
    def label(at: int | np.integer) -> datetime:
        return from_datetime64(recalled.times[int(at)])

    begin, end = label(steps[0]), label(steps[-1]) + QUARTER_HOUR
    return Moment(kind, label(step), begin, end, subject, recalled.name(subject), value, unit, rank, facts, change)
