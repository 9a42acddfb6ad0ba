"""What the meters say of one quarter hour's flows, picked from a row of the frame."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from twin.origin.town import TownFacts

Key = tuple[str, str]
"""A column of the frame: (signal, element)."""


@dataclass(frozen=True)
class Metered:
    """One quarter hour [MW]; NaN is unknown, what the site lacks is 0.

    Attributes:
        net: into the town at its connection. ``storage``: all storages together, charging positive.
        stores: power of each store; ``metered``: whether its own meter spoke; ``content_mwh``: after the quarter hour.
        consumption: by zone with a balance, in `TownFacts.zones`' order.
    """

    net: float
    pv: float
    hydro: float
    other: float
    storage: float
    stores: tuple[float, ...]
    metered: tuple[bool, ...]
    content_mwh: tuple[float, ...]
    consumption: tuple[float, ...]
    import_share: float
    import_co2_g_per_kwh: float

    @property
    def known(self) -> bool:
        """Whether the town's balance is."""
        return all(map(math.isfinite, (self.net, self.pv, self.hydro, self.other, self.storage)))


class Meters:
    """Reads rows of the frame; a row is cut to the columns that tracing needs, so that a changed row shows."""

    def __init__(self, facts: TownFacts, columns: tuple[Key, ...]) -> None:
        """For a frame with these columns."""
        self._facts = facts
        root = facts.root
        wanted = [(f"zone_{name}_p_mw", root) for name in ("net", "pv", "hydro", "other", "storage")]
        wanted += [("zone_load_p_mw", zone.name) for zone in facts.zones]
        wanted += [(f"device_{name}", store.id) for store in facts.stores for name in ("p_mw", "soc_percent")]
        wanted += [("import_renewable_share", ""), ("import_co2_g_per_kwh", "")]
        at = {column: i for i, column in enumerate(columns)}
        self._keys = tuple(key for key in wanted if key in at)
        self._positions = np.array([at[key] for key in self._keys], dtype=int)

    def cut(self, row: np.ndarray) -> np.ndarray:
        """The columns that matter, dims (column,), of a row in the frame's layout."""
        found: np.ndarray = row[self._positions]
        return found

    def read(self, cut: np.ndarray) -> Metered:
        """What a cut row says."""
        facts, values = self._facts, dict(zip(self._keys, cut.tolist(), strict=True))
        root, nan = facts.root, math.nan

        def of(name: str, there: bool) -> float:
            return values.get((f"zone_{name}_p_mw", root), nan if there else 0.0)

        own = [values.get(("device_p_mw", store.id), nan) for store in facts.stores]
        soc = [values.get(("device_soc_percent", store.id), nan) for store in facts.stores]
        others = bool(facts.others)
        return Metered(
            net=of("net", True),
            pv=max(of("pv", facts.pv), 0.0),
            hydro=max(of("hydro", facts.has_hydro), 0.0),
            other=max(of("other", others), 0.0),
            storage=of("storage", bool(facts.stores)),
            stores=_stores(facts, own, of("storage", bool(facts.stores))),
            metered=tuple(map(math.isfinite, own)),
            content_mwh=tuple(s / 100.0 * store.capacity_mwh for s, store in zip(soc, facts.stores, strict=True)),
            consumption=tuple(values.get(("zone_load_p_mw", zone.name), nan) for zone in facts.zones),
            import_share=values.get(("import_renewable_share", ""), nan),
            import_co2_g_per_kwh=values.get(("import_co2_g_per_kwh", ""), nan),
        )


def _stores(facts: TownFacts, own: list[float], total: float) -> tuple[float, ...]:
    """Power of each store: its own meter's, nothing of a silent one; the rest of the zone's sum is the nameless store's."""
    told = [0.0 if math.isnan(p_mw) else p_mw for p_mw in own]
    if facts.stores and not facts.stores[-1].id and math.isfinite(total):
        told[-1] = total - math.fsum(told[:-1])
    return tuple(told)
