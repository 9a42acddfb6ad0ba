"""What cars that are not here yet will draw when they come, if nobody holds them back.

Read from when cars came and what they asked for, which no order moves; what they drew says how they were steered.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twin.boxes.flexibility.horizon import DAY_QUARTERS, QUARTERS
from twin.boxes.flexibility.tick import facts
from twin.contracts.frame import AsOfView
from twin.domain.time import HOURS_PER_STEP

PATIENCE_STEPS = 3
"""A car that has not said what it wants within so many quarter hours of its arrival is not counted."""


def to_come_mw(view: AsOfView, cars: Sequence[str], *, p_max_mw: np.ndarray, efficiency: np.ndarray, days: int) -> np.ndarray:
    """Expected draw of the coming arrivals [MW], dims (time,): the mean of the last ``days`` days, one day like the other.

    Args:
        p_max_mw, efficiency: of each charger, dims (car,).
    """
    here = facts.past(view, "device_available", cars, days)
    wanted = facts.past(view, "device_energy_required_mwh", cars, days)
    windows = min(len(here), len(wanted)) // DAY_QUARTERS
    if not windows:
        return np.zeros(QUARTERS)
    here, wanted = (array[-windows * DAY_QUARTERS :] for array in (here, wanted))
    came = np.zeros(here.shape, dtype=bool)
    came[1:] = (here[1:] > 0.5) & (here[:-1] <= 0.5)  # after a silent charger nobody knows whether somebody came
    total = np.zeros((windows, QUARTERS))
    later = np.arange(QUARTERS)
    for row, car in np.argwhere(came):
        said = wanted[row : row + PATIENCE_STEPS, car]
        said = said[np.isfinite(said)]
        if len(said):
            window, step = divmod(int(row), DAY_QUARTERS)
            missing = float(said[0]) / efficiency[car] / HOURS_PER_STEP - p_max_mw[car] * later
            charge = np.clip(missing, 0.0, p_max_mw[car])  # at full power from the first step on, as far as the path reaches
            for start in range(step, QUARTERS, DAY_QUARTERS):
                total[window, start:] += charge[: QUARTERS - start]
    return total.mean(axis=0)
