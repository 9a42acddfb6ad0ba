"""The dispatch problem, written once and to be read: Pyomo is the truth, ``compiled.py`` only makes it fast.

Power is positive when a device draws. Sets stand in ``sets.py``, every bound, cost, coefficient and right-hand side in
``numbers.py``, under the name that the variable or row has here.
"""

from __future__ import annotations

from typing import Any

from twin.boxes.flexibility.lp.numbers import Numbers
from twin.boxes.flexibility.lp.rows import GridRow
from twin.boxes.flexibility.lp.rules import connection, flows, inverters, power, runs, stores, units, whole_runs
from twin.boxes.flexibility.lp.sets import Sets

VARIABLES: dict[str, tuple[str, ...]] = {
    "draw_mw": ("drawing", "step"),
    "feed_mw": ("feeding", "step"),
    "up_mw": ("unit", "step"),
    "down_mw": ("unit", "step"),
    "q_mvar": ("reactive", "step"),
    "q_drawn_mvar": ("reactive", "step"),
    "q_fed_mvar": ("reactive", "step"),
    "level": ("store", "step"),  # at the step's end
    "below": ("soft", "step"),
    "above": ("soft", "step"),
    "spill": ("spilling", "step"),
    "short": ("targeted",),
    "on": ("switched", "step"),
    "start": ("switched", "step"),
    "begin": ("whole", "step"),
    "missed_h": ("timed",),
    "skipped": ("whole",),
    "paid_mwh": ("budget",),
    "import_mw": ("step",),
    "export_mw": ("step",),
    "peak_mw": (),
}
BINARY = ("on", "begin")
"""Variables that are 0 or 1; a start follows from what is on."""
CONSTRAINTS: dict[str, tuple[str, ...]] = {
    "own_behaviour": ("unit", "step"),
    "budget": ("budget",),
    "store_balance": ("store", "step"),
    "soft_low": ("soft", "step"),
    "soft_high": ("soft", "step"),
    "target": ("targeted",),
    "cleared": ("cleared", "step"),
    "taper": ("tapered", "step"),
    "follow": ("following", "step"),
    "follow_least": ("following", "step"),
    "q_split": ("reactive", "step"),
    "wedge_over": ("wedged", "step"),
    "wedge_under": ("wedged", "step"),
    "circle": ("circled", "step"),
    "at_most_on": ("switched", "step"),
    "at_least_on": ("switched", "step"),
    "one_side": ("two_sided", "step"),
    "starting": ("switched", "step"),
    "starts": ("counted",),
    "run_time": ("timed",),
    "rest": ("resting",),
    "longest_run": ("longest",),
    "profile": ("whole", "step"),
    "begin_once": ("whole",),
    "site_balance": ("step",),
    "peak": ("interval",),
}


def build(sets: Sets, numbers: Numbers, rows: tuple[GridRow, ...] = ()) -> Any:
    """The problem as a Pyomo ``ConcreteModel``: minimise money and penalties [CHF].

    Args:
        sets: shape. ``numbers``: bounds, costs, coefficients and right-hand sides for it. ``rows``: limits of the grid.
    """
    import pyomo.environ as pyo

    model = pyo.ConcreteModel(name="flexibility")
    members = {name: range(count) for name, count in sets.counts.items()}
    for name, dims in VARIABLES.items():
        kind = pyo.Binary if name in BINARY else pyo.Reals
        variable = pyo.Var(*(members[dim] for dim in dims), domain=kind, bounds=_bounds(numbers, name))
        model.add_component(name, variable)
    for part in (units, stores, flows, inverters, runs, whole_runs, connection):
        for name, rule in part(sets, numbers).items():
            model.add_component(name, pyo.Constraint(*(members[dim] for dim in CONSTRAINTS[name]), rule=rule))
    cost = pyo.quicksum(
        float(numbers.cost[name][index if index is not None else ()]) * variable
        for name in VARIABLES
        for index, variable in getattr(model, name).items()
    )
    model.cost = pyo.Objective(expr=cost + _grid(pyo, model, sets, numbers, rows))
    return model


def _bounds(numbers: Numbers, name: str) -> Any:
    low, high = numbers.lower[name], numbers.upper[name]

    def bounds(_: Any, *index: Any) -> tuple[float, float]:
        at = () if index in ((), (None,)) else index  # Pyomo's index of a scalar variable is None
        return float(low[at]), float(high[at])

    return bounds


def _grid(pyo: Any, model: Any, sets: Sets, numbers: Numbers, rows: tuple[GridRow, ...]) -> Any:
    """Limits of the grid, softened in two tiers: the margin for the forecast's error, then the limit itself [CHF]."""
    limited = [(r, k) for r, row in enumerate(rows) for k in range(len(sets.hours)) if row.room_mw[k] < float("inf")]
    model.excess_mw = pyo.Var(limited, bounds=(0.0, None))
    model.margin_used_mw = pyo.Var(limited, bounds=lambda _, r, k: (0.0, float(numbers.margin(rows[r])[k])))

    def grid_row(m: Any, r: int, k: int) -> Any:
        row = rows[r]
        used = pyo.quicksum(float(row.by_p[u, k]) * power(m, sets, u, k) for u in range(len(row.by_p)) if row.by_p[u, k])
        if row.by_q is not None:
            used += pyo.quicksum(float(row.by_q[u, k]) * m.q_mvar[r_q, k] for r_q, u in enumerate(sets.reactive))
        return used - m.excess_mw[r, k] - m.margin_used_mw[r, k] <= float(row.room_mw[k])

    model.grid_row = pyo.Constraint(limited, rule=grid_row)
    excess, margin = numbers.penalties.excess, numbers.penalties.margin
    return pyo.quicksum(
        sets.hours[k] * (excess * model.excess_mw[r, k] + margin * model.margin_used_mw[r, k]) for r, k in limited
    )
