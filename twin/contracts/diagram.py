"""What the régie's diagram and map draw: written once at start beside the snapshots, whose `GridValues` follow its order."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from twin.contracts.snapshot import Frozen


class DiagramBus(Frozen):
    """A bus of the single-line diagram; abnormal outside ``low_pu`` to ``high_pu``.

    Attributes:
        x, y: where it stands, in the coordinates of the grid file (longitude and latitude, or any plane); None where the file
            does not say.
    """

    index: int
    name: str
    vn_kv: float
    low_pu: float
    high_pu: float
    x: float | None = None
    y: float | None = None


class DiagramEdge(Frozen):
    """A line or transformer between two buses (indices of the net). ``limit_percent``: abnormal above."""

    index: int
    name: str
    from_bus: int
    to_bus: int
    limit_percent: float


class DiagramSwitch(Frozen):
    """A switch between ``bus`` and an element, or between two buses.

    Attributes:
        table: "line", "trafo" or "bus"; ``element``: its index there.
        type: "CB", "LBS", "LS", "DS" ... as in the grid file, "" where it does not say.
        closed_in_file: its normal position; the one of now is told by `GridValues.open_switches`.
        remote: whether the site file lets the control room move it; others need a crew on the spot.
        permitted: False where the grid file says that nobody may operate it.
    """

    index: int
    name: str
    bus: int
    table: str
    element: int
    type: str
    closed_in_file: bool
    remote: bool
    permitted: bool


class DiagramFacts(Frozen):
    """What the diagram draws; written once at start beside the snapshots."""

    buses: tuple[DiagramBus, ...]
    lines: tuple[DiagramEdge, ...]
    trafos: tuple[DiagramEdge, ...]
    couplers: tuple[tuple[int, int, int], ...] = Field(description="(switch index, bus, bus)")
    sources: tuple[int, ...]
    devices: Mapping[str, int] = Field(description="device id -> bus index")
    switches: tuple[DiagramSwitch, ...] = ()
