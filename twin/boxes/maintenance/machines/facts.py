"""What a box must know of a machine, from the site's facts: rating, limits, geometry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from twin.boxes.maintenance.machines.severity import PUBLISHED, Boundaries
from twin.domain.problems import Problems
from twin.domain.time import to_epoch_s

OWN_LIMITS = "[[machines]]"
"""Source of boundaries that the site states itself: the table of its file, the same in every language."""


@dataclass(frozen=True, kw_only=True)
class MachineFacts:
    """One machine.

    Attributes:
        rated_mw: active power. ``boundaries``: of the vibration's zones. ``warn_c``, ``trip_c``: of the hottest bearing.
        reference_since_s: instants from which a new reference is learnt, epoch seconds.
    """

    name: str
    rated_mw: float
    boundaries: Boundaries
    warn_c: float
    trip_c: float
    reference_since_s: tuple[int, ...]


def read_machines(config: Mapping[str, Any], machines: Mapping[str, Mapping[str, Any]]) -> tuple[MachineFacts, ...]:
    """The machines of ``config["machines"]``, all of the site without it.

    Raises:
        BadInput: naming every machine that the site does not have, and every fact that is missing.
    """
    problems = Problems()
    wanted = tuple(config.get("machines", machines))
    if not wanted:
        problems.add("machine box", "no machines", "[[machines]] in the site file", "declare them, or remove the box")
    for key in sorted(set(config) - {"machines", "false_alarms_per_month", "fallbacks"}):
        limit = "machines or false_alarms_per_month"
        problems.add(f"machine box, config {key!r}", repr(config[key]), limit, "remove it, or correct the name")
    found = []
    for name in wanted:
        facts = machines.get(name)
        if facts is None:
            limit = f"one of {', '.join(sorted(machines)) or 'no machines'}"
            problems.add("machine box, config 'machines'", repr(name), limit, "correct the name")
            continue
        missing = sorted({"rated_mw", "bearing_limits_c"} - set(facts))
        limits, published = facts.get("vibration_limits_mm_s"), facts.get("vibration_class")
        if limits is None and published not in PUBLISHED:
            missing.append("vibration_class or vibration_limits_mm_s")
        if missing:
            problems.add(f"machine {name!r}", f"without {', '.join(missing)}", "all of them", "complete [[machines]]")
            continue
        own = None if limits is None else Boundaries(ab=limits[0], bc=limits[1], cd=limits[2], source=OWN_LIMITS)
        warn_c, trip_c = facts["bearing_limits_c"]
        found.append(
            MachineFacts(
                name=name,
                rated_mw=float(facts["rated_mw"]),
                boundaries=own or PUBLISHED[str(published)],
                warn_c=float(warn_c),
                trip_c=float(trip_c),
                reference_since_s=tuple(to_epoch_s(datetime.fromisoformat(at)) for at in facts.get("reference_since", ())),
            )
        )
    problems.raise_if_any()
    return tuple(found)
