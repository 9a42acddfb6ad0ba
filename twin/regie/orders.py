"""The outbox: orders from accepted to confirmed or failed. No order leaves twice, none leaves without the journal's yes."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from twin.contracts.messages import Device, Order, OrderState
from twin.domain.time import QUARTER_HOUR
from twin.regie.recommend import DEADBAND_MW

TOLERANCE_SHARE = 0.1
"""A response within 10 % of the nameplate counts as obeyed: ramps and meter noise lie below."""
KEEP_FINISHED = timedelta(hours=2)
_FINAL = {OrderState.CONFIRMED, OrderState.FAILED, OrderState.EXPIRED, OrderState.REFUSED}


def issue(
    outbox: Mapping[str, Order],
    setpoints: Mapping[str, float],
    recommendation_of: Mapping[str, str],
    as_of: datetime,
    expiry: timedelta,
) -> dict[str, Order]:
    """Orders for setpoints that differ from what is already ordered, or whose order runs out; others stand.

    Returns:
        New orders by key, state ACCEPTED. Equal tick, device and value give an equal key.
    """
    # The newest per device, by time and not by place: a book that was read back from the journal is sorted by key.
    in_time = sorted(outbox.values(), key=lambda o: (o.start, o.key))
    standing = {o.device: o for o in in_time if o.state not in _FINAL or o.state is OrderState.CONFIRMED}
    new = {}
    for device, p_mw in sorted(setpoints.items()):
        order = standing.get(device)
        if order is not None and abs(order.p_mw - p_mw) <= DEADBAND_MW and order.expires > as_of + QUARTER_HOUR:
            continue
        text = f"{as_of.isoformat()}|{device}|{p_mw!r}"
        key = hashlib.sha256(text.encode()).hexdigest()[:24]
        new[key] = Order(key, device, p_mw, as_of, as_of + expiry, OrderState.ACCEPTED, recommendation_of[device])
    return new


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

    An order that was replaced before it could show an effect, or never left, expires.
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


def _followed(
    order: Order,
    newest: Order | None,
    measured_p_mw: Mapping[str, float],
    devices: Mapping[str, Device],
    as_of: datetime,
) -> Order:
    if order.state is OrderState.SENT and newest is order:
        tolerance = TOLERANCE_SHARE * max(abs(devices[order.device].p_max_mw), abs(devices[order.device].p_min_mw))
        if abs(measured_p_mw.get(order.device, float("nan")) - order.p_mw) <= tolerance:
            return replace(order, state=OrderState.CONFIRMED)
        if order.expires <= as_of:
            return replace(order, state=OrderState.FAILED)
    if order.expires <= as_of or (newest is not None and newest.start > order.start):
        return replace(order, state=OrderState.EXPIRED)
    return order


def to_send(outbox: Mapping[str, Order], as_of: datetime) -> list[Order]:
    """Accepted orders that still have time, in a fixed order."""
    return sorted(
        (o for o in outbox.values() if o.state is OrderState.ACCEPTED and o.expires > as_of), key=lambda o: (o.start, o.key)
    )
