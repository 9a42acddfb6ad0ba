"""What the page of an attacked town tells day by day, and the combination of unknowns behind every value that it tells.

The page is the real composer's. Beside it goes, for every value, the combination of unknowns that the value is made of, as the
meters saw it at the time; a value that is not what its combination says fails.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import xarray as xr

from tests.unit.regie.attacked_town import GRAMS, GREEN, Meters, Seen, Town
from tests.unit.regie.public_tick import forecast
from twin.contracts.messages import State
from twin.contracts.public_snapshot import ComingHour
from twin.domain.grid import NORMAL
from twin.domain.quality import Quality
from twin.domain.time import QUARTER_HOUR
from twin.domain.zones import Zone
from twin.regie.memory import LoopMemory
from twin.regie.public import PublicComposer, PublicFacts
from twin.regie.public_rule import Area, Beside, Rule
from twin.regie.public_told import Rulebook, Wish
from twin.regie.publish import Host
from twin.regie.tick import Moment, Observation, Tick

STEPS = 192
"""Quarter hours that are foreseen."""
START = datetime(2016, 6, 15, 0, tzinfo=UTC)


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
            Beside(rule.k, rule.max_share, rule.plants),  # its meters know one pool: nobody stands on the way to a zone
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


@dataclass
class Page:
    """A page that is watched.

    Attributes:
        told: by value, its hour, and the coefficients of the unknowns in each of its quarter hours.
        issues: of the coming hours, as they were told and the quarter hour whose meters they knew.
    """

    town: Town
    rule: Rule = field(default_factory=Rule)
    told: dict[tuple, tuple[datetime, dict[datetime, np.ndarray]]] = field(default_factory=dict)
    issues: list[tuple[tuple[ComingHour, ...], datetime]] = field(default_factory=list)

    def __post_init__(self):
        self.facts = facts_of(self.town, self.rule)
        self.meters = Meters(self.town)
        self.composer = PublicComposer(self.facts)
        self.seen: dict[datetime, Seen] = {}
        self.rows: dict[datetime, Seen] = {}

    def tick(self, at: datetime, silent: frozenset[str] = frozenset()) -> None:
        """One regular tick, and what the page tells after it."""
        x, seen, root = self.meters.truth(at), self.meters.seen(silent), self.facts.root.name
        self.seen[at] = self.rows[at] = seen
        traced = self.meters.traced(seen, x)
        signals, flags = self.meters.signals(seen, x)
        self.composer.remember(at, signals, flags, traced, self.facts.silent(seen.raw))
        powers = [np.zeros(0), {}, signals, flags | {("zone_load_p_mw", root): int(Quality.GOOD)}]
        tick = Tick(
            seq=0,
            moment=Moment(at + QUARTER_HOUR),
            observation=Observation(None, None, seen.raw, *powers),
            state=State(at + QUARTER_HOUR, at, NORMAL, xr.Dataset(), Quality.ESTIMATED, 1.0, "normal"),
            envelopes=self._forecasts(at, float(seen.made[root, "pv"] @ x)),
            result=None,  # what is decided is no part of what citizens see
            outside={"import_renewable_share": xr.DataArray(self._ahead(at)[1], dims=("time",))},
            memory=LoopMemory(),
            lines=(),
            origin=traced,
        )
        self._read(self.composer.compose(tick, Host(at, None, "live", 1.0, 0.0)))

    def _ahead(self, at: datetime) -> tuple[np.ndarray, np.ndarray]:
        """Of the coming quarter hours, how much sun there will be, and the import's mix: both change by the hour."""
        hours = np.array([(at + (i + 1) * QUARTER_HOUR).hour for i in range(STEPS)])
        return np.where(hours % 4 < 2, 1.0, 0.0), np.where(hours % 2 < 1, 0.3, 0.5)

    def _forecasts(self, at: datetime, pv_mw: float) -> dict:
        """The same consumption whenever it is foreseen; the sun as it is, by day."""
        paths = {"load": np.full(STEPS, self.meters.expected_mw), "pv": pv_mw * self._ahead(at)[0]}
        return {of: forecast(f"{of}_forecast_p_mw", {0.5: path}, at + QUARTER_HOUR) for of, path in paths.items()}

    def restart(self, late: frozenset[str] = frozenset(), *, journal: bool = True, lost: bool = False) -> None:
        """A new process: everything since the day before is known again, readings that came late among it.

        Args:
            late: plants whose readings came after all. ``journal``: whether it tells the first origins, and who
                answered.
            lost: nobody can read any more what was told.
        """
        self.composer = PublicComposer(self.facts, None if lost else self.composer.before)
        for at, seen in sorted(self.seen.items())[-96:]:
            silent = frozenset(p.channel for p, value in zip(self.town.plants, seen.raw, strict=True) if np.isnan(value))
            now, x = self.meters.seen(silent - late), self.meters.truth(at)
            self.rows[at] = replace(now, made=now.made)
            traced = self.meters.traced(seen, x) if journal else None
            self.composer.remember(at, *self.meters.signals(now, x), traced, silent if journal else None)
        self.composer.resumed(max(self.seen) + QUARTER_HOUR)

    def _read(self, page) -> None:
        """Note the combination behind every value that the page tells."""
        root, live = self.facts.root.name, [page.as_of - QUARTER_HOUR]
        at = live if page.interval == live[0] and self.facts.live else quarters(page.interval)
        if page.share is not None:
            self._note(("share", root, at[0]), page.share, at, self._shares(root, GREEN, at))
        if page.co2_g_per_kwh is not None:
            self._note(("co2", root, at[0]), page.co2_g_per_kwh, at, self._shares(root, GRAMS, at))
        self._sources(page, at)
        for zone in page.zones:
            if zone.share is not None:
                at = live if zone.end - zone.start == QUARTER_HOUR else quarters(zone.start)
                self._note(("share", zone.name, at[0]), zone.share, at, self._shares(zone.name, GREEN, at))
        cards = [("load", page.neighbourhood, "load_kw"), ("sun", page.neighbourhood, "pv_kw"), ("roof", page.roof, "p_kw")]
        if any(hour.share is not None for hour in page.coming) and page.coming not in [hours for hours, _ in self.issues]:
            self.issues.append((page.coming, live[0]))
            self._foreseen(page.coming, live[0])
        for what, card, key in cards:
            if card is not None and (value := getattr(card, key)) is not None:
                at = quarters(card.start)
                self._note((what, at[0]), value, at, [250.0 * self._row(what, self.rows[quarter]) for quarter in at])

    def _sources(self, page, at: list[datetime]) -> None:
        root = self.facts.root.name
        for source in page.sources:
            self._note((source.kind, at[0]), source.part, at, self._shares(root, {source.kind: 1.0}, at))
            if source.kind == "other" and source.renewable_share is not None:
                whole, x = self.meters.parts(self.seen[at[0]], root)["other"], self.meters.truth(at[0])
                green = self.meters.weight(GREEN, "other") * whole
                blend = float(green @ x / (whole @ x))
                self._note(("blend", at[0]), source.renewable_share, at, [blend, green - blend * whole])
            if source.p_mw is not None:
                self._note(
                    ("power", source.kind, at[0]), source.p_mw, at, [self.meters.parts(self.seen[at[0]], root)[source.kind]]
                )

    def _foreseen(self, hours: tuple[ComingHour, ...], at: datetime) -> None:
        """Of some coming hours, dark or not and with either mix of the import; who guesses well knows what will be used."""
        root, expected, x = self.facts.root.name, self.meters.expected_mw, self.meters.truth(at)
        sun, mix = (
            dict(zip(((at + (i + 1) * QUARTER_HOUR) for i in range(STEPS)), path, strict=True)) for path in self._ahead(at)
        )
        for hour in hours[1:5]:
            made = {kind: self.seen[at].made[root, kind] / expected for kind in ("pv", "hydro", "other")}
            made["pv"] = made["pv"] * sun[hour.start]
            share = sum((self.meters.weight(GREEN, kind) - mix[hour.start]) * row for kind, row in made.items())
            if hour.share is not None:
                self._note(("ahead", hour.start, at), hour.share, [at], [float(share @ x) + mix[hour.start], share])
            for kind in made.keys() & hour.parts.keys():
                self._note(("ahead", kind, hour.start, at), hour.parts[kind], [at], [float(made[kind] @ x), made[kind]])

    def _row(self, what: str, seen: Seen) -> np.ndarray:
        if what == "roof":
            return seen.roof
        return seen.used[self.town.group] if what == "load" else seen.made[self.town.group, "pv"]

    def _shares(self, zone: str, weight: dict[str, float], at: list[datetime]) -> list[np.ndarray]:
        """Of a ratio r in some quarter hours: its value and the coefficients of numerator - r x denominator."""
        above, below = [], []
        for quarter in at:
            seen = self.seen[quarter]
            above.append(sum(self.meters.weight(weight, kind) * row for kind, row in self.meters.parts(seen, zone).items()))
            below.append(seen.used[zone])
        x = [self.meters.truth(quarter) for quarter in at]
        ratio = sum(a @ y for a, y in zip(above, x, strict=True)) / sum(b @ y for b, y in zip(below, x, strict=True))
        return [ratio, *(a - ratio * b for a, b in zip(above, below, strict=True))]

    def _note(self, key: tuple, value: float, at: list[datetime], rows: list) -> None:
        """Keep a told value once, and see that it is what the coefficients say: else the attack would be of another page."""
        least = 51.0 if key[0] == "co2" else 1.0  # of a share; grams are told with one decimal
        if isinstance(rows[0], float):
            meant, *rows = rows
        else:
            meant, least = sum(row @ self.meters.truth(quarter) for row, quarter in zip(rows, at, strict=True)), 60.0  # kW
        if (*key, value) in self.told:
            return
        assert abs(meant - value) <= 1e-3 * max(abs(value), least), (key, value, meant)
        hour = at[0].replace(minute=0)
        self.told[(*key, value)] = (hour, dict(zip(at, rows, strict=True)))


def quarters(hour: datetime) -> list[datetime]:
    return [hour + i * QUARTER_HOUR for i in range(4)]
