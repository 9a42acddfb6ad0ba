"""A measurement table becomes rows of the estimate: checked, in per unit, and one row per node for its power.

Bus powers belong to buses, equations to nodes. Where closed couplers fuse several buses to one node, their powers add up to
one row; without a measurement at every one of those that draw or inject, the sum is not known and what is measured there
cannot be used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from twin.domain.grid import Grid
from twin.domain.problems import Problems
from twin.engines.estimation.state_equations import I_END, P_END, P_NODE, Q_END, Q_NODE, VA, VM, Rows

COLUMNS = ("measurement_type", "element_type", "element", "value", "std_dev", "side")
_SIDES = {"line": {"from": 0, "to": 1}, "trafo": {"hv": 0, "lv": 1}}
_AT_BUS = {"v": VM, "va": VA, "p": P_NODE, "q": Q_NODE}
_AT_END = {"p": P_END, "q": Q_END, "i": I_END}
_KINDS = {"bus": _AT_BUS, "line": _AT_END, "trafo": _AT_END}
_HOW = "correct the measurement table"


@dataclass(frozen=True)
class Readings:
    """The measurement table and the rows it gives.

    Attributes:
        index: the table's own index. ``label``: "p line 3 from", dims (measurement,).
        rows: what the estimate uses.
        row: row of each measurement, -1 where it is not used, dims (measurement,).
        weight: of each measurement in its row, 1 but where several meters make one row, dims (measurement,).
        to_unit: pu (or rad) to the table's unit, dims (measurement,).
    """

    index: np.ndarray
    label: np.ndarray
    rows: Rows
    row: np.ndarray
    weight: np.ndarray
    to_unit: np.ndarray

    def without(self, row: int) -> Readings:
        """All but the measurements of one row."""
        keep = np.arange(len(self.rows)) != row
        moved = np.where(self.row == row, -1, self.row - (self.row > row))
        return Readings(self.index, self.label, self.rows.take(keep), moved, self.weight, self.to_unit)

    def series(self, values: np.ndarray) -> np.ndarray:
        """Values of the rows, dims (time, row), from values in the table's units, dims (time, measurement)."""
        used = self.row >= 0
        sums = sparse.csr_array((self.weight[used], (self.row[used], np.flatnonzero(used))), shape=(len(self.rows), len(used)))
        found: np.ndarray = (sums @ (np.where(used, values, 0.0) / self.to_unit).T).T
        return found


def read_measurements(grid: Grid, injects: np.ndarray, table: pd.DataFrame) -> Readings:
    """Check the table against the grid and turn it into rows.

    Args:
        injects: buses at which something draws or injects, bool, dims (bus,).
        table: pandapower's measurement table (`COLUMNS`), bus powers consumption positive. A value of NaN is a meter that
            says nothing; it is left out, like a meter on what is out of service or without supply.

    Raises:
        BadInput: every unknown type, element or side, and every impossible value or standard deviation, all at once.
    """
    check_table(grid, table)
    count = len(table)
    kind = table["measurement_type"].to_numpy(dtype=object)
    element_type = table["element_type"].to_numpy(dtype=object)
    element = table["element"].to_numpy(dtype=int)
    side = table["side"].to_numpy(dtype=object)
    quantity, at, bus = np.full(count, -1), np.full(count, -1), np.full(count, -1)
    to_unit = np.full(count, grid.base_mva)
    at_bus = element_type == "bus"
    position = np.searchsorted(grid.bus, element[at_bus], sorter=(order := np.argsort(grid.bus)))
    bus[at_bus] = order[position]
    at[at_bus] = grid.bus_node[bus[at_bus]]
    for name, code in _AT_BUS.items():
        quantity[at_bus & (kind == name)] = code
    for name, sides in _SIDES.items():
        here = np.flatnonzero(element_type == name)
        order = np.argsort(getattr(grid, name))
        branch = getattr(grid, f"{name}_branch")[order[np.searchsorted(getattr(grid, name), element[here], sorter=order)]]
        at[here] = np.where(branch >= 0, 2 * branch + np.array([sides[s] for s in side[here]], dtype=int), -1)
        for letter, code in _AT_END.items():
            quantity[here[kind[here] == letter]] = code
    to_unit[quantity == VM], to_unit[quantity == VA] = 1.0, np.degrees(1.0)
    current = np.flatnonzero((quantity == I_END) & (at >= 0))
    node = np.stack([grid.branch_from, grid.branch_to], axis=1).reshape(-1)[at[current]]
    to_unit[current] = grid.base_mva / (np.sqrt(3.0) * grid.node_vn_kv[node])
    value = table["value"].to_numpy(dtype=float) / to_unit
    sigma = table["std_dev"].to_numpy(dtype=float) / to_unit
    usable = (at >= 0) & np.isfinite(value)
    single = usable & (quantity != P_NODE) & (quantity != Q_NODE)
    rows, row = _rows(quantity, at, value, sigma, single)
    columns = (quantity, at, bus, value, sigma)
    rows, row, weight = _add_node_powers(grid, injects, rows, row, columns, usable & ~single)
    return Readings(table.index.to_numpy(), _labels(table), rows, row, weight, to_unit)


def _rows(
    quantity: np.ndarray, at: np.ndarray, value: np.ndarray, sigma: np.ndarray, use: np.ndarray
) -> tuple[Rows, np.ndarray]:
    row = np.where(use, np.cumsum(use) - 1, -1)
    return Rows(quantity[use], at[use], value[use], sigma[use]), row


def _add_node_powers(
    grid: Grid,
    injects: np.ndarray,
    rows: Rows,
    row: np.ndarray,
    columns: tuple[np.ndarray, ...],
    use: np.ndarray,
) -> tuple[Rows, np.ndarray, np.ndarray]:
    """Rows for the powers of nodes: each meter its own where one bus has it all, else one row for the sum of the buses."""
    quantity, at, bus, value, sigma = columns
    drawing = np.bincount(grid.bus_node[injects & (grid.bus_node >= 0)], minlength=grid.nodes)
    metered = np.zeros((2, len(grid.bus)), dtype=bool)
    metered[(quantity[use] == Q_NODE).astype(int), bus[use]] = True
    supplied = np.flatnonzero(grid.bus_node >= 0)
    counted = np.stack([np.bincount(grid.bus_node[supplied], m[supplied], grid.nodes) for m in metered])
    known = np.stack([np.bincount(grid.bus_node[supplied], (m & injects)[supplied], grid.nodes) for m in metered])
    side = (quantity == Q_NODE).astype(int)
    node = np.where(use, at, 0)
    complete = use & (known[side, node] == drawing[node])
    alone = complete & (counted[side, node] == 1)
    own, own_row = _rows(quantity, at, value, sigma, alone)
    row = np.where(own_row >= 0, own_row + len(rows), row)
    rows = rows.followed_by(own)
    share = np.ones(len(row))
    for code in (P_NODE, Q_NODE):
        for fused in np.unique(at[complete & ~alone & (quantity == code)]):
            members = np.flatnonzero(complete & (quantity == code) & (at == fused))
            precision = sigma[members] ** -2.0
            of_bus = np.bincount(bus[members], precision, len(grid.bus))
            share[members] = precision / of_bus[bus[members]]
            row[members] = len(rows)
            total = np.array([(share[members] * value[members]).sum()])
            spread = np.sqrt((1.0 / of_bus[of_bus > 0.0]).sum(keepdims=True))
            rows = rows.followed_by(Rows(np.array([code]), np.array([fused]), total, spread))
    return rows, row, share


def check_table(grid: Grid, table: pd.DataFrame) -> None:
    """Refuse what no estimate could use.

    Raises:
        BadInput: naming every row of the table and what is wrong with it.
    """
    problems = Problems()
    missing = [column for column in COLUMNS if column not in table.columns]
    if missing:
        problems.add("measurements", f"no {', '.join(missing)}", f"the columns {list(COLUMNS)}", "take pandapower's table")
        problems.raise_if_any()
    suspect = ~_fine(grid, table)
    if suspect.any():
        known = {name: set(getattr(grid, name).tolist()) for name in _KINDS}
        for index, *entry in table.loc[suspect, list(COLUMNS)].itertuples(name=None):
            _check_row(problems, f"measurement {index}", entry, known)
    for index in table.index[table.index.duplicated()].unique():
        problems.add(f"measurement {index}", "there twice", "every index once", "number the measurements anew")
    problems.raise_if_any()


def _fine(grid: Grid, table: pd.DataFrame) -> np.ndarray:
    """Rows with nothing to say against, bool, dims (measurement,)."""
    kind, of, element, value, std_dev, side = (table[column].to_numpy() for column in COLUMNS)
    value, std_dev = value.astype(float), std_dev.astype(float)
    fine = np.zeros(len(table), dtype=bool)
    for name, kinds in _KINDS.items():
        known = (of == name) & np.logical_or.reduce([kind == letter for letter in kinds])
        if name in _SIDES:
            known &= np.logical_or.reduce([side == end for end in _SIDES[name]])
        fine |= known & np.isin(element, getattr(grid, name))
    magnitude = (kind == "v") | (kind == "i")
    return fine & (std_dev > 0.0) & np.isfinite(std_dev) & ~np.isinf(value) & ~(magnitude & (value < 0.0))


def _check_row(problems: Problems, place: str, entry: list[Any], known: dict[str, set[int]]) -> None:
    kind, element_type, element, value, std_dev, side = entry
    if element_type not in known:
        problems.add(f"{place}, element_type", repr(element_type), f"one of {list(known)}", _HOW)
        return
    kinds = _KINDS[element_type]
    if kind not in kinds:
        problems.add(f"{place}, measurement_type", repr(kind), f"one of {list(kinds)} at a {element_type}", _HOW)
    if element not in known[element_type]:
        problems.add(f"{place}, element", f"{element_type} {element}", f"an index of net.{element_type}", _HOW)
    if element_type != "bus" and side not in _SIDES[element_type]:
        problems.add(f"{place}, side", repr(side), f"one of {list(_SIDES[element_type])}", "say at which end the meter sits")
    if not (std_dev > 0.0 and np.isfinite(std_dev)):
        problems.add(f"{place}, std_dev", std_dev, "a number above 0, in the unit of the value", "give the meter's accuracy")
    if np.isinf(value) or (kind in {"v", "i"} and value < 0.0):
        problems.add(f"{place}, value", value, "a magnitude of at least 0" if kind in {"v", "i"} else "a number", _HOW)


def _labels(table: pd.DataFrame) -> np.ndarray:
    kind, of, element, side = (table[column].to_numpy() for column in ("measurement_type", "element_type", "element", "side"))
    end = np.where(of == "bus", "", " " + np.where(of == "bus", "", side).astype(object))
    label: np.ndarray = kind + " " + of + " " + element.astype(int).astype(str).astype(object) + end
    return label
