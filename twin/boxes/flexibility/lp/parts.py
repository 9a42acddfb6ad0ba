"""What every device is made of: power flows that can be set, and what they fill. The model knows nothing else.

Arrays have dims (step,); a number stands for the same value in every step. Power is at the grid side, drawing positive.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

PerStep = np.ndarray | float
"""One value per step, or one for all of them."""
Side = Literal["draw", "feed"]
Tier = Literal["departure", "comfort", "contract"]
"""Whose promise breaks; `twin.boxes.flexibility.lp.problem.Penalties` prices it."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """On or off: the power of one side is zero, or between ``min_mw`` and ``max_mw``.

    Attributes:
        side: which power is switched.
        start_chf: price of a start in each step. ``starts_max``: starts that are left, None for any number.
        rest_h: shortest pause between the end of one run and the next. ``longest_h``: longest run without a pause.
        hours: run time wanted, None for any; what is missing breaks a contract.
        profile_mw: power of a run that cannot be broken, quarter hour by quarter hour; it runs once, at the start of a step.
        allowed: where it may be on (where a profile may begin). ``was_on``: on just before the first step.
    """

    side: Side
    min_mw: PerStep
    max_mw: PerStep
    start_chf: PerStep = 0.0
    starts_max: int | None = None
    rest_h: float = 0.0
    longest_h: float | None = None
    hours: float | None = None
    profile_mw: tuple[float, ...] = ()
    allowed: PerStep = 1.0
    was_on: bool = False


@dataclass(frozen=True, kw_only=True)
class Reactive:
    """Reactive power that may be set: |q| <= max_mvar, |q| <= tan_phi |p|, p^2 + q^2 <= s_max_mva^2 (a polygon).

    ``q`` is positive when the device draws it. ``tan_phi`` None: no wedge. ``s_max_mva`` None: no polygon.
    """

    max_mvar: float
    tan_phi: float | None = None
    s_max_mva: float | None = None


@dataclass(frozen=True, kw_only=True)
class Taper:
    """A charge that slows down: draw <= at_empty_mw - slope_mw_per_level * (level at the step's start)."""

    store: str
    at_empty_mw: float
    slope_mw_per_level: float


@dataclass(frozen=True, kw_only=True)
class Follow:
    """A draw that nobody chooses: what flows out of a store by itself, draw = mw_per_level * (level at the step's start).

    Where the unit's other side is switched on it draws nothing: a group that is blocked cannot catch up.

    Attributes:
        most_mw: more than it can ever come to.
    """

    store: str
    mw_per_level: PerStep
    most_mw: float


@dataclass(frozen=True, kw_only=True)
class Unit:
    """A power flow that can be set.

    Attributes:
        draw_max_mw, feed_max_mw, draw_min_mw, feed_min_mw: limits of either side, all >= 0; a maximum of None: no such side.
        own_p_mw: what it would do by itself. ``movable``: 0 where it must do just that.
        reference_p_mw: what its owner is paid against; None: its own behaviour.
        draw_chf_per_mwh, feed_chf_per_mwh: what using a side costs (wear, fuel).
        more_chf_per_mwh, less_chf_per_mwh: what its owner earns for a MWh above and below the reference.
        electric: False for fuel and heat, which no wire carries.
    """

    id: str
    draw_max_mw: PerStep | None = None
    feed_max_mw: PerStep | None = None
    draw_min_mw: PerStep = 0.0
    feed_min_mw: PerStep = 0.0
    own_p_mw: PerStep = 0.0
    movable: PerStep = 1.0
    reference_p_mw: PerStep | None = None
    draw_chf_per_mwh: PerStep = 0.0
    feed_chf_per_mwh: PerStep = 0.0
    more_chf_per_mwh: PerStep = 0.0
    less_chf_per_mwh: PerStep = 0.0
    electric: bool = True
    run: Run | None = None
    reactive: Reactive | None = None
    taper: Taper | None = None
    follow: Follow | None = None


@dataclass(frozen=True, kw_only=True)
class Store:
    """What units fill and empty: cells, a building's warmth, a reservoir, an energy owed.

    Level at a step's end = keep * level before + gains of the linked units + inflow - spill.

    Attributes:
        level0: at the start. ``low``, ``high``: bounds at each step's end.
        soft: whose promise a level beyond a bound breaks, by MWh and hour; None where the bounds are hard.
        mwh_per_level: energy of a unit of level, which is what a promise counts.
        keep: share of the level that is left after each step. ``inflow``: level gained by itself in each step.
        spill_chf: price of throwing away a unit of level; None where it cannot be.
        target: wanted at the end of the plan, None for nothing. ``short``: whose promise breaks where it is missing.
        end_value_chf: worth of a unit of level at the end.
        cleared_within_h: what flows in must have left within so many hours (energy owed after a shed), None for no limit.
        unit: of the level, for messages.
    """

    id: str
    level0: float
    low: PerStep = 0.0
    high: PerStep = np.inf
    soft: Tier | None = None
    mwh_per_level: float = 1.0
    keep: PerStep = 1.0
    inflow: PerStep = 0.0
    spill_chf: float | None = None
    target: float | None = None
    short: Tier = "departure"
    end_value_chf: float = 0.0
    cleared_within_h: float | None = None
    unit: str = "MWh"


@dataclass(frozen=True, kw_only=True)
class Link:
    """A unit fills or empties a store: level per MWh drawn and per MWh fed in."""

    unit: str
    store: str
    per_draw: PerStep = 0.0
    per_feed: PerStep = 0.0


@dataclass(frozen=True, kw_only=True)
class Budget:
    """Movement that is free up to an amount and paid beyond it (curtailment within a guarantee).

    Attributes:
        unit: whose movement above (``side`` "more") or below ("less") its reference is counted.
        free_mwh: what is left for nothing. ``chf_per_mwh``: price of the rest.
    """

    unit: str
    side: Literal["more", "less"]
    free_mwh: float
    chf_per_mwh: float


@dataclass(frozen=True)
class Parts:
    """Parts of one device, or of a whole problem."""

    units: tuple[Unit, ...] = ()
    stores: tuple[Store, ...] = ()
    links: tuple[Link, ...] = ()
    budgets: tuple[Budget, ...] = ()

    @classmethod
    def join(cls, parts: Sequence[Parts]) -> Parts:
        """All of them in one, in their order."""
        return cls(
            tuple(unit for part in parts for unit in part.units),
            tuple(store for part in parts for store in part.stores),
            tuple(link for part in parts for link in part.links),
            tuple(budget for part in parts for budget in part.budgets),
        )
