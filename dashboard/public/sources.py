"""The sources of the town's electricity as slices of one bar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from twin.contracts.public_snapshot import Source

KINDS = ("pv", "hydro", "storage", "import", "other")


@dataclass(frozen=True)
class Slice:
    """One kind's part of the bar.

    Attributes:
        p_mw: power into the town [MW]; None when the snapshot names no such source.
        renewable_share: 0..1, weighted by power; None when unknown.
        left, width: position in the bar, in percent of the sum of all positive sources.
    """

    kind: str
    p_mw: float | None
    renewable_share: float | None
    left: float
    width: float


def slices(sources: Sequence[Source]) -> dict[str, Slice]:
    """One slice per kind, in the order of `KINDS`; a kind that this page has no words for counts as "other".

    A negative power (charging, export) takes nothing in and therefore has no width.
    """
    groups = {kind: [s for s in sources if (s.kind if s.kind in KINDS else "other") == kind] for kind in KINDS}
    inflow = sum(max(0.0, source.p_mw) for source in sources)
    found: dict[str, Slice] = {}
    left = 0.0
    for kind, group in groups.items():
        width = 100.0 * sum(max(0.0, s.p_mw) for s in group) / inflow if inflow > 0.0 else 0.0
        p_mw = sum(s.p_mw for s in group) if group else None
        found[kind] = Slice(kind, p_mw, _mean_share(group), left, width)
        left += width
    return found


def _mean_share(group: Sequence[Source]) -> float | None:
    weight = sum(max(0.0, source.p_mw) for source in group)
    if weight <= 0.0 or any(source.renewable_share is None for source in group):
        return None
    return sum(max(0.0, s.p_mw) * (s.renewable_share or 0.0) for s in group) / weight
