"""What a box is worth in the three figures: a window with it and without it.

Of a champion: as it is, against its fallback serving all the time. Of a shadow or a standby: in its champion's place, against
as it is. Both runs are whole ones, with plant, proof and dispatch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from scenarios.replay.accidents import with_accidents
from scenarios.replay.replay import both, less
from scenarios.replay.rerun import Rerun, Stretch, Ticks
from twin.domain.problems import BadInput, Problem, Problems
from twin.site import Site
from twin.site.rehearsed import BoxOutage
from twin.wiring import Progress


@dataclass(frozen=True)
class Change:
    """What is held against the site as it is.

    Attributes:
        box: asked about. ``against``: the champion that it replaces; None for a champion, whose fallback serves.
        other: the site of the other run.
    """

    box: str
    against: str | None
    other: Site


def change_of(stretch: Stretch, box: str, against: str | None) -> Change:
    """The other run of ``box``.

    Raises:
        BadInput: naming what is no box, no champion, or not stated.
    """
    site = stretch.ready.site
    check_box(site, box, against)
    if _champion(site, box):
        return Change(box, None, held_back(site, box, stretch))
    champion, other = in_place(site, box, against)
    return Change(box, champion, other)


def check_box(site: Site, box: str, against: str | None) -> None:
    """Whether ``box`` can be held against anything, whatever the window.

    Raises:
        BadInput: as `change_of`.
    """
    if not _champion(site, box):
        in_place(site, box, against)
    elif against is not None:
        limit = "no other box: it is a champion, and its own fallback takes its place"
        raise BadInput([Problem("--against", repr(against), limit, "leave it out")])


def _champion(site: Site, box: str) -> bool:
    return any(entry.name == box and entry.role == "champion" for entry in site.boxes)


def worth(stretch: Stretch, change: Change, progress: Progress, ticks: Ticks) -> dict[str, Any]:
    """The three figures of both runs, what the box earned (with it less without it), and the pinball of its forecast [MW].

    Raises:
        BadInput, JournalUnavailable, KeyboardInterrupt: see `scenarios.replay.rerun.rerun`.
    """
    site = stretch.ready.site
    mine = with_accidents(site, stretch)
    other_site = with_accidents(change.other, stretch, [name for name in (change.box, change.against) if name])
    as_it_is, other = both(stretch, mine, other_site, progress, ticks)
    with_box, without = (as_it_is, other) if change.against is None else (other, as_it_is)
    return {
        "box": change.box,
        "against": change.against or "its fallback",
        "site": site.name,
        "start": stretch.begin.isoformat(),
        "ticks": stretch.ticks,
        "kpis": {
            name: {
                "without_box": dict(kpi.value),
                "with_box": dict(with_box.kpis[name].value),
                "difference": less(with_box.kpis[name], kpi),
            }
            for name, kpi in without.kpis.items()
        },
        "pinball_mw": _pinball(without, with_box, change),
    }


def held_back(site: Site, box: str, stretch: Stretch) -> Site:
    """The site in which ``box`` does not answer in the whole of ``stretch``, so that its fallbacks serve."""
    out = BoxOutage(box=box, at=stretch.begin, until=stretch.end + timedelta(seconds=1))
    return site.model_copy(update={"box_outages": (*site.box_outages, out)})


def in_place(site: Site, box: str, against: str | None) -> tuple[str, Site]:
    """The champion that ``box`` replaces, and the site in which it does: the two exchange their roles.

    Raises:
        BadInput: naming what is no box, no champion, or not stated.
    """
    boxes = {entry.name: entry for entry in site.boxes}
    champions = sorted(name for name, entry in boxes.items() if entry.role == "champion")
    problems = Problems()
    if box not in boxes:
        problems.add("BOX", repr(box), f"one of {', '.join(sorted(boxes))}", "choose one, or add one to the site file")
        problems.raise_if_any()
    champion = against or boxes[box].shadows
    if champion not in champions:
        value = "missing" if champion is None else repr(champion)
        problems.add("--against", value, f"one of the champions {', '.join(champions)}", "name whose place it takes")
        problems.raise_if_any()
    changed = {box: boxes[box].model_copy(update={"role": "champion", "shadows": None})}
    for name, entry in boxes.items():
        if name == champion:
            changed[name] = entry.model_copy(update={"role": boxes[box].role, "shadows": box if boxes[box].shadows else None})
        elif name != box and entry.shadows == champion:
            changed[name] = entry.model_copy(update={"shadows": box})
    return str(champion), site.model_copy(update={"boxes": tuple(changed.get(name, entry) for name, entry in boxes.items())})


def _pinball(without: Rerun, with_box: Rerun, change: Change) -> dict[str, float]:
    """Of what was served in the champion's place; without the box, of whoever stood in."""
    found = {
        "without_box": without.pinball_mw.get(change.against or change.box, math.nan),
        "with_box": with_box.pinball_mw.get(change.box, math.nan),
    }
    if all(map(math.isfinite, found.values())) and found["without_box"] > 0.0:
        found["ratio"] = found["with_box"] / found["without_box"]
    return {name: value for name, value in found.items() if math.isfinite(value)}
