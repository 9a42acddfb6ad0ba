"""What the card of the transformers says: the one with the least room, its curve, its life and what was left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from twin.boxes.maintenance.thermal.gaps import BEST, HIGH, LOW
from twin.boxes.maintenance.thermal.plates import Plates
from twin.boxes.maintenance.transformers.findings import Outlook
from twin.boxes.maintenance.transformers.health import Health
from twin.boxes.maintenance.transformers.short_time import BINDING, DURATIONS_H, Room
from twin.boxes.maintenance.transformers.watched import MAINTENANCE_TEAM
from twin.contracts.messages import Finding
from twin.domain.time import QUARTER_HOUR, QUARTER_HOUR_S, from_epoch_s

SEASON_H = np.array([90.25, 92.0, 92.0, 91.0]) * 24.0
"""Hours of December to February (a leap day every fourth year), March to May, June to August, September to November."""
TOLD = 10
"""Transformers whose curves a card tells: those with the least room for `CARD_H`."""
CARD_H = 2.0
"""The duration that a card shows: long enough to switch over or to call somebody, short enough to be worth having."""
_LOOK_AFTER = timedelta(days=7)


def told(
    plates: Plates, health: Health, outlook: Outlook, room: Room, gaps: np.ndarray, findings: Sequence[Finding]
) -> dict[str, Any]:
    """Parameters of the card; ``trafo`` is the transformer that it speaks of.

    Args:
        plates: of the transformers.
        health: theirs now.
        outlook: what is ahead of them.
        room: what they bear for a while.
        gaps: quarter hours since the last measured load, dims (trafo,).
        findings: of this step.
    """
    two_hours = DURATIONS_H.index(CARD_H)
    percent = np.where(health.begun, room.percent[two_hours], np.inf)
    order = np.argsort(percent, kind="stable")
    needed = [f for f in findings if f.params.get("relieve_h")]
    # relief speaks first, the earliest and largest; then who bears least
    needed.sort(key=lambda f: (str(f.params["relieve_from"]), -float(f.params["relieve_percent"])))
    lead = plates.names.index(needed[0].element) if needed else int(order[0])
    hot_spot_c, held = outlook.hot_spot_c[..., lead], int(gaps[lead])
    lives = _lives(plates, health)
    several = "_of" if len(plates.names) > 1 else ""
    return {
        "trafo": plates.names[lead],
        "trafos": len(plates.names),
        "loading_percent": 100.0 * float(health.load_factor[lead]),
        "load_held_min": held * QUARTER_HOUR_S // 60,
        "hot_spot_low_c": float(hot_spot_c[0, LOW]),
        "hot_spot_high_c": float(hot_spot_c[0, HIGH]),
        "hot_spot_limit_c": float(plates.hot_spot_limit_c[lead]),
        "peak_c": float(hot_spot_c[:-1, BEST].max()),
        "peak_high_c": float(hot_spot_c[:-1, HIGH].max()),
        **lives[plates.names[lead]],
        "lives": lives if several else {},
        "cooling_watch": "learning" if health.watch.learning[lead] else "watching",
        "typical_values": list(plates.each[lead].typical),
        "line": f"thermal_relief{several}" if needed else f"thermal_room{several}",
        "room_h": CARD_H,
        "room_percent": round(float(percent[lead]), 1),
        "binding": BINDING[int(room.binding[two_hours, lead])],
        "durations_h": list(DURATIONS_H),
        "rooms": {
            plates.names[i]: {
                "percent": [round(value, 1) for value in room.percent[:, i].tolist()],
                "binding": [BINDING[code] for code in room.binding[:, i].tolist()],
            }
            for i in order[:TOLD].tolist()
            if health.begun[i]
        },
        **({name: needed[0].params[name] for name in _RELIEF} if needed else {}),
    }


_RELIEF = ("relieve_mw", "relieve_percent", "relieve_from", "relieve_h", "level_percent")


def _lives(plates: Plates, health: Health) -> dict[str, dict[str, Any]]:
    """Life used up by transformer: in all, since when, by season and in a year like that."""
    annual_h = annual_ageing_h(health.lost_h, health.counted_h).round(1).tolist()
    lost_h, counted_h = health.lost_h.T.tolist(), health.counted_h.T.tolist()
    return {
        plates.names[i]: {
            "lost_life_h": sum(lost_h[i]),
            "lost_life_since": from_epoch_s(int(health.since_s[i])).isoformat(),
            "lost_by_season_h": lost_h[i],
            "counted_by_season_h": counted_h[i],
            "annual_ageing_h": annual_h[i],
        }
        for i in np.flatnonzero(health.begun).tolist()
    }


def annual_ageing_h(lost_h: np.ndarray, counted_h: np.ndarray) -> np.ndarray:
    """Life that a year like the quarter hours counted uses up [h at normal ageing], dims (trafo,); 8766 is as designed.

    A season that was never counted ages like the mean of those that were: too little in a summer not yet seen.

    Args:
        lost_h: life used up by season [h at normal ageing], dims (season, trafo).
        counted_h: hours counted, dims (season, trafo).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = lost_h / counted_h
        mean = lost_h.sum(axis=0) / counted_h.sum(axis=0)
    result: np.ndarray = (np.where(counted_h > 0.0, rate, mean) * SEASON_H[:, None]).sum(axis=0)
    return result


def ended_gaps(load_factor: np.ndarray) -> np.ndarray:
    """Quarter hours since the last measured load, dims (trafo,)."""
    good = np.isfinite(load_factor[::-1])
    return np.where(good.any(axis=0), good.argmax(axis=0), len(good)) if len(good) else np.zeros(good.shape[1], np.int64)


def not_assessed(plates: Plates, health: Health, as_of: datetime) -> Iterator[tuple[int, Finding]]:
    """Transformers without a single quarter hour of load: (trafo, finding)."""
    for column in np.flatnonzero(~health.begun).tolist():
        trafo = plates.names[column]
        finding = Finding(
            key=f"not_assessed:{trafo}",
            priority=4,
            code="transformer_not_assessed",
            params={"trafo": trafo},
            element=trafo,
            at=as_of - QUARTER_HOUR,
            act_before=as_of + _LOOK_AFTER,
            owner=MAINTENANCE_TEAM,
        )
        yield column, finding
