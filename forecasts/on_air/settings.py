"""Settings that both forecast boxes share, checked all at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forecasts.champion.settings import RANGES, ChampionSettings
from forecasts.experts.registry import experts_for
from twin.contracts.box import BoxContext
from twin.domain.problems import Problems

RUNGS = ("last_good", "constant")


def check_keys(config: Mapping[str, Any], known: tuple[str, ...], place: str, problems: Problems) -> None:
    """Note every key that the box does not know."""
    for key in config:
        if key not in known:
            problems.add(
                f"{place}: {key}",
                repr(config[key]),
                f"one of {', '.join(known)}",
                "remove or correct the key",
            )


def read_zone(config: Mapping[str, Any], context: BoxContext, place: str, problems: Problems) -> str:
    """The zone that is forecast; empty (and noted) when it is missing or unknown to the site."""
    zone = config.get("zone")
    if not isinstance(zone, str) or zone not in context.zones:
        problems.add(f"{place}: zone", repr(zone), f"one of {sorted(context.zones)}", "name a zone of the site file")
        return ""
    return zone


def read_parts(config: Mapping[str, Any], context: BoxContext, zone: str, place: str, problems: Problems) -> Mapping[str, str]:
    """Zones within the zone that are forecast with it, each with the nearest one that holds it; empty when there are none."""
    parts = config.get("parts", ())
    within = {name: _above(name, context) for name in context.zones}
    known = sorted(name for name, above in within.items() if zone in above and context.zones[name].get("kind") != "plant")
    if isinstance(parts, str) or not isinstance(parts, list | tuple) or any(p not in known for p in parts):
        limit = f"a list of zones with consumers inside {zone!r}: {', '.join(known) or 'it has none'}"
        problems.add(f"{place}: parts", repr(parts), limit, "correct the list or remove it")
        return {}
    if len(set(parts)) < len(parts):
        problems.add(f"{place}: parts", repr(list(parts)), "each zone once", "remove the second one")
    shown = {zone, *parts}
    return {part: next(above for above in within[part] if above in shown) for part in parts}


def _above(zone: str, context: BoxContext) -> list[str]:
    """The zones that hold a zone, from the inside out."""
    found: list[str] = []
    while (parent := context.zones.get(zone, {}).get("parent")) and parent not in found:
        found.append(parent)
        zone = parent
    return found


def read_fallbacks(config: Mapping[str, Any], place: str, problems: Problems) -> tuple[str, ...]:
    """The fallback chain, ending in a constant."""
    rungs = config.get("fallbacks", RUNGS)
    if isinstance(rungs, str) or not all(isinstance(rung, str) for rung in rungs):
        problems.add(
            f"{place}: fallbacks",
            repr(rungs),
            "a list of texts",
            "write ['instance:NAME', 'last_good', 'constant']",
        )
        return RUNGS
    chain = tuple(rungs)
    for rung in chain:
        if rung not in RUNGS and not (rung.startswith("instance:") and len(rung) > len("instance:")):
            problems.add(
                f"{place}: fallbacks",
                repr(rung),
                "'instance:NAME', 'last_good' or 'constant'",
                "correct the rung's spelling",
            )
    if not chain or chain[-1] != "constant":
        problems.add(f"{place}: fallbacks", repr(list(chain)), "a chain that ends in 'constant'", "append 'constant'")
    return chain


def read_engine(config: Mapping[str, Any], kind: str, place: str, problems: Problems) -> str:
    """The word champion, or the name of a single expert of the kind."""
    engine = config.get("engine", "champion")
    known = ("champion", *experts_for(kind))
    if engine not in known:
        problems.add(f"{place}: engine", repr(engine), f"one of {', '.join(known)}", "choose an engine")
        return "champion"
    return str(engine)


def read_experts(config: Mapping[str, Any], kind: str, engine: str, place: str, problems: Problems) -> tuple[str, ...]:
    """Names of the experts that are weighed: all of the kind, the listed ones, or the single one that is the engine."""
    known = tuple(experts_for(kind))
    names = config.get("experts")
    if names is None:
        return known if engine == "champion" else (engine,)
    if engine != "champion":
        problems.add(f"{place}: experts", repr(names), "a list only with engine 'champion'", "remove the key or the engine")
    if isinstance(names, str) or not isinstance(names, list | tuple) or not names or any(n not in known for n in names):
        problems.add(f"{place}: experts", repr(names), f"a list of {', '.join(known)}", "correct the list")
        return known
    return tuple(names)


def read_champion(config: Mapping[str, Any], place: str, problems: Problems) -> ChampionSettings:
    """How experts are weighed and bands are made; every figure within its range."""
    table = config.get("champion", {})
    if not isinstance(table, Mapping):
        problems.add(f"{place}: champion", repr(table), f"a table of {', '.join(RANGES)}", "write it as a table")
        return ChampionSettings()
    whole = {"window_days", "parts", "recent_issues"}
    found: dict[str, Any] = {}
    for key, value in table.items():
        low, high = RANGES.get(key, (0.0, 0.0))
        number = not isinstance(value, bool) and isinstance(value, int if key in whole else int | float)
        if key not in RANGES or not number or not low <= value <= high:
            limit = f"{low:g} .. {high:g}" if key in RANGES else f"one of {', '.join(RANGES)}"
            problems.add(f"{place}: champion.{key}", repr(value), limit, "correct or remove the key")
        else:
            found[key] = value
    if 24 % found.get("parts", 1):
        problems.add(f"{place}: champion.parts", repr(found.pop("parts")), "a divisor of 24", "choose 1, 2, 3, 4, 6 or 8")
    return ChampionSettings(**found)


def read_number(
    config: Mapping[str, Any], key: str, default: float, *, minimum: float, place: str, problems: Problems
) -> float:
    """A finite number of at least ``minimum``; ``default`` when the key is absent."""
    value = config.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not minimum <= value < float("inf"):
        problems.add(f"{place}: {key}", repr(value), f"a number of at least {minimum:g}", "correct or remove the key")
        return default
    return float(value)
