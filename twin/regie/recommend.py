"""From proposals to recommendations: groups, reasons, mandates, and what people said of them.

Devices of one group are recommended, accepted or refused together. A contract accepts at once, save in hours in which people
decide everything; all else waits for the dispatcher until ``decide_before``. An acceptance is a mandate until ``until``; a
refusal keeps the group still for as long.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import xarray as xr

from twin.contracts.devices import Acceptance, Device
from twin.contracts.messages import Command, Proposal, Recommendation
from twin.domain.time import HOURS_PER_STEP, QUARTER_HOUR, quarter_hours

DEADBAND_MW = 2e-4
"""Differences below 0.2 kW are not worth an order: home meters resolve no better."""
LONGEST_MANDATE = timedelta(hours=4)
SHORTEST_DECISION = timedelta(minutes=30)
PAUSE_AFTER_EXPIRY = timedelta(hours=1)


@dataclass(frozen=True)
class Ruling:
    """What became of one command: the recommendation it changed, or why it was refused."""

    command: Command
    accepted: bool
    code: str


def merge(envelope_proposals: Sequence[Proposal], devices: Mapping[str, Device]) -> dict[str, Proposal]:
    """One proposal per device: the lowest priority number wins; the plan is clipped to bounds and nameplate."""
    chosen: dict[str, Proposal] = {}
    for proposal in sorted(envelope_proposals, key=lambda p: (p.priority, p.device)):
        device = devices.get(proposal.device)
        if device is None or not device.dispatchable or proposal.device in chosen:
            continue
        lower = np.clip(proposal.lower_mw, device.p_min_mw, device.p_max_mw)
        upper = np.clip(proposal.upper_mw, lower, device.p_max_mw)
        chosen[proposal.device] = replace(proposal, p_mw=np.clip(proposal.p_mw, lower, upper), lower_mw=lower, upper_mw=upper)
    return chosen


def update(
    held: Mapping[str, Recommendation],
    proposals: Mapping[str, Proposal],
    devices: Mapping[str, Device],
    as_of: datetime,
    co2_g_per_kwh: np.ndarray,
    *,
    manual: bool = False,
) -> dict[str, Recommendation]:
    """Next tick's recommendations: old ones age (expire, end), moved groups without one get one.

    Args:
        manual: whether people decide everything now: a contract accepts nothing, and what it had accepted is asked again.
    """
    kept = {key: _aged(item, as_of) for key, item in held.items() if not _passed_on(item, devices, manual)}
    kept = {key: item for key, item in kept.items() if as_of < item.until + _pause(item)}
    busy = {item.group for item in kept.values()}
    for group, members in _moved_groups(proposals, devices).items():
        if group in busy:
            open_ones = [i for i in kept.values() if i.group == group and i.state in ("open", "accepted") and as_of < i.until]
            for item in open_ones:
                kept[item.id] = _refreshed(item, members, as_of, co2_g_per_kwh)
            continue
        by_contract = not manual and _by_contract([devices[p.device] for p in members])
        item = _new(group, members, as_of, co2_g_per_kwh, by_contract=by_contract)
        kept[item.id] = item
    return kept


def rule(
    held: Mapping[str, Recommendation], commands: Sequence[Command], as_of: datetime
) -> tuple[dict[str, Recommendation], list[Ruling]]:
    """Apply accept and refuse commands; a refusal also withdraws what was accepted, by a person or by contract."""
    items, rulings = dict(held), []
    for command in commands:
        item = items.get(command.target)
        answerable = ("open",) if command.kind == "accept" else ("open", "accepted")
        late = item is not None and item.state == "open" and as_of >= item.decide_before
        if item is None or late or item.state not in answerable:
            rulings.append(Ruling(command, False, "recommendation_not_open"))
        elif command.kind == "accept":
            items[item.id] = replace(item, state="accepted", by=command.by)
            rulings.append(Ruling(command, True, "recommendation_accepted"))
        else:
            until = max(item.until, as_of + LONGEST_MANDATE)
            items[item.id] = replace(item, state="refused", by=command.by, motive=command.motive, until=until)
            rulings.append(Ruling(command, True, "recommendation_refused"))
    return items, rulings


def mandate(held: Mapping[str, Recommendation], devices: Sequence[Device], as_of: datetime, steps: int) -> xr.DataArray:
    """The ``device_mandate`` signal: 0 where a refusal holds, dims (time, device)."""
    times = quarter_hours(as_of, steps)
    values = np.ones((steps, len(devices)))
    for item in held.values():
        if item.state == "refused":
            until = -((as_of - item.until) // QUARTER_HOUR)  # rounded up: held in part is held
            for column, device in enumerate(devices):
                if device.group == item.group:
                    values[: max(until, 0), column] = 0.0
    return xr.DataArray(
        values,
        dims=("time", "device"),
        coords={"time": times, "device": [device.id for device in devices]},
        attrs={"units": "1", "issued_at": as_of.isoformat(), "source": "dispatcher"},
    )


def active_groups(held: Mapping[str, Recommendation], as_of: datetime) -> dict[str, str]:
    """Recommendation id by group, for groups with a mandate now."""
    return {item.group: item.id for item in held.values() if item.state == "accepted" and as_of < item.until}


def _passed_on(item: Recommendation, devices: Mapping[str, Device], manual: bool) -> bool:
    """Whether another decides now than when it was made: it gives way to a new one."""
    if manual:
        return item.by == "contract"
    mine = [device for device in devices.values() if device.group == item.group and device.dispatchable]
    return item.state in ("open", "expired") and bool(mine) and _by_contract(mine)


def _by_contract(devices: Iterable[Device]) -> bool:
    return all(device.right_of_use.acceptance is Acceptance.AUTOMATIC for device in devices)


def _aged(item: Recommendation, as_of: datetime) -> Recommendation:
    if item.state == "open" and as_of >= item.decide_before:
        return replace(item, state="expired", until=as_of)
    if item.state == "accepted" and as_of >= item.until:
        return replace(item, state="ended", until=as_of)
    return item


def _pause(item: Recommendation) -> timedelta:
    """How long a group is left alone after the end: only a question that nobody answered is not asked again at once."""
    return PAUSE_AFTER_EXPIRY if item.state == "expired" else timedelta(0)


def _moved_groups(proposals: Mapping[str, Proposal], devices: Mapping[str, Device]) -> dict[str, list[Proposal]]:
    groups: dict[str, list[Proposal]] = {}
    for name, proposal in sorted(proposals.items()):
        if _first_move(proposal) is not None:
            groups.setdefault(devices[name].group, []).append(proposal)
    return groups


def _first_move(proposal: Proposal) -> int | None:
    """First step within the longest mandate at which the plan differs from what the device does by itself."""
    steps = int(LONGEST_MANDATE / QUARTER_HOUR)
    moved = np.flatnonzero(np.abs(proposal.p_mw[:steps] - proposal.unconstrained_p_mw[:steps]) > DEADBAND_MW)
    return int(moved[0]) if len(moved) else None


def _new(
    group: str, members: Sequence[Proposal], as_of: datetime, co2_g_per_kwh: np.ndarray, *, by_contract: bool
) -> Recommendation:
    leader = max(members, key=lambda p: (p.value_chf, p.device))
    first = min(move for move in map(_first_move, members) if move is not None)
    item = Recommendation(
        id=f"{group}@{as_of.strftime('%Y%m%dT%H%MZ')}",
        group=group,
        devices=(),
        reason=leader.reason,
        params=leader.params,
        p_mw_now=0.0,
        effect={},
        confidence=0.0,
        decide_before=max(as_of + first * QUARTER_HOUR, as_of + SHORTEST_DECISION),
        until=as_of + LONGEST_MANDATE,
        planned_at=as_of,
        state="accepted" if by_contract else "open",
        by="contract" if by_contract else None,
    )
    return _refreshed(item, members, as_of, co2_g_per_kwh)


def _refreshed(item: Recommendation, members: Sequence[Proposal], as_of: datetime, co2_g_per_kwh: np.ndarray) -> Recommendation:
    """The same recommendation with this tick's plan behind it."""
    leader = max(members, key=lambda p: (p.value_chf, p.device))
    moved = sum((p.p_mw - p.unconstrained_p_mw for p in members), np.zeros(len(members[0].p_mw)))
    steps = min(len(moved), len(co2_g_per_kwh))
    known = np.isfinite(co2_g_per_kwh[:steps])
    co2_kg = float(np.sum((moved[:steps] * co2_g_per_kwh[:steps])[known]) * HOURS_PER_STEP)  # MW x h x g/kWh = kg
    effect = {
        "chf": -float(sum(p.value_chf for p in members)),
        "co2_kg": co2_kg if known.any() else float("nan"),
        "energy_mwh": float(np.abs(moved).sum() * HOURS_PER_STEP / 2.0),
    }
    return replace(
        item,
        devices=tuple(p.device for p in members),
        planned_at=as_of,
        reason=leader.reason,
        params=dict(leader.params),
        p_mw_now=float(sum(p.p_mw[0] - p.unconstrained_p_mw[0] for p in members)),
        effect=effect,
        confidence=float(np.mean([p.confidence for p in members])),
    )
