"""Orders to switches: asked for by a person, sent once, confirmed by the telemetered position or failed when it does not come.

Only what the site file declares can be moved from here. Whether a position is wise, the screens find out before it is asked
for; what the grid becomes, the event of the switching shows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from twin.contracts.messages import Command, OrderState, State, SwitchOrder
from twin.domain.grid import Topology

TIME_TO_MOVE = timedelta(minutes=5)
"""A motor drive and its telemetry take less than a minute: what has not moved by then will not."""
KEEP_FINISHED = timedelta(hours=2)
_POSITIONS = {"open": False, "closed": True}
_ON_ITS_WAY = (OrderState.ACCEPTED, OrderState.SENT)


@dataclass(frozen=True)
class Switches:
    """What the loop knows of the site's switches.

    Attributes:
        closed_in_file: position of every switch in the grid file. ``remote``: those that may be moved from here.
        writes: whether orders leave at all.
    """

    closed_in_file: Mapping[int, bool] = field(default_factory=dict)
    remote: Collection[int] = ()
    writes: bool = False

    def closed(self, switch: int, topology: Topology) -> bool:
        """The telemetered position."""
        return topology.is_closed(switch, self.closed_in_file[switch])


def step(
    held: Mapping[str, SwitchOrder], sent: Collection[str], commands: Sequence[Command], switches: Switches, state: State
) -> tuple[dict[str, SwitchOrder], list[tuple[str, Mapping[str, object]]]]:
    """The orders of one tick after what the field shows and what people ask for, and the lines of both."""
    followed, shown = follow(held, sent, switches, state.topology, state.as_of)
    orders, asked = answer(followed, commands, switches, state.topology, state.as_of)
    return orders, [*shown, *asked]


def answer(
    held: Mapping[str, SwitchOrder], commands: Sequence[Command], switches: Switches, topology: Topology, as_of: datetime
) -> tuple[dict[str, SwitchOrder], list[tuple[str, Mapping[str, object]]]]:
    """The orders after what people asked for, and a line for each: ordered, or why it is refused."""
    orders = dict(held)
    lines: list[tuple[str, Mapping[str, object]]] = []
    for command in commands:
        if command.kind != "switch":
            continue
        code = _code(command, orders.values(), switches, topology)
        lines.append((code, {"switch": command.target, "position": command.value, "by": command.by}))
        if code in ("switch_unknown", "switch_position_unknown"):
            continue
        key = hashlib.sha256(f"switch|{command.id}|{as_of.isoformat()}|{command.target}".encode()).hexdigest()[:24]
        ordered = code == "switch_ordered"
        orders[key] = SwitchOrder(
            key=key,
            switch=int(command.target),
            closed=_POSITIONS[str(command.value)],
            by=command.by,
            start=as_of,
            expires=as_of + TIME_TO_MOVE,
            state=OrderState.ACCEPTED if ordered else OrderState.REFUSED,
            reason=None if ordered else code,
        )
    return orders, lines


def follow(
    held: Mapping[str, SwitchOrder], sent: Collection[str], switches: Switches, topology: Topology, as_of: datetime
) -> tuple[dict[str, SwitchOrder], list[tuple[str, Mapping[str, object]]]]:
    """The orders after what the field took and the telemetry shows; old finished ones are forgotten."""
    orders: dict[str, SwitchOrder] = {}
    lines: list[tuple[str, Mapping[str, object]]] = []
    for key, order in held.items():
        now = _followed(order, switches, topology, as_of, sent=key in sent)
        if now.state not in _ON_ITS_WAY and as_of - now.expires >= KEEP_FINISHED:
            continue
        orders[key] = now
        if now.state is order.state or now.state in _ON_ITS_WAY:
            continue
        code = "switch_moved" if now.state is OrderState.CONFIRMED else "switch_did_not_move"
        lines.append((code, {"switch": str(now.switch), "position": "closed" if now.closed else "open", "by": now.by}))
    return orders, lines


def to_send(held: Mapping[str, SwitchOrder], as_of: datetime) -> list[SwitchOrder]:
    """Accepted orders that still have time, in a fixed order."""
    waiting = (order for order in held.values() if order.state is OrderState.ACCEPTED and order.expires > as_of)
    return sorted(waiting, key=lambda order: (order.start, order.key))


def _followed(order: SwitchOrder, switches: Switches, topology: Topology, as_of: datetime, *, sent: bool) -> SwitchOrder:
    if sent and order.state is OrderState.ACCEPTED:
        order = replace(order, state=OrderState.SENT)
    if order.state is OrderState.SENT and switches.closed(order.switch, topology) == order.closed:
        return replace(order, state=OrderState.CONFIRMED)
    if order.state is OrderState.SENT and order.expires <= as_of:
        return replace(order, state=OrderState.FAILED, reason="switch_did_not_move")
    if order.state is OrderState.ACCEPTED and order.expires <= as_of:
        return replace(order, state=OrderState.EXPIRED, reason="switch_not_delivered")
    return order


def _code(command: Command, held: Collection[SwitchOrder], switches: Switches, topology: Topology) -> str:
    """What becomes of one command."""
    if not command.target.isdecimal() or int(command.target) not in switches.closed_in_file:
        return "switch_unknown"
    if command.value not in _POSITIONS:
        return "switch_position_unknown"
    switch = int(command.target)
    if switch not in switches.remote:
        return "switch_not_remote"
    if not switches.writes:
        return "switch_read_only"
    if any(order.switch == switch and order.state in _ON_ITS_WAY for order in held):
        return "switch_on_its_way"
    return "switch_there_already" if switches.closed(switch, topology) == _POSITIONS[command.value] else "switch_ordered"
