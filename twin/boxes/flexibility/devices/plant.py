"""A plant whose feed-in may be curtailed, and whose inverter may help the voltage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.boxes.flexibility.lp.parts import Budget, Parts, PerStep, Reactive, Unit


@dataclass(frozen=True, kw_only=True)
class Plant:
    """Photovoltaics or wind.

    Attributes:
        available_mw: what it could feed in; a tiny negative value counts as nothing.
        free_mwh: energy that may still be curtailed this year for nothing (StromVG art. 17c: up to 3 % of a year's production).
        curtailed_chf_per_mwh: what its owner earns for what is curtailed beyond.
        feed_chf_per_mwh: what a MWh costs that it feeds in (0 for sun and wind).
        movable: 0 where it must not be curtailed. ``reactive``: what its inverter may be told; None: it follows its own curve.
    """

    id: str
    available_mw: PerStep
    free_mwh: float = 0.0
    curtailed_chf_per_mwh: float = 0.0
    feed_chf_per_mwh: float = 0.0
    movable: PerStep = 1.0
    reactive: Reactive | None = None

    def parts(self, hours: tuple[float, ...]) -> Parts:  # noqa: ARG002 - the devices' common signature
        """One unit, and the energy that may be curtailed for nothing."""
        available = np.maximum(self.available_mw, 0.0)
        unit = Unit(
            id=self.id,
            feed_max_mw=available,
            own_p_mw=-available,
            movable=self.movable,
            feed_chf_per_mwh=self.feed_chf_per_mwh,
            reactive=self.reactive,
        )
        free = Budget(unit=self.id, side="more", free_mwh=self.free_mwh, chf_per_mwh=self.curtailed_chf_per_mwh)
        return Parts((unit,), budgets=(free,))
