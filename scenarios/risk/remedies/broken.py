"""What is broken in some states, and what feeds it: where a switching or a stronger element can help."""

from __future__ import annotations

from typing import Any

import numpy as np

from scenarios.risk.held import HELD, Held
from twin.domain.grid import Topology
from twin.engines.outages.islands import SupplyGraph
from twin.engines.outages.wiring import read_wiring

MOST = 20
"""Elements that are returned, the worst first."""


def broken_elements(net: Any, held: Held, excess: np.ndarray, topology: Topology) -> list[tuple[str, int]]:
    """Lines and transformers beyond their limit in some state, then those on the way to the bus furthest from its band.

    Args:
        excess: over every limit (`Held.excess`), dims (time, limit). ``topology``: of the worst state.
    """
    beyond = np.where(np.isfinite(excess), np.maximum(excess - HELD, 0.0), 0.0).sum(axis=0)
    branches = len(held.grid.line) + len(held.grid.trafo)
    found = [_key(held.all[at].element) for at in np.argsort(-beyond[:branches], kind="stable") if beyond[at] > 0.0]
    voltage = beyond[branches:]
    if voltage.max(initial=0.0) > 0.0:
        wiring = read_wiring(net)
        bus = _key(held.all[branches + int(voltage.argmax())].element)
        way = SupplyGraph(wiring, topology).feeding(wiring.node[bus])
        found += [wiring.key[node] for node in way if wiring.key[node][0] in ("line", "trafo")]
    return list(dict.fromkeys(found))[:MOST]


def _key(element: str) -> tuple[str, int]:
    table, _, index = element.partition(":")
    return table, int(index)
