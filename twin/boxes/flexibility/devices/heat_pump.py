"""A heat pump that warms a building within its comfort band."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.boxes.flexibility.lp.parts import Link, Parts, PerStep, Run, Store, Unit
from twin.boxes.flexibility.lp.problem import steps_of


@dataclass(frozen=True, kw_only=True)
class HeatPump:
    """One heat pump and one building as a resistance and a capacity.

    T' = a T + (1 - a) (T_out + (COP p + gains) / UA),  a = exp(-h UA / C): the exact answer to constant power over a step.
    Source: the simple hourly idea of ISO 13790:2008 (annex C) with one resistance and one capacity.

    Attributes:
        p_max_mw: electric. ``least_mw``: below it the compressor stops; 0: it modulates down to nothing.
        cop: heat per electric energy in each step. ``outdoor_temp_c``, ``gains_mw``: sun and people.
        ua_mw_per_k: heat lost per kelvin. ``capacity_mwh_per_k``.
        temp0_c: inside now. ``temp_min_c``, ``temp_max_c``: comfort, broken only where nothing else helps.
        thermostat_c: what it would hold by itself. ``movable``: 0 where it must do just that.
        moving_chf_per_mwh: what its owner earns per shifted MWh, half for less, half for more than by itself.
        later_chf_per_mwh: worth of a MWh of heat left in the building at the end.
    """

    id: str
    p_max_mw: float
    cop: PerStep
    outdoor_temp_c: PerStep
    ua_mw_per_k: float
    capacity_mwh_per_k: float
    temp0_c: float
    temp_min_c: PerStep
    temp_max_c: PerStep
    thermostat_c: float
    gains_mw: PerStep = 0.0
    least_mw: float = 0.0
    movable: PerStep = 1.0
    moving_chf_per_mwh: float = 0.0
    later_chf_per_mwh: float = 0.0

    def parts(self, hours: tuple[float, ...]) -> Parts:
        """One unit and the building's temperature."""
        length = np.asarray(hours)
        keep = self._keep(length)
        unit = Unit(
            id=self.id,
            draw_max_mw=self.p_max_mw,
            own_p_mw=self.thermostat_p_mw(hours),
            movable=self.movable,
            more_chf_per_mwh=0.5 * self.moving_chf_per_mwh,
            less_chf_per_mwh=0.5 * self.moving_chf_per_mwh,
            run=Run(side="draw", min_mw=self.least_mw, max_mw=self.p_max_mw) if self.least_mw else None,
        )
        building = Store(
            id=self.id,
            level0=self.temp0_c,
            low=self.temp_min_c,
            high=self.temp_max_c,
            soft="comfort",
            mwh_per_level=self.capacity_mwh_per_k,
            keep=keep,
            inflow=(1.0 - keep) * (np.asarray(self.outdoor_temp_c) + np.asarray(self.gains_mw) / self.ua_mw_per_k),
            end_value_chf=self.later_chf_per_mwh * self.capacity_mwh_per_k,
            unit="°C",
        )
        warming = (1.0 - keep) / (self.ua_mw_per_k * length) * np.asarray(self.cop)
        return Parts((unit,), (building,), (Link(unit=self.id, store=self.id, per_draw=warming),))

    def thermostat_p_mw(self, hours: tuple[float, ...]) -> np.ndarray:
        """Power that brings the building to the thermostat's temperature by each step's end, as far as it can, dims (step,)."""
        length = np.asarray(hours)
        keep, steps = self._keep(length), len(hours)
        outside, gains, cop = (steps_of(v, steps) for v in (self.outdoor_temp_c, self.gains_mw, self.cop))
        power, temp_c = np.zeros(steps), self.temp0_c
        for k in range(steps):
            free = keep[k] * temp_c + (1.0 - keep[k]) * (outside[k] + gains[k] / self.ua_mw_per_k)
            per_mw = (1.0 - keep[k]) * cop[k] / self.ua_mw_per_k
            power[k] = np.clip((self.thermostat_c - free) / per_mw, 0.0, self.p_max_mw)
            temp_c = free + per_mw * power[k]
        return power

    def _keep(self, hours: np.ndarray) -> np.ndarray:
        return np.exp(-hours * self.ua_mw_per_k / self.capacity_mwh_per_k)
