"""Bounds, costs, coefficients and right-hand sides: everything that changes from tick to tick, computed in one place.

Keys are the names of the variables and rows in ``model.py``; arrays have their index sets' shape. The Pyomo model reads them
when it is built, the compiled model at every tick, so both always speak of the same problem.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from math import cos, pi

import numpy as np

from twin.boxes.flexibility.horizon import step_start_h
from twin.boxes.flexibility.lp.parts import Run, Unit
from twin.boxes.flexibility.lp.problem import Penalties, Problem, stacked, steps_of
from twin.boxes.flexibility.lp.rows import GridRow
from twin.boxes.flexibility.lp.sets import CORNERS

EARLINESS_CHF_PER_MWH_H = 0.01
"""Breaks ties in favour of drawing earlier: at most 0.36 CHF/MWh after 36 h, below any real price step."""
PREFERENCE_CHF_PER_MWH = 0.2
"""A device is left alone unless moving it earns more than this: the lowest tier."""

REACTIVE_CHF_PER_MVARH = 0.02
"""An inverter helps the voltage no more than it is needed: it heats up, and below any price of energy this breaks the tie."""


_PROBLEMS = 4
"""Whose numbers are kept: of one tick, with all that is and with somebody held still."""


@dataclass(frozen=True)
class Numbers:
    """Everything that a tick may change.

    Attributes:
        lower, upper, cost: by variable. ``rhs``: by row.
        coefficient: "per_draw", "per_feed", dims (link, step); "keep", dims (store, step); "taper", dims (tapered, step);
            "follow", "follow_most", dims (following, step); "run_min", "run_max", dims (switched, step);
            "one_side", dims (two_sided, step).
    """

    penalties: Penalties
    steps: int
    lower: dict[str, np.ndarray] = field(default_factory=dict)
    upper: dict[str, np.ndarray] = field(default_factory=dict)
    cost: dict[str, np.ndarray] = field(default_factory=dict)
    rhs: dict[str, np.ndarray] = field(default_factory=dict)
    coefficient: dict[str, np.ndarray] = field(default_factory=dict)

    def copy(self) -> Numbers:
        """The same, of which arrays may be exchanged."""
        return Numbers(
            self.penalties, self.steps, dict(self.lower), dict(self.upper), dict(self.cost), dict(self.rhs), self.coefficient
        )

    def margin(self, row: GridRow) -> np.ndarray:
        """What is held back on ``row`` [MW], dims (step,)."""
        return steps_of(row.margin_mw, self.steps)

    def put(self, name: str, lower: np.ndarray, upper: np.ndarray, cost: np.ndarray) -> None:
        """Bounds and cost of a variable."""
        self.lower[name], self.upper[name], self.cost[name] = lower, upper, np.broadcast_to(cost, lower.shape)


@lru_cache(maxsize=_PROBLEMS)
def numbers_of(problem: Problem) -> Numbers:
    """The numbers of ``problem``; whoever changes them takes a `Numbers.copy`."""
    numbers = Numbers(problem.penalties, len(problem.hours))
    _powers(problem, numbers)
    _moves(problem, numbers)
    _stores(problem, numbers)
    _inverters(problem, numbers)
    _runs(problem, numbers)
    _site(problem, numbers)
    return numbers


def _powers(problem: Problem, numbers: Numbers) -> None:
    sets, hours = problem.sets, np.asarray(problem.hours)
    early = EARLINESS_CHF_PER_MWH_H * step_start_h(problem.hours) * hours
    for name, members, tie in (("draw", sets.drawing, early), ("feed", sets.feeding, 0.0 * early)):
        units = [problem.parts.units[at] for at in members]
        low, high = (_limits(units, f"{name}_{end}_mw", len(hours)) for end in ("min", "max"))
        own = stacked([unit.own_p_mw for unit in units], len(hours)) * (1.0 if name == "draw" else -1.0)
        free = stacked([unit.movable for unit in units], len(hours)) > 0.5
        # Where a device must not be moved it does what it would do by itself.
        alone = np.maximum(own, 0.0)
        price = stacked([getattr(unit, f"{name}_chf_per_mwh") for unit in units], len(hours))
        numbers.put(f"{name}_mw", np.where(free, low, alone), np.where(free, high, alone), price * hours + tie)


def _limits(units: list[Unit], name: str, steps: int) -> np.ndarray:
    return stacked([getattr(unit, name) for unit in units], steps)


def _moves(problem: Problem, numbers: Numbers) -> None:
    units, hours = problem.parts.units, np.asarray(problem.hours)
    shape = (len(units), len(hours))
    none, free = np.zeros(shape), np.full(shape, np.inf)
    for name, price in (("up_mw", "more_chf_per_mwh"), ("down_mw", "less_chf_per_mwh")):
        earned = stacked([getattr(unit, price) for unit in units], len(hours))
        numbers.put(name, none, free, (0.5 * PREFERENCE_CHF_PER_MWH + earned) * hours)
    reference = [unit.own_p_mw if unit.reference_p_mw is None else unit.reference_p_mw for unit in units]
    numbers.rhs["own_behaviour"] = stacked(reference, len(hours))
    budgets = problem.parts.budgets
    paid = np.zeros(len(budgets))
    numbers.put("paid_mwh", paid, paid + np.inf, np.array([budget.chf_per_mwh for budget in budgets]))
    numbers.rhs["budget"] = np.array([budget.free_mwh for budget in budgets])


def _stores(problem: Problem, numbers: Numbers) -> None:
    sets, stores, hours = problem.sets, problem.parts.stores, np.asarray(problem.hours)
    steps = len(hours)
    low, high = (stacked([getattr(store, name) for store in stores], steps) for name in ("low", "high"))
    worth, start = np.zeros(low.shape), stacked([store.inflow for store in stores], steps).copy()
    keep = stacked([store.keep for store in stores], steps)
    for at, store in enumerate(stores):
        worth[at, -1] = -store.end_value_chf
        start[at, 0] += keep[at, 0] * store.level0
    hard = np.array([store.soft is None for store in stores], dtype=bool)[:, None]
    numbers.put("level", np.where(hard, low, -np.inf), np.where(hard, high, np.inf), worth)
    numbers.rhs["store_balance"] = start
    chf = np.array([numbers.penalties.of(stores[at].soft) * stores[at].mwh_per_level for at in sets.soft])
    for name, rhs, bound in (("below", "soft_low", low), ("above", "soft_high", high)):
        none = np.zeros((len(sets.soft), steps))
        numbers.put(name, none, none + np.inf, chf[:, None] * hours)
        numbers.rhs[rhs] = bound[sets.soft]
    spilt = np.zeros((len(sets.spilling), steps))
    numbers.put("spill", spilt, spilt + np.inf, stacked([stores[at].spill_chf or 0.0 for at in sets.spilling], steps))
    _targets(problem, numbers)
    numbers.rhs["cleared"] = stacked([stores[at].level0 for at in sets.cleared], steps) * _still_owed(problem)
    numbers.coefficient["keep"] = keep
    for name in ("per_draw", "per_feed"):
        numbers.coefficient[name] = stacked([getattr(link, name) for link in problem.parts.links], steps) * hours
    _taper(problem, numbers)


def _targets(problem: Problem, numbers: Numbers) -> None:
    wanted = [problem.parts.stores[at] for at in problem.sets.targeted]
    none = np.zeros(len(wanted))
    price = np.array([numbers.penalties.of(store.short) * store.mwh_per_level for store in wanted])
    numbers.put("short", none, none + np.inf, price)
    numbers.rhs["target"] = np.array([store.target for store in wanted], dtype=float)


def _still_owed(problem: Problem) -> np.ndarray:
    """1 where a debt from before the plan need not be paid yet, dims (cleared, step)."""
    ends = np.cumsum(problem.hours)
    within = [problem.parts.stores[at].cleared_within_h or 0.0 for at in problem.sets.cleared]
    return np.array([ends < limit - 1e-9 for limit in within], dtype=float).reshape(len(within), len(ends))


def _taper(problem: Problem, numbers: Numbers) -> None:
    rows, steps = [], len(problem.hours)
    for taper in problem.sets.tapers:
        row = np.full(steps, taper.at_empty_mw)
        row[0] -= taper.slope_mw_per_level * problem.parts.stores[problem.sets.store_at[taper.store]].level0
        rows.append(np.maximum(row, 0.0))
    numbers.rhs["taper"] = stacked(rows, steps)
    flows = stacked([follow.mw_per_level for follow in problem.sets.follows], steps)
    numbers.coefficient["follow"] = flows
    level0 = [problem.parts.stores[problem.sets.store_at[follow.store]].level0 for follow in problem.sets.follows]
    first = np.arange(steps) == 0
    numbers.rhs["follow"] = flows * first * np.array(level0)[:, None] if level0 else flows
    numbers.rhs["follow_least"] = numbers.rhs["follow"]
    most = stacked([follow.most_mw for follow in problem.sets.follows], steps)
    numbers.coefficient["follow_most"] = most
    numbers.coefficient["taper"] = stacked([taper.slope_mw_per_level for taper in problem.sets.tapers], steps)


def _inverters(problem: Problem, numbers: Numbers) -> None:
    sets, steps = problem.sets, len(problem.hours)
    reach = stacked([limits.max_mvar for limits in sets.reactives], steps)
    none, price = np.zeros(reach.shape), REACTIVE_CHF_PER_MVARH * np.asarray(problem.hours)
    # Who must not be moved is not told what to do with its reactive power either.
    reach = reach * (stacked([problem.parts.units[at].movable for at in sets.reactive], steps) > 0.5)
    numbers.put("q_mvar", -reach, reach, none)
    for name in ("q_drawn_mvar", "q_fed_mvar"):
        numbers.put(name, none, reach, none + price)
    numbers.rhs["q_split"] = none
    for name in ("wedge_over", "wedge_under"):
        numbers.rhs[name] = np.zeros((len(sets.wedged), steps))
    held = [sets.reactives[r].s_max_mva for r, _ in sets.circled]
    numbers.rhs["circle"] = stacked([(s_mva or 0.0) * cos(pi / CORNERS) for s_mva in held], steps)


def _runs(problem: Problem, numbers: Numbers) -> None:
    sets, steps = problem.sets, len(problem.hours)
    runs = [sets.run(at) for at in sets.switched]
    none = np.zeros((len(runs), steps))
    numbers.put("on", none, stacked([run.allowed for run in runs], steps), none)
    numbers.put("start", none, none + 1.0, stacked([run.start_chf for run in runs], steps))
    for name in ("at_most_on", "at_least_on"):
        numbers.rhs[name] = none
    other = [
        unit.feed_max_mw if sets.run(at).side == "draw" else unit.draw_max_mw
        for at, unit in ((at, problem.parts.units[at]) for at in sets.two_sided)
    ]
    numbers.coefficient["one_side"] = numbers.rhs["one_side"] = stacked([0.0 if m is None else m for m in other], steps)
    before = none.copy()
    before[:, 0] = [-1.0 if run.was_on else 0.0 for run in runs]
    numbers.rhs["starting"] = before
    numbers.rhs["starts"] = np.array([runs[w].starts_max for w in sets.counted], dtype=float)
    # One that must not be moved does what it would do by itself, whatever its least power is.
    free = stacked([problem.parts.units[at].movable for at in sets.switched], steps) > 0.5
    own = np.abs(stacked([problem.parts.units[at].own_p_mw for at in sets.switched], steps))
    least, most = (stacked([getattr(run, f"{end}_mw") for run in runs], steps) for end in ("min", "max"))
    numbers.coefficient["run_min"] = np.where(free, least, 0.0)
    numbers.coefficient["run_max"] = np.where(free, most, np.maximum(most, own))
    hours = np.array([runs[w].hours for w in sets.timed], dtype=float)
    missed = np.array([numbers.penalties.contract * float(np.max(runs[w].max_mw)) for w in sets.timed])
    numbers.put("missed_h", np.zeros(len(hours)), np.maximum(hours, 0.0), missed)
    numbers.rhs["run_time"] = hours
    numbers.rhs["rest"] = np.ones(len(sets.resting))
    numbers.rhs["longest_run"] = np.array([len(members) - 1.0 for _, members in sets.longest])
    _whole_runs(problem, numbers, [sets.run(at) for at in sets.whole])


def _whole_runs(problem: Problem, numbers: Numbers, runs: list[Run]) -> None:
    sets, steps = problem.sets, len(problem.hours)
    none = np.zeros((len(runs), steps))
    fits = [steps_of(run.allowed, steps) * sets.begins_within(at) for run, at in zip(runs, sets.whole, strict=True)]
    energy = np.array([0.25 * sum(run.profile_mw) for run in runs])
    early = EARLINESS_CHF_PER_MWH_H * energy[:, None] * step_start_h(problem.hours)
    numbers.put("begin", none, stacked(fits, steps), stacked([run.start_chf for run in runs], steps) + early)
    numbers.put("skipped", np.zeros(len(runs)), np.ones(len(runs)), numbers.penalties.contract * energy)
    numbers.rhs["profile"] = none
    numbers.rhs["begin_once"] = np.ones(len(runs))


def _site(problem: Problem, numbers: Numbers) -> None:
    site, hours = problem.site, np.asarray(problem.hours)
    none, free = np.zeros(len(hours)), np.full(len(hours), np.inf)
    # Selling dearer than buying would let import and export grow together without end.
    export = np.minimum(site.export_chf_per_mwh, site.import_chf_per_mwh)
    numbers.put("import_mw", none, free, site.import_chf_per_mwh * hours)
    numbers.put("export_mw", none, free, -export * hours)
    numbers.put("peak_mw", np.array(site.peak_so_far_mw), np.array(np.inf), np.array(site.peak_chf_per_mw))
    numbers.rhs["site_balance"] = np.asarray(site.net_p_mw, dtype=float)
    lift = np.zeros(len(site.intervals)) if site.peak_lift_mw is None else site.peak_lift_mw
    numbers.rhs["peak"] = np.asarray(lift, dtype=float)
