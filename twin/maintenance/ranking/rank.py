"""From assessed assets to the ranking: what each action avoids, when it may be done, what crew and money allow, and why not."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from twin.boxes.maintenance.risk.choice import Choice, WhyNot, choose
from twin.boxes.maintenance.risk.consequence import consequence
from twin.boxes.maintenance.risk.interventions import (
    AssetRisk,
    Effect,
    Intervention,
    present_chf,
    ranked,
    risk_avoided_chf,
    yearly_failures,
    yearly_failures_after,
)
from twin.maintenance.ranking.assess import Assessed, Known, cause_name, failure_of
from twin.maintenance.ranking.outage_effects import NO_CLOSURE
from twin.maintenance.ranking.ranked import Consequence, Excluded, FreeWindow, Item, Said, Switching
from twin.site.maintenance import Action

NO_WINDOW = "no_free_window"


@dataclass(frozen=True)
class Slot:
    """When an action may be done. ``window``: None for never in the hours looked at; ``known``: whether any could be."""

    window: FreeWindow | None
    excluded: tuple[Excluded, ...]
    known: bool = True


FindSlot = Callable[[Assessed, Action], Slot]


@dataclass(frozen=True)
class Candidate:
    """One action at one asset, before anything is chosen."""

    assessed: Assessed
    action: Action
    cause: Said
    slot: Slot
    intervention: Intervention


@dataclass(frozen=True)
class Means:
    """What there is for one plan: person hours by skill, money [CHF]."""

    skill_h: Mapping[str, float]
    budget_chf: float

    @property
    def crew_h(self) -> float:
        """All hours together."""
        return math.fsum(self.skill_h.values())

    def with_crew_h(self, crew_h: float) -> Means:
        """The same skills, in proportion, with so many hours in all."""
        share = crew_h / self.crew_h if self.crew_h > 0.0 else 0.0
        return Means({skill: share * hours for skill, hours in self.skill_h.items()}, self.budget_chf)


def candidates(assessed: Iterable[Assessed], known: Known, find_slot: FindSlot) -> tuple[Candidate, ...]:
    """Every action that has a cause at its asset."""
    found = []
    for one in assessed:
        mine: dict[str, Candidate] = {}
        for action in known.table.actions:
            causes = [cause for cause in one.causes if cause_name(cause) in action.causes]
            if one.asset.kind in action.kinds and causes:
                slot = find_slot(one, action)
                mine[action.action] = Candidate(one, action, causes[0], slot, _intervention(one, action, known, slot))
        found += [_in_order(each, mine) for each in mine.values()]
    return tuple(found)


def _in_order(one: Candidate, beside: Mapping[str, Candidate]) -> Candidate:
    """A look at what is believed comes before the large work; the work then avoids what the look leaves."""
    first = beside.get(one.action.after or "")
    if first is None:
        return one
    left_chf = max(one.intervention.risk_avoided_chf - first.intervention.risk_avoided_chf, 0.0)
    return replace(one, intervention=replace(one.intervention, after=first.intervention.id, risk_avoided_chf=left_chf))


def _intervention(one: Assessed, action: Action, known: Known, slot: Slot) -> Intervention:
    row = known.table.class_of(one.asset.kind)
    return Intervention(
        id=f"{one.asset.asset}:{action.action}",
        asset=one.asset.asset,
        action=action.action,
        cost_chf=row.replace_chf if action.cost_chf is None else action.cost_chf,
        crew_h=action.crew_h,
        risk_avoided_chf=max(avoided_chf(one, action, known), 0.0),
        horizon_y=known.table.horizon_years,
        skill=action.skill,
        spare=one.asset.asset if action.uses_spare else "",
        blocked=NO_WINDOW if action.outage and slot.known and slot.window is None else "",
    )


def effect_of(action: Action) -> Effect:
    """What the action does to an asset, as the site file says."""
    health_after = math.nan if action.health_after is None else action.health_after
    return Effect(
        removes=action.removes,
        health_after=health_after,
        renews=action.renews,
        finds=action.finds,
        mends=action.mends,
    )


def avoided_chf(one: Assessed, action: Action, known: Known) -> float:
    """CHF of risk that the action avoids over the horizon: fewer failures, and cheaper ones with a spare or without PCB."""
    table, effect = known.table, effect_of(action)
    avoided = risk_avoided_chf(one.risk, effect, horizon_y=table.horizon_years, discount_percent=table.discount_percent)
    cheaper = one.risk.failure_chf - cost_after_chf(one, action, known)
    if cheaper == 0.0:
        return avoided
    years = np.arange(table.horizon_years, dtype=float)
    failures = yearly_failures_after(one.risk, effect, start=0.0, years=years)
    return avoided + present_chf(failures * cheaper, discount_percent=table.discount_percent)


def cost_after_chf(one: Assessed, action: Action, known: Known) -> float:
    """What one failure costs once the action is done [CHF]: less with a spare at hand or without PCB."""
    if not (action.spare_ready or action.cures_pcb):
        return one.risk.failure_chf
    row = known.table.class_of(one.asset.kind)
    spare = action.spare_ready or bool(one.asset.spares)
    failure = failure_of(one.asset, known, row, spare=spare, pcb=0.0 if action.cures_pcb else None)
    total = consequence(failure, known.values).total_chf
    return 0.0 if math.isnan(total) else total


def yearly_rate(risk: AssetRisk) -> float:
    """Failures per year, this year, if nothing is done."""
    return float(yearly_failures(risk, years=np.zeros(1))[0])


def items(found: Sequence[Candidate], means: Means, spares: Mapping[str, int]) -> tuple[tuple[Item, ...], Choice]:
    """Every candidate in the order of CHF avoided per CHF spent, with its place in the plan or why it has none."""
    choice = choose(
        [candidate.intervention for candidate in found],
        crew_h=means.crew_h,
        budget_chf=means.budget_chf,
        skill_h=means.skill_h,
        spares=spares,
    )
    why = {left.id: reason for left, reason in choice.left_out}
    by_id = {candidate.intervention.id: candidate for candidate in found}
    order = [by_id[one.id] for one in ranked(candidate.intervention for candidate in found)]
    return tuple(_item(one, at, why.get(one.intervention.id)) for at, one in enumerate(order, start=1)), choice


def _item(candidate: Candidate, rank: int, why: WhyNot | None) -> Item:
    one, action, work = candidate.assessed, candidate.action, candidate.intervention
    rate = yearly_rate(one.risk)
    return Item(
        id=work.id,
        rank=rank,
        asset=one.asset.asset,
        title=one.asset.title,
        kind=one.asset.kind,
        element=one.asset.element,
        place=one.asset.place,
        action=action.action,
        cause=candidate.cause,
        parts=(*action.parts, *one.asset.parts),
        skill=action.skill,
        crew_h=action.crew_h,
        cost_chf=work.cost_chf,
        health=one.health.score,
        pof_per_year=rate,
        risk_chf=rate * one.risk.failure_chf,
        risk_avoided_chf=work.risk_avoided_chf,
        ratio=work.ratio,
        confidence=one.confidence,
        unknown=one.unknown,
        status="chosen" if why is None else "left_out",
        why_not=None if why is None else said(why),
        year=0 if why is None else None,
        needs_outage=action.outage,
        duration_h=action.duration_h,
        window=candidate.slot.window,
        excluded=candidate.slot.excluded,
        switching=_switching(one) if action.outage else (),
        consequence=_consequence(one),
        evidence=one.causes,
    )


def said(why: WhyNot) -> Said:
    """A reason with plain figures, as JSON has them: what is not finite is None."""
    return Said(f"why_not.{why.code}", {name: _plain(value) for name, value in why.figures.items()})


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return list(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _switching(one: Assessed) -> tuple[Switching, ...]:
    """The planned outage: first the closure that stands in, then the asset goes."""
    if not one.asset.on_grid:
        return ()
    closure = NO_CLOSURE if one.effect is None else one.effect.closure
    first = () if closure == NO_CLOSURE else (Switching(closure, True, one.asset.element),)
    return (*first, Switching(None, False, one.asset.element))


def _consequence(one: Assessed) -> Consequence:
    cost, effect, failure = one.consequence, one.effect, one.failure
    customers = None if math.isnan(failure.customers) else round(failure.customers)
    return Consequence(
        network_chf=_sum(cost.customers_chf, cost.energy_chf, cost.security_chf),
        safety_chf=_sum(cost.safety_chf),
        environment_chf=_sum(cost.environment_chf),
        repair_chf=_sum(cost.repair_chf),
        total_chf=_sum(cost.total_chf),
        unsupplied_before_mw=_known(failure.unsupplied_before_mw),
        unsupplied_after_mw=_known(failure.unsupplied_after_mw),
        energy_mwh=_known(cost.energy_mwh),
        customers=customers,
        closure=None if effect is None or effect.closure == NO_CLOSURE else effect.closure,
        loading_after_percent=None if effect is None else _known(effect.loading_percent),
        second_mw=None if effect is None else effect.second_mw,
        repair_h=failure.repair_h,
    )


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _sum(*parts: float) -> float:
    """Of what is known; a part that is not is listed among what is unknown."""
    return math.fsum(part for part in parts if math.isfinite(part))
