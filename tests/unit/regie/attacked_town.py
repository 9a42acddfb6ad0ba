"""A town whose every customer, plant and storage is an unknown, what its page tells of it day by day, and who solves for whom.

The page is the real composer's. Beside it goes, for every value that it tells, the combination of unknowns that the value is
made of, as the meters saw it at the time. The attackers have all of these, over all days and restarts:

- one knows every plant and storage, and that people live tomorrow as they lived today: a load is one unknown for good;
- one knows the import's mix, and by night that there is no sun: within an hour, he solves for plants and storages.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import combinations

import numpy as np
import xarray as xr

from twin.contracts.messages import State
from twin.domain.grid import NORMAL
from twin.domain.quality import Quality
from twin.domain.time import QUARTER_HOUR
from twin.domain.zones import Zone
from twin.origin.traced import Injection, Origin, Traced
from twin.regie.memory import LoopMemory
from twin.regie.public import PublicComposer, PublicFacts
from twin.regie.public_rule import Area, Plant, Rule
from twin.regie.public_told import Rulebook, Wish
from twin.regie.publish import Host
from twin.regie.tick import Moment, Observation, Tick

START = datetime(2016, 6, 15, 0, tzinfo=UTC)
GREEN = {"pv": 1.0, "hydro": 1.0, "storage": 0.6, "import": 0.3, "biomass": 1.0, "wind": 1.0, "waste": 0.5}
GRAMS = {"pv": 40.0, "hydro": 10.0, "storage": 90.0, "import": 120.0, "biomass": 230.0, "wind": 11.0, "waste": 300.0}
MADE = ("pv", "hydro", "other", "storage")


@dataclass(frozen=True)
class Town:
    """Zones, the loads [MW] of the customers in each and in no smaller one, and plants.

    Attributes:
        parents: zone -> its parent; the first is the town. ``formerly``: by zone, customers within its bounds of last year.
        customers: zone -> mean load of each. ``group``: the zone whose powers are shown; ``roof``: the channel of the plant.
    """

    parents: dict[str, str | None]
    customers: dict[str, tuple[float, ...]]
    plants: tuple[Plant, ...]
    group: str
    roof: str | None = None
    formerly: dict[str, int] = field(default_factory=dict)

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


def facts_of(town: Town, rule: Rule) -> PublicFacts:
    """As `twin.shown_facts` makes them of a site."""
    root, size = next(iter(town.parents)), {plant.channel: plant.size for plant in town.plants}

    def zone(name: str) -> Zone:
        pv = tuple((channel, size[channel]) for channel in town.channels(name, "pv"))
        loads = {"pv_kwp": sum(kwp for _, kwp in pv), "pv_references": pv}
        others = {kind: town.channels(name, kind) for kind in ("hydro", "storage")}
        return Zone(name, {"en": name}, len(town.loads(name)), parent=town.parents[name], **loads, **others)

    zones = {name: zone(name) for name in town.parents}
    plants = town.plants
    roof = None
    if town.roof is not None:
        at = next(plant.zone for plant in plants if plant.channel == town.roof)
        roof = Zone("roof", {"en": "Roof"}, 0, size[town.roof], parent=at, pv_references=((town.roof, size[town.roof]),))
        plants = tuple(replace(plant, zone="roof") if plant.channel == town.roof else plant for plant in plants)
    areas = [
        Area(
            name,
            town.parents[name],
            len(loads),
            sum(loads),
            max(loads) / sum(loads),
            (town.formerly[name],) if name in town.formerly else (),
            tuple(channel for channel, _ in zones[name].pv_references),
        )
        for name in town.parents
        for loads in [town.loads(name)]
    ]
    if roof is not None:
        areas.append(Area("roof", roof.parent, 0, 0.0, None, (), (town.roof,)))
    shown = tuple(name for name in town.parents if name != root)
    return PublicFacts(
        site="town",
        title={"en": "Town"},
        timezone="Europe/Zurich",
        root=zones[root],
        zones=tuple(zones.values()),
        group=zones[town.group],
        roof=roof,
        kinds=frozenset(["import", *(plant.kind for plant in plants)]),
        book=Rulebook(tuple(areas), plants, rule, Wish(root, shown, town.group, roof and "roof")),
        meters={plant.channel: i for i, plant in enumerate(plants)},
        interval=timedelta(hours=1),
        import_mix="consumption",
        notes=(),
    )


@dataclass(frozen=True)
class Seen:
    """One quarter hour as the meters saw it: each figure as coefficients of the unknowns, and its value."""

    used: dict[str, np.ndarray]
    made: dict[tuple[str, str], np.ndarray]
    roof: np.ndarray | None
    raw: np.ndarray


@dataclass
class Page:
    """A page that is watched. ``told``: by value, its hour, and the coefficients of the unknowns in each of its quarter hours.

    The unknowns of a quarter hour are the customers' loads and then the plants' powers.
    """

    town: Town
    rule: Rule = field(default_factory=Rule)
    seed: int = 0
    told: dict[tuple, tuple[datetime, dict[datetime, np.ndarray]]] = field(default_factory=dict)

    def __post_init__(self):
        self.facts = facts_of(self.town, self.rule)
        self.people = [(name, i) for name, loads in self.town.customers.items() for i in range(len(loads))]
        self.size = len(self.people) + len(self.town.plants)
        self.composer = PublicComposer(self.facts)
        self.seen: dict[datetime, Seen] = {}
        self.rows: dict[datetime, Seen] = {}

    # -------------------------------------------------------------------------------------------- the town

    def truth(self, at: datetime) -> np.ndarray:
        """Every unknown in a quarter hour [MW]."""
        drawn = np.random.default_rng([self.seed, int(at.timestamp())])
        loads = [load for zone in self.town.customers for load in self.town.customers[zone]]
        people = np.array(loads) * drawn.uniform(0.8, 1.2, len(loads))
        sizes = np.array([plant.size for plant in self.town.plants])
        # As large as the town's own powers: what follows from shares shall not hide in their last digits.
        plants = drawn.uniform(0.3, 0.7, len(sizes)) * sizes * sum(loads) / max(sizes.sum(), 1.0)
        return np.concatenate([people, plants])

    def meters(self, silent: frozenset[str]) -> Seen:
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

    # -------------------------------------------------------------------------------------------- the page

    def tick(self, at: datetime, silent: frozenset[str] = frozenset()) -> None:
        """One regular tick, and what the page tells after it."""
        x, seen, root = self.truth(at), self.meters(silent), self.facts.root.name
        self.seen[at] = self.rows[at] = seen
        traced = self._traced(seen, x)
        signals, flags = self._signals(seen, x)
        self.composer.remember(at, signals, flags, traced, seen.raw)
        powers = [np.zeros(0), {}, signals, flags | {("zone_load_p_mw", root): int(Quality.GOOD)}]
        tick = Tick(
            seq=0,
            moment=Moment(at + QUARTER_HOUR),
            observation=Observation(None, None, seen.raw, *powers),
            state=State(at + QUARTER_HOUR, at, NORMAL, xr.Dataset(), Quality.ESTIMATED, 1.0, "normal"),
            envelopes={},
            result=None,  # what is decided is no part of what citizens see
            outside={},
            memory=LoopMemory(),
            lines=(),
            origin=traced,
        )
        self._read(self.composer.compose(tick, Host(at, None, "live", 1.0, 0.0)))

    def restart(self, late: frozenset[str] = frozenset(), *, journal: bool = True, forgets: bool = False) -> None:
        """A new process: everything since the day before is known again, readings that came late among it.

        Args:
            late: plants whose readings came after all. ``journal``: whether the origins that were told are found in it.
            forgets: what was told is not (a broken rule).
        """
        self.composer = PublicComposer(self.facts, None if forgets else self.composer.before)
        for at, seen in sorted(self.seen.items())[-96:]:
            silent = frozenset(p.channel for p, value in zip(self.town.plants, seen.raw, strict=True) if np.isnan(value))
            now, x = self.meters(silent - late), self.truth(at)
            self.rows[at] = replace(now, made=now.made)
            traced = self._traced(seen, x) if journal else None
            self.composer.remember(at, *self._signals(now, x), traced)

    def _signals(self, seen: Seen, x: np.ndarray):
        signals = {("zone_load_p_mw", zone): row @ x for zone, row in seen.used.items()}
        signals |= {("zone_pv_p_mw", zone): row @ x for (zone, kind), row in seen.made.items() if kind == "pv"}
        if seen.roof is not None:
            signals["zone_pv_p_mw", "roof"] = seen.roof @ x
        return signals, {key: int(Quality.INVALID if np.isnan(value) else Quality.GOOD) for key, value in signals.items()}

    def _traced(self, seen: Seen, x: np.ndarray) -> Traced:
        zones = {zone: self.origin(seen, zone, x) for zone in self.town.parents}
        parts = self.parts(seen, self.facts.root.name)
        green = {kind: (self.weight(GREEN, kind) * row) @ x / (row @ x) if row.any() else None for kind, row in parts.items()}
        injections = tuple(Injection(kind, float(parts[kind] @ x), green[kind]) for kind in parts if kind in self.facts.kinds)
        return Traced("traced", zones, Origin(0.0), Origin(0.0), injections, 0.0)

    # -------------------------------------------------------------------------------------------- what it tells

    def _read(self, page) -> None:
        """Note the combination behind every value that the page tells."""
        root, live = self.facts.root.name, [page.as_of - QUARTER_HOUR]
        at = live if page.interval == live[0] and self.facts.live else _quarters(page.interval)
        if page.share is not None:
            self._note(("share", root, at[0]), page.share, at, self._shares(root, GREEN, at))
        if page.co2_g_per_kwh is not None:
            self._note(("co2", root, at[0]), page.co2_g_per_kwh, at, self._shares(root, GRAMS, at))
        for source in page.sources:
            self._note((source.kind, at[0]), source.part, at, self._shares(root, {source.kind: 1.0}, at))
            if source.kind == "other" and source.renewable_share is not None:
                whole, x = self.parts(self.seen[at[0]], root)["other"], self.truth(at[0])
                green = self.weight(GREEN, "other") * whole
                blend = float(green @ x / (whole @ x))
                self._note(("blend", at[0]), source.renewable_share, at, [blend, green - blend * whole])
            if source.p_mw is not None:
                self._note(("power", source.kind, at[0]), source.p_mw, at, [self.parts(self.seen[at[0]], root)[source.kind]])
        for zone in page.zones:
            if zone.share is not None:
                at = live if zone.end - zone.start == QUARTER_HOUR else _quarters(zone.start)
                self._note(("share", zone.name, at[0]), zone.share, at, self._shares(zone.name, GREEN, at))
        cards = [("load", page.neighbourhood, "load_kw"), ("sun", page.neighbourhood, "pv_kw"), ("roof", page.roof, "p_kw")]
        for what, card, key in cards:
            if card is not None and (value := getattr(card, key)) is not None:
                at = _quarters(card.start)
                self._note((what, at[0]), value, at, [250.0 * self._row(what, self.rows[quarter]) for quarter in at])

    def _row(self, what: str, seen: Seen) -> np.ndarray:
        if what == "roof":
            return seen.roof
        return seen.used[self.town.group] if what == "load" else seen.made[self.town.group, "pv"]

    def _shares(self, zone: str, weight: dict[str, float], at: list[datetime]) -> list[np.ndarray]:
        """Of a ratio r in some quarter hours: its value and the coefficients of numerator - r x denominator."""
        above, below = [], []
        for quarter in at:
            seen = self.seen[quarter]
            above.append(sum(self.weight(weight, kind) * row for kind, row in self.parts(seen, zone).items()))
            below.append(seen.used[zone])
        x = [self.truth(quarter) for quarter in at]
        ratio = sum(a @ y for a, y in zip(above, x, strict=True)) / sum(b @ y for b, y in zip(below, x, strict=True))
        return [ratio, *(a - ratio * b for a, b in zip(above, below, strict=True))]

    def _note(self, key: tuple, value: float, at: list[datetime], rows: list) -> None:
        """Keep a told value once, and see that it is what the coefficients say: else the attack would be of another page."""
        if isinstance(rows[0], float):
            meant, *rows = rows
        else:
            meant = sum(row @ self.truth(quarter) for row, quarter in zip(rows, at, strict=True))
        if (*key, value) in self.told:
            return
        assert abs(meant - value) <= 1e-3 * max(abs(value), 60.0), (key, value, meant)
        hour = at[0].replace(minute=0)
        self.told[(*key, value)] = (hour, dict(zip(at, rows, strict=True)))


def _quarters(hour: datetime) -> list[datetime]:
    return [hour + i * QUARTER_HOUR for i in range(4)]


# ---------------------------------------------------------------------------------------------------- the attackers


def small_groups(pages: list[Page], rule: Rule) -> list[list]:
    """Sets of customers that are no crowd and whose consumption somebody can compute who knows all production.

    Args:
        pages: of one town, within the bounds of one year and of the next.
    """
    people = pages[-1].people
    rows = [row[: len(people)] for page in pages for _, rows in page.told.values() for row in [sum(rows.values())]]
    if not rows:
        return []
    table = np.array([row / largest if (largest := np.abs(row).max()) > 1e-9 else 0.0 * row for row in rows]).round(6)
    loads = np.array([pages[-1].town.customers[zone][i] for zone, i in people])
    _, group = np.unique(table, axis=1, return_inverse=True)
    group = np.asarray(group).ravel()
    found = []
    for size in range(1, group.max() + 2):
        for some in combinations(range(group.max() + 1), size):
            wanted = np.isin(group, some)
            crowd = wanted.sum() >= rule.k and loads[wanted].max() <= rule.max_share * loads[wanted].sum() * 1.001
            if not crowd and (np.abs(left_over(table, wanted)).max(axis=0, initial=0.0) > 1e-6).all():  # all of them, no fewer
                found.append([people[i] for i in np.flatnonzero(wanted)])
    return found


def single_plants(page: Page, rule: Rule) -> list[set[str]]:
    """Sets of plants without consent, too few or with one that dominates, of which somebody can compute something.

    He knows the import's mix, and by night that there is no sun.
    """
    plants, loads = page.town.plants, len(page.people)
    protected = [plant for plant in plants if not plant.consented]
    few = [set(some) for size in range(1, rule.plants) for some in combinations(protected, size)]
    crowd = [
        page.people.index((zone, 0)) for zone in page.town.customers
    ]  # nothing tells those of a zone apart: one stands for all
    kept = np.array([*crowd, *range(loads, page.size)])
    is_pv = np.array([False] * len(crowd) + [plant.kind == "pv" for plant in plants])
    found = []
    for hour in dict.fromkeys(hour for hour, _ in page.told.values()):
        told = [rows for of, rows in page.told.values() if of == hour]
        table = np.array([np.concatenate([rows.get(q, np.zeros(page.size))[kept] for q in _quarters(hour)]) for rows in told])
        largest = np.abs(table).max(axis=1, keepdims=True)
        table = np.where(largest > 1e-9, table / np.maximum(largest, 1e-9), 0.0)
        x = np.concatenate([page.truth(quarter)[kept] for quarter in _quarters(hour)])
        for unknown in (np.tile(np.ones_like(is_pv), 4), np.tile(~is_pv, 4)):
            for some in few:
                wanted = np.tile([False] * len(crowd) + [plant in some for plant in plants], 4)[unknown]
                powers = left_over(table[:, unknown], wanted) @ x[unknown][wanted]
                if (np.abs(powers) > 1e-6).any():  # that the sum of some differences is nothing tells no power
                    found.append({plant.channel for plant in some})
    return found


def left_over(table: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """All combinations of the rows that hold none of the unwanted unknowns: a basis of them, dims (combination, wanted)."""
    hidden = table[:, ~wanted]
    left, values, _ = np.linalg.svd(hidden) if hidden.size else (np.eye(len(table)), np.zeros(0), None)
    return left[:, np.count_nonzero(values > 1e-7) :].T @ table[:, wanted]
