"""What devices do in every future of a window: by themselves, and as the plan at its start moves them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from twin.contracts.devices import Acceptance, Device
from twin.contracts.messages import Envelope, Proposal, Service
from twin.domain.time import QUARTER_HOUR
from twin.regie import recommend
from twin.regie.tick import Tick
from twin.wiring import Wired


@dataclass(frozen=True)
class Decided:
    """Paths of the devices [MW], drawing positive, dims (time,), by id.

    Attributes:
        alone: by themselves. ``planned``: as decided. ``steps``: how far the shortest of them reaches, None without devices.
        told: for people: groups, devices, and the share of the plan that the proof left.
    """

    alone: dict[str, np.ndarray]
    planned: dict[str, np.ndarray]
    steps: int | None
    told: dict[str, Any]

    @classmethod
    def of(cls, wired: Wired, tick: Tick, champions: Sequence[Envelope]) -> Decided:
        """What boxes plan, and of that what was accepted, within its rights, and proved."""
        devices = {device.id: device for device in wired.parts.devices}
        planned: dict[str, np.ndarray] = {}
        for envelope in champions:
            plan = envelope.report.outputs.get("plan_p_mw")
            if plan is not None:
                planned |= {str(name): plan.sel(device=name).values.astype(float) for name in plan["device"].values}
        fresh = [p for e in champions if e.service is Service.FRESH for p in e.report.proposals]
        proposals: dict[str, Proposal] = recommend.merge(fresh, devices)
        alone = planned | {name: np.asarray(p.unconstrained_p_mw, dtype=float) for name, p in proposals.items()}
        accepted = _accepted(tick, devices)
        factor = _factor(tick)
        uncovered = {name for name, why in tick.result.decision.trimmed.items() if why != "ac_check"}
        ordered = {n: p for n, p in proposals.items() if devices[n].group in accepted and n not in uncovered}
        decided = dict(alone)
        for name, proposal in ordered.items():
            known = accepted[devices[name].group]
            share = factor if known else 1.0  # what is accepted later is proved later
            if share < 1.0 and devices[name].ripple is not None:
                continue  # a ripple group is moved whole or not at all
            move = share * (proposal.p_mw - proposal.unconstrained_p_mw)
            asked = _by_hand(wired, tick.moment.as_of, len(move)) & (not known)
            decided[name] = alone[name] + np.where(asked, 0.0, move)
        lengths = [len(path) for path in (*alone.values(), *decided.values())]
        told = {"groups": sorted(accepted), "factor": factor, "devices": sorted(ordered)}
        return cls(alone, decided, min(lengths) if lengths else None, told)

    def paths(self, of: Mapping[str, np.ndarray]) -> np.ndarray:
        """One of both as an array as long as the shortest path, dims (time, device)."""
        steps = self.steps or 1
        return np.array([of[name][:steps] for name in self.alone]).reshape(len(self.alone), steps).T


def _accepted(tick: Tick, devices: Mapping[str, Device]) -> dict[str, bool]:
    """Groups whose plan is carried out, and whether somebody has said so already.

    A group under contract is accepted as soon as its block comes, without being asked: it counts from now on. What waits for
    the dispatcher and was not accepted by now is not carried out: nobody answers in a future.
    """
    groups: dict[str, bool] = {}
    for group in {device.group for device in devices.values() if device.dispatchable}:
        members = [device for device in devices.values() if device.group == group and device.dispatchable]
        if all(device.right_of_use.acceptance is Acceptance.AUTOMATIC for device in members):
            groups[group] = False
    held = tick.result.memory.recommendations
    refused = {item.group for item in held.values() if item.state == "refused"}
    active = recommend.active_groups(held, tick.moment.as_of)
    return {group: known for group, known in groups.items() if group not in refused} | dict.fromkeys(active, True)


def _factor(tick: Tick) -> float:
    """Share of the movement that the proof left; none where it found no solution."""
    proof = tick.result.proof
    return proof.factor if proof is not None and proof.solved else 0.0


def _by_hand(wired: Wired, as_of: datetime, steps: int) -> np.ndarray:
    """Quarter hours in which nothing is accepted by itself, dims (time,)."""
    labels = [as_of + step * QUARTER_HOUR for step in range(steps)]
    spans = wired.site.orders.manual
    return np.array([any(span.at <= label < span.until for span in spans) for label in labels], dtype=bool)
