"""Flags of ``regie dispatch verify``: what is wrong with one hides no fault of the files."""

from __future__ import annotations

from dataclasses import replace

from twin.domain.problems import BadInput, Problems

_FLAGS = {"site timezone": "--tz", "site country/subdivision": "--country, --subdiv"}
"""The calendar speaks to site files."""


def known_clock(timezone: str, country: str, subdivision: str, problems: Problems) -> str:
    """``timezone``; UTC where a fault of it was noted, so that the files can still be read."""
    from twin.cli_dispatch_files import local_days

    try:
        local_days(timezone, country, subdivision, [])
    except BadInput as error:
        found = [replace(each, place=_FLAGS.get(each.place, each.place)) for each in error.problems]
        problems.found += found
        return "UTC" if any(each.place == "--tz" for each in found) else timezone
    return timezone


def known_unit(unit: str, problems: Problems) -> str:
    """``unit``; kW where a fault of it was noted."""
    from forecasts.data.spec import UNITS

    if unit in UNITS:
        return unit
    problems.add("--unit", repr(unit), f"one of {', '.join(UNITS)}", "state what the columns hold")
    return "kW"


def check_confidence(confidence_percent: float, problems: Problems) -> None:
    """Note a confidence that no interval can have."""
    if not 0.0 < confidence_percent < 100.0:
        problems.add("--confidence-percent", f"{confidence_percent:g}", "above 0 and below 100", "95 is usual")
