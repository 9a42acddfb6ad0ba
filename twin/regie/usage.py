"""What has been used of the rights over devices: energy curtailed this year, blocks called today; and what that leaves.

Nobody can measure what a curtailed plant would have fed in. It is counted by reference: the sun per kWp that the zone's plants
without an order were measured at (`twin.regie.sun`), times the plant's kWp, less what it did feed in; and only where the order
was binding, that is where the plant stood at its limit. A silent meter counts as obedience, a refused order as nothing.
The count begins with the window: what was curtailed earlier in its year is not known to it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from twin.contracts.devices import Device
from twin.contracts.messages import Order, OrderState
from twin.domain.time import HOURS_PER_STEP, QUARTER_HOUR_S, to_epoch_s
from twin.regie.recommend import DEADBAND_MW

BINDING_SHARE = 0.95
"""A plant that feeds less than this share of its limit is held back by its sun; meters of plants are good to 1 or 2 %."""


@dataclass(frozen=True)
class Calls:
    """Blocks of one ripple group: how many began on the local day, and the last one's beginning and end [epoch s]."""

    count: int = 0
    begun_s: int = 0
    ended_s: int = 0

    def running(self, label_s: int) -> bool:
        """Whether the last block lasted until the quarter hour ``label_s`` [epoch s] began."""
        return 0 < label_s <= self.ended_s


@dataclass(frozen=True)
class Usage:
    """What has been used by now; lives in the journal.

    Attributes:
        year, day: local calendar of the running quarter hour, "2016" and "2016-06-15".
        curtailed_mwh: by plant, this year. ``calls``: by ripple group; counts are those of the day.
    """

    year: str = ""
    day: str = ""
    curtailed_mwh: Mapping[str, float] = field(default_factory=dict)
    calls: Mapping[str, Calls] = field(default_factory=dict)

    def at(self, label: datetime, timezone: str) -> Usage:
        """The same in the quarter hour ``label``: a new local year begins its sums anew, a new day its counts."""
        day = label.astimezone(ZoneInfo(timezone)).strftime("%Y-%m-%d")
        usage = self
        if usage.day != day:
            usage = replace(usage, day=day, calls={name: replace(calls, count=0) for name, calls in usage.calls.items()})
        return usage if usage.year == day[:4] else replace(usage, year=day[:4], curtailed_mwh={})

    def may_block(self, device: Device, label_s: int) -> bool:
        """Whether the agreement lets a ripple group be blocked in the quarter hour ``label_s`` [epoch s]."""
        agreed, calls = device.ripple, self.calls.get(device.id, Calls())
        if agreed is None:
            return True
        if calls.running(label_s):
            return (label_s - calls.begun_s) / 3600.0 + HOURS_PER_STEP <= agreed.longest_block_h
        return calls.count < agreed.calls_per_day and (label_s - calls.ended_s) / 3600.0 >= agreed.rest_h

    def unpaid_mwh(self, device: Device) -> float:
        """What is left of a plant's guarantee [MWh]: curtailed this year without payment."""
        return max(device.guaranteed_mwh - self.curtailed_mwh.get(device.id, 0.0), 0.0)


def in_force(outbox: Mapping[str, Order], interval: datetime) -> dict[str, Order]:
    """Orders that the field held over the whole quarter hour ``interval``, the newest of each device."""
    held = (o for o in outbox.values() if o.state is OrderState.SENT and o.start <= interval < o.expires)
    return {order.device: order for order in sorted(held, key=lambda o: (o.start, o.key))}


def counted(
    usage: Usage,
    orders: Mapping[str, Order],
    failed: Collection[str],
    devices: Mapping[str, Device],
    *,
    interval: datetime,
    measured_p_mw: Mapping[str, float],
    sun_mw_per_kwp: Callable[[str], float],
) -> tuple[Usage, float]:
    """The usage after the quarter hour ``interval``, and the energy curtailed in it [MWh].

    Args:
        orders: those in force, by device. ``failed``: devices that visibly did not obey.
        sun_mw_per_kwp: by zone, see `twin.regie.sun`; NaN where nothing was measured.
    """
    curtailed, calls, label_s = dict(usage.curtailed_mwh), dict(usage.calls), to_epoch_s(interval)
    total = 0.0
    for name, order in sorted(orders.items()):
        device = devices[name]
        if device.ripple is not None and order.p_mw <= DEADBAND_MW:
            calls[name] = _called(calls.get(name, Calls()), label_s)
        if device.panels is not None and name not in failed:
            mw = _curtailed_mw(device.panels.kwp * sun_mw_per_kwp(device.zone), measured_p_mw.get(name, math.nan), order.p_mw)
            curtailed[name] = curtailed.get(name, 0.0) + HOURS_PER_STEP * mw
            total += HOURS_PER_STEP * mw
    return replace(usage, curtailed_mwh=curtailed, calls=calls), total


def _called(calls: Calls, label_s: int) -> Calls:
    if calls.ended_s == label_s:
        return replace(calls, ended_s=label_s + QUARTER_HOUR_S)
    return Calls(calls.count + 1, label_s, label_s + QUARTER_HOUR_S)


def _curtailed_mw(possible_mw: float, measured_p_mw: float, order_p_mw: float) -> float:
    limit = max(-order_p_mw, 0.0)
    fed = limit if math.isnan(measured_p_mw) else -measured_p_mw
    if math.isnan(possible_mw) or fed < BINDING_SHARE * limit:
        return 0.0
    return max(possible_mw - fed, 0.0)
