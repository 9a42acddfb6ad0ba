"""What a dispatcher must hear of transformers, each finding with its last moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from twin.boxes.maintenance.thermal.ahead import first_reach
from twin.boxes.maintenance.thermal.gaps import BEST, HIGH
from twin.boxes.maintenance.thermal.iec60076 import ThermalState, ageing_rate
from twin.boxes.maintenance.thermal.plates import CAPS, Plates
from twin.boxes.maintenance.transformers.health import Health
from twin.boxes.maintenance.transformers.outlook import AHEAD_STEPS, LoadRelation, temperatures_ahead
from twin.boxes.maintenance.transformers.relief import Relief, relief
from twin.contracts.messages import Finding
from twin.domain.time import HOURS_PER_STEP, QUARTER_HOUR, QUARTER_HOUR_S

DISPATCH_TEAM = "dispatch"


@dataclass(frozen=True)
class Outlook:
    """What is ahead of the transformers as things stand.

    Attributes:
        as_of: now. ``hot_spot_c``, ``top_oil_c``: at quarter-hour boundaries from then on, dims (time + 1, lane, trafo).
        load_factor: K ahead, dims (time, lane, trafo). ``air_c``: around the tank [degC], dims (time, trafo).
        relation: of load to power.
    """

    as_of: datetime
    hot_spot_c: np.ndarray
    top_oil_c: np.ndarray
    load_factor: np.ndarray
    air_c: np.ndarray
    relation: LoadRelation


def limits(plates: Plates, health: Health, outlook: Outlook, measured_c: np.ndarray) -> Iterator[tuple[int, Finding]]:
    """Hot-spot, oil or a component beyond its limit now or within the look-ahead, and what to take off: (trafo, finding).

    Args:
        plates: of the transformers.
        health: theirs now.
        outlook: what is ahead of them.
        measured_c: what the oil thermometers have shown at least in the last half hour, dims (trafo,), NaN without one.
    """
    hot_spot_c, top_oil_c = outlook.hot_spot_c[:, BEST], outlook.top_oil_c[:, BEST].copy()
    percent = 100.0 * outlook.load_factor[:, BEST]
    top_oil_c[0] = np.fmax(top_oil_c[0], measured_c)
    beyond = (hot_spot_c >= plates.hot_spot_limit_c, top_oil_c >= plates.top_oil_limit_c, percent > plates.cap_percent)
    hot, oil, over = np.stack([rows.any(axis=0) for rows in beyond])
    columns = np.flatnonzero(hot | oil | over)
    if not columns.size:
        return
    few = plates.take(columns)
    now = ThermalState(*(array[BEST, columns] for array in vars(health.thermal).values()))
    relation = LoadRelation(*(a[columns] for a in (outlook.relation.per_mw2, outlook.relation.floor, outlook.relation.fitted)))
    needed = relief(few, now, outlook.load_factor[:, BEST, columns], outlook.air_c[:, columns], relation)
    for i, column in enumerate(columns.tolist()):
        told = _relief_params(needed, i, outlook.as_of)
        if hot[column]:
            yield column, _hot_spot(few, i, outlook, column, told)
        if oil[column]:
            yield column, _top_oil(few, i, top_oil_c[:, column], outlook.as_of)
        if over[column]:
            yield column, _component(few, i, percent[:, column], outlook.as_of, told)


def _relief_params(needed: Relief, i: int, as_of: datetime) -> dict[str, object]:
    return {
        "relieve_mw": round(float(needed.relieve_mw[i]), 4),
        "relieve_percent": _tenth(needed.relieve_percent[i]),
        "level_percent": _tenth(needed.level_percent[i]),
        "relieve_from": (as_of + int(needed.first[i]) * QUARTER_HOUR).isoformat(),
        "relieve_h": float(needed.hours[i]),
    }


def _hot_spot(few: Plates, i: int, outlook: Outlook, column: int, told: dict[str, object]) -> Finding:
    hot_spot_c = outlook.hot_spot_c[:, BEST, column]
    trafo, limit_c = few.names[i], float(few.hot_spot_limit_c[i])
    steps = first_reach(hot_spot_c, limit_c) or 0.0
    reached = outlook.as_of + steps * QUARTER_HOUR
    peak = int(hot_spot_c.argmax())
    lost_h = float(ageing_rate(hot_spot_c[:-1], few.each[i].paper).sum()) * HOURS_PER_STEP
    falls = told["relieve_h"] == 0.0
    below = int((hot_spot_c < limit_c).argmax())
    return Finding(
        key=f"hot_spot:{trafo}",
        priority=3 if falls else _urgency(steps),
        code="transformer_hot_spot_falling" if falls else "transformer_hot_spot_limit",
        params={
            "trafo": trafo,
            "limit_c": limit_c,
            "hot_spot_c": _tenth(hot_spot_c[0]),
            "peak_c": _tenth(hot_spot_c[peak]),
            "peak_high_c": _tenth(outlook.hot_spot_c[:, HIGH, column].max()),
            "peak_at": (outlook.as_of + peak * QUARTER_HOUR).isoformat(),
            "reached_at": reached.isoformat(),
            "below_at": (outlook.as_of + below * QUARTER_HOUR).isoformat(),
            "loading_percent": _tenth(100.0 * outlook.load_factor[:, BEST, column].max()),
            "lost_h": _tenth(lost_h),
            **told,
        },
        element=trafo,
        at=reached,
        act_before=reached,
        owner=DISPATCH_TEAM,
    )


def _top_oil(few: Plates, i: int, top_oil_c: np.ndarray, as_of: datetime) -> Finding:
    trafo, limit_c = few.names[i], float(few.top_oil_limit_c[i])
    steps = first_reach(top_oil_c, limit_c) or 0.0
    reached = as_of + steps * QUARTER_HOUR
    peak = int(top_oil_c.argmax())
    return Finding(
        key=f"top_oil:{trafo}",
        priority=_urgency(steps),
        code="transformer_top_oil_limit",
        params={
            "trafo": trafo,
            "limit_c": limit_c,
            "top_oil_c": _tenth(top_oil_c[0]),
            "peak_c": _tenth(top_oil_c[peak]),
            "peak_at": (as_of + peak * QUARTER_HOUR).isoformat(),
            "reached_at": reached.isoformat(),
        },
        element=trafo,
        at=reached,
        act_before=reached,
        owner=DISPATCH_TEAM,
    )


def _component(few: Plates, i: int, percent: np.ndarray, as_of: datetime, told: dict[str, object]) -> Finding:
    """The loading passes what the current limit, a bushing, the tap changer, a cable or the protection bears."""
    trafo, limit_percent = few.names[i], float(few.cap_percent[i])
    first, peak = int((percent > limit_percent).argmax()), int(percent.argmax())
    reached = as_of + first * QUARTER_HOUR
    return Finding(
        key=f"component:{trafo}",
        priority=_urgency(first),
        code="transformer_component_limit",
        params={
            "trafo": trafo,
            "binding": CAPS[int(np.nanargmin(few.caps[:, i]))],
            "limit_percent": limit_percent,
            "peak_percent": _tenth(percent[peak]),
            "peak_at": (as_of + peak * QUARTER_HOUR).isoformat(),
            "reached_at": reached.isoformat(),
            **told,
        },
        element=trafo,
        at=reached,
        act_before=reached,
        owner=DISPATCH_TEAM,
    )


def overloads(plates: Plates, health: Health, measured: np.ndarray, as_of: datetime) -> Iterator[tuple[int, Finding]]:
    """Transformers loaded above their rating, and for how long they bear this load: (trafo, finding).

    Args:
        plates: of the transformers.
        health: theirs now.
        measured: where the load is measured and not held, dims (trafo,).
        as_of: now.
    """
    percent = 100.0 * health.load_factor
    columns = np.flatnonzero(measured & health.begun & (percent > plates.overload_percent))
    if not columns.size:
        return
    few, now = plates.take(columns), health.take(columns)
    shape = (AHEAD_STEPS, 3, len(columns))
    air_c = np.broadcast_to(now.ambient_c + few.ambient_surcharge_k, (AHEAD_STEPS, len(columns)))
    states = temperatures_ahead(now, few, np.broadcast_to(now.load_factor, shape), air_c)
    for i, column in enumerate(columns.tolist()):
        yield column, _overload(few, i, states.hot_spot_c[:, BEST, i], float(percent[column]), as_of)


def _overload(few: Plates, i: int, hot_spot_c: np.ndarray, loading_percent: float, as_of: datetime) -> Finding:
    trafo, limit_c = few.names[i], float(few.hot_spot_limit_c[i])
    steps = first_reach(hot_spot_c, limit_c)
    bearable = AHEAD_STEPS if steps is None else steps
    return Finding(
        key=f"overload:{trafo}",
        priority=1 if bearable <= 2 else 2 if steps is not None else 3,  # 2: half an hour is one switching away
        code="transformer_overload" if steps is not None else "transformer_overload_bearable",
        params={
            "trafo": trafo,
            "loading_percent": _tenth(loading_percent),
            "limit_percent": float(few.overload_percent[i]),
            "hot_spot_c": _tenth(hot_spot_c[0]),
            "settles_c": _tenth(hot_spot_c[-1]),
            "hot_spot_limit_c": limit_c,
            "bearable_min": round(bearable * QUARTER_HOUR_S / 60.0),
        },
        element=trafo,
        at=as_of - QUARTER_HOUR,
        act_before=as_of + bearable * QUARTER_HOUR,
        owner=DISPATCH_TEAM,
    )


def _urgency(steps: float) -> int:
    """Priority of a limit reached in so many quarter hours; within two hours load is moved by hand."""
    return 1 if steps == 0 else 2 if steps <= 8 else 3


def _tenth(value: float) -> float:
    """Rounded to what a message shows, so that noise in the last digits makes no new text."""
    return round(float(value), 1)
