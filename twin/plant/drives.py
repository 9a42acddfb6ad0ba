"""The plant's motor drives: switches that are moved from afar, after a while, and now and then not at all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import astuple, dataclass, field
from typing import Any

from twin.contracts.messages import SwitchOrder
from twin.domain import chance
from twin.domain.time import to_epoch_s
from twin.plant.orders import KEEP_S, LATENCY_S, REFUSAL_SHARE
from twin.plant.outages import Change

MOTOR_S = 10
"""To wind the spring and move; an assumption, as the rest of what a link and a drive take."""


@dataclass(frozen=True)
class Move:
    """One order as its drive holds it: done at ``at_s`` [epoch s], unless it ``refuses``."""

    key: str
    switch: int
    closed: bool
    at_s: int
    refuses: bool


@dataclass
class Drives:
    """Orders to switches in order of arrival, at most one per key."""

    seed: int
    held: dict[str, Move] = field(default_factory=dict)

    def known(self, keys: Collection[str]) -> set[str]:
        """Those of ``keys`` that were received."""
        return {key for key in keys if key in self.held}

    def receive(self, orders: Sequence[SwitchOrder], now_s: int, stuck: Callable[[int], Collection[str]]) -> None:
        """Hold new orders; a key seen before, whatever it says now, changes nothing.

        Args:
            stuck: switches, by their index as text, that move for nobody at a moment.
        """
        last = {move.switch: key for key, move in self.held.items() if not move.refuses}
        for key, move in list(self.held.items()):
            if move.at_s + KEEP_S < now_s and last.get(move.switch) != key:
                del self.held[key]
        for order in orders:
            if order.key not in self.held:
                low, high = LATENCY_S
                draw = chance.uniform(chance.stream(self.seed, "drive", order.key))[0]
                refusal = chance.uniform(chance.stream(self.seed, "stuck", order.key))[0]
                at_s = max(to_epoch_s(order.start), now_s) + int(low + (high - low) * draw) + MOTOR_S
                refuses = bool(refusal < REFUSAL_SHARE) or str(order.switch) in stuck(at_s)
                self.held[order.key] = Move(order.key, order.switch, order.closed, at_s, refuses)

    def changes(self) -> tuple[Change, ...]:
        """What they do to the grid."""
        done = (move for move in self.held.values() if not move.refuses)
        return tuple(Change(m.at_s, True, "close" if m.closed else "open", "switch", str(m.switch)) for m in done)

    def to_meta(self) -> list[list[Any]]:
        """JSON-able, in order of arrival."""
        return [list(astuple(move)) for move in self.held.values()]

    def replace(self, meta: Sequence[Sequence[Any]]) -> None:
        """Inverse of `to_meta`."""
        self.held = {row[0]: Move(row[0], int(row[1]), bool(row[2]), int(row[3]), bool(row[4])) for row in meta}
