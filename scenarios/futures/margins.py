"""N-1 of some quarter hours of futures: in each hour the one with the largest exchange with the grid above."""

from __future__ import annotations

import numpy as np

from scenarios.futures.count import Solved
from scenarios.futures.powers import Powers
from scenarios.futures.town import Town, by_topology
from scenarios.play.security import security

FIGURES = ("n1_margin_percent", "n1_unsupplied_mw")
_PER_HOUR = 4


def margins(town: Town, powers: Powers, solved: Solved, topology: np.ndarray, rows: np.ndarray) -> dict[int, tuple[float, ...]]:
    """`FIGURES` of each of those rows.

    Args:
        topology: of every row, objects. ``rows``: ascending.
    """
    found: dict[int, tuple[float, ...]] = {}
    for one, at in by_topology(topology[rows]).items():
        model = town.engine.model(one)
        state = powers.rows(rows[at]).injections(model.grid)
        state = state.assign(sgen_q_mvar=(("time", "sgen"), solved.sgen_q_mvar[rows[at]]))
        figures = security(model, state, limits=town.tightest, hours=np.arange(len(at)))
        values = zip(*(figures[name].values[0].tolist() for name in FIGURES), strict=True)
        found |= dict(zip(rows[at].tolist(), values, strict=True))
    return found


def busiest(solved: Solved, first: int, steps: int) -> np.ndarray:
    """Row of each whole hour's largest exchange, of the future whose rows begin at ``first``, dims (hour,)."""
    hours = steps // _PER_HOUR
    exchange = np.nan_to_num(np.abs(solved.import_p_mw[first : first + hours * _PER_HOUR]))
    within = exchange.reshape(hours, _PER_HOUR).argmax(axis=1)
    return np.asarray(first + np.arange(hours) * _PER_HOUR + within)
