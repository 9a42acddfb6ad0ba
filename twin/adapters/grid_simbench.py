"""A SimBench grid with its year of profiles, corrected: taps, storages, ratings, clock, negative generation.

Sources: S. Meinecke et al., "SimBench - A Benchmark Dataset of Electric Power Systems", Energies 13 (2020)
    3290; the
corrections were found on the published files and are tested.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from twin.adapters.overlay import apply_overlay
from twin.contracts.devices import Device
from twin.domain.problems import BadInput, Problem, Problems
from twin.domain.time import to_epoch_s
from twin.engines.net_problems import net_problems
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

_PLANT_OF_STORAGE = re.compile(r"Storage_(?P<plant>(?:PV|WP)\d+)_")
"""The plant's profile that a storage's own was made of: PV5 in "Storage_PV5_H0-A", WP4 in "Storage_WP4_3%_e_MWh"."""

_COLUMNS_AT_ONCE = 256
"""Profiles are scaled in blocks of columns: a year of 5,000 loads in float64 would take 1.4 GB beside the result."""


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
        BadInput: for an unknown code, a grid with elements that no live grid holds (all with the EHV level: generators with
            set voltages, dc lines), an impossible overlay, or profiles with gaps; every fault of a kind at once.
    """
    progress("simbench_load", 0.02)
    net = read_simbench(grid.code or "", place=f"{file} grid code")
    progress("grid", 0.70)
    if found := net_problems(net):
        raise BadInput(found)
    apply_overlay(net, grid.overlay, devices, file=file)
    for table in ("load", "sgen", "storage"):
        # an integer column would truncate a later power in MW to zero
        net[table][["p_mw", "q_mvar"]] = net[table][["p_mw", "q_mvar"]].astype(float)
    progress("profiles", 0.78)
    profiles = year_profiles(net, net.profiles, pv_factor=grid.overlay.pv.profile_factor, file=file)
    net.profiles = {}
    return BuiltGrid(net, profiles, to_epoch_s(START))


def read_simbench(code: str, *, place: str = "SimBench code") -> Any:
    """Any of simbench's grids as a pandapower net with its profiles; taps, generators and storages corrected.

    Args:
        place: names where the code was written, in a fault.

    Raises:
        BadInput: for an unknown code, and naming every storage whose plant no profile describes.
    """
    import simbench

    if code not in simbench.collect_all_simbench_codes():
        limit, remedy = "a SimBench code", "see simbench.collect_all_simbench_codes()"
        raise BadInput([Problem(place, repr(code), limit, remedy)])
    net = copy.deepcopy(_loaded(code))
    mend_taps(net)
    classify_sgens(net)
    # a profile is a share of p_mw, which in scenario 0 is as little as a sixth of what the inverters are rated for
    net.sgen["sn_mva"] = net.sgen["sn_mva"].where(net.sgen["kind"] != "pv", net.sgen["p_mw"])
    _merge_storages(net)
    net.measurement = net.measurement.dropna(subset=["value"])
    return net


@lru_cache(maxsize=1)
def _loaded(code: str) -> Any:
    """As simbench gives it, only to be copied: names, profiles and the grid itself are often asked for one after the other."""
    import simbench

    return simbench.get_simbench_net(code)


def classify_sgens(net: Any) -> None:
    """``kind`` and ``lumped`` for every generator; lumped ones stand for the roofs of a whole low-voltage grid."""
    profile = net.sgen["profile"].astype(str)
    net.sgen["lumped"] = profile.str.startswith("lv_").astype(bool)
    is_pv = net.sgen["lumped"] | profile.str.startswith("PV")
    net.sgen["kind"] = np.where(is_pv, "pv", np.where(profile.str.startswith("Hydro"), "hydro", "other"))


def _merge_storages(net: Any) -> None:
    """Drop SimBench's storages; their panels and turbines join the plant at the same bus, or become a plant.

    They are plants with a battery ("always generator": profile <= 0, max_p_mw = 0), no battery that anybody could dispatch.
    Their rating is added to the plant's, their profile is dropped, so that no panel is counted twice. Some stand alone at
    their bus: these become a generator with the profile of the plant that theirs was made of.
    """
    import pandapower as pp

    problems = Problems()
    known = set(net.profiles["renewables"].columns) if len(net.storage) else set()
    for index, storage in net.storage.iterrows():
        own = str(storage["profile"])
        plant = _PLANT_OF_STORAGE.match(own)
        profile = plant["plant"] if plant else own
        at_bus = net.sgen[net.sgen["bus"] == storage["bus"]]
        same = at_bus.index[at_bus["kind"] == "pv"] if "PV" in str(storage["type"]) else at_bus.index[:0]
        same = same if len(same) else at_bus.index[at_bus["profile"] == profile]
        if len(same):
            net.sgen.loc[same[0], "sn_mva"] += storage["sn_mva"]
            if net.sgen.at[same[0], "kind"] != "pv":
                net.sgen.loc[same[0], "p_mw"] += storage["sn_mva"]
        elif profile in known:
            rating, name = storage["sn_mva"], storage["name"]
            added = pp.create_sgen(net, bus=storage["bus"], p_mw=rating, sn_mva=rating, name=name, type=storage["type"])
            net.sgen.loc[added, "profile"] = profile
        else:
            problems.add(f"net.storage {index}", f"profile {own!r}", "a plant's profile", "choose another grid")
    problems.raise_if_any()
    net.storage = net.storage.iloc[:0]
    classify_sgens(net)


def year_profiles(net: Any, frames: Mapping[str, Any], *, pv_factor: float, file: str) -> dict[str, np.ndarray]:
    """The year of every load and plant, as in `BuiltGrid.profiles`.

    Args:
        net: loads and plants name their column in ``profile``. ``frames``: SimBench's "load" and "renewables", 35,136 rows.
        pv_factor: on the yield of panels.

    Raises:
        BadInput: naming every column that is missing or has gaps.
    """
    loads, renewables = frames["load"], frames["renewables"]
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
        "sgen_available_p_mw": _generation(net, renewables, sgen_profile, pv_factor),
    }


def _scaled(frame: Any, columns: Any, factors: Any) -> np.ndarray:
    """Profiles by name, each times its factor, float32 with dims (time, element)."""
    names, factor = list(columns), factors.to_numpy(dtype=float)
    scaled = np.empty((len(frame), len(names)), dtype=np.float32)
    for first in range(0, len(names), _COLUMNS_AT_ONCE):
        block = slice(first, first + _COLUMNS_AT_ONCE)
        scaled[:, block] = frame[names[block]].to_numpy() * factor[block]
    return scaled


def _generation(net: Any, frame: Any, columns: Any, pv_factor: float) -> np.ndarray:
    """What sun, water and wind give: of a photovoltaic plant's peak, of any other plant's power [MW]."""
    frame = frame[sorted(set(columns))].clip(lower=0.0)  # night values of measured plants go below zero
    is_pv = net.sgen["kind"].eq("pv")
    given = _scaled(frame, columns, net.sgen["p_mw"])
    sun = _scaled(frame * pv_factor, columns[is_pv], net.sgen.loc[is_pv, "sn_mva"])
    given[:, is_pv.to_numpy()] = np.roll(sun, UTC_ROLL, axis=0)
    return given


def _check_column(frame: Any, column: str, place: str, problems: Problems) -> None:
    if column not in frame:
        problems.add(place, f"no profile {column!r}", "one profile for every element", "correct the profile's name")
        return
    gaps = np.flatnonzero(~np.isfinite(frame[column].to_numpy(dtype=float)))
    if gaps.size:
        value = f"{column}: {gaps.size} gaps, the first in row {gaps[0]}"
        problems.add(place, value, "a value in every quarter hour", "fill the gaps before the file is used")
