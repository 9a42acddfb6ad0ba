"""What the field did since the last decision: orders followed, owners paid, rights used."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from math import nan

from twin.contracts.messages import State
from twin.domain.time import floor_quarter
from twin.regie import orders, usage
from twin.regie.memory import LoopMemory
from twin.regie.outcome import Memory
from twin.regie.parts import Parts
from twin.regie.tick import Observation
from twin.regie.usage import Usage


@dataclass(frozen=True)
class Response:
    """What the newest quarter hour shows.

    Attributes:
        memory: the decision's memory, its orders followed. ``usage``: what was used of the rights by now.
        earned_chf: by owners whose devices obeyed, those of plants apart: ``compensated_chf``.
        curtailed_mwh: energy that plants did not feed in because of an order.
    """

    memory: Memory
    usage: Usage
    earned_chf: float = 0.0
    compensated_chf: float = 0.0
    curtailed_mwh: float = 0.0


def respond(
    parts: Parts, held: LoopMemory, sent: Collection[str], live: Observation, state: State, *, regular: bool
) -> Response:
    """The response in ``state.interval``; between two regular ticks nothing new was metered.

    Args:
        sent: keys of orders that the field took since the last tick.
    """
    decision, timezone = held.decision, parts.kpi_facts.timezone
    outbox, curtailed_mwh = orders.mark_sent(decision.outbox, sent), 0.0
    used = held.usage
    if regular:
        measured = {d.id: live.signals.get(("device_p_mw", d.id), nan) for d in parts.devices if d.dispatchable}
        devices = {device.id: device for device in parts.devices}
        acted = usage.in_force(outbox, state.interval)
        outbox = orders.follow(outbox, measured, devices, state.interval, state.as_of)
        used, curtailed_mwh = usage.counted(
            used.at(state.interval, timezone),
            acted,
            orders.failed(decision.outbox, outbox),
            devices,
            interval=state.interval,
            measured_p_mw=measured,
            sun_mw_per_kwp=lambda zone: parts.sun.mw_per_kwp(zone, live.raw, acted),
        )
    counts = orders.count(decision.order_counts, decision.outbox, outbox)
    counts = {**counts, "sent": counts["sent"] + len(sent)}
    plants = {device.id for device in parts.devices if device.panels is not None}
    others = {device.id for device in parts.devices} - plants
    return Response(
        replace(decision, outbox=outbox, order_counts=counts),
        used.at(floor_quarter(state.as_of), timezone),
        orders.earned_chf(decision.outbox, outbox, others),
        orders.earned_chf(decision.outbox, outbox, plants),
        curtailed_mwh,
    )
