"""Inverters on their curves as a fixed point: power flow, laws, linear grid, until voltages and laws agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from twin.engines.control.inverter_law import Laws, act
from twin.engines.control.inverter_step import AVAILABLE_P, GIVEN_Q, VM, P, Q, advance

MAX_PASSES = 12

PowerFlow = Callable[[np.ndarray, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
"""(step numbers, p_mw, q_mvar (step, inverter) before scaling) -> (vm_pu (step, place), converged (step,)).

``step numbers`` ascend; what the last call of a step found is that step's state."""


@dataclass
class SettledInverters:
    """Powers before scaling (time, inverter) [MW, Mvar], settled (time,), power flows needed (time,)."""

    p_mw: np.ndarray
    q_mvar: np.ndarray
    converged: np.ndarray
    passes: np.ndarray


def settle_inverters(
    solve: PowerFlow, laws: Laws, dvm: tuple[np.ndarray, np.ndarray], p_mw: np.ndarray, q_mvar: np.ndarray
) -> SettledInverters:
    """Solve until every step's inverters inject what their curves say at the voltages found.

    cos phi(P) alone needs one power flow; Q(U) and P(U) three to five: the linear problem between two power flows is
    solved to its end, so that what remains is the curvature of the grid.

    Args:
        solve: a power flow of some of the steps.
        laws: the inverters.
        dvm: change of vm_pu per MW and per Mvar at ``laws.node``, each dims (place, place), see
            `twin.engines.control.voltage_response`.
        p_mw: active power available to each inverter, before scaling, dims (time, inverter) [MW]. ``q_mvar``: reactive
            power of those that have no law for it.

    Returns:
        A step that diverges, or has not settled after `MAX_PASSES`, has NaN and is not converged.
    """
    steps, places = len(p_mw), len(laws.node)
    power = np.empty((steps, 4, len(laws.position)))
    power[:, AVAILABLE_P], power[:, GIVEN_Q] = p_mw, q_mvar
    act(laws.figures, laws.table, power)
    vm = np.full((steps, 3, places), np.nan)
    gain = np.ones(steps)
    by = np.ascontiguousarray([response.T for response in dvm])
    converged = np.zeros(steps, dtype=bool)
    passes = np.zeros(steps, dtype=int)
    todo = np.arange(steps)
    for _ in range(MAX_PASSES):
        found, fine = solve(todo, power[todo, P], power[todo, Q])
        passes[todo] += 1
        todo = todo[fine]
        vm[todo, VM] = found[fine]
        done = advance(laws.figures, laws.table, by, power, vm, gain, todo)
        converged[todo[done]] = True
        todo = todo[~done]
        if not todo.size:
            break
    power[~converged] = np.nan
    return SettledInverters(power[:, P], power[:, Q], converged, passes)
