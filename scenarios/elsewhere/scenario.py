"""A scenario's references to a site's grid, on another grid; elements that are written by name travel by themselves."""

from __future__ import annotations

from typing import Any

from scenarios.elsewhere.moves import Moves
from scenarios.file.scenario import Scenario


def moved_scenario(scenario: Scenario, moves: Moves) -> Scenario:
    """The scenario for the moved site; it keeps its places."""

    def each(table: str, key: str, move: Any) -> tuple[Any, ...]:
        return tuple(
            entry.model_copy(update={key: move(getattr(entry, key), scenario.place(table, i, key))})
            for i, entry in enumerate(getattr(scenario, table))
        )

    def all_of(elements: tuple[str, ...], place: str) -> tuple[str, ...]:
        return tuple(moves.reference(element, place) for element in elements)

    return scenario.model_copy(
        update={
            "outages": each("outages", "element", moves.reference),
            "switchings": each("switchings", "switch", moves.reference),
            "imports": each("imports", "sheds", all_of),
            "refusals": each("refusals", "device", moves.device),
            "telemetry_lost": each("telemetry_lost", "channels", moves.patterns),
        }
    )
