"""How voltages and loadings answer to power injected anywhere, at given states.

`sensitivities` solves first; `grid_sensitivities` works from a compiled grid and node voltages alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from twin.domain.grid import NORMAL, Grid, Topology
from twin.domain.problems import BadInput, Problems
from twin.engines.injections import ElementPowers, Gather
from twin.engines.tangents.watched import Rows, loading_rows, voltage_rows

Indices = Sequence[int] | np.ndarray
_SLOPES = {
    "bus": ("vm_pu", "pu", "dvm"),
    "line": ("line_loading_percent", "%", "dline_loading"),
    "trafo": ("trafo_loading_percent", "%", "dtrafo_loading"),
    "trafo3w": ("trafo3w_loading_percent", "%", "dtrafo3w_loading"),
}
"""By dimension: the quantity, its unit, and how the names of its slopes begin."""


def sensitivities(
    net: Any,
    injections: xr.Dataset,
    *,
    topology: Topology = NORMAL,
    at: Indices | None = None,
    watch: Mapping[str, Indices] | None = None,
) -> xr.Dataset:
    """Solve every step of ``injections`` and give the slopes there.

    Args:
        net: a pandapower net, left unchanged.
        injections: element powers before ``scaling`` (see `twin.contracts.ports.GridModel.solve`).
        topology: what differs from the file.
        at: where power is injected, ``watch``: what is watched (see `grid_sensitivities`).

    Returns:
        As `grid_sensitivities`, plus ``converged(time)``. A step that does not converge is NaN and touches no other.

    Raises:
        BadInput: naming every fault of the net (generators that hold a voltage and whatever else the compiled grid does not
            hold among them), of the topology, the injections or the indices.
    """
    from twin.engines.batch.solver import Solver
    from twin.engines.compile import compile_net
    from twin.engines.flows import Flows
    from twin.engines.injections import read_profiles
    from twin.engines.net_problems import not_held, structure_problems

    if found := structure_problems(net) or not_held(net):
        raise BadInput(found)
    compiled = compile_net(net, topology)
    profiles = read_profiles(compiled.grid, compiled.own, injections)
    solved = Solver(compiled.grid).solve(profiles.chunk(0, profiles.steps), profiles.fixed, profiles.steps)
    slopes = grid_sensitivities(
        compiled.grid,
        solved.v,
        percent_per_pu=Flows(compiled.grid).percent_per_pu(),
        following=voltage_dependent(compiled.grid, profiles.powers()),
        at=at,
        watch=watch,
        time=profiles.time,
    )
    return slopes.assign(converged=("time", solved.converged))


def voltage_dependent(grid: Grid, powers: ElementPowers) -> tuple[np.ndarray, np.ndarray] | None:
    """Injected power that follows |V| and that follows |V|^2, at 1 pu [MVA], complex, dims (time, node) each.

    None where the grid has none (constant current and constant impedance shares of loads and sgens).
    """
    if not _has_following(grid):
        return None
    gather, parts = Gather(grid), []
    for part in (0, 2):
        values = {}
        for table in ("load", "sgen"):
            share, power = getattr(grid, f"{table}_share"), powers.values[table]
            values[table] = share[:, part] * power.real + 1j * share[:, part + 1] * power.imag
        parts.append(-gather.consumption(values))
    return parts[0], parts[1]


def grid_sensitivities(
    grid: Grid,
    v: np.ndarray,
    *,
    percent_per_pu: np.ndarray,
    following: tuple[np.ndarray, np.ndarray] | None = None,
    at: Indices | None = None,
    watch: Mapping[str, Indices] | None = None,
    time: np.ndarray | None = None,
) -> xr.Dataset:
    """Slopes of voltages and loadings by power injected at buses, at solved states of a grid. Needs no solver.

    Injection is positive, as an sgen's: 1 MW more generation at a bus raises vm_pu by ``dvm_dp``, 1 MW more of a load or of
    a charging storage lowers it by as much. The injected power is constant, and the sources balance. Everything else stays
    as it is set: powers, taps, the reactive power of inverters with Q(U).

    A loading is pandapower's, that of the end with the largest share of its rating, and its slope is that end's. Where no
    current flows (loading below 1e-5 %) a loading has a corner and no slope: NaN. A source bus has slope 0; what is out of
    service has loading and slope 0; an unsupplied bus is NaN, and power injected there moves nothing.

    Args:
        grid: the compiled grid.
        v: node voltages of each state [pu], complex, dims (time, node). A state with a NaN gives NaN.
        percent_per_pu: loading by current (see `twin.engines.flows.Flows.percent_per_pu`), dims (2, branch).
        following: power that follows the voltage (see `voltage_dependent`); needed where the grid has any.
        at: buses where power is injected; default: every supplied bus whose node has a load, sgen or storage.
        watch: indices by "bus", "line", "trafo", "trafo3w"; what is not named is not watched; default: everything.
        time: labels of the states.

    Returns:
        ``dvm_dp(time, bus, at)``, ``dline_loading_dp(time, line, at)``, ``dtrafo_loading_dp(time, trafo, at)``,
        ``dtrafo3w_loading_dp(time, trafo3w, at)`` and the same with ``_dq``, float64, and the point that they belong to:
        ``vm_pu``, ``line_loading_percent`` ...; units in attrs. Each pair takes time x element x at x 16 bytes.

    Raises:
        BadInput: naming every unknown or repeated index, every wrong shape, and voltage-dependent loads without their power.

    Example:
        >>> slopes = grid_sensitivities(grid, v, percent_per_pu=percent_per_pu, at=[7])  # doctest: +SKIP
        >>> slopes.vm_pu + 0.1 * slopes.dvm_dp.sel(at=7)  # with 100 kW more generation at bus 7  # doctest: +SKIP
    """
    from twin.engines.tangents.tangent import Tangent  # numba loads its compiled code only where it is used

    asked = {dim: getattr(grid, dim) for dim in _SLOPES} if watch is None else watch
    asked = {"at": _buses_with_elements(grid) if at is None else at, **asked}
    shapes: dict[str, tuple[np.ndarray, tuple[int, ...]]]
    shapes = {"v": (v, (len(v), grid.nodes)), "percent_per_pu": (percent_per_pu, (2, len(grid.branch_from)))}
    if time is not None:
        shapes["time"] = (time, (len(v),))
    if following is not None:
        shapes["following"] = (np.asarray(following), (2, len(v), grid.nodes))
    found = _checked(grid, asked, shapes, following)
    with np.errstate(invalid="ignore"):  # NaN in, NaN out
        parts = {dim: _rows(grid, v, dim, found[dim], percent_per_pu) for dim in _SLOPES if dim in found}
        slopes = Tangent(grid).slopes(v, grid.bus_node[found["at"]], Rows.join(*parts.values()), following)
    coords = {"at": grid.bus[found["at"]], **{dim: getattr(grid, dim)[found[dim]] for dim in parts}}
    return xr.Dataset(_variables(parts, slopes), coords=coords if time is None else coords | {"time": time})


def _rows(grid: Grid, v: np.ndarray, dim: str, position: np.ndarray, percent_per_pu: np.ndarray) -> Rows:
    if dim == "bus":
        return voltage_rows(v, grid.bus_node[position])
    branch: np.ndarray = getattr(grid, f"{dim}_branch")[position]
    return loading_rows(grid, v, branch.reshape(len(position), 3 if dim == "trafo3w" else 1), percent_per_pu)


def _variables(parts: Mapping[str, Rows], slopes: tuple[np.ndarray, np.ndarray]) -> dict[str, Any]:
    variables: dict[str, Any] = {}
    first = 0
    for dim, rows in parts.items():
        name, unit, slope = _SLOPES[dim]
        variables[name] = (("time", dim), rows.value, {"units": unit})
        here = slice(first, first + rows.value.shape[1])
        dark = np.isnan(rows.value).all(axis=0)
        for by, quantity, per in zip(slopes, ("dp", "dq"), ("MW", "Mvar"), strict=True):
            values = by[:, here]
            values[:, dark] = np.nan
            variables[f"{slope}_{quantity}"] = (("time", dim, "at"), values, {"units": f"{unit}/{per}"})
        first = here.stop
    return variables


def _buses_with_elements(grid: Grid) -> np.ndarray:
    used = np.concatenate([grid.load_node, grid.sgen_node, grid.storage_node])
    return grid.bus[(grid.bus_node >= 0) & np.isin(grid.bus_node, used)]


def _has_following(grid: Grid) -> bool:
    return bool((grid.load_share * grid.load_scaling[:, None]).any() or (grid.sgen_share * grid.sgen_scaling[:, None]).any())


def _checked(
    grid: Grid,
    asked: Mapping[str, Indices],
    shapes: Mapping[str, tuple[np.ndarray, tuple[int, ...]]],
    following: tuple[np.ndarray, np.ndarray] | None,
) -> dict[str, np.ndarray]:
    """Positions of the asked indices in the grid's arrays.

    Raises:
        BadInput: see `grid_sensitivities`.
    """
    problems = Problems()
    for name, (array, shape) in shapes.items():
        if np.shape(array) != shape:
            problems.add(name, f"shape {np.shape(array)}", f"shape {shape}", "give the arrays of this grid and topology")
    if following is None and _has_following(grid):
        limit = "power that follows the voltage, per node"
        problems.add("following", "None", limit, "the grid has loads of constant current or impedance: give their power")
    if set(asked) == {"at"}:
        problems.add("watch", "empty", f"any of {sorted(_SLOPES)}", "name what is watched")
    found = {}
    for dim, wanted in asked.items():
        if dim not in _SLOPES and dim != "at":
            problems.add(f"watch, {dim}", "unknown", f"any of {sorted(_SLOPES)}", "correct the name")
            continue
        known = grid.bus if dim == "at" else getattr(grid, dim)
        place = {value: k for k, value in enumerate(known.tolist())}
        index = np.asarray(wanted).tolist()
        for value, count in Counter(index).items():
            if value not in place:
                problems.add(
                    f"{dim} {value}", "unknown", f"an index of net.{'bus' if dim == 'at' else dim}", "correct the list"
                )
            elif count > 1:
                problems.add(f"{dim} {value}", f"there {count} times", "every index once", "name it once")
        found[dim] = np.array([place.get(value, -1) for value in index], dtype=int)
    problems.raise_if_any()
    return found
