"""What is told and what is held back: figures are admitted one by one, the most wanted first, while nothing follows.

What may be told at all depends on what the site declares and on nothing that is measured. A silent meter can leave a figure
out, for a sum of what answers may be of one plant; it never lets another one in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache

from twin.domain.time import QUARTER_HOUR
from twin.regie.public_rule import Area, Held, Plant, Rule, group_held, live_held, plants_held
from twin.regie.public_solve import Figure, Outsider

_FORESEEN = ("ahead", "ahead_parts")
_KINDS = {
    "sun": ("pv",),
    "ahead_parts": ("pv", "hydro", "other"),
    "parts": ("pv", "hydro", "other", "storage"),
    "powers": ("pv", "hydro", "other", "storage"),
}
"""Figure -> kinds of plants that it tells one by one."""


@dataclass(frozen=True)
class Wish:
    """What the site would like to show.

    Attributes:
        root: the town. ``zones``: those within it whose share is shown, in this order.
        group: the zone whose powers are shown. ``plant``: the zone of the one plant shown by name.
        interval: of publication.
    """

    root: str
    zones: tuple[str, ...] = ()
    group: str | None = None
    plant: str | None = None
    interval: timedelta = timedelta(hours=1)


@dataclass(frozen=True)
class Verdict:
    """Whether a figure is public, and how finely.

    Attributes:
        figure: of `twin.regie.public_solve.FIGURES`. ``resolution``: of its intervals, which begin on the clock.
        held: why it is not told; None when it is. ``coarse``: why it is not told by the quarter hour, None where it is.
        part: what follows all the same, by itself or with what was admitted before: a few plants' part of the consumption.
    """

    figure: str
    zone: str
    resolution: timedelta
    held: Held | None
    coarse: Held | None = None
    part: Held | None = None

    @property
    def told(self) -> bool:
        """Whether it is public."""
        return self.held is None


@dataclass(frozen=True)
class Rulebook:
    """What the site declares, and what follows from it."""

    areas: tuple[Area, ...]
    plants: tuple[Plant, ...]
    rule: Rule
    wish: Wish

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Every figure that the site would like to show, in the order in which they were admitted or held back."""
        return _verdicts(self, frozenset())

    def verdict(self, figure: str, zone: str) -> Verdict | None:
        """Of one figure; None when nobody would like to show it."""
        return next((each for each in self.verdicts if (each.figure, each.zone) == (figure, zone)), None)

    def told(self, figure: str, zone: str, silent: frozenset[str] | None = frozenset()) -> bool:
        """Whether a figure may be told of a quarter hour.

        Args:
            silent: channels of plants that did not answer in it; None where nobody knows, so that it may have been all but one.
        """
        told = [{(v.figure, v.zone) for v in _verdicts(self, each) if v.told} for each in (frozenset(), silent)]
        return all((figure, zone) in each for each in told)


@lru_cache(maxsize=256)
def _verdicts(book: Rulebook, silent: frozenset[str] | None) -> tuple[Verdict, ...]:
    rule = replace(book.rule, plants=len(book.plants) + 1) if silent is None else book.rule
    plants = [plant for plant in book.plants if plant.channel not in (silent or ())]
    wish, by_name = book.wish, {area.name: area for area in book.areas}
    outsider = Outsider(book.areas, plants, wish.plant, rule)
    coarse = live_held(by_name[wish.root], rule)
    admitted: list[Figure] = []
    found = []
    for figure in _wanted(wish):
        held = _held_alone(figure, wish, by_name, plants, rule, coarse) or outsider.finds([*admitted, figure])
        part = None
        if held is None:
            known = outsider.finds_part(admitted) if admitted else None
            admitted.append(figure)
            part = outsider.finds_part([figure] if known else admitted)
        of_town = figure.zone == wish.root and figure.name in ("share", "co2", "parts", "powers")
        why = coarse if of_town else Held("foreseen_once") if figure.name in _FORESEEN else Held("hours_only")
        found.append(Verdict(figure.name, figure.zone, wish.interval if why else QUARTER_HOUR, held, why, part))
    return tuple(found)


def _wanted(wish: Wish) -> Iterator[Figure]:
    """The town's share, which is what the page is for; the plant, whose owner wants it; the others by how many they are for."""
    yield Figure("share", wish.root)
    if wish.plant is not None:
        yield Figure("plant", wish.plant)
    if wish.group is not None:
        yield Figure("load", wish.group)
    for zone in wish.zones:
        yield Figure("share", zone)
    yield Figure("ahead", wish.root)
    yield Figure("co2", wish.root)
    yield Figure("parts", wish.root)
    yield Figure("ahead_parts", wish.root)
    if wish.group is not None:
        yield Figure("sun", wish.group)
    yield Figure("powers", wish.root)


def _held_alone(
    figure: Figure, wish: Wish, areas: dict[str, Area], plants: Sequence[Plant], rule: Rule, coarse: Held | None
) -> Held | None:
    """What speaks against a figure by itself."""
    if figure.name == "plant":
        behind = [plant for plant in plants if plant.channel in areas[figure.zone].references]
        missing = [plant.channel for plant in behind if not plant.consented]
        return Held("no_consent", {"plants": missing}) if missing or not behind else None
    held = group_held(areas[figure.zone], rule)
    if held is not None or figure.name not in _KINDS:
        return held
    if figure.name == "powers" and coarse is not None:
        return coarse
    return _few_plants(figure.zone, _KINDS[figure.name], wish, areas, plants, rule)


def _few_plants(
    zone: str, kinds: Sequence[str], wish: Wish, areas: dict[str, Area], plants: Sequence[Plant], rule: Rule
) -> Held | None:
    """Why the production of a zone may not be told: by each kind and carrier, and by those its photovoltaics is scaled from.

    What an outsider knows of a plant shown by name is taken away first.
    """
    inside = [plant for plant in plants if _holds(zone, plant.zone, areas) and plant.zone != wish.plant]
    likes = dict.fromkeys(plant.like for plant in inside if plant.kind in kinds)
    groups = [[plant for plant in inside if plant.like == like] for like in likes]
    groups.append([plant for plant in plants if plant.channel in areas[zone].references and plant.zone != wish.plant])
    return next((held for group in groups if (held := plants_held(group, rule)) is not None), None)


def _holds(zone: str, other: str | None, areas: dict[str, Area]) -> bool:
    while other is not None and other != zone:
        other = areas[other].parent
    return other == zone
