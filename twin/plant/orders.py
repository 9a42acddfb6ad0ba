"""The plant's inbox: orders are held by key, obeyed from the next quarter hour on, and now and then refused."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from twin.contracts.messages import Order
from twin.domain import chance
from twin.domain.time import QUARTER_HOUR_S, to_epoch_s

REFUSAL_SHARE = 0.02  # an assumption: a device's own protection, or a link that fails, one order in fifty
LATENCY_S = (5.0, 30.0)
RAMP_S = 20.0
KEEP_S = 7 * 86_400  # keys outlive their order by a week, so that a restarted sender is recognised


@dataclass(frozen=True)
class Held:
    """One order as the plant holds it; ``device`` is -1 for a device it does not have."""

    key: str
    device: int
    p_mw: float
    start_s: int
    expires_s: int


@dataclass
class Inbox:
    """Orders in order of arrival, at most one per key.

    Attributes:
        devices: device name -> position. ``switched``: positions of those that know off (0 MW) and free, nothing between.
    """

    seed: int
    devices: Mapping[str, int]
    switched: frozenset[int] = frozenset()
    held: dict[str, Held] = field(default_factory=dict)

    def known(self, keys: Collection[str]) -> set[str]:
        """Those of ``keys`` that were received."""
        return {key for key in keys if key in self.held}

    def receive(self, orders: Sequence[Order], now_s: int) -> None:
        """Hold new orders; a key seen before, whatever it says now, changes nothing."""
        for key in [key for key, order in self.held.items() if order.expires_s + KEEP_S < now_s]:
            del self.held[key]
        for order in orders:
            if order.key not in self.held:
                device = self.devices.get(order.device, -1)
                times = to_epoch_s(order.start), to_epoch_s(order.expires)
                self.held[order.key] = Held(order.key, device, float(order.p_mw), *times)

    def refuses(self, key: str) -> bool:
        """Whether the device that gets order ``key`` refuses it."""
        return bool(chance.uniform(chance.stream(self.seed, "refusal", key))[0] < REFUSAL_SHARE)

    def wanted_mw(self, label_s: int, power_mw: np.ndarray, refusing: Collection[str] = ()) -> np.ndarray:
        """Mean power asked of each device in the quarter hour ``label_s`` [MW], NaN where no order holds.

        The newest order whose ``start <= label < expires`` counts. It takes effect after a delay of its link and a ramp:
        until then the device keeps ``power_mw``, what it had before.

        Args:
            power_mw: mean power of the quarter hour before, dims (device,). ``refusing``: devices that obey nobody.
        """
        wanted = np.full(len(self.devices), np.nan)
        deaf = {self.devices[name] for name in refusing if name in self.devices}
        newest: dict[int, Held] = {}
        for order in self.held.values():
            if order.device >= 0 and order.start_s <= label_s < order.expires_s and np.isfinite(order.p_mw):
                newest[order.device] = order
        for device, order in newest.items():
            if device in self.switched and order.p_mw > 0.0:
                continue
            if device not in deaf and not self.refuses(order.key):
                low, high = LATENCY_S
                draw = chance.uniform(chance.stream(self.seed, "latency", order.key))[0]
                share = (low + (high - low) * draw + RAMP_S / 2.0) / QUARTER_HOUR_S
                wanted[device] = order.p_mw + (power_mw[device] - order.p_mw) * share
        return wanted

    def to_meta(self) -> list[list[Any]]:
        """JSON-able, in order of arrival; a power that is no number is written as null."""
        return [[o.key, o.device, o.p_mw if np.isfinite(o.p_mw) else None, o.start_s, o.expires_s] for o in self.held.values()]

    def replace(self, meta: Sequence[Sequence[Any]]) -> None:
        """Inverse of `to_meta`."""
        self.held = {
            row[0]: Held(row[0], int(row[1]), float("nan") if row[2] is None else float(row[2]), int(row[3]), int(row[4]))
            for row in meta
        }
