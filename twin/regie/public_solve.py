"""What an outsider could solve for: every public figure is an equation, and whatever follows from all of them is public too.

The unknowns are the consumption of each area's own customers and the production of each area's plants. A power is a linear
equation in them; a share or a part, whose value everybody reads, is one too: renewables - share x consumption = 0. So shares
alone tell no power, but one power told beside them, or known from elsewhere, tells the rest. The import's mix is known to
everybody, the sun to everybody who looks out of the window, and what leaves a generator perhaps to a neighbour. So:

- consumption is judged as if all production were known: then whatever is told of a zone tells its consumption, and the group
  that remains when zones within a zone are taken away has to be a crowd as well;
- production is judged as it stands, and for somebody who knows the sun's part of it, which by night is nothing;
- the share of a zone within the town follows the lines, so it depends on whoever uses or makes power beside them, outside the
  zone too: where these are few, they are an unknown of their own, which nobody may solve for;
- what is foreseen holds plants at their last power and expects the same consumption of an hour whenever it is foreseen: what
  changes from one forecast to the next is the plants. So it is judged as if that consumption were known.

A figure that is missing now and then takes an equation away and never adds one. Quarter hours, hours and days have the same
equations, so nothing new follows from many of them either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.domain.carriers import CARRIERS
from twin.regie.public_rule import Area, Cell, Held, Plant, Rule, own_cells, plants_held

FIGURES = ("share", "plant", "load", "ahead", "co2", "parts", "ahead_parts", "sun", "powers")
"""What is told of a zone: its renewable share; a plant's power; the zone's load; the share that is foreseen; its intensity; its
mix by source; the mix that is foreseen; its photovoltaics; the power of every source. Each comes once a quarter hour or once an
interval of publication: the equations are the same."""

_OF_PLANTS = ("plant", "sun")
_MADE = ("pv", "hydro", "other", "storage")
_STORED = (0.57, 0.093)  # renewable, and kg of CO2 per kWh, of what comes out of storages: known to everybody; an example
_IMPORTED = (0.38, 0.128)


@dataclass(frozen=True)
class Figure:
    """A figure that may be told: its name in `FIGURES`, and the zone that it is about."""

    name: str
    zone: str


class Outsider:
    """Somebody who reads everything that is told and can solve linear equations."""

    def __init__(self, areas: Sequence[Area], plants: Sequence[Plant], shown: str | None, rule: Rule) -> None:
        """Of a site; ``shown``: zone of the plant that is told by name."""
        self._rule = rule
        self._below = {area.name: _below(area.name, areas) for area in areas}
        self._scaled = {area.name: frozenset(area.references) for area in areas if area.references}
        self._cells = {name: cell for name, cell in own_cells(areas).items() if cell.customers > 0}
        groups: dict[_Group, list[Plant]] = {}
        for plant in plants:
            whose = "shown" if plant.zone == shown else "consented" if plant.consented else "protected"
            scaled_to = frozenset(name for name, channels in self._scaled.items() if plant.channel in channels)
            groups.setdefault(_Group(whose, plant.zone, plant.kind, plant.like, scaled_to), []).append(plant)
        self._made = list(groups)
        self._weak = np.array([plants_held(group, rule) is not None for group in groups.values()], dtype=bool)
        dark, still = (
            np.array([group.kind in kinds for group in groups], dtype=bool) for kinds in (("pv",), ("pv", "storage"))
        )
        self._by_night = (np.ones_like(dark), ~dark)  # which plants are unknown: all, or those that do not need the sun
        self._at_rest = (*self._by_night, ~still)
        self._uses = list(self._cells)
        alone = (area for area in areas if area.parent is not None and not (area.beside and area.beside.crowd(rule)))
        self._beside_few = [area.name for area in alone]
        weighed = [_weights(like[0]) for like in groups.values()]
        self._weights = np.array([(0.0, 0.0)] * len(self._uses) + weighed).T  # dims (renewable or carbon, unknown)
        drawn = np.random.default_rng(0)  # any state of the town: what follows in one follows in almost all
        self._state = drawn.uniform(1.0, 2.0, len(self._uses) + len(self._made))

    def finds(self, figures: Sequence[Figure]) -> Held | None:
        """What must not be public and follows from these figures together; None when nothing does."""
        of_use = [figure for figure in figures if figure.name not in _OF_PLANTS]
        return self._small_groups([figure.zone for figure in of_use]) or self._beyond(of_use) or self._plants(figures)

    def finds_part(self, figures: Sequence[Figure]) -> Held | None:
        """Plants too few, or with one that dominates, of whom it follows what part of the consumption they cover at times.

        A ratio, no power; a power for who guesses the consumption, and as well as he guesses it.
        """
        return Held("tells_a_part") if self._solved(figures, self._at_rest, consumption_known=True) else None

    def _small_groups(self, zones: Sequence[str]) -> Held | None:
        """Customers too few, or with one who stands out, whose consumption follows when that of these zones is known."""
        if not zones:
            return None
        uses = np.array([self._sum("use", zone)[: len(self._uses)] for zone in zones])
        table, same = np.unique(uses, axis=1, return_inverse=True)
        groups: list[list[str]] = [[] for _ in range(table.shape[1])]
        for name, group in zip(self._uses, np.asarray(same).ravel().tolist(), strict=True):
            groups[group].append(name)
        together = [Cell.of([self._cells[name] for name in group]) for group in groups]
        weak = np.array([not cell.crowd(self._rule) for cell in together], dtype=bool)
        if not _follows(table[:, ~weak], table[:, weak]):
            return None
        customers, found = min((cell.customers, group) for cell, group, few in zip(together, groups, weak, strict=True) if few)
        return Held("tells_a_small_remainder", {"customers": customers, "zones": found})

    def _beyond(self, figures: Sequence[Figure]) -> Held | None:
        """Somebody beside the lines to a zone, whose power follows from its share when the zone's own consumption is known."""
        rows = np.array([self._sum("use", figure.zone)[: len(self._uses)] for figure in figures])
        whose = [figure.zone if figure.name == "share" else None for figure in figures]
        beside = np.array([[float(zone == name) for name in self._beside_few] for zone in whose])
        return Held("tells_beyond_the_zone") if _follows(rows, beside) else None

    def _plants(self, figures: Sequence[Figure]) -> Held | None:
        """Plants too few, or with one that dominates, whose production follows, with or without knowing the sun's part."""
        if not self._solved(figures, self._by_night):
            return None
        zones = {group.zone for group, weak in zip(self._made, self._weak, strict=True) if weak}
        return Held("tells_a_plant", {"zones": sorted(zones)})

    def _solved(self, figures: Sequence[Figure], unknown: Sequence[np.ndarray], *, consumption_known: bool = False) -> bool:
        """Whether something of plants too few, or with one that dominates, follows.

        Whether a zone's photovoltaics is scaled from its own references or summed over all within.

        Args:
            unknown: which groups of plants are, dims (group,), one or another of these.
        """
        for scaled in (True, False):
            rows = np.array([row for figure in figures for row in self._rows(figure, scaled=scaled)])
            uses, made = rows[:, : 0 if consumption_known else len(self._uses)], rows[:, len(self._uses) :]
            for some in unknown:
                if _follows(np.hstack([uses, made[:, some & ~self._weak]]), made[:, some & self._weak]):
                    return True
        return False

    def _rows(self, figure: Figure, *, scaled: bool) -> list[np.ndarray]:
        """The equations of a figure, as coefficients of the unknowns."""
        used = self._sum("use", figure.zone)
        made = {kind: self._sum(kind, figure.zone, scaled=scaled and kind == "pv") for kind in _MADE}
        bought: np.ndarray = used - sum(made.values())
        if figure.name in ("share", "co2"):
            which = ("share", "co2").index(figure.name)
            return [self._ratio(_IMPORTED[which] * bought + self._weights[which] * sum(made.values()), used)]
        if figure.name in ("parts", "powers"):
            flows, other = (*made.values(), bought), made["other"]
            blend = (
                [self._ratio(self._weights[0] * other, other)] if other.any() else []
            )  # its renewable part is told beside it
            return [*(flows if figure.name == "powers" else (self._ratio(each, used) for each in flows)), *blend]
        if figure.name == "ahead":  # hours are dark or not, and bring one import's mix or another: all three follow
            steady = made["hydro"] + made["other"]
            return [made["pv"], steady, self._weights[0] * steady]
        if figure.name == "ahead_parts":  # storages shift and make nothing: no forecast of origins counts on them
            return [made["pv"], made["hydro"], made["other"]]
        return [{"load": used, "sun": made["pv"], "plant": sum(made.values(), np.zeros_like(used))}[figure.name]]

    def _ratio(self, part: np.ndarray, whole: np.ndarray) -> np.ndarray:
        """``part / whole = r`` with the value r that the state gives: part - r whole = 0."""
        return part - (part @ self._state) / (whole @ self._state) * whole

    def _sum(self, what: str, zone: str, *, scaled: bool = False) -> np.ndarray:
        """Of everything within the zone: consumption ("use"), or the production of a kind."""
        inside = self._below[zone]
        uses = [float(what == "use" and name in inside) for name in self._uses]
        if scaled and zone in self._scaled:
            return np.array(uses + [float(group.kind == what and zone in group.scaled_to) for group in self._made])
        return np.array(uses + [float(group.kind == what and group.zone in inside) for group in self._made])


@dataclass(frozen=True)
class _Group:
    """Plants that nobody could tell apart: of one zone, kind, carrier and standing, and scaled to the same zones."""

    whose: str
    zone: str
    kind: str
    like: tuple[str, str, float | None]
    scaled_to: frozenset[str]


def _weights(plant: Plant) -> tuple[float, float]:
    """What of its electricity is renewable, and what it emits [kg/kWh]."""
    if plant.kind == "storage":
        return _STORED
    carrier = CARRIERS[plant.carrier or plant.kind]
    grams = carrier.co2_g_per_kwh if plant.co2_g_per_kwh is None else plant.co2_g_per_kwh
    if grams is None:
        raise ValueError(
            f"{plant.channel}: no CO2 factor; {carrier.name} has none that is published, so the site must state it"
        )
    return carrier.renewable, grams / 1000.0


def _follows(hidden: np.ndarray, wanted: np.ndarray) -> bool:
    """Whether some combination of the equations holds wanted unknowns and none of the hidden ones."""
    if not wanted.size:
        return False
    both = np.hstack([hidden, wanted])
    return bool(_rank(both) > _rank(hidden))


def _rank(table: np.ndarray) -> int:
    return int(np.linalg.matrix_rank(table)) if table.size else 0


def _below(name: str, areas: Sequence[Area]) -> frozenset[str]:
    """The area and everything in it."""
    within = {area.name for area in areas if area.parent == name}
    return frozenset([name]).union(*(_below(each, areas) for each in within))
