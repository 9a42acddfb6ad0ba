"""Which quarter hours of a year can stop anything: the extremes of every limit, with much sun and with little."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from scenarios.risk.held import WANT, Held
from scenarios.risk.states import States, topologies_in
from twin.contracts.ports import Engine
from twin.domain.controls import Controls

SUN_LEVELS = (0.0, 0.5, 0.8)
"""Shares of the sunniest quarter hour: extremes are taken among all quarter hours with at least so much sun."""
_BLOCK = 4096


def worst_rows(engine: Engine, held: Held, states: States, controls: Controls | None) -> np.ndarray:
    """Rows of the quarter hours in which some limit is nearest to be broken, or some branch carries most either way.

    Of every bus the highest and the lowest voltage, of every line and transformer the highest loading and the strongest active
    power in each direction; each over all quarter hours, and over the sunny ones alone: what is added where the sun shines is
    stopped by another state than what draws in the evening. A screening: between two extremes another quarter hour may bind by
    a hair, which is told by ``docs/risk.md`` with its measure.
    """
    figures = _figures(engine, held, states, controls)
    rows: set[int] = set()
    for level in SUN_LEVELS:
        sunny = np.flatnonzero(states.sun >= level * states.sun.max(initial=0.0))
        rows |= set(sunny[figures[sunny].argmax(axis=0)].tolist())
    return np.array(sorted(rows), dtype=int)


def _figures(engine: Engine, held: Held, states: States, controls: Controls | None) -> np.ndarray:
    """Excess over every limit, and active powers of branches in both directions, dims (row, figure)."""
    found = np.empty((len(states), len(held.all) + 2 * (len(held.grid.line) + len(held.grid.trafo))), dtype=np.float32)
    for topology, rows in topologies_in(states).items():
        model = engine.model(topology)
        for part in _blocks(rows):
            given = states.injections.isel(time=part)
            solved = model.solve(given, want=(*WANT, "line_p_from_mw", "trafo_p_hv_mw"), controls=controls)
            flow = np.concatenate([solved[name].to_numpy() for name in ("line_p_from_mw", "trafo_p_hv_mw")], axis=1)
            flow = np.nan_to_num(flow)
            found[part] = np.concatenate([held.excess(solved), flow, -flow], axis=1)
    return found


def _blocks(rows: np.ndarray) -> Iterator[np.ndarray]:
    for first in range(0, len(rows), _BLOCK):
        yield rows[first : first + _BLOCK]
