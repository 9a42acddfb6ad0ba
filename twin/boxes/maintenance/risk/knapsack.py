"""The knapsack itself: a Pyomo model, solved by HiGHS, and asked again with one intervention forced in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from twin.boxes.maintenance.risk.interventions import Intervention

HIGHS = {
    "output_flag": False,
    "threads": 1,
    "parallel": "off",
    "random_seed": 0,
    "mip_rel_gap": 0.0,
    "mip_abs_gap": 1e-6,  # CHF
    "mip_feasibility_tolerance": 1e-9,
    "primal_feasibility_tolerance": 1e-9,
}
"""One thread and no gap: the answer is the optimum, and the same whenever it is asked."""
CLOSE = {"mip_rel_gap": 5e-3, "mip_max_nodes": 50}
"""For plans of many years, whose last half per cent of gain takes minutes and moves what lies within the error of any risk.
Nodes and not the clock end a search, so that the answer is the same on any machine; how close it is proved to be is told."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What there is: hours of crew [h], money [CHF], hours by skill [h], stock by part."""

    crew_h: float
    budget_chf: float
    skill_h: Mapping[str, float]
    spares: Mapping[str, int]

    def hours_of(self, skill: str) -> float:
        """Hours of crew that has ``skill``: all of them where nothing else is said."""
        return self.skill_h.get(skill, self.crew_h)


class Knapsack:
    """One set of candidates; limits and forced ones may change from solve to solve."""

    def __init__(self, interventions: Sequence[Intervention], limits: Limits) -> None:
        self._limits = limits
        self._by_id = {one.id: one for one in interventions}
        self._open = tuple(one.id for one in interventions if not any(link.blocked for link in self.chain(one.id)))
        self._model = self._build()
        self._solver = solver()

    def chain(self, id_: str) -> Iterator[Intervention]:
        """The intervention and all that must be chosen for it, itself first."""
        one = self._by_id[id_]
        yield one
        while one.after:
            one = self._by_id[one.after]
            yield one

    def exclusive(self, one: str, other: str) -> bool:
        """Whether two interventions exclude each other: different actions at one asset, neither of which the other needs."""
        if one == other or self._by_id[one].asset != self._by_id[other].asset:
            return False
        return other not in {link.id for link in self.chain(one)} and one not in {link.id for link in self.chain(other)}

    def solve(self, *, force: str = "", limits: Limits | None = None) -> tuple[str, ...] | None:
        """Ids of the best choice, in the order of the candidates; None where ``force`` can't be had."""
        if force and force not in self._open:
            return None
        model = self._model
        _write(model, limits or self._limits)
        if force:
            model.take[force].setlb(1)
        result = self._solver.solve(model)
        if force:
            model.take[force].setlb(0)
        if result.best_feasible_objective is None:
            return None
        values = result.solution_loader.get_primals([model.take[id_] for id_ in self._open]) if self._open else {}
        return tuple(id_ for id_ in self._open if values[model.take[id_]] > 0.5)

    def shadow_prices(self) -> tuple[float, float]:
        """What one more hour of crew [CHF/h] and one more CHF are worth [CHF], if interventions could be had in parts."""
        model = self._build(relaxed=True)
        _write(model, self._limits)
        duals = solver().solve(model).solution_loader.get_duals()
        # Maximising, HiGHS's dual of an upper limit is the gain per unit of it; its sign depends on how the row was passed.
        return abs(float(duals[model.hours])), abs(float(duals[model.money]))

    def _build(self, *, relaxed: bool = False) -> Any:
        """Maximise risk avoided less cost over the open candidates; limits are parameters."""
        import pyomo.environ as pyo

        model, some = pyo.ConcreteModel(name="crew"), [self._by_id[id_] for id_ in self._open]
        model.take = pyo.Var(list(self._open), domain=pyo.UnitInterval if relaxed else pyo.Binary)
        skills, spares = sorted(self._limits.skill_h), sorted({one.spare for one in some} - {""})
        model.crew_h = pyo.Param(mutable=True, initialize=0.0)
        model.budget_chf = pyo.Param(mutable=True, initialize=0.0)
        model.skill_h = pyo.Param(skills, mutable=True, initialize=0.0)
        model.stock = pyo.Param(spares, mutable=True, initialize=0.0)
        taken = [(one, model.take[one.id]) for one in some]
        # Rows never lack a variable, even without candidates: Pyomo would refuse a constant one.
        model.nothing = pyo.Var(bounds=(0.0, 0.0))
        model.hours = pyo.Constraint(expr=sum(one.crew_h * take for one, take in taken) + model.nothing <= model.crew_h)
        model.money = pyo.Constraint(expr=sum(one.cost_chf * take for one, take in taken) + model.nothing <= model.budget_chf)
        model.skills, model.parts, model.links = pyo.ConstraintList(), pyo.ConstraintList(), pyo.ConstraintList()
        for skill in skills:
            used = sum(one.crew_h * take for one, take in taken if one.skill == skill)
            model.skills.add(used + model.nothing <= model.skill_h[skill])
        for spare in spares:
            model.parts.add(sum(take for one, take in taken if one.spare == spare) <= model.stock[spare])
        for one, take in taken:
            if one.after:
                model.links.add(take <= model.take[one.after])
        for first, second in self._rivals():
            model.links.add(model.take[first] + model.take[second] <= 1)
        model.worth = pyo.Objective(expr=sum(one.net_chf * take for one, take in taken) + model.nothing, sense=pyo.maximize)
        return model

    def _rivals(self) -> Iterator[tuple[str, str]]:
        by_asset: dict[str, list[str]] = {}
        for id_ in self._open:
            by_asset.setdefault(self._by_id[id_].asset, []).append(id_)
        for ids in by_asset.values():
            yield from (pair for pair in combinations(ids, 2) if self.exclusive(*pair))


def solver(*, close: bool = False) -> Any:
    """HiGHS as Pyomo drives it, one thread, leaving the model's own values alone; without a gap, or ``close`` to none."""
    from pyomo.contrib.appsi.solvers import Highs

    highs = Highs()
    highs.highs_options = HIGHS | (CLOSE if close else {})
    highs.config.load_solution = False
    # Only limits and what is forced in change between solves; looking for other changes would take longer than solving.
    update = highs.update_config
    update.check_for_new_or_removed_constraints = False
    update.check_for_new_or_removed_vars = False
    update.check_for_new_or_removed_params = False
    update.check_for_new_objective = False
    update.update_constraints = False
    update.update_named_expressions = False
    update.update_objective = False
    return highs


def _write(model: Any, limits: Limits) -> None:
    model.crew_h.value, model.budget_chf.value = limits.crew_h, limits.budget_chf
    for skill in model.skill_h:
        model.skill_h[skill] = limits.skill_h[skill]
    for spare in model.stock:
        model.stock[spare] = limits.spares.get(spare, 0)
