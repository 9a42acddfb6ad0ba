"""A town whose every customer, plant and storage is an unknown, and what its meters make of them in a quarter hour."""

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from twin.domain.quality import Quality
from twin.origin.traced import Injection, Origin, Traced
from twin.regie.public_rule import Moved, Plant

GREEN = {"pv": 1.0, "hydro": 1.0, "storage": 0.6, "import": 0.3, "biomass": 1.0, "wind": 1.0, "waste": 0.5}
GRAMS = {"pv": 40.0, "hydro": 10.0, "storage": 90.0, "import": 120.0, "biomass": 230.0, "wind": 11.0, "waste": 300.0}
MADE = ("pv", "hydro", "other", "storage")


@dataclass(frozen=True)
class Town:
    """Zones, the loads [MW] of the customers in each and in no smaller one, and plants.

    Attributes:
        parents: zone -> its parent; the first is the town. ``formerly``: by zone, who moved with its bounds.
        customers: zone -> mean load of each. ``group``: the zone whose powers are shown; ``roof``: the channel of the plant.
    """

    parents: dict[str, str | None]
    customers: dict[str, tuple[float, ...]]
    plants: tuple[Plant, ...]
    group: str
    roof: str | None = None
    formerly: dict[str, Moved] = field(default_factory=dict)

    def within(self, zone: str) -> list[str]:
        """The zone and those in it."""
        return [zone, *(below for name, parent in self.parents.items() if parent == zone for below in self.within(name))]

    def loads(self, zone: str) -> list[float]:
        """Of everybody within."""
        return [load for name in self.within(zone) for load in self.customers[name]]

    def channels(self, zone: str, kind: str) -> tuple[str, ...]:
        """Of the plants within; those that photovoltaics is scaled from are the zone's own, where it has some."""
        inside = [plant for plant in self.plants if plant.kind == kind and plant.zone in self.within(zone)]
        own = [plant for plant in inside if plant.zone == zone or plant.channel == self.roof]
        return tuple(plant.channel for plant in (own if kind == "pv" and own else inside))


@dataclass(frozen=True)
class Seen:
    """One quarter hour as the meters saw it: each figure as coefficients of the unknowns, and its value."""

    used: dict[str, np.ndarray]
    made: dict[tuple[str, str], np.ndarray]
    roof: np.ndarray | None
    raw: np.ndarray


@dataclass
class Meters:
    """What flows in a town, and what its meters make of it.

    The unknowns of a quarter hour are the customers' loads and then the plants' powers.
    """

    town: Town
    seed: int = 0

    def __post_init__(self):
        self.root = next(iter(self.town.parents))
        self.people = [(name, i) for name, loads in self.town.customers.items() for i in range(len(loads))]
        self.expected_mw = sum(load for loads in self.town.customers.values() for load in loads)
        self.size = len(self.people) + len(self.town.plants)

    def truth(self, at: datetime) -> np.ndarray:
        """Every unknown in a quarter hour [MW]."""
        drawn = np.random.default_rng([self.seed, int(at.timestamp())])
        loads = [load for zone in self.town.customers for load in self.town.customers[zone]]
        people = np.array(loads) * drawn.uniform(0.8, 1.2, len(loads))
        sizes = np.array([plant.size for plant in self.town.plants])
        # As large as the town's own powers: what follows from shares shall not hide in their last digits.
        plants = drawn.uniform(0.3, 0.7, len(sizes)) * sizes * sum(loads) / max(sizes.sum(), 1.0)
        return np.concatenate([people, plants])

    def seen(self, silent: frozenset[str]) -> Seen:
        """What the meters make of a quarter hour when some plants' are silent."""
        town, at = self.town, {plant.channel: len(self.people) + i for i, plant in enumerate(self.town.plants)}
        size = {plant.channel: plant.size for plant in town.plants}

        def of(channels, scale=1.0):
            row = np.zeros(self.size)
            row[[at[channel] for channel in channels]] = scale
            return row

        made, used = {}, {}
        for zone in town.parents:
            sun = town.channels(zone, "pv")
            speak = [channel for channel in sun if channel not in silent]
            scale = sum(size[c] for c in sun) / sum(size[c] for c in speak) if speak else np.nan
            made[zone, "pv"] = of(speak, scale) if speak or not sun else np.full(self.size, np.nan)
            for kind in ("hydro", "other"):
                each = town.channels(zone, kind)
                made[zone, kind] = np.full(self.size, np.nan) if set(each) & silent else of(each)
            made[zone, "storage"] = of(channel for channel in town.channels(zone, "storage") if channel not in silent)
            inside = set(town.within(zone))
            used[zone] = np.array([float(name in inside) for name, _ in self.people] + [0.0] * len(town.plants))
            used[zone] -= of(channel for channel in town.channels(zone, "storage") if channel in silent)
        roof = None if town.roof is None else np.full(self.size, np.nan) if town.roof in silent else of([town.roof])
        raw = np.array([np.nan if plant.channel in silent else 1.0 for plant in town.plants])
        return Seen(used, made, roof, raw)

    def origin(self, seen: Seen, zone: str, x: np.ndarray) -> Origin:
        """Of what was consumed in a zone, all of it one pool."""
        parts = self.parts(seen, zone)
        used = seen.used[zone] @ x
        powers = {kind: row @ x for kind, row in parts.items()}
        if not np.isfinite([used, *powers.values()]).all():
            return Origin(np.nan)
        local = {kind: value for kind, value in GREEN.items() if kind not in ("storage", "import")}
        share, made_here, co2 = (
            sum((self.weight(of, kind) * row) @ x for kind, row in parts.items()) / used for of in (GREEN, local, GRAMS)
        )
        return Origin(used, {kind: power / used for kind, power in powers.items()}, share, made_here, co2)

    def parts(self, seen: Seen, zone: str) -> dict[str, np.ndarray]:
        """By source, what flows into a zone."""
        made = {kind: seen.made[zone, kind] for kind in MADE}
        return made | {"import": seen.used[zone] - sum(made.values())}

    def weight(self, of: dict[str, float], kind: str) -> float | np.ndarray:
        """Of a kind, from weights by kind and carrier; of other plants, each by its carrier."""
        if kind != "other" or kind in of:
            return of.get(kind, 0.0)
        return np.array([0.0] * len(self.people) + [of.get(plant.carrier, 0.0) for plant in self.town.plants])

    def signals(self, seen: Seen, x: np.ndarray):
        signals = {("zone_load_p_mw", zone): row @ x for zone, row in seen.used.items()}
        signals |= {("zone_pv_p_mw", zone): row @ x for (zone, kind), row in seen.made.items() if kind == "pv"}
        if seen.roof is not None:
            signals["zone_pv_p_mw", "roof"] = seen.roof @ x
        return signals, {key: int(Quality.INVALID if np.isnan(value) else Quality.GOOD) for key, value in signals.items()}

    def traced(self, seen: Seen, x: np.ndarray) -> Traced:
        zones = {zone: self.origin(seen, zone, x) for zone in self.town.parents}
        parts = self.parts(seen, self.root)
        green = {kind: (self.weight(GREEN, kind) * row) @ x / (row @ x) if row.any() else None for kind, row in parts.items()}
        kinds = {"import", *(plant.kind for plant in self.town.plants)}
        injections = tuple(Injection(kind, float(parts[kind] @ x), green[kind]) for kind in parts if kind in kinds)
        return Traced("traced", zones, Origin(0.0), Origin(0.0), injections, 0.0)
