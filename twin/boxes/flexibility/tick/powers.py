"""What every device would draw by itself, may be told, and is paid against: absolute powers, as the field speaks of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.boxes.flexibility.devices.programme import Programme
from twin.boxes.flexibility.lp.problem import Problem, stacked, steps_of
from twin.boxes.flexibility.planner import ranges_of


@dataclass(frozen=True)
class Powers:
    """Powers of every unit at the grid side, drawing positive [MW], dims (unit, step).

    Attributes:
        base: what a programme's group draws before anybody is called; 0 for all others, whose power counts from nothing.
        own, reference: by itself, and what its owner is paid against. ``low``, ``high``: limits.
    """

    base: np.ndarray
    own: np.ndarray
    reference: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @classmethod
    def of(cls, problem: Problem) -> Powers:
        """Those of ``problem``."""
        units, steps = problem.parts.units, len(problem.hours)
        base = np.zeros((len(units), steps))
        for device in problem.devices:
            if isinstance(device, Programme):
                base[problem.unit_of[device.id]] = steps_of(device.base_mw, steps)
        own = stacked([unit.own_p_mw for unit in units], steps)
        reference = stacked([unit.own_p_mw if unit.reference_p_mw is None else unit.reference_p_mw for unit in units], steps)
        within = ranges_of(problem)
        high = base + within.high_p_mw
        for device in problem.devices:
            if isinstance(device, Programme) and device.rebound_max_mw is not None:
                at = problem.unit_of[device.id]
                high[at] = np.minimum(high[at], base[at] + device.rebound_max_mw)
        return cls(base, base + own, base + reference, base + within.low_p_mw, high)
