"""One plan: solved within the grid, proven by AC power flow, and what serves when there is no answer.

The ladder: the cheapest plan, within iterations and time; the last plan as far as it can still be followed; plain rules. Every
rung is proven, where there is a grid.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Literal

import numpy as np

from twin.boxes.flexibility.commitment import Announced, Kept, keep_or_switch
from twin.boxes.flexibility.grid.case import Case, Ranges
from twin.boxes.flexibility.grid.case import Plan as Setting
from twin.boxes.flexibility.grid.linear import Linearised
from twin.boxes.flexibility.grid.proof import Proof, prove
from twin.boxes.flexibility.grid.sequential import Settled, Stop, sequential
from twin.boxes.flexibility.ladder import by_rules, followed, volt_watt
from twin.boxes.flexibility.lp.compiled import CompiledModel
from twin.boxes.flexibility.lp.conflict import Conflict, conflicts
from twin.boxes.flexibility.lp.numbers import numbers_of
from twin.boxes.flexibility.lp.problem import Problem, stacked
from twin.boxes.flexibility.lp.rows import NOWHERE, Linear
from twin.boxes.flexibility.lp.solution import Limits, Solution
from twin.boxes.flexibility.response import Response

KEPT = 4
"""Compiled models that a planner keeps: a new device makes another shape, and the old one may come back."""
Rung = Literal["ok", "last_plan", "rules"]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be done.

    Attributes:
        rung: who made it: the solver, the last plan, or the rules.
        p_mw, q_mvar: of every unit, dims (unit, step).
        solution: the solver's answer; without a plan where another rung serves. ``linear``: the grid that it was solved in.
        kept: whether what was announced stands; None where nothing was.
        conflicts: what contradicts what, where nothing at all is possible.
        before, proof: AC power flow of what the units would do by themselves, and of the plan; None without a grid.
        settled: how the linearisations went; None without a grid or a solution.
    """

    rung: Rung
    p_mw: np.ndarray
    q_mvar: np.ndarray
    solution: Solution
    linear: Linear = NOWHERE
    kept: Kept | None = None
    conflicts: tuple[Conflict, ...] = ()
    before: Proof | None = None
    proof: Proof | None = None
    settled: Settled | None = None


@dataclass
class Planner:
    """Plans problems; keeps what was compiled.

    Attributes:
        limits: of every solve. ``stop``: of the linearisations.
        budget_s: wall clock of a plan: the guard behind iterations and nodes, which end it in the normal case.
    """

    limits: Limits = field(default_factory=Limits)
    stop: Stop = field(default_factory=Stop)
    budget_s: float = float("inf")
    _ends: float = float("inf")
    _models: dict[Hashable, CompiledModel] = field(default_factory=dict)

    def compiled(self, problem: Problem) -> CompiledModel:
        """The model of that shape, compiled once and kept; the newest stands last."""
        model = self._models.pop(problem.structure, None) or CompiledModel(problem)
        self._models[problem.structure] = model
        while len(self._models) > KEPT:
            self._models.pop(next(iter(self._models)))
        return model

    def plan(
        self,
        problem: Problem,
        *,
        case: Case | None = None,
        outages: Mapping[str, Case] | None = None,
        last_mw: np.ndarray | None = None,
        announced: Announced | None = None,
        response: Response | None = None,
    ) -> Plan:
        """The cheapest plan that the grid carries, or what serves instead.

        Args:
            case: the grid with everything else that it carries; None: the connection and the problem's own rows alone.
            outages: cases that must hold with the same plan, by name.
            last_mw: the last plan from now on, dims (unit, step); None where there is none.
            announced: what was told to be done, and what another plan must save to be taken instead.
            response: how much of what is asked arrives; None: all of it.
        """
        own = stacked([unit.own_p_mw for unit in problem.parts.units], len(problem.hours))
        response = response or Response(np.ones(len(own)), own)
        before = None if case is None else prove(case, Setting(own, np.zeros_like(own)))
        self.compiled(problem)
        self._ends = monotonic() + self.budget_s  # what is compiled once is no part of a plan's time
        if case is None:
            solution, linear, settled = self.compiled(problem).solve(problem, limits=self._left()), NOWHERE, None
        else:
            solution, linear, settled = self._within(problem, case, outages, response)
        if solution.optimal:
            proof, kept = None if settled is None else settled.proof, None
            if announced is not None:
                solution, kept, proof = self._kept(problem, case, solution, linear, proof, announced, response)
            return Plan(
                rung="ok", p_mw=solution.p_mw, q_mvar=solution.q_mvar, solution=solution, linear=linear, before=before,
                proof=proof, settled=settled, kept=kept,
            )  # fmt: skip
        return self._without(problem, solution, case, before, last_mw)

    def _within(
        self, problem: Problem, case: Case, outages: Mapping[str, Case] | None, response: Response
    ) -> tuple[Solution, Linear, Settled | None]:
        """The plan after as many linearisations as it takes."""
        compiled, found = self.compiled(problem), dict[int, tuple[Solution, Linear]]()
        latest = Solution("not_solved")

        def solve(linearised: Linearised) -> Setting | None:
            nonlocal latest
            linear = response.believed(linearised.programme)
            # What is on and off is settled at the first look at the wires: the later ones move powers alone.
            hold = latest.switched if latest.optimal else None
            latest = compiled.solve(problem, linear, limits=self._left(), warm=bool(found), hold=hold)
            if not latest.optimal:
                return None
            setting = Setting(response.expected(latest.p_mw), latest.q_mvar, objective_chf=latest.cost_chf)
            found[id(setting)] = latest, linear
            settings.append(setting)
            return setting

        settings: list[Setting] = []  # held, so that their ids stay theirs
        settled = sequential(case, solve, ranges=ranges_of(problem), start=_start(problem), outages=outages, stop=self.stop)
        if id(settled.plan) not in found:
            return latest, NOWHERE, None
        return *found[id(settled.plan)], settled

    def _kept(
        self,
        problem: Problem,
        case: Case | None,
        best: Solution,
        linear: Linear,
        proof: Proof | None,
        announced: Announced,
        response: Response,
    ) -> tuple[Solution, Kept, Proof | None]:
        """What was announced, where it is worth keeping and the wires carry it as well as the best plan."""
        solution, kept = keep_or_switch(self.compiled(problem), problem, linear, best, announced, self._left())
        if solution is best or case is None or proof is None:
            return solution, kept, proof
        again = prove(case, Setting(response.expected(solution.p_mw), solution.q_mvar))
        if (again.violation > np.maximum(proof.violation, 1.0)).any():
            return best, Kept(kept=False, gain_chf=kept.gain_chf), proof
        return solution, kept, again

    def _left(self) -> Limits:
        """The limits of the next solve: what is left of the clock, too."""
        return replace(self.limits, guard_s=min(self.limits.guard_s, max(self._ends - monotonic(), 0.0)))

    def _without(
        self, problem: Problem, solution: Solution, case: Case | None, before: Proof | None, last_mw: np.ndarray | None
    ) -> Plan:
        """The ladder's lower rungs."""
        impossible = conflicts(self.compiled(problem), problem) if "infeasible" in solution.status else ()
        rung: Rung = "rules" if last_mw is None else "last_plan"
        p_mw = by_rules(problem) if last_mw is None else followed(problem, last_mw)
        q_mvar = np.zeros_like(p_mw)
        proof = None
        if case is not None:
            p_mw = volt_watt(problem, case, p_mw)
            proof = prove(case, Setting(p_mw, q_mvar))
        return Plan(
            rung=rung, p_mw=p_mw, q_mvar=q_mvar, solution=solution, conflicts=impossible, before=before, proof=proof
        )  # fmt: skip


def _start(problem: Problem) -> Setting:
    own = stacked([unit.own_p_mw for unit in problem.parts.units], len(problem.hours)).copy()
    return Setting(own, np.zeros_like(own))


def ranges_of(problem: Problem) -> Ranges:
    """Between what every unit may be set, drawing positive, dims (unit, step)."""
    numbers, sets = numbers_of(problem), problem.sets
    shape = (len(problem.parts.units), len(problem.hours))
    low, high, low_q, high_q = (np.zeros(shape) for _ in range(4))
    high[sets.drawing] += numbers.upper["draw_mw"]
    low[sets.feeding] -= numbers.upper["feed_mw"]
    # What must draw or feed in at least cannot go through zero.
    low[sets.drawing] += numbers.lower["draw_mw"]
    high[sets.feeding] -= numbers.lower["feed_mw"]
    low_q[sets.reactive], high_q[sets.reactive] = numbers.lower["q_mvar"], numbers.upper["q_mvar"]
    return Ranges(low, high, low_q, high_q)
