"""What stored energy is worth while the plan runs: water value, value of a charge, of a warm building."""

from __future__ import annotations

import numpy as np

from twin.boxes.flexibility.lp.problem import Problem
from twin.boxes.flexibility.lp.solution import Solution
from twin.boxes.flexibility.why.prices import OVERLOAD_CHF_PER_KWH


def stored_value(problem: Problem, solution: Solution, *, overload_chf_per_kwh: float = OVERLOAD_CHF_PER_KWH) -> np.ndarray:
    """Worth of one more MWh in every store at each step's end [CHF/MWh], dims (store, step).

    The dual of the balance says what a level that comes from nowhere would save: the value of water of hydro power. A
    temperature's is given per MWh of heat in the building. Energy that is owed (after a shed) is worth less than nothing.

    Args:
        overload_chf_per_kwh: most that is told, either way: beyond it the dual is the penalty of a promise that breaks.
    """
    if not solution.optimal:
        raise ValueError(f"a solution that ended with {solution.status!r} has no values; it stored nothing")
    per_level = np.array([store.mwh_per_level for store in problem.parts.stores]).reshape(-1, 1)
    most = 1000.0 * overload_chf_per_kwh
    return np.clip(-solution.duals["store_balance"] / per_level, -most, most)
