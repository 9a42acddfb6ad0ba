"""Estimate: what the grid is doing in the last complete quarter hour, by weighted least squares with pseudo-measurements.

Telemetry sees a few stations and feeder heads; every other load and roof gets a pseudo-measurement: its zone's consumption (or
generation) shared by annual energy (or installed power), with a wide standard deviation. Where telemetry is lost, the zone's
value comes from the last forecast, is as uncertain as that forecast's own band, and the state says so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from twin.contracts.devices import Device
from twin.contracts.ports import GridModel, Measurements
from twin.domain.channels import Channel
from twin.domain.grid import Grid
from twin.domain.quality import Quality
from twin.domain.zones import Zone

PSEUDO_SHARE = 0.30
"""Standard deviation of a pseudo-measurement over its value (DEMO_TOWN: pseudo-measurements 30 %)."""
PSEUDO_FLOOR_MVA = 2e-4
SUBSTITUTED_FACTOR = 4.0
"""A held value is trusted four times less than a fresh one."""
SOURCE_SIGMA_PU = 0.02
"""Where no voltage is measured at all, the source's set value stands in, as wide as an upstream regulator's band."""
POWER_FACTOR_UNKNOWN = 0.25
"""Standard deviation of an unmeasured reactive power over the active one (cos phi between 0.95 and 1)."""
_GRID_TABLES = ("bus", "line", "trafo", "load", "sgen")


@dataclass(frozen=True)
class ZoneInput:
    """A zone's consumption and PV generation in the interval [MW]; measured, substituted or forecast.

    Attributes:
        load_sigma_mw, pv_sigma_mw: standard deviation of a forecast that stands in for the measured total; 0 when measured.
    """

    load_p_mw: float
    pv_p_mw: float
    load_sigma_mw: float = 0.0
    pv_sigma_mw: float = 0.0


@dataclass
class _Powers:
    """Element powers of one table as they are gathered [MW, Mvar, MVA], dims (element,)."""

    p_mw: np.ndarray
    q_mvar: np.ndarray
    sigma_mva: np.ndarray


@dataclass(frozen=True)
class _Reading:
    value: float
    sigma: float


class StateEstimator:
    """Builds the measurements of one instant and asks the engine for the state."""

    def __init__(
        self,
        grid: Grid,
        channels: Sequence[Channel],
        zones: Sequence[Zone],
        *,
        load_weight: np.ndarray,
        load_tan_phi: np.ndarray,
        sgen_kwp: np.ndarray,
        devices: Sequence[Device] = (),
    ) -> None:
        """Prepare for one site.

        Args:
            load_weight: relative annual energy, dims (load,). ``load_tan_phi``: reactive over active power, dims (load,).
            sgen_kwp: installed PV power, 0 for other plants, dims (sgen,).
            devices: the meter of a battery or plant (``device.<id>.p_mw``) measures its storage, or its sgen
                where that has no meter of its own.
        """
        self._channels = tuple(channels)
        self._of_grid = np.array([channel.table in _GRID_TABLES for channel in channels], dtype=bool)
        self._zones = tuple(zone for zone in zones if zone.boundary)
        self.load_weight = load_weight
        self.sgen_kwp = sgen_kwp
        self.load_tan_phi = load_tan_phi
        position = {"load": _positions(grid.load), "sgen": _positions(grid.sgen), "storage": _positions(grid.storage)}
        self._position = position
        # Behind a load stands more than its charger; a storage or plant is all there is at its element.
        own = {(channel.table, channel.element) for channel in channels if channel.quantity == "p_mw"}
        self._element_of = {
            d.id: (d.table, str(d.element), -1.0 if d.table == "sgen" else 1.0)
            for d in devices
            if d.table == "storage" or (d.table == "sgen" and ("sgen", str(d.element)) not in own)
        }
        self._silent = _silent_sigmas(grid, self._channels, devices, position, sgen_kwp)
        self._zone_loads = {z.name: np.array([position["load"][i] for i in z.loads], dtype=int) for z in self._zones}
        self._zone_pv = {z.name: np.array([position["sgen"][i] for i in z.pv_sgens], dtype=int) for z in self._zones}
        self._children = {z.name: [c.name for c in self._zones if c.parent == z.name] for z in self._zones}

    def share_out(
        self, load_p_mw: Mapping[str, np.ndarray], pv_p_mw: Mapping[str, np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Zone totals shared over loads and PV plants, for one instant or a whole horizon.

        Args:
            load_p_mw, pv_p_mw: per balanced zone, children included, dims (time,).

        Returns:
            ``(load_p_mw, sgen_p_mw)``, dims (time, load) and (time, sgen); a negative remainder counts as none.
        """
        steps = len(next(iter(load_p_mw.values())))
        load, sgen = np.zeros((steps, len(self.load_weight))), np.zeros((steps, len(self.sgen_kwp)))
        for zone in self._zones:
            for target, at, weight, totals in (
                (load, self._zone_loads[zone.name], self.load_weight, load_p_mw),
                (sgen, self._zone_pv[zone.name], self.sgen_kwp, pv_p_mw),
            ):
                own = totals[zone.name] - sum((totals[child] for child in self._children[zone.name]), np.zeros(steps))
                weights = weight[at]
                if len(at) and weights.sum() > 0.0:
                    target[:, at] = np.maximum(own, 0.0)[:, None] * (weights / weights.sum())
        return load, sgen

    def measurements(self, grid: Grid, values: np.ndarray, quality: np.ndarray, zones: Mapping[str, ZoneInput]) -> Measurements:
        """Measurements of one interval from a raw row (after substitution) and the zones' totals."""
        readings = self._readings(values, quality)
        load_all, sgen_all = self.share_out(
            {name: np.array([zone.load_p_mw]) for name, zone in zones.items()},
            {name: np.array([zone.pv_p_mw]) for name, zone in zones.items()},
        )
        load_p, sgen_p, nothing = load_all[0], sgen_all[0], np.zeros(len(grid.storage))
        load_sigma = self._pseudo_sigma(
            load_p, self._zone_loads, self.load_weight, {name: zone.load_sigma_mw for name, zone in zones.items()}
        )
        sgen_sigma = self._pseudo_sigma(
            sgen_p, self._zone_pv, self.sgen_kwp, {name: zone.pv_sigma_mw for name, zone in zones.items()}
        )
        # A plant or storage that says nothing and that no zone's total covers may do anything up to its size.
        sgen_sigma = np.maximum(sgen_sigma, self._silent["sgen"])
        powers = {
            "load": _Powers(load_p, self.load_tan_phi * load_p, np.maximum(load_sigma, PSEUDO_FLOOR_MVA)),
            "sgen": _Powers(sgen_p, np.zeros(len(sgen_p)), sgen_sigma),
            "storage": _Powers(nothing, nothing.copy(), self._silent["storage"].copy()),
        }
        for (table, element, quantity), reading in readings.items():
            if quantity != "p_mw" or table not in powers:
                continue
            at, power = self._position[table][int(element)], powers[table]
            power.p_mw[at], power.sigma_mva[at] = reading.value, max(reading.sigma, PSEUDO_FLOOR_MVA)
            q = readings.get((table, element, "q_mvar"))
            if q is not None:
                power.q_mvar[at] = q.value
            elif table == "load":
                power.q_mvar[at] = self.load_tan_phi[at] * reading.value
        self._stations(grid, readings, powers)
        bus, vm, vm_sigma = _voltages(readings, grid)
        kinds, index, flow_p, flow_q, flow_sigma = _flows(readings)
        return Measurements(
            bus, vm, vm_sigma, kinds, index, flow_p, flow_q, flow_sigma,
            **{f"{table}_{name}": value for table, power in powers.items() for name, value in vars(power).items()},
        )  # fmt: skip

    def _pseudo_sigma(
        self,
        p_mw: np.ndarray,
        members: Mapping[str, np.ndarray],
        weight: np.ndarray,
        zone_sigma_mw: Mapping[str, float],
    ) -> np.ndarray:
        """Standard deviation of shared-out powers [MVA], dims (element,).

        How a zone divides is doubtful (`PSEUDO_SHARE`), and so is a total that was forecast: its variance divides so that the
        zone's sum is as uncertain as its forecast. What remains of a zone after its children is as uncertain as all of them.
        """
        sigma = PSEUDO_SHARE * p_mw
        for zone in self._zones:
            at = members[zone.name]
            variance = sum(zone_sigma_mw[name] ** 2 for name in (zone.name, *self._children[zone.name]))
            square = float((weight[at] ** 2).sum())
            if variance > 0.0 and square > 0.0:
                sigma[at] = np.sqrt(sigma[at] ** 2 + variance * weight[at] ** 2 / square)
        return sigma

    def estimate(self, model: GridModel, values: np.ndarray, quality: np.ndarray, zones: Mapping[str, ZoneInput]) -> xr.Dataset:
        """The state of the interval (see `twin.contracts.ports.GridModel.estimate`)."""
        return model.estimate(self.measurements(model.grid, values, quality, zones))

    def coverage(self, quality: np.ndarray) -> float:
        """Share of the grid's own channels with a fresh, valid value: weather and prices say nothing of its state."""
        bad = int(Quality.INVALID) | int(Quality.SUBSTITUTED)
        return float(np.mean((quality[self._of_grid] & bad) == 0)) if self._of_grid.any() else 0.0

    def _readings(self, values: np.ndarray, quality: np.ndarray) -> dict[tuple[str, str, str], _Reading]:
        found = {}
        for channel, value, flags in zip(self._channels, values.tolist(), quality.tolist(), strict=True):
            if math.isnan(value) or flags & int(Quality.INVALID):
                continue
            relative = channel.quantity in ("p_mw", "q_mvar", "i_ka")
            sigma = abs(value) * channel.sigma / 100.0 if relative else channel.sigma
            if flags & int(Quality.SUBSTITUTED):
                sigma = SUBSTITUTED_FACTOR * sigma
            table, element = channel.table, channel.element
            sign = 1.0
            if table == "device" and element in self._element_of:
                table, element, sign = self._element_of[element]
            found[table, element, channel.quantity] = _Reading(sign * value, sigma)
        return found

    def _stations(self, grid: Grid, readings: Mapping[tuple[str, str, str], _Reading], powers: Mapping[str, _Powers]) -> None:
        """A measured station fixes the net power of its bus: its loads take what generation and storages leave."""
        for (table, element, quantity), reading in readings.items():
            if table != "bus" or quantity != "p_mw":
                continue
            load, sgen, storage = powers["load"], powers["sgen"], powers["storage"]
            node = grid.bus_node[grid.bus == int(element)][0]
            loads = np.flatnonzero(grid.load_node == node)
            if node < 0 or not len(loads):
                continue
            roofs = grid.sgen_node == node
            others = float(sgen.p_mw[roofs].sum() - storage.p_mw[grid.storage_node == node].sum())
            weights = self.load_weight[loads]
            weights = weights / weights.sum() if weights.sum() > 0.0 else np.full(len(loads), 1.0 / len(loads))
            load.p_mw[loads] = (reading.value + others) * weights
            # How the bus divides is a guess, but its sum is metered: as many parts as it has, they may not loosen it.
            load.sigma_mva[loads] = max(reading.sigma, PSEUDO_FLOOR_MVA) / np.sqrt(len(loads))
            sgen.sigma_mva[roofs] = np.minimum(sgen.sigma_mva[roofs], PSEUDO_FLOOR_MVA)
            q = readings.get((table, element, "q_mvar"))
            load.q_mvar[loads] = q.value * weights if q is not None else self.load_tan_phi[loads] * load.p_mw[loads]


def _voltages(readings: Mapping[tuple[str, str, str], _Reading], grid: Grid) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    live = set(grid.bus[grid.bus_node >= 0].tolist())  # what is still held of a dark bus says nothing of the rest
    found = [(int(e), r.value, r.sigma) for (t, e, q), r in readings.items() if t == "bus" and q == "vm_pu" and int(e) in live]
    if not found:
        at_source = [int(grid.bus[grid.bus_node == node][0]) for node in grid.source_node.tolist()]
        found = [(bus, float(vm), SOURCE_SIGMA_PU) for bus, vm in zip(at_source, grid.source_vm_pu, strict=True)]
    columns = list(zip(*found, strict=True)) or [(), (), ()]
    return np.array(columns[0], dtype=int), np.array(columns[1], dtype=float), np.array(columns[2], dtype=float)


def _flows(
    readings: Mapping[tuple[str, str, str], _Reading],
) -> tuple[tuple[str, ...], np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    kinds, rows = [], []
    for (table, element, quantity), p in readings.items():
        if table not in ("line", "trafo") or quantity != "p_mw":
            continue
        q = readings.get((table, element, "q_mvar"))
        sigma = max(p.sigma, PSEUDO_FLOOR_MVA) if q is not None else POWER_FACTOR_UNKNOWN * abs(p.value) + PSEUDO_FLOOR_MVA
        kinds.append("line_from" if table == "line" else "trafo_hv")
        rows.append((int(element), p.value, q.value if q is not None else 0.0, sigma))
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    index = np.array(columns[0], dtype=int)
    return tuple(kinds), index, *(np.array(column, dtype=float) for column in columns[1:])  # type: ignore[return-value]


def _silent_sigmas(
    grid: Grid,
    channels: Sequence[Channel],
    devices: Sequence[Device],
    position: Mapping[str, Mapping[int, int]],
    sgen_kwp: np.ndarray,
) -> dict[str, np.ndarray]:
    """Standard deviation [MVA] of plants and storages while nothing is heard of them, dims (element,) by table.

    A metered device may be anywhere within its nameplate, a metered plant that no zone's PV total covers within its plausible
    range. A storage that never had a meter counts as part of the consumption around it.
    """
    sigma = {table: np.full(len(getattr(grid, table)), PSEUDO_FLOOR_MVA) for table in ("sgen", "storage")}
    metered = {channel.element for channel in channels if channel.table == "device" and channel.quantity == "p_mw"}
    for device in devices:
        if device.table == "storage" and device.id in metered:
            size_mw = max(abs(device.p_min_mw), abs(device.p_max_mw))
            sigma["storage"][position["storage"][device.element]] = PSEUDO_SHARE * size_mw
    for channel in channels:
        if channel.table == "sgen" and channel.quantity == "p_mw" and math.isfinite(channel.maximum):
            at = position["sgen"][channel.index]
            if sgen_kwp[at] == 0.0:
                sigma["sgen"][at] = PSEUDO_SHARE * channel.maximum
    return {table: np.maximum(values, PSEUDO_FLOOR_MVA) for table, values in sigma.items()}


def _positions(indices: np.ndarray) -> dict[int, int]:
    return {int(index): position for position, index in enumerate(indices)}
