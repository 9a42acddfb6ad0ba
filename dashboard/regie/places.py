"""Where on the drawing the things stand that messages are about."""

from __future__ import annotations

from collections.abc import Mapping

from dashboard.regie.diagram import Diagram


def places(diagram: Diagram) -> Mapping[str, str]:
    """Key of a thing (`Names.key`) -> key of the drawn element where it stands; what stands nowhere is left out.

    Buses, lines and transformers stand for themselves, a device at its bus; a box, a zone or the journal has no place.
    """
    facts, drawn = diagram.facts, diagram.layout.buses
    keys = [f"bus:{bus.index}" for bus in facts.buses if bus.index in drawn]
    for table, edges in (("line", facts.lines), ("trafo", facts.trafos)):
        keys += [f"{table}:{edge.index}" for edge in edges if edge.from_bus in drawn and edge.to_bus in drawn]
    devices = {f"device:{device}": f"bus:{bus}" for device, bus in facts.devices.items() if bus in drawn}
    return {key: key for key in keys} | devices
