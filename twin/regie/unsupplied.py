"""What would have been consumed where the grid has no supply."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from twin.domain.grid import Topology
from twin.domain.time import to_epoch_s
from twin.regie.horizon import zone_input
from twin.regie.memory import LoopMemory
from twin.regie.parts import Parts


def unsupplied_mw(parts: Parts, held: LoopMemory, topology: Topology, interval: datetime) -> float:
    """Consumption that would stand on buses without supply [MW]; what is dark is not metered, so by its last forecast."""
    dark = parts.engine.model(topology).grid.load_node < 0
    if not dark.any():
        return 0.0
    label = to_epoch_s(interval)
    zones = {z.name: zone_input(z, {}, label, held.forecast, held.forecast_start_s) for z in parts.zones if z.boundary}
    load, _ = parts.estimator.share_out(
        {name: np.array([zone.load_p_mw]) for name, zone in zones.items()},
        {name: np.array([zone.pv_p_mw]) for name, zone in zones.items()},
    )
    return float(load[0][dark].sum())
