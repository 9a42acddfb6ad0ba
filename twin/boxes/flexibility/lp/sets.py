"""Index sets of the model, from the parts alone."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from twin.boxes.flexibility.horizon import step_start_h
from twin.boxes.flexibility.lp.parts import Follow, Parts, Reactive, Run, Taper

CORNERS = 8
"""Sides of the polygon that stands for an inverter's circle; it lies inside, and gives away at most 7.6 % of it."""


@dataclass(frozen=True)
class Sets:
    """Which parts the model's variables and rows speak of; every list holds positions in ``parts``.

    Attributes:
        hours: length of each step. ``intervals``: tariff intervals as (step, share) pairs.
    """

    hours: tuple[float, ...]
    parts: Parts
    intervals: tuple[tuple[tuple[int, float], ...], ...]

    @cached_property
    def drawing(self) -> list[int]:
        """Units that can draw."""
        return [at for at, unit in enumerate(self.parts.units) if unit.draw_max_mw is not None]

    @cached_property
    def feeding(self) -> list[int]:
        """Units that can feed in."""
        return [at for at, unit in enumerate(self.parts.units) if unit.feed_max_mw is not None]

    @cached_property
    def unit_at(self) -> dict[str, int]:
        """Position of every unit by its id."""
        return {unit.id: at for at, unit in enumerate(self.parts.units)}

    @cached_property
    def store_at(self) -> dict[str, int]:
        """Position of every store by its id."""
        return {store.id: at for at, store in enumerate(self.parts.stores)}

    @cached_property
    def draw_at(self) -> dict[int, int]:
        """Place in ``drawing`` by unit."""
        return {unit: at for at, unit in enumerate(self.drawing)}

    @cached_property
    def feed_at(self) -> dict[int, int]:
        """Place in ``feeding`` by unit."""
        return {unit: at for at, unit in enumerate(self.feeding)}

    @cached_property
    def _links_by_store(self) -> dict[int, list[tuple[int, int]]]:
        found: dict[int, list[tuple[int, int]]] = {}
        for at, link in enumerate(self.parts.links):
            found.setdefault(self.store_at[link.store], []).append((at, self.unit_at[link.unit]))
        return found

    def links_of(self, store: int) -> list[tuple[int, int]]:
        """(Link, unit) of everything that fills or empties a store."""
        return self._links_by_store.get(store, [])

    @cached_property
    def reactive(self) -> list[int]:
        """Units whose reactive power may be set."""
        return [at for at, unit in enumerate(self.parts.units) if unit.reactive is not None]

    @cached_property
    def reactives(self) -> list[Reactive]:
        """What limits it, in the order of ``reactive``."""
        return [unit.reactive for unit in self.parts.units if unit.reactive is not None]

    @cached_property
    def wedged(self) -> list[int]:
        """Positions in ``reactive`` of those held to a power factor."""
        return [r for r, limits in enumerate(self.reactives) if limits.tan_phi is not None]

    @cached_property
    def circled(self) -> list[tuple[int, int]]:
        """(Position in ``reactive``, corner) of those held to an apparent power."""
        held = [r for r, limits in enumerate(self.reactives) if limits.s_max_mva is not None]
        return [(r, corner) for r in held for corner in range(CORNERS)]

    @cached_property
    def tapered(self) -> list[int]:
        """Units that slow down as their store fills."""
        return [at for at, unit in enumerate(self.parts.units) if unit.taper is not None]

    @cached_property
    def tapers(self) -> list[Taper]:
        """How they do, in the order of ``tapered``."""
        return [unit.taper for unit in self.parts.units if unit.taper is not None]

    @cached_property
    def following(self) -> list[int]:
        """Units that draw what flows out of a store."""
        return [at for at, unit in enumerate(self.parts.units) if unit.follow is not None]

    @cached_property
    def follows(self) -> list[Follow]:
        """How they do, in the order of ``following``."""
        return [unit.follow for unit in self.parts.units if unit.follow is not None]

    @cached_property
    def soft(self) -> list[int]:
        """Stores whose bounds may be broken at a price."""
        return [at for at, s in enumerate(self.parts.stores) if s.soft is not None]

    @cached_property
    def spilling(self) -> list[int]:
        """Stores that may throw away."""
        return [at for at, store in enumerate(self.parts.stores) if store.spill_chf is not None]

    @cached_property
    def targeted(self) -> list[int]:
        """Stores with a level wanted at the end."""
        return [at for at, store in enumerate(self.parts.stores) if store.target is not None]

    @cached_property
    def cleared(self) -> list[int]:
        """Stores that must be empty of what flowed in some time ago."""
        return [at for at, store in enumerate(self.parts.stores) if store.cleared_within_h is not None]

    @cached_property
    def switched(self) -> list[int]:
        """Units that are on or off in every step."""
        return [at for at, unit in enumerate(self.parts.units) if unit.run is not None and not unit.run.profile_mw]

    @cached_property
    def switched_at(self) -> dict[int, int]:
        """Place in ``switched`` by unit."""
        return {unit: at for at, unit in enumerate(self.switched)}

    @cached_property
    def two_sided(self) -> list[int]:
        """Those in ``switched`` that have the other side, too."""
        return [unit for unit in self.switched if unit in self.draw_at and unit in self.feed_at]

    @cached_property
    def whole(self) -> list[int]:
        """Units with a run that cannot be broken."""
        return [at for at, unit in enumerate(self.parts.units) if unit.run is not None and unit.run.profile_mw]

    @cached_property
    def counted(self) -> list[int]:
        """Positions in ``switched`` of those with a number of starts."""
        return [w for w, at in enumerate(self.switched) if self.run(at).starts_max is not None]

    @cached_property
    def timed(self) -> list[int]:
        """Positions in ``switched`` of those with a run time."""
        return [w for w, at in enumerate(self.switched) if self.run(at).hours is not None]

    @cached_property
    def resting(self) -> list[tuple[int, int, int]]:
        """(Position in ``switched``, step, earlier step): no start while the earlier step is on."""
        starts = step_start_h(self.hours)
        ends = starts + np.asarray(self.hours)
        found = []
        for w, at in enumerate(self.switched):
            rest = self.run(at).rest_h
            found += [(w, k, j) for k in range(len(self.hours)) for j in range(k) if rest and starts[k] - ends[j] < rest - 1e-9]
        return found

    @cached_property
    def longest(self) -> list[tuple[int, tuple[int, ...]]]:
        """(Position in ``switched``, steps that may not all be on)."""
        starts = step_start_h(self.hours)
        ends = starts + np.asarray(self.hours)
        found = []
        for w, at in enumerate(self.switched):
            limit = self.run(at).longest_h
            if limit is None:
                continue
            for k in range(len(self.hours)):
                beyond = np.flatnonzero(ends - starts[k] > limit + 1e-9)
                if len(beyond):
                    found.append((w, tuple(range(k, int(beyond[0]) + 1))))
        return found

    @cached_property
    def counts(self) -> dict[str, int]:
        """Number of members of every set, by the name that the model uses."""
        return {
            "unit": len(self.parts.units),
            "drawing": len(self.drawing),
            "feeding": len(self.feeding),
            "reactive": len(self.reactive),
            "wedged": len(self.wedged),
            "circled": len(self.circled),
            "tapered": len(self.tapered),
            "following": len(self.following),
            "store": len(self.parts.stores),
            "soft": len(self.soft),
            "spilling": len(self.spilling),
            "targeted": len(self.targeted),
            "cleared": len(self.cleared),
            "switched": len(self.switched),
            "two_sided": len(self.two_sided),
            "whole": len(self.whole),
            "counted": len(self.counted),
            "timed": len(self.timed),
            "resting": len(self.resting),
            "longest": len(self.longest),
            "budget": len(self.parts.budgets),
            "interval": len(self.intervals),
            "step": len(self.hours),
        }

    @cached_property
    def structure(self) -> Hashable:
        """All that shapes the matrix, without the numbers that a tick may change."""
        units = tuple(
            (
                u.id,
                u.draw_max_mw is not None,
                u.feed_max_mw is not None,
                u.electric,
                u.reactive,
                u.taper is not None and u.taper.store,
                u.follow is not None and u.follow.store,
                _run_shape(u.run),
            )
            for u in self.parts.units
        )
        stores = tuple(
            (s.id, s.soft is None, s.spill_chf is None, s.target is None, s.cleared_within_h) for s in self.parts.stores
        )
        links = tuple((link.unit, link.store) for link in self.parts.links)
        budgets = tuple((budget.unit, budget.side) for budget in self.parts.budgets)
        return self.hours, units, stores, links, budgets, self.intervals

    def lately(self, store: int, k: int) -> range:
        """Steps up to ``k`` whose inflow a cleared store may still hold at the end of step ``k``."""
        within = self.parts.stores[store].cleared_within_h
        assert within is not None
        ends = step_start_h(self.hours) + np.asarray(self.hours)
        return range(int(np.argmax(ends > ends[k] - within + 1e-9)), k + 1)

    def tan_phi(self, unit: int) -> float:
        """Reactive over active power of a unit that is held to it."""
        reactive = self.parts.units[unit].reactive
        assert reactive is not None
        assert reactive.tan_phi is not None
        return reactive.tan_phi

    def run(self, unit: int) -> Run:
        """The run of a unit that has one."""
        run = self.parts.units[unit].run
        assert run is not None
        return run

    def profile_matrix(self, unit: int) -> np.ndarray:
        """Mean power in every step of a whole run begun at the start of each step [MW], dims (begin, step).

        A run that the plan's end would cut has no row of power: it must not begin there.
        """
        profile = np.asarray(self.run(unit).profile_mw)
        starts = step_start_h(self.hours)
        edges = np.concatenate([starts, [starts[-1] + self.hours[-1]]])
        # energy of the profile up to each quarter-hour mark, so that any step's share is a difference
        energy = np.concatenate([[0.0], np.cumsum(profile) * 0.25])
        marks = 0.25 * np.arange(len(energy))
        table = np.interp(edges[None, :] - starts[:, None], marks, energy, left=0.0, right=energy[-1])
        power = np.diff(table, axis=1) / np.asarray(self.hours)
        power[starts + marks[-1] > edges[-1] + 1e-9] = 0.0
        return power

    def begins_within(self, unit: int) -> np.ndarray:
        """Where a whole run may begin so that it ends within the plan, dims (step,), bool."""
        starts = step_start_h(self.hours)
        return starts + 0.25 * len(self.run(unit).profile_mw) <= starts[-1] + self.hours[-1] + 1e-9


def _run_shape(run: Run | None) -> Hashable:
    if run is None:
        return None
    counted, timed = run.starts_max is not None, run.hours is not None
    return run.side, counted, timed, run.rest_h, run.longest_h, run.profile_mw
