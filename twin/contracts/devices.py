"""Flexible devices, and what entitles the operator to move them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Right(StrEnum):
    """What entitles the operator to move a device (StromVG 17c, StromVV 19c). Without one it is never dispatched."""

    OWN = "own"
    CONTRACT = "contract"
    GUARANTEED = "guaranteed"  # curtailment, unpaid up to `GUARANTEED_SHARE` of annual production and paid beyond
    EMERGENCY = "emergency"  # only while a limit would be broken within the coming hour
    NONE = "none"


GUARANTEED_SHARE = 0.03
"""Share of a plant's annual production that may be curtailed unpaid (StromVG 17c, StromVV 19c)."""


class Acceptance(StrEnum):
    """Who says yes before an order leaves: the contract (automatic) or the dispatcher."""

    AUTOMATIC = "automatic"
    DISPATCHER = "dispatcher"


@dataclass(frozen=True)
class RightOfUse:
    """Right, price, opt-out and channel of one device.

    Attributes:
        price_chf_per_kwh: what a shifted or curtailed kWh costs the operator.
        opt_out: the owner has opted out for now; the device is not dispatched.
        channel: "direct" (one device) or "ripple" (the whole group moves together).
    """

    right: Right
    acceptance: Acceptance
    price_chf_per_kwh: float
    opt_out: bool = False
    channel: str = "direct"


@dataclass(frozen=True)
class Behind:
    """What a battery left alone serves: a share of its zone's annual consumption, and panels [kWp]."""

    load_share: float
    pv_kwp: float


@dataclass(frozen=True)
class Panels:
    """The plant behind a device of kind "pv_plant".

    Attributes:
        kwp: installed power [kWp]. ``annual_mwh``: what it would feed in a calendar year if nobody curtailed it.
    """

    kwp: float
    annual_mwh: float


@dataclass(frozen=True)
class Ripple:
    """What the owners of a ripple group of heat pumps have agreed to, and how their buildings answer.

    Attributes:
        customers: how many hear the call. ``longest_block_h``: after which the group must be free again.
        calls_per_day: blocks that may begin on one local day. ``rest_h``: free time between two blocks.
        rebound_share: of the withheld energy that is drawn afterwards. ``rebound_h``: time constant of that, first order.
    """

    customers: int
    longest_block_h: float
    calls_per_day: int
    rest_h: float
    rebound_share: float
    rebound_h: float


@dataclass(frozen=True)
class Device:
    """A flexible device. Power is positive when it draws from the grid, as in pandapower's load and storage.

    Attributes:
        kind: "battery", "ev_charger", "pv_plant" (an order says the most that it may feed in: p_mw = -0.02 is at most 20 kW)
            or "heat_pumps" (a ripple group; its only orders are p_mw = 0, blocked, or none, free).
        group: devices recommended, accepted or refused together.
        table, element: where its power enters the grid ("storage", "load" or "sgen", index in the net). Power is drawing
            positive here whatever the table's own sign is.
        zone: the smallest zone that holds it.
        p_min_mw, p_max_mw: limits of its power [MW]; p_min_mw < 0 when it can feed in.
        e_max_mwh: usable energy [MWh], 0 without a store. ``efficiency``: one way (charge and discharge each), 0..1.
        behind: what stands behind its meter, None where nobody declared it.
        panels: of a "pv_plant". ``ripple``: of "heat_pumps".
        elements, shares: where the power of a ripple group enters (loads) and which part of it each has, together 1.
    """

    id: str
    kind: str
    group: str
    table: str
    element: int
    bus: int
    zone: str
    p_min_mw: float
    p_max_mw: float
    e_max_mwh: float
    efficiency: float
    right_of_use: RightOfUse
    behind: Behind | None = None
    panels: Panels | None = None
    ripple: Ripple | None = None
    elements: tuple[int, ...] = ()
    shares: tuple[float, ...] = ()

    @property
    def places(self) -> tuple[tuple[int, float], ...]:
        """(element of its table, share of its power): one for all but ripple groups."""
        return tuple(zip(self.elements, self.shares, strict=True)) if self.elements else ((self.element, 1.0),)

    @property
    def guaranteed_mwh(self) -> float:
        """Energy that may be curtailed unpaid in a calendar year [MWh]; 0 without that right."""
        guaranteed = self.panels is not None and self.right_of_use.right is Right.GUARANTEED
        return GUARANTEED_SHARE * self.panels.annual_mwh if guaranteed and self.panels is not None else 0.0

    @property
    def dispatchable(self) -> bool:
        """True when somebody gave the operator a right and has not opted out."""
        return self.right_of_use.right is not Right.NONE and not self.right_of_use.opt_out
