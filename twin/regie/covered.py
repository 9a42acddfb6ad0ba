"""Whether the right over a device covers what is proposed for it now; where it does not, nothing is ordered."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from twin.contracts.devices import Device, Right
from twin.contracts.messages import Proposal
from twin.regie.recommend import DEADBAND_MW
from twin.regie.usage import Usage


def refused(
    proposals: Mapping[str, Proposal],
    devices: Mapping[str, Device],
    usage: Usage,
    label_s: int,
    emergency: Callable[[], bool],
) -> dict[str, str]:
    """Device -> why its right does not cover what is proposed now; those that it covers are absent.

    Args:
        emergency: whether a limit would be broken within the hour; asked only when a right depends on it.
    """
    found = {}
    for name, proposal in proposals.items():
        device = devices[name]
        if device.ripple is not None and _blocks(proposal) and not usage.may_block(device, label_s):
            found[name] = "ripple_agreement"
    rescuers = [name for name in proposals if devices[name].right_of_use.right is Right.EMERGENCY]
    if rescuers and not emergency():
        found |= dict.fromkeys(rescuers, "no_emergency")
    return found


def _blocks(proposal: Proposal) -> bool:
    return float(proposal.p_mw[0]) <= DEADBAND_MW < float(proposal.unconstrained_p_mw[0])
