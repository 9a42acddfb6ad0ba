"""Making a scenario ready: each of its sites changed, held against its grid, and put beside its window."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from scenarios.elsewhere.elsewhere import Elsewhere
from scenarios.file.compose import composed
from scenarios.file.declared import contradictions
from scenarios.file.elements import named, on_net
from scenarios.file.on_site import site_problems
from scenarios.file.read import ScenarioDraft, site_draft
from scenarios.file.scenario import Scenario
from scenarios.rehearsal.csv_window import csv_window_problems
from scenarios.rehearsal.places import ChangedPlaces
from scenarios.rehearsal.rehearsal import Rehearsal
from scenarios.rehearsal.switched import switching_problems
from twin.adapters.site_check import check_on_grid
from twin.check import Checked, check_draft
from twin.domain.problems import BadInput, Problem
from twin.site.read import Draft
from twin.wiring import Progress, Window


def _unseen(_step: str, _share: float) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class _Prepared:
    """A scenario on one site. ``checked``: None where the site itself has a fault, or cannot be read."""

    site: str
    scenario: Scenario
    checked: Checked | None
    problems: tuple[Problem, ...]


def rehearsals(scenario: Scenario, *, grid: Elsewhere | None = None, progress: Progress = _unseen) -> tuple[Rehearsal, ...]:
    """One rehearsal for each site of ``scenario``, in its order; nothing is written.

    Args:
        grid: on which every site, and the scenario with it, is put first (`scenarios.elsewhere`).
        progress: of a grid that was not prepared before, which takes a SimBench grid 10 to 17 s.

    Raises:
        BadInput: with every fault of the scenario on any of its sites.
    """
    if scenario.drill is not None:
        remedy = "regie live --scenario puts it on air, regie drill plays it without you"
        raise BadInput([Problem(scenario.place("drill"), "a drill goes on in the middle of a run", "a scenario", remedy)])
    prepared = [_on_site(scenario, name, grid, progress) for name in scenario.sites]
    problems = _told_once(prepared)
    if problems:
        raise BadInput(problems)
    return tuple(_rehearsal(each, alone=len(prepared) == 1) for each in prepared)


def rehearsal_problems(
    draft: ScenarioDraft, *, grid: Elsewhere | None = None, progress: Progress = _unseen
) -> tuple[Problem, ...]:
    """Every fault of a scenario's files and of what they change, as far as they could be read; ``grid`` as in `rehearsals`."""
    scenario = draft.scenario
    on_sites = _told_once([_on_site(scenario, name, grid, progress, windowed=draft.windowed) for name in scenario.sites])
    return tuple(dict.fromkeys((*draft.problems, *on_sites)))


def _told_once(prepared: Iterable[_Prepared]) -> tuple[Problem, ...]:
    return tuple(dict.fromkeys(problem for each in prepared for problem in each.problems))


def _rehearsal(prepared: _Prepared, *, alone: bool) -> Rehearsal:
    if prepared.checked is None:
        raise AssertionError(f"site {prepared.site!r} was not checked, and no fault says why")
    scenario, ready = prepared.scenario, prepared.checked.ready()
    name = scenario.name if alone else f"{scenario.name}@{ready.site.name}"
    return Rehearsal(name, scenario, ready, Window(scenario.window.start, scenario.window.ticks))


def _on_site(scenario: Scenario, name: str, grid: Elsewhere | None, progress: Progress, *, windowed: bool = True) -> _Prepared:
    try:
        draft = site_draft(scenario, name)
        if draft.problems or not draft.site.whole:
            return _Prepared(name, scenario, None, check_draft(draft, progress=progress, rows=False).problems)
        if grid is not None:
            scenario, draft = grid(scenario, draft, progress)
    except BadInput as refused:
        return _Prepared(name, scenario, None, refused.problems)
    scenario, problems = _by_index(scenario, draft, progress)
    problems += site_problems(scenario, draft.site)
    if windowed:
        problems += csv_window_problems(scenario, draft.site)
    changed = composed(scenario, draft.site)
    places = ChangedPlaces(draft.places.file, draft.places.lines, draft.places.content, changed.origins, scenario.place)
    checked = check_draft(Draft(changed.site, places, ()), progress=progress, rows=False)
    problems += checked.problems
    if checked.on_grid.net is not None:
        problems += switching_problems(scenario, checked.on_grid.net)
    return _Prepared(name, scenario, checked, problems)


def _by_index(scenario: Scenario, draft: Draft, progress: Progress) -> tuple[Scenario, tuple[Problem, ...]]:
    """The scenario with the indices of the site's grid for names; its growth adds no element that could be named."""
    if not named(scenario):
        return scenario, ()
    net = check_on_grid(draft, progress=progress, rows=False).net
    if net is None:
        return scenario, ()  # why there is none is told when the changed site is checked
    scenario, problems = on_net(scenario, net)
    return scenario, problems + contradictions(scenario)
