"""The whole ranking of a site: from files and engine to `twin.maintenance.ranking.ranked.Ranked`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from twin.maintenance.ranking.assess import Assessed, assess, own_classes
from twin.maintenance.ranking.gather import Files, Gathered, gather
from twin.maintenance.ranking.own_failures import in_the_light_of
from twin.maintenance.ranking.rank import Candidate, Means, candidates, items, yearly_rate
from twin.maintenance.ranking.ranked import AssetResult, NotAssessed, Ranked, Said, Year
from twin.maintenance.ranking.slots import Slots
from twin.maintenance.ranking.years import across_years
from twin.site import Site


def rank_site(
    site: Site,
    state: Path | None,
    files: Files,
    *,
    now: datetime,
    crew_h: float | None = None,
    budget_chf: float | None = None,
    years: int = 1,
) -> Ranked:
    """Rank what can be done in a site's fleet.

    Args:
        state: of a run, for its history, or None. ``now``: the instant to rank for without a run.
        crew_h, budget_chf: in place of the site file's. ``years``: over which the budget is spread.

    Raises:
        BadInput: see `twin.maintenance.ranking.gather.gather`.
    """
    found = gather(site, state, files, now=now)
    assessed, said = _assessed(found)
    means = _means(found, crew_h, budget_chf)
    slots = Slots.of(site, found.table, found.engine, found.week, found.limits)
    proposed = candidates(assessed, found.known, slots)
    listed, _ = items(proposed, means, _spares(proposed))
    plan: tuple[Year, ...] = ()
    if years > 1:
        listed, plan = across_years(proposed, listed, means, found.known, years)
    return Ranked(
        site=site.name,
        title=site.about.title.model_dump(),
        timezone=site.timezone,
        as_of=found.known.as_of.isoformat(),
        crew_h=means.crew_h,
        budget_chf=means.budget_chf,
        horizon_years=found.table.horizon_years,
        items=listed,
        assets=tuple(sorted(map(_result, assessed), key=lambda one: (-one.risk_chf, one.asset))),
        not_assessed=tuple(
            NotAssessed(row.asset, f"row {row.row}", Said(f"not_assessed.{row.code}", {"value": row.value}))
            for row in found.fleet.left
        ),
        sources=(*found.sources, *said),
        problems=tuple(map(str, found.problems)),
        years=plan,
        titles={asset.asset: asset.titles for asset in found.fleet.assets if asset.titles},
    )


def _assessed(found: Gathered) -> tuple[list[Assessed], tuple[Said, ...]]:
    """Every asset, with its class's constants in the light of the utility's own failures."""
    classes = own_classes(found.table)
    assets = found.fleet.assets
    first = [assess(asset, found.known, classes[asset.kind]) for asset in assets]
    light = in_the_light_of(found.failures.records, first, classes, found.known.as_of)
    if not light.said:
        return first, ()
    return [assess(asset, found.known, light.classes[asset.kind]) for asset in assets], light.said


def _means(found: Gathered, crew_h: float | None, budget_chf: float | None) -> Means:
    crew = found.table.crew
    means = Means(dict(crew.hours), crew.budget_chf)
    means = means if crew_h is None else means.with_crew_h(crew_h)
    return means if budget_chf is None else replace(means, budget_chf=budget_chf)


def _spares(proposed: Sequence[Candidate]) -> dict[str, int]:
    """Stock by asset: an action that takes a spare takes its own asset's."""
    return {one.assessed.asset.asset: one.assessed.asset.spares or 0 for one in proposed if one.action.uses_spare}


def _result(one: Assessed) -> AssetResult:
    asset, rate = one.asset, yearly_rate(one.risk)
    return AssetResult(
        asset=asset.asset,
        title=asset.title,
        kind=asset.kind,
        element=asset.element,
        on_grid=asset.on_grid,
        health=one.health.score,
        pof_per_year=rate,
        failure_chf=one.risk.failure_chf,
        risk_chf=rate * one.risk.failure_chf,
        lower_bound=bool(one.consequence.unknown),
        confidence=one.confidence,
        unknown=one.unknown,
        evidence=one.causes,
    )
