"""Send: accepted orders go to the field, each once. What the field does not take stays accepted, and is tried again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from twin.contracts.messages import Finding, Order, SwitchOrder
from twin.contracts.ports import Actuator
from twin.regie import orders, switching

RETRY = timedelta(seconds=15)
"""Grid time between two tries within a quarter hour: a link that takes seconds to fail must not hold up events."""


class Sender:
    """The way out of the outbox.

    Args:
        actuator: None on a site that is read-only. ``on_ops``: told when the field begins to fail and when it is back.

    Attributes:
        undelivered: keys of orders with time left that the field did not take when it was last asked.
    """

    def __init__(self, actuator: Actuator | None, on_ops: Callable[[Mapping[str, Any]], None]) -> None:
        self._actuator = actuator
        self._on_ops = on_ops
        self._failing = False
        self._tried_at: datetime | None = None
        self.undelivered: tuple[str, ...] = ()

    def send(self, outbox: Mapping[str, Order], as_of: datetime) -> tuple[str, ...]:
        """Hand over what is accepted and has time left; returns the keys that the field now holds.

        The field is asked what it already holds, as it may after a restart or when it failed halfway.
        """
        if self._actuator is None:
            return ()
        waiting = orders.to_send(outbox, as_of)
        keys = tuple(order.key for order in waiting)
        self._tried_at = as_of
        try:
            known = self._actuator.known(keys)
            self._actuator.send([order for order in waiting if order.key not in known])
        except Exception as error:  # noqa: BLE001 - whatever is behind the port: a field that fails costs orders, not the loop
            self._tell("orders_not_delivered", count=len(keys), reason=f"{type(error).__name__}: {error}")
            held = self._held(keys)
            self.undelivered = tuple(key for key in keys if key not in held)
            return tuple(key for key in keys if key in held)
        if keys:
            self._tell("orders_delivered_again", count=len(keys))
        self.undelivered = ()
        return keys

    def operate(self, held: Mapping[str, SwitchOrder], as_of: datetime) -> tuple[str, ...]:
        """Hand over what switches are to do; returns the keys that the field now holds. What it does not take waits."""
        waiting = switching.to_send(held, as_of)
        if self._actuator is None or not waiting:
            return ()
        keys = tuple(order.key for order in waiting)
        try:
            known = self._actuator.known(keys)
            self._actuator.operate([order for order in waiting if order.key not in known])
        except Exception as error:  # noqa: BLE001 - whatever is behind the port: a field that fails costs orders, not the loop
            self._on_ops(
                {"event": "switch_orders_not_delivered", "count": len(keys), "reason": f"{type(error).__name__}: {error}"}
            )
            found = self._held(keys)
            return tuple(key for key in keys if key in found)
        return keys

    def _held(self, keys: tuple[str, ...]) -> Collection[str]:
        """What a field that failed halfway holds all the same; nothing when it does not even say that."""
        try:
            return () if self._actuator is None else self._actuator.known(keys)
        except Exception:  # noqa: BLE001 - the failure has just been told
            return ()

    def again(self, outbox: Mapping[str, Order], now: datetime) -> tuple[str, ...]:
        """Between two ticks: try what the field did not take, every `RETRY`; returns the keys that it has taken since."""
        if not self.undelivered or (self._tried_at is not None and now - self._tried_at < RETRY):
            return ()
        missing = self.undelivered
        return tuple(key for key in self.send(outbox, now) if key in missing)

    def findings(self, as_of: datetime) -> tuple[Finding, ...]:
        """One while the field does not take what it should."""
        if not self.undelivered:
            return ()
        count = {"count": len(self.undelivered)}
        return (Finding("orders:delivery", 2, "orders_not_delivered", count, "site", as_of, as_of, "system_operation"),)

    def _tell(self, event: str, **facts: object) -> None:
        """Once when it begins to fail, once when it is back."""
        failing = event == "orders_not_delivered"
        if failing != self._failing:
            self._on_ops({"event": event, **facts})
        self._failing = failing
