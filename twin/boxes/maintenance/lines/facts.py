"""The watched lines' facts, checked, as models of what they bear."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from twin.boxes.maintenance.lines.cable import CableModel
from twin.boxes.maintenance.lines.cable_data import (
    LIMIT_C,
    PLAUSIBLE_SOIL,
    R20_OHM_PER_KM,
    RATED_LAYING,
    XLPE_MM,
    Build,
    Laying,
    model_of,
    soil_of_rating,
)
from twin.boxes.maintenance.lines.conductors import ABSORPTIVITY, CONDUCTORS, EMISSIVITY, OLD_NAMES, Conductor, conductor_named
from twin.boxes.maintenance.lines.overhead import Span, Weather, ampacity_ka
from twin.boxes.maintenance.lines.weather import STATIC_AIR_C, STATIC_ATTACK_DEGREE, STATIC_SUN_W_M2, STATIC_WIND_M_S
from twin.domain.grid import Grid
from twin.domain.problems import Problems

BEST, HOT, COOL = range(3)
"""Lanes: the best knowledge; dry warm soil under the highest current; moist cool soil under the lowest."""
Z_LANES = np.array([0.0, 1.645, -1.645])
"""Standard normal quantiles of the lanes: 50, 95 and 5 %."""
SOIL_SPREAD = 0.15
"""Standard deviation of the logarithm of the soil's resistivity along a trench (assumption: 1 K m/W lies in 0.78 to 1.28)."""
SOIL_TEMP_K = 2.0
"""Standard deviation of the soil's temperature where it is not measured (assumption)."""
OVERHEAD_LIMIT_C = 80.0
"""Of aluminium over steel and of alloys in continuous operation (DIN EN 50341-2-4)."""
TYPICAL_SOIL = 1.75
"""Effective resistivity [K m/W] that the sheets of VDE 0276-620 imply: 1.72 to 1.76 from 150 to 300 mm2, 10 and 20 kV."""
_CONDUCTOR = ("diameter_mm", "core_diameter_mm", "strand_diameter_mm", "r20_ohm_per_km", "alpha_per_k")


@dataclass(frozen=True)
class WatchedLine:
    """A line and its model: ``span`` of an overhead line, ``cable`` of a cable.

    Attributes:
        index: in the grid. ``zone``: whose forecasts say what it will carry, or "".
        rated_i_ka: of its data sheet. ``cap_i_ka``: of what is in series with it, infinite without.
        vn_kv: nominal voltage. ``limit_c``: of the conductor. ``emergency_c``: for some hours, NaN where nobody allows one.
        azimuth_degree: of an overhead line, where it is known. ``soil_c``: measured, NaN where it follows the air.
        typical: facts that stand at a typical value because neither site nor grid gives them.
    """

    name: str
    index: int
    zone: str
    rated_i_ka: float
    cap_i_ka: float
    vn_kv: float
    limit_c: float
    emergency_c: float
    span: Span | None
    azimuth_degree: float | None
    cable: CableModel | None
    soil_c: float
    typical: tuple[str, ...]

    @property
    def soil_spread_k(self) -> np.ndarray:
        """What the lanes' soil differs from the best guess [K], dims (lane,)."""
        return Z_LANES * (SOIL_TEMP_K if np.isnan(self.soil_c) else 0.0)

    def power_mw(self, i_ka: float) -> float:
        """Power of a current at nominal voltage and cos phi 1 [MW]."""
        return float(np.sqrt(3.0) * self.vn_kv * i_ka)


class _Facts:
    """Facts of one line, noting what is typical."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self.given = facts
        self.typical: list[str] = []

    def get(self, name: str, typical: Any) -> Any:
        """The fact, or the typical value, which is noted."""
        if self.given.get(name) is not None:
            return self.given[name]
        self.typical.append(name)
        return typical


def read_lines(
    config: Mapping[str, Any],
    lines: Mapping[str, Mapping[str, Any]],
    *,
    grid: bytes,
    zones: Mapping[str, Mapping[str, Any]],
) -> tuple[WatchedLine, ...]:
    """The lines named in ``config["lines"]``, or all that the site watches.

    Args:
        lines: name -> facts, as `twin.site.line.Line.facts` gives them.
        grid: packed grid of the normal topology: ratings and voltages where the facts leave them out; b"" without one.
        zones: the one without parent stands in where a line names none.

    Raises:
        BadInput: with every fault: unknown names, lines that the grid does not have, conductors that nobody knows.
    """
    problems = Problems()
    for name in sorted(set(config) - {"lines"}):
        problems.add("line rating box", f"unknown key {name!r}", "one of ['lines']", "remove or correct it")
    wanted = config.get("lines", list(lines))
    if not isinstance(wanted, list | tuple) or not wanted:
        limit = "a list of lines that the site watches under [[lines]]"
        problems.add("line rating box, key 'lines'", repr(wanted), limit, "watch a line, or take the box out")
        problems.raise_if_any()
    for name in [name for name in wanted if name not in lines]:
        problems.add("line rating box, key 'lines'", repr(name), f"one of {sorted(lines)}", "correct the name")
    problems.raise_if_any()
    packed = Grid.from_bytes(grid) if grid else None
    root = next((name for name, zone in zones.items() if zone.get("parent") is None), "")
    found = [_line(str(name), lines[name], packed, root, problems) for name in wanted]
    problems.raise_if_any()
    return tuple(line for line in found if line is not None)


def _line(name: str, given: Mapping[str, Any], grid: Grid | None, root: str, problems: Problems) -> WatchedLine | None:
    place, index = f"line {name!r}", int(given["index"])
    rated, vn_kv = _of_grid(index, grid)
    if grid is not None and np.isnan(rated):
        problems.add(place, f"index {index}", "a line of the grid", "correct the index")
        return None
    facts = _Facts(given)
    rated = float(given.get("rated_i_ka") or rated)
    vn_kv = float(given.get("vn_kv") or vn_kv)
    for key, value in (("rated_i_ka", rated), ("vn_kv", vn_kv)):
        if np.isnan(value):
            limit = "in the site file where the grid does not say it (a line out of service has no voltage)"
            problems.add(place, f"no {key}", limit, f"state {key}")
    if np.isnan(rated) or np.isnan(vn_kv):
        return None
    span = _span(facts, rated, place, problems) if given["kind"] == "overhead" else None
    limit_c = float(facts.get("limit_c", OVERHEAD_LIMIT_C if span else LIMIT_C[str(given.get("insulation", "xlpe"))]))
    azimuth = given.get("azimuth_degree")
    if span is not None and azimuth is None:
        facts.typical.append("azimuth_degree")
    return WatchedLine(
        name=name,
        index=index,
        zone=str(given.get("zone") or root),
        rated_i_ka=rated,
        cap_i_ka=float(given.get("cap_i_ka", np.inf)),
        vn_kv=vn_kv,
        limit_c=limit_c,
        emergency_c=float(given.get("emergency_c", np.nan)),
        span=span,
        azimuth_degree=None if azimuth is None else float(azimuth),
        cable=None if span or given["kind"] == "overhead" else _cable(facts, rated, vn_kv, limit_c),
        soil_c=float(given.get("soil_c", np.nan)),
        typical=tuple(facts.typical),
    )


def _of_grid(index: int, grid: Grid | None) -> tuple[float, float]:
    """Rated current [kA] and nominal voltage [kV] of a line of the grid; NaN where it does not say."""
    rows = np.flatnonzero(grid.line == index) if grid is not None else np.zeros(0, int)
    if grid is None or not rows.size:
        return float("nan"), float("nan")
    branch = int(grid.line_branch[rows[0]])
    vn_kv = float(grid.node_vn_kv[grid.branch_from[branch]]) if branch >= 0 else float("nan")
    return float(grid.line_max_i_ka[rows[0]]), vn_kv


def _span(facts: _Facts, rated_i_ka: float, place: str, problems: Problems) -> Span | None:
    conductor = _conductor(facts, rated_i_ka, place, problems)
    altitude, inclination = float(facts.get("altitude_m", 500.0)), float(facts.get("inclination_degree", 0.0))
    if conductor is None:
        return None
    return Span(conductor, altitude, inclination, "ieee738" if facts.given.get("standard") == "ieee738" else "cigre601")


def _conductor(facts: _Facts, rated_i_ka: float, place: str, problems: Problems) -> Conductor | None:
    emissivity, absorptivity = float(facts.get("emissivity", EMISSIVITY)), float(facts.get("absorptivity", ABSORPTIVITY))
    own = {key: float(facts.given[key]) for key in _CONDUCTOR if facts.given.get(key) is not None}
    if own:
        missing = [key for key in _CONDUCTOR if key not in own]
        if missing:
            problems.add(place, f"no {', '.join(missing)}", "all five figures of a conductor of its own", "state them")
            return None
        return Conductor(**own, emissivity=emissivity, absorptivity=absorptivity)
    name = facts.given.get("conductor")
    known = conductor_named(str(name)) if name is not None else _like(rated_i_ka)
    if known is None:
        limit = f"one of {sorted(CONDUCTORS)} or {sorted(OLD_NAMES)}"
        problems.add(f"{place}, key 'conductor'", repr(name), limit, "correct it, or state the conductor's five figures")
        return None
    if name is None:
        facts.typical.append("conductor")
    return replace(known, emissivity=emissivity, absorptivity=absorptivity)


def _like(rated_i_ka: float) -> Conductor:
    """The conductor of aluminium over steel whose static rating is nearest to the line's rated current."""
    static = Weather(*(np.array(v) for v in (STATIC_AIR_C, STATIC_WIND_M_S, STATIC_ATTACK_DEGREE, STATIC_SUN_W_M2)))
    kinds = [conductor for name, conductor in CONDUCTORS.items() if "ST1A" in name]
    apart = [abs(float(ampacity_ka(Span(c, 500.0, 0.0, "cigre601"), static, limit_c=80.0)) - rated_i_ka) for c in kinds]
    return kinds[int(np.argmin(apart))]


def _cable(facts: _Facts, rated_i_ka: float, vn_kv: float, limit_c: float) -> CableModel:
    insulation, material = facts.get("insulation", "xlpe"), facts.get("material", "aluminium")
    cores = int(facts.get("cores", 1))
    usual_mm = next((mm for up_to_kv, mm in XLPE_MM if vn_kv <= up_to_kv), XLPE_MM[-1][1])
    insulation_mm = float(facts.get("insulation_mm", usual_mm))
    rated = Laying(
        depth_m=float(facts.get("rated_depth_m", RATED_LAYING.depth_m)),
        soil_k_m_per_w=float(facts.get("rated_soil_k_m_per_w", RATED_LAYING.soil_k_m_per_w)),
        soil_c=float(facts.get("rated_soil_c", RATED_LAYING.soil_c)),
        load_factor=float(facts.get("rated_load_factor", RATED_LAYING.load_factor)),
    )

    def soil(mm2: float) -> float:
        build = Build(str(insulation), str(material), cores, mm2, insulation_mm)
        return soil_of_rating(build, rated_i_ka=rated_i_ka, rated=rated, limit_c=limit_c)

    likely = min(R20_OHM_PER_KM[str(material)], key=lambda mm2: abs(soil(float(mm2)) - TYPICAL_SOIL))
    build = Build(str(insulation), str(material), cores, float(facts.get("conductor_mm2", likely)), insulation_mm)
    implied = soil(build.conductor_mm2)
    low, high = PLAUSIBLE_SOIL
    if not low <= implied <= high:
        facts.typical.append("soil_of_rating")  # the figures contradict each other: typical soil stands in
    return model_of(
        build,
        effective_soil=implied if low <= implied <= high else TYPICAL_SOIL,
        soil_ratio=float(facts.get("soil_k_m_per_w", rated.soil_k_m_per_w)) / rated.soil_k_m_per_w,
        depth_m=float(facts.get("depth_m", rated.depth_m)),
        group_factor=float(facts.get("group_factor", 1.0)),
        limit_c=limit_c,
        soil_factor=np.exp(SOIL_SPREAD * Z_LANES),
    )
