"""A transformer's nameplate facts, checked, as parameters of the thermal model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from twin.boxes.maintenance.thermal.iec60076 import HOT_SPOT_LIMIT_C, TOP_OIL_LIMIT_C, TYPICAL, Paper, ThermalParameters
from twin.domain.problems import Problems

_PARAMETERS = tuple(field.name for field in fields(ThermalParameters))
_SIZES = ["distribution", "power"]
"""The standard's tables give medium and large power transformers the same thermal characteristics."""
_FINDINGS = {"hot_spot_limit_c": HOT_SPOT_LIMIT_C, "top_oil_limit_c": TOP_OIL_LIMIT_C, "overload_percent": 100.0}
"""What findings are raised above, where neither box nor site says so."""
# Physical windows, wide enough for every oil-immersed transformer and narrow enough to catch a wrong unit.
_LIMITS = {
    "top_oil_rise_k": (10.0, 90.0),
    "hot_spot_gradient_k": (2.0, 60.0),
    "loss_ratio": (1.0, 2000.0),
    "oil_exponent": (0.3, 1.2),
    "winding_exponent": (0.8, 2.2),
    "k11": (0.1, 2.0),
    "k21": (1.0, 5.0),
    "k22": (0.5, 5.0),
    "tau_oil_min": (30.0, 1000.0),
    "tau_winding_min": (1.0, 60.0),
    "ambient_surcharge_k": (0.0, 40.0),
    "sn_mva": (0.01, 2000.0),
    "hot_spot_limit_c": (80.0, 180.0),
    "top_oil_limit_c": (60.0, 150.0),
    "overload_percent": (20.0, 300.0),
}


@dataclass(frozen=True)
class Nameplate:
    """What the box knows of its transformer.

    Attributes:
        trafo: its name. ``sn_mva``: rating [MVA]. ``zone``: the zone that it feeds, or "".
        size: "distribution" or "power". ``cooling``: "ONAN", "ONAF", "OFAF", "ODAF".
        typical: parameters that stand at the standard's typical value because the site gives none.
        ambient_surcharge_k: air around the tank above ambient, e.g. in an enclosure [K].
        hot_spot_limit_c, top_oil_limit_c, overload_percent: what a finding is raised above.
    """

    trafo: str
    sn_mva: float
    cooling: str
    size: str
    paper: Paper
    zone: str
    parameters: ThermalParameters
    typical: tuple[str, ...]
    ambient_surcharge_k: float
    hot_spot_limit_c: float
    top_oil_limit_c: float
    overload_percent: float


def read_nameplate(config: Mapping[str, Any], trafos: Mapping[str, Mapping[str, Any]]) -> Nameplate:
    """The nameplate of ``config["trafo"]``.

    Args:
        config: ``trafo`` and, optionally, ``hot_spot_limit_c``, ``top_oil_limit_c`` [degC] and ``overload_percent`` [%].
        trafos: name -> facts: ``sn_mva`` [MVA], ``size`` ("distribution", "power"),
            ``cooling`` ("ONAN", "ONAF", "OFAF", "ODAF"), ``paper`` ("normal", "upgraded"); optionally
            ``zone``, ``hot_spot_limit_c``, ``top_oil_limit_c`` [degC] (the box's own go first), ``ambient_surcharge_k``
            [K] and any field of `ThermalParameters`, where the standard's typical value stands in otherwise.

    Raises:
        BadInput: with every fault of the configuration and of the facts.
    """
    problems = Problems()
    _refuse_unknown(config, problems)
    trafo = config.get("trafo")
    if trafo not in trafos:
        known = f"one of {sorted(trafos)}"
        problems.add("transformer box, key 'trafo'", repr(trafo), known, "name a transformer of the site")
        problems.raise_if_any()
    facts, place = trafos[str(trafo)], f"transformer {trafo!r}"
    size = _choice(facts, "size", _SIZES, place, problems)
    cooling = _choice(facts, "cooling", sorted({cooling for _, cooling in TYPICAL}), place, problems)
    paper = _choice(facts, "paper", [paper.value for paper in Paper], place, problems)
    kind = (size, cooling)
    if all(kind) and kind not in TYPICAL:
        problems.add(place, f"{size} with {cooling}", "ONAN", "correct 'size' or 'cooling'")
    given = {name: _number(facts, name, place, problems) for name in (*_PARAMETERS, "ambient_surcharge_k") if name in facts}
    sn_mva = _number(facts, "sn_mva", place, problems)
    limits = {name: _number({name: default, **facts, **config}, name, place, problems) for name, default in _FINDINGS.items()}
    problems.raise_if_any()
    surcharge_k = given.pop("ambient_surcharge_k", 0.0)
    return Nameplate(
        trafo=str(trafo),
        sn_mva=sn_mva,
        cooling=cooling,
        size=size,
        paper=Paper(paper),
        zone=str(facts.get("zone") or ""),
        parameters=replace(TYPICAL[kind], **given),
        typical=tuple(name for name in _PARAMETERS if name not in given),
        ambient_surcharge_k=surcharge_k,
        **limits,
    )


def _refuse_unknown(config: Mapping[str, Any], problems: Problems) -> None:
    known = ("trafo", *_FINDINGS)
    for name in sorted(set(config) - set(known)):
        problems.add("transformer box", f"unknown key {name!r}", f"one of {list(known)}", "remove or correct it")


def _choice(facts: Mapping[str, Any], name: str, allowed: list[str], place: str, problems: Problems) -> str:
    value = facts.get(name)
    if value not in allowed:
        problems.add(f"{place}, key {name!r}", repr(value), f"one of {allowed}", "take it from the nameplate")
        return ""
    return str(value)


def _number(facts: Mapping[str, Any], name: str, place: str, problems: Problems) -> float:
    value, (low, high) = facts.get(name), _LIMITS[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        problems.add(f"{place}, key {name!r}", repr(value), f"a number in {low:g}..{high:g}", "check the unit")
        return low
    return float(value)
