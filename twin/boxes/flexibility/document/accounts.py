"""What a day costs when the devices follow given powers, and what is not kept then; the same for a plan and for no plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from twin.boxes.flexibility.document.build import Built
from twin.boxes.flexibility.lp.parts import Budget, Run, Store, Unit
from twin.boxes.flexibility.lp.problem import NOT_PRICED_MW, steps_of
from twin.boxes.flexibility.why.own import levels

SMALLEST_MW = 5e-5
"""50 W, and 50 Wh: below it is the solver's tolerance."""


@dataclass(frozen=True, kw_only=True)
class Missing:
    """A promise that is not kept: ``amount`` in ``unit``."""

    device: str
    what: Literal["departure", "comfort", "contract"]
    amount: float
    unit: str


@dataclass(frozen=True, kw_only=True)
class Account:
    """Figures of one way to run the day.

    Attributes:
        net_mw: import of the connection, negative where it exports, dims (step,).
        level: of every store at each step's end, dims (store, step).
        energy_chf: bought less sold. ``peak_chf``: what the month's peak grows by. ``owners_chf``: paid to the devices' owners.
        use_chf: wear, fuel and starts. ``stored_chf``: worth that the stores lose from start to end.
        used_chf: owners' and use of each unit, dims (unit,).
        highest_mw: highest mean import over a tariff interval that ends in the plan.
        peak_mw: of those in this month, and of the month until now; it is what costs.
        over_site: steps beyond the connection's limits, dims (step,), bool; ``over_site_mw``: by how much at most.
    """

    net_mw: np.ndarray
    level: np.ndarray
    energy_chf: float
    peak_chf: float
    owners_chf: float
    use_chf: float
    stored_chf: float
    used_chf: np.ndarray
    highest_mw: float
    peak_mw: float
    over_site: np.ndarray
    over_site_mw: float
    missing: tuple[Missing, ...]

    @property
    def total_chf(self) -> float:
        """All of it."""
        return self.energy_chf + self.peak_chf + self.owners_chf + self.use_chf + self.stored_chf


def account(built: Built, p_mw: np.ndarray, *, loss_mw: np.ndarray | float = 0.0) -> Account:
    """The day with ``p_mw``.

    Args:
        p_mw: drawing positive, dims (unit, step).
        loss_mw: what the wires take, dims (step,).
    """
    problem, site, hours = built.problem, built.problem.site, np.asarray(built.problem.hours)
    electric = np.array([unit.electric for unit in problem.parts.units], dtype=float)
    net = site.net_p_mw + electric @ p_mw + loss_mw
    level = levels(problem, p_mw)
    paid = np.array([_owner(unit, p, hours) for unit, p in zip(built.units, p_mw, strict=True)]).reshape(-1)
    for budget in built.budgets:
        paid[problem.unit_of[budget.unit]] += _budget(budget, built, p_mw, hours)
    use = np.array([_use(unit, p, hours) for unit, p in zip(built.units, p_mw, strict=True)]).reshape(-1)
    highest, peak = _peaks(built, net)
    over = np.array([row.by_p.T[k] @ p_mw[:, k] - row.room_mw[k] for row in problem.rows for k in range(len(hours))])
    over = over.reshape(len(problem.rows), len(hours))
    return Account(
        net_mw=net,
        level=level,
        energy_chf=float(
            np.maximum(net, 0.0) @ (hours * site.import_chf_per_mwh) + np.minimum(net, 0.0) @ (hours * site.export_chf_per_mwh)
        ),
        peak_chf=site.peak_chf_per_mw * (peak - site.peak_so_far_mw),
        owners_chf=float(paid.sum()),
        use_chf=float(use.sum()),
        stored_chf=sum(
            store.end_value_chf * (store.level0 - float(end))
            for store, end in zip(problem.parts.stores, level[:, -1], strict=True)
        ),
        used_chf=paid + use,
        highest_mw=highest,
        peak_mw=peak,
        over_site=np.asarray((over > SMALLEST_MW).any(axis=0)),
        over_site_mw=float(over.max(initial=0.0)),
        missing=(*_stores(built, level), *_runs(built, p_mw)),
    )


def _owner(unit: Unit, p_mw: np.ndarray, hours: np.ndarray) -> float:
    reference = unit.own_p_mw if unit.reference_p_mw is None else unit.reference_p_mw
    moved = p_mw - np.asarray(reference)
    return float((np.maximum(moved, 0.0) * unit.more_chf_per_mwh - np.minimum(moved, 0.0) * unit.less_chf_per_mwh) @ hours)


def _budget(budget: Budget, built: Built, p_mw: np.ndarray, hours: np.ndarray) -> float:
    at = built.problem.unit_of[budget.unit]
    moved = p_mw[at] - np.asarray(built.units[at].own_p_mw)
    counted = float(np.maximum(moved if budget.side == "more" else -moved, 0.0) @ hours)
    return max(counted - budget.free_mwh, 0.0) * budget.chf_per_mwh


def _use(unit: Unit, p_mw: np.ndarray, hours: np.ndarray) -> float:
    used = np.maximum(p_mw, 0.0) * unit.draw_chf_per_mwh - np.minimum(p_mw, 0.0) * unit.feed_chf_per_mwh
    return float(used @ hours) + (0.0 if unit.run is None else _starts(unit.run, p_mw))


def _starts(run: Run, p_mw: np.ndarray) -> float:
    on = np.abs(p_mw) > SMALLEST_MW
    begun = on & ~np.concatenate([[run.was_on], on[:-1]])
    return float(begun @ steps_of(run.start_chf, len(on)))


def _peaks(built: Built, net_mw: np.ndarray) -> tuple[float, float]:
    """Highest mean import over a tariff interval of the plan itself, and of the month until the plan's end [MW]."""
    site = built.problem.site
    lift = np.zeros(len(site.intervals)) if site.peak_lift_mw is None else site.peak_lift_mw
    priced = lift > NOT_PRICED_MW
    means = np.array([sum(share * net_mw[k] for k, share in pairs) for pairs in site.intervals], dtype=float)
    means = means.reshape(-1) + np.where(priced, lift, 0.0)
    highest = float(means.max()) if len(means) else float(net_mw.max())
    return highest, max([site.peak_so_far_mw, *means[priced].tolist()])


def _stores(built: Built, level: np.ndarray) -> list[Missing]:
    found = []
    for store, reached in zip(built.problem.parts.stores, level, strict=True):
        if store.target is not None and (store.target - reached[-1]) * store.mwh_per_level > SMALLEST_MW:
            found.append(
                Missing(device=store.id, what="departure", amount=1000.0 * float(store.target - reached[-1]), unit="kWh")
            )
        if store.soft is not None and (lack := _lack(store, reached)) * store.mwh_per_level > SMALLEST_MW:
            kelvin = store.unit == "°C"
            what: Literal["departure", "comfort"] = "departure" if store.soft == "departure" else "comfort"
            found.append(
                Missing(device=store.id, what=what, amount=lack if kelvin else 1000.0 * lack, unit="K" if kelvin else "kWh")
            )
    return found


def _lack(store: Store, reached: np.ndarray) -> float:
    """How far it lies beyond its bounds at most, in its own unit."""
    steps = len(reached)
    beyond = np.maximum(steps_of(store.low, steps) - reached, reached - steps_of(store.high, steps))
    return float(beyond.max(initial=0.0))


def _runs(built: Built, p_mw: np.ndarray) -> list[Missing]:
    found, hours = [], np.asarray(built.problem.hours)
    for unit, power in zip(built.problem.parts.units, p_mw, strict=True):
        run = unit.run
        if run is None or not (run.profile_mw or run.hours):
            continue
        wanted = 0.25 * sum(run.profile_mw) if run.profile_mw else float(np.max(run.max_mw)) * float(run.hours or 0.0)
        lack = wanted - float(np.abs(power) @ hours)
        if lack > SMALLEST_MW:
            found.append(Missing(device=unit.id, what="contract", amount=1000.0 * lack, unit="kWh"))
    return found
