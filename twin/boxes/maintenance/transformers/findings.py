"""What a dispatcher or the maintenance team must hear of a transformer, each finding with its last moment."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from twin.boxes.maintenance.thermal.iec60076 import ThermalState, ageing_rate
from twin.boxes.maintenance.thermal.nameplate import Nameplate
from twin.boxes.maintenance.transformers.health import BEST, HIGH, Health
from twin.boxes.maintenance.transformers.outlook import AHEAD_STEPS, first_reach, temperatures_ahead
from twin.boxes.maintenance.watch.residual import THRESHOLD
from twin.contracts.messages import Finding
from twin.domain.time import HOURS_PER_STEP, QUARTER_HOUR, QUARTER_HOUR_S, from_epoch_s

DISPATCH_TEAM = "dispatch"
MAINTENANCE_TEAM = "maintenance"
COOLING_LEAD = timedelta(hours=48)
"""How soon a suspected cooling fault is looked at with no limit in sight: the lead the watch aims at."""


def hot_spot_limit(nameplate: Nameplate, ahead: ThermalState, load_factor: np.ndarray, as_of: datetime) -> Finding | None:
    """The hot-spot is above its limit now, or will be within the look-ahead.

    Args:
        nameplate: of the transformer.
        ahead: at quarter-hour boundaries from ``as_of`` on, dims (time + 1, lane).
        load_factor: K ahead, dims (time, lane).
        as_of: now.
    """
    hot_spot_c = ahead.hot_spot_c[:, BEST]
    steps = first_reach(hot_spot_c, nameplate.hot_spot_limit_c)
    if steps is None:
        return None
    reached = as_of + steps * QUARTER_HOUR
    peak = int(hot_spot_c.argmax())
    lost_h = float(ageing_rate(hot_spot_c[:-1], nameplate.paper).sum()) * HOURS_PER_STEP
    return Finding(
        key=f"hot_spot:{nameplate.trafo}",
        priority=_urgency(steps),
        code="transformer_hot_spot_limit",
        params={
            "trafo": nameplate.trafo,
            "limit_c": nameplate.hot_spot_limit_c,
            "hot_spot_c": _tenth(hot_spot_c[0]),
            "peak_c": _tenth(hot_spot_c[peak]),
            "peak_high_c": _tenth(ahead.hot_spot_c[:, HIGH].max()),
            "peak_at": (as_of + peak * QUARTER_HOUR).isoformat(),
            "reached_at": reached.isoformat(),
            "loading_percent": _tenth(100.0 * load_factor[:, BEST].max()),
            "lost_h": _tenth(lost_h),
        },
        element=nameplate.trafo,
        at=reached,
        act_before=reached,
        owner=DISPATCH_TEAM,
    )


def top_oil_limit(nameplate: Nameplate, ahead: ThermalState, measured_c: float, as_of: datetime) -> Finding | None:
    """The oil under the cover is above its limit now, by the model or by its thermometer, or will be within the look-ahead.

    Args:
        nameplate: of the transformer.
        ahead: at quarter-hour boundaries from ``as_of`` on, dims (time + 1, lane).
        measured_c: what the thermometer has shown at least in the last half hour, NaN without one.
        as_of: now.
    """
    top_oil_c = ahead.top_oil_c[:, BEST].copy()
    top_oil_c[0] = np.fmax(top_oil_c[0], measured_c)
    steps = first_reach(top_oil_c, nameplate.top_oil_limit_c)
    if steps is None:
        return None
    reached = as_of + steps * QUARTER_HOUR
    peak = int(top_oil_c.argmax())
    return Finding(
        key=f"top_oil:{nameplate.trafo}",
        priority=_urgency(steps),
        code="transformer_top_oil_limit",
        params={
            "trafo": nameplate.trafo,
            "limit_c": nameplate.top_oil_limit_c,
            "top_oil_c": _tenth(top_oil_c[0]),
            "peak_c": _tenth(top_oil_c[peak]),
            "peak_at": (as_of + peak * QUARTER_HOUR).isoformat(),
            "reached_at": reached.isoformat(),
        },
        element=nameplate.trafo,
        at=reached,
        act_before=reached,
        owner=DISPATCH_TEAM,
    )


def overload(nameplate: Nameplate, health: Health, loading_percent: float, as_of: datetime) -> Finding | None:
    """The transformer is loaded above its rating; for how long it can bear this load.

    Args:
        nameplate: of the transformer.
        health: now.
        loading_percent: of the last complete quarter hour, 100 = rated.
        as_of: now.
    """
    if not loading_percent > nameplate.overload_percent:
        return None
    held = np.full((AHEAD_STEPS, 3), loading_percent / 100.0)
    states = temperatures_ahead(health, nameplate, held, np.full(AHEAD_STEPS, health.ambient_c))
    steps = first_reach(states.hot_spot_c[:, BEST], nameplate.hot_spot_limit_c)
    bearable = AHEAD_STEPS if steps is None else steps
    return Finding(
        key=f"overload:{nameplate.trafo}",
        priority=1 if bearable <= 2 else 2 if steps is not None else 3,  # 2: half an hour is one switching away
        code="transformer_overload" if steps is not None else "transformer_overload_bearable",
        params={
            "trafo": nameplate.trafo,
            "loading_percent": _tenth(loading_percent),
            "limit_percent": nameplate.overload_percent,
            "hot_spot_c": _tenth(states.hot_spot_c[0, BEST]),
            "settles_c": _tenth(states.hot_spot_c[-1, BEST]),
            "hot_spot_limit_c": nameplate.hot_spot_limit_c,
            "bearable_min": round(bearable * QUARTER_HOUR_S / 60.0),
        },
        element=nameplate.trafo,
        at=as_of - QUARTER_HOUR,
        act_before=as_of + bearable * QUARTER_HOUR,
        owner=DISPATCH_TEAM,
    )


def cooling(nameplate: Nameplate, health: Health, ahead: ThermalState, as_of: datetime) -> Finding | None:
    """The oil runs hotter than load and ambient explain: the cooling is the likely cause.

    Args:
        nameplate: of the transformer.
        health: now, with its watch.
        ahead: at quarter-hour boundaries from ``as_of`` on, dims (time + 1, lane).
        as_of: now.
    """
    watch = health.watch
    if not watch.alarm_since_s:
        return None
    since = from_epoch_s(int(watch.alarm_since_s))
    excess_k = max(0.0, watch.excess_k)
    steps = first_reach(ahead.hot_spot_c[:, BEST] + excess_k, nameplate.hot_spot_limit_c)
    act_before = max(as_of, since + COOLING_LEAD)
    if steps is not None:
        act_before = min(act_before, as_of + steps * QUARTER_HOUR)
    return Finding(
        key=f"cooling:{nameplate.trafo}",
        priority=2 if steps is not None else 3,
        code="transformer_top_oil_residual",
        params={
            "trafo": nameplate.trafo,
            "excess_k": _tenth(watch.excess_k),
            "sigma_k": _tenth(watch.sigma_k),
            "cusum": _tenth(watch.cusum),
            "threshold": THRESHOLD,
            "since": since.isoformat(),
            "proposed_cause": "cooling",
        },
        element=nameplate.trafo,
        at=since,
        act_before=act_before,
        owner=MAINTENANCE_TEAM,
    )


def _urgency(steps: float) -> int:
    """Priority of a temperature limit reached in so many quarter hours; within two hours load is moved by hand."""
    return 1 if steps == 0 else 2 if steps <= 8 else 3


def _tenth(value: float) -> float:
    """Rounded to what a message shows, so that noise in the last digits makes no new text."""
    return round(float(value), 1)
