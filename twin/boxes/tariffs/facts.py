"""The site's tariff facts and the box's configuration, checked."""

from __future__ import annotations

from collections.abc import Container, Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from twin.boxes.tariffs.tariff import TariffFacts
from twin.contracts.box import BoxContext
from twin.domain.problems import Problems

_PLAUSIBLE_CHF_PER_KWH = (-1.0, 5.0)  # catches centimes given as francs


def read_facts(config: Mapping[str, Any], context: BoxContext) -> tuple[TariffFacts, str]:
    """The tariff facts, and the zone whose load sets the price.

    Args:
        config: ``zone``, by default the site's zone of kind "site".
        context: its calendar says which days are public holidays; ``tariff`` holds ``grid_chf_per_kwh`` {high, low},
            ``high_hours`` [from, to) local on working days and ``dynamic`` {min_chf_per_kwh, max_chf_per_kwh}, all prices in
            CHF/kWh.

    Raises:
        BadInput: with every fault of both.
    """
    problems = Problems()
    for name in sorted(set(config) - {"zone"}):
        problems.add("tariff box", f"unknown key {name!r}", "zone", "remove or correct it")
    zone = config.get("zone") or next((name for name, facts in context.zones.items() if facts.get("kind") == "site"), None)
    if zone not in context.zones:
        problems.add("tariff box, key 'zone'", repr(zone), f"one of {sorted(context.zones)}", "name a zone")
    tariff = context.tariff
    grid, band = (_table(tariff, name, problems) for name in ("grid_chf_per_kwh", "dynamic"))
    high, low = (_price(grid, "grid_chf_per_kwh", name, problems) for name in ("high", "low"))
    minimum, maximum = (_price(band, "dynamic", name, problems) for name in ("min_chf_per_kwh", "max_chf_per_kwh"))
    if not problems and not minimum <= min(low, high) <= max(low, high) <= maximum:
        problems.add(
            "tariff, table 'dynamic'",
            f"{minimum:g}..{maximum:g} CHF/kWh",
            f"a band that holds the static prices {low:g} and {high:g}",
            "widen it: outside it no dynamic tariff can bring in what the static one does",
        )
    hours = _hours(tariff.get("high_hours"), problems)
    holidays = _holidays(context, problems)
    problems.raise_if_any()
    facts = TariffFacts(high, low, *hours, holidays, minimum, maximum, ZoneInfo(context.timezone))
    return facts, str(zone)


def _table(tariff: Mapping[str, Any], name: str, problems: Problems) -> Mapping[str, Any]:
    table = tariff.get(name)
    if isinstance(table, Mapping):
        return table
    problems.add(f"tariff, table {name!r}", repr(table), "a table", "add it to the site file's [tariff]")
    return {}


def _price(table: Mapping[str, Any], place: str, name: str, problems: Problems) -> float:
    value, (low, high) = table.get(name), _PLAUSIBLE_CHF_PER_KWH
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        problems.add(f"tariff, {place}.{name}", repr(value), f"{low:g}..{high:g} CHF/kWh", "check value and unit")
        return 0.0
    return float(value)


def _holidays(context: BoxContext, problems: Problems) -> Container[date]:
    """Public holidays of the site; none are known without a country."""
    if not context.country:
        return ()
    import holidays

    try:
        return holidays.country_holidays(context.country, subdiv=context.subdivision or None)
    except NotImplementedError:
        place, value = "site country/subdivision", f"{context.country!r}/{context.subdivision!r}"
        problems.add(place, value, "codes known to the package 'holidays'", "correct them in the site file")
        return ()


def _hours(value: Any, problems: Problems) -> tuple[int, int]:
    whole = isinstance(value, list | tuple) and len(value) == 2 and all(type(hour) is int for hour in value)
    if not whole or not 0 <= value[0] <= value[1] <= 24:
        problems.add("tariff, high_hours", repr(value), "[from, to) within 0..24", "give two whole local hours")
        return 0, 0
    return value[0], value[1]
