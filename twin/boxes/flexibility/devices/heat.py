"""A boiler or buffer that several heaters share: heat pumps, heating rods, gas boilers, combined heat and power."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.boxes.flexibility.lp.parts import Link, Parts, PerStep, Run, Store, Unit


@dataclass(frozen=True, kw_only=True)
class HeatBuffer:
    """Hot water; it has no power of its own.

    Attributes:
        capacity_mwh: 0 for a network without storage: then heat made and heat used are equal in every step.
        demand_mw: heat taken out in each step. ``loss_per_h``: share of the heat lost in an hour.
        e_min_mwh: least that must stay. ``soft``: a lack breaks the comfort, at a price; otherwise it must not be.
        dump_chf_per_mwh: price of throwing heat away, None where nobody can.
        end_value_chf_per_mwh: worth of the heat left at the end.
    """

    id: str
    capacity_mwh: float
    e0_mwh: float
    demand_mw: PerStep
    e_min_mwh: PerStep = 0.0
    loss_per_h: float = 0.0
    soft: bool = True
    dump_chf_per_mwh: float | None = None
    end_value_chf_per_mwh: float = 0.0

    def parts(self, hours: tuple[float, ...]) -> Parts:
        """One store."""
        length = np.asarray(hours)
        water = Store(
            id=self.id,
            level0=self.e0_mwh,
            low=self.e_min_mwh,
            high=self.capacity_mwh,
            soft="comfort" if self.soft else None,
            keep=(1.0 - self.loss_per_h) ** length,
            inflow=-np.asarray(self.demand_mw) * length,
            spill_chf=self.dump_chf_per_mwh,
            end_value_chf=self.end_value_chf_per_mwh,
        )
        return Parts(stores=(water,))


@dataclass(frozen=True, kw_only=True)
class Heater:
    """Heats a buffer from the grid or from fuel.

    Attributes:
        into: the buffer's id. ``p_max_mw``: electric power, or fuel.
        efficiency: heat per energy drawn (a heat pump's COP, 1 for a rod, 0.9 for a gas boiler).
        fuel_chf_per_mwh: None for an electric heater, which pays at the connection.
        own_p_mw, movable, moving_chf_per_mwh, least_mw: as for `twin.boxes.flexibility.devices.heat_pump.HeatPump`.
    """

    id: str
    into: str
    p_max_mw: PerStep
    efficiency: PerStep
    fuel_chf_per_mwh: PerStep | None = None
    own_p_mw: PerStep = 0.0
    movable: PerStep = 1.0
    moving_chf_per_mwh: float = 0.0
    least_mw: float = 0.0

    def parts(self, hours: tuple[float, ...]) -> Parts:  # noqa: ARG002 - the devices' common signature
        """One unit that fills the buffer."""
        unit = Unit(
            id=self.id,
            draw_max_mw=self.p_max_mw,
            own_p_mw=self.own_p_mw,
            movable=self.movable,
            draw_chf_per_mwh=0.0 if self.fuel_chf_per_mwh is None else self.fuel_chf_per_mwh,
            more_chf_per_mwh=0.5 * self.moving_chf_per_mwh,
            less_chf_per_mwh=0.5 * self.moving_chf_per_mwh,
            electric=self.fuel_chf_per_mwh is None,
            run=Run(side="draw", min_mw=self.least_mw, max_mw=self.p_max_mw) if self.least_mw else None,
        )
        return Parts((unit,), (), (Link(unit=self.id, store=self.into, per_draw=self.efficiency),))


@dataclass(frozen=True, kw_only=True)
class CombinedHeatPower:
    """Burns fuel, feeds in, and heats a buffer with what it cannot turn into power.

    Attributes:
        into: the buffer's id. ``p_max_mw``: electric. ``least_mw``: below it it stands still. ``start_chf``: price of a start.
        electric_efficiency, heat_efficiency: per fuel energy. ``fuel_chf_per_mwh``: CO2 price of the fuel included.
        own_p_mw: what it would do by itself, negative as it feeds in. ``movable``: 0 where it must do just that.
        was_on: just before the plan.
    """

    id: str
    into: str
    p_max_mw: PerStep
    electric_efficiency: float
    heat_efficiency: float
    fuel_chf_per_mwh: PerStep
    own_p_mw: PerStep = 0.0
    movable: PerStep = 1.0
    least_mw: float = 0.0
    start_chf: float = 0.0
    was_on: bool = False

    def parts(self, hours: tuple[float, ...]) -> Parts:  # noqa: ARG002 - the devices' common signature
        """One unit that feeds in and heats."""
        switched = self.least_mw > 0.0 or self.start_chf > 0.0
        unit = Unit(
            id=self.id,
            feed_max_mw=self.p_max_mw,
            own_p_mw=self.own_p_mw,
            movable=self.movable,
            feed_chf_per_mwh=np.asarray(self.fuel_chf_per_mwh) / self.electric_efficiency,
            run=Run(side="feed", min_mw=self.least_mw, max_mw=self.p_max_mw, start_chf=self.start_chf, was_on=self.was_on)
            if switched
            else None,
        )
        per_feed = self.heat_efficiency / self.electric_efficiency
        return Parts((unit,), (), (Link(unit=self.id, store=self.into, per_feed=per_feed),))
