"""What one more MWh costs where a unit stands, split by what makes it dear.

The dual of the site's balance is what a MWh costs at the connection: energy, and the month's peak with the share that a step
has in a tariff interval. On the way to the unit come losses, at the import price, and the rows of the grid, each by the unit's
slope. All of it together is the nodal price: what the whole plan's cost grows by when the unit is made to draw a little more.

Source: Schweppe, Caramanis, Tabors, Bohn, Spot Pricing of Electricity (1988), chapter 7: energy, losses and network quality of
supply as parts of one price.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.boxes.flexibility.lp.problem import Problem
from twin.boxes.flexibility.lp.rows import NOWHERE, GridRow, Linear
from twin.boxes.flexibility.lp.solution import Solution

OVERLOAD_CHF_PER_KWH = 15.0
"""What a kWh beyond a limit is valued at where nobody states it: beyond this a price is the penalty that guards the limit."""
PARTS = ("energy", "losses", "voltage", "loading", "site", "peak")
_PART_OF = {"voltage": "voltage", "site": "site"}
"""Part by a row's kind; every other limit is one of loading (line, trafo, trafo3w)."""


@dataclass(frozen=True, kw_only=True)
class Prices:
    """Parts of the price in every step [CHF/MWh], dims (unit, step); a unit that is not electric has zeros.

    Attributes:
        energy, losses, voltage, loading, site, peak: by active power drawn.
        losses_q, voltage_q, loading_q, site_q: by reactive power drawn [CHF/Mvarh].
        rows: of each row's own MW, at most what an overload is valued at, >= 0, dims (row, step).
    """

    energy: np.ndarray
    losses: np.ndarray
    voltage: np.ndarray
    loading: np.ndarray
    site: np.ndarray
    peak: np.ndarray
    losses_q: np.ndarray
    voltage_q: np.ndarray
    loading_q: np.ndarray
    site_q: np.ndarray
    rows: np.ndarray

    @property
    def total(self) -> np.ndarray:
        """The nodal price of active power, dims (unit, step)."""
        return np.asarray(sum(getattr(self, part) for part in PARTS))

    @property
    def total_q(self) -> np.ndarray:
        """The nodal price of reactive power [CHF/Mvarh], dims (unit, step)."""
        return self.losses_q + self.voltage_q + self.loading_q + self.site_q


def prices_of(
    problem: Problem,
    solution: Solution,
    linear: Linear = NOWHERE,
    *,
    overload_chf_per_kwh: float = OVERLOAD_CHF_PER_KWH,
) -> Prices:
    """Prices of an optimal solution, from its duals.

    Args:
        linear: the grid that it was solved in: its losses; its rows are the solution's.
        overload_chf_per_kwh: most that a row may add per MWh of its own. A dual above it is the penalty of a limit that is
            broken, or of a margin that is used, and no price; infinite: the duals as they are.

    Raises:
        ValueError: for a solution without a plan; `tariff_prices` are its prices.
    """
    if not solution.optimal:
        raise ValueError(f"a solution that ended with {solution.status!r} has no prices; use tariff_prices")
    hours = np.asarray(problem.hours)
    peak = _peak(problem, solution) / hours
    rows = np.clip(-solution.row_duals / hours, 0.0, 1000.0 * overload_chf_per_kwh)
    by_p = _by_part(solution.rows, rows, [row.by_p for row in solution.rows], _shape(problem))
    flat = np.zeros(_shape(problem))
    by_q = _by_part(solution.rows, rows, [flat if row.by_q is None else row.by_q for row in solution.rows], flat.shape)
    at_site = solution.duals["site_balance"] / hours
    return Prices(
        energy=_at_units(problem, at_site - peak),
        losses=_lost(problem, linear.loss_by_p),
        peak=_at_units(problem, peak),
        losses_q=_lost(problem, linear.loss_by_q),
        rows=rows,
        **by_p,
        **{f"{part}_q": array for part, array in by_q.items()},
    )


def tariff_prices(problem: Problem, linear: Linear = NOWHERE) -> Prices:
    """The import tariff and the losses alone: what a plan is valued at that no solver stands behind."""
    none = np.zeros(_shape(problem))
    return Prices(
        energy=_at_units(problem, np.asarray(problem.site.import_chf_per_mwh, dtype=float)),
        losses=_lost(problem, linear.loss_by_p),
        voltage=none,
        loading=none,
        site=none,
        peak=none,
        losses_q=_lost(problem, linear.loss_by_q),
        voltage_q=none,
        loading_q=none,
        site_q=none,
        rows=np.zeros((len(problem.rows + linear.rows), len(problem.hours))),
    )


def _shape(problem: Problem) -> tuple[int, int]:
    return len(problem.parts.units), len(problem.hours)


def _peak(problem: Problem, solution: Solution) -> np.ndarray:
    """What a MW in a step adds to the month's peak [CHF/MW], dims (step,)."""
    found = np.zeros(len(problem.hours))
    for dual, steps in zip(solution.duals["peak"], problem.site.intervals, strict=True):
        for k, share in steps:
            found[k] += share * dual
    return found


def _at_units(problem: Problem, price: np.ndarray) -> np.ndarray:
    """A price of the connection at every electric unit."""
    electric = np.array([unit.electric for unit in problem.parts.units], dtype=float)
    return electric[:, None] * price


def _lost(problem: Problem, loss: np.ndarray | None) -> np.ndarray:
    none = np.zeros(_shape(problem))
    return none if loss is None else np.asarray(loss * problem.site.import_chf_per_mwh)


def _by_part(
    rows: Sequence[GridRow], price: np.ndarray, slopes: Sequence[np.ndarray], shape: tuple[int, int]
) -> dict[str, np.ndarray]:
    found = {part: np.zeros(shape) for part in ("voltage", "loading", "site")}
    for row, chf, slope in zip(rows, price, slopes, strict=True):
        if chf.any():
            found[_PART_OF.get(row.kind, "loading")] += slope * chf
    return found
