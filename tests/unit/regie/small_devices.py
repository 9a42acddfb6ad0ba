"""Devices that are not batteries, in the small town: a roof with a guarantee, and the quarter's heat pumps."""

from dataclasses import replace

import numpy as np

from tests.unit.regie import small_town as town
from twin.contracts.devices import Acceptance, Device, Panels, Right, RightOfUse, Ripple
from twin.contracts.messages import Proposal

GUARANTEED = RightOfUse(Right.GUARANTEED, Acceptance.AUTOMATIC, 0.1)
ROOF = Device("roof", "pv_plant", "roof", "sgen", 0, 2, "town", -0.5, 0.0, 0.0, 1.0, GUARANTEED, panels=Panels(500.0, 450.0))
AGREED = Ripple(customers=40, longest_block_h=1.0, calls_per_day=2, rest_h=2.0, rebound_share=0.9, rebound_h=1.5)
CALLED = RightOfUse(Right.CONTRACT, Acceptance.AUTOMATIC, 0.08, channel="ripple")
PUMPS = Device(
    "pumps", "heat_pumps", "pumps", "load", 0, 2, "town", 0.0, 0.1, 0.0, 1.0, CALLED,
    ripple=AGREED, elements=(0, 3), shares=(0.25, 0.75),
)  # fmt: skip


def plan(device: Device, p_mw: float, *, alone: float) -> Proposal:
    """The device at one power all day, instead of ``alone``."""
    path = np.full(96, alone)
    return replace(town.proposal(device, p_mw), unconstrained_p_mw=path, reference_p_mw=path)
