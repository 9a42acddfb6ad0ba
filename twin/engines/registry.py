"""Engines by name, and the one reference that all of them are held to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import xarray as xr

from twin.contracts.ports import Engine, GridModel
from twin.domain.grid import NORMAL, Topology
from twin.domain.problems import BadInput, Problem
from twin.engines.net_problems import not_held, structure_problems
from twin.engines.reference import Reference

_Entry = TypeVar("_Entry")
_OPTIONS = {"calculate_voltage_angles", "trafo_model", "trafo_loading", "trafo3w_losses", "voltage_depend_loads", "mode"}
"""Options of `runpp` that a net may carry, and that change what is solved."""
_REFERENCES = 4
"""Copies of the net kept for verification: each topology in force is verified tick after tick."""
_REMEDY = 'write engine = "batch" or engine = "pandapower"'


class CachingEngine:
    """Keeps one compiled model per topology, the newest ``keep`` of them."""

    def __init__(self, name: str, net: Any, make: Callable[[Any, Topology], GridModel], *, keep: int = 64) -> None:
        self.name = name
        self._net = net
        self._make = make
        self._keep = keep
        self._models: dict[Topology, GridModel] = {}
        self._references: dict[Topology, Reference] = {}

    def model(self, topology: Topology = NORMAL) -> GridModel:
        """The model of that topology, compiled once and kept."""
        return _kept(self._models, topology, lambda: self._make(self._net, topology), self._keep)

    def reference_vm_pu(self, topology: Topology, injections: xr.Dataset) -> np.ndarray:
        """``runpp`` at 1e-8 of a single step: vm_pu, dims (bus,); NaN where it does not converge."""
        reference = _kept(self._references, topology, lambda: Reference(self._net, topology), _REFERENCES)
        return reference.vm_pu(injections)


def _kept(store: dict[Topology, _Entry], topology: Topology, make: Callable[[], _Entry], keep: int) -> _Entry:
    """The store's entry for that topology, made if need be; the newest stands last, the oldest beyond ``keep`` go."""
    entry = store.pop(topology, None)
    store[topology] = make() if entry is None else entry
    while len(store) > keep:
        store.pop(next(iter(store)))
    return store[topology]


def compile_grid(net: Any, topology: Topology = NORMAL) -> GridModel:
    """Any pandapower net, ready to solve steps, replay years and take lines out.

    Lines, transformers with two and three windings, loads and sgens (voltage-dependent too), storages, shunts, external
    grids, switches, and the controllers of on-load tap changers and inverters that `twin.engines.control.controls_of` knows are
    held by the batch engine. A net with anything else is served by pandapower, step by step; the
    model's ``engine`` and ``reason`` and every result say so. Taps without a ``tap_changer_type`` count as 'Ratio' under either
    engine (pandapower 3 itself ignores them, and SimBench ships none); the net stays as it is.

    Raises:
        BadInput: naming every fault of the net and every unknown index in ``topology``.
    """
    if found := structure_problems(net):
        raise BadInput(found)
    from twin.engines.control.controls_of import controls_of

    read = controls_of(net)
    options = sorted(_OPTIONS & set(net.get("user_pf_options", {})))
    foreign = [*(problem.place for problem in not_held(net)), *read.others, *(f"user_pf_options {name}" for name in options)]
    if foreign:
        from twin.engines.pandapower_engine import PandapowerModel

        listed = ", ".join(foreign[:5]) + (" ..." if len(foreign) > 5 else "")
        reason = f"the batch engine does not hold {listed}"
        return PandapowerModel(net, topology, reason, run_control=True)
    from twin.engines.model import BatchModel

    return BatchModel(net, topology, read.controls)


def make_engine(name: str, net: Any) -> Engine:
    """The engine of that name for a pandapower ``net``, which is never changed.

    Raises:
        BadInput: for an unknown name, and naming every fault of the net (see `twin.engines.net_problems`).
    """
    if found := structure_problems(net) or not_held(net):
        raise BadInput(found)
    if name == "batch":
        from twin.engines.model import BatchModel

        return CachingEngine(name, net, BatchModel)
    if name == "pandapower":
        from twin.engines.pandapower_engine import PandapowerModel

        return CachingEngine(name, net, PandapowerModel)
    raise BadInput([Problem("site file, engine", repr(name), '"batch" or "pandapower"', _REMEDY)])
