"""Measurements as every estimator needs them: checked, summed per node, and shared out afterwards."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.contracts.ports import Measurements
from twin.domain.grid import Grid
from twin.domain.problems import Problems
from twin.engines.injections import TABLES

FLOW_KINDS = {"line_from": "line", "line_to": "line", "trafo_hv": "trafo", "trafo_lv": "trafo"}
MIN_SIGMA_MVA = 1e-6
"""A standard deviation of 0 would weigh infinitely; 1 W is below every meter."""


def check_measurements(grid: Grid, m: Measurements) -> None:
    """Refuse measurements that do not fit the grid.

    Raises:
        BadInput: for unknown buses, lines, transformers, flow kinds and wrong lengths, all at once.
    """
    problems = Problems()
    for bus in np.asarray(m.bus)[~np.isin(m.bus, grid.bus)]:
        problems.add(f"measurements, bus {bus}", "unknown", "an index of net.bus", "correct the channel list")
    for kind, index in zip(m.flow_kind, m.flow_index, strict=True):
        if kind not in FLOW_KINDS:
            problems.add(f"measurements, flow {kind}", "unknown", f"one of {list(FLOW_KINDS)}", "correct the kind")
        elif index not in getattr(grid, FLOW_KINDS[kind]):
            problems.add(f"measurements, {kind} {index}", "unknown", "an index of the net", "correct the channel list")
    _check_lengths(grid, m, problems)
    problems.raise_if_any()


def check_element_powers(grid: Grid, m: Measurements) -> None:
    """The part of `check_measurements` that remains where the places of the meters are known to be good.

    Raises:
        BadInput: for wrong lengths, all at once.
    """
    problems = Problems()
    _check_lengths(grid, m, problems)
    problems.raise_if_any()


def _check_lengths(grid: Grid, m: Measurements, problems: Problems) -> None:
    for table, _ in TABLES:
        wanted = len(getattr(grid, table))
        for suffix in ("p_mw", "q_mvar", "sigma_mva"):
            count = len(getattr(m, f"{table}_{suffix}"))
            if count != wanted:
                problems.add(f"measurements, {table}_{suffix}", count, str(wanted), f"give every {table} of the net")


@dataclass(frozen=True)
class Pseudo:
    """Element powers, measured or assumed, dims (element,).

    Attributes:
        power: consumption p_mw + j q_mvar. ``variance``: of either part [MVA^2].
        missing: nobody says what the element does.
    """

    power: np.ndarray
    variance: np.ndarray
    missing: np.ndarray


class Elements:
    """All loads, generators and storages of a grid in one row, dims (element,): the sums that an estimator takes at nodes.

    Elements out of service or unsupplied are off: they count nowhere and have a power of 0.

    Attributes:
        node: nodes at which something is on, ascending, dims (node,).
    """

    def __init__(self, grid: Grid) -> None:
        self._nodes = grid.nodes
        self._source_node = grid.source_node
        count = [len(getattr(grid, table)) for table, _ in TABLES]
        self._part = {table: slice(sum(count[:i]), sum(count[: i + 1])) for i, (table, _) in enumerate(TABLES)}
        self._sign = np.repeat([sign for _, sign in TABLES], count)
        self._node = np.concatenate([getattr(grid, f"{table}_node") for table, _ in TABLES])
        scaling = np.concatenate([getattr(grid, f"{table}_scaling") for table, _ in TABLES])
        self._on = (self._node >= 0) & (scaling != 0.0)
        self._used = np.flatnonzero(self._on)
        self._at = self._node[self._used]
        self.node = np.unique(self._at)

    def pseudo(self, m: Measurements) -> Pseudo:
        """The element powers of ``m``, checked before."""
        power = np.empty(len(self._node), dtype=complex)
        power.real = self._sign * np.concatenate((m.load_p_mw, m.sgen_p_mw, m.storage_p_mw))
        power.imag = self._sign * np.concatenate((m.load_q_mvar, m.sgen_q_mvar, m.storage_q_mvar))
        sigma = np.concatenate((m.load_sigma_mva, m.sgen_sigma_mva, m.storage_sigma_mva))
        variance = np.maximum(sigma, MIN_SIGMA_MVA) ** 2
        return Pseudo(power, variance, ~(np.isfinite(power) & np.isfinite(variance)))

    def node_sums(self, pseudo: Pseudo) -> tuple[np.ndarray, np.ndarray]:
        """Consumption [MVA] and variance [MVA^2] of every node, dims (node,); NaN as soon as one part is NaN."""
        power = np.empty(self._nodes, dtype=complex)
        power.real, power.imag = self._sum(pseudo.power.real), self._sum(pseudo.power.imag)
        return power, np.maximum(self._sum(pseudo.variance), MIN_SIGMA_MVA**2)

    def share_out(self, pseudo: Pseudo, consumption: np.ndarray) -> dict[str, np.ndarray]:
        """Estimated ``load_p_mw``, ``sgen_p_mw``, ``storage_p_mw``, dims (1, element), from node consumption [MVA], (1, node).

        Elements nobody measured (NaN) take all that the others of their node leave, in equal parts. An element
        out of service or without supply has 0; one at a source keeps its assumed power, because nobody can tell
        it from the source's own.
        """
        p_mw, weight = pseudo.power.real, pseudo.variance
        if pseudo.missing.any():
            unknown = np.zeros(self._nodes, dtype=bool)
            unknown[self._node[pseudo.missing & self._on]] = True
            p_mw = np.where(pseudo.missing, 0.0, p_mw)
            weight = np.where(unknown[self._node], pseudo.missing.astype(float), weight)
        moved = consumption[0].real - self._sum(p_mw)
        source = self._source_node
        moved[source] = np.where(np.isfinite(moved[source]), 0.0, np.nan)
        total = np.maximum(self._sum(weight), MIN_SIGMA_MVA**2)
        estimated = self._sign * (p_mw + moved[self._node] * weight / total[self._node])
        estimated = np.where(self._on, estimated, 0.0)
        return {f"{table}_p_mw": estimated[None, part] for table, part in self._part.items()}

    def _sum(self, values: np.ndarray) -> np.ndarray:
        """Sums at the nodes, dims (node,), of what is on."""
        return np.bincount(self._at, values[self._used], self._nodes)
