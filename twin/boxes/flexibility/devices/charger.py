"""A car that only draws, and a pool of them."""

from __future__ import annotations

from dataclasses import dataclass

from twin.boxes.flexibility.devices.storage import taper
from twin.boxes.flexibility.lp.parts import Link, Parts, PerStep, Run, Store, Unit


@dataclass(frozen=True, kw_only=True)
class Charger:
    """One car.

    Attributes:
        charge_max_mw: zero while it is away. ``efficiency``: grid to car.
        least_mw: power below which it does not charge at all (six amperes of a wall box); 0: it may take any.
        required_mwh: energy wanted in the car before departure.
        later_max_mwh: part of it that fits between the plan's end and departure; ``later_chf_per_mwh``: its price.
        own_p_mw, movable: as for `twin.boxes.flexibility.devices.storage.Storage`.
        reference_p_mw: what it would draw now had nobody ever held it back; None: its own behaviour.
        moving_chf_per_mwh: what its owner earns per MWh withheld from that.
        taper_from: share of what is wanted above which the charge slows down; 1: never.
    """

    id: str
    efficiency: float
    charge_max_mw: PerStep
    required_mwh: float
    own_p_mw: PerStep = 0.0
    movable: PerStep = 1.0
    reference_p_mw: PerStep | None = None
    moving_chf_per_mwh: float = 0.0
    later_max_mwh: float = 0.0
    later_chf_per_mwh: float = 0.0
    least_mw: float = 0.0
    taper_from: float = 1.0

    def parts(self, hours: tuple[float, ...]) -> Parts:  # noqa: ARG002 - the devices' common signature
        """One unit and what it brings into the car, from zero."""
        unit = Unit(
            id=self.id,
            draw_max_mw=self.charge_max_mw,
            own_p_mw=self.own_p_mw,
            movable=self.movable,
            reference_p_mw=self.reference_p_mw,
            less_chf_per_mwh=self.moving_chf_per_mwh,
            run=Run(side="draw", min_mw=self.least_mw, max_mw=self.charge_max_mw) if self.least_mw else None,
            taper=taper(self.id, self.charge_max_mw, self.required_mwh, self.taper_from),
        )
        car = Store(
            id=self.id,
            level0=0.0,
            high=self.required_mwh,
            target=self.required_mwh - self.later_max_mwh,
            end_value_chf=self.later_chf_per_mwh if self.later_max_mwh > 0.0 else 0.0,
        )
        return Parts((unit,), (car,), (Link(unit=self.id, store=self.id, per_draw=self.efficiency),))


@dataclass(frozen=True, kw_only=True)
class CarPool:
    """Many cars as one: the energy in all of them stays between the latest and the earliest that they could take it.

    Attributes:
        charge_max_mw, discharge_max_mw: of those plugged in. ``efficiency``: one way.
        energy_min_mwh: brought in by each step's end so that every car still leaves with what it wants.
        energy_max_mwh: what all could have taken by then. Both from zero at the start.
        own_p_mw, reference_p_mw, movable, moving_chf_per_mwh, later_chf_per_mwh: as for `Charger`; ``later_chf_per_mwh`` is the
            worth of energy beyond the least at the end.
    """

    id: str
    efficiency: float
    charge_max_mw: PerStep
    energy_min_mwh: PerStep
    energy_max_mwh: PerStep
    discharge_max_mw: PerStep | None = None
    own_p_mw: PerStep = 0.0
    movable: PerStep = 1.0
    reference_p_mw: PerStep | None = None
    moving_chf_per_mwh: float = 0.0
    later_chf_per_mwh: float = 0.0

    def parts(self, hours: tuple[float, ...]) -> Parts:  # noqa: ARG002 - the devices' common signature
        """One unit and one store between two envelopes."""
        unit = Unit(
            id=self.id,
            draw_max_mw=self.charge_max_mw,
            feed_max_mw=self.discharge_max_mw,
            own_p_mw=self.own_p_mw,
            movable=self.movable,
            reference_p_mw=self.reference_p_mw,
            less_chf_per_mwh=self.moving_chf_per_mwh,
        )
        cars = Store(
            id=self.id,
            level0=0.0,
            low=self.energy_min_mwh,
            high=self.energy_max_mwh,
            soft="departure",
            end_value_chf=self.later_chf_per_mwh,
        )
        link = Link(unit=self.id, store=self.id, per_draw=self.efficiency, per_feed=-1.0 / self.efficiency)
        return Parts((unit,), (cars,), (link,))
