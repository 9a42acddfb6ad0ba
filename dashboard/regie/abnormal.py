"""What is abnormal on the grid right now: the only things that get colour, each with a priority, a figure and its limit."""

from __future__ import annotations

from dataclasses import dataclass

from twin.contracts.diagram import DiagramFacts
from twin.contracts.snapshot import GridValues

SEVERE_PERCENT = 120.0
"""Above this an overload is P1, as in the loop's alarms (`twin.regie.watch`)."""


@dataclass(frozen=True)
class Abnormal:
    """One element outside its limits.

    Attributes:
        key: "line:66", "trafo:2", "bus:458". ``value``, ``limit``: percent or pu by ``unit``.
        excess: how far outside, relative to the limit; ranks equals.
    """

    key: str
    priority: int
    value: float
    limit: float
    unit: str
    excess: float


def abnormal(facts: DiagramFacts, values: GridValues) -> tuple[Abnormal, ...]:
    """Worst first: priority, then how far outside."""
    found: list[Abnormal] = []
    for table, edges, loading in (
        ("line", facts.lines, values.line_loading_percent),
        ("trafo", facts.trafos, values.trafo_loading_percent),
    ):
        for edge, percent in zip(edges, loading, strict=True):
            if percent is not None and percent > edge.limit_percent:
                priority = 1 if percent > SEVERE_PERCENT else 2
                excess = percent / edge.limit_percent - 1.0
                key = f"{table}:{edge.index}"
                found.append(Abnormal(key, priority, percent, edge.limit_percent, "%", excess))
    for bus, vm_pu in zip(facts.buses, values.vm_pu, strict=True):
        if vm_pu is None or bus.low_pu <= vm_pu <= bus.high_pu:
            continue
        limit = bus.low_pu if vm_pu < bus.low_pu else bus.high_pu
        found.append(Abnormal(f"bus:{bus.index}", 3, vm_pu, limit, "pu", abs(vm_pu - limit) / limit))
    return tuple(sorted(found, key=lambda item: (item.priority, -item.excess, item.key)))


def without_value(facts: DiagramFacts, values: GridValues) -> tuple[int, ...]:
    """Buses without a voltage: unsupplied, or unknown to the estimate."""
    return tuple(bus.index for bus, vm_pu in zip(facts.buses, values.vm_pu, strict=True) if vm_pu is None)
