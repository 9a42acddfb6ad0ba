"""Hydro power with a reservoir, with or without pumps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.boxes.flexibility.lp.parts import Link, Parts, PerStep, Reactive, Store, Unit


@dataclass(frozen=True, kw_only=True)
class Hydro:
    """One plant; energies are those of the water at the turbine's inlet.

    Attributes:
        turbine_max_mw, turbine_min_mw: electric; the least is the residual flow that must run. ``pump_max_mw``: None: no pump.
        turbine_efficiency, pump_efficiency: 0..1.
        e0_mwh, e_min_mwh, e_max_mwh: of the reservoir. ``inflow_mw``: natural.
        spill_chf_per_mwh: price of water past the turbine, None where it cannot.
        water_chf_per_mwh: worth of the water left at the end.
        own_p_mw: what it would do by itself, negative as it feeds in. ``movable``: 0 where it must do just that.
        use_chf_per_mwh: what a MWh of the turbine costs.
    """

    id: str
    turbine_max_mw: PerStep
    turbine_efficiency: float
    e0_mwh: float
    e_max_mwh: PerStep
    inflow_mw: PerStep
    water_chf_per_mwh: float
    e_min_mwh: PerStep = 0.0
    turbine_min_mw: PerStep = 0.0
    pump_max_mw: PerStep | None = None
    pump_efficiency: float = 1.0
    spill_chf_per_mwh: float | None = 0.0
    own_p_mw: PerStep = 0.0
    movable: PerStep = 1.0
    use_chf_per_mwh: float = 0.0
    reactive: Reactive | None = None

    def parts(self, hours: tuple[float, ...]) -> Parts:
        """One unit and its reservoir."""
        unit = Unit(
            id=self.id,
            draw_max_mw=self.pump_max_mw,
            feed_max_mw=self.turbine_max_mw,
            feed_min_mw=self.turbine_min_mw,
            own_p_mw=self.own_p_mw,
            movable=self.movable,
            feed_chf_per_mwh=self.use_chf_per_mwh,
            reactive=self.reactive,
        )
        reservoir = Store(
            id=self.id,
            level0=self.e0_mwh,
            low=self.e_min_mwh,
            high=self.e_max_mwh,
            inflow=np.asarray(self.inflow_mw) * np.asarray(hours),
            spill_chf=self.spill_chf_per_mwh,
            end_value_chf=self.water_chf_per_mwh,
        )
        link = Link(unit=self.id, store=self.id, per_draw=self.pump_efficiency, per_feed=-1.0 / self.turbine_efficiency)
        return Parts((unit,), (reservoir,), (link,))
