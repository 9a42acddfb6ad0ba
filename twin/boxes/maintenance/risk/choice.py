"""Which interventions a crew should carry out: the most CHF of risk avoided, less cost, within hours, money, skills and parts.

A small knapsack as a Pyomo model on HiGHS, one thread, without a gap: equal input gives equal answers. Why the others are left
out is asked of the same model by forcing each of them in.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from twin.boxes.maintenance.risk.interventions import Intervention, ranked
from twin.boxes.maintenance.risk.knapsack import Knapsack, Limits
from twin.domain.problems import Problems

EXPLAINED = 50
"""Of those left out, how many are explained by forcing them in, the best ranked first: each costs two solves of about 20 ms.
The others are explained by shadow prices alone."""
_SMALL = 1e-6
"""CHF, hours: below this a difference is arithmetic."""
Figures = dict[str, float | str | bool | tuple[str, ...]]


@dataclass(frozen=True)
class WhyNot:
    """Why one intervention is left out, as a code and figures; words are made elsewhere.

    Codes and their figures:
        "blocked": it can't be done now; ``because``.
        "not_worth_its_cost": ``risk_avoided_chf`` is not above ``cost_chf``.
        "too_large": alone it needs more than there is: ``crew_h``, ``crew_limit_h``, ``cost_chf``, ``budget_chf``.
        "needs_skill": ``skill``, ``crew_h``, ``skill_h`` there is.
        "needs_spare": ``spare``, ``stock`` there is, ``used_by`` those that avoid more with it.
        "needs_other": it comes after ``other``, which can't be done, or the two together are not worth their cost.
        "other_action": ``other`` at the same asset is chosen and avoids more, less cost.
        "crew_hours", "budget": it does not fit beside the chosen; forced in, it pushes out ``displaced``, which avoid more.
            ``short_crew_h``, ``short_chf``: what is missing; ``chf_per_h``: what it avoids, less cost, per hour;
            ``displaced_chf_per_h``: what they do.
    Where it was not forced in, ``shadow_chf_per_h`` and ``shadow_chf_per_chf`` stand instead of ``displaced``: what an hour and
    a CHF are worth to the chosen. Where it was forced in: ``worse_by_chf``, by how much the best plan with it is worse. It
    would have to avoid that much more, or cost that much less, to be as good. For "crew_hours" and "budget",
    ``chosen_with_room``: whether it is chosen once there are ``short_crew_h`` hours and ``short_chf`` CHF more.
    """

    code: str
    figures: Mapping[str, float | str | bool | tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Choice:
    """What to do and what not.

    Attributes:
        chosen: by CHF avoided per CHF spent, the most first. ``left_out``: likewise, each with its reason.
        objective_chf: risk avoided less cost [CHF].
        cost_chf, crew_h, risk_avoided_chf: sums of the chosen.
        chf_per_crew_h: what one more hour of crew is worth [CHF/h], from the relaxed problem. ``chf_per_chf``: one more CHF.
    """

    chosen: tuple[Intervention, ...]
    left_out: tuple[tuple[Intervention, WhyNot], ...]
    objective_chf: float
    cost_chf: float
    crew_h: float
    risk_avoided_chf: float
    chf_per_crew_h: float
    chf_per_chf: float


def choose(
    interventions: Sequence[Intervention],
    *,
    crew_h: float,
    budget_chf: float,
    skill_h: Mapping[str, float] | None = None,
    spares: Mapping[str, int] | None = None,
    explained: int = EXPLAINED,
) -> Choice:
    """The interventions to carry out.

    Actions at the same asset exclude each other, unless one comes after the other; what comes after another needs that one.

    Args:
        interventions: candidates; ids are unique.
        crew_h: hours of all crews [h]. ``budget_chf``: money [CHF].
        skill_h: skill -> hours of crew that has it; a skill that is not named has all of ``crew_h``.
        spares: part -> stock; a part that is not named has none.
        explained: how many of those left out are explained by forcing them in; 0 where nobody asks.

    Raises:
        BadInput: for ids that stand twice, figures that are no finite number or below zero, and an ``after`` that is unknown,
            of another asset, or leads back to itself.
    """
    _check(interventions, crew_h=crew_h, budget_chf=budget_chf)
    limits = Limits(crew_h=crew_h, budget_chf=budget_chf, skill_h=dict(skill_h or {}), spares=dict(spares or {}))
    order = tuple(sorted(interventions, key=lambda one: one.id))
    knapsack = Knapsack(order, limits)
    names = set(knapsack.solve() or ())
    chosen = ranked(one for one in order if one.id in names)
    prices = knapsack.shadow_prices()
    reasons = _Reasons(order, limits, knapsack, chosen, prices)
    left_out = ranked(one for one in order if one.id not in names)
    return Choice(
        chosen=chosen,
        left_out=tuple((one, reasons.why_not(one, force=place < explained)) for place, one in enumerate(left_out)),
        objective_chf=math.fsum(one.net_chf for one in chosen),
        cost_chf=math.fsum(one.cost_chf for one in chosen),
        crew_h=math.fsum(one.crew_h for one in chosen),
        risk_avoided_chf=math.fsum(one.risk_avoided_chf for one in chosen),
        chf_per_crew_h=prices[0],
        chf_per_chf=prices[1],
    )


class _Reasons:
    """Why not this one."""

    def __init__(
        self,
        order: tuple[Intervention, ...],
        limits: Limits,
        knapsack: Knapsack,
        chosen: tuple[Intervention, ...],
        prices: tuple[float, float],
    ) -> None:
        self._by_id = {one.id: one for one in order}
        self._limits, self._knapsack, self._chosen, self._prices = limits, knapsack, chosen, prices
        self._best_chf = math.fsum(one.net_chf for one in chosen)
        self._names = {one.id for one in chosen}

    def why_not(self, one: Intervention, *, force: bool) -> WhyNot:
        """Of what is impossible first, then of what does not pay, then of what does not fit."""
        if one.blocked:
            return WhyNot("blocked", {"because": one.blocked})
        # What must be chosen before it is part of its price, and of its worth.
        chain = [other for other in self._knapsack.chain(one.id) if other.id not in self._names]
        impossible = self._impossible(one, chain)
        if impossible is not None:
            return impossible
        forced = self._knapsack.solve(force=one.id) if force else None
        worse: Figures = {}
        if forced is not None:
            worse["worse_by_chf"] = self._best_chf - math.fsum(self._by_id[name].net_chf for name in forced)
        reason = self._does_not_pay(one, chain) or self._taken(one) or self._does_not_fit(one, chain, forced)
        return WhyNot(reason.code, {**reason.figures, **worse})

    def _does_not_pay(self, one: Intervention, chain: Sequence[Intervention]) -> WhyNot | None:
        if math.fsum(other.net_chf for other in chain) > _SMALL:
            return None
        if one.net_chf > _SMALL:
            return WhyNot("needs_other", {"other": one.after})
        return WhyNot("not_worth_its_cost", {"risk_avoided_chf": one.risk_avoided_chf, "cost_chf": one.cost_chf})

    def _taken(self, one: Intervention) -> WhyNot | None:
        """Where its asset or its part is another's already."""
        rivals = [other for other in self._chosen if self._knapsack.exclusive(one.id, other.id)]
        if rivals:
            rival = max(rivals, key=lambda other: (other.net_chf, other.id))
            return WhyNot("other_action", {"other": rival.id, "other_net_chf": rival.net_chf, "net_chf": one.net_chf})
        used_by = tuple(other.id for other in self._chosen if one.spare and other.spare == one.spare)
        if used_by and len(used_by) >= self._limits.spares.get(one.spare, 0):
            return WhyNot("needs_spare", {"spare": one.spare, "stock": len(used_by), "used_by": used_by})
        return None

    def _impossible(self, one: Intervention, chain: Sequence[Intervention]) -> WhyNot | None:
        """What no choice could hold, even alone."""
        limits = self._limits
        if any(other.blocked for other in chain):
            return WhyNot("needs_other", {"other": one.after})
        crew_h, cost_chf = math.fsum(other.crew_h for other in chain), math.fsum(other.cost_chf for other in chain)
        if crew_h > limits.crew_h + _SMALL or cost_chf > limits.budget_chf + _SMALL:
            size: Figures = {"crew_h": crew_h, "cost_chf": cost_chf}
            return WhyNot("too_large", size | {"crew_limit_h": limits.crew_h, "budget_chf": limits.budget_chf})
        for other in chain:
            if other.crew_h > limits.hours_of(other.skill) + _SMALL:
                there: Figures = {"crew_h": other.crew_h, "skill_h": limits.hours_of(other.skill)}
                return WhyNot("needs_skill", {"skill": other.skill} | there)
            if other.spare and not limits.spares.get(other.spare, 0):
                return WhyNot("needs_spare", {"spare": other.spare, "stock": 0, "used_by": ()})
        return None

    def _does_not_fit(
        self,
        one: Intervention,
        chain: Sequence[Intervention],
        forced: tuple[str, ...] | None,
    ) -> WhyNot:
        limits, chosen = self._limits, self._chosen
        crew_h = math.fsum(other.crew_h for other in chain)
        left_h = limits.crew_h - math.fsum(other.crew_h for other in chosen)
        if one.skill in limits.skill_h:
            of_skill = math.fsum(other.crew_h for other in chosen if other.skill == one.skill)
            left_h = min(left_h, limits.skill_h[one.skill] - of_skill)
        short_h = max(crew_h - left_h, 0.0)
        left_chf = limits.budget_chf - math.fsum(other.cost_chf for other in chosen)
        short_chf = max(math.fsum(other.cost_chf for other in chain) - left_chf, 0.0)
        figures: Figures = {"short_crew_h": short_h, "short_chf": short_chf, "chf_per_h": _per_hour([one])}
        if forced is None:
            figures |= {"shadow_chf_per_h": self._prices[0], "shadow_chf_per_chf": self._prices[1]}
        else:
            displaced = [self._by_id[name] for name in sorted(self._names - set(forced))]
            figures |= {"displaced": tuple(other.id for other in displaced), "displaced_chf_per_h": _per_hour(displaced)}
            more = Limits(
                crew_h=limits.crew_h + short_h,
                budget_chf=limits.budget_chf + short_chf,
                skill_h={name: hours + (short_h if name == one.skill else 0.0) for name, hours in limits.skill_h.items()},
                spares=limits.spares,
            )
            figures["chosen_with_room"] = one.id in (self._knapsack.solve(limits=more) or ())
        return WhyNot("crew_hours" if short_h > _SMALL else "budget", figures)


def _per_hour(some: Sequence[Intervention]) -> float:
    """Risk avoided less cost per hour of crew [CHF/h]; infinite for what needs none, NaN for nothing."""
    hours, net_chf = math.fsum(one.crew_h for one in some), math.fsum(one.net_chf for one in some)
    if not some:
        return float("nan")
    return net_chf / hours if hours > 0.0 else math.copysign(math.inf, net_chf)


def _check(interventions: Sequence[Intervention], *, crew_h: float, budget_chf: float) -> None:
    problems = Problems()
    for name, value in (("crew_h", crew_h), ("budget_chf", budget_chf)):
        if not 0.0 <= value < math.inf:
            problems.add(name, value, "a number from 0", "correct it")
    for id_, count in sorted(Counter(one.id for one in interventions).items()):
        if count > 1:
            problems.add(f"intervention '{id_}'", f"stands {count} times", "once", "give each its own id")
    for one in interventions:
        for name in ("cost_chf", "crew_h", "risk_avoided_chf"):
            value = getattr(one, name)
            if not 0.0 <= value < math.inf:
                place = f"intervention '{one.id}': {name}"
                problems.add(place, value, "a number from 0", "correct it, or leave the intervention out")
    _check_after({one.id: one for one in interventions}, problems)
    problems.raise_if_any()


def _check_after(by_id: Mapping[str, Intervention], problems: Problems) -> None:
    for one in by_id.values():
        before, seen = one, {one.id}
        while before.after:
            place = f"intervention '{one.id}': after"
            if before.after not in by_id or by_id[before.after].asset != one.asset:
                problems.add(place, before.after, "an intervention of the same asset", "correct it")
                break
            before = by_id[before.after]
            if before.id in seen:
                problems.add(place, before.id, "no way back to itself", "remove one `after`")
                break
            seen.add(before.id)
