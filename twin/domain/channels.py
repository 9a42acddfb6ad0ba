"""Telemetry channels: ``table.element.quantity``, for example ``trafo.2.p_mw`` or ``device.battery_458.soc_percent``."""

from __future__ import annotations

from dataclasses import dataclass

QUANTITIES: dict[tuple[str, str], str] = {
    ("bus", "vm_pu"): "pu",
    ("bus", "p_mw"): "MW",  # net consumption of everything connected at the bus, drawing positive
    ("bus", "q_mvar"): "Mvar",
    ("line", "p_mw"): "MW",  # entering at the line's from side
    ("line", "q_mvar"): "Mvar",
    ("line", "i_ka"): "kA",
    ("trafo", "p_mw"): "MW",  # entering at the high-voltage side
    ("trafo", "q_mvar"): "Mvar",
    ("trafo", "top_oil_c"): "degC",
    ("trafo", "tap_pos"): "1",
    ("switch", "closed"): "1",
    ("load", "p_mw"): "MW",
    ("sgen", "p_mw"): "MW",
    ("sgen", "q_mvar"): "Mvar",
    ("storage", "p_mw"): "MW",  # charging positive
    ("device", "p_mw"): "MW",
    ("device", "soc_percent"): "%",
    ("device", "available"): "1",
    ("device", "energy_required_mwh"): "MWh",
    ("device", "departure_h"): "h",
    ("device", "limit_mw"): "MW",  # the most that a plant's inverter lets through now, >= 0; its rating where nobody limits it
    ("machine", "vibration_mm_s"): "mm/s",  # velocity r.m.s. on the bearing housing, the worst of its directions
    ("machine", "bearing_c"): "degC",  # the hottest bearing
    ("machine", "crest_factor"): "1",
    ("machine", "kurtosis"): "1",  # of the acceleration, 3 for Gaussian noise
    ("machine", "envelope_ratio"): "1",  # the strongest bearing defect line over its floor
    ("machine", "once_mm_s"): "mm/s",  # velocity amplitude at the shaft's speed
    ("machine", "twice_mm_s"): "mm/s",  # and at twice of it
    ("weather", "temp_c"): "degC",
    ("weather", "ghi_w_m2"): "W/m2",
    ("weather", "wind_m_s"): "m/s",
    ("weather", "wind_degree"): "deg",  # where it comes from, clockwise from north
    ("market", "price_chf_per_kwh"): "CHF/kWh",
    ("market", "import_renewable_share"): "1",
    ("market", "import_co2_g_per_kwh"): "g/kWh",
}
"""(table, quantity) -> unit. Weather and market channels have the element "site"."""


@dataclass(frozen=True)
class Channel:
    """One telemetered quantity.

    Attributes:
        name: ``table.element.quantity``. ``sigma``: standard deviation, in percent of the value for powers and currents,
            in the unit itself otherwise (pu for voltage).
        minimum, maximum: outside is refused as a spike or a unit error (the raw value is kept).
    """

    name: str
    table: str
    element: str
    quantity: str
    unit: str
    sigma: float
    minimum: float
    maximum: float

    @property
    def index(self) -> int:
        """The element as the net's index.

        Raises:
            ValueError: for channels that do not belong to a net element.
        """
        return int(self.element)


def parse_channel(name: str, *, sigma: float = 0.0, minimum: float = float("-inf"), maximum: float = float("inf")) -> Channel:
    """A channel from its name.

    Raises:
        ValueError: naming the fault and the remedy when the name does not follow ``table.element.quantity``.
    """
    parts = name.split(".")
    if len(parts) != 3 or (parts[0], parts[2]) not in QUANTITIES:
        known = sorted(f"{table}.*.{quantity}" for table, quantity in QUANTITIES)
        raise ValueError(f"channel {name!r} is not table.element.quantity; known: {', '.join(known)}")
    table, element, quantity = parts
    return Channel(name, table, element, quantity, QUANTITIES[table, quantity], sigma, minimum, maximum)
