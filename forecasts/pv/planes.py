"""A zone's declared photovoltaic planes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twin.domain.problems import Problems

_LIMITS = {"tilt_deg": (0.0, 90.0), "azimuth_deg": (0.0, 360.0), "kwp": (1e-6, 1e6)}


def read_planes(facts: Mapping[str, Any], zone: str, place: str, problems: Problems) -> tuple[tuple[float, float, float], ...]:
    """(tilt [deg], azimuth [deg], peak power [MW]) of each orientation; faults are noted. Empty where none is declared."""
    groups = facts.get("pv_groups", ())
    if not isinstance(groups, list | tuple):
        problems.add(
            f"{place}: zones.{zone}.pv_groups",
            repr(groups),
            "a list of {tilt_deg, azimuth_deg, kwp}",
            "declare the zone's photovoltaic groups in the site file, or none at all",
        )
        return ()
    merged: dict[tuple[float, float], float] = {}
    for i, group in enumerate(groups):
        numbers = []
        for key, (low, high) in _LIMITS.items():
            value = group.get(key) if isinstance(group, Mapping) else None
            if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
                problems.add(
                    f"{place}: zones.{zone}.pv_groups[{i}].{key}",
                    repr(value),
                    f"a number from {low:g} to {high:g}",
                    "correct the group in the site file",
                )
            else:
                numbers.append(float(value))
        if len(numbers) == len(_LIMITS):
            tilt, azimuth, kwp = numbers
            merged[tilt, azimuth] = merged.get((tilt, azimuth), 0.0) + kwp
    return tuple((tilt, azimuth, kwp / 1000.0) for (tilt, azimuth), kwp in sorted(merged.items()))
