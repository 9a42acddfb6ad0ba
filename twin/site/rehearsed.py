"""What a scenario may do to a site for a while: another world, silent telemetry, boxes that fail, a crew that works by hand.

A scenario is a function from a site to a site: it adds entries to these tables, and everything else (plant, do-nothing twin,
journal, replay) takes the changed site like any other.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from twin.domain.time import QUARTER_HOUR_S, to_epoch_s
from twin.site.tables import Name, NotNegative, Span

WORLD = (
    "temp_c",
    "sun",
    "load",
    "heat_pumps",
    "cars",
    "hydro",
    "price_chf_per_kwh",
    "import_renewable_share",
    "import_co2_g_per_kwh",
)
"""Quantities of the simulated world that can change."""
ZONED = frozenset({"sun", "load"})
"""Those of them that can change in some zones only."""
SHIFTED = frozenset({"temp_c", "price_chf_per_kwh", "import_renewable_share", "import_co2_g_per_kwh"})
"""Those of them that take an ``add``; of the others only a factor makes sense."""


class WorldChange(Span):
    """``[[plant.world]]``: the world differs from the published one: value x ``times`` x path + ``add``, in order.

    A quarter hour belongs to the span if its label does. What the world cannot give it does not: an inverter's cap holds, a
    share stays within 0 and 1, a price within what its channel takes.

    Attributes:
        quantity: ``sun`` is irradiance and the panels' output together; ``load`` is consumption without heat pumps and cars;
            ``cars`` the power of the lumped ones and the energy of every session of single ones that begins in the span;
            ``hydro`` all plants that are no panels. Heat pumps follow ``temp_c`` by themselves, through their lag.
        add: in the quantity's own unit; only for temperature, price and mix.
        path: one more factor for each quarter hour from ``at`` on, 1 where it has ended; empty: 1.
        zones: of ``sun`` and ``load``: only there, with all zones inside; empty: everywhere. The site's irradiance is measured
            in one place: it changes only with a sun that changes everywhere.
        foreseen: whether the outlook shows it: forecasts of weather and mix, and prices once they are published. A price that
            nobody foresaw is paid although another one was published, as energy bought at short notice is. Of demand and hydro
            there is no outlook; forecasts meet their change in the telemetry.
    """

    quantity: Literal[
        "temp_c",
        "sun",
        "load",
        "heat_pumps",
        "cars",
        "hydro",
        "price_chf_per_kwh",
        "import_renewable_share",
        "import_co2_g_per_kwh",
    ]
    times: NotNegative = 1.0
    add: float = 0.0
    path: tuple[NotNegative, ...] = ()
    zones: tuple[Name, ...] = ()
    foreseen: bool = True

    def factor(self, instants_s: np.ndarray) -> np.ndarray:
        """What the value is multiplied by at each instant [epoch s], same dims; 1 outside the span."""
        within, step = self._within(instants_s), (instants_s - to_epoch_s(self.at)) // QUARTER_HOUR_S
        path = np.array([*self.path, 1.0])
        return np.where(within, self.times * path[np.clip(step, 0, len(self.path))], 1.0)

    def applied(self, values: np.ndarray, labels_s: np.ndarray) -> np.ndarray:
        """``values`` of quarter hours labelled ``labels_s`` [epoch s] as they are in the changed world, dims (time,)."""
        return values * self.factor(labels_s) + np.where(self._within(labels_s), self.add, 0.0)

    def _within(self, instants_s: np.ndarray) -> np.ndarray:
        return (instants_s >= to_epoch_s(self.at)) & (instants_s < to_epoch_s(self.until))


class BoxOutage(Span):
    """``[[box_outages]]``: a box does not answer, and its fallbacks serve."""

    box: Name


class Manual(Span):
    """``[[orders.manual]]``: nothing is accepted by itself, also not what is under contract: people decide everything."""
