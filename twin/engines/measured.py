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


@dataclass(frozen=True)
class ElementPseudo:
    """Element powers of one table, measured or assumed: p_mw + j q_mvar, variance [MVA^2]; ``on`` = in service."""

    power: np.ndarray
    variance: np.ndarray
    on: np.ndarray


def pseudo_of(grid: Grid, m: Measurements) -> dict[str, ElementPseudo]:
    """The element powers of ``m`` per table; elements out of service or unsupplied are off."""
    result = {}
    for table, _ in TABLES:
        power = getattr(m, f"{table}_p_mw") + 1j * getattr(m, f"{table}_q_mvar")
        sigma = np.maximum(getattr(m, f"{table}_sigma_mva"), MIN_SIGMA_MVA)
        on = (getattr(grid, f"{table}_node") >= 0) & (getattr(grid, f"{table}_scaling") != 0.0)
        result[table] = ElementPseudo(power, sigma**2, on)
    return result


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
    for table, _ in TABLES:
        wanted = len(getattr(grid, table))
        for suffix in ("p_mw", "q_mvar", "sigma_mva"):
            count = len(getattr(m, f"{table}_{suffix}"))
            if count != wanted:
                problems.add(f"measurements, {table}_{suffix}", count, str(wanted), f"give every {table} of the net")
    problems.raise_if_any()


def node_sums(grid: Grid, pseudo: dict[str, ElementPseudo]) -> tuple[np.ndarray, np.ndarray]:
    """Consumption [MVA] and variance [MVA^2] of every node, dims (node,); NaN as soon as one part is NaN."""
    power, variance = np.zeros(grid.nodes, dtype=complex), np.zeros(grid.nodes)
    for table, sign in TABLES:
        part, node = pseudo[table], getattr(grid, f"{table}_node")
        np.add.at(power, node[part.on], sign * part.power[part.on])
        np.add.at(variance, node[part.on], part.variance[part.on])
    return power, np.maximum(variance, MIN_SIGMA_MVA**2)


def share_out(grid: Grid, pseudo: dict[str, ElementPseudo], consumption: np.ndarray) -> dict[str, np.ndarray]:
    """Estimated ``load_p_mw``, ``sgen_p_mw``, ``storage_p_mw``, dims (1, element), from node consumption [MVA], (1, node).

    Elements nobody measured (NaN) take all that the others of their node leave, in equal parts. An element
    out of service or without supply has 0; one at a source keeps its assumed power, because nobody can tell
    it from the source's own.
    """
    unknown = np.zeros(grid.nodes, dtype=bool)
    for table, _ in TABLES:
        part = pseudo[table]
        missing = part.on & ~(np.isfinite(part.power) & np.isfinite(part.variance))
        unknown[getattr(grid, f"{table}_node")[missing]] = True
    weighted = {}
    for table, part in pseudo.items():
        missing = ~(np.isfinite(part.power) & np.isfinite(part.variance))
        weight = np.where(unknown[getattr(grid, f"{table}_node")], missing.astype(float), part.variance)
        weighted[table] = ElementPseudo(np.where(missing, 0.0, part.power), weight, part.on)
    power, weight = node_sums(grid, weighted)
    moved = consumption[0] - power
    moved[grid.source_node] = np.where(np.isfinite(moved[grid.source_node]), 0.0, np.nan)
    shares = {}
    for table, sign in TABLES:
        part, node = weighted[table], getattr(grid, f"{table}_node")
        estimated = part.power.real + sign * moved.real[node] * part.variance / weight[node]
        shares[f"{table}_p_mw"] = np.where(part.on, estimated, 0.0)[None, :]
    return shares
