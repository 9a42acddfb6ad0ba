"""Element powers of a `Dataset` gathered to node powers: the one place for scaling and signs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from scipy import sparse

from twin.domain.grid import Grid
from twin.domain.problems import BadInput, Problem, Problems

TABLES = (("load", 1.0), ("sgen", -1.0), ("storage", 1.0))
"""Injection tables with the sign that makes a positive value a consumption."""


NAMES = tuple(f"{table}_{quantity}" for table, _ in TABLES for quantity in ("p_mw", "q_mvar"))
"""Every variable that `read_profiles` knows, in the order of `twin.engines.batch.kernel.Injected`."""


@dataclass(frozen=True)
class ElementPowers:
    """Element powers before scaling in the net's sign: p_mw + j q_mvar, dims (time, element)."""

    steps: int
    time: np.ndarray | None
    values: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Profiles:
    """Injections as they were given, before scaling [MW, Mvar]; nothing is read or copied yet.

    Attributes:
        varying: variables with time, dims (time, element) or (element, time), with the order of their elements.
        fixed: the others, dims (element,): given without time, or the net's own.
        order: by table, where each of the net's elements stands in the variables; None where they have the net's order.
    """

    steps: int
    time: np.ndarray | None
    varying: Mapping[str, xr.Variable]
    fixed: Mapping[str, np.ndarray]
    order: Mapping[str, np.ndarray | None]

    def chunk(self, first: int, last: int) -> dict[str, np.ndarray]:
        """The varying ones from step ``first`` to ``last`` - 1: C-contiguous, all float32 or all float64."""
        arrays = {name: self._read(name, first, last) for name in self.varying}
        single = bool(arrays) and all(array.dtype == np.float32 for array in arrays.values())
        dtype = np.float32 if single else np.float64
        return {name: np.ascontiguousarray(array, dtype=dtype) for name, array in arrays.items()}

    def part(self, first: int, last: int) -> xr.Dataset:
        """All of them from step ``first`` to ``last`` - 1, in the net's order."""
        table = {name: name.split("_", 1)[0] for name in NAMES}
        data: dict[str, Any] = {name: (("time", table[name]), array) for name, array in self.chunk(first, last).items()}
        data |= {name: ((table[name],), array) for name, array in self.fixed.items()}
        return xr.Dataset(data, coords={"time": np.arange(first, last)})

    def powers(self) -> ElementPowers:
        """All of them at once, per table."""
        arrays = {**self.fixed, **self.chunk(0, self.steps)}
        values = {}
        for table, _ in TABLES:
            power = np.empty((self.steps, arrays[f"{table}_p_mw"].shape[-1]), dtype=complex)
            power.real, power.imag = arrays[f"{table}_p_mw"], arrays[f"{table}_q_mvar"]
            values[table] = power
        return ElementPowers(self.steps, self.time, values)

    def _read(self, name: str, first: int, last: int) -> np.ndarray:
        variable = self.varying[name].isel(time=slice(first, last))
        array = variable.values if variable.dims[0] == "time" else variable.values.T
        order = self.order[name.split("_", 1)[0]]
        return array if order is None else array[:, order]


def read_profiles(grid: Grid, own: Mapping[str, np.ndarray], injections: xr.Dataset) -> Profiles:
    """Powers of every element; a variable that ``injections`` lacks takes the net's own value.

    Elements are matched by their labels where ``injections`` has any, else they come in the net's order. A variable
    without ``time`` holds for every step. NaN is kept: the step that holds it is not solved.

    Raises:
        BadInput: for unknown variables, wrong lengths, labels that the net does not have or that are missing, and a time
            axis that does not ascend, all at once.
    """
    given: object = injections
    if not isinstance(given, xr.Dataset):
        remedy = "put the profiles into an xarray.Dataset"
        raise BadInput([Problem("injections", type(given).__name__, "an xarray.Dataset", remedy)])
    problems = Problems()
    for name in sorted(map(str, injections.data_vars)):
        if name not in NAMES:
            problems.add(f"injections, {name}", "unknown variable", f"any of {sorted(NAMES)}", "correct the name")
    time = _time(injections, problems)
    order = {table: _order(getattr(grid, table), table, injections, problems) for table, _ in TABLES}
    varying: dict[str, xr.Variable] = {}
    fixed: dict[str, np.ndarray] = {}
    for name in NAMES:
        table = name.split("_", 1)[0]
        count = len(getattr(grid, table))
        if name not in injections:
            fixed[name] = own[name]
            continue
        variable = injections[name].variable
        if not set(variable.dims) <= {"time", table} or variable.sizes.get(table) != count:
            sizes = dict(variable.sizes)
            problems.add(f"injections, {name}", sizes, f"(time, {table}: {count})", f"give every {table} of the net")
        elif variable.dtype.kind not in "fiu":
            problems.add(f"injections, {name}", variable.dtype, "numbers", "convert it to float64")
        elif "time" in variable.dims:
            varying[name] = variable
        else:
            turn = order[table]
            fixed[name] = np.asarray(variable.values if turn is None else variable.values[turn], dtype=float)
    problems.raise_if_any()
    return Profiles(int(injections.sizes.get("time", 1)), time, varying, fixed, order)


def read_injections(grid: Grid, own: Mapping[str, np.ndarray], injections: xr.Dataset) -> ElementPowers:
    """`read_profiles`, all in memory."""
    return read_profiles(grid, own, injections).powers()


def _time(injections: xr.Dataset, problems: Problems) -> np.ndarray | None:
    if "time" not in injections.dims or "time" not in injections.coords:
        return None
    time = injections["time"].values
    if time.dtype.kind not in "Mfiu":
        problems.add("injections, time", time.dtype, "datetime64 or numbers", "convert the time axis")
    elif len(time) > 1 and not (time[1:] > time[:-1]).all():
        at = int(np.flatnonzero(~(time[1:] > time[:-1]))[0]) + 1
        problems.add(f"injections, time, row {at}", f"{time[at]} after {time[at - 1]}", "ascending labels", "sort the steps")
    return time


def _order(indices: np.ndarray, table: str, injections: xr.Dataset, problems: Problems) -> np.ndarray | None:
    """Positions of the net's elements among the labels given, None where they are the same."""
    if table not in injections.coords or np.array_equal(injections[table].values, indices):
        return None
    labels = injections[table].values
    for label in np.setdiff1d(labels, indices)[:10]:
        problems.add(f"injections, {table} {label}", "unknown", f"an index of net.{table}", "correct the labels")
    for index in np.setdiff1d(indices, labels)[:10]:
        problems.add(f"injections, {table} {index}", "missing", f"every index of net.{table}", "add its profile")
    if len(labels) != len(indices) or problems:
        return None
    by_label = np.argsort(labels, kind="stable")
    return np.asarray(by_label[np.searchsorted(labels, indices, sorter=by_label)])


class Gather:
    """Element powers to node powers; built once per grid."""

    def __init__(self, grid: Grid) -> None:
        self._matrix = {}
        for table, sign in TABLES:
            node, scaling = getattr(grid, f"{table}_node"), getattr(grid, f"{table}_scaling")
            on = np.flatnonzero(node >= 0)
            shape = (grid.nodes, len(node))
            self._matrix[table] = sparse.csr_matrix((sign * scaling[on], (node[on], on)), shape=shape)

    def consumption(self, values: Mapping[str, np.ndarray]) -> np.ndarray:
        """Power drawn at every node [MVA], complex, dims (time, node)."""
        total: np.ndarray = sum(self._matrix[table] @ power.T for table, power in values.items())
        return np.ascontiguousarray(total.T)
