"""What the watch on measured against modelled temperatures has to say, as findings with their last moment."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

import numpy as np

from twin.boxes.maintenance.thermal.ahead import first_reach
from twin.boxes.maintenance.thermal.gaps import BEST
from twin.boxes.maintenance.thermal.plates import Plates
from twin.boxes.maintenance.transformers.findings import Outlook
from twin.boxes.maintenance.transformers.health import Health
from twin.boxes.maintenance.watch.verdicts import Verdict, verdicts
from twin.contracts.messages import Finding
from twin.domain.time import QUARTER_HOUR, from_epoch_s

MAINTENANCE_TEAM = "maintenance"
ASSET_LEAD = timedelta(hours=48)
"""How soon a fault of the transformer itself is looked at with no limit in sight: the lead the watch aims at."""
SENSOR_LEAD = timedelta(days=14)
"""A sensor that lies endangers nothing by itself; the transformer is unwatched until it is repaired."""
_OF_THE_ASSET = ("cooling", "contact", "overload")


def watched(plates: Plates, health: Health, outlook: Outlook, overloaded: Collection[int]) -> Iterator[tuple[int, Finding]]:
    """Every alarm of the watch that stands: (trafo, finding).

    Args:
        plates: of the transformers.
        health: theirs now, with the watch.
        outlook: what is ahead of them.
        overloaded: transformers whose overload is told already.
    """
    # transformers behind one zone stand in one place, and share what heats it
    for verdict in verdicts(health.watch, stations=plates.zone_of):
        if verdict.kind != "overload" or verdict.asset not in overloaded:
            yield verdict.asset, _finding(verdict, plates, outlook)


def _finding(verdict: Verdict, plates: Plates, outlook: Outlook) -> Finding:
    names = [plates.names[member] for member in verdict.members]
    since, raised = from_epoch_s(verdict.since_s), from_epoch_s(verdict.raised_s)
    steps = _limit_in_sight(verdict, plates, outlook)
    return Finding(
        key=f"watch:{verdict.kind}:{'+'.join(names)}",
        priority=2 if steps is not None else 3,
        code=_code(verdict.kind),
        params={
            "trafo": names[0],
            "trafos": "+".join(names),
            "excess_k": round(verdict.size_k, 1),
            "sigma_k": round(verdict.sigma_k, 1),
            "confidence": round(verdict.confidence, 2),
            "since": since.isoformat(),
            "cause": "unknown" if verdict.kind == "common" else verdict.kind,  # what is shared is no fault of the asset
            "detail": verdict.detail or "none",
            "causes": {cause: round(share, 2) for cause, share in verdict.causes},
            "doubtful": verdict.doubtful,
        },
        element=names[0],
        at=since,
        act_before=_act_before(verdict, raised, steps, outlook.as_of),
        owner=MAINTENANCE_TEAM,
    )


def _limit_in_sight(verdict: Verdict, plates: Plates, outlook: Outlook) -> float | None:
    """Quarter hours until the hot-spot limit, were the excess that is measured real; None when it is not reached."""
    if verdict.kind not in _OF_THE_ASSET:
        return None
    hot_spot_c = outlook.hot_spot_c[:, BEST, verdict.asset] + max(0.0, verdict.size_k)
    return first_reach(hot_spot_c, float(plates.hot_spot_limit_c[verdict.asset])) if np.isfinite(hot_spot_c).all() else None


def _act_before(verdict: Verdict, raised: datetime, steps: float | None, as_of: datetime) -> datetime:
    act_before = max(as_of, raised + (ASSET_LEAD if verdict.kind in _OF_THE_ASSET else SENSOR_LEAD))
    return act_before if steps is None else min(act_before, as_of + steps * QUARTER_HOUR)


def _code(kind: str) -> str:
    """The message of a verdict, by its proposed cause."""
    match kind:
        case "cooling":
            code = "transformer_cooling"
        case "contact":
            code = "transformer_contact"
        case "overload":
            code = "transformer_hot_by_load"
        case "sensor_stuck":
            code = "transformer_sensor_stuck"
        case "sensor_spike":
            code = "transformer_sensor_spike"
        case "sensor_drift":
            code = "transformer_sensor_drift"
        case "sensor_swapped":
            code = "transformer_sensors_swapped"
        case _:
            code = "transformer_common_shift"
    return code
