"""What a decision leaves behind: the decision itself, what to remember for the next one, what the journal should say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from twin.contracts.messages import Decision, Order, OrderState, Recommendation
from twin.regie.alarms import AlarmBook
from twin.regie.proof import Proof


@dataclass(frozen=True)
class Memory:
    """What one decision leaves for the next; lives in the journal.

    Attributes:
        order_counts: orders so far by state, each order counted once per state it reached.
    """

    recommendations: Mapping[str, Recommendation] = field(default_factory=dict)
    outbox: Mapping[str, Order] = field(default_factory=dict)
    book: AlarmBook = field(default_factory=AlarmBook)
    order_counts: Mapping[str, int] = field(default_factory=lambda: {str(state): 0 for state in OrderState})


@dataclass(frozen=True)
class Result:
    """The decision, what to remember, and what the journal should say about it (code, params)."""

    decision: Decision
    memory: Memory
    proof: Proof | None
    lines: tuple[tuple[str, Mapping[str, object]], ...]
