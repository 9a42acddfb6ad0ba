"""The grid as plain arrays: what a power-flow kernel and a box need, without pandapower.

A `Grid` belongs to one `Topology`. Buses joined by closed bus-bus switches are fused to one *node*; a bus without supply
has node -1. Branches (lines, then transformers) are two-ports in per unit on ``base_mva``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from twin.domain.pack import pack, unpack


@dataclass(frozen=True)
class Topology:
    """Switch positions, taps and outages that differ from the grid file. Hashable: it keys compiled grids.

    Attributes:
        open_switches: indices of switches that are open although the file has them closed.
        closed_switches: indices of switches that are closed although the file has them open.
        tap_pos: (transformer index, tap position) pairs that differ from the file.
        out_lines: lines out of service, both ends open.
        out_trafos: transformers out of service, both sides open.
    """

    open_switches: frozenset[int] = frozenset()
    closed_switches: frozenset[int] = frozenset()
    tap_pos: frozenset[tuple[int, int]] = frozenset()
    out_lines: frozenset[int] = frozenset()
    out_trafos: frozenset[int] = frozenset()

    def is_closed(self, switch: int, in_file: bool) -> bool:
        """Position of a switch that the grid file has closed (``in_file``) or open."""
        return switch in self.closed_switches or (in_file and switch not in self.open_switches)

    def to_meta(self) -> dict[str, Any]:
        """JSON-able and canonical (sorted)."""
        return {f.name: sorted(list(v) if isinstance(v, tuple) else v for v in getattr(self, f.name)) for f in fields(self)}

    @classmethod
    def from_meta(cls, meta: Mapping[str, Any]) -> Topology:
        """Inverse of `to_meta`."""

        def whole(name: str) -> frozenset[int]:
            return frozenset(int(value) for value in meta.get(name, ()))

        return cls(
            open_switches=whole("open_switches"),
            closed_switches=whole("closed_switches"),
            tap_pos=frozenset((int(trafo), int(position)) for trafo, position in meta.get("tap_pos", ())),
            out_lines=whole("out_lines"),
            out_trafos=whole("out_trafos"),
        )


NORMAL = Topology()


@dataclass(frozen=True)
class Grid:
    """One compiled grid; arrays are read-only by convention.

    Attributes:
        name: the site's grid name.
        base_mva: base of the per-unit system [MVA].
        bus: the net's bus indices, dims (bus,). ``bus_node``: its node or -1. ``bus_vn_kv``: nominal voltage [kV].
        source: indices of the external grids in service and supplied, dims (source,). ``source_node``, ``source_vm_pu``,
            ``source_va_degree``: where they stand and what they hold.
        branch_from, branch_to: nodes of each branch, dims (branch,); a branch out of service is absent.
        branch_yff, branch_yft, branch_ytf, branch_ytt: two-port admittances [pu], complex, dims (branch,).
        node_shunt: shunt admittance to ground at each node [pu], complex, dims (node,).
        line, line_branch, line_max_i_ka: the net's line indices, the branch (-1 when out), the rating with ``df`` and
            ``parallel`` applied [kA].
        trafo, trafo_branch, trafo_sn_mva, trafo_hv_node, trafo_lv_node: likewise; ``sn`` with ``parallel`` and ``df`` applied.
        trafo_vn_kv: rated voltages of each transformer [kV], dims (trafo, side), side hv then lv: the rated current of a side
            refers to them, not to its bus.
        load, load_node, load_scaling; sgen, ...; storage, ...: element indices, nodes (-1 unsupplied), factor to apply
            to a profile value to get the injected power (0 when out of service).
        load_share, sgen_share: parts of an element's power at 1 pu that follow |V| (active, reactive) and |V|^2 (active,
            reactive), 0..1, dims (element, 4); the rest is constant.
        trafo3w, trafo3w_branch, trafo3w_sn_mva, trafo3w_vn_kv: three-winding transformers, their branches hv, mv, lv, ratings
            and rated voltages, dims (trafo3w,), (trafo3w, 3), (trafo3w, 3), (trafo3w, 3).
        names: element names by table, for messages ("line" -> ("MV3.101 Line 1", ...)), same order as the indices.
    """

    name: str
    base_mva: float
    node_vn_kv: np.ndarray
    node_shunt: np.ndarray
    bus: np.ndarray
    bus_node: np.ndarray
    bus_vn_kv: np.ndarray
    source: np.ndarray
    source_node: np.ndarray
    source_vm_pu: np.ndarray
    source_va_degree: np.ndarray
    branch_from: np.ndarray
    branch_to: np.ndarray
    branch_yff: np.ndarray
    branch_yft: np.ndarray
    branch_ytf: np.ndarray
    branch_ytt: np.ndarray
    line: np.ndarray
    line_branch: np.ndarray
    line_max_i_ka: np.ndarray
    trafo: np.ndarray
    trafo_branch: np.ndarray
    trafo_sn_mva: np.ndarray
    trafo_vn_kv: np.ndarray
    trafo_hv_node: np.ndarray
    trafo_lv_node: np.ndarray
    load: np.ndarray
    load_node: np.ndarray
    load_scaling: np.ndarray
    sgen: np.ndarray
    sgen_node: np.ndarray
    sgen_scaling: np.ndarray
    storage: np.ndarray
    storage_node: np.ndarray
    storage_scaling: np.ndarray
    load_share: np.ndarray
    sgen_share: np.ndarray
    trafo3w: np.ndarray
    trafo3w_branch: np.ndarray
    trafo3w_sn_mva: np.ndarray
    trafo3w_vn_kv: np.ndarray
    topology: Topology = NORMAL
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return len(self.node_vn_kv)

    def to_bytes(self) -> bytes:
        """Packed, for boxes in their own processes; complex arrays travel as (re, im) pairs."""
        arrays = {}
        for f in fields(self):
            value = getattr(self, f.name)
            if isinstance(value, np.ndarray):
                arrays[f.name] = np.stack([value.real, value.imag]) if value.dtype.kind == "c" else value
        meta = {
            "name": self.name,
            "base_mva": self.base_mva,
            "topology": self.topology.to_meta(),
            "names": {table: list(names) for table, names in self.names.items()},
            "complex": [f.name for f in fields(self) if np.iscomplexobj(getattr(self, f.name))],
        }
        return pack(meta, arrays)

    @classmethod
    def from_bytes(cls, data: bytes | memoryview) -> Grid:
        """Inverse of `to_bytes`."""
        meta, arrays = unpack(data)
        for name in meta["complex"]:
            arrays[name] = arrays[name][0] + 1j * arrays[name][1]
        return cls(
            name=meta["name"],
            base_mva=meta["base_mva"],
            topology=Topology.from_meta(meta["topology"]),
            names={table: tuple(names) for table, names in meta["names"].items()},
            **arrays,
        )
