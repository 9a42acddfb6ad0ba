"""What serves when no plan was found: the last plan as far as it can still be followed, then plain rules."""

from __future__ import annotations

import numpy as np

from twin.boxes.flexibility.devices.charger import CarPool, Charger
from twin.boxes.flexibility.devices.plant import Plant
from twin.boxes.flexibility.devices.storage import Storage
from twin.boxes.flexibility.grid.case import Case
from twin.boxes.flexibility.grid.case import Plan as Setting
from twin.boxes.flexibility.grid.proof import prove
from twin.boxes.flexibility.lp.parts import Link, Taper
from twin.boxes.flexibility.lp.problem import Problem, stacked, steps_of

ROUNDS = 4
"""Times that plants reduce and the voltage is looked at again; each takes nine tenths of what is left."""


def by_rules(problem: Problem) -> np.ndarray:
    """Cars spread their energy evenly until they leave, batteries rest, others do as by themselves [MW], dims (unit, step)."""
    hours = np.asarray(problem.hours)
    own = stacked([unit.own_p_mw for unit in problem.parts.units], len(hours)).copy()
    for device in problem.devices:
        if isinstance(device, Storage | Charger | CarPool):
            strongest = steps_of(device.charge_max_mw, len(hours))
            room = float(strongest @ hours) * device.efficiency
            own[problem.unit_of[device.id]] = strongest * min(1.0, max(_missing(device), 0.0) / room if room > 0.0 else 0.0)
    return followed(problem, own)


def _missing(device: Storage | Charger | CarPool) -> float:
    """Energy that must still go in [MWh]; a battery wants none."""
    if isinstance(device, Charger):
        return device.required_mwh
    if isinstance(device, CarPool):
        return float(np.max(device.energy_min_mwh))
    return 0.0 if device.target_mwh is None else device.target_mwh - device.e0_mwh


def followed(problem: Problem, wish_mw: np.ndarray) -> np.ndarray:
    """The nearest power that every unit can follow, step by step, within its power and what it fills [MW], dims (unit, step).

    Args:
        wish_mw: dims (unit, step). A unit that must not be moved does what it would do by itself.
    """
    return _Walk(problem).power(wish_mw)


class _Walk:
    """Levels and powers from step to step."""

    def __init__(self, problem: Problem) -> None:
        units, stores, steps = problem.parts.units, problem.parts.stores, len(problem.hours)
        self._hours, self._sets = problem.hours, problem.sets
        none = np.zeros(steps)
        self._draw, self._feed = (
            stacked([none if getattr(u, name) is None else getattr(u, name) for u in units], steps)
            for name in ("draw_max_mw", "feed_max_mw")
        )
        # What must draw or feed in at least does so, whatever was wished.
        self._draw_min, self._feed_min = (
            stacked([getattr(u, name) for u in units], steps) for name in ("draw_min_mw", "feed_min_mw")
        )
        self._own = stacked([unit.own_p_mw for unit in units], steps)
        self._free = stacked([unit.movable for unit in units], steps) > 0.5
        self._low, self._high, self._keep, self._inflow = (
            stacked([getattr(store, name) for store in stores], steps) for name in ("low", "high", "keep", "inflow")
        )
        self._level = np.array([store.level0 for store in stores])
        links = problem.parts.links
        self._per_draw, self._per_feed = (
            stacked([getattr(link, name) for link in links], steps) for name in ("per_draw", "per_feed")
        )
        self._links = self._by_unit(links)
        self._follow = {self._sets.following[f]: follow for f, follow in enumerate(self._sets.follows)}
        self._flows = {unit: stacked([follow.mw_per_level], steps)[0] for unit, follow in self._follow.items()}
        self._taper = {self._sets.tapered[t]: taper for t, taper in enumerate(self._sets.tapers)}
        self._least = stacked([0.0 if unit.run is None else unit.run.min_mw for unit in units], steps)

    def _by_unit(self, links: tuple[Link, ...]) -> dict[int, list[tuple[int, int]]]:
        found: dict[int, list[tuple[int, int]]] = {}
        for at, link in enumerate(links):
            found.setdefault(self._sets.unit_at[link.unit], []).append((at, self._sets.store_at[link.store]))
        return found

    def power(self, wish_mw: np.ndarray) -> np.ndarray:
        power = np.zeros(wish_mw.shape)
        for k, hour in enumerate(self._hours):
            slowed = {unit: self._tapered(taper) for unit, taper in self._taper.items()}
            if len(self._level):
                self._level = self._keep[:, k] * self._level + self._inflow[:, k]
            for unit in range(len(power)):
                wish = wish_mw[unit, k] if self._free[unit, k] else self._own[unit, k]
                if unit in self._follow and wish >= 0.0:
                    wish = self._flows[unit][k] * self._level[self._sets.store_at[self._follow[unit].store]]
                wish = min(wish, slowed.get(unit, np.inf))
                power[unit, k] = self._step(unit, k, hour, self._at_least(unit, k, float(wish)))
        return power

    def _tapered(self, taper: Taper) -> float:
        """The most that a charge draws at the level of now."""
        return max(taper.at_empty_mw - taper.slope_mw_per_level * float(self._level[self._sets.store_at[taper.store]]), 0.0)

    def _at_least(self, unit: int, k: int, wish: float) -> float:
        if self._feed_min[unit, k] > 0.0:
            return min(wish, -float(self._feed_min[unit, k]))
        return max(wish, float(self._draw_min[unit, k])) if self._draw_min[unit, k] > 0.0 else wish

    def _step(self, unit: int, k: int, hour: float, wish: float) -> float:
        size = min(abs(wish), self._draw[unit, k] if wish > 0.0 else self._feed[unit, k])
        gains = self._per_draw if wish > 0.0 else self._per_feed
        for link, store in self._links.get(unit, ()):
            gain = gains[link, k] * hour
            room = self._high[store, k] - self._level[store] if gain > 0.0 else self._level[store] - self._low[store, k]
            size = min(size, max(room, 0.0) / abs(gain)) if gain else size
        if size < self._least[unit, k] - 1e-9:
            size = 0.0
        for link, store in self._links.get(unit, ()):
            self._level[store] += gains[link, k] * hour * size
        return size if wish > 0.0 else -size


def volt_watt(problem: Problem, case: Case, p_mw: np.ndarray) -> np.ndarray:
    """``p_mw`` with plants that reduce where the voltage is too high, as their inverters would by a Volt-Watt curve.

    Plants at a bus above its band give up the share of their feed-in by which its rise above nominal must fall, and a tenth.
    """
    units = [problem.unit_of[device.id] for device in problem.devices if isinstance(device, Plant)]
    plants = [unit for unit in units if case.unit_node[unit] >= 0]
    power = p_mw.copy()
    for _ in range(ROUNDS if plants else 0):
        proof = prove(case, Setting(power, np.zeros_like(power)))
        node = case.unit_node[plants]
        vm_pu = np.nan_to_num(proof.vm_pu[:, node].T)
        over = np.where(vm_pu > 1.0, proof.excess_pu[:, node].T, 0.0)
        if not (over > 0.0).any():
            break
        rise = np.maximum(vm_pu - 1.0, 1e-3)
        power[plants] *= np.clip(1.0 - 1.1 * over / rise, 0.0, 1.0)
    return power
