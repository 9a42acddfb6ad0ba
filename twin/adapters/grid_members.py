"""How the zones' totals stand on the grid, for boxes that plan within it: which loads and plants, and how much of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from twin.adapters.prepared import Prepared
from twin.domain.controls import Controls
from twin.domain.grid import Grid
from twin.domain.zones import Zone

Members = Mapping[str, Mapping[str, Any]]
"""See `twin.contracts.box.BoxContext.members`."""


def grid_members(
    grid: Grid,
    zones: Sequence[Zone],
    *,
    load_weight: np.ndarray,
    load_tan_phi: np.ndarray,
    sgen_kwp: np.ndarray,
    running_on_mw: Mapping[int, float],
    controls: Controls | None,
) -> Members:
    """Loads, panels and hydro plants, each in the smallest zone that holds it.

    Args:
        load_weight, load_tan_phi: dims (load,). ``sgen_kwp``: dims (sgen,), 0 for what is no panel.
        running_on_mw: size of the sgens that are metered and that nobody forecasts, hydro and other carriers.
    """
    load, sgen = ({int(index): at for at, index in enumerate(table)} for table in (grid.load, grid.sgen))
    loads = [(index, zone.name) for zone in zones for index in zone.loads]
    panels = [(index, zone.name) for zone in zones for index in zone.pv_sgens]
    root = next((zone.name for zone in zones if zone.boundary and zone.parent is None), "")
    return {
        "load": _table(loads, load, weight=load_weight, tan_phi=load_tan_phi),
        "pv": _table(panels, sgen, weight=sgen_kwp),
        "hydro": {
            "element": sorted(running_on_mw),
            "zone": [root] * len(running_on_mw),
            "weight": [running_on_mw[index] for index in sorted(running_on_mw)],
        },
        "inverters": _inverters(controls),
    }


def _table(members: Sequence[tuple[int, str]], position: Mapping[int, int], **columns: np.ndarray) -> dict[str, Any]:
    at = [position[index] for index, _ in members]
    found: dict[str, Any] = {"element": [index for index, _ in members], "zone": [zone for _, zone in members]}
    return found | {name: [float(column[k]) for k in at] for name, column in columns.items()}


def _inverters(controls: Controls | None) -> dict[str, Any]:
    """The one Q(U) curve that a site file can declare."""
    followed = [c for c in controls.inverters if c.q_of_vm is not None] if controls is not None else []
    if not followed:
        return {}
    control = followed[0]
    assert control.q_of_vm is not None
    return {
        "element": list(control.sgen),
        "sn_mva": list(control.sn_mva),
        "vm_pu": list(control.q_of_vm.x),
        "share": list(control.q_of_vm.y),
    }


def load_weight_of(net: Any, prepared: Prepared, annual_energy_mwh: np.ndarray | None) -> np.ndarray:
    """Annual energy of every load: the utility's register, else the published profiles, else the grid file's powers."""
    if annual_energy_mwh is not None:
        return annual_energy_mwh
    profile = prepared.profiles.get("load_p_mw")
    if profile is None:
        return net.load["p_mw"].to_numpy(float)
    # every 7th quarter hour meets all hours and weekdays at a seventh of the work
    return np.asarray(profile[::7].mean(axis=0), dtype=float)


def load_tan_phi_of(net: Any) -> np.ndarray:
    """Reactive over active power of every load as the grid file has them, dims (load,)."""
    p, q = net.load["p_mw"].to_numpy(float), net.load["q_mvar"].to_numpy(float)
    return np.divide(q, p, out=np.zeros(len(p)), where=p > 0.0)


def sgen_kwp_of(net: Any, zones: Sequence[Zone]) -> np.ndarray:
    """Installed photovoltaics [MW], 0 for other plants, dims (sgen,)."""
    pv = np.isin(net.sgen.index.to_numpy(), sorted({sgen for zone in zones for sgen in zone.pv_sgens}))
    return np.where(pv, net.sgen["sn_mva"].to_numpy(float), 0.0)


def running_on_mw_of(net: Any, zones: Sequence[Zone], channels: Mapping[int, str]) -> dict[int, float]:
    """Size of metered plants that nobody forecasts [MW]: as the site declares it, else the grid file's rating, else its power.

    A plant of which nobody says how large it is counts as the mean of the others.

    Args:
        channels: of their power, by sgen index.
    """
    declared = {plant.channel: plant.kw / 1000.0 for zone in zones for plant in zone.others}
    found = {}
    for index, channel in channels.items():
        sizes = (declared.get(channel, 0.0), float(net.sgen.at[index, "sn_mva"]), float(net.sgen.at[index, "p_mw"]))
        found[index] = next((mw for mw in sizes if mw > 0.0), 0.0)  # of NaN too: the grid file may not rate a plant
    known = [mw for mw in found.values() if mw > 0.0]
    mean = sum(known) / len(known) if known else 1.0
    return {index: mw or mean for index, mw in found.items()}
