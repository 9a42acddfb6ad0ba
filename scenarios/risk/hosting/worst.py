"""Which quarter hours of a year can stop anything: of every limit those in which it is reached first."""

from __future__ import annotations

import numpy as np

from scenarios.risk.held import HELD, Held
from scenarios.risk.states import States, topologies_in
from twin.contracts.ports import Engine
from twin.domain.controls import Controls

TIGHTEST = 3
"""Quarter hours of every limit and direction that are kept."""
_BLOCK = 4096
_BROKEN = 1e6
_NO_SUN = 1e-6
_WANT = ("vm_pu", "line_loading_percent", "trafo_loading_percent", "line_p_from_mw", "trafo_p_hv_mw")


def worst_rows(engine: Engine, held: Held, states: States, controls: Controls | None, moved: np.ndarray) -> np.ndarray:
    """Rows of the quarter hours in which some limit is reached first, whatever bus something is added at.

    A limit with a distance d(t) left is reached at d(t) / (slope x moved(t)). Slopes hardly change from one quarter hour to the
    other, so the quarter hours with the least d / moved are the tightest for every bus alike. A loading counts in both
    directions: what relieves a line may come back through it from the other side. The change of slopes is why three are kept.

    Args:
        moved: share of its rated power by which what is added moves the grid in each state, 0..1, dims (state,).
    """
    room = _room(engine, held, states, controls)
    reach = np.where(room > HELD, room / np.maximum(moved, _NO_SUN)[:, None], _BROKEN * room)
    reach[moved <= 0.0] = np.inf
    count = min(TIGHTEST, len(states))
    tightest = np.argpartition(reach, count - 1, axis=0)[:count]
    return np.unique(tightest[np.isfinite(np.take_along_axis(reach, tightest, axis=0))])


def _room(engine: Engine, held: Held, states: States, controls: Controls | None) -> np.ndarray:
    """Distance to every limit, of branches in both directions, dims (row, limit) [% of loading or of nominal voltage]."""
    branches = len(held.grid.line) + len(held.grid.trafo)
    found = np.empty((len(states), len(held.all) + branches), dtype=np.float32)
    for topology, rows in topologies_in(states).items():
        model = engine.model(topology)
        for part in (rows[first : first + _BLOCK] for first in range(0, len(rows), _BLOCK)):
            given = states.injections.isel(time=part).drop_vars("time", errors="ignore")
            solved = model.solve(given, want=_WANT, controls=controls)
            excess = held.excess(solved)
            flow = np.concatenate([solved[name].to_numpy() for name in ("line_p_from_mw", "trafo_p_hv_mw")], axis=1)
            limit = np.array([one.limit for one in held.all[:branches]])
            signed = np.where(np.nan_to_num(flow) < 0.0, -1.0, 1.0) * (excess[:, :branches] + limit)
            found[part] = np.concatenate([limit - signed, limit + signed, -excess[:, branches:]], axis=1)
    return found
