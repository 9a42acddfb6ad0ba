"""What a scenario changes in the world that no forecast at the window's start could know: a factor on what was forecast.

Of demand and hydro there is no outlook, so every change of them is unforeseen, and of weather, price and mix those that say so.
The factor of a zone is what the simulated town would draw (or feed in) with those changes, over what it would without: heat
pumps that follow an unforeseen cold, cars that come home together, panels under an eclipse, each with its share in that zone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from twin.adapters.prepared import Prepared
from twin.domain.time import QUARTER_HOUR, QUARTER_HOUR_S, to_epoch_s
from twin.domain.zones import Zone
from twin.site import Site
from twin.site.rehearsed import WorldChange
from twin.wiring import Window

_UNTOLD = frozenset({"load", "heat_pumps", "cars", "hydro"})
_FELT = frozenset({"temp_c", "sun"})
_NOTHING_MW = 1e-6


@dataclass(frozen=True)
class Changed:
    """Factors by what they act on, dims (time,); nothing is changed where there is none.

    Attributes:
        zones: by (kind, zone). ``sgens``: of plants that nobody forecasts, by index.
        market: changes of price and mix that nobody foresaw. ``labels_s``: of the window's quarter hours, epoch seconds.
    """

    labels_s: np.ndarray
    zones: Mapping[tuple[str, str], np.ndarray]
    sgens: Mapping[int, np.ndarray]
    market: tuple[WorldChange, ...]

    def zone(self, kind: str, zone: str) -> np.ndarray:
        """Factor on a zone's consumption ("load") or generation ("pv"), dims (time,)."""
        return self.zones.get((kind, zone), np.ones(len(self.labels_s)))

    def sgen(self, index: int) -> np.ndarray:
        """Factor on the last power of a plant, dims (time,)."""
        return self.sgens.get(index, np.ones(len(self.labels_s)))

    def outside(self, signal: str, path: np.ndarray) -> np.ndarray:
        """Price or mix as it comes, dims (time,)."""
        for change in self.market:
            if change.quantity == signal:
                path = change.applied(path, self.labels_s)
        return path


def unforeseen(site: Site, prepared: Prepared, zones: Sequence[Zone], window: Window) -> Changed:
    """The factors of a site; those of a site without simulated plant are all one."""
    labels_s = to_epoch_s(window.start) + QUARTER_HOUR_S * np.arange(window.ticks or 0)
    end = window.start + len(labels_s) * QUARTER_HOUR
    changes = () if site.plant is None else site.plant.world
    within = [change for change in changes if change.at < end and change.until > window.start]
    felt = [c for c in within if c.quantity in _UNTOLD or (c.quantity in _FELT and not c.foreseen)]
    market = tuple(c for c in within if c.quantity not in _UNTOLD | _FELT and not c.foreseen)
    if not felt or site.plant is None:
        return Changed(labels_s, {}, {}, market)
    known = site.plant.model_copy(update={"world": tuple(c for c in changes if c not in felt)})
    with_it, without = (demand_of(one, prepared, zones, labels_s) for one in (site, site.model_copy(update={"plant": known})))
    load, sgen = ({int(index): at for at, index in enumerate(prepared.net()[table].index)} for table in ("load", "sgen"))
    factors = {}
    for zone in zones:
        held = inside(zone, zones)
        for kind, place, column in (("load", load, 0), ("pv", sgen, 1)):
            members = [place[i] for one in held for i in (one.loads if kind == "load" else one.pv_sgens)]
            totals = [side[column][:, members].sum(axis=1) for side in (with_it, without)]
            factors[kind, zone.name] = _ratio(*totals)
    return Changed(
        labels_s, factors, {index: _ratio(with_it[1][:, at], without[1][:, at]) for index, at in sgen.items()}, market
    )


def demand_of(site: Site, prepared: Prepared, zones: Sequence[Zone], labels_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What every load draws and every sgen could feed in [MW], dims (time, load) and (time, sgen)."""
    from twin.adapters.changed_outside import ChangedOutside
    from twin.adapters.synthetic_outside import SyntheticOutside
    from twin.plant.demand import STEPS, Demand
    from twin.plant.town import town_of

    assert site.plant is not None
    outside = ChangedOutside.of(site, SyntheticOutside.of(site, prepared))
    demand = Demand(town_of(site, site.plant, prepared.net(), zones), prepared, outside)
    rows = [(demand.day(int(label_s)), int(label_s) // QUARTER_HOUR_S % STEPS) for label_s in labels_s]
    return np.stack([day.load_p_mw[row] for day, row in rows]), np.stack([day.sgen_p_mw[row] for day, row in rows])


def inside(zone: Zone, zones: Sequence[Zone]) -> list[Zone]:
    """The zone and all zones within it."""
    found = [zone]
    for one in found:
        found += [other for other in zones if other.parent == one.name]
    return found


def _ratio(with_it: np.ndarray, without: np.ndarray) -> np.ndarray:
    """One where there is nothing to change."""
    some = without > _NOTHING_MW
    return np.where(some, with_it / np.where(some, without, 1.0), 1.0)
