"""What is to be proven and linearised: consumption, units and inverters of an operating horizon on one network."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from twin.boxes.flexibility.grid.network import Network

if TYPE_CHECKING:
    from twin.engines.control.inverter_law import Laws

Band = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Inverters:
    """Inverters whose reactive power follows their voltage, Q(U), or that reduce with it, P(U).

    Their active power stands in the consumption (or is a planned unit's); what their curves add or take does not.

    Attributes:
        laws: who follows what, on the case's grid.
        p_mw: active power available, before scaling, injection positive, dims (step, inverter).
        unit: the planned unit that sets an inverter's active power, -1 for none, dims (inverter,).
    """

    laws: Laws
    p_mw: np.ndarray
    unit: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Case:
    """One horizon on one network.

    Attributes:
        network: grid and limits.
        consumption: everything but the planned units [MVA], complex, constant power, dims (step, node).
        unit_node: node of every planned unit, -1 where no wire of this grid serves it, dims (unit,).
        inverters: those that follow curves, None for none.
        paths: the consumption at quantiles of the forecast, jointly for all nodes [MVA], complex, dims (quantile, step, node).
            None: no margins.
        spread: share of a unit's power at every node, dims (unit, node), where some stand at several (a ripple group); None:
            each at its ``unit_node``.
        source_vm_pu: range of the first source's voltage where it is planned, too; the others keep their ratio to it.
        source_p_mw, source_q_mvar: what the sources together may deliver.
    """

    network: Network
    consumption: np.ndarray
    unit_node: np.ndarray
    inverters: Inverters | None = None
    paths: np.ndarray | None = None
    spread: np.ndarray | None = None
    source_vm_pu: Band | None = None
    source_p_mw: Band = (-np.inf, np.inf)
    source_q_mvar: Band = (-np.inf, np.inf)

    @property
    def steps(self) -> int:
        """Number of steps."""
        return len(self.consumption)

    @cached_property
    def place(self) -> np.ndarray:
        """Supplied nodes where planned units stand, ascending, dims (place,)."""
        return np.flatnonzero(self._at_node.any(axis=0))

    @cached_property
    def at_place(self) -> np.ndarray:
        """Share of a unit's power at a place, dims (unit, place)."""
        return self._at_node[:, self.place]

    @cached_property
    def _at_node(self) -> np.ndarray:
        if self.spread is not None:
            return self.spread
        return (self.unit_node[:, None] == np.arange(self.network.grid.nodes)[None, :]).astype(float)

    def drawn(self, p_mw: np.ndarray, q_mvar: np.ndarray) -> np.ndarray:
        """Consumption of every node with the units at that power [MVA], complex, dims (step, node).

        Args:
            p_mw, q_mvar: drawing positive, dims (unit, step).
        """
        total = self.consumption.astype(complex)
        total[:, self.place] += (p_mw + 1j * q_mvar).T @ self.at_place
        return total


@dataclass(frozen=True)
class Ranges:
    """Between what the units may be set, drawing positive, dims (unit, step) each; and the source's voltage, dims (step,)."""

    low_p_mw: np.ndarray
    high_p_mw: np.ndarray
    low_q_mvar: np.ndarray
    high_q_mvar: np.ndarray
    low_vm_pu: np.ndarray | None = None
    high_vm_pu: np.ndarray | None = None


@dataclass(frozen=True)
class Plan:
    """Power of every unit, drawing positive, dims (unit, step); the source's voltage where it is planned, dims (step,).

    Attributes:
        objective_chf: what the linear programme makes of it.
    """

    p_mw: np.ndarray
    q_mvar: np.ndarray
    source_vm_pu: np.ndarray | None = None
    objective_chf: float = 0.0
