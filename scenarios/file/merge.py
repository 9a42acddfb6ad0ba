"""From the parts of a scenario to one: what it extends comes first, in order, then its own tables.

Changes of the world and prices apply in that order. Growth factors multiply. Keys of ``[tariff]`` and ``[ensemble]`` override
earlier ones, and so do ``sites``, ``seed``, ``[window]``, ``[audience]``. Events of all parts stand together in order of time.
Name, title and what it teaches are its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from scenarios.file.scenario import Growth, Scenario
from scenarios.file.tables import ReadPart
from twin.site.locate import Keys, Places

IN_ORDER = ("world", "prices")
"""Tables whose entries apply one after the other."""
EVENTS = ("outages", "switchings", "refusals", "imports", "telemetry_lost", "box_failures", "manual")
"""Tables whose entries stand in order of time."""
_KEYWISE = ("tariff", "ensemble")
_LAST_STATED = ("sites", "seed", "window", "audience", "drill")


@dataclass(frozen=True)
class MergedPlaces:
    """Where the values of a merged scenario stand: each in the file of its own part."""

    own: Places
    origins: dict[Keys, tuple[Places, Keys]] = field(default_factory=dict)

    def __call__(self, *keys: str | int) -> str:
        """Place of the value under ``keys``."""
        for length in range(len(keys), 0, -1):
            if (found := self.origins.get(keys[:length])) is not None:
                places, there = found
                return places(*there, *keys[length:])
        return self.own(*keys)


def merged(parts: Sequence[ReadPart]) -> Scenario:
    """One scenario of all ``parts``, the last of which is its own."""
    own = parts[-1]
    places = MergedPlaces(own.places)
    tables: dict[str, Any] = {table: _entries(parts, table, places) for table in (*IN_ORDER, *EVENTS)}
    for table in _KEYWISE:
        tables[table] = _overridden(parts, table, places)
    factors = {kind: math.prod(getattr(part.scenario.growth, kind) for part in parts) for kind in Growth.model_fields}
    tables["growth"] = _overridden(parts, "growth", places).model_copy(update=factors)
    for key in _LAST_STATED:
        for part in parts:
            if key in part.stated:
                tables[key] = getattr(part.scenario, key)
                places.origins[key,] = part.places, (key,)
    return own.scenario.model_copy(update=tables).placed(places)


def _entries(parts: Sequence[ReadPart], table: str, places: MergedPlaces) -> tuple[Any, ...]:
    found = [
        (entry, (part.places, (table, number)))
        for part in parts
        for entry, number in zip(getattr(part.scenario, table), part.numbers.get(table, ()), strict=False)
    ]
    if table in EVENTS:
        found.sort(key=lambda pair: pair[0].at)
    for i, (_, origin) in enumerate(found):
        places.origins[table, i] = origin
    return tuple(entry for entry, _ in found)


def _overridden(parts: Sequence[ReadPart], table: str, places: MergedPlaces) -> Any:
    """A table in which each key is that of the last part that states it."""
    later: dict[str, Any] = {}
    for part in parts:
        stated = getattr(part.scenario, table)
        for key in stated.model_fields_set:
            later[key] = getattr(stated, key)
            places.origins[table, key] = part.places, (table, key)
    return getattr(parts[-1].scenario, table).model_copy(update=later)
