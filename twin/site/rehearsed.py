"""What a scenario may do to a site for a while: another world, silent telemetry, boxes that fail, a crew that works by hand.

A scenario is a function from a site to a site: it adds entries to these tables, and everything else (plant, do-nothing twin,
journal, replay) takes the changed site like any other.
"""

from __future__ import annotations

from typing import Literal

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


class WorldChange(Span):
    """``[[plant.world]]``: the world differs from the published one: value x ``times`` x path + ``add``, in order.

    Attributes:
        quantity: ``sun`` is irradiance and the panels' output together; ``load`` is consumption without heat pumps and cars;
            ``cars`` the lumped ones and the energy that single ones need; ``hydro`` all plants that are no panels.
        add: in the quantity's own unit; only for temperature, price and mix.
        path: one more factor for each quarter hour from ``at`` on; empty: 1.
        zones: of ``sun`` and ``load``: only there; empty: everywhere.
        foreseen: whether forecasts of weather, price and mix show it.
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


class BoxOutage(Span):
    """``[[box_outages]]``: a box does not answer, and its fallbacks serve."""

    box: Name


class Manual(Span):
    """``[[orders.manual]]``: nothing is accepted by itself, also not what is under contract: people decide everything."""
