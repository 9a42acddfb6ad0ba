"""Every limit of a grid as one row of numbers: by how much each is exceeded in a state."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import xarray as xr

from twin.domain.grid import Grid
from twin.regie.proof import Limits

WANT = ("vm_pu", "line_loading_percent", "trafo_loading_percent")
HELD = 1e-4
"""Excess that counts as none: a power flow is no more exact than that [% of loading or of nominal voltage]."""


@dataclass(frozen=True)
class Limit:
    """One limit: ``element`` "line:66", "trafo:2" or "bus:458"; ``kind`` "loading", "overvoltage" or "undervoltage"."""

    element: str
    kind: str
    limit: float
    unit: str


@dataclass(frozen=True)
class Held:
    """The limits of a grid: loading of lines, then of transformers, then highest and lowest voltage of buses."""

    grid: Grid
    limits: Limits

    @cached_property
    def all(self) -> tuple[Limit, ...]:
        """In the order of `excess`."""
        grid, limits = self.grid, self.limits
        return (
            *(Limit(f"line:{i}", "loading", limits.line_percent, "%") for i in grid.line),
            *(Limit(f"trafo:{i}", "loading", limits.trafo_percent, "%") for i in grid.trafo),
            *(Limit(f"bus:{i}", "overvoltage", float(v), "pu") for i, v in zip(grid.bus, limits.bus_high_pu, strict=True)),
            *(Limit(f"bus:{i}", "undervoltage", float(v), "pu") for i, v in zip(grid.bus, limits.bus_low_pu, strict=True)),
        )

    def excess(self, solved: xr.Dataset) -> np.ndarray:
        """Excess over every limit, negative within it, dims (row, limit): % of loading, and % of nominal voltage.

        +inf where a row has no solution; -inf for what has no supply: it breaks no limit of its own.
        """
        line, trafo, vm = (solved[f"{name}"].to_numpy() for name in ("line_loading_percent", "trafo_loading_percent", "vm_pu"))
        found = np.concatenate(
            [
                line - self.limits.line_percent,
                trafo - self.limits.trafo_percent,
                100.0 * (vm - self.limits.bus_high_pu),
                100.0 * (self.limits.bus_low_pu - vm),
            ],
            axis=1,
        )
        found[np.isnan(found)] = -np.inf
        found[~solved["converged"].to_numpy()] = np.inf
        return found
