"""The outbox: orders from accepted to confirmed or failed. No order leaves twice, none leaves without the journal's yes.

An order holds for one quarter hour and then lapses: a device that the next decision leaves out, and one whose régie is silent,
goes on by itself.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from twin.contracts.devices import Device
from twin.contracts.messages import Order, OrderState
from twin.domain.time import QUARTER_HOUR, floor_quarter
from twin.regie.recommend import DEADBAND_MW

TOLERANCE_SHARE = 0.1
"""A response within 10 % of the nameplate counts as obeyed: ramps and meter noise lie below."""
KEEP_FINISHED = timedelta(hours=2)
_FINAL = {OrderState.CONFIRMED, OrderState.FAILED, OrderState.EXPIRED, OrderState.REFUSED}


def issue(
    outbox: Mapping[str, Order],
    setpoints: Mapping[str, float],
    payments_chf: Mapping[str, float],
    recommendation_of: Mapping[str, str],
    as_of: datetime,
) -> dict[str, Order]:
    """Orders for the running quarter hour, unless an order for it already says the same.

    Args:
        setpoints: power by device [MW]. ``payments_chf``: what the device's owner earns by obeying, by device.

    Returns:
        New orders by key, state ACCEPTED. Equal tick, device and value give an equal key.
    """
    end = floor_quarter(as_of) + QUARTER_HOUR
    # The newest per device, by time and not by place: a book that was read back from the journal is sorted by key.
    in_time = sorted(outbox.values(), key=lambda o: (o.start, o.key))
    standing = {o.device: o for o in in_time if o.state not in _FINAL or o.state is OrderState.CONFIRMED}
    new = {}
    for device, p_mw in sorted(setpoints.items()):
        order = standing.get(device)
        if order is not None and abs(order.p_mw - p_mw) <= DEADBAND_MW and order.expires >= end:
            continue
        text = f"{as_of.isoformat()}|{device}|{p_mw!r}"
        key = hashlib.sha256(text.encode()).hexdigest()[:24]
        chf, recommendation = payments_chf.get(device, 0.0), recommendation_of[device]
        new[key] = Order(key, device, p_mw, as_of, end, OrderState.ACCEPTED, recommendation, chf)
    return new


def withdraw(outbox: Mapping[str, Order], mandates: Collection[str]) -> dict[str, Order]:
    """Accepted orders that have not left and whose recommendation has no mandate any more are refused; sent ones lapse.

    Args:
        mandates: ids of the recommendations that may act now.
    """
    return {
        key: replace(order, state=OrderState.REFUSED)
        if order.state is OrderState.ACCEPTED and order.recommendation not in mandates
        else order
        for key, order in outbox.items()
    }


def mark_sent(outbox: Mapping[str, Order], keys: Collection[str]) -> dict[str, Order]:
    """Orders that the field holds: accepted becomes sent."""
    return {
        key: replace(order, state=OrderState.SENT) if key in keys and order.state is OrderState.ACCEPTED else order
        for key, order in outbox.items()
    }


def follow(
    outbox: Mapping[str, Order],
    measured_p_mw: Mapping[str, float],
    devices: Mapping[str, Device],
    interval: datetime,
    as_of: datetime,
) -> dict[str, Order]:
    """Confirm or fail orders by what telemetry shows for ``interval``, the last complete one; forget old finished ones.

    An order that was replaced before it could show an effect, that never left, or whose device's meter was silent, expires.
    """
    newest: dict[str, Order] = {}
    for order in outbox.values():
        if order.state is not OrderState.EXPIRED and order.start <= interval:
            newest[order.device] = max(order, newest.get(order.device, order), key=lambda o: o.start)
    result = {}
    for key, order in outbox.items():
        if order.state in _FINAL:
            if as_of - order.expires < KEEP_FINISHED:
                result[key] = order
            continue
        result[key] = _followed(order, newest.get(order.device), measured_p_mw, devices, as_of)
    return result


def _obeyed(order: Order, measured_p_mw: float, device: Device) -> bool:
    """Whether the response is what was ordered; a plant under a limit may feed less, its sun decides."""
    tolerance = TOLERANCE_SHARE * max(abs(device.p_max_mw), abs(device.p_min_mw))
    if device.panels is not None:
        return order.p_mw - measured_p_mw <= tolerance
    return abs(measured_p_mw - order.p_mw) <= tolerance


def _followed(
    order: Order,
    newest: Order | None,
    measured_p_mw: Mapping[str, float],
    devices: Mapping[str, Device],
    as_of: datetime,
) -> Order:
    measured = measured_p_mw.get(order.device, float("nan"))
    if order.state is OrderState.SENT and newest is order and math.isfinite(measured):
        obeyed = _obeyed(order, measured, devices[order.device])
        return replace(order, state=OrderState.CONFIRMED if obeyed else OrderState.FAILED)
    if order.expires <= as_of or (newest is not None and newest.start > order.start):
        return replace(order, state=OrderState.EXPIRED)
    return order


def count(counts: Mapping[str, int], before: Mapping[str, Order], after: Mapping[str, Order]) -> dict[str, int]:
    """The counts with every order that reached a state between two outboxes; who was sent is told by the sender."""
    counts = dict(counts)
    for key, order in after.items():
        state = before[key].state if key in before else None
        if state is None:
            counts[str(OrderState.ACCEPTED)] += 1
        elif order.state not in (state, OrderState.SENT):
            counts[str(order.state)] += 1
    return counts


def failed(before: Mapping[str, Order], after: Mapping[str, Order]) -> list[str]:
    """Devices whose order failed between two outboxes, in order."""
    fresh = (o for key, o in after.items() if o.state is OrderState.FAILED and before[key].state is not OrderState.FAILED)
    return sorted(order.device for order in fresh)


def earned_chf(before: Mapping[str, Order], after: Mapping[str, Order], devices: Collection[str]) -> float:
    """What the owners of ``devices`` earn by the orders that were confirmed between two states of the outbox."""
    fresh = (o for key, o in after.items() if o.state is OrderState.CONFIRMED and before[key].state is not OrderState.CONFIRMED)
    # fsum: the same to the last bit in whatever order the outbox comes back from the journal
    return math.fsum(order.payment_chf for order in fresh if order.device in devices)


def to_send(outbox: Mapping[str, Order], as_of: datetime) -> list[Order]:
    """Accepted orders that still have time, in a fixed order."""
    return sorted(
        (o for o in outbox.values() if o.state is OrderState.ACCEPTED and o.expires > as_of), key=lambda o: (o.start, o.key)
    )
