"""The dispatch LP, written once and to be read: Pyomo is the truth, ``compiled.py`` only makes it fast.

Power is positive when a device draws. Sets: storage (batteries, cars that feed back), charger (cars that only draw), device
(storages, then chargers), step (non-uniform), row (limits of the grid), departure (chargers, then storages with a target).
"""

from __future__ import annotations

from typing import Any

from twin.boxes.flexibility.numbers import Numbers
from twin.boxes.flexibility.problem import Structure

VARIABLES: dict[str, tuple[str, ...]] = {
    "charge_mw": ("storage", "step"),
    "discharge_mw": ("storage", "step"),
    "energy_mwh": ("storage", "step"),  # at the step's end
    "charging_mw": ("charger", "step"),
    "short_mwh": ("departure",),
    "later_mwh": ("departure",),
    "up_mw": ("device", "step"),
    "down_mw": ("device", "step"),
    "import_mw": ("step",),
    "export_mw": ("step",),
    "peak_mw": (),
    "excess_mw": ("row", "step"),
    "margin_used_mw": ("row", "step"),
}
CONSTRAINTS: dict[str, tuple[str, ...]] = {
    "storage_balance": ("storage", "step"),
    "departure": ("departure",),
    "own_behaviour": ("device", "step"),
    "site_balance": ("step",),
    "peak": ("step",),
    "grid_row": ("row", "step"),
}


def sizes(structure: Structure) -> dict[str, int]:
    """Number of members of each set."""
    return {
        "storage": len(structure.storages),
        "charger": len(structure.chargers),
        "device": len(structure.devices),
        "step": len(structure.hours),
        "row": len(structure.rows),
        "departure": len(structure.chargers) + len(structure.departing),
    }


def build(structure: Structure, numbers: Numbers) -> Any:
    """The LP as a Pyomo ``ConcreteModel``: minimise money and penalties [CHF].

    Args:
        structure: shape and matrix. ``numbers``: bounds, right-hand sides and costs for that shape.
    """
    import pyomo.environ as pyo

    model = pyo.ConcreteModel(name="flexibility")
    sets = {name: range(count) for name, count in sizes(structure).items()}
    for name, dims in VARIABLES.items():
        bounds = _bounds(numbers, name)
        variable = pyo.Var(*(sets[dim] for dim in dims), bounds=bounds) if dims else pyo.Var(bounds=bounds)
        model.add_component(name, variable)
    _devices(pyo, model, structure, numbers.rhs)
    _connection(pyo, model, structure, numbers.rhs)
    model.cost = pyo.Objective(
        expr=pyo.quicksum(
            float(numbers.cost[name][index if index is not None else ()]) * variable
            for name in VARIABLES
            for index, variable in getattr(model, name).items()
        )
    )
    return model


def _bounds(numbers: Numbers, name: str) -> Any:
    low, high = numbers.lower[name], numbers.upper[name]

    def bounds(_: Any, *index: Any) -> tuple[float, float]:
        at = () if index in ((), (None,)) else index  # Pyomo's index of a scalar variable is None
        return float(low[at]), float(high[at])

    return bounds


def _devices(pyo: Any, model: Any, structure: Structure, rhs: dict[str, Any]) -> None:
    """What every device can do: energy, departure, distance from its own behaviour."""
    hours = structure.hours
    storages, chargers, steps = range(len(structure.storages)), range(len(structure.chargers)), range(len(hours))

    def storage_balance(m: Any, s: int, k: int) -> Any:
        # e_k = e_(k-1) + h (eta c - d / eta)
        eta = structure.storages[s][1]
        before = m.energy_mwh[s, k - 1] if k else 0.0
        flow = eta * hours[k] * m.charge_mw[s, k] - (hours[k] / eta) * m.discharge_mw[s, k]
        return m.energy_mwh[s, k] - before - flow == float(rhs["storage_balance"][s, k])

    def departure(m: Any, j: int) -> Any:
        # What is in the car, what is missing and what can wait until after the plan add up to what is wanted.
        if j < len(chargers):
            energy = pyo.quicksum(structure.chargers[j][1] * hours[k] * m.charging_mw[j, k] for k in steps)
        else:
            energy = m.energy_mwh[structure.departing[j - len(chargers)], steps[-1]]
        return energy + m.short_mwh[j] + m.later_mwh[j] == float(rhs["departure"][j])

    def own_behaviour(m: Any, d: int, k: int) -> Any:
        # Power above (up) and below (down) what the device would do had it never been moved.
        return device_power(m, structure, d, k) - m.up_mw[d, k] + m.down_mw[d, k] == float(rhs["own_behaviour"][d, k])

    model.storage_balance = pyo.Constraint(storages, steps, rule=storage_balance)
    model.departure = pyo.Constraint(range(len(chargers) + len(structure.departing)), rule=departure)
    model.own_behaviour = pyo.Constraint(range(len(structure.devices)), steps, rule=own_behaviour)


def _connection(pyo: Any, model: Any, structure: Structure, rhs: dict[str, Any]) -> None:
    """What the devices add up to: the site's import and export, its peak, the grid's rows."""
    devices, steps = range(len(structure.devices)), range(len(structure.hours))

    def site_balance(m: Any, k: int) -> Any:
        planned = pyo.quicksum(device_power(m, structure, d, k) for d in devices)
        return m.import_mw[k] - m.export_mw[k] - planned == float(rhs["site_balance"][k])

    def peak(m: Any, k: int) -> Any:
        # The month's peak is a quarter hour's: an hourly step carries the lift of its worst quarter.
        return m.peak_mw - m.import_mw[k] + m.export_mw[k] >= float(rhs["peak"][k])

    def grid_row(m: Any, r: int, k: int) -> Any:
        weights = structure.rows[r][1]
        moved = pyo.quicksum(weights[d] * device_power(m, structure, d, k) for d in devices if weights[d])
        return moved - m.excess_mw[r, k] - m.margin_used_mw[r, k] <= float(rhs["grid_row"][r, k])

    model.site_balance = pyo.Constraint(steps, rule=site_balance)
    model.peak = pyo.Constraint(steps, rule=peak)
    model.grid_row = pyo.Constraint(range(len(structure.rows)), steps, rule=grid_row)


def device_power(m: Any, structure: Structure, d: int, k: int) -> Any:
    """Power of device ``d`` in step ``k`` as a Pyomo expression: charge minus discharge."""
    s = len(structure.storages)
    return m.charge_mw[d, k] - m.discharge_mw[d, k] if d < s else m.charging_mw[d - s, k]
