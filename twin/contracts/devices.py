"""Flexible devices, and what entitles the operator to move them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Right(StrEnum):
    """What entitles the operator to move a device (StromVG 17c, StromVV 19c). Without one it is never dispatched."""

    OWN = "own"
    CONTRACT = "contract"
    GUARANTEED = "guaranteed"  # curtailment up to 3 % of annual production, unpaid
    EMERGENCY = "emergency"
    NONE = "none"


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
class Device:
    """A flexible device. Power is positive when it draws from the grid, as in pandapower's load and storage.

    Attributes:
        kind: "battery" or "ev_charger".
        group: devices recommended, accepted or refused together.
        table, element: where its power enters the grid ("storage" or "load", index in the net).
        zone: the smallest zone that holds it.
        p_min_mw, p_max_mw: limits of its power [MW]; p_min_mw < 0 when it can feed in.
        e_max_mwh: usable energy [MWh]. ``efficiency``: one way (charge and discharge each), 0..1.
        behind: what stands behind its meter, None where nobody declared it.
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

    @property
    def dispatchable(self) -> bool:
        """True when somebody gave the operator a right and has not opted out."""
        return self.right_of_use.right is not Right.NONE and not self.right_of_use.opt_out
