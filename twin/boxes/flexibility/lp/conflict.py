"""What contradicts what in a problem that has no plan: named by device, hour, bound and amount, never just 'infeasible'.

Bounds that cross are read off. The rest is asked of the programme itself: every row may be broken at a price, and the cheapest
breach is the explanation. What is short of a bound is named at the last moment at which it could still have come, which is
where the bound stands.

Source: the elastic programme of J. W. Chinneck, Feasibility and Infeasibility in Optimization (2008), chapter 6.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from twin.boxes.flexibility.horizon import step_start_h
from twin.boxes.flexibility.lp.coefficients import entries
from twin.boxes.flexibility.lp.compiled import CompiledModel
from twin.boxes.flexibility.lp.matrix import Matrix, must
from twin.boxes.flexibility.lp.model import CONSTRAINTS, VARIABLES
from twin.boxes.flexibility.lp.numbers import Numbers, numbers_of
from twin.boxes.flexibility.lp.problem import Problem
from twin.boxes.flexibility.lp.sets import Sets

Kind = Literal["bounds", "store_low", "store_high", "owed", "taper", "inverter", "run", "whole_run", "unnamed"]
"""What contradicts: two bounds; a store that cannot be filled or emptied enough; energy owed that cannot be paid back; a charge
that slows down; an inverter's reach; a run's rules; a run in one piece; nothing that was found."""

ITERATIONS = 20_000
SECONDS = 2.0
"""Limits of the search, its own: it comes after a solve that failed and must not hold up the loop."""
SMALLEST = 1e-7
"""Below it a breach is the solver's tolerance."""
LATER_IS_CHEAPER = 1e-3
"""Weight by which a breach is pushed towards the end: small beside 1, so that the amount still decides."""
_OPTIONS: dict[str, Any] = {
    "output_flag": False,
    "threads": 1,
    "random_seed": 0,
    "primal_feasibility_tolerance": 1e-9,
    "mip_feasibility_tolerance": 1e-9,
    "simplex_iteration_limit": ITERATIONS,
    "mip_max_nodes": 500,
    "time_limit": SECONDS,
}
_UNITS = {"missed_h": "h", "q_mvar": "Mvar", "wedge_over": "Mvar", "wedge_under": "Mvar", "circle": "MVA", "run_time": "h"}
_COUNTED = ("on", "begin", "start", "skipped", "starting", "starts", "rest", "longest_run", "begin_once")
_KINDS: dict[str, Kind] = {
    "cleared": "owed",
    "taper": "taper",
    "wedge_over": "inverter",
    "wedge_under": "inverter",
    "circle": "inverter",
    "profile": "whole_run",
    "begin_once": "whole_run",
}
"""Kind of a broken row; a store's balance has two, and every other row speaks of a run."""


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """One contradiction in field terms.

    Attributes:
        kind: which sort. ``device``: id of the unit or store, "" where nothing was found.
        at_h: start of the step [h after the plan's start], None for what concerns the whole plan. ``step``: its number.
        amount: by how much it fails, in ``unit`` (MW, Mvar, MVA, the store's own, h, or "" for a count).
        bound: the limit that it runs into, in the same unit; None where it is no single figure.
        row: name of the row or variable in `twin.boxes.flexibility.lp.model`.
    """

    kind: Kind
    device: str
    at_h: float | None
    step: int | None
    amount: float
    unit: str
    bound: float | None
    row: str


def conflicts(compiled: CompiledModel, problem: Problem) -> tuple[Conflict, ...]:
    """What must change before ``problem`` has a plan, the smallest explanation first; empty where it has one.

    Rows of the grid are never among them: they are soft. The answer is one smallest change, not the only one.

    Args:
        compiled: the model of that structure; it is only read.

    Raises:
        ValueError: for a model of another structure.
    """
    if problem.structure != compiled.structure:
        raise ValueError("the problem's devices, steps or intervals differ from the compiled ones; compile anew")
    numbers = numbers_of(problem)
    crossed = _crossed(problem, numbers)
    broken = _broken(compiled, problem, numbers)
    if broken is None:
        broken = [] if crossed else [_unnamed()]
    return (*crossed, *_smallest_first(broken))


# --------------------------------------------------------------------------------------------------------- bounds


def _crossed(problem: Problem, numbers: Numbers) -> list[Conflict]:
    """Variables whose lower bound lies above the upper one, or that have none because it is not a number."""
    found = []
    for name, dims in VARIABLES.items():
        low, high = numbers.lower[name], numbers.upper[name]
        for index in np.argwhere(~(low <= high + SMALLEST)):
            at = tuple(int(i) for i in index)
            step = at[-1] if dims[-1:] == ("step",) else None
            found.append(
                Conflict(
                    kind="bounds",
                    device=_device(problem.sets, dims, at),
                    at_h=_start(problem, step),
                    step=step,
                    amount=float(low[at] - high[at]),
                    unit=_unit(problem.sets, name, dims, at),
                    bound=float(high[at]),
                    row=name,
                )
            )
    return found


# --------------------------------------------------------------------------------------------------------- rows


def _broken(compiled: CompiledModel, problem: Problem, numbers: Numbers) -> list[Conflict] | None:
    """Rows that the cheapest elastic solution breaks; None where the search ended without one."""
    matrix = replace(compiled.matrix, a=_of_now(compiled.matrix, numbers))
    highs = matrix.load(_OPTIONS)
    count, columns = matrix.a.shape
    lower, upper = matrix.column_bounds(numbers)
    # Bounds that cross are told already; the search goes on as if the lower one held.
    lower = np.nan_to_num(lower, nan=0.0, posinf=np.inf, neginf=-np.inf)
    upper = np.fmax(upper, lower)
    must(highs.changeColsBounds(columns, np.arange(columns, dtype=np.int32), lower, upper), "set bounds")
    low, high = (np.nan_to_num(side, nan=0.0, posinf=np.inf, neginf=-np.inf) for side in matrix.row_bounds(numbers))
    must(highs.changeRowsBounds(count, np.arange(count, dtype=np.int32), low, high), "set right-hand sides")
    weight = _weights(problem, matrix)
    for sign in (1.0, -1.0):
        places = np.arange(count, dtype=np.int32)
        none = np.zeros(count)
        must(highs.addCols(count, weight, none, none + np.inf, count, places, places, none + sign), "make rows elastic")
    highs.run()
    if highs.getInfo().primal_solution_status != 2:  # kSolutionStatusFeasible of HiGHS
        return None
    value = np.asarray(highs.getSolution().col_value)
    more, less = value[columns : columns + count], value[columns + count :]
    return _named(problem, matrix, numbers, more - less)


def _of_now(matrix: Matrix, numbers: Numbers) -> Any:
    """The compiled coefficients with those of this tick in their places."""
    from scipy.sparse import coo_array

    placed = [
        (row, column, sign * float(array[at, k]))
        for name, array in numbers.coefficient.items()
        for at, k in np.ndindex(array.shape)
        for row, column, sign in entries(matrix, name, at, k)
    ]
    if not placed:
        return matrix.a
    row, column, value = (np.array(part) for part in zip(*placed, strict=True))
    held = coo_array((np.ones(len(row)), (row, column)), shape=matrix.a.shape).tocsc()
    new = coo_array((value, (row, column)), shape=matrix.a.shape).tocsc()
    return (matrix.a - matrix.a.multiply(held) + new).tocsc()


def _weights(problem: Problem, matrix: Matrix) -> np.ndarray:
    """Price of breaking each row by one of its unit: energy counts as MWh, power for the length of its step, a count as 1."""
    weight = np.ones(matrix.a.shape[0])
    steps = len(problem.hours)
    earlier = 1.0 + LATER_IS_CHEAPER * (steps - 1.0 - np.arange(steps)) / steps
    energy = {
        "store_balance": [store.mwh_per_level for store in problem.parts.stores],
        "cleared": [problem.parts.stores[at].mwh_per_level for at in problem.sets.cleared],
    }
    for name, at in matrix.rows.items():
        if CONSTRAINTS[name][-1:] != ("step",):
            continue
        size: Any = np.asarray(problem.hours) if name not in energy else np.asarray(energy[name]).reshape(-1, 1)
        weight[at] = earlier * (1.0 if name in _COUNTED else size)
    return weight


def _named(problem: Problem, matrix: Matrix, numbers: Numbers, slack: np.ndarray) -> list[Conflict]:
    found = []
    for name, places in matrix.rows.items():
        for index in np.argwhere(np.abs(slack[places]) > SMALLEST):
            at = tuple(int(i) for i in index)
            dims, gap = CONSTRAINTS[name], float(slack[places[at]])
            step = at[-1] if dims[-1:] == ("step",) else None
            kind, bound = _what(problem.sets, numbers, name, at, gap)
            found.append(
                Conflict(
                    kind=kind,
                    device=_device(problem.sets, dims, at),
                    at_h=_start(problem, step),
                    step=step,
                    amount=abs(gap),
                    unit=_unit(problem.sets, name, dims, at),
                    bound=bound,
                    row=name,
                )
            )
    return found


def _what(sets: Sets, numbers: Numbers, name: str, at: tuple[int, ...], gap: float) -> tuple[Kind, float | None]:
    """Kind of a broken row, and the figure that it runs into.

    The balance says level - gains + spill + gap = rhs: a gap below zero is a level that nothing has filled, so the lower bound
    asks for it; above zero it is a gain that has no room below the upper one. A debt that must be gone by then is owed.
    """
    if name == "store_balance" and at[0] in sets.cleared:
        return "owed", float(numbers.rhs["cleared"][sets.cleared.index(at[0]), at[1]])
    if name == "store_balance":
        low, high = numbers.lower["level"][at], numbers.upper["level"][at]
        return ("store_low", float(low)) if gap < 0.0 else ("store_high", float(high))
    bound = float(numbers.rhs[name][at]) if name in ("cleared", "taper", "circle", "starts", "run_time") else None
    return _KINDS.get(name, "run"), bound


# --------------------------------------------------------------------------------------------------------- names


def _device(sets: Sets, dims: Sequence[str], at: Sequence[int]) -> str:
    """Id of the unit or store that a variable or row speaks of; "site" where it is the connection."""
    if not dims or dims[0] in ("step", "interval"):
        return "site"
    units, stores = sets.parts.units, sets.parts.stores
    group, place = dims[0], at[0]
    if group in ("store", "soft", "spilling", "targeted", "cleared"):
        return stores[place if group == "store" else getattr(sets, group)[place]].id
    if group == "budget":
        return sets.parts.budgets[place].unit
    return units[_unit_place(sets, group, place)].id


def _unit_place(sets: Sets, group: str, place: int) -> int:
    within = {"wedged": "reactive", "circled": "reactive", "counted": "switched", "timed": "switched"}
    within |= {"resting": "switched", "longest": "switched"}
    if group == "unit":
        return place
    member = getattr(sets, group)[place]
    if group in ("circled", "resting", "longest"):
        member = member[0]
    return int(getattr(sets, within[group])[member] if group in within else member)


def _unit(sets: Sets, name: str, dims: Sequence[str], at: Sequence[int]) -> str:
    """Unit of a variable's bound or a row's gap."""
    if name in _COUNTED:
        return ""
    if dims and dims[0] in ("store", "soft", "spilling", "targeted", "cleared"):
        place = at[0] if dims[0] == "store" else getattr(sets, dims[0])[at[0]]
        return sets.parts.stores[place].unit
    return "MWh" if dims[:1] == ("budget",) else _UNITS.get(name, "MW")


def _start(problem: Problem, step: int | None) -> float | None:
    return None if step is None else float(step_start_h(problem.hours)[step])


def _smallest_first(found: Sequence[Conflict]) -> list[Conflict]:
    """Devices with the fewest broken rows first: there the least must change."""
    often = Counter(one.device for one in found)
    return sorted(found, key=lambda one: (often[one.device], one.device, one.step or 0, -one.amount))


def _unnamed() -> Conflict:
    return Conflict(kind="unnamed", device="", at_h=None, step=None, amount=float("nan"), unit="", bound=None, row="")
