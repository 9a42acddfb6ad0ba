"""Settings that both forecast boxes share, checked all at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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


def read_number(
    config: Mapping[str, Any], key: str, default: float, *, minimum: float, place: str, problems: Problems
) -> float:
    """A finite number of at least ``minimum``; ``default`` when the key is absent."""
    value = config.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not minimum <= value < float("inf"):
        problems.add(f"{place}: {key}", repr(value), f"a number of at least {minimum:g}", "correct or remove the key")
        return default
    return float(value)
