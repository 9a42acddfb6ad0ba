"""What is to be planned: devices, the connection's prices, limits of the grid. No solver, no Box."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from twin.boxes.flexibility.lp.parts import Parts, Tier
from twin.boxes.flexibility.lp.rows import GridRow
from twin.boxes.flexibility.lp.sets import Sets

NOT_PRICED_MW = -1e6
"""Peak lift of an interval outside the priced month: no peak reaches it, and the row stays in the matrix."""


class Device(Protocol):
    """A flexible device in field terms. Its electric unit bears its own id; a store shared by others has no unit."""

    @property
    def id(self) -> str:
        """Unique within the problem."""

    def parts(self, hours: tuple[float, ...]) -> Parts:
        """What it is made of, for steps of those lengths."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """The connection whose tariff is paid.

    Attributes:
        net_p_mw: net import without the planned devices, dims (step,).
        import_chf_per_mwh, export_chf_per_mwh: price of energy at the connection, CO2 price included, dims (step,).
        peak_chf_per_mw: price of the month's highest mean import over a tariff interval.
        peak_so_far_mw: month-to-date peak; only what exceeds it costs.
        interval_steps: for each tariff interval that ends within the plan, its (step, share of the interval) pairs; None:
            every step is an interval, or holds several of which the worst is ``peak_lift_mw`` above the step's mean.
        peak_lift_mw: what is added to each interval's mean: its worst part, what was metered before the plan's start, a margin;
            `NOT_PRICED_MW` where it belongs to a month that is not priced here, dims (interval,).
    """

    net_p_mw: np.ndarray
    import_chf_per_mwh: np.ndarray
    export_chf_per_mwh: np.ndarray
    peak_chf_per_mw: float = 0.0
    peak_so_far_mw: float = 0.0
    peak_lift_mw: np.ndarray | None = None
    interval_steps: tuple[tuple[tuple[int, float], ...], ...] | None = None

    @property
    def intervals(self) -> tuple[tuple[tuple[int, float], ...], ...]:
        """Tariff intervals as (step, share) pairs."""
        own = tuple(((k, 1.0),) for k in range(len(self.net_p_mw)))
        return own if self.interval_steps is None else self.interval_steps


@dataclass(frozen=True)
class Penalties:
    """Prices of what should not happen, each tier ten times the next [CHF/MWh].

    Attributes:
        excess: the grid's limit itself. ``departure``: energy missing in a car. ``comfort``: warmth that is missing, per MWh of
            heat and hour. ``contract``: a process that does not run. ``margin``: using the margin held back for the forecast's
            error, as dear as a contract.
    """

    excess: float
    departure: float
    comfort: float
    contract: float
    margin: float

    @classmethod
    def above(cls, money_chf_per_mwh: float) -> Penalties:
        """Tiers above the dearest MWh that money can save (a quarter hour of the monthly peak, usually)."""
        # No more than needed: the solver's 1e-9 MW of infeasibility, at the dearest tier, must stay below a car's saving.
        return cls(*(factor * money_chf_per_mwh for factor in (3e3, 3e2, 3e1, 3.0, 3.0)))

    def of(self, tier: Tier | None) -> float:
        """Price of breaking a promise [CHF/MWh]; 0 for none."""
        return 0.0 if tier is None else float(getattr(self, tier))


@dataclass(frozen=True, kw_only=True, eq=False)
class Problem:
    """A planning problem. Arrays over ``hours``; all powers [MW], energies [MWh], money [CHF]. Equal only to itself."""

    hours: tuple[float, ...]
    devices: tuple[Device, ...]
    site: Site
    penalties: Penalties
    rows: tuple[GridRow, ...] = ()

    @cached_property
    def parts(self) -> Parts:
        """Units, stores, links and budgets of all devices, in their order."""
        return Parts.join([device.parts(self.hours) for device in self.devices])

    @cached_property
    def sets(self) -> Sets:
        """The index sets of the model."""
        return Sets(self.hours, self.parts, self.site.intervals)

    @property
    def structure(self) -> Hashable:
        """Equal for problems that share one compiled model: all but numbers and grid rows."""
        return self.sets.structure

    @cached_property
    def unit_of(self) -> dict[str, int]:
        """Position of every unit by its id."""
        return {unit.id: at for at, unit in enumerate(self.parts.units)}

    def slopes(self, by_unit: dict[str, float] | dict[str, np.ndarray]) -> np.ndarray:
        """``by_unit`` as a `GridRow.by_p`, dims (unit, step); units that are absent have no effect."""
        array = np.zeros((len(self.parts.units), len(self.hours)))
        for name, slope in by_unit.items():
            array[self.unit_of[name]] = slope
        return array


def steps_of(value: np.ndarray | float, steps: int) -> np.ndarray:
    """One value per step, dims (step,)."""
    array = np.asarray(value, dtype=float)
    return array if array.shape == (steps,) else np.full(steps, array)


def stacked(values: Sequence[np.ndarray | float], steps: int) -> np.ndarray:
    """One row per value, dims (value, step)."""
    rows = np.empty((len(values), steps))
    for row, value in zip(rows, values, strict=True):
        row[:] = value
    return rows
