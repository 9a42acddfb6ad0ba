"""The zones of the town as a tree of rings: the town above, what lies within it below, each with its own traced share.

Names wrap, grow with the reader's type size and are read aloud, because they are text; only the rings are drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.public.pages.places import Places
from dashboard.public.telling import Telling
from twin.contracts.public_snapshot import ZonePart

ZONE_PLACES = 8
DEEPEST = 2  # further levels are drawn as deep as this one


@dataclass(frozen=True)
class Branch:
    """One zone in its place.

    Attributes:
        depth: 0 for the town.
        holds: whether a zone follows that lies within it. ``on``: whether the line of the first level goes on below it.
    """

    zone: ZonePart
    depth: int
    holds: bool
    on: bool


def in_tree(zones: Sequence[ZonePart]) -> list[Branch]:
    """A zone before those within it. One whose parent is not shown stands below the town."""
    known = {zone.name for zone in zones}
    roots = [zone for zone in zones if zone.parent not in known]
    placed: list[tuple[int, ZonePart]] = []

    def place(zone: ZonePart, depth: int) -> None:
        placed.append((depth, zone))
        for inner in zones:
            if inner.parent == zone.name and inner.name != zone.name:
                place(inner, depth + 1)

    for number, zone in enumerate(roots):
        place(zone, 0 if number == 0 else 1)
    depths = [depth for depth, _ in placed]
    return [
        Branch(zone, depth, holds=depths[number + 1 : number + 2] > [depth], on=depth > 0 and 1 in depths[number + 1 :])
        for number, (depth, zone) in enumerate(placed)
    ]


def fill(telling: Telling) -> None:
    """A ring for each zone; a town without any zone to show needs no diagram."""
    tree = in_tree(telling.snapshot.zones)
    telling.show("zones_card", len(tree) > 1)
    for index in range(ZONE_PLACES):
        place = f"z{index}"
        if index < len(tree):
            _zone(telling, place, tree[index])
        else:
            telling.show(place, False)
    left_off = len(tree) - ZONE_PLACES
    telling.put("zones_more", telling.say("zones.more", n=left_off) if left_off > 0 else "")


def _zone(telling: Telling, place: str, branch: Branch) -> None:
    zone = branch.zone
    known = zone.share is not None
    kinds = {f"d{min(branch.depth, DEEPEST)}": True, "none": not known, "holds": branch.holds, "on": branch.on}
    telling.attributes[place] = {"hidden": None, "class": " ".join(["zone", *(kind for kind, it_is in kinds.items() if it_is)])}
    telling.attributes[f"{place}_arc"] = {"stroke-dasharray": f"{100 * (zone.share or 0.0):.1f} 100"}
    telling.text[f"{place}_share"] = telling.percent(zone.share) if known else telling.say("zones.unknown")
    telling.text[f"{place}_name"] = telling.titled(zone.title)
    telling.text[f"{place}_when"] = telling.dated(zone)


def markup(put: Places) -> str:
    """The tree; its lines are the list's own borders."""
    rows = ""
    for index in range(ZONE_PLACES):
        place = f"z{index}"
        arc = put("circle", f"{place}_arc", cx="22", cy="22", r="18", pathLength="100")
        ring = f'<svg viewBox="0 0 44 44" aria-hidden="true"><circle class="track" cx="22" cy="22" r="18"/>{arc}</svg>'
        words = f"<b>{put('span', f'{place}_name')}</b>{put('b', f'{place}_share')}{put('small', f'{place}_when')}"
        rows += put("li", place, f"{ring}<p>{words}</p>")
    content = f'<p>{put.say("zones.lead")}</p><ul class="zones">{rows}</ul>{put("p", "zones_more", class_="muted")}'
    return put.card("zoned", put.title("zoned"), content, "zones_card")
