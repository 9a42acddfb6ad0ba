"""What of a rehearsal a dispatcher could put on air now, and why the rest cannot be: nothing is done here.

A rehearsed answer is given to the recommendation of the same group that is open now; what was rehearsed for later becomes a
line of the run-of-show, or a drafted switching order. Each is an ordinary deed of the person who confirms it; the loop checks
it as it checks every other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from dashboard.regie.rehearsal.result import Result
from dashboard.regie.rehearsal.switchings import Switching
from dashboard.regie.screen import late_at
from twin.contracts.snapshot import RecommendationView, Snapshot

NEAR = timedelta(hours=1)
"""How far the grid's clock may be from the quarter hour in which an answer was rehearsed: four ticks."""
Kind = Literal["accept", "refuse", "action", "switching"]
_TAKEN = {"accepted", "sent", "confirmed", "failed"}


@dataclass(frozen=True)
class Proposal:
    """One rehearsed decision against the present.

    Attributes:
        kind: "accept" or "refuse" (an answer to what is open now), "action" (a line of the run-of-show) or
            "switching" (a drafted order of one step).
        ref: "group:cars", "switch:7". ``at``, ``until``: when it was rehearsed for. ``p_mw``: largest power moved together.
        target: the recommendation that is open now. ``reason``: why it cannot be put on air, "" where it can.
    """

    id: str
    kind: Kind
    ref: str
    at: datetime
    until: datetime
    devices: int = 0
    p_mw: float | None = None
    closed: bool = False
    target: str = ""
    reason: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)


def proposals(
    result: Result, switchings: Sequence[Switching], snapshot: Snapshot | None, wall: datetime
) -> tuple[Proposal, ...]:
    """Every rehearsed decision, in order of time. ``wall``: wall clock, against which the snapshot may be stale."""
    whole = _of_the_whole(result, snapshot, wall)
    found: list[Proposal] = []
    for recommendation, orders in _by_recommendation(result).items():
        group = recommendation.partition("@")[0]
        at = min(_instant(order["life"][0][1]) if order.get("life") else _instant(order["start"]) for order in orders)
        until = max(_instant(order["expires"]) for order in orders)
        begin = min(_instant(order["start"]) for order in orders)
        devices, p_mw = len({order["device"] for order in orders}), _power(orders)
        kind: Kind = "accept" if any(order["state"] in _TAKEN for order in orders) else "refuse"
        answer = Proposal(recommendation, kind, f"group:{group}", at, until, devices, p_mw)
        found.append(_answer(answer, group, snapshot, whole))
        if kind == "accept":
            action = Proposal(f"action {recommendation}", "action", f"group:{group}", begin, until, devices, p_mw)
            found.append(_later(action, snapshot, whole))
    for one in switchings:
        for moment, closed in ((one.at, one.closed), (one.until, not one.closed)):
            if moment is not None:
                name, ref = f"switching {one.switch} {moment.isoformat()}", one.switch.replace(".", ":", 1)
                found.append(_later(Proposal(name, "switching", ref, moment, moment, closed=closed), snapshot, whole))
    return tuple(sorted(found, key=lambda proposal: (proposal.at, proposal.kind, proposal.id)))


def _of_the_whole(result: Result, snapshot: Snapshot | None, wall: datetime) -> tuple[str, dict[str, Any]]:
    """Why nothing of this rehearsal can be put on air; "" when each decision is to be looked at."""
    if snapshot is None:
        return "nothing_on_air", {}
    if result.site != snapshot.site.name:
        return "other_site", {"rehearsed": result.site, "on_air": snapshot.site.name}
    if result.facts.get("other_grid"):
        return "other_grid", {}
    if snapshot.mode != "live":
        return "not_live", {}
    if wall > late_at(snapshot):
        return "stale", {"at": snapshot.as_of}
    return "", {}


def _answer(proposal: Proposal, group: str, snapshot: Snapshot | None, whole: tuple[str, dict[str, Any]]) -> Proposal:
    if whole[0] or snapshot is None:
        return _refused(proposal, *whole)
    if abs(snapshot.as_of - proposal.at) > NEAR:
        return _refused(proposal, "other_hour", {"rehearsed": proposal.at, "now": snapshot.as_of})
    now = next((one for one in snapshot.recommendations if one.group == group and _is_open(one, snapshot)), None)
    if now is None:
        return _refused(proposal, "not_open", {})
    return replace(proposal, target=now.id)


def _later(proposal: Proposal, snapshot: Snapshot | None, whole: tuple[str, dict[str, Any]]) -> Proposal:
    if whole[0] or snapshot is None:
        return _refused(proposal, *whole)
    if proposal.at <= snapshot.as_of:
        return _refused(proposal, "past", {"rehearsed": proposal.at, "now": snapshot.as_of})
    return proposal


def _refused(proposal: Proposal, reason: str, params: Mapping[str, Any]) -> Proposal:
    return replace(proposal, reason=reason, params=params)


def _is_open(recommendation: RecommendationView, snapshot: Snapshot) -> bool:
    return recommendation.state == "open" and recommendation.decide_before > snapshot.as_of


def _by_recommendation(result: Result) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for order in result.list("order_list"):
        if order.get("recommendation"):
            found.setdefault(str(order["recommendation"]), []).append(order)
    return found


def _power(orders: Sequence[Mapping[str, Any]]) -> float | None:
    """Setpoints of one quarter hour added up, in the quarter hour in which they are largest."""
    sums: dict[str, float] = {}
    for order in orders:
        sums[order["start"]] = sums.get(order["start"], 0.0) + order["p_mw"]
    return max(sums.values(), key=abs, default=None)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
