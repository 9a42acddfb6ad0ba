"""What is asked of the engine, one figure each, and whether a measured figure keeps it."""

from __future__ import annotations

LARGE_GRID = "MVLV rural-all"
"""About 5,500 buses: other ratios are asked there than on grids of 50 to 200."""
SMALL_GRIDS = ("LV urban6", "MV rural", "MV urban", "demo", "mv_oberrhein")

REPLAY_RATIO = {"pandapower": 1000.0, "lightsim2grid": 10.0, "power-grid-model": 20.0}
"""Against power-grid-model 12 is the floor; 20 was meant for a compiled kernel, and the lanes reach for it without one."""
LARGE_REPLAY_RATIO = {"pandapower": 60.0, "lightsim2grid": 8.0}
OUTAGE_RATIO = {"pandapower": 5000.0, "lightsim2grid": 20.0}
ESTIMATION_RATIO = 50.0
ESTIMATION_RMSE_RATIO = 1.001
"""Equal rmse: ours over pandapower's, whose zero injections are 1e-5 MVA soft while ours are exact."""
VM_ERROR_PU = {"float64": 1e-8, "float32": 1e-6}
LOADING_ERROR_PERCENT = 1e-5
"""In float64; nothing is asked of float32."""
YEAR_S = 0.25
STATES_PER_S = 150_000.0
LIVE_OUTAGES_MS = 100.0
YEAR_PEAK_MB = 1024.0


def replay_ratio(grid: str, peer: str) -> float | None:
    """Least ratio of the peer's time over ours; None where none is asked for (LV rural1 has 14 buses)."""
    if grid == LARGE_GRID:
        return LARGE_REPLAY_RATIO.get(peer)
    return REPLAY_RATIO.get(peer) if grid in SMALL_GRIDS else None


def at_least(value: float | None, target: float | None) -> bool | None:
    """None where nothing is asked for or nothing was measured."""
    return None if value is None or target is None else value >= target


def at_most(value: float | None, target: float | None) -> bool | None:
    """Likewise for an upper limit."""
    return None if value is None or target is None else value <= target
