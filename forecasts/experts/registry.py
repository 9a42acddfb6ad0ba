"""Which experts there are for a kind of series. A third party's expert is an entry point in group ``regie.experts``."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from importlib.metadata import entry_points

from forecasts.expert import Blender, Expert
from twin.domain.problems import BadInput, Problems

GROUP = "regie.experts"
FLOORS = ("last_week", "yesterday", "day_type", "sky_days", "wind_decay")
"""Experts that need no training: what serves on the first day."""

# In the order in which weights are shown; a blender comes after those that it listens to.
_BY_KIND = {
    "load": (
        "forecasts.experts.floor:LastWeek",
        "forecasts.experts.floor:Yesterday",
        "forecasts.experts.floor:DayType",
        "forecasts.experts.ridge:Ridge",
        "forecasts.experts.boosted:Boosted",
        "forecasts.experts.boosted:BoostedProfile",
        "forecasts.experts.boosted:BoostedRidge",
        "forecasts.experts.prophet:ProphetExpert",
        "forecasts.experts.stack:Stack",
    ),
    "pv": (
        "forecasts.experts.floor:Yesterday",
        "forecasts.experts.floor:LastWeek",
        "forecasts.experts.pv_days:SkyDays",
        "forecasts.experts.pv_ridge:SkyRidge",
        "forecasts.experts.pv_boosted:SkyBoosted",
        "forecasts.experts.pv_quantile:SkyQuantile",
        "forecasts.experts.pv_forest:SkyForest",
        "forecasts.experts.stack:Stack",
    ),
    "wind": (
        "forecasts.experts.floor:Yesterday",
        "forecasts.experts.wind_decay:WindDecay",
        "forecasts.experts.wind_power_curve:WindPowerCurve",
        "forecasts.experts.wind_boosted:WindBoosted",
        "forecasts.experts.wind_quantile:WindQuantile",
        "forecasts.experts.stack:Stack",
    ),
    "hydro": (
        "forecasts.experts.floor:LastWeek",
        "forecasts.experts.floor:Yesterday",
        "forecasts.experts.floor:DayType",
        "forecasts.experts.hydro_recession:Recession",
        "forecasts.experts.hydro_ridge:HydroRidge",
        "forecasts.experts.stack:Stack",
    ),
}


def experts_for(kind: str, names: Iterable[str] | None = None) -> dict[str, Expert | Blender]:
    """Experts of a kind by name.

    Args:
        names: those wanted; all that are installed when None.

    Raises:
        BadInput: naming every expert that there is not.
    """
    known = {expert.name: expert for expert in (_make(target) for target in _BY_KIND[kind])}
    for entry in entry_points(group=GROUP):
        expert = entry.load()()
        if kind in expert.kinds:
            known[expert.name] = expert
    if names is None:
        return known
    wanted = list(dict.fromkeys(names))
    problems = Problems()
    for name in wanted:
        if name not in known:
            problems.add("experts", repr(name), f"experts for {kind}: {', '.join(known)}", "correct the name or leave it out")
    problems.raise_if_any()
    return {name: expert for name, expert in known.items() if name in wanted}


def expert_named(name: str) -> Expert:
    """An installed expert by its name, or any by "module:Class".

    Raises:
        BadInput: when there is none, or it cannot be imported or made.
    """
    problems = Problems()
    try:
        found = _make(name) if ":" in name else next(e for kind in _BY_KIND for n, e in experts_for(kind).items() if n == name)
        if isinstance(found, Expert):
            return found
        problems.add(f"expert {name!r}", "listens to other experts", "one that forecasts a series itself", "check those")
    except StopIteration:
        known = sorted({n for kind in _BY_KIND for n in experts_for(kind)})
        problems.add(f"expert {name!r}", "unknown", f"MODULE:CLASS or one of {', '.join(known)}", "correct the name")
    except (ImportError, AttributeError, TypeError) as error:
        problems.add(f"expert {name!r}", str(error), "a class that can be imported and made without arguments", "correct it")
    raise BadInput(problems)


def _make(target: str) -> Expert | Blender:
    module, name = target.split(":")
    return getattr(import_module(module), name)()
