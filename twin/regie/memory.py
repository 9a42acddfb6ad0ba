"""What one tick leaves for the next, as one value that the journal keeps; and its way to bytes and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from twin.contracts.messages import SwitchOrder
from twin.domain.finite import finite
from twin.origin.ledger import Ledger
from twin.regie.kpi import Account
from twin.regie.outcome import Memory
from twin.regie.usage import Usage


@dataclass(frozen=True)
class Statistics:
    """Counts since the window began, for the JSON line.

    Attributes:
        ticks: regular ticks. ``fallback_ticks``: per box instance. ``vm_sq_sum``, ``vm_count``: squared estimate errors [pu^2].
        max_vm_error_pu: worst over the verified steps, None before the first.
    """

    ticks: int = 0
    events: int = 0
    fallback_ticks: Mapping[str, int] = field(default_factory=dict)
    max_vm_error_pu: float | None = None
    vm_sq_sum: float = 0.0
    vm_count: int = 0


@dataclass(frozen=True)
class Casting:
    """One change of roles that somebody asked for and that waits for the next regular tick."""

    kind: str
    box: str
    by: str


@dataclass(frozen=True)
class LoopMemory:
    """Everything the loop itself must remember; boxes' states and sources' checkpoints travel beside it.

    Attributes:
        command_offset: id of the last consumed command. ``consumed``: what came lately, see `twin.regie.commands.Consumed`.
        forecast: "load:<zone>" / "pv:<zone>" -> median path of the last tick, from ``forecast_start_s`` on, dims (time,);
            "load:<zone>:sigma" ... -> its spread.
        usage: what was used of the rights over devices.
        ledgers, ledgers_alone: what each storage held before the oldest quarter hour that late meters can still restate, in our
            town and in the do-nothing twin's; empty before the first tick.
        ours, baseline: accounts of both sides now. ``ours_before``, ``baseline_before``: before that oldest quarter hour.
        castings: changes of the boxes' roles that wait for the next regular tick. ``switch_orders``: by key.
    """

    decision: Memory = field(default_factory=Memory)
    ours: Account = field(default_factory=Account)
    baseline: Account | None = None
    ours_before: Account = field(default_factory=Account)
    baseline_before: Account | None = None
    statistics: Statistics = field(default_factory=Statistics)
    command_offset: int = 0
    consumed: Mapping[str, datetime] = field(default_factory=dict)
    forecast_start_s: int = 0
    forecast: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    ledgers: tuple[Ledger, ...] = ()
    ledgers_alone: tuple[Ledger, ...] = ()
    castings: tuple[Casting, ...] = ()
    switch_orders: Mapping[str, SwitchOrder] = field(default_factory=dict)


_ADAPTER = TypeAdapter(LoopMemory)


def to_meta(memory: LoopMemory) -> dict[str, Any]:
    """JSON-able; floats keep every bit (JSON writes the shortest text that reads back equal), NaN becomes None."""
    return dict(finite(_ADAPTER.dump_python(memory, mode="json")))


def from_meta(meta: Mapping[str, Any]) -> LoopMemory:
    """Inverse of `to_meta`."""
    return _ADAPTER.validate_python(meta)
