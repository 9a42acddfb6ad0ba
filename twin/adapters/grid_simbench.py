"""A SimBench grid with its year of profiles, corrected: taps, storages, clock, negative generation.

Sources: S. Meinecke et al., "SimBench - A Benchmark Dataset of Electric Power Systems", Energies 13 (2020)
    3290; the
corrections were found on the published files and are tested.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from twin.adapters.overlay import apply_overlay
from twin.contracts.devices import Device
from twin.domain.problems import BadInput, Problem, Problems
from twin.domain.time import to_epoch_s
from twin.engines.topology import mend_taps
from twin.site.tables import GridTable

Progress = Callable[[str, float], None]

STAMPS = ZoneInfo("Europe/Zurich")
"""The clock of SimBench's text stamps, which loads live by."""

START = datetime(2015, 12, 31, 23, 0, tzinfo=UTC)
"""Label of row 0. The text stamps are local time: 4 are doubled and an hour is missing at the clock changes, so
the row number is the clock, row i = START + 15 min x i."""

UTC_ROLL = 4
"""Photovoltaic rows run in UTC although they are stamped like the loads: an hour (4 rows) later in winter time."""

_STORAGE_IS_PV = "PV_Storage"


@dataclass
class BuiltGrid:
    """A grid ready to be cached.

    Attributes:
        profiles: ``load_p_mw(time, load)``, ``load_q_mvar(time, load)``, ``sgen_available_p_mw(time, sgen)``
            before the
            inverter's limit, float32 [MW, Mvar] in the net's order; empty for a grid without profiles.
        start_s: label of row 0, epoch seconds.
    """

    net: Any
    profiles: dict[str, np.ndarray] = field(default_factory=dict)
    start_s: int = 0


def build_simbench(grid: GridTable, devices: Sequence[Device], *, file: str, progress: Progress) -> BuiltGrid:
    """Load, correct and overlay a SimBench grid. Takes 10 to 17 s, nearly all of it in simbench's own loader.

    Raises:
        BadInput: for an unknown code, an impossible overlay, or profiles with gaps; every fault of a kind at
            once.
    """
    progress("simbench_load", 0.02)
    net = _load(grid.code or "", file)
    progress("grid", 0.70)
    mend_taps(net)
    _classify_sgens(net)
    _merge_storages(net)
    net.measurement = net.measurement.dropna(subset=["value"])
    apply_overlay(net, grid.overlay, devices, file=file)
    for table in ("load", "sgen", "storage"):
        # an integer column would truncate a later power in MW to zero
        net[table][["p_mw", "q_mvar"]] = net[table][["p_mw", "q_mvar"]].astype(float)
    progress("profiles", 0.78)
    profiles = _profiles(net, grid, file)
    net.profiles = {}
    return BuiltGrid(net, profiles, to_epoch_s(START))


def _load(code: str, file: str) -> Any:
    import simbench

    if code not in simbench.collect_all_simbench_codes():
        place, limit = f"{file} grid code", "a SimBench code"
        raise BadInput([Problem(place, repr(code), limit, "see simbench.collect_all_simbench_codes()")])
    return simbench.get_simbench_net(code)


def _classify_sgens(net: Any) -> None:
    """``kind`` and ``lumped`` for every generator; lumped ones stand for the roofs of a whole low-voltage grid."""
    profile = net.sgen["profile"].astype(str)
    net.sgen["lumped"] = profile.str.startswith("lv_").astype(bool)
    is_pv = net.sgen["lumped"] | profile.str.startswith("PV")
    net.sgen["kind"] = np.where(is_pv, "pv", np.where(profile.str.startswith("Hydro"), "hydro", "other"))


def _merge_storages(net: Any) -> None:
    """Drop SimBench's storages; their panels join the plant at the same bus.

    They are photovoltaic plants with a battery ("always generator": profile <= 0, max_p_mw = 0), no battery
    that anybody could
    dispatch. Their rating is added to the plant's, their profile is dropped, so that no panel is counted
    twice.
    """
    for _, storage in net.storage[net.storage["type"] == _STORAGE_IS_PV].iterrows():
        plants = net.sgen.index[(net.sgen["bus"] == storage["bus"]) & (net.sgen["kind"] == "pv")]
        if len(plants):
            net.sgen.loc[plants[0], "sn_mva"] += storage["sn_mva"]
    net.storage = net.storage.iloc[:0]


def _profiles(net: Any, grid: GridTable, file: str) -> dict[str, np.ndarray]:
    loads, renewables = net.profiles["load"], net.profiles["renewables"]
    problems = Problems()
    for table, frame, suffixes in (("load", loads, ("_pload", "_qload")), ("sgen", renewables, ("",))):
        for profile in sorted(set(net[table]["profile"].astype(str))):
            for suffix in suffixes:
                _check_column(frame, profile + suffix, f"{file} profiles of {table}", problems)
    problems.raise_if_any()
    load_profile, sgen_profile = net.load["profile"], net.sgen["profile"]
    return {
        "load_p_mw": _scaled(loads, load_profile + "_pload", net.load["p_mw"]),
        "load_q_mvar": _scaled(loads, load_profile + "_qload", net.load["q_mvar"]),
        "sgen_available_p_mw": _generation(net, renewables, sgen_profile, grid.overlay.pv.profile_factor),
    }


def _scaled(frame: Any, columns: Any, factors: Any) -> np.ndarray:
    return (frame[list(columns)].to_numpy() * factors.to_numpy()).astype(np.float32)


def _generation(net: Any, frame: Any, columns: Any, pv_factor: float) -> np.ndarray:
    values = np.clip(frame[list(columns)].to_numpy(), 0.0, None)  # night values of measured plants go below zero
    is_pv = net.sgen["kind"].eq("pv").to_numpy()
    values[:, is_pv] = np.roll(values[:, is_pv], UTC_ROLL, axis=0) * pv_factor
    return (values * net.sgen["sn_mva"].to_numpy()).astype(np.float32)


def _check_column(frame: Any, column: str, place: str, problems: Problems) -> None:
    if column not in frame:
        problems.add(place, f"no profile {column!r}", "one profile for every element", "correct the profile's name")
        return
    gaps = np.flatnonzero(~np.isfinite(frame[column].to_numpy(dtype=float)))
    if gaps.size:
        value = f"{column}: {gaps.size} gaps, the first in row {gaps[0]}"
        problems.add(place, value, "a value in every quarter hour", "fill the gaps before the file is used")
