"""What leaving its own behaviour saves a device, part by part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from twin.boxes.flexibility.lp.parts import Unit
from twin.boxes.flexibility.lp.problem import Device, Problem, steps_of
from twin.boxes.flexibility.lp.rows import GridRow
from twin.boxes.flexibility.lp.solution import Solution
from twin.boxes.flexibility.why.own import filled, levels, own_p_mw, reference_p_mw
from twin.boxes.flexibility.why.paths import rest_mw
from twin.boxes.flexibility.why.prices import Prices
from twin.boxes.flexibility.why.promise import Kept, kept, must_run

MOVED_MW = 1e-4
"""A tenth of a kilowatt, or of a kvar: less is no order worth sending."""
SMALLEST_MW = 5e-5
"""50 W: below it is the solver's tolerance."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One device's plan beside what it would do by itself.

    Attributes:
        device, unit: the device, and the place of its unit. ``hours``: length of each step.
        delta_mw, q_mvar: plan minus own behaviour; by itself it has no reactive power that was asked for, dims (step,).
        energy, losses, peak: saved [CHF]. ``relief``: saved at each row of the grid in each step; ``relief_q``: the part of it
            that reactive power saves, dims (row, step).
        stored: worth of what the plan leaves in its store, or puts into one that it shares, ``shared`` [CHF].
        owed: what wear, fuel, starts, payments to its owner and paid curtailment grow by [CHF]; ``paid``: the last of these.
        support_mw: how much of each row its reactive power alone keeps within the limit, dims (row, step). While reactive power
            costs nothing such a row has no price.
        kept: what it would break by itself. ``must_run``: it runs because its contract wants it.
        rest_mw: net import of the connection without it, dims (step,).
    """

    device: Device
    unit: int
    hours: np.ndarray
    delta_mw: np.ndarray
    q_mvar: np.ndarray
    energy: float
    losses: float
    peak: float
    relief: np.ndarray
    relief_q: np.ndarray
    support_mw: np.ndarray
    stored: float
    shared: bool
    owed: float
    paid: float
    kept: Kept | None
    must_run: bool
    rest_mw: np.ndarray

    @property
    def still(self) -> bool:
        """True where active power stays with its own behaviour."""
        return bool(np.abs(self.delta_mw).max() <= MOVED_MW)

    @property
    def moved(self) -> bool:
        """True where the plan leaves the device's own behaviour; reactive power counts where it is of use."""
        useful = np.abs(self.relief_q).max(initial=0.0) > 1e-6 or self.support_mw.max(initial=0.0) > SMALLEST_MW
        asked = np.abs(self.q_mvar).max() > MOVED_MW and (useful or abs(self.losses) > 1e-6)
        return not self.still or bool(asked)

    @cached_property
    def rows(self) -> np.ndarray:
        """Saved at each row of the grid [CHF], dims (row,)."""
        return np.asarray(self.relief.sum(axis=1))

    @property
    def value_chf(self) -> float:
        """Saved altogether."""
        return self.energy + self.losses + self.peak + float(self.rows.sum()) + self.stored - self.owed

    @property
    def saved(self) -> float:
        """Sum of the parts that save something [CHF]."""
        money = (self.energy + self.stored, self.losses, self.peak)
        return sum(max(part, 0.0) for part in money) + float(np.maximum(self.rows, 0.0).sum())

    @property
    def more_mwh(self) -> np.ndarray:
        """Energy above its own behaviour, dims (step,)."""
        return np.maximum(self.delta_mw, 0.0) * self.hours

    @property
    def less_mwh(self) -> np.ndarray:
        """Energy below its own behaviour, dims (step,)."""
        return np.maximum(-self.delta_mw, 0.0) * self.hours

    @property
    def energy_mwh(self) -> float:
        """What is moved: the larger of more and less."""
        return float(max(self.more_mwh.sum(), self.less_mwh.sum()))

    @property
    def surplus_mwh(self) -> np.ndarray:
        """The part of ``more_mwh`` that the connection would feed in otherwise, dims (step,)."""
        return np.minimum(self.more_mwh, np.maximum(-self.rest_mw, 0.0) * self.hours)


class Changes:
    """Changes of one solution's devices.

    Args:
        problem, solution: optimal. ``prices``: of it. ``stored``: what its stores are worth [CHF/MWh], dims (store, step).
    """

    def __init__(self, problem: Problem, solution: Solution, prices: Prices, stored: np.ndarray) -> None:
        self._problem, self._solution, self._prices, self._stored = problem, solution, prices, stored
        self._hours = np.asarray(problem.hours)
        self._own_mw = own_p_mw(problem)
        self._own_levels = levels(problem, self._own_mw)
        self._by_p, self._by_q = _slopes(problem, solution.rows)
        self._over_mw = _over(problem, solution, self._by_p, self._by_q)
        self._links: dict[int, list[int]] = {}
        for at, link in enumerate(problem.parts.links):
            self._links.setdefault(problem.sets.unit_at[link.unit], []).append(at)

    def of(self, device: Device) -> Change:
        """The change of a device that has a unit."""
        unit, hours, prices = self._problem.unit_of[device.id], self._hours, self._prices
        own, plan, q_mvar = self._own_mw[unit], self._solution.p_mw[unit], self._solution.q_mvar[unit]
        delta = plan - own
        relief, relief_q = self._relief(unit, delta, q_mvar)
        (owed, paid), (alone, alone_paid) = self._owed(unit, plan), self._owed(unit, own)
        stored, shared = self._worth(unit)
        return Change(
            device=device,
            unit=unit,
            hours=hours,
            delta_mw=delta,
            q_mvar=q_mvar,
            energy=-float(delta * prices.energy[unit] @ hours),
            losses=-float((delta * prices.losses[unit] + q_mvar * prices.losses_q[unit]) @ hours),
            peak=-float(delta * prices.peak[unit] @ hours),
            relief=relief,
            relief_q=relief_q,
            support_mw=self._support(unit, q_mvar),
            stored=stored,
            shared=shared,
            owed=owed - alone,
            paid=paid - alone_paid,
            kept=kept(self._problem, unit, self._own_levels, self._solution.values["level"]),
            must_run=must_run(self._problem.parts.units[unit].run, hours, own, plan),
            rest_mw=rest_mw(self._problem, self._solution.p_mw, unit),
        )

    def _relief(self, unit: int, delta: np.ndarray, q_mvar: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Saved at the rows by both powers, and by reactive power alone [CHF], dims (row, step) each."""
        price = self._prices.rows * self._hours
        by_p, by_q = (-slopes[:, unit] * power * price for slopes, power in ((self._by_p, delta), (self._by_q, q_mvar)))
        return by_p + by_q, by_q

    def _support(self, unit: int, q_mvar: np.ndarray) -> np.ndarray:
        """What would be exceeded without the unit's reactive power, as far as it helps [MW], dims (row, step)."""
        helps = np.maximum(-self._by_q[:, unit] * q_mvar, 0.0)
        return np.clip(self._over_mw + helps, 0.0, helps)

    def _worth(self, unit: int) -> tuple[float, bool]:
        """Of a store of its own the end counts; into a shared one each MWh goes at what it saves there and then."""
        total, shared, sets, parts = 0.0, False, self._problem.sets, self._problem.parts
        own, plan = self._own_mw[unit], self._solution.p_mw[unit]
        for at in self._links.get(unit, ()):
            link, place = parts.links[at], sets.store_at[parts.links[at].store]
            store = parts.stores[place]
            if len(sets.links_of(place)) == 1:
                most = float(steps_of(store.high, len(self._hours))[-1])
                alone = min(float(self._own_levels[place, -1]), most)
                total += store.end_value_chf * (float(self._solution.values["level"][place, -1]) - alone)
                continue
            shared = True
            gain = (filled(link, plan) - filled(link, own)) * self._hours
            total += float(gain * store.mwh_per_level @ self._stored[place])
        return total, shared

    def _owed(self, at: int, p_mw: np.ndarray) -> tuple[float, float]:
        """What following ``p_mw`` costs besides what is paid at the connection, and the part beyond free budgets [CHF]."""
        unit, hours = self._problem.parts.units[at], self._hours
        moved = p_mw - reference_p_mw(unit, len(hours))
        up, down, draw, feed = (np.maximum(side, 0.0) for side in (moved, -moved, p_mw, -p_mw))
        used = draw * unit.draw_chf_per_mwh + feed * unit.feed_chf_per_mwh
        earned = up * unit.more_chf_per_mwh + down * unit.less_chf_per_mwh
        paid = 0.0
        for budget in self._problem.parts.budgets:
            if budget.unit == unit.id:
                counted = float((up if budget.side == "more" else down) @ hours)
                paid += budget.chf_per_mwh * max(counted - budget.free_mwh, 0.0)
        return float((used + earned) @ hours) + _starts(unit, p_mw) + paid, paid


def _slopes(problem: Problem, rows: Sequence[GridRow]) -> tuple[np.ndarray, np.ndarray]:
    """Slopes of all rows by active and by reactive power, dims (row, unit, step) each."""
    none = np.zeros((len(problem.parts.units), len(problem.hours)))
    by_q = [none if row.by_q is None else row.by_q for row in rows]
    shape = (len(rows), *none.shape)
    return np.array([row.by_p for row in rows]).reshape(shape), np.array(by_q).reshape(shape)


def _over(problem: Problem, solution: Solution, by_p: np.ndarray, by_q: np.ndarray) -> np.ndarray:
    """How far the plan lies beyond every row's limit, its margin not counted; negative within, dims (row, step)."""
    shape = (len(solution.rows), len(problem.hours))
    room = np.array([row.room_mw + row.margin_mw for row in solution.rows]).reshape(shape)
    return np.asarray((by_p * solution.p_mw + by_q * solution.q_mvar).sum(axis=1) - room)


def _starts(unit: Unit, p_mw: np.ndarray) -> float:
    """Price of the starts in ``p_mw`` [CHF]."""
    if unit.run is None:
        return 0.0
    on = (p_mw if unit.run.side == "draw" else -p_mw) > 1e-9
    before = np.concatenate([[unit.run.was_on], on[:-1]])
    return float((on & ~before) @ steps_of(unit.run.start_chf, len(p_mw)))
