"""Every fault that a run would refuse, found before it: site file, grid, CSV folder, simulated plant, boxes."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from twin.adapters.ready import Ready
from twin.adapters.site_check import OnGrid, check_on_grid
from twin.contracts.box import BoxCard
from twin.domain.grid import Grid
from twin.domain.problems import BadInput, Problem
from twin.regie.box_order import checked_order
from twin.regie.cast import read_cards
from twin.regie.roles import sources_of
from twin.site import Site, site_path
from twin.site.locate import Places
from twin.site.read import Draft, read_site
from twin.site.site import Unread
from twin.wiring import Progress, box_instance, known_ahead


def _unseen(_step: str, _share: float) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class Checked:
    """A site beside everything that it names, and every fault of it."""

    on_grid: OnGrid
    problems: tuple[Problem, ...]

    def ready(self) -> Ready:
        """The site with the grid and engine that it was held against.

        Raises:
            BadInput: when there is a fault.
        """
        if self.problems:
            raise BadInput(self.problems)
        site, engine, key = self.on_grid.site, self.on_grid.engine, self.on_grid.key
        if engine is None or key is None or not site.whole:
            raise AssertionError(f"{site.file}: something could not be looked at, and no fault says why")
        return Ready(site, self.on_grid.net, engine, key, self.on_grid.built)


def check_draft(draft: Draft, *, progress: Progress = _unseen, rows: bool = True) -> Checked:
    """All faults of a site that was read, or changed after that.

    Starts no process and writes nothing. What cannot be looked at because of another fault shows once that is repaired: a
    check needs the tables that it reads, and boxes and plant need a grid that an engine takes.

    Args:
        rows: as for `twin.adapters.site_check.check_on_grid`.
    """
    on_grid = check_on_grid(draft, progress=progress, rows=rows)
    return Checked(on_grid, _problems(on_grid))


def check_whole_site(
    name_or_path: str | Path, *, progress: Progress = _unseen, rows: bool = True
) -> tuple[Site | None, tuple[Problem, ...]]:
    """The site, None unless every table of it could be read, and all faults of what its file declares and names.

    Args:
        rows: as for `twin.adapters.site_check.check_on_grid`.
    """
    try:
        draft = read_site(site_path(name_or_path))
    except BadInput as refused:
        return None, refused.problems
    return draft.site if draft.site.whole else None, check_draft(draft, progress=progress, rows=rows).problems


def ready_site(name_or_path: str | Path, *, progress: Progress = _unseen) -> Ready:
    """A site that may go on air, with the grid and engine that it was held against; rows of CSV files aside.

    Raises:
        BadInput: with every fault that `check_whole_site` finds, and when there is no such file.
    """
    return check_draft(read_site(site_path(name_or_path)), progress=progress, rows=False).ready()


def _problems(on_grid: OnGrid) -> tuple[Problem, ...]:
    problems = on_grid.problems
    if on_grid.grid is not None:
        with suppress(Unread):
            problems += _plant(on_grid, on_grid.grid)
        with suppress(Unread):
            problems += check_boxes(on_grid.site, on_grid.grid, on_grid.places)
    if on_grid.site.whole and on_grid.site.telemetry.source == "published":
        from twin.national.telemetry import published_problems

        problems += published_problems(on_grid.site, on_grid.places)
    return tuple(dict.fromkeys(problems))


def _plant(on_grid: OnGrid, grid: Grid) -> tuple[Problem, ...]:
    site = on_grid.site
    # Without profiles there is no life to simulate: a fault of the file, reported there, and so is a pump at no load.
    pumps = on_grid.places("plant", "heat_pumps")
    if site.telemetry.source != "plant" or not site.grid.profiled or any(p.place == pumps for p in on_grid.problems):
        return ()
    from twin.plant.plant import plant_problems

    return plant_problems(site, on_grid.net, grid, on_grid.places)


def check_boxes(site: Site, grid: Grid, places: Places) -> tuple[Problem, ...]:
    """Faults of the boxes' configurations, cards and needs: every box is made once, here, as a run makes it."""
    context, layout = site.context("", grid.to_bytes()), site.layout()
    cards: dict[str, BoxCard] = {}
    found: dict[Problem, list[int]] = {}
    for i, box in enumerate(site.boxes):
        # A box off the list is never imported, and like a doubled name it is a fault of the file, reported there.
        if box.use not in site.boxes_allowed or box.name in cards:
            continue
        try:
            made = read_cards([box_instance(box)], lambda name: replace(context, instance=name), layout, site.boxes_allowed)
            cards[box.name] = made[box.name].seat.card
        except BadInput as refused:
            for problem in refused.problems:
                found.setdefault(problem, []).append(i)
    if found or len(cards) < len(site.boxes):
        # What several boxes refuse alike is a fault of the site; one box's own carries its line.
        return tuple(
            replace(problem, place=f"{places('boxes', at[0])}: {problem.place}") if len(at) == 1 else problem
            for problem, at in found.items()
        )
    # Needs and cycles only show among all boxes: one that is missing would make faults of those that rely on it.
    champions = {box.name for box in site.boxes if box.role == "champion"}
    if any(box.role in ("shadow", "reserve") and box.shadows not in champions for box in site.boxes):
        return ()  # a fault of the file, reported there
    instances, ahead = map(box_instance, site.boxes), known_ahead(site, outlook=site.telemetry.source == "plant")
    try:
        checked_order(sources_of(instances, cards, layout, ahead, called_up=True))
    except BadInput as refused:
        return refused.problems
    return ()
