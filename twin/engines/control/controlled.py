"""Power flow of every step with the grid's controls at work: any engine, its results as it gives them.

Inside: plain arrays and two nested loops. The tap walk asks for batches of steps at given tap positions; where inverters
follow curves, each such batch is settled before the taps see its voltages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from twin.contracts.ports import WANT, GridModel
from twin.domain.controls import NO_CONTROLS, Controls
from twin.domain.grid import NORMAL, Grid, Topology
from twin.domain.problems import Problems
from twin.engines.compile import own_injections
from twin.engines.control.inverter_control import settle_inverters
from twin.engines.control.inverter_law import check_inverters, laws_of
from twin.engines.control.tap_changer import TapChangers, check_changers, tap_changers
from twin.engines.control.tap_walk import Positions, TapPath, TapState, walk_taps
from twin.engines.control.voltage_response import voltage_response
from twin.engines.injections import ElementPowers, read_injections

_SETTLED = ("sgen_p_mw", "sgen_q_mvar")


@dataclass(frozen=True)
class Controlled:
    """A result and where its tap changers came to rest, for the batch that follows it."""

    result: xr.Dataset
    taps: TapState | None


class ControlledGrid:
    """A net whose controls work; prepared once for one topology.

    Raises:
        BadInput: naming every fault of the controls.
    """

    def __init__(
        self, model_of: Callable[[Topology], GridModel], net: Any, controls: Controls, topology: Topology = NORMAL
    ) -> None:
        self._model_of, self._topology = model_of, topology
        self.grid: Grid = model_of(topology).grid
        self.controls = controls
        problems = Problems()
        controls.check(problems)
        check_inverters(self.grid, controls, problems)
        check_changers(net, controls.taps, problems)
        problems.raise_if_any()
        self.laws = laws_of(self.grid, controls)
        self.changers = tap_changers(net, self.grid, controls.taps)
        self.dvm = voltage_response(self.grid, self.laws.node)
        self.own = own_injections(net)
        first = {int(node): bus for bus, node in reversed(list(enumerate(self.grid.bus_node)))}
        self.bus_of = np.array([first.get(node, 0) for node in range(self.grid.nodes)], dtype=int)

    def model(self, position: Positions) -> GridModel:
        """The model with the changers at ``position``."""
        return self._model_of(self.changers.topology(self._topology, position))

    def solve(self, injections: xr.Dataset, *, want: Sequence[str] = WANT, taps: TapState | None = None) -> Controlled:
        """Solve every step with inverters on their curves and taps walked in the order of time.

        Args:
            injections: see `twin.contracts.ports.GridModel.solve`; ``sgen_p_mw`` is what the inverters could inject.
            want: as there; ``sgen_p_mw`` and ``sgen_q_mvar`` are what the inverters do inject, before ``scaling``.
            taps: where an earlier batch left the changers; by default as the net has them.

        Returns:
            The result and the taps' state after the last step. Beside the wanted variables: ``converged``; ``iterations``,
            those of the engine over all power flows that a step needed; ``engine`` where the engine says it; per controlled
            changer ``tap_pos``, ``tap_moves``, ``tap_at_end``, ``tap_hunting`` (time, tap), ``tap`` being the transformer's
            index. A step that does not settle is NaN.
        """
        powers = read_injections(self.grid, self.own, injections)
        lane = _Lane(self, powers, want)
        path = walk_taps(lane.look, self.changers, powers.steps, taps) if self.controls.taps else None
        if path is None:
            lane.look((), np.arange(powers.steps))
        return Controlled(lane.result(path), path.last if path is not None else None)


class ControlledFamily:
    """A model and its siblings at other tap positions, by the controls that act on them.

    Args:
        model: the one whose topology holds. ``net``: what it was compiled from. ``make``: compiles a sibling.
    """

    def __init__(self, model: GridModel, net: Any, make: Callable[[Topology], GridModel]) -> None:
        self._net, self._make = net, make
        self._topology = model.grid.topology
        self._models: dict[Topology, GridModel] = {self._topology: model}
        self._controlled: dict[Controls, ControlledGrid] = {}

    def of(self, controls: Controls) -> ControlledGrid:
        """The grid under those controls, prepared once."""
        if controls not in self._controlled:
            self._controlled[controls] = ControlledGrid(self._model_of, self._net, controls, self._topology)
        return self._controlled[controls]

    def solve(self, controls: Controls, injections: xr.Dataset, want: Sequence[str]) -> xr.Dataset:
        """`ControlledGrid.solve` from the net's own tap positions."""
        return self.of(controls).solve(injections, want=want).result

    def in_order(self, controls: Controls) -> Callable[[xr.Dataset, Sequence[str]], xr.Dataset]:
        """As `solve`, but every call goes on where the one before left the taps."""
        grid, taps = self.of(controls), None

        def solve(injections: xr.Dataset, want: Sequence[str]) -> xr.Dataset:
            nonlocal taps
            found = grid.solve(injections, want=want, taps=taps)
            taps = found.taps
            return found.result

        return solve

    def _model_of(self, topology: Topology) -> GridModel:
        if topology not in self._models:
            self._models[topology] = self._make(topology)
        return self._models[topology]


class _Lane:
    """One batch on its way: powers in, results of each step's last power flow out."""

    def __init__(self, controlled: ControlledGrid, powers: ElementPowers, want: Sequence[str]) -> None:
        self._c, self._powers = controlled, powers
        self._wanted = tuple(want)
        inner = [name for name in want if name not in _SETTLED]
        needed = ["vm_pu"] if controlled.controls else []
        if controlled.changers.z_per_mva.any():
            needed += [f"trafo_{kind}" for kind in ("p_hv_mw", "q_hv_mvar", "p_lv_mw", "q_lv_mvar")]
        self._want = tuple(dict.fromkeys([*inner, *needed]))
        self._found: dict[str, tuple[tuple[str, ...], np.ndarray, Mapping[Any, Any]]] = {}
        self._coords: Mapping[Any, Any] = {}
        self._converged = np.zeros(powers.steps, dtype=bool)
        self._iterations = np.zeros(powers.steps, dtype=int)
        self._engine = np.full(powers.steps, "", dtype="U24")

    def look(self, position: Positions, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Power flow of ``steps`` with the taps at ``position`` (see `twin.engines.control.tap_walk.Look`)."""
        model, laws = self._c.model(position), self._c.laws
        if not len(laws.position):
            self._solve(model, steps)
        else:
            place_bus = self._c.bus_of[laws.node]
            sgen = self._powers.values["sgen"]
            at = np.ix_(steps, laws.position)
            given = sgen[at]

            def power_flow(rows: np.ndarray, p_mw: np.ndarray, q_mvar: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
                sgen[np.ix_(steps[rows], laws.position)] = p_mw + 1j * q_mvar
                self._solve(model, steps[rows])
                return self._found["vm_pu"][1][np.ix_(steps[rows], place_bus)], self._converged[steps[rows]]

            settled = settle_inverters(power_flow, laws, self._c.dvm, given.real, given.imag)
            self._converged[steps] = settled.converged
            self._keep("sgen_p_mw", ("time", "sgen"), {"units": "MW"}, steps, sgen[steps].real)
            self._keep("sgen_q_mvar", ("time", "sgen"), {"units": "Mvar"}, steps, sgen[steps].imag)
            sgen[at] = given
        return self._seen(steps), self._converged[steps]

    def result(self, path: TapPath | None) -> xr.Dataset:
        """The wanted variables, and what the changers did."""
        for name, part in (("sgen_p_mw", "real"), ("sgen_q_mvar", "imag")):
            if name in self._wanted and name not in self._found:
                unit = {"units": "MW" if part == "real" else "Mvar"}
                given = getattr(self._powers.values["sgen"], part).copy()
                self._keep(name, ("time", "sgen"), unit, np.arange(self._powers.steps), given)
        variables = {name: self._found[name] for name in self._wanted}
        for _, values, _ in variables.values():
            values[~self._converged] = np.nan
        coords = dict(self._coords)
        if set(_SETTLED) & set(self._wanted):
            coords["sgen"] = self._c.grid.sgen
        result = xr.Dataset(variables, coords={name: coords[name] for name in sorted(coords) if _used(name, variables)})
        result["converged"], result["iterations"] = ("time", self._converged), ("time", self._iterations)
        if self._engine.any():
            result["engine"] = ("time", np.where(self._converged, self._engine, ""))
        if path is not None:
            result = result.assign_coords(tap=self._c.changers.trafo)
            done = {"pos": path.position, "moves": path.moves, "at_end": path.at_end, "hunting": path.hunting}
            result = result.assign({f"tap_{name}": (("time", "tap"), values) for name, values in done.items()})
        return result if self._powers.time is None else result.assign_coords(time=self._powers.time)

    def _solve(self, model: GridModel, steps: np.ndarray) -> None:
        variables = {}
        for table, power in self._powers.values.items():
            variables[f"{table}_p_mw"] = (("time", table), power[steps].real)
            variables[f"{table}_q_mvar"] = (("time", table), power[steps].imag)
        solved = model.solve(xr.Dataset(variables), want=self._want, controls=NO_CONTROLS)
        for name in self._want:
            variable = solved.variables[name]
            self._keep(name, variable.dims, variable.attrs, steps, variable.values)
        self._coords = dict(solved.coords)
        self._converged[steps] = solved.variables["converged"].values
        self._iterations[steps] += solved.variables["iterations"].values
        if "engine" in solved:
            self._engine[steps] = solved.variables["engine"].values

    def _keep(self, name: str, dims: tuple[Any, ...], attrs: Mapping[Any, Any], steps: np.ndarray, values: np.ndarray) -> None:
        if name not in self._found:
            self._found[name] = dims, np.full((self._powers.steps, *values.shape[1:]), np.nan), attrs
        self._found[name][1][steps] = values

    def _seen(self, steps: np.ndarray) -> np.ndarray:
        """Voltages that the changers see, dims (step, changer)."""
        changers: TapChangers = self._c.changers
        if not len(changers.trafo):
            return np.zeros((len(steps), 0))
        vm = self._found["vm_pu"][1][np.ix_(steps, self._c.bus_of[changers.node])]
        entering = np.zeros_like(vm, dtype=complex)
        if changers.z_per_mva.any():
            for side, on in (("hv", changers.hv), ("lv", ~changers.hv)):
                at = np.ix_(steps, changers.at[on])
                p, q = self._found[f"trafo_p_{side}_mw"][1][at], self._found[f"trafo_q_{side}_mvar"][1][at]
                entering[:, on] = p + 1j * q
        return changers.seen_vm_pu(np.where(changers.node < 0, np.nan, vm), entering)


def _used(name: Any, variables: Mapping[str, tuple[tuple[str, ...], Any, Any]]) -> bool:
    return any(name in dims for dims, _, _ in variables.values())
