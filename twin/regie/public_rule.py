"""Who is a crowd: the areas and plants that public figures are made of, and how many must stand behind one.

Source: none binding. No Swiss threshold for load data is published; k and the largest share are those of docs/decisions/0041.
Of few plants the usual frequency and dominance rule of official statistics is taken (A. Hundepool et al., Statistical
Disclosure Control, 2012, chapter 4).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

LIVE_CROWDS = 10
LIVE_SHARE = 3
"""Quarter hours are told of ten times the fewest customers, the largest of whom has a third of the usual share: over a year
somebody with 15 % is most of many quarter hours. All else is told as means over an hour or more, when they are over."""


@dataclass(frozen=True)
class Rule:
    """The site's limits.

    Attributes:
        k: fewest customers behind a figure of consumption. ``max_share``: largest part of its annual energy for one.
        plants: fewest plants without consent behind a figure of production; ``max_plant_share``: of their size, for one.
    """

    k: int = 15
    max_share: float = 0.15
    plants: int = 3
    max_plant_share: float = 0.5


@dataclass(frozen=True)
class Moved:
    """Customers whom new bounds of a zone took in, and whom they left out."""

    joined: int
    left: int


@dataclass(frozen=True)
class Beside:
    """The fewest customers, and the metered plants without consent, that stand together beside the lines to a zone."""

    customers: int
    largest_share: float
    plants: int = 0

    def crowd(self, rule: Rule) -> bool:
        """Whether nobody among them is alone with what the zone's share tells."""
        enough = self.customers >= rule.k and self.largest_share <= rule.max_share
        return enough and (self.plants == 0 or self.plants >= rule.plants)


@dataclass(frozen=True)
class Area:
    """A zone, as the rule sees it.

    Attributes:
        customers: declared, of all within, whether or not their meters answer.
        energy: annual consumption of all within, in any unit that all areas share; NaN unknown.
        largest_share: of the largest customer, of that energy; None where nobody declared it.
        formerly: who moved when its bounds did, from each bounds within which it was published in the last twelve months.
        references: channels of the plants that its photovoltaics are scaled from.
        beside: who takes power from the way to it; None where nobody declared it, so that it may be one alone.
    """

    name: str
    parent: str | None
    customers: int
    energy: float
    largest_share: float | None = None
    formerly: tuple[Moved, ...] = ()
    references: tuple[str, ...] = ()
    beside: Beside | None = None


@dataclass(frozen=True)
class Plant:
    """A metered plant or storage; ``zone``: the smallest that holds it. ``size``: compared only with its like.

    Attributes:
        kind: of `twin.origin.traced.KINDS`.
        consented: its owner's consent is recorded.
        carrier: of `twin.domain.carriers`, where the kind is "other". ``co2_g_per_kwh``: None as published for the carrier.
    """

    channel: str
    zone: str
    kind: str
    size: float
    consented: bool = False
    carrier: str = ""
    co2_g_per_kwh: float | None = None

    @property
    def like(self) -> tuple[str, str, float | None]:
        """Plants that no share and no intensity tells apart; of one kind, different carriers are weighed differently."""
        return self.kind, self.carrier, self.co2_g_per_kwh


@dataclass(frozen=True)
class Held:
    """Why something is not told: a code, and what a sentence about it needs."""

    reason: str
    params: Mapping[str, Any] = field(default_factory=dict)


def group_held(area: Area, rule: Rule) -> Held | None:
    """Why nothing about an area's consumption may be told, looking at itself alone."""
    if area.customers < rule.k:
        return Held("too_few_customers", {"customers": area.customers, "k": rule.k})
    if area.largest_share is None:
        return Held("largest_customer_not_declared")
    if area.largest_share > rule.max_share:
        return Held("one_stands_out", {"share": area.largest_share, "limit": rule.max_share})
    few = [count for moved in area.formerly for count in (moved.joined, moved.left) if 0 < count < rule.k]
    if few:
        return Held("bounds_moved_by_few", {"customers": min(few), "k": rule.k})
    return None


def live_held(area: Area, rule: Rule) -> Held | None:
    """Why an area's quarter hours may not be told, while the means of its hours may."""
    enough, largest = LIVE_CROWDS * rule.k, round(rule.max_share / LIVE_SHARE, 9)
    if area.customers < enough:
        return Held("too_few_for_quarter_hours", {"customers": area.customers, "k": enough})
    if area.largest_share is None or area.largest_share > largest:
        return Held("one_stands_out_in_quarter_hours", {"share": area.largest_share, "limit": largest})
    return None


def plants_held(plants: Iterable[Plant], rule: Rule) -> Held | None:
    """Why the production of these plants together may not be told: those without consent must be several, none of them most."""
    protected = [plant for plant in plants if not plant.consented]
    if not protected:
        return None
    if len(protected) < rule.plants:
        return Held("too_few_plants", {"plants": [plant.channel for plant in protected], "limit": rule.plants})
    largest, total = max(protected, key=lambda plant: plant.size), sum(plant.size for plant in protected)
    share = largest.size / total if total > 0.0 else 1.0
    if not share <= rule.max_plant_share:
        return Held("one_plant_dominates", {"plants": [largest.channel], "share": share, "limit": rule.max_plant_share})
    return None


@dataclass(frozen=True)
class Cell:
    """Customers whom no figure tells apart, and the most that one of them may have of their annual energy."""

    customers: int
    energy: float
    largest: float

    def crowd(self, rule: Rule) -> bool:
        """Whether a figure about these alone may be told; never where their energy is unknown."""
        return self.customers >= rule.k and self.energy > 0.0 and self.largest <= rule.max_share * self.energy

    @classmethod
    def of(cls, cells: Sequence[Cell]) -> Cell:
        """Several together."""
        customers, energy = sum(cell.customers for cell in cells), sum(cell.energy for cell in cells)
        return cls(customers, energy, max((cell.largest for cell in cells if cell.customers), default=0.0))


def own_cells(areas: Sequence[Area]) -> dict[str, Cell]:
    """By area, the customers who are in it and in no smaller one.

    The largest customer of an area may be any of them, so each cell is given the largest of every area that holds it.
    """
    by_name = {area.name: area for area in areas}
    children: dict[str, list[Area]] = {area.name: [] for area in areas}
    for area in areas:
        if area.parent is not None:
            children[area.parent].append(area)
    cells = {}
    for area in areas:
        energy = area.energy - sum(child.energy for child in children[area.name])
        customers = area.customers - sum(child.customers for child in children[area.name])
        cells[area.name] = Cell(customers, max(energy, 0.0), min(_largest(each) for each in _up(area, by_name)))
    return cells


def _largest(area: Area) -> float:
    return math.inf if area.largest_share is None else area.largest_share * area.energy


def _up(area: Area, by_name: Mapping[str, Area]) -> list[Area]:
    """The area and all that hold it."""
    found = [area]
    while found[-1].parent is not None:
        found.append(by_name[found[-1].parent])
    return found
