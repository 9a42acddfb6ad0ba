"""A battery, or a car that may feed back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.boxes.flexibility.lp.parts import Link, Parts, PerStep, Reactive, Store, Taper, Unit


@dataclass(frozen=True, kw_only=True)
class Storage:
    """Power at the grid side, drawing positive; energy inside the cells.

    Attributes:
        efficiency: one way, charge and discharge each, 0..1. ``loss_per_h``: share of the energy lost in an hour by itself.
        charge_max_mw, discharge_max_mw: limits, both >= 0; zero while a car is away.
        e0_mwh: energy at the start. ``e_min_mwh``, ``e_max_mwh``: bounds at the end of each step.
        own_p_mw: what it would do by itself. ``movable``: 0 where it must do just that (refused by the dispatcher).
        moving_chf_per_mwh: what its owner earns per shifted MWh, half where it draws less than by itself, half where more.
        wear_chf_per_mwh: of the site's own cells, half for a MWh in, half for a MWh out.
        end_value_chf_per_mwh: worth of the energy left at the end.
        target_mwh: energy wanted at departure, None for a battery. Charge limits are zero after departure.
        taper_from: share of e_max above which the charge slows down towards zero when full; 1: never.
        reactive: what its inverter may do besides.
    """

    id: str
    efficiency: float
    charge_max_mw: PerStep
    discharge_max_mw: PerStep
    e0_mwh: float
    e_max_mwh: PerStep
    e_min_mwh: PerStep = 0.0
    own_p_mw: PerStep = 0.0
    movable: PerStep = 1.0
    moving_chf_per_mwh: float = 0.0
    wear_chf_per_mwh: float = 0.0
    end_value_chf_per_mwh: float = 0.0
    target_mwh: float | None = None
    loss_per_h: float = 0.0
    taper_from: float = 1.0
    reactive: Reactive | None = None

    def parts(self, hours: tuple[float, ...]) -> Parts:
        """One unit and its cells."""
        unit = Unit(
            id=self.id,
            draw_max_mw=self.charge_max_mw,
            feed_max_mw=self.discharge_max_mw,
            own_p_mw=self.own_p_mw,
            movable=self.movable,
            draw_chf_per_mwh=0.5 * self.wear_chf_per_mwh,
            feed_chf_per_mwh=0.5 * self.wear_chf_per_mwh,
            more_chf_per_mwh=0.5 * self.moving_chf_per_mwh,
            less_chf_per_mwh=0.5 * self.moving_chf_per_mwh,
            reactive=self.reactive,
            taper=taper(self.id, self.charge_max_mw, float(np.max(self.e_max_mwh)), self.taper_from),
        )
        cells = Store(
            id=self.id,
            level0=self.e0_mwh,
            low=self.e_min_mwh,
            high=self.e_max_mwh,
            keep=(1.0 - self.loss_per_h) ** np.asarray(hours),
            target=self.target_mwh,
            end_value_chf=self.end_value_chf_per_mwh,
        )
        link = Link(unit=self.id, store=self.id, per_draw=self.efficiency, per_feed=-1.0 / self.efficiency)
        return Parts((unit,), (cells,), (link,))


def taper(store: str, charge_max_mw: PerStep, full: float, taper_from: float) -> Taper | None:
    """A charge at full power up to ``taper_from`` of ``full``, then falling in a straight line to zero; None for 1."""
    strongest = float(np.max(charge_max_mw))
    if taper_from >= 1.0 or full <= 0.0:
        return None
    slope = strongest / ((1.0 - taper_from) * full)
    return Taper(store=store, at_empty_mw=slope * full, slope_mw_per_level=slope)
