"""What the newest snapshot says of the field: positions, supply, loading. Conditions and confirmations are read here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.regie.switching.content import Condition, Content, Step
from twin.contracts.diagram import DiagramFacts, DiagramSwitch
from twin.contracts.snapshot import Snapshot


@dataclass(frozen=True)
class Field:
    """One snapshot, by element."""

    snapshot: Snapshot
    facts: DiagramFacts

    def switch(self, element: str) -> DiagramSwitch | None:
        """The switch of that key; None where it is none, or unknown."""
        table, _, index = element.partition(":")
        return next((s for s in self.facts.switches if table == "switch" and str(s.index) == index), None)

    def knows(self, element: str) -> bool:
        """True when the grid has it."""
        table, _, name = element.partition(":")
        if table == "device":
            return name in self.facts.devices or name in self.snapshot.site.devices
        facts = self.facts
        indices = {
            "bus": [bus.index for bus in facts.buses],
            "line": [edge.index for edge in facts.lines],
            "trafo": [edge.index for edge in facts.trafos],
            "switch": [switch.index for switch in facts.switches],
        }
        return name in map(str, indices.get(table, ()))

    def is_open(self, element: str) -> bool | None:
        """Position of a switch, or whether a line carries nothing; None where no telemetry tells."""
        table, _, index = element.partition(":")
        if not self.knows(element):
            return None
        if table == "switch":
            return int(index) in self.snapshot.grid.open_switches
        return int(index) in self.snapshot.grid.open_lines if table == "line" else None

    def open_elements(self) -> tuple[str, ...]:
        """What the topology is told by: every switch that stands open, every line that carries nothing."""
        grid = self.snapshot.grid
        return (*(f"switch:{i}" for i in sorted(grid.open_switches)), *(f"line:{i}" for i in sorted(grid.open_lines)))

    def same_as(self, values: Mapping[str, Any]) -> bool:
        """True when the engine's `GridValues` tell of the same topology: its tick may be another one than the screen's."""
        grid = self.snapshot.grid
        return all(set(getattr(grid, name)) == set(values[name]) for name in ("open_lines", "open_switches"))

    def touched(self, content: Content) -> set[str]:
        """Lines whose state follows from what the order itself operates."""
        elements = {step.element for step in content.steps}
        own = {f"line:{s.element}" for s in self.facts.switches if s.table == "line" and f"switch:{s.index}" in elements}
        return own | {element for element in elements if element.startswith("line:")}

    def holds(self, condition: Condition) -> bool | None:
        """Whether a condition holds now; None where the snapshot does not tell."""
        element = condition.element
        if condition.kind in ("open", "closed"):
            opened = self.is_open(element)
            return None if opened is None else opened is (condition.kind == "open")
        if condition.kind in ("dead", "live"):
            supplied = self._supplied(element)
            return None if supplied is None else supplied is (condition.kind == "live")
        loading = self._loading(element)
        return None if loading is None or condition.limit_percent is None else loading < condition.limit_percent

    def shows(self, step: Step) -> bool | None:
        """Whether the result of a step stands now; None where no telemetry tells of it."""
        opened = self.is_open(step.element) if step.operation in ("open", "close") else None
        return None if opened is None else opened is (step.operation == "open")

    def _supplied(self, element: str) -> bool | None:
        table, _, index = element.partition(":")
        values = dict(zip((str(bus.index) for bus in self.facts.buses), self.snapshot.grid.vm_pu, strict=True))
        return values[index] is not None if table == "bus" and index in values else None

    def _loading(self, element: str) -> float | None:
        table, _, index = element.partition(":")
        grid = self.snapshot.grid
        edges, loading = {
            "line": (self.facts.lines, grid.line_loading_percent),
            "trafo": (self.facts.trafos, grid.trafo_loading_percent),
        }.get(table, ((), ()))
        return dict(zip((str(edge.index) for edge in edges), loading, strict=True)).get(index)


def expected(positions: tuple[str, ...], steps: Sequence[Step]) -> set[str]:
    """What stands open after these steps, from where the check began."""
    opened = set(positions)
    for step in steps:
        if step.element.startswith("switch:") and step.operation == "open":
            opened.add(step.element)
        if step.element.startswith("switch:") and step.operation == "close":
            opened.discard(step.element)
    return opened
