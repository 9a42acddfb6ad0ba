"""What tracing tells of one quarter hour: the origin of what each zone consumed and of what the town sent away."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

KINDS = ("pv", "hydro", "other", "storage", "import")
"""Where electricity enters the town's grid; "other" is every further plant (biomass, waste, wind, thermal)."""


@dataclass(frozen=True)
class Origin:
    """Origin of an amount of electricity.

    Attributes:
        p_mw: mean power; NaN when unknown.
        parts: kind -> part of it, 0..1; the parts sum to one; empty when it is 0 or unknown.
        share: renewable share, None when undefined (0/0) or unknown. ``made_here``: the part of ``share`` made in the town in
            the interval, 0..1 of ``p_mw``.
        co2_g_per_kwh: life cycle; None with ``share``.
    """

    p_mw: float
    parts: Mapping[str, float] = field(default_factory=dict)
    share: float | None = None
    made_here: float | None = None
    co2_g_per_kwh: float | None = None


UNKNOWN = Origin(math.nan)
"""Of an amount that nobody knows."""


@dataclass(frozen=True)
class Injection:
    """What one kind put into the town's grid [MW], and what of it is renewable (None when unknown or nothing)."""

    kind: str
    p_mw: float
    renewable_share: float | None


@dataclass(frozen=True)
class Traced:
    """One quarter hour.

    Attributes:
        method: "traced", "pooled" (the grid could not be solved) or "unknown".
        zones: name -> origin of what was consumed in it, as metered at its boundary. The root zone is the town: it alone takes
            the mix of the grid's losses, wherever they arise; a zone within it has the mix of its loads.
        exported: origin of what left the town. ``charged``: of what went into storages.
        injections: one per kind of `KINDS` that the site has.
        losses_mw: of the grid within the town, part of the root zone's consumption.
    """

    method: str
    zones: Mapping[str, Origin]
    exported: Origin
    charged: Origin
    injections: tuple[Injection, ...]
    losses_mw: float
