"""Orders that the field did not obey, and plans that the proof or the rights cut short."""

from __future__ import annotations

from collections import Counter

from scenarios.debrief.moment import Moment
from scenarios.debrief.recall import Recalled
from scenarios.debrief.tape import Tape
from twin.contracts.messages import Order, OrderState
from twin.domain.time import QUARTER_HOUR

_FINAL = (OrderState.CONFIRMED, OrderState.FAILED, OrderState.EXPIRED)


def final_orders(tape: Tape) -> dict[str, Order]:
    """Every order of the window as it was last seen, by key."""
    return {order.key: order for entry in tape.entries for order in entry.orders if order.expires > tape.start}


def order_moments(tape: Tape, recalled: Recalled) -> list[Moment]:
    """By group of devices: orders that were sent and not obeyed; and ticks in which the plan was cut."""
    groups = {device.id: device.group for device in recalled.site.devices}
    channels = {device.id: device.right_of_use.channel for device in recalled.site.devices}
    failed: dict[str, list[Order]] = {}
    ended: Counter[str] = Counter()
    for order in final_orders(tape).values():
        group = groups.get(order.device, order.device)
        ended[group] += order.state in _FINAL
        if order.state is OrderState.FAILED:
            failed.setdefault(group, []).append(order)
    moments = []
    for group, orders in failed.items():
        orders.sort(key=lambda order: order.start)
        devices = Counter(order.device for order in orders)
        device, most = devices.most_common(1)[0]
        share = len(orders) / max(ended[group], 1)
        facts = {
            "group": group,
            "count": len(orders),
            "ended": ended[group],
            "devices": len(devices),
            "device": device,
            "most": most,
            "channel": channels.get(device, ""),
        }
        begin, end = orders[0].start, orders[-1].expires
        rank = 30.0 + 25.0 * share
        change = "orders_failed" if most > 1 else None
        moments.append(Moment("orders_failed", begin, begin, end, group, group, 100.0 * share, "%", rank, facts, change))
    return moments + _cut(tape)


def _cut(tape: Tape) -> list[Moment]:
    """Ticks in which the power flow found harm in the plan, so that less of it was ordered."""
    cut = [entry for entry in tape.regular if "ac_check" in entry.meta["trimmed"].values()]
    if not cut:
        return []
    worst = max(cut, key=lambda entry: len(entry.meta["trimmed"]))
    facts = {"ticks": len(cut), "devices": len(worst.meta["trimmed"])}
    begin, end = cut[0].as_of, cut[-1].as_of + QUARTER_HOUR
    return [Moment("trimmed", worst.as_of, begin, end, "plan", "", len(cut), "1", 22.0, facts, "trimmed")]
