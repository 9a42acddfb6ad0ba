"""A transformer's nameplate facts, checked, as parameters of the thermal model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from twin.boxes.maintenance.thermal.iec60076 import RESTRICTED_K21, TYPICAL, Paper, ThermalParameters, rebased
from twin.boxes.maintenance.thermal.limits import DISTRIBUTION_MVA, Loading, limits_of
from twin.domain.problems import Problems
from twin.domain.time import to_epoch_s

_PARAMETERS = tuple(field.name for field in fields(ThermalParameters))
_SIZES = ["distribution", "power"]
"""The standard's tables give medium and large power transformers the same thermal characteristics."""
COMPONENTS = ("bushing", "tap_changer", "cable", "protection")
"""What may bear less than the windings, or trip before them."""
_CAPS = tuple(f"{component}_percent" for component in COMPONENTS)
_SETTINGS = ("hot_spot_limit_c", "top_oil_limit_c", "overload_percent")
_FORCED = {"ONAF", "OFAN", "OFAF", "ODAN", "ODAF"}
NATURAL = "ONAN"
_CLASS = ("size", "cooling", "paper")
_CLASS_UNKNOWN = {"cooling": NATURAL, "paper": Paper.NORMAL.value}
"""Where nobody knows: what most transformers have, and the paper that ages faster at every temperature above its limit."""
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
    "natural_sn_mva": (0.01, 2000.0),
    "hot_spot_limit_c": (80.0, 180.0),
    "top_oil_limit_c": (60.0, 150.0),
    "overload_percent": (20.0, 300.0),
    **dict.fromkeys(_CAPS, (50.0, 400.0)),
}


@dataclass(frozen=True)
class Nameplate:
    """What the box knows of its transformer.

    Attributes:
        trafo: its name. ``sn_mva``: rating [MVA]. ``zone``: the zone that it feeds, or "".
        size: "distribution" or "power". ``cooling``: "ONAN", "ONAF", "OFAF" ..., as it is working now.
        typical: parameters that stand at the standard's typical value because the site gives none.
        ambient_surcharge_k: air around the tank above ambient, e.g. in an enclosure [K].
        hot_spot_limit_c, top_oil_limit_c: of the kind of loading allowed. ``overload_percent``: what a finding is raised above.
        current_percent: the standard's limit of the current over rated current, by size and kind of loading.
        caps_percent: component -> what it bears of the rated current, those that are known.
        reference_since_s: instants from which the watch learns a new reference, epoch seconds.
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
    current_percent: float
    caps_percent: Mapping[str, float]
    reference_since_s: tuple[int, ...]


def read_nameplate(
    trafo: str, facts: Mapping[str, Any], settings: Mapping[str, Any], loading: Loading, problems: Problems
) -> Nameplate | None:
    """The nameplate of one transformer; None when it has faults, which then are in ``problems``.

    Args:
        trafo: its name.
        facts: ``sn_mva`` [MVA]; ``size`` ("distribution", "power"), ``cooling`` (see `TYPICAL`) and ``paper`` ("normal",
            "upgraded"), each assumed and flagged as typical where it is not known. Optionally ``zone``, ``hot_spot_limit_c``,
            ``top_oil_limit_c`` [degC], ``ambient_surcharge_k`` [K], ``natural_sn_mva`` [MVA], ``fans`` ("in_service",
            "out_of_service"), ``restricted_oil_flow``, ``reference_since`` (ISO 8601), what `COMPONENTS` bear
            (``bushing_percent`` ...), and any field of `ThermalParameters`, where the standard's typical value stands in
            otherwise.
        settings: the box's own ``hot_spot_limit_c``, ``top_oil_limit_c`` [degC] and ``overload_percent`` [%]; they go first.
        loading: whose limits hold. The site's temperatures are those of normal cyclic loading; in an emergency the standard's.
        problems: takes every fault.
    """
    place, before = f"transformer {trafo!r}", len(problems.found)
    given_facts, facts = facts, {**_CLASS_UNKNOWN, "size": _size_by_rating(facts), **facts}
    size = _choice(facts, "size", _SIZES, place, problems)
    cooling = _choice(facts, "cooling", sorted({cooling for _, cooling in TYPICAL}), place, problems)
    paper = _choice(facts, "paper", [paper.value for paper in Paper], place, problems)
    if size and cooling and (size, cooling) not in TYPICAL:
        problems.add(place, f"{size} with {cooling}", "ONAN", "correct 'size' or 'cooling'")
    named = (*_PARAMETERS, *_CAPS, "ambient_surcharge_k", "natural_sn_mva", "sn_mva")
    given = {name: _number(facts, name, place, problems) for name in named if name in facts or name == "sn_mva"}
    standard = limits_of(loading, size or "distribution", sn_mva=given["sn_mva"])
    limits = {"hot_spot_limit_c": standard.hot_spot_c, "top_oil_limit_c": standard.top_oil_c, "overload_percent": 100.0}
    if loading is Loading.NORMAL_CYCLIC:
        limits |= {name: facts[name] for name in _SETTINGS if name in facts}
    limits |= {name: settings[name] for name in _SETTINGS if name in settings}
    limits = {name: _number(limits, name, place, problems) for name in _SETTINGS}
    stands = facts.get("fans") == "out_of_service" and cooling in _FORCED
    if stands and "natural_sn_mva" not in given:
        problems.add(place, "fans out of service", "a natural_sn_mva", "give the rating without fans and pumps")
    if len(problems.found) > before:
        return None
    ratio = 1.0
    if stands:
        cooling, ratio = NATURAL, given["sn_mva"] / given["natural_sn_mva"]
    measured = {name: given[name] for name in _PARAMETERS if name in given}
    typical = TYPICAL[size, cooling]
    if facts.get("restricted_oil_flow"):
        typical = replace(typical, k21=RESTRICTED_K21.get(cooling, typical.k21))
    return Nameplate(
        trafo=trafo,
        sn_mva=given["sn_mva"],
        cooling=cooling,
        size=size,
        paper=Paper(paper),
        zone=str(facts.get("zone") or ""),
        parameters=rebased(replace(typical, **measured), ratio),
        typical=tuple(name for name in (*_CLASS, *_PARAMETERS) if name not in given_facts),
        ambient_surcharge_k=given.get("ambient_surcharge_k", 0.0),
        current_percent=standard.current_percent,
        caps_percent={name: given[cap] for name, cap in zip(COMPONENTS, _CAPS, strict=True) if cap in given},
        reference_since_s=tuple(to_epoch_s(datetime.fromisoformat(at)) for at in facts.get("reference_since", ())),
        **limits,
    )


def _size_by_rating(facts: Mapping[str, Any]) -> str:
    sn_mva = facts.get("sn_mva")
    return "power" if isinstance(sn_mva, int | float) and sn_mva > DISTRIBUTION_MVA else "distribution"


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
