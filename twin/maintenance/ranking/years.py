"""A budget across years: which of the proposals when, where not everything can be done at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from twin.boxes.maintenance.risk.interventions import yearly_failures, yearly_failures_after
from twin.boxes.maintenance.risk.years import Candidate as YearCandidate
from twin.boxes.maintenance.risk.years import plan_years
from twin.maintenance.ranking.assess import Known
from twin.maintenance.ranking.rank import Candidate, Means, cost_after_chf, effect_of
from twin.maintenance.ranking.ranked import Item, Year


def across_years(
    found: Sequence[Candidate], items: Sequence[Item], means: Means, known: Known, years: int
) -> tuple[tuple[Item, ...], tuple[Year, ...]]:
    """The items with the year that each is planned for, and what each year takes.

    Every one of them has the crew and the money of this plan; risk is counted over the whole horizon, in whose later years
    nothing is done. What has no free window this week may have one in the rest of the year.
    """
    horizon = max(years, known.table.horizon_years)
    candidates = [_year_candidate(one, known, horizon) for one in found]
    paid = np.arange(horizon) < years
    plan = plan_years(
        candidates,
        budget_chf=np.where(paid, means.budget_chf, 0.0),
        crew_h=np.where(paid, means.crew_h, 0.0),
        discount_percent=known.table.discount_percent,
    ).planned
    dated = tuple(replace(item, year=plan.year_of.get(item.id)) for item in items)
    gain = {one.id: one.before_chf - one.after_chf for one in candidates}
    listed = []
    for year in range(years):
        ids = tuple(item.id for item in dated if item.year == year)
        avoided = sum(float(gain[id_][year].sum()) for id_ in ids)
        listed.append(Year(known.as_of.year + year, ids, float(plan.cost_chf[year]), float(plan.crew_h[year]), avoided))
    return dated, tuple(listed)


def _year_candidate(one: Candidate, known: Known, years: int) -> YearCandidate:
    risk, effect = one.assessed.risk, effect_of(one.action)
    after_chf = cost_after_chf(one.assessed, one.action, known)
    at = np.arange(years, dtype=float)
    before = yearly_failures(risk, years=at) * risk.failure_chf
    after = np.stack(
        [
            yearly_failures_after(risk, effect, start=start, years=at) * np.where(at < start, risk.failure_chf, after_chf)
            for start in at
        ]
    )
    work = one.intervention
    return YearCandidate(
        id=work.id, asset=work.asset, cost_chf=work.cost_chf, crew_h=work.crew_h, before_chf=before, after_chf=after
    )
