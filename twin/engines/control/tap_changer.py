"""The tap changers of a net: where they stand, how far they go, which way is up, and the voltage that they see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from twin.domain.controls import TapControl
from twin.domain.grid import Grid, Topology
from twin.domain.problems import Problems

_NEEDED = ("tap_side", "tap_pos", "tap_neutral", "tap_min", "tap_max", "tap_step_percent")


@dataclass(frozen=True)
class TapChangers:
    """Controlled tap changers, in the order of their controls; dims (changer,).

    Attributes:
        trafo: transformer indices. ``at``: their positions in grid.trafo. ``hv``: the voltage is controlled on that side.
        node: the controlled node, -1 unsupplied.
        start, lowest, highest: tap position in the net or topology, and the limits.
        raising: +1 where a higher position raises the controlled voltage, -1 where it lowers it.
        acts: False for a transformer out of service and for one that controls a source's own bus.
        vm_lower_pu, vm_upper_pu, delay_steps: as in `twin.domain.controls.TapControl`.
        z_per_mva: the compensated line [pu of voltage per MVA at 1 pu], complex.
    """

    trafo: np.ndarray
    at: np.ndarray
    hv: np.ndarray
    node: np.ndarray
    start: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray
    raising: np.ndarray
    acts: np.ndarray
    vm_lower_pu: np.ndarray
    vm_upper_pu: np.ndarray
    delay_steps: np.ndarray
    z_per_mva: np.ndarray

    def seen_vm_pu(self, vm_pu: np.ndarray, entering_mva: np.ndarray) -> np.ndarray:
        """The voltage that each changer sees [pu], dims (time, changer): |U - Z I| with I leaving the transformer.

        Args:
            vm_pu: voltage of the controlled node, dims (time, changer).
            entering_mva: complex power that enters the transformer on the controlled side, dims (time, changer) [MVA].
        """
        if not self.z_per_mva.any():
            return vm_pu
        return np.abs(vm_pu + self.z_per_mva * np.conj(entering_mva) / vm_pu)

    def topology(self, base: Topology, position: Sequence[int]) -> Topology:
        """``base`` with the changers at ``position``."""
        changed = dict(base.tap_pos) | dict(zip(self.trafo.tolist(), map(int, position), strict=True))
        return Topology(
            open_switches=base.open_switches,
            closed_switches=base.closed_switches,
            tap_pos=frozenset(changed.items()),
            out_lines=base.out_lines,
            out_trafos=base.out_trafos,
        )


def check_changers(net: Any, taps: Sequence[TapControl], problems: Problems) -> None:
    """Note every unknown transformer, and missing or impossible tap data."""
    for tap in taps:
        place = f"tap control of trafo {tap.trafo}"
        if tap.trafo not in net["trafo"].index:
            problems.add(place, "unknown", "an index of net.trafo", "correct the tap control")
        else:
            _check_data(net["trafo"].loc[tap.trafo], place, problems)


def tap_changers(net: Any, grid: Grid, taps: Sequence[TapControl]) -> TapChangers:
    """The changers of checked ``taps`` as `pandapower.control.DiscreteTapControl` reads them from the net.

    Args:
        net: the pandapower net.
        grid: compiled from it; its topology says what differs (taps, outages).
        taps: the controls.
    """
    frame = net["trafo"]
    rows = frame.loc[[tap.trafo for tap in taps]]
    hv = np.array([tap.side == "hv" for tap in taps], dtype=bool)
    at = frame.index.get_indexer(rows.index)
    node = np.where(hv, grid.trafo_hv_node[at], grid.trafo_lv_node[at])
    bus = np.where(hv, rows["hv_bus"], rows["lv_bus"])
    source = net["ext_grid"].loc[net["ext_grid"]["in_service"].astype(bool), "bus"]
    moved = dict(grid.topology.tap_pos)
    own = rows["tap_pos"].astype(float).fillna(rows["tap_neutral"].astype(float))
    vn_kv = np.where(node >= 0, grid.node_vn_kv[node], np.inf)
    return TapChangers(
        trafo=rows.index.to_numpy(dtype=int),
        at=at,
        hv=hv,
        node=node,
        start=np.array([moved.get(index, position) for index, position in own.items()], dtype=int),
        lowest=rows["tap_min"].to_numpy(dtype=int),
        highest=rows["tap_max"].to_numpy(dtype=int),
        raising=_raising(rows, hv),
        acts=(grid.trafo_branch[at] >= 0) & ~np.isin(bus, source.to_numpy()),
        vm_lower_pu=np.array([tap.vm_lower_pu for tap in taps], dtype=float),
        vm_upper_pu=np.array([tap.vm_upper_pu for tap in taps], dtype=float),
        delay_steps=np.array([tap.delay_steps for tap in taps], dtype=int),
        z_per_mva=np.array([complex(tap.r_ohm, tap.x_ohm) for tap in taps], dtype=complex) / vn_kv**2,
    )


def _check_data(row: Any, place: str, problems: Problems) -> None:
    missing = [name for name in _NEEDED if name not in row or (name != "tap_pos" and pd.isna(row[name]))]
    if missing:
        problems.add(place, f"no {', '.join(missing)}", "complete tap data in net.trafo", "complete the transformer")
        return
    if row["tap_side"] not in ("hv", "lv"):
        problems.add(f"{place}, tap_side", row["tap_side"], '"hv" or "lv"', "correct the transformer")
    for name in ("tap_pos", "tap_min", "tap_max"):
        if pd.notna(row[name]) and float(row[name]) != round(float(row[name])):
            problems.add(f"{place}, {name}", row[name], "a whole tap position", "correct the transformer")


def _raising(rows: Any, hv: np.ndarray) -> np.ndarray:
    """A higher tap on the high voltage side lowers the voltage on the low voltage side, and so on round the signs."""
    same_side = (rows["tap_side"] == "hv").to_numpy() == hv
    sign = np.where(rows["tap_step_percent"].to_numpy(dtype=float) < 0.0, -1, 1)
    if "tap_step_degree" in rows:
        # a step beyond 90 degrees turns the voltage about
        turned = np.cos(np.radians(rows["tap_step_degree"].to_numpy(dtype=float))) < 0.0
        sign = np.where(turned, -sign, sign)
    return np.where(same_side, sign, -sign)
